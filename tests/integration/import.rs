//! `import`: the matrix files that come of it are read again, and have as many
//! variants as what they were made of.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{cfgmatrix, files_in, json, repository, stdout};

fn case(name: &str) -> PathBuf {
    repository().join("tests/cases/import").join(name)
}

/// Imports a file, and gives the directory with the matrix and the warnings.
fn import(format: &str, file: &Path, more: &[&str]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let output = cfgmatrix()
        .args(["import", format])
        .arg(file)
        .arg("-o")
        .arg(directory.path().join("cfgmatrix.toml"))
        .args(more)
        .output()
        .unwrap();
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{file:?}: {warnings}");
    assert!(output.stdout.is_empty());
    (directory, warnings)
}

fn count(directory: &tempfile::TempDir, more: &[&str]) -> u64 {
    let mut command = cfgmatrix();
    command
        .arg("count")
        .arg(directory.path().join("cfgmatrix.toml"))
        .args(more);
    stdout(&mut command).trim().parse().unwrap()
}

/// The axes of each variant, as text.
fn variants(directory: &tempfile::TempDir) -> Vec<serde_json::Value> {
    let mut command = cfgmatrix();
    command.args(["expand", "--format", "json"]);
    let document = json(command.arg(directory.path().join("cfgmatrix.toml")));
    document["variants"].as_array().unwrap().clone()
}

#[test]
fn a_model_of_pict_has_as_many_variants_as_rows() {
    for model in files_in(&repository().join("tests/cases/cover")) {
        if model
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            continue;
        }
        let (directory, _) = import("pict", &model, &[]);
        let expected = if model.ends_with("results.txt") {
            // Results are no axis: the choices are 2 × 3 × 2.
            12
        } else {
            let mut command = cfgmatrix();
            let count = stdout(command.arg("cover").arg(&model).arg("--count"));
            count.trim().parse().unwrap()
        };
        assert_eq!(count(&directory, &[]), expected, "{model:?}");
        assert!(count(&directory, &["--profile", "pict"]) <= expected);
    }
}

#[test]
fn what_is_expected_of_rows_becomes_a_variable() {
    let model = repository().join("tests/cases/cover/results.txt");
    let (directory, warnings) = import("pict", &model, &[]);
    assert!(
        warnings.contains("is what is expected of rows"),
        "{warnings}"
    );
    let text = fs::read_to_string(directory.path().join("cfgmatrix.toml")).unwrap();
    assert!(text.contains("Code = \"late\""), "{text}");
}

#[test]
fn a_workflow_has_the_jobs_that_github_would_start() {
    let (directory, warnings) = import("github", &case("workflow.yml"), &[]);
    // 2 × 3 × 2, without macos-14 on node 18, and one row more.
    assert_eq!(count(&directory, &[]), 12 - 2 + 1);
    for part in [
        "reads the number `3.10` as `3.1`",
        "of several types",
        "this exclude matches nothing",
    ] {
        assert!(warnings.contains(part), "{warnings}");
    }
    let windows: Vec<serde_json::Value> = variants(&directory)
        .into_iter()
        .filter(|variant| variant["axes"]["os"] == "windows-2022")
        .collect();
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["axes"]["node"], "20");
}

#[test]
fn one_of_several_jobs_is_chosen() {
    let (directory, _) = import("github", &case("jobs.yml"), &["--job", "build"]);
    assert_eq!(count(&directory, &[]), 4);
    let (directory, _) = import("github", &case("jobs.yml"), &["--job", "wheels"]);
    assert_eq!(count(&directory, &[]), 2);
    let axes: Vec<serde_json::Value> = variants(&directory)
        .into_iter()
        .map(|variant| variant["axes"].clone())
        .collect();
    assert_eq!(axes[1]["python"], "3.13");
    assert_eq!(axes[1]["image"], "macos-14");
}

#[test]
fn variants_of_conda_are_those_of_the_platform() {
    let file = case("conda_build_config.yaml");
    let (directory, warnings) = import("conda", &file, &["--platform", "osx-arm64"]);
    assert_eq!(count(&directory, &[]), 2 * 2);
    assert!(warnings.contains("pin_run_as_build"), "{warnings}");
    assert!(
        variants(&directory)
            .iter()
            .all(|variant| variant["axes"]["c_compiler"] == "clang")
    );
    let (directory, warnings) = import("conda", &file, &[]);
    assert_eq!(count(&directory, &[]), 3 * 2 * 2);
    assert!(warnings.contains("`--platform` chooses one"), "{warnings}");
}

#[test]
fn a_file_that_is_there_stays() {
    let (directory, _) = import("github", &case("jobs.yml"), &["--job", "build"]);
    let path = directory.path().join("cfgmatrix.toml");
    let before = fs::read(&path).unwrap();
    cfgmatrix()
        .args(["import", "github", "--job", "wheels"])
        .arg(case("jobs.yml"))
        .arg("-o")
        .arg(&path)
        .assert()
        .code(1);
    assert_eq!(fs::read(&path).unwrap(), before);
}
