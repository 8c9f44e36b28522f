//! setuptools: the environment, and the configuration that `DIST_EXTRA_CONFIG`
//! names.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix_core::emit::{Format, quote};

use super::hook::Hook;
use super::{BackendError, Step};
use crate::outcome::StepName;

pub(super) const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// A `setup.py` for a project that has none.
const SETUP: &str = "import setuptools; setuptools.setup()";

/// Where its tests may be.
const TESTS: [&str; 2] = ["tests", "test"];

pub(super) fn steps(hook: &Hook<'_, '_>) -> Result<Vec<Step>, BackendError> {
    let config = hook.emitted(Format::DistutilsCfg, "setuptools.cfg")?;
    let library = hook.build().join("lib");
    let environment = environment(hook);
    let setup = |name| {
        let mut step = Step::new(name, PYTHON, hook.source()).env("DIST_EXTRA_CONFIG", &config);
        for (name, value) in &environment {
            step = step.env(name, value);
        }
        if hook.source().join("setup.py").is_file() {
            step.arg("setup.py")
        } else {
            step.args(["-c", SETUP])
        }
    };
    let build_options = |step: Step| {
        step.arg("build")
            .joined("--build-base=", hook.build())
            .joined("--build-lib=", &library)
            .joined("--build-temp=", hook.build().join("temp"))
    };
    let mut build = build_options(setup(StepName::Build));
    if let Some(jobs) = hook.jobs.own() {
        build = build.arg(format!("--parallel={jobs}"));
    }
    let mut steps = vec![build];
    steps.extend(test(hook, &library));
    if let Some(prefix) = hook.install() {
        if prefix.to_string_lossy().contains(['$', '{', '}']) {
            return Err(BackendError::Inexpressible {
                backend: hook.backend,
                what: format!("to install in `{}`", prefix.display()),
                reason: "it takes `$` and braces there for variables of its own",
            });
        }
        let install = build_options(setup(StepName::Install))
            .args(["install", "--single-version-externally-managed"])
            .joined("--prefix=", prefix)
            .joined("--record=", hook.build().join("installed.txt"));
        steps.push(install);
    }
    Ok(steps)
}

/// The variables that Python's own flags would spoil.
///
/// setuptools takes `CFLAGS` in place of Python's own from 75.7 on, so that they
/// must say what makes a library loadable; before, it appends them to Python's own,
/// whose `-DNDEBUG` would stay in a debug build.
fn environment(hook: &Hook<'_, '_>) -> Vec<(&'static str, String)> {
    if hook.is_msvc() {
        return Vec::new();
    }
    let mut before = Vec::new();
    if !hook.has_feature(&["ndebug"]) {
        before.push("-UNDEBUG".to_owned());
    }
    let mut answers = hook.variant.answers.iter();
    let pic = answers.find(|answer| answer.feature.id == "pic" && answer.support.is_available());
    let known: Vec<String> = pic
        .iter()
        .flat_map(|answer| answer.compile())
        .map(|word| String::from(&*word))
        .collect();
    if known.is_empty() {
        before.push("-fPIC".to_owned());
    }
    before.extend(known);
    let before = quote::posix_words(&before);
    let mut variables: Vec<(&'static str, String)> = ["CFLAGS", "CXXFLAGS"]
        .into_iter()
        .map(|name| match hook.variable(name) {
            Some(own) => (name, format!("{before} {own}")),
            None => (name, before.clone()),
        })
        .collect();
    // The configuration has libraries by name only; the others stand with the
    // flags for linking.
    let flags = &hook.variant.configuration.flags;
    let others: Vec<&String> = flags
        .libs
        .iter()
        .filter(|word| !word.starts_with("-l"))
        .collect();
    if !others.is_empty() {
        let own = hook.variable("LDFLAGS").unwrap_or_default();
        let others = quote::posix_words(&others);
        variables.push(("LDFLAGS", format!("{own} {others}").trim_start().to_owned()));
    }
    variables
}

/// Tests what was built, not what stands in the source: it runs where the built
/// package is.
fn test(hook: &Hook<'_, '_>, library: &Path) -> Option<Step> {
    let directories = TESTS.iter().map(|name| hook.source().join(name));
    let (directory, files) = directories
        .map(|directory| {
            let files = test_files(&directory);
            (directory, files)
        })
        .find(|(_, files)| !files.is_empty())?;
    let step = Step::new(StepName::Test, PYTHON, library)
        .env("PYTHONPATH", library)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg("-m");
    let wants_pytest = directory.join("conftest.py").is_file()
        || hook.source().join("pytest.ini").is_file()
        || files.iter().any(|file| mentions_pytest(file));
    Some(if wants_pytest {
        step.args(["pytest", "-p", "no:cacheprovider"])
            .arg(directory)
    } else {
        step.args(["unittest", "discover", "-s"]).arg(directory)
    })
}

/// Its files with tests, by the names that unittest and pytest look for.
fn test_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_test = |name: &OsString| {
        let name = name.to_string_lossy();
        name.ends_with(".py") && (name.starts_with("test") || name.ends_with("_test.py"))
    };
    let files = entries.filter(|entry| is_test(&entry.file_name()));
    files.map(|entry| entry.path()).collect()
}

/// Whether a file is written for pytest: it uses it, or has functions by themselves.
fn mentions_pytest(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines();
    lines.any(|line| {
        line.starts_with("import pytest")
            || line.starts_with("from pytest")
            || line.starts_with("def test")
    })
}
