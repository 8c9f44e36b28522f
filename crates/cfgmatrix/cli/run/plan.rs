//! What is started for a variant: the command of the user, or the steps of the
//! matrix.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_build::backend::{Backend, BackendError, Jobs, Layout, copy_tree};
use cfgmatrix_build::outcome::StepName;
use cfgmatrix_build::run::Step;
use cfgmatrix_core::{RunOptions, RunPlaces, Variant};
use serde_json::json;

use super::Error;

/// The steps of a variant, each started in the directory that it is built in.
pub(super) fn steps(
    command: &[OsString],
    options: &RunOptions,
    variant: &Variant<'_>,
    source: &Path,
    build: &Path,
    threads: &[(String, String)],
) -> Result<Vec<Step>, Error> {
    let text = |path: &Path| path.display().to_string();
    let environment = environment(threads, source, build);
    let step = |name: StepName, words: &[OsString]| {
        let (program, arguments) = words.split_first().expect("commands have a program");
        Step {
            name,
            program: from(source, program),
            arguments: arguments.to_vec(),
            directory: build.to_owned(),
            environment: environment.clone(),
            jobs_at: None,
        }
    };
    if !command.is_empty() {
        return Ok(vec![step(StepName::Command, command)]);
    }
    let (source, build) = (text(source), text(build));
    let places = RunPlaces {
        source: &source,
        build: &build,
    };
    let mut steps = Vec::new();
    for (name, commands) in options.steps() {
        for words in commands.of(name, variant, places)? {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            steps.push(step(step_name(name), &words));
        }
    }
    Ok(steps)
}

/// What a step is told beside the configuration's environment.
pub(super) fn environment(
    threads: &[(String, String)],
    source: &Path,
    build: &Path,
) -> Vec<(String, OsString)> {
    let threads = threads.iter();
    threads
        .map(|(name, value)| (name.clone(), value.into()))
        .chain([
            ("CFGMATRIX_SOURCE".to_owned(), source.into()),
            ("CFGMATRIX_BUILD".to_owned(), build.into()),
        ])
        .collect()
}

/// A path is from where the user is; a name is looked for in `PATH`.
fn from(source: &Path, program: &OsString) -> PathBuf {
    let program = PathBuf::from(program);
    if program.components().count() > 1 {
        source.join(program)
    } else {
        program
    }
}

fn step_name(name: &str) -> StepName {
    match name {
        "configure" => StepName::Configure,
        "build" => StepName::Build,
        "test" => StepName::Test,
        _ => StepName::Install,
    }
}

/// What decides the steps of every variant beside its configuration.
pub(super) fn recipe(command: &[OsString], options: &RunOptions, source: &Path) -> String {
    let words = command.iter();
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let steps = if words.is_empty() {
        let steps = options.steps().into_iter();
        steps
            .map(|(name, commands)| json!([name, commands.0]))
            .collect()
    } else {
        vec![json!(["command", [words]])]
    };
    json!({"steps": steps, "source": source}).to_string()
}

/// The same where a build system builds the source.
pub(super) fn backend_recipe(backend: Backend, source: &Path) -> String {
    json!({"with": backend.as_str(), "source": source}).to_string()
}

/// The steps of a build system, in a copy of the source where it builds there.
pub(super) fn backend_steps(
    backend: Backend,
    variant: &Variant<'_>,
    source: &Path,
    build: &Path,
    skip: &[PathBuf],
    variables: &[(String, OsString)],
) -> Result<Vec<Step>, BackendError> {
    let (own, build) = (build.join("source"), build.join("build"));
    let source = if backend.in_place(source) {
        copy_tree(source, &own, skip)?;
        own
    } else {
        source.to_owned()
    };
    let layout = Layout {
        source,
        build,
        install: None,
    };
    let mut steps = backend.prepare(variant, &layout, Jobs::Shared)?;
    for step in &mut steps {
        let mut environment = variables.to_vec();
        environment.append(&mut step.environment);
        step.environment = environment;
    }
    Ok(steps)
}
