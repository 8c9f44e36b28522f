//! What is quoted for a language, read back by what reads that language.

use std::fs;
use std::path::Path;

use cfgmatrix::core::emit::quote::{self, Unquotable};
use tempfile::tempdir;

use super::{HARDER, TEXTS, needed, output, program, python, texts_of};

/// All texts that a language can say, with how it says them; of `TEXTS` it can say
/// all but those that `cannot` names.
fn said(
    quote: impl Fn(&str) -> Result<String, Unquotable>,
    cannot: &[&str],
) -> (Vec<&'static str>, Vec<String>) {
    for text in TEXTS {
        assert_eq!(quote(text).is_err(), cannot.contains(&text), "{text:?}");
    }
    let all = TEXTS.into_iter().chain(HARDER);
    all.filter_map(|text| Some((text, quote(text).ok()?)))
        .unzip()
}

fn script(directory: &Path, name: &str, lines: impl IntoIterator<Item = String>) -> String {
    let text: String = lines.into_iter().map(|line| line + "\n").collect();
    fs::write(directory.join(name), text).unwrap();
    name.to_owned()
}

#[test]
fn posix_shells_read_what_was_quoted() {
    let (texts, quoted) = said(|text| Ok(quote::posix(text)), &[]);
    assert_eq!(texts.len(), TEXTS.len() + HARDER.len());
    let directory = tempdir().unwrap();
    let lines = quoted.iter().map(|word| format!("printf '%s\\0' {word}"));
    let script = script(directory.path(), "texts.sh", lines);
    for shell in ["sh", "dash", "bash", "zsh", "ksh"] {
        let Some(shell) = needed(shell) else { continue };
        let said = output(program(&shell, directory.path()).arg(&script));
        assert_eq!(texts_of(&said.stdout), texts, "{shell:?}");
    }
}

#[test]
fn fish_reads_what_was_quoted() {
    let Some(fish) = needed("fish") else { return };
    let (texts, quoted) = said(|text| Ok(quote::fish(text)), &[]);
    assert_eq!(texts.len(), TEXTS.len() + HARDER.len());
    let directory = tempdir().unwrap();
    let lines = quoted.iter().map(|word| format!("printf '%s\\0' {word}"));
    let script = script(directory.path(), "texts.fish", lines);
    let said = output(
        program(fish, directory.path())
            .env("HOME", directory.path())
            .arg("--no-config")
            .arg(script),
    );
    assert_eq!(texts_of(&said.stdout), texts);
}

#[test]
fn make_reads_what_was_quoted() {
    let Some(make) = needed("make") else { return };
    let (texts, quoted) = said(quote::make, &[]);
    assert_eq!(texts.len(), TEXTS.len() + HARDER.len() - 2);
    let directory = tempdir().unwrap();
    let count = texts.len();
    let assignments = quoted
        .iter()
        .enumerate()
        .map(|(at, value)| format!("export V{at} := {value}"));
    // The values as make has them go by the environment, past the shell's eyes.
    let prints: String = (0..count).map(|at| format!(" \"$$V{at}\"")).collect();
    let rule = ["all:".to_owned(), format!("\t@printf '%s\\0'{prints}")];
    let file = script(directory.path(), "Makefile", assignments.chain(rule));
    let said = output(program(make, directory.path()).args(["-s", "-f", &file]));
    assert_eq!(texts_of(&said.stdout), texts);
}

#[test]
fn ninja_reads_what_was_quoted() {
    let Some(ninja) = needed("ninja") else { return };
    let directory = tempdir().unwrap();
    let quote = |text: &str| quote::ninja(&format!(" {}", quote::posix(text)));
    let (texts, quoted) = said(quote, &[]);
    assert_eq!(texts.len(), TEXTS.len() + HARDER.len() - 2);
    let mut lines = vec!["rule print\n  command = printf '%s\\0'$text >$out".to_owned()];
    for (at, value) in quoted.iter().enumerate() {
        lines.push(format!("build out{at}: print\n  text = {value}"));
    }
    let file = script(directory.path(), "build.ninja", lines);
    output(program(ninja, directory.path()).args(["-f", &file]));
    for (at, text) in texts.iter().enumerate() {
        let said = fs::read(directory.path().join(format!("out{at}"))).unwrap();
        assert_eq!(texts_of(&said), [*text]);
    }
}

#[test]
fn cmake_reads_what_was_quoted() {
    let Some(cmake) = needed("cmake") else { return };
    let (texts, quoted) = said(|text| Ok(quote::cmake(text)), &[]);
    assert_eq!(texts.len(), TEXTS.len() + HARDER.len());
    let directory = tempdir().unwrap();
    let lines = quoted
        .iter()
        .enumerate()
        .map(|(at, argument)| format!("set(text {argument})\nfile(WRITE out{at} \"${{text}}\")"));
    let script = script(directory.path(), "texts.cmake", lines);
    output(program(cmake, directory.path()).args(["-P", &script]));
    for (at, text) in texts.iter().enumerate() {
        let said = fs::read_to_string(directory.path().join(format!("out{at}"))).unwrap();
        assert_eq!(said, *text);
    }
}

/// Runs a program of Python's that prints values, each ended by NUL.
fn python_says(module: &str, directory: &Path, code: &str) -> Option<Vec<String>> {
    let python = python(module)?;
    fs::write(directory.join("read.py"), code).unwrap();
    let said = output(program(python, directory).arg("read.py"));
    Some(texts_of(&said.stdout))
}

#[test]
fn meson_reads_what_was_quoted() {
    let directory = tempdir().unwrap();
    let (texts, quoted) = said(quote::meson, &[]);
    assert!(
        HARDER
            .iter()
            .all(|text| texts.contains(text) != text.contains(['\n', '\r', '\'']))
    );
    let values = quoted
        .iter()
        .enumerate()
        .map(|(at, value)| format!("v{at} = {value}"));
    script(
        directory.path(),
        "texts.ini",
        std::iter::once("[properties]".to_owned()).chain(values),
    );
    // Its reader moved, and got another argument.
    let code = "try:\n    from mesonbuild.machinefile import parse_machine_files\n\
         except ImportError:\n    from mesonbuild.coredata import parse_machine_files\n\
         try:\n    read = parse_machine_files(['texts.ini'], '/source')\n\
         except TypeError:\n    read = parse_machine_files(['texts.ini'])\n\
         import sys\nfor value in read['properties'].values():\n    sys.stdout.write(value + '\\0')\n";
    if let Some(said) = python_says("mesonbuild", directory.path(), code) {
        assert_eq!(said, texts);
    }
}

#[test]
fn tomllib_reads_what_was_quoted() {
    let directory = tempdir().unwrap();
    let (texts, quoted) = said(|text| Ok(quote::toml(text)), &[]);
    let keys = texts.iter().map(|text| quote::toml_key(text));
    let lines = keys
        .zip(&quoted)
        .map(|(key, value)| format!("{key} = {value}"));
    script(directory.path(), "texts.toml", lines);
    let code = "import sys, tomllib\nfor key, value in tomllib.load(open('texts.toml', 'rb')).items():\n\
         \x20   assert key == value, (key, value)\n    sys.stdout.write(value + '\\0')\n";
    if let Some(said) = python_says("tomllib", directory.path(), code) {
        assert_eq!(said, texts);
    }
}

#[test]
fn configparser_reads_what_was_quoted() {
    let directory = tempdir().unwrap();
    let (texts, quoted) = said(quote::cfg, &["  leading"]);
    let values = quoted
        .iter()
        .enumerate()
        .map(|(at, value)| format!("v{at} = {value}"));
    script(
        directory.path(),
        "texts.cfg",
        std::iter::once("[texts]".to_owned()).chain(values),
    );
    let code = "import sys, configparser\nparser = configparser.ConfigParser()\n\
         parser.read('texts.cfg', encoding='utf-8')\nfor name in parser.options('texts'):\n\
         \x20   sys.stdout.write(parser.get('texts', name) + '\\0')\n";
    if let Some(said) = python_says("configparser", directory.path(), code) {
        assert_eq!(said, texts);
    }
}

#[test]
fn yaml_readers_read_what_was_quoted_for_conda() {
    let directory = tempdir().unwrap();
    let (texts, quoted) = said(|text| Ok(quote::conda(text)), &[]);
    assert_eq!(texts.len(), TEXTS.len() + HARDER.len());
    script(
        directory.path(),
        "texts.yaml",
        quoted.iter().map(|value| format!("- {value}")),
    );
    let code = "import sys, yaml\nfor value in yaml.safe_load(open('texts.yaml')):\n    sys.stdout.write(value + '\\0')\n";
    if let Some(said) = python_says("yaml", directory.path(), code) {
        assert_eq!(said, texts);
    }
}
