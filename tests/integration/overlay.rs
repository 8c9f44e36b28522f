//! `--toolchains DIR` and the user's configuration directory.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{cfgmatrix, json, stdout};

fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A family that only tests know, `rows` being its rows.
fn family(id: &str, rows: &str) -> String {
    format!(
        r#"{{"format_version": 1, "id": "{id}", "name": "A test compiler", "aliases": ["{id}-alias"], "languages": ["c"],
            "drivers": {{"c": "{id}"}}, "targets": [{{"os": "linux", "arch": "x86_64"}}], "newest": "2.0", "identify": {{
              "banners": [{{"languages": ["c"], "pattern": "(?m)^Testing compiler (?P<version>[0-9.]+)", "source": "test"}}]}},
            "rows": [{rows}]}}"#
    )
}

const OPENMP: &str =
    r#"{"feature": "openmp", "languages": ["c"], "compile": ["-threads"], "source": "test"}"#;

fn compile(directory: &Path, compiler: &str, feature: &str) -> serde_json::Value {
    let mut command = cfgmatrix();
    command.arg("--toolchains").arg(directory).args([
        "flags", "-c", compiler, "-l", "c", feature, "--format", "json",
    ]);
    json(&mut command)["features"][0]["compile"].clone()
}

#[test]
fn a_layer_adds_a_family() {
    let layer = tempfile::tempdir().unwrap();
    write(layer.path(), "mine.json", &family("mine", OPENMP));
    assert_eq!(
        compile(layer.path(), "mine-alias", "openmp"),
        json!(["-threads"])
    );
    let mut command = cfgmatrix();
    command
        .arg("--toolchains")
        .arg(layer.path())
        .args(["identify", "--banner", "-", "--format", "json"]);
    let found = json(command.write_stdin("Testing compiler 1.5\n"));
    assert_eq!(
        (&found["family"], &found["version"]),
        (&json!("mine"), &json!("1.5"))
    );
}

#[test]
fn a_layer_replaces_a_family_whole() {
    let layer = tempfile::tempdir().unwrap();
    write(layer.path(), "whatever.json", &family("tcc", OPENMP));
    assert_eq!(compile(layer.path(), "tcc", "openmp"), json!(["-threads"]));
    // Nothing of the replaced file is left.
    let mut command = cfgmatrix();
    command
        .arg("--toolchains")
        .arg(layer.path())
        .args(["flags", "-c", "tcc", "-l", "c", "opt.2"]);
    assert_eq!(command.output().unwrap().status.code(), Some(3));
}

#[test]
fn a_layer_adds_rows_that_are_asked_first() {
    let layer = tempfile::tempdir().unwrap();
    let rows = r#"{"format_version": 1, "extends": "gcc", "rows": [
        {"feature": "openmp", "languages": ["c"], "versions": "12..13", "compile": ["-fopenmp=site"], "source": "our site"}]}"#;
    write(layer.path(), "gcc-site.json", rows);
    assert_eq!(
        compile(layer.path(), "gcc@12.2", "openmp"),
        json!(["-fopenmp=site"])
    );
    assert_eq!(
        compile(layer.path(), "gcc@13.1", "openmp"),
        json!(["-fopenmp"])
    );
}

#[test]
fn a_layer_adds_a_feature_and_its_rows() {
    let layer = tempfile::tempdir().unwrap();
    let features = r#"{"format_version": 1, "features": [
        {"id": "site.banner", "meaning": "prints the site's banner", "languages": ["c"], "prove": "the banner is seen"}]}"#;
    write(layer.path(), "features.json", features);
    let rows = r#"{"format_version": 1, "extends": "gcc", "rows": [
        {"feature": "site.banner", "languages": ["c"], "compile": ["-DSITE"], "source": "our site"}]}"#;
    write(layer.path(), "gcc-site.json", rows);
    assert_eq!(
        compile(layer.path(), "gcc", "site.banner"),
        json!(["-DSITE"])
    );
}

#[test]
fn a_layer_replaces_a_blas_library() {
    let layer = tempfile::tempdir().unwrap();
    let blas = r#"{"format_version": 1, "id": "openblas", "name": "Our OpenBLAS", "aliases": [], "headers": {}, "rows": [
        {"threading": "sequential", "interface": "lp64", "provides": ["blas"], "libs": ["-lsiteblas"], "source": "our site"},
        {"threading": "openmp", "interface": "lp64", "provides": ["blas"], "libs": ["-lsiteblas_omp"], "source": "our site"}]}"#;
    write(layer.path(), "blas/openblas.json", blas);
    let mut command = cfgmatrix();
    command.arg("--toolchains").arg(layer.path()).args([
        "expand",
        "--format",
        "json",
        "--select",
        "compiler=gcc,blas=threaded",
    ]);
    assert_eq!(
        json(&mut command)["variants"][0]["flags"]["libs"],
        json!(["-lsiteblas_omp"])
    );
}

#[test]
fn the_last_layer_is_on_top_and_the_user_s_own_is_below() {
    let user = tempfile::tempdir().unwrap();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rows = |token: &str| {
        format!(
            r#"{{"format_version": 1, "extends": "gcc", "rows": [
        {{"feature": "openmp", "languages": ["c"], "compile": ["{token}"], "source": "test"}}]}}"#
        )
    };
    write(
        &user.path().join("cfgmatrix").join("toolchains"),
        "gcc-user.json",
        &rows("-user"),
    );
    write(first.path(), "gcc-a.json", &rows("-first"));
    write(second.path(), "gcc-b.json", &rows("-second"));
    let ask = |layers: &[&Path]| {
        let mut command = cfgmatrix();
        command
            .env("XDG_CONFIG_HOME", user.path())
            .env("APPDATA", user.path());
        for layer in layers {
            command.arg("--toolchains").arg(layer);
        }
        command.args([
            "flags", "-c", "gcc", "-l", "c", "openmp", "--format", "json",
        ]);
        json(&mut command)["features"][0]["compile"][0]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(ask(&[]), "-user");
    assert_eq!(ask(&[first.path()]), "-first");
    assert_eq!(ask(&[first.path(), second.path()]), "-second");
    assert_eq!(ask(&[second.path(), first.path()]), "-first");
}

#[test]
fn an_empty_layer_changes_nothing() {
    let layer = tempfile::tempdir().unwrap();
    let plain = stdout(cfgmatrix().args(["expand", "--format", "json"]));
    let mut command = cfgmatrix();
    command
        .arg("--toolchains")
        .arg(layer.path())
        .args(["expand", "--format", "json"]);
    assert_eq!(stdout(&mut command), plain);
}

#[test]
fn a_derivative_is_answered_at_the_version_it_is_built_from_and_never_by_a_guess() {
    let layer = tempfile::tempdir().unwrap();
    let derived = r#"{"format_version": 1, "id": "derived", "name": "Derived compiler", "aliases": [], "languages": ["c"],
        "drivers": {"c": "derived"}, "targets": [{"os": "linux", "arch": "x86_64"}], "newest": "3.0", "identify": {}, "rows": [],
        "base": {"family": "clang", "versions": [{"versions": "2.0..2.5", "base": "5.0"}, {"versions": "2.5..3.1", "base": "14.0"}],
                 "except": ["openmp"]}}"#;
    write(layer.path(), "derived.json", derived);
    let ask = |version: &str, feature: &str| {
        let mut command = cfgmatrix();
        command.arg("--toolchains").arg(layer.path());
        command.args([
            "flags",
            "-c",
            &format!("derived@{version}"),
            "-l",
            "c",
            feature,
            "--format",
            "json",
        ]);
        let output = command.output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["features"][0].clone()
    };
    assert_eq!(ask("2.6", "std.c17")["compile"], json!(["-std=c17"]));
    assert_eq!(ask("2.6", "std.c17")["family"], "clang");
    // Clang 5 did not have it yet.
    assert_eq!(ask("2.1", "std.c17")["support"], "unsupported");
    // A release newer than all that is known is taken for the newest.
    assert_eq!(ask("9.0", "std.c17")["compile"], json!(["-std=c17"]));
    // Nobody says what 1.0 was built from: what every clang has is answered, the rest is not.
    assert_eq!(ask("1.0", "std.c17")["support"], "unknown");
    assert_eq!(ask("1.0", "debug")["compile"], json!(["-g"]));
    // What is not taken over is not known.
    assert_eq!(ask("2.6", "openmp")["support"], "unknown");
}
