//! `emit`: what is written, and that the tools which read it read what was meant.

mod bazel;
mod build;
mod cargo;
mod ci;
mod cmake;
mod golden;
mod meson;
mod python;
mod quoted;
mod shells;
mod sixteen;
mod windows;
mod write;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use cfgmatrix::core::emit::{self, EmitOptions, EmittedFile, Format};
use cfgmatrix::core::{Document, Error, Expansion, KnowledgeBase, Matrix, Plan, Space};

use crate::data;
use crate::support::{find_program, have};

/// Texts with what means something to some tool; each can be said in all of them.
const TEXTS: [&str; 32] = [
    "plain",
    "two words",
    "  leading",
    "-leading",
    "=leading",
    "it's",
    "'q'x",
    "\"quoted\"",
    "a\"b",
    "$HOME",
    "${HOME}",
    "$(echo no)",
    "$env{HOME} $penv{HOME} ${sourceDir}",
    "`echo no`",
    "back\\slash",
    "back\\\\slash\\n",
    "C:\\Program Files\\x",
    "%PATH%",
    "100%",
    "!x!",
    "^x^^",
    "a;b",
    "a|b&c<d>e(f)",
    "#x",
    "a #x",
    "a\\#x",
    "é ü 日本 \u{1f600} \u{2019}",
    "{a,b}*?[c]~",
    "${{ x }} {{ y }} {% z %}",
    "@DIRNAME@/x",
    "yes # [linux]",
    "a,b:c=d",
];

/// Texts that only some can say.
const HARDER: [&str; 7] = [
    "",
    "trailing ",
    "trailing\\",
    "trailing'",
    "tab\there",
    "two\nlines\n",
    "carriage\rreturn",
];

static KNOWN: LazyLock<KnowledgeBase> = LazyLock::new(data::known);

/// What a matrix expands to, for no machine.
fn expansion(matrix: &str) -> Expansion<'static> {
    let document = Document::from_bytes("matrix.toml", matrix.as_bytes().to_vec()).unwrap();
    // An expansion refers to its matrix.
    let matrix: &'static Matrix = Box::leak(Box::new(Matrix::parse(document).unwrap()));
    let space = Space::new(matrix, &KNOWN, None, None).unwrap();
    space.expand(&space.all(), &Plan::default()).unwrap()
}

/// One variant without flags of its own: gcc, for C.
fn one() -> Expansion<'static> {
    expansion("schema = 1\nname = \"one\"\nlanguages = [\"c\"]\n[axes]\ncompiler = [\"gcc\"]\n")
}

/// One variant with these texts as values of `V0`, `V1`, … of its environment.
fn with_environment(texts: &[&str]) -> Expansion<'static> {
    let mut expansion = one();
    let env = &mut expansion.variants[0].configuration.env;
    *env = variables(texts);
    expansion
}

/// Each text as the value of a variable.
fn variables(texts: &[&str]) -> BTreeMap<String, String> {
    let named = texts.iter().enumerate();
    named
        .map(|(at, text)| (format!("V{at}"), (*text).to_owned()))
        .collect()
}

/// One variant whose C flags define `T0`, `T1`, … as the texts, as C strings.
fn with_defines(texts: &[&str]) -> Expansion<'static> {
    let mut expansion = one();
    let flags = &mut expansion.variants[0].configuration.flags;
    let defines = texts.iter().enumerate();
    flags.cppflags = defines
        .map(|(at, text)| format!("-DT{at}={}", c_string(text)))
        .collect();
    expansion
}

/// A text as C writes it. A `?` is kept from being a part of a trigraph.
fn c_string(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('?', "\\?");
    format!("\"{escaped}\"")
}

/// A program that prints the defined texts, each ended by NUL.
fn c_program(count: usize) -> String {
    let prints: String = (0..count)
        .map(|at| format!("  fwrite(T{at}, 1, sizeof T{at}, stdout);\n"))
        .collect();
    format!("#include <stdio.h>\nint main(void) {{\n{prints}  return 0;\n}}\n")
}

/// The texts that a program printed, each ended by NUL.
fn texts_of(output: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(output).expect("the texts are UTF-8");
    let text = text.strip_suffix('\0').expect("each text is ended by NUL");
    text.split('\0').map(str::to_owned).collect()
}

fn emitted(format: Format, expansion: &Expansion<'_>) -> Vec<EmittedFile> {
    emitted_with(format, expansion, &EmitOptions::default())
}

fn emitted_with(
    format: Format,
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Vec<EmittedFile> {
    match emit::emit(format, expansion, options) {
        Ok(files) => files,
        Err(error) => panic!("{error}"),
    }
}

/// The message that a format has for a variant that it cannot express.
fn refusal(format: Format, expansion: &Expansion<'_>) -> String {
    match emit::emit(format, expansion, &EmitOptions::default()) {
        Err(error @ Error::Inexpressible { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The files, below a directory of their own.
fn written(files: &[EmittedFile]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in files {
        let path = directory.path().join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.text).unwrap();
    }
    directory
}

/// A program as a test starts it: in a directory, and not told by the tests' own
/// environment what to compile with.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests start the tools that read what is emitted"
)]
fn program(path: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(directory).env("LC_ALL", "C.UTF-8");
    for name in [
        "CC",
        "CXX",
        "FC",
        "CFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "MAKEFLAGS",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}

/// What a program that ended well printed.
fn output(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(output(command).stdout).expect("output is UTF-8")
}

/// The first of the programs that is there, or the test is skipped.
fn needed(name: &str) -> Option<PathBuf> {
    let found = find_program(name);
    have(found.is_some(), name);
    found
}

/// A Python that has a module. The system's own may have what another one in
/// PATH has not.
fn python(module: &str) -> Option<PathBuf> {
    let candidates = ["python3", "/usr/bin/python3"];
    let found = candidates.iter().filter_map(|name| {
        let path = Path::new(name);
        if path.is_absolute() {
            path.exists().then(|| path.to_owned())
        } else {
            find_program(name)
        }
    });
    let has = |path: &PathBuf| {
        let mut import = program(path, Path::new("/"));
        let tried = import.arg("-c").arg(format!("import {module}")).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = found.into_iter().find(has);
    have(found.is_some(), &format!("Python with {module}"));
    found
}
