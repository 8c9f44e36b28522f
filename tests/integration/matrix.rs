//! The matrix language, seen from the command.
//!
//! Each directory below `cases/matrix` is a case: a matrix `m.toml`, and
//! `session`, a list of command lines (`$ expand m.toml`, as `cfgmatrix` is
//! given them) each with what it prints, and `exit code N` where that is not 0.
//! `CFGMATRIX_BLESS=1` writes what is printed anew.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{cfgmatrix, files_in, json, repository, stdout};

/// What a command line prints, as a session shows it.
fn run(case: &Path, line: &str) -> String {
    let words = line.split_whitespace();
    let output = cfgmatrix()
        .args(words)
        .current_dir(case)
        .env("PATH", case)
        .output()
        .expect("the command starts");
    let mut text = String::from_utf8(output.stdout).expect("output is UTF-8");
    text.push_str(std::str::from_utf8(&output.stderr).expect("messages are UTF-8"));
    match output.status.code() {
        Some(0) => {}
        code => text.push_str(&format!(
            "exit code {}\n",
            code.expect("no signal ended it")
        )),
    }
    text
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' user says by the environment whether to record anew"
)]
fn blessing() -> bool {
    std::env::var_os("CFGMATRIX_BLESS").is_some_and(|value| value == "1")
}

#[test]
fn every_session_is_as_recorded() {
    let mut wrong = Vec::new();
    for case in files_in(&repository().join("tests/cases/matrix")) {
        let path = case.join("session");
        let recorded =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let recorded = recorded.replace("\r\n", "\n");
        let lines = recorded.lines().filter_map(|line| line.strip_prefix("$ "));
        let printed: String = lines
            .map(|line| format!("$ {line}\n{}", run(&case, line)))
            .collect();
        if blessing() {
            fs::write(&path, printed).expect("the case is writable");
        } else if printed != recorded {
            wrong.push(format!("{}:\n{printed}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn validator() -> jsonschema::Validator {
    let text = stdout(cfgmatrix().args(["schema", "matrix"]));
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

/// A matrix file as JSON, its keys in their order.
fn as_json(path: &Path) -> String {
    let matrix: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    serde_json::to_string(&matrix).unwrap()
}

#[test]
fn every_matrix_of_the_cases_is_valid_by_its_schema() {
    let schema = validator();
    let shipped = files_in(&repository().join("matrix"));
    let shipped = shipped
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let cases = files_in(&repository().join("tests/cases/matrix"));
    let cases = cases.into_iter().map(|case| case.join("m.toml"));
    for path in shipped.chain(cases) {
        let matrix = serde_json::from_str(&as_json(&path)).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&matrix)
            .map(|error| format!("{error} at {}", error.instance_path))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

/// A matrix in JSON is the same matrix.
#[test]
fn toml_and_json_give_the_same_bytes() {
    for path in files_in(&repository().join("tests/cases/matrix")) {
        let directory = tempfile::tempdir().unwrap();
        let toml = path.join("m.toml");
        let spec = directory.path().join("m.json");
        fs::write(&spec, as_json(&toml)).unwrap();
        let lines = |path: &Path| {
            let output = cfgmatrix()
                .args(["expand", "--format", "jsonl"])
                .arg(path)
                .output();
            output.unwrap().stdout
        };
        assert!(lines(&toml) == lines(&spec), "{}", toml.display());
    }
}

/// Names and ids of one matrix stay as they were when another has more of what
/// changes nothing.
#[test]
fn what_changes_no_build_renames_nothing() {
    let base = "schema = 1\nname = \"m\"\n[axes]\ncompiler = [\"gcc@12\", \"clang@16\"]\nmode = [\"debug\", \"release\"]\n";
    let records = |text: &str| {
        let expansion = json(
            cfgmatrix()
                .args(["expand", "--format", "json", "-"])
                .write_stdin(text),
        );
        let variants = expansion["variants"].as_array().unwrap().clone();
        let pairs = variants.iter().map(|variant| {
            let text = |key: &str| variant[key].as_str().unwrap().to_owned();
            (text("name"), text("id"))
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort();
        pairs
    };
    let expected = records(base);
    assert_eq!(expected.len(), 4);
    for (what, more) in [
        (
            "an axis with a default that does not turn",
            "[axes.cuda]\nvalues = [\"12\", \"13\"]\ndefault = \"12\"\noptional = true\n",
        ),
        (
            "an optional axis",
            "[axes.cuda]\nvalues = [\"12\", \"13\"]\noptional = true\n",
        ),
        (
            "a rule that excludes nothing here",
            "[[forbid]]\nid = \"f\"\nif = 'compiler.version < 12'\n",
        ),
        (
            "labels and words for other tools",
            "[[set]]\nrunner = \"big\"\nvars = { timeout = 5 }\nrun_env = { X = \"1\" }\n",
        ),
    ] {
        // The rule must be able to match, so there is a compiler for it.
        let text = if what.contains("rule") {
            format!("{base}{more}").replace("\"gcc@12\"", "\"gcc@12\", \"gcc@11\"")
        } else {
            format!("{base}{more}")
        };
        assert_eq!(records(&text), expected, "{what}");
    }
    let reordered = base.replace(
        "compiler = [\"gcc@12\", \"clang@16\"]\nmode = [\"debug\", \"release\"]\n",
        "compiler = [\"clang@16\", \"gcc@12\"]\nmode = [\"release\", \"debug\"]\n",
    );
    assert_eq!(records(&reordered), expected, "values in another order");
}

/// Each of these decides the build, so it changes the ids.
#[test]
fn what_changes_a_build_changes_its_id() {
    let base = "schema = 1\nname = \"m\"\n[axes]\ncompiler = [\"gcc@12\"]\n[axes.python]\nvalues = [\"3.12\", \"3.13\"]\ndefault = \"3.12\"\n";
    let ids = |text: &str| {
        let expansion = json(
            cfgmatrix()
                .args(["expand", "--format", "json", "-"])
                .write_stdin(text),
        );
        let variants = expansion["variants"].as_array().unwrap().clone();
        variants
            .iter()
            .map(|variant| variant["id"].clone())
            .collect::<Vec<_>>()
    };
    let plain = ids(base);
    assert_ne!(plain[0], plain[1], "the value of an own axis");
    for more in [
        "[[set]]\ndefines = [\"X=1\"]\n",
        "[[set]]\nflags = { cflags = [\"-g3\"] }\n",
        "[[set]]\nenv = { X = \"1\" }\n",
        "[[set]]\nfeatures = [\"openmp\"]\n",
    ] {
        let changed = ids(&format!("{base}{more}"));
        assert!(
            changed.iter().zip(&plain).all(|(new, old)| new != old),
            "{more}"
        );
    }
    let defaulted = ids(&base.replace("default = \"3.12\"", "default = \"3.13\""));
    assert_ne!(
        defaulted[0], plain[0],
        "what is no default is a part of the id"
    );
}

#[test]
fn rows_are_the_variants_of_the_document_in_its_order() {
    for path in files_in(&repository().join("tests/cases/matrix")) {
        let toml = path.join("m.toml");
        let output = cfgmatrix()
            .args(["expand", "--format", "jsonl"])
            .arg(&toml)
            .output()
            .unwrap();
        if !output.status.success() {
            continue;
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let axes = text.lines().map(|line| {
            let variant: Value = serde_json::from_str(line).unwrap();
            variant["axes"].clone()
        });
        let axes: Vec<Value> = axes.collect();
        let rows = stdout(cfgmatrix().args(["expand", "--format", "rows"]).arg(&toml));
        let rows: Vec<Value> = rows
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(rows, axes, "{}", toml.display());
        let count = stdout(cfgmatrix().arg("count").arg(&toml));
        assert_eq!(count.trim(), rows.len().to_string(), "{}", toml.display());
    }
}

/// 10^50 and more rows are counted at once, and the first of them are there.
#[test]
fn a_matrix_of_more_rows_than_can_be_made_is_counted_and_begun() {
    let axes: String = (0..60)
        .map(|axis| {
            format!(
                "a{axis} = [\"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]\n"
            )
        })
        .collect();
    let text = format!(
        "schema = 1\nname = \"large\"\n[axes]\n{axes}[[forbid]]\nif = 'a0 == \"0\" && a59 != \"1\"'\n"
    );
    let count = stdout(cfgmatrix().args(["count", "-"]).write_stdin(text.clone()));
    // 9 · 10^59 without the value that is forbidden, and 10^58 with it.
    assert_eq!(count.trim(), format!("91{}", "0".repeat(58)));
    let covering = stdout(
        cfgmatrix()
            .args([
                "expand",
                "--format",
                "rows",
                "--strength",
                "2",
                "--effort",
                "fast",
                "-",
            ])
            .write_stdin(text),
    );
    let rows = covering.lines().count();
    assert!((100..400).contains(&rows), "{rows}");
}

/// What a matrix given on standard input is refused with.
fn refusal(text: &str) -> (Option<i32>, String) {
    let output = cfgmatrix()
        .args(["expand", "--format", "rows", "-"])
        .write_stdin(text)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn what_is_too_large_is_refused_with_what_is_allowed() {
    let axes: String = (0..10_000)
        .map(|axis| format!("a{axis} = [\"1\"]\n"))
        .collect();
    let value = "x".repeat(1 << 20);
    let values: Vec<String> = (0..5000).map(|value| format!("\"{value}\"")).collect();
    let head = "schema = 1\nname = \"m\"\n[axes]\n";
    for (text, expected) in [
        (
            format!("{head}{axes}"),
            "10000 axes, and a matrix has at most 1000",
        ),
        (
            format!("{head}a = [\"{value}\"]\n"),
            "has a name of 1048576 bytes, and a name has at most 1024",
        ),
        (
            format!("{head}a = [{}]\n", values.join(", ")),
            "has 5000 values, and an axis has at most 4096",
        ),
        (
            format!("{head}{value} = [\"1\"]\n"),
            "is no name of an axis",
        ),
    ] {
        let (code, message) = refusal(&text);
        assert_eq!(code, Some(2), "{message}");
        assert!(
            message.contains(expected) && message.len() < 1000,
            "{message}"
        );
    }
}

/// A matrix that ends early is refused or means something; it never breaks the
/// program.
#[test]
fn every_beginning_of_a_matrix_is_refused_or_read() {
    use cfgmatrix::core::{Document, Matrix};
    for path in files_in(&repository().join("tests/cases/matrix")) {
        let text = fs::read_to_string(path.join("m.toml")).unwrap();
        let json = as_json(&path.join("m.toml"));
        for (name, text) in [("m.toml", text), ("m.json", json)] {
            for (end, _) in text.char_indices() {
                let document = Document::from_bytes(name, text.as_bytes()[..end].to_vec()).unwrap();
                if let Err(error) = Matrix::parse(document) {
                    assert!(error.place().is_some(), "{name} to {end}: {error}");
                }
            }
        }
    }
}
