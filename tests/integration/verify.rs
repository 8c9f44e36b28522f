//! `verify`: a file that was built, against the variant that it is said to be.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{cfgmatrix, find_program, have};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

const SOURCE: &str = "\
#include <assert.h>
void dgemm_();
int main(int n, char **v) {
    assert(n > 0);
#pragma omp parallel for
    for (int i = 0; i < n; i++)
        if (i > 5) dgemm_(v);
    return 0;
}
";

const MATRIX: &str = "\
schema = 1
name = \"proved\"
[axes]
compiler = [{ id = \"gcc\", family = \"gcc\", version = \"12\", cc = \"gcc-12\" }]
blas = [\"sequential\", \"pthread\"]
mode = [\"debug\", \"release\"]
[require-features]
features = [\"openmp\"]
";

/// A directory with a program that was linked so, if this system has what is needed.
#[expect(
    clippy::disallowed_methods,
    reason = "the test does what a build tool would do with a configuration"
)]
fn program(link: &[&str]) -> Option<tempfile::TempDir> {
    let serial = format!("{LIBRARIES}/openblas-serial");
    let present = have(find_program("gcc-12").is_some(), "gcc-12")
        && have(Path::new(&serial).exists(), "libopenblas-serial-dev");
    if !present {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.c"), SOURCE).unwrap();
    std::fs::write(directory.path().join("cfgmatrix.toml"), MATRIX).unwrap();
    let output = Command::new("gcc-12")
        .args(["-g", "-O0", "-fopenmp", "a.c", "-o", "app"])
        .arg(format!("-L{serial}"))
        .arg("-lopenblas")
        .args(link)
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(directory)
}

fn verify(directory: &Path, args: &[&str]) -> (Value, i32) {
    let output = cfgmatrix()
        .current_dir(directory)
        .args(["verify", "app", "--format", "json"])
        .args(args)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}"));
    (document, output.status.code().unwrap())
}

/// The claims with a verdict, as `about: observed`.
fn claims(document: &Value, verdict: &str) -> Vec<String> {
    document["claims"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|claim| claim["verdict"] == verdict)
        .map(|claim| {
            let text = |key: &str| claim[key].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", text("about"), text("observed"))
        })
        .collect()
}

#[test]
fn an_honest_program_is_proved_and_a_lost_rpath_is_not() {
    let rpath = format!("-Wl,-rpath,{LIBRARIES}/openblas-serial");
    let Some(honest) = program(&[&rpath]) else {
        return;
    };
    let (document, code) = verify(honest.path(), &["--as", "gcc-sequential-debug"]);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["variant"], "gcc-sequential-debug");
    assert_eq!(document["id"].as_str().unwrap().len(), 64);
    assert_eq!(document["artifacts"][0]["path"], "app");
    assert_eq!(document["artifacts"][0]["role"], "executable");
    assert_eq!(
        claims(&document, "proved"),
        [
            "compiler: gcc 12.2.0",
            "optimisation: -O0",
            "debug-info: debug information",
            "assertions: assertions",
            "openmp: OpenMP",
            "openmp.runtimes: libgomp",
            "blas.file: OpenBLAS",
            "blas.threading: sequential OpenBLAS",
            "blas.interface: lp64",
            "blas.threads: no threads",
            "libraries: all libraries"
        ],
        "{document:#}"
    );

    let spec = ["--as", "gcc-pthread-release", "cfgmatrix.toml"];
    let (document, code) = verify(honest.path(), &spec);
    assert_eq!(code, 5, "{document:#}");
    assert_eq!(
        claims(&document, "refuted"),
        [
            "optimisation: -O0",
            "assertions: assertions",
            "blas.threading: sequential OpenBLAS"
        ],
        "{document:#}"
    );

    let lost = program(&[]).expect("what is needed was there before");
    let (document, code) = verify(lost.path(), &["--as", "gcc-sequential-debug"]);
    let default = dunce::canonicalize(format!("{LIBRARIES}/libopenblas.so.0")).unwrap();
    if have(
        !default.to_string_lossy().contains("serial"),
        "an alternative other than openblas-serial",
    ) {
        assert_eq!(code, 5, "{document:#}");
        assert!(
            claims(&document, "refuted")[0].starts_with("blas.threading: "),
            "{document:#}"
        );
    }
}

#[test]
fn the_table_says_the_same() {
    let Some(directory) = program(&[]) else {
        return;
    };
    let output = cfgmatrix()
        .current_dir(directory.path())
        .args(["verify", "app", "--as", "gcc-sequential-release"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        words[2],
        ["claim", "file", "claimed", "observed", "evidence"]
    );
    let level = ["✗", "optimisation", "app", "-O3", "-O0", "debug"];
    assert!(words.iter().any(|line| line.starts_with(&level)), "{text}");
}

/// With the digest of the library that a survey of the machine found.
#[test]
fn with_the_machine_the_file_itself_is_compared() {
    let rpath = format!("-Wl,-rpath,{LIBRARIES}/openblas-serial");
    let Some(directory) = program(&[&rpath]) else {
        return;
    };
    let wanted = "gcc-sequential-debug";
    let (document, _) = verify(directory.path(), &["--installed", "--as", wanted]);
    let all = document["claims"].as_array().unwrap();
    let file = all
        .iter()
        .find(|claim| claim["about"] == "blas.file")
        .unwrap();
    let evidence = file["evidence"].as_str().unwrap();
    // Which sequential OpenBLAS is preferred is for the survey to say.
    let same = evidence.contains("openblas-serial");
    assert!(same, "{document:#}");
    assert_eq!(file["verdict"], "proved", "{document:#}");
}
