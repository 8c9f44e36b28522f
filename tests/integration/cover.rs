//! `cover`: rows that cover what they should, from the project's JSON and from
//! PICT's models; the check of anyone's rows; and PICT itself, where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{cfgmatrix, files_in, find_program, have, json, repository, stdout};

fn models() -> Vec<PathBuf> {
    files_in(&repository().join("tests/cases/cover"))
}

fn model(name: &str) -> PathBuf {
    repository().join("tests/cases/cover").join(name)
}

fn cover(model: &Path) -> Command {
    let mut command = cfgmatrix();
    command.arg("cover").arg(model);
    command
}

/// A table with tabs, header first.
fn table(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines();
    lines
        .map(|line| line.split('\t').map(ToOwned::to_owned).collect())
        .collect()
}

/// What `--check` says of rows: its document and its exit code.
fn check(model: &Path, rows: &str, more: &[&str]) -> (Value, i32) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rows");
    fs::write(&path, rows).unwrap();
    let output = cover(model)
        .args(["--check", "--format", "json"])
        .arg(&path)
        .args(more)
        .output()
        .unwrap();
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (document, output.status.code().unwrap())
}

#[test]
fn rows_cover_what_they_should_with_any_effort_and_in_any_format() {
    for model in models() {
        for effort in ["fast", "normal", "best"] {
            for format in ["json", "jsonl", "csv", "pict", "pict-json"] {
                if effort != "fast" && format != "pict" {
                    continue;
                }
                let rows = stdout(cover(&model).args(["--effort", effort, "--format", format]));
                let (verdict, code) = check(&model, &rows, &[]);
                assert_eq!(code, 0, "{model:?} {effort} {format}: {verdict:#}\n{rows}");
                assert!(verdict["required"].as_u64().unwrap() > 10, "{verdict:#}");
            }
        }
    }
}

#[test]
fn other_strengths_cover_too() {
    for model in models() {
        for strength in ["1", "3"] {
            if strength == "3" && model.ends_with("submodels.txt") {
                // It has two submodels and nothing beside them.
                continue;
            }
            let option = ["--strength", strength];
            let rows = stdout(
                cover(&model)
                    .args(["--format", "pict", "--effort", "fast"])
                    .args(option),
            );
            let (verdict, code) = check(&model, &rows, &option);
            assert_eq!(code, 0, "{model:?} {strength}: {verdict:#}");
        }
    }
}

#[test]
fn rows_are_the_same_with_any_number_of_threads_and_another_seed_is_another_beginning() {
    let model = model("volumes.txt");
    let with = |options: &[&str]| stdout(cover(&model).args(options));
    let one = with(&["--threads", "1"]);
    assert_eq!(one, with(&["--threads", "4"]));
    assert_eq!(one, with(&[]));
    let other = with(&["--seed", "7"]);
    assert_eq!(other, with(&["/r:7"]));
    assert_eq!(check(&model, &other, &[]).1, 0);
}

#[test]
fn what_is_missing_or_invalid_is_found() {
    let model = model("volumes.txt");
    let rows = stdout(&mut cover(&model));
    let lines: Vec<&str> = rows.lines().collect();
    let (verdict, code) = check(&model, &lines[..lines.len() / 2].join("\n"), &[]);
    assert_eq!(code, 5);
    assert!(verdict["missing"].as_u64().unwrap() > 10);
    assert_eq!(verdict["missing_tuples"].as_array().unwrap().len(), 10);
    let broken = format!("{rows}plain\t40000\tyes\tfat\t4096\nplain\t10\tyes\t\t512\n");
    let (verdict, code) = check(&model, &broken, &[]);
    assert_eq!(code, 5);
    let invalid = verdict["invalid"].as_array().unwrap();
    assert_eq!(
        invalid[0]["rules"][0],
        "IF [System] = \"FAT\" THEN [Size] <= 4096"
    );
    assert_eq!(invalid[1]["absent"][0], "System");
    assert_eq!(verdict["missing"], 0);
}

#[test]
fn each_pair_that_a_missing_row_had_alone_is_told() {
    // Rows are taken away one by one; brute force says which pairs go with them.
    let model = model("machines.txt");
    let rows = stdout(&mut cover(&model));
    let all = table(&rows);
    let pairs = |rows: &[Vec<String>]| {
        let mut pairs = BTreeSet::new();
        for row in rows {
            for right in 0..row.len() {
                for left in 0..right {
                    pairs.insert((left, row[left].clone(), right, row[right].clone()));
                }
            }
        }
        pairs
    };
    let whole = pairs(&all[1..]);
    for gone in 1..all.len() {
        let mut kept = all.clone();
        kept.remove(gone);
        let lost = whole.len() - pairs(&kept[1..]).len();
        let text: Vec<String> = kept.iter().map(|row| row.join("\t")).collect();
        let (verdict, _) = check(&model, &text.join("\n"), &[]);
        assert_eq!(verdict["missing"].as_u64().unwrap() as usize, lost);
    }
}

#[test]
fn the_whole_product_is_in_order_and_counted() {
    for model in models() {
        let text = stdout(cover(&model).args(["--strength", "all", "--format", "pict"]));
        let rows = text.lines().count() - 1;
        let different: BTreeSet<&str> = text.lines().skip(1).collect();
        assert_eq!(different.len(), rows, "{model:?}");
        if model.ends_with("results.txt") {
            cover(&model).arg("--count").assert().code(3);
            continue;
        }
        let count = stdout(cover(&model).arg("--count"));
        assert_eq!(count.trim(), rows.to_string(), "{model:?}");
        let count = json(cover(&model).args(["--count", "--format", "json"]));
        assert_eq!(count["rows"].as_u64().unwrap() as usize, rows);
    }
    let lines =
        stdout(cover(&model("builds.json")).args(["--strength", "all", "--format", "jsonl"]));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        lines.lines().next().unwrap(),
        r#"{"compiler":"gcc","mpi":"none","threads":1,"ilp64":false,"note":"plain"}"#
    );
    assert_eq!(first["threads"], 1);
    let document =
        json(cover(&model("builds.json")).args(["--strength", "all", "--format", "json"]));
    let rows: Vec<String> = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    let parsed: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap().to_string())
        .collect();
    assert_eq!(rows, parsed);
    assert_eq!(document["strength"], "all");
}

#[test]
fn the_whole_product_is_what_the_clauses_allow() {
    let document =
        json(cover(&model("builds.json")).args(["--strength", "all", "--format", "json"]));
    let mut expected = 0;
    for compiler in ["gcc", "clang", "icx"] {
        for mpi in ["none", "openmpi", "mpich"] {
            for threads in [1, 2, 8] {
                for ilp64 in [false, true] {
                    let allowed = (!ilp64 || mpi != "mpich") && (compiler != "icx" || threads != 2);
                    expected += if allowed { 3 } else { 0 };
                }
            }
        }
    }
    assert_eq!(document["rows"].as_array().unwrap().len(), expected);
}

#[test]
fn a_negative_value_is_alone_and_masks_no_pair() {
    let text = stdout(&mut cover(&model("negative.txt")));
    let rows = &table(&text)[1..];
    let mut pairs = BTreeSet::new();
    for row in rows {
        let negative = row.iter().filter(|value| value.starts_with('~')).count();
        assert!(negative <= 1, "{row:?}");
        if negative == 0 {
            pairs.insert((row[0].clone(), row[1].clone()));
        }
    }
    assert_eq!(pairs.len(), 3 * 2, "{pairs:?}");
    // Rows in which only a negative value is beside a pair do not cover it.
    let masked: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("A\t") || line.contains('~'))
        .map(ToOwned::to_owned)
        .collect();
    let (verdict, code) = check(&model("negative.txt"), &masked.join("\n"), &[]);
    assert_eq!(code, 5);
    assert!(verdict["missing"].as_u64().unwrap() >= 6);
}

#[test]
fn names_of_a_value_take_turns() {
    let text = stdout(cover(&model("volumes.txt")).args(["--strength", "all"]));
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for row in &table(&text)[1..] {
        *names.entry(row[0].clone()).or_default() += 1;
    }
    let (one, other) = (names["mirrored"], names["twin"]);
    assert!(one == other || one == other + 1, "{names:?}");
}

#[test]
fn results_are_told_where_the_rules_leave_one() {
    let text = stdout(cover(&model("results.txt")).args(["--strength", "all"]));
    let rows = &table(&text)[1..];
    assert_eq!(rows.len(), 2 * 3 * 2);
    for row in rows {
        let expected = match (row[0].as_str(), row[1].as_str(), row[2].as_str()) {
            ("no", _, _) => "wrong",
            ("yes", "3", "off") => "late",
            _ => "?",
        };
        assert_eq!(row[3], expected, "{row:?}");
    }
    for row in &table(&stdout(&mut cover(&model("results.txt"))))[1..] {
        assert_eq!(row[3] == "wrong", row[0] == "no", "{row:?}");
    }
}

#[test]
fn submodels_give_few_rows_of_their_own() {
    let text = stdout(&mut cover(&model("submodels.txt")));
    let rows = &table(&text)[1..];
    let hardware: BTreeSet<&[String]> = rows.iter().map(|row| &row[..3]).collect();
    let software: BTreeSet<&[String]> = rows.iter().map(|row| &row[3..]).collect();
    // 27 and 12 without the submodels' orders.
    assert!(hardware.len() <= 12, "{hardware:?}");
    assert!(rows.len() >= hardware.len().max(software.len()));
}

#[test]
fn rows_to_begin_with_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let seeds = directory.path().join("seeds");
    fs::write(
        &seeds,
        "Kind\tSize\tColour\tSystem\ntwin\t5000\tred\tntfs\nspan\t77\t\tfat\nplain\t40000\t\tFAT\n\nspan\t10\t\tntfs\n",
    )
    .unwrap();
    let model = model("volumes.txt");
    for arguments in [
        vec!["--seed-rows".to_owned(), seeds.display().to_string()],
        vec![format!("/e:{}", seeds.display())],
    ] {
        let output = cover(&model).args(arguments).output().unwrap();
        assert!(output.status.success());
        let rows = table(&String::from_utf8(output.stdout).unwrap());
        let has = |kind: &[&str], size: &str, system: &str| {
            rows.iter()
                .any(|row| kind.contains(&row[0].as_str()) && row[1] == size && row[3] == system)
        };
        assert!(has(&["mirrored", "twin"], "5000", "ntfs"));
        let warnings = String::from_utf8(output.stderr).unwrap();
        for part in [
            "the model has no axis `Colour`, and its column is left out",
            "seeds:3: axis `Size` has no value `77`, and it is left out",
            "seeds:4: the row breaks a rule, and is left out",
        ] {
            assert!(warnings.contains(part), "{warnings}");
        }
        assert_eq!(warnings.matches("warning").count(), 3, "{warnings}");
    }
    let rows = json(cover(&self::model("builds.json")).args(["--format", "json"]));
    let rows = rows["rows"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["compiler"] == "icx" && row["mpi"] == "mpich" && row["note"] == "ü")
    );
}

#[test]
fn switches_of_pict_are_understood() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model");
    fs::write(
        &path,
        "A: 1; 2 # two; !3\nb: x, y; z\nC: p; q\nIF [b] = \"Z\" THEN [A] = 1;\n",
    )
    .unwrap();
    let output = cover(&path)
        .args(["/d:;", "/a:#", "/n:!", "/c", "/o:max", "/f:json"])
        .output()
        .unwrap();
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 3 * 2 * 2);
    assert_eq!(rows[0][1]["key"], "b");
    assert_eq!(rows[0][1]["value"], "x, y");
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(warnings.contains("no value of `b` satisfies"), "{warnings}");
    assert!(warnings.contains("did you mean `z`?"), "{warnings}");
    let statistics = stdout(cover(&model("volumes.txt")).arg("/s"));
    assert!(statistics.starts_with("Combinations:   "), "{statistics}");
    let by_chance = cover(&model("volumes.txt")).arg("/r").output().unwrap();
    assert!(
        String::from_utf8(by_chance.stderr)
            .unwrap()
            .contains("chance began with")
    );
}

#[test]
fn the_schema_accepts_the_model() {
    let schema: Value =
        serde_json::from_str(&stdout(cfgmatrix().args(["schema", "cover-model"]))).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut document: Value =
        serde_json::from_str(&fs::read_to_string(model("builds.json")).unwrap()).unwrap();
    assert!(validator.is_valid(&document));
    document["axes"][0]["valuse"] = Value::Null;
    assert!(!validator.is_valid(&document));
}

/// PICT, if it is installed.
fn pict(model: &Path, options: &[&str]) -> Option<(String, bool)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "PICT is run as its users run it, to compare with it"
    )]
    let output = std::process::Command::new(find_program("pict")?)
        .arg(model)
        .args(options)
        .output()
        .unwrap();
    Some((
        String::from_utf8(output.stdout).unwrap(),
        output.status.success(),
    ))
}

#[test]
fn pict_makes_the_same_product_and_its_rows_pass_the_check() {
    if !have(find_program("pict").is_some(), "pict") {
        return;
    }
    for model in models() {
        if model
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            continue;
        }
        let (theirs, good) = pict(&model, &[]).unwrap();
        assert!(good, "{model:?}");
        let (verdict, code) = check(&model, &theirs, &[]);
        assert_eq!(code, 0, "{model:?}: {verdict:#}");
        if model.ends_with("submodels.txt") {
            continue;
        }
        // Names that take turns do so in the order of rows.
        let first = |text: &str| {
            let text = text.replace("twin", "mirrored");
            let mut rows: Vec<String> = text.lines().skip(1).map(ToOwned::to_owned).collect();
            rows.sort();
            rows
        };
        let (theirs, _) = pict(&model, &["/o:max"]).unwrap();
        let ours = stdout(cover(&model).arg("/o:max"));
        assert_eq!(ours.lines().next(), theirs.lines().next());
        assert_eq!(first(&ours), first(&theirs), "{model:?}");
    }
}

#[test]
fn pict_refuses_what_is_refused() {
    if !have(find_program("pict").is_some(), "pict") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.txt");
    let parts = [
        "A: 1, 2\nB: x, y\n",
        "A: 1, 2\nB: 1, y\n",
        "a: 1\nA: 2\n",
        "A: ~1\nB: 2\n",
        "A: 1, 2, ~x\nB: 1\n",
    ];
    let rules = [
        "",
        "[A] = 1;",
        "[A] = \"1\";",
        "[A] = [B];",
        "IF [A] = 1 THEN [B] = \"x\";",
        "[A] LIKE \"1\";",
        "[B] LIKE \"x*\"",
        "[A] IN {1, 2;",
        "[A] == 1;",
        "([A] = 1;",
        "[C] = 1;",
        "IF [A] = 1;",
        "[A] = [A];",
        "[A] NOT IN {1};",
        "IF NOT NOT [A] = 1 THEN [A] <> 2;",
        "[B] = \"\\q\";",
        "{ A, B } @ 3",
        "{ A } 3",
        "IF IsNegative() THEN [A] > 0;",
        "[A] > 1 [A] < 2;",
        "IF[A]=1THEN[A]<2;",
        "[A] = 1 AND;",
    ];
    for part in parts {
        for rule in rules {
            fs::write(&path, format!("{part}{rule}\n")).unwrap();
            let (_, theirs) = pict(&path, &["/o:1"]).unwrap();
            let ours = cover(&path)
                .args(["/o:1", "--effort", "fast"])
                .output()
                .unwrap();
            assert_eq!(
                ours.status.success(),
                theirs,
                "{part}{rule}: {}",
                String::from_utf8_lossy(&ours.stderr)
            );
        }
    }
}
