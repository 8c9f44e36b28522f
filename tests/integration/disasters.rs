//! Builds that do their worst, and a run that is killed: what is found out stays,
//! stays true, and the other variants are built.
#![cfg(target_os = "linux")]

mod bounds;
mod kills;
mod shared_jobs;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::cfgmatrix;

/// A matrix of variants that have nothing but a number: `n1` and so on.
fn numbered(count: usize) -> String {
    let values: Vec<String> = (1..=count).map(|n| format!("\"n{n}\"")).collect();
    let values = values.join(", ");
    format!("schema = 1\nname = \"own\"\n[axes]\nnumber = [{values}]\n")
}

/// A directory with a matrix, in which runs are made.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new(matrix: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("m.toml"), matrix).unwrap();
        Self { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = cfgmatrix();
        command.current_dir(self.path());
        command.args(["run", "m.toml"]).args(options);
        command
    }

    fn run(&self, options: &[&str], script: &str) -> Command {
        let mut command = self.command(options);
        command.args(["--", "sh", "-c", script]);
        command
    }

    /// The outcomes of a run by variant, its exit code, and the counts.
    fn outcomes_of(command: &mut Command) -> (BTreeMap<String, Value>, i32, Value) {
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let document: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
        let outcomes = document["outcomes"].as_array().unwrap().iter();
        let name = |outcome: &Value| outcome["variant"].as_str().unwrap().to_owned();
        (
            outcomes
                .map(|outcome| (name(outcome), outcome.clone()))
                .collect(),
            output.status.code().unwrap(),
            document["counts"].clone(),
        )
    }

    fn outcomes(&self, options: &[&str], script: &str) -> (BTreeMap<String, Value>, i32, Value) {
        let mut options = options.to_vec();
        options.extend(["--format", "json"]);
        Self::outcomes_of(&mut self.run(&options, script))
    }

    /// A run that goes on while the test does something.
    #[expect(
        clippy::disallowed_methods,
        reason = "a run is killed as nobody may kill it"
    )]
    fn start(&self, options: &[&str], script: &str) -> Child {
        let command = self.run(options, script);
        let mut started = std::process::Command::new(command.get_program());
        started.args(command.get_args()).current_dir(self.path());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => started.env(name, value),
                None => started.env_remove(name),
            };
        }
        started
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The documents of outcomes that are there, each of which must be whole.
    fn documents(&self, run: &str) -> BTreeMap<String, Value> {
        let entries = fs::read_dir(self.file(run).join("outcomes"));
        let paths = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path());
        let is_document = |path: &PathBuf| path.extension().is_some_and(|end| end == "json");
        let documents = paths.filter(is_document).map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let document: Value = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}: {text:?}", path.display()));
            (document["variant"].as_str().unwrap().to_owned(), document)
        });
        documents.collect()
    }
}

fn step(outcome: &Value) -> &Value {
    outcome["steps"].as_array().unwrap().last().unwrap()
}

fn notes(outcome: &Value) -> String {
    step(outcome)["notes"].to_string()
}

fn reason(outcome: &Value) -> &str {
    step(outcome)["first_error"].as_str().unwrap_or_default()
}

/// Whether a process is there that has a text among its arguments.
fn is_running(text: &str) -> bool {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let mut commands = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    commands.any(|command| String::from_utf8_lossy(&command).contains(text))
}

/// Waits until something is so, and fails when that takes too long.
fn soon(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
