//! The knowledge base against the compilers of this machine: what it says they
//! take, they take.

use std::fs;

use assert_cmd::Command;
use cfgmatrix::core::{Language, Support, Target, Toolchain};
use cfgmatrix::probe::CompilerCommand;

use crate::data::known;
use crate::support::{find_program, have};

const PROGRAMS: &[(&str, Language)] = &[
    ("gcc", Language::C),
    ("g++", Language::Cxx),
    ("gfortran-12", Language::Fortran),
    ("gcc-11", Language::C),
    ("clang-14", Language::C),
    ("clang++-14", Language::Cxx),
    ("clang-19", Language::C),
    ("flang-new-19", Language::Fortran),
    ("tcc", Language::C),
];

/// What cannot be tried by compiling an empty program.
const NOT_HERE: &[&str] = &[
    // They need a file from an earlier run.
    "profile.use",
    // They need a run-time library or linker plug-in of their own package.
    "sanitize.address",
    "sanitize.thread",
    "sanitize.undefined",
    "sanitize.memory",
    "profile.generate",
    "coverage",
    "lto",
];

fn host() -> Target {
    Target {
        os: std::env::consts::OS.parse().unwrap(),
        arch: std::env::consts::ARCH.parse().unwrap(),
    }
}

fn source(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::C => ("empty.c", "int main(void) { return 0; }\n"),
        Language::Cxx => ("empty.cpp", "int main() { return 0; }\n"),
        _ => ("empty.f90", "program empty\nend program empty\n"),
    }
}

/// Compiles an empty program with what the knowledge base says of each feature;
/// the features whose flags were refused, with what was said.
fn refused(program: &str, language: Language, toolchain: &Toolchain<'_>) -> Vec<String> {
    let known = known();
    let mut refused = Vec::new();
    for feature in known.features() {
        let fixed = feature.id == "fortran.fixed-form";
        if !feature.languages.contains(&language)
            || NOT_HERE.contains(&feature.id.as_str())
            || fixed
        {
            continue;
        }
        let mut answer = known.answer(toolchain, language, feature).unwrap();
        if answer.support != Support::Flags {
            continue;
        }
        answer.value = feature
            .parameter
            .as_ref()
            .map(|parameter| if parameter == "dir" { "." } else { "empty.d" }.to_owned());
        let directory = tempfile::tempdir().unwrap();
        let (file, text) = source(language);
        fs::write(directory.path().join(file), text).unwrap();
        let mut command = Command::new(find_program(program).unwrap());
        command
            .current_dir(&directory)
            .env("LC_ALL", "C")
            .args(["-c", file]);
        command.args(answer.compile().map(std::borrow::Cow::into_owned));
        let output = command.output().unwrap();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            refused.push(format!(
                "{}: {}",
                feature.id,
                said.lines().next().unwrap_or_default()
            ));
        }
    }
    refused
}

#[test]
fn real_compilers_take_the_flags_that_are_said_to_be_theirs() {
    let known = known();
    for &(program, language) in PROGRAMS {
        if !have(find_program(program).is_some(), program) {
            continue;
        }
        let found = CompilerCommand::new(&find_program(program).unwrap())
            .identify(&known, language)
            .unwrap();
        let toolchain = known.identified_toolchain(&found, host()).unwrap();
        let refused = refused(program, language, &toolchain);
        assert!(refused.is_empty(), "{program}:\n{}", refused.join("\n"));
    }
}
