//! The commands that compiled the sources, as far as the build wrote them down: in
//! a compilation database, in what make printed, in what a build script of Cargo's
//! said. They tell what a file without debug information does not.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::source::is_source;
use crate::artifact::Optimisation;

/// One command that compiled a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// The source, as it was named.
    pub(super) source: String,
    /// The level that it says; nothing of what is in a file of options.
    pub(super) optimisation: Optimisation,
    /// Whether it defines `NDEBUG`.
    pub(super) ndebug: bool,
    /// What has it, in words.
    pub(super) from: &'static str,
}

/// An entry of `compile_commands.json`.
#[derive(Deserialize)]
struct Entry {
    command: Option<String>,
    arguments: Option<Vec<String>>,
}

/// So many bytes of a line are looked at, and so many of a log.
const LINE: usize = 1 << 20;
const LOG: u64 = 64 << 20;

/// The commands of a compilation database; none of what is not one.
pub(super) fn of_database(path: &Path) -> Vec<Command> {
    let entries = fs::read(path).ok();
    let entries = entries.and_then(|bytes| serde_json::from_slice::<Vec<Entry>>(&bytes).ok());
    let words =
        entries
            .into_iter()
            .flatten()
            .filter_map(|entry| match (entry.arguments, entry.command) {
                (Some(arguments), _) => Some(arguments),
                (None, Some(command)) => shell_words::split(&command).ok(),
                (None, None) => None,
            });
    words
        .flat_map(|words| of_words(&words, "the compilation database"))
        .collect()
}

/// The commands that a build printed.
pub(super) fn of_log(path: &Path) -> Vec<Command> {
    let Ok(file) = File::open(path) else {
        return Vec::new();
    };
    let mut commands = Vec::new();
    let mut joined = String::new();
    for line in BufReader::new(std::io::Read::take(file, LOG)).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        // make prints a command of several lines as it is written.
        match line.strip_suffix('\\') {
            Some(start) if joined.len() < LINE => {
                joined.push_str(start);
                continue;
            }
            _ => joined.push_str(&line),
        }
        let whole = std::mem::take(&mut joined);
        if whole.len() < LINE && (whole.contains("-c") || whole.contains("-o")) {
            commands.extend(of_line(&whole));
        }
    }
    commands
}

fn of_line(line: &str) -> Vec<Command> {
    // Before a command: our own prompt, and that of the crate `cc`.
    let plain = line.trim_start();
    let plain = plain.strip_prefix("$ ").unwrap_or(plain);
    let plain = plain.strip_prefix("running: ").unwrap_or(plain);
    let Ok(words) = shell_words::split(plain) else {
        return Vec::new();
    };
    words
        .split(|word| matches!(word.as_str(), "&&" | "||" | ";" | "|"))
        .flat_map(|words| of_words(words, "what the build printed"))
        .collect()
}

/// Options of which the next word is no source.
const WITH_VALUE: [&str; 9] = [
    "-o", "-MF", "-MT", "-MQ", "-include", "-isystem", "-I", "-x", "-T",
];

/// Options with which nothing is compiled.
const NOTHING_COMPILED: [&str; 5] = ["-E", "-M", "-MM", "-fsyntax-only", "-###"];

/// What one command compiles.
fn of_words(words: &[String], from: &'static str) -> Vec<Command> {
    let Some(start) = words.iter().position(|word| word.starts_with('-')) else {
        return Vec::new();
    };
    let options = &words[start..];
    let has = |option: &str| options.iter().any(|word| word == option);
    if !(has("-c") || has("-o")) || NOTHING_COMPILED.iter().any(|option| has(option)) {
        return Vec::new();
    }
    let in_file = words.iter().any(|word| word.starts_with('@'));
    // What a shell puts in place of `$CFLAGS` is not printed.
    let replaced = words.iter().any(|word| word.starts_with(['$', '`']));
    if replaced {
        return Vec::new();
    }
    let optimisation = if in_file {
        Optimisation::Unknown
    } else {
        Optimisation::of_command_line(&options.join(" "))
    };
    let mut ndebug = false;
    let mut sources = Vec::new();
    let mut before = "";
    for word in words.iter().skip(1) {
        let defined = word.strip_prefix("-D").or((before == "-D").then_some(word));
        let undefined = word.strip_prefix("-U").or((before == "-U").then_some(word));
        if defined.is_some_and(|name| name == "NDEBUG" || name.starts_with("NDEBUG=")) {
            ndebug = true;
        } else if undefined.is_some_and(|name| name == "NDEBUG") {
            ndebug = false;
        }
        if is_source(Path::new(word)) && !word.starts_with('-') && !WITH_VALUE.contains(&before) {
            sources.push(word.clone());
        }
        before = word;
    }
    let command = |source| Command {
        source,
        optimisation: optimisation.clone(),
        ndebug,
        from,
    };
    sources.into_iter().map(command).collect()
}

/// Where a build directory has its commands.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) databases: Vec<PathBuf>,
    pub(super) logs: Vec<PathBuf>,
}

impl Records {
    /// Takes in a file that is one by its name.
    pub(super) fn take(&mut self, path: &Path, name: &str) {
        if name == "compile_commands.json" {
            self.databases.push(path.to_owned());
        } else if name == "output" && path.with_file_name("out").is_dir() {
            // Cargo keeps here what a build script said.
            self.logs.push(path.to_owned());
        }
    }

    pub(super) fn read(&self) -> Vec<Command> {
        let databases = self.databases.iter().flat_map(|path| of_database(path));
        let logs = self.logs.iter().flat_map(|path| of_log(path));
        databases.chain(logs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_replaces_tells_nothing() {
        assert_eq!(told("sh -c $CC $CFLAGS -o app a.c"), [""; 0]);
        assert_eq!(
            told("gcc -O2 `pkg-config --cflags x` -c a.c -o a.o"),
            [""; 0]
        );
        assert_eq!(told("gcc -O2 -Wl,-rpath,'$ORIGIN' -o app a.c").len(), 1);
    }

    /// Sources with their levels, and `NDEBUG` where it is defined.
    fn told(line: &str) -> Vec<String> {
        of_line(line)
            .into_iter()
            .map(|command| {
                let level = match command.optimisation {
                    Optimisation::Level(level) => level,
                    Optimisation::Unknown => "?".to_owned(),
                };
                let ndebug = if command.ndebug { " NDEBUG" } else { "" };
                format!("{} {level}{ndebug}", command.source)
            })
            .collect()
    }

    #[test]
    fn commands_are_told_from_what_else_is_printed() {
        for (line, expected) in [
            (
                "gcc -O3 -DNDEBUG -c src/a.c -o a.o",
                vec!["src/a.c 3 NDEBUG"],
            ),
            ("$ gcc-12 -O3 -O0 a.c b.c -o app", vec!["a.c 0", "b.c 0"]),
            (
                "ccache clang -c a.cc -o x.o -DNDEBUG=1 -UNDEBUG",
                vec!["a.cc 0"],
            ),
            ("gcc -g -D NDEBUG -c 'a b.c'", vec!["a b.c 0 NDEBUG"]),
            ("cd x && gfortran -O2 -c y.f90 -o y.o", vec!["y.f90 2"]),
            (
                "running: LC_ALL=\"C\" \"cc\" \"-O3\" \"-o\" \"x.o\" \"-c\" \"n.c\"",
                vec!["n.c 3"],
            ),
            ("gcc @options -c a.c", vec!["a.c ?"]),
            ("gcc -M a.c -o a.d", vec![]),
            ("gcc -O3 a.o -o app", vec![]),
            ("gcc -O3 -c -o generated.c x.s", vec![]),
            ("[ 33%] Building C object a.c.o", vec![]),
            (
                "make --eval=%: private override CFLAGS += -O3 CC=gcc",
                vec![],
            ),
            ("src/a.c:3:1: warning: -o is 'unbalanced", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }

    #[test]
    fn databases_have_commands_or_arguments() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("compile_commands.json");
        let text = r#"[{"directory": "/b", "command": "cc -O3 -c \"a b.c\"", "file": "a b.c"},
            {"directory": "/b", "arguments": ["cc", "-O0", "-c", "c.c"], "file": "c.c"}]"#;
        fs::write(&path, text).unwrap();
        let commands = of_database(&path);
        let sources: Vec<_> = commands.iter().map(|command| &command.source).collect();
        assert_eq!(sources, ["a b.c", "c.c"]);
        fs::write(&path, "{}").unwrap();
        assert_eq!(of_database(&path), []);
    }

    #[test]
    fn lines_that_go_on_are_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("1-build.log");
        fs::write(&path, "$ make\ngcc -O3 \\\n  -c a.c \\\n  -O0\ndone\n").unwrap();
        let commands = of_log(&path);
        assert_eq!(commands.len(), 1, "{commands:?}");
        assert_eq!(
            commands[0].optimisation,
            Optimisation::Level("0".to_owned())
        );
    }
}
