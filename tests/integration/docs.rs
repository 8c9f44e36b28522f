//! Every command line that the documents show is run, and what they show of its
//! output is what it prints.

use std::fs;
use std::path::Path;

use cfgmatrix_build::backend::copy_tree;

use crate::support::{cache, cfgmatrix, find_program, have, repository, stdout};

/// A command line of a document, and the output that is shown below it.
#[derive(Debug)]
struct Shown {
    line: usize,
    command: String,
    output: Vec<String>,
}

fn shown_in(text: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => shown.push(Shown {
                    line: index + 1,
                    command: command.to_owned(),
                    output: Vec::new(),
                }),
                None => shown
                    .last_mut()
                    .expect("output follows a command")
                    .output
                    .push(line.to_owned()),
            },
        }
    }
    shown
}

/// Text without differences of spacing.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_line_of_the_documents_works() {
    let mut count = 0;
    let workplace = workplace();
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(repository().join(document)).unwrap();
        for shown in shown_in(&text) {
            check(document, &shown, workplace.path());
            count += 1;
        }
    }
    assert!(count > 15, "the documents show commands");
}

/// A directory from which the documents' paths lead to what they mean, and into
/// which their commands may write.
fn workplace() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for what in ["matrix", "tests/cases/readme"] {
        // Copies: what is built is looked for where its sources are.
        copy_tree(&repository().join(what), &directory.path().join(what), &[]).unwrap();
    }
    directory
}

fn check(document: &str, shown: &Shown, workplace: &Path) {
    let place = format!("{document}:{}: {}", shown.line, shown.command);
    let (command, expected) = match shown.command.split_once("# exit code ") {
        Some((command, code)) => (command.trim(), code.parse::<i32>().unwrap()),
        None => (shown.command.as_str(), 0),
    };
    // These two are how this test itself came to run.
    if command.starts_with("cargo test")
        || command.starts_with("cargo fmt")
        || command.starts_with("cargo clippy")
    {
        return;
    }
    let command = command.replace("cargo run --release --", "cfgmatrix");
    if command.contains("jq ") && !have(find_program("jq").is_some(), "jq") {
        return;
    }
    if !have(cfg!(unix), "a POSIX shell") {
        return;
    }
    let program = cfgmatrix().get_program().to_owned();
    let directory = Path::new(&program).parent().unwrap().to_owned();
    let mut line = assert_cmd::Command::new("sh");
    line.args(["-c", &command]);
    #[expect(
        clippy::disallowed_methods,
        reason = "the shell finds the command where cargo built it"
    )]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(directory).chain(std::env::split_paths(&path));
    line.env("PATH", std::env::join_paths(paths).unwrap());
    line.current_dir(workplace.join("tests"));
    line.env("XDG_CACHE_HOME", cache());
    for name in ["HOME", "XDG_CONFIG_HOME", "APPDATA", "CLICOLOR_FORCE"] {
        line.env_remove(name);
    }
    let output = line.output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(expected), "{place}\n{text}");
    for wanted in &shown.output {
        assert!(
            text.lines().any(|line| words(line) == words(wanted)),
            "{place}\nshown: {wanted}\nprinted:\n{text}"
        );
    }
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    let text = fs::read_to_string(repository().join("README.md")).unwrap();
    let commands: Vec<String> = shown_in(&text)
        .into_iter()
        .take(2)
        .map(|shown| shown.command)
        .collect();
    assert_eq!(
        commands,
        ["cargo run --release -- expand", "cargo test --workspace"]
    );
}

#[test]
fn exit_codes_are_in_the_help_and_in_the_readme() {
    let help = stdout(cfgmatrix().arg("--help"));
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    for (code, meaning) in [
        (0, "ok"),
        (1, "bug or I/O"),
        (2, "usage or invalid document"),
        (3, "nothing satisfies the constraints"),
        (4, "a required tool is missing"),
        (5, "some variants failed"),
    ] {
        assert!(help.contains(&format!("  {code}  {meaning}")), "{help}");
        assert!(readme.contains(&format!("| {code} | {meaning}")), "{code}");
    }
}

/// Each matrix that the README shows is one, in each of its profiles.
#[test]
fn every_matrix_of_the_readme_expands() {
    let text = fs::read_to_string(repository().join("README.md")).unwrap();
    let blocks = text.split("```toml\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let mut count = 0;
    for block in blocks.filter(|block| block.contains("[axes]")) {
        let head = if block.contains("schema = 1") {
            ""
        } else {
            "schema = 1\nname = \"readme\"\n"
        };
        let matrix = format!("{head}{block}");
        if matrix.contains("installed = true") {
            continue;
        }
        let profiles = block
            .lines()
            .filter_map(|line| line.strip_prefix("[profile."));
        let profiles = profiles.map(|rest| rest.trim_end_matches(']'));
        for profile in std::iter::once(None).chain(profiles.map(Some)) {
            let mut command = cfgmatrix();
            command.args(["expand", "--format", "rows", "-"]);
            command.args(profile.map(|profile| format!("--profile={profile}")));
            let rows = stdout(command.write_stdin(matrix.clone()));
            assert!(rows.lines().count() > 1, "{profile:?}: {rows}");
        }
        count += 1;
    }
    assert!(count > 1, "the README shows matrices");
}
