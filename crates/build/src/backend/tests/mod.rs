//! With real tools, on small projects.

mod copies;
mod makefiles;
mod plans;
mod projects;
mod recognition;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cfgmatrix_core::{
    Document, Expansion, KnowledgeBase, Matrix, Plan, Sources, Space, Variant, emit,
};

use super::*;

/// A directory whose name has what means something to shells and to make.
const HARD_NAME: &str = "sp ace $d it's ü";

static KNOWN: LazyLock<KnowledgeBase> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../toolchains");
    let mut sources = Sources::default();
    for below in ["", "blas/", "mpi/"] {
        for entry in fs::read_dir(root.join(below)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let name = format!("{below}{}", path.file_name().unwrap().to_string_lossy());
                let document = Document::from_bytes(name.clone(), fs::read(&path).unwrap());
                sources.add(&name, document.unwrap());
            }
        }
    }
    KnowledgeBase::new(sources, []).unwrap()
});

/// gcc and clang, debug and release, with lines of one's own.
fn expansion(more: &str) -> Expansion<'static> {
    let text = format!(
        "schema = 1\nname = \"small\"\n[axes]\n\
         compiler = [{{ id = \"gcc\", cc = \"gcc\" }}, {{ id = \"clang\", cc = \"clang-14\" }}]\n\
         mode = [\"debug\", \"release\"]\n{more}"
    );
    let document = Document::from_bytes("small.toml", text.into_bytes()).unwrap();
    let matrix: &'static Matrix = Box::leak(Box::new(Matrix::parse(document).unwrap()));
    let space: &'static Space<'static> =
        Box::leak(Box::new(Space::new(matrix, &KNOWN, None, None).unwrap()));
    space.expand(&space.all(), &Plan::default()).unwrap()
}

/// What every variant defines: text with what means something to tools.
fn greeting(text: &str) -> String {
    let define = format!("GREETING=\"{text}\"");
    format!("[[set]]\nif = 'mode in [\"debug\", \"release\"]'\ndefines = ['''{define}''']\n")
}

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Every file below, with its text.
fn tree(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(tree(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn layout(directory: &Path, source: &Path, name: &str) -> Layout {
    Layout {
        source: source.to_owned(),
        build: directory.join("build").join(name),
        install: None,
    }
}

fn two() -> Jobs {
    Jobs::Own(NonZeroU32::new(2).unwrap())
}

/// The steps' arguments as texts.
fn arguments(step: &Step) -> Vec<String> {
    let arguments = step.arguments.iter();
    arguments
        .map(|word| word.to_string_lossy().into_owned())
        .collect()
}

/// Runs steps as an engine does; the text of all, or of what failed.
#[expect(
    clippy::disallowed_methods,
    reason = "the tools are the reader that the plan is written for, and they need what the user's have"
)]
fn run(variant: &Variant<'_>, steps: &[Step]) -> Result<String, String> {
    let mut printed = String::new();
    for step in steps {
        let mut command = std::process::Command::new(&step.program);
        command
            .args(&step.arguments)
            .current_dir(&step.directory)
            .env_clear();
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .envs(emit::environment(variant))
            .envs(step.environment.iter().cloned());
        let output = command
            .env("CARGO_NET_OFFLINE", "true")
            .output()
            .map_err(|error| format!("{}: {error}", step.program.display()))?;
        let text = [output.stdout, output.stderr].concat();
        printed.push_str(&String::from_utf8_lossy(&text));
        if !output.status.success() {
            return Err(format!(
                "{} {:?}: {}\n{printed}",
                variant.name, step, output.status
            ));
        }
    }
    Ok(printed)
}

/// Whether all these programs are there.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests look for real tools where the user's shell would, and say what is not there"
)]
fn have(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&&str| std::env::split_paths(&path).any(|at| at.join(name).is_file());
    let missing: Vec<&str> = programs
        .iter()
        .filter(|name| !is_there(name))
        .copied()
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        assert!(
            std::env::var("CFGMATRIX_REQUIRE").as_deref() != Ok("all"),
            "CFGMATRIX_REQUIRE=all, and this is absent: {missing}"
        );
        println!("skipped: needs {missing}");
        return false;
    }
    true
}
