//! `cfgmatrix expand` and `why`: the main job.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{cfgmatrix, find_program, have, json, stdout};

fn expand(arguments: &[&str]) -> Value {
    json(
        cfgmatrix()
            .args(["expand", "--format", "json"])
            .args(arguments),
    )
}

fn variants(expansion: &Value) -> &Vec<Value> {
    expansion["variants"].as_array().unwrap()
}

fn names(expansion: &Value) -> Vec<&str> {
    variants(expansion)
        .iter()
        .map(|variant| variant["name"].as_str().unwrap())
        .collect()
}

#[test]
fn the_default_matrix_is_sixteen_of_twenty() {
    let expansion = expand(&[]);
    assert_eq!(expansion["format_version"], 1);
    assert_eq!(expansion["name"], "hpc16");
    assert_eq!(expansion["candidates"], 20);
    let expected: Vec<String> = ["gcc", "icc", "pgi", "xl"]
        .iter()
        .flat_map(|compiler| ["sequential", "threaded"].map(|blas| format!("{compiler}-{blas}")))
        .flat_map(|start| ["debug", "release"].map(|mode| format!("{start}-{mode}")))
        .collect();
    assert_eq!(names(&expansion), expected);
    let excluded = expansion["excluded"].as_array().unwrap();
    assert_eq!(excluded.len(), 4);
    for entry in excluded {
        assert_eq!(entry["axes"]["compiler"], "clang");
        assert_eq!(entry["rule"], "require-features");
        let reason = entry["reason"].as_str().unwrap();
        assert!(
            reason.contains("OpenMP") && reason.contains("brew install libomp"),
            "{reason}"
        );
    }
}

#[test]
fn sixteen_variants_are_sixteen_builds() {
    let expansion = expand(&[]);
    let ids: BTreeSet<&str> = variants(&expansion)
        .iter()
        .map(|variant| variant["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 16);
    assert!(
        ids.iter()
            .all(|id| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
}

#[test]
fn each_compiler_has_its_own_openmp_and_each_mode_its_own_flags() {
    let expansion = expand(&[]);
    for variant in variants(&expansion) {
        let tokens = |key: &str| -> Vec<&str> {
            variant["flags"][key]
                .as_array()
                .unwrap()
                .iter()
                .map(|token| token.as_str().unwrap())
                .collect()
        };
        let openmp = match variant["axes"]["compiler"].as_str().unwrap() {
            "gcc" => "-fopenmp",
            "icc" => "-qopenmp",
            "pgi" => "-mp",
            // Plain -qsmp=omp would optimise.
            "xl" if variant["axes"]["mode"] == "debug" => "-qsmp=omp:noopt",
            "xl" => "-qsmp=omp",
            other => panic!("{other} is not in the default matrix"),
        };
        for key in ["cflags", "cxxflags", "fflags", "ldflags"] {
            assert!(
                tokens(key).contains(&openmp),
                "{} {key}: {:?}",
                variant["name"],
                tokens(key)
            );
        }
        let debug = variant["axes"]["mode"] == "debug";
        assert_eq!(
            tokens("cppflags").contains(&"-DNDEBUG"),
            !debug,
            "a debug build keeps its assertions"
        );
        assert_eq!(tokens("cflags").contains(&"-O0"), debug);
        assert_eq!(tokens("cflags").contains(&"-O3"), !debug);
        let library = &variant["libraries"][0];
        let sequential = variant["axes"]["blas"] == "sequential";
        assert_eq!(
            library["threading"] == "sequential",
            sequential,
            "{library}"
        );
    }
}

#[test]
fn families_bring_the_blas_that_their_users_expect() {
    let expansion = expand(&[]);
    for variant in variants(&expansion) {
        let expected = match variant["axes"]["compiler"].as_str().unwrap() {
            "icc" => "mkl",
            "xl" => "essl",
            _ => "openblas",
        };
        assert_eq!(
            variant["libraries"][0]["id"], expected,
            "{}",
            variant["name"]
        );
    }
}

/// RFC 8785 for what an identity holds: objects with ASCII keys, lists, texts,
/// whole numbers and null.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: std::collections::BTreeMap<&String, &Value> = map.iter().collect();
            let members: Vec<String> = sorted
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(list) => format!(
            "[{}]",
            list.iter().map(canonical).collect::<Vec<_>>().join(",")
        ),
        other => other.to_string(),
    }
}

fn identity(variant: &Value) -> Value {
    json!({
        "format_version": 1,
        "toolchain": variant["toolchain"],
        "flags": variant["flags"],
        "libraries": variant["libraries"],
        "env": variant["env"],
    })
}

#[test]
fn anyone_can_compute_an_id_again() {
    for variant in variants(&expand(&[])) {
        let digest = Sha256::digest(canonical(&identity(variant)));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(variant["id"], hex);
    }
}

#[test]
fn jq_and_sha256sum_compute_an_id_again() {
    let (Some(jq), Some(sum)) = (find_program("jq"), find_program("sha256sum")) else {
        have(false, "jq and sha256sum");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let document = stdout(cfgmatrix().args(["expand", "--format", "json"]));
    let filter = ".variants[5] | {format_version: 1, toolchain, flags, libraries, env}";
    let canonical = stdout(
        assert_cmd::Command::new(jq)
            .args(["-cSj", filter])
            .write_stdin(document.clone()),
    );
    fs::write(directory.path().join("identity"), canonical).unwrap();
    let printed = stdout(
        assert_cmd::Command::new(sum)
            .arg("identity")
            .current_dir(&directory),
    );
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        printed.split(' ').next(),
        document["variants"][5]["id"].as_str()
    );
}

fn matrix(directory: &Path, text: &str) -> String {
    let path = directory.join("matrix.toml");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The id of the first variant of a matrix with these axes.
fn id_of(axes: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = matrix(
        directory.path(),
        &format!("schema = 1\nname = \"m\"\n{axes}"),
    );
    variants(&expand(&[&path]))[0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

const BASE: &str =
    "[axes]\ncompiler = [\"gcc@12.2\"]\nblas = [\"sequential\"]\nmode = [\"debug\"]\n";

#[test]
fn every_input_changes_the_id() {
    let base = id_of(BASE);
    for (what, changed) in [
        ("family", BASE.replace("gcc@12.2", "clang@12.2")),
        ("version", BASE.replace("12.2", "12.3")),
        (
            "target's architecture",
            BASE.replace(
                "\"gcc@12.2\"",
                "{ id = \"gcc\", family = \"gcc@12.2\", arch = \"aarch64\" }",
            ),
        ),
        (
            "target's system",
            BASE.replace(
                "\"gcc@12.2\"",
                "{ id = \"gcc\", family = \"gcc@12.2\", os = \"macos\" }",
            ),
        ),
        (
            "driver's name",
            BASE.replace(
                "\"gcc@12.2\"",
                "{ id = \"gcc\", family = \"gcc@12.2\", cc = \"gcc-12\" }",
            ),
        ),
        ("flags", BASE.replace("debug", "release")),
        (
            "a required feature",
            format!("{BASE}[require-features]\nfeatures = [\"openmp\"]\n"),
        ),
        ("threading", BASE.replace("sequential", "threaded")),
        (
            "integers",
            BASE.replace(
                "\"sequential\"",
                "{ id = \"s\", threading = \"sequential\", interface = \"ilp64\" }",
            ),
        ),
        (
            "linkage",
            BASE.replace(
                "\"sequential\"",
                "{ id = \"s\", threading = \"sequential\", linkage = \"static\" }",
            ),
        ),
        (
            "library",
            BASE.replace(
                "\"sequential\"",
                "{ id = \"s\", threading = \"sequential\", library = \"blis\" }",
            ),
        ),
        ("no library", BASE.replace("blas = [\"sequential\"]\n", "")),
        ("languages", format!("languages = [\"c\"]\n{BASE}")),
    ] {
        assert_ne!(id_of(&changed), base, "{what}");
    }
}

#[test]
fn what_is_no_input_does_not_change_the_id() {
    let base = id_of(BASE);
    for (what, same) in [
        ("matrix's comments", format!("# a comment\n{BASE}")),
        (
            "a value's name",
            BASE.replace("\"gcc@12.2\"", "{ id = \"mine\", family = \"gcc@12.2\" }"),
        ),
        ("an alias", BASE.replace("gcc@12.2", "gnu@12.2")),
        (
            "a driver's directory",
            BASE.replace(
                "\"gcc@12.2\"",
                "{ id = \"g\", family = \"gcc@12.2\", cc = \"/opt/gcc/bin/gcc\" }",
            ),
        ),
        (
            "other values",
            BASE.replace("\"gcc@12.2\"", "\"gcc@12.2\", \"pgi\""),
        ),
        (
            "order of axes",
            "[axes]\nmode = [\"debug\"]\nblas = [\"sequential\"]\ncompiler = [\"gcc@12.2\"]\n"
                .to_owned(),
        ),
    ] {
        assert_eq!(id_of(&same), base, "{what}");
    }
}

#[test]
fn axes_and_values_keep_the_order_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let text = "schema = 1\nname = \"m\"\n[axes]\nmode = [\"release\", \"debug\"]\ncompiler = [\"pgi\", \"gcc\"]\n";
    let expansion = expand(&[&matrix(directory.path(), text)]);
    assert_eq!(
        names(&expansion),
        ["release-pgi", "release-gcc", "debug-pgi", "debug-gcc"]
    );
}

#[test]
fn json_says_the_same_as_toml() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("matrix.json");
    let text = r#"{"schema": 1, "name": "hpc16", "expect": 16,
        "axes": {"compiler": ["gcc", "icc", "pgi", "xl", {"id": "clang", "family": "apple-clang"}],
                 "blas": ["sequential", "threaded"], "mode": ["debug", "release"]},
        "require-features": {"features": ["openmp"]}}"#;
    fs::write(&path, text).unwrap();
    assert_eq!(expand(&[&path.display().to_string()]), expand(&[]));
}

#[test]
fn cfgmatrix_toml_of_the_directory_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let text = "schema = 1\nname = \"here\"\n[axes]\ncompiler = [\"gcc\"]\n";
    fs::write(directory.path().join("cfgmatrix.toml"), text).unwrap();
    let expansion = json(
        cfgmatrix()
            .args(["expand", "--format", "json"])
            .current_dir(&directory),
    );
    assert_eq!(expansion["name"], "here");
}

#[test]
fn a_part_that_is_there_lets_apple_clang_in() {
    let directory = tempfile::tempdir().unwrap();
    let text = "schema = 1\nname = \"m\"\n[axes]\ncompiler = [{ id = \"clang\", family = \"apple-clang\", with = [\"libomp\"] }]\n\
                [require-features]\nfeatures = [\"openmp\"]\n";
    let expansion = expand(&[&matrix(directory.path(), text)]);
    let flags = &variants(&expansion)[0]["flags"];
    assert_eq!(flags["cflags"], json!(["-Xpreprocessor", "-fopenmp"]));
    assert_eq!(flags["libs"], json!(["-lomp"]));
}

#[test]
fn select_narrows_and_keeps_the_promise_of_expect() {
    let expansion = expand(&[
        "--select",
        "compiler=gcc|pgi,mode=debug",
        "--select",
        "blas=threaded",
    ]);
    assert_eq!(
        names(&expansion),
        ["gcc-threaded-debug", "pgi-threaded-debug"]
    );
    assert_eq!(expansion["candidates"], 2);
}

#[test]
fn lines_and_csv_hold_the_same_variants() {
    let whole = expand(&[]);
    let lines = stdout(cfgmatrix().args(["expand", "--format", "jsonl"]));
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(&lines, variants(&whole));
    let table = stdout(cfgmatrix().args(["expand", "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(header[..5], ["name", "id", "compiler", "blas", "mode"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(
        rows.iter().map(|row| &row[0]).collect::<Vec<_>>(),
        names(&whole)
    );
    let flags = header.iter().position(|name| name == "cflags").unwrap();
    for (row, variant) in rows.iter().zip(variants(&whole)) {
        let tokens: Vec<&str> = variant["flags"]["cflags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token.as_str().unwrap())
            .collect();
        assert_eq!(row[flags], tokens.join(" "));
    }
}

#[test]
fn the_table_is_plain_unless_a_terminal_reads_it() {
    let plain = stdout(cfgmatrix().arg("expand"));
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(
        plain
            .lines()
            .filter(|line| line.contains("-debug ") || line.contains("-release "))
            .count(),
        16
    );
    let few = stdout(cfgmatrix().args(["expand", "--select", "compiler=gcc|clang"]));
    insta::assert_snapshot!(
        few.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    );
    let forced = stdout(cfgmatrix().arg("expand").env("CLICOLOR_FORCE", "1"));
    assert!(forced.contains('\u{1b}'));
    let refused = stdout(cfgmatrix().arg("expand").env("NO_COLOR", "1"));
    assert_eq!(refused, plain);
}

#[test]
fn why_names_the_row_of_every_flag() {
    let expansion = expand(&[]);
    for variant in variants(&expansion) {
        let name = variant["name"].as_str().unwrap();
        let why = json(cfgmatrix().args(["why", name, "--format", "json"]));
        let explained = &why["variants"][0];
        assert_eq!(explained["id"], variant["id"]);
        let rows = explained["flags"].as_array().unwrap();
        for row in rows {
            assert!(
                row["row"].as_str().unwrap().starts_with("toolchains/"),
                "{row}"
            );
            assert!(!row["source"].as_str().unwrap().is_empty(), "{row}");
        }
        let explains = |token: &Value| {
            let holds = |row: &Value, key: &str| row[key].as_array().unwrap().contains(token);
            rows.iter()
                .any(|row| holds(row, "compile") || holds(row, "link"))
        };
        for (_, tokens) in variant["flags"].as_object().unwrap() {
            assert!(
                tokens.as_array().unwrap().iter().all(explains),
                "{name}: {tokens}"
            );
        }
    }
}

#[test]
fn the_row_that_why_names_is_the_row() {
    let why = json(cfgmatrix().args(["why", "icc-threaded-release", "--format", "json"]));
    let flags = why["variants"][0]["flags"].as_array().unwrap();
    let openmp = flags.iter().find(|row| row["feature"] == "openmp").unwrap();
    let (path, line) = openmp["row"].as_str().unwrap().split_once(':').unwrap();
    let text = fs::read_to_string(crate::support::repository().join(path)).unwrap();
    let line = text
        .lines()
        .nth(line.parse::<usize>().unwrap() - 1)
        .unwrap();
    assert!(
        line.contains("\"-qopenmp\"") && line.contains("15.0.."),
        "{line}"
    );
}

#[test]
fn why_shows_what_other_versions_are_told() {
    let text = stdout(cfgmatrix().args(["why", "icc-threaded-release"]));
    assert!(
        text.contains("intel-classic ≥ 15.0 (< 15.0: -openmp)"),
        "{text}"
    );
}

#[test]
fn why_tells_an_excluded_variant_its_rule() {
    let text = stdout(cfgmatrix().args(["why", "clang-threaded-debug"]));
    assert!(
        text.contains("excluded")
            && text.contains("require-features")
            && text.contains("brew install libomp"),
        "{text}"
    );
    let why = json(cfgmatrix().args(["why", "compiler=clang", "--format", "json"]));
    assert_eq!(why["excluded"].as_array().unwrap().len(), 4);
}
