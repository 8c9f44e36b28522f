//! The example library that is shipped, through each build system: all sixteen
//! variants are built, tested, and proved to be what they are called.
#![cfg(target_os = "linux")]

use std::path::Path;

use serde_json::Value;

use crate::support::{cfgmatrix, find_program, have, host, repository};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

/// Whether the compilers and libraries of the four times two times two are here.
pub(crate) fn sixteen_can_be_built() -> bool {
    let programs = [
        "gcc-11",
        "gfortran-11",
        "gcc-12",
        "gfortran-12",
        "clang-14",
        "clang-19",
    ];
    let files = [
        "/usr/lib/llvm-14/lib/libomp.so".to_owned(),
        "/usr/lib/llvm-19/lib/libomp.so".to_owned(),
        format!("{LIBRARIES}/openblas-serial/libopenblas.so"),
        format!("{LIBRARIES}/openblas-pthread/libopenblas.so"),
        format!("{LIBRARIES}/openblas-openmp/libopenblas.so"),
    ];
    programs
        .iter()
        .all(|program| have(find_program(program).is_some(), program))
        && files
            .iter()
            .all(|file| have(Path::new(file).exists(), file))
}

/// The document of a run, which must end with this code.
pub(crate) fn document(command: &mut assert_cmd::Command, code: i32) -> Value {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(output.status.code(), Some(code), "{said}\n{document:#}");
    document
}

/// The claims of an outcome about something, all of them proved.
pub(crate) fn proved<'d>(outcome: &'d Value, about: &str) -> Vec<&'d Value> {
    let claims = outcome["claims"].as_array().unwrap().iter();
    let claims: Vec<&Value> = claims.filter(|claim| claim["about"] == about).collect();
    assert!(!claims.is_empty(), "nothing about {about}: {outcome:#}");
    for claim in &claims {
        assert_eq!(claim["verdict"], "proved", "{claim:#}");
    }
    claims
}

/// That each claim about something was found to be so.
fn is(outcome: &Value, about: &str, observed: &str) {
    for claim in proved(outcome, about) {
        assert_eq!(claim["observed"], observed, "{claim:#}");
    }
}

fn axis<'d>(outcome: &'d Value, name: &str) -> &'d str {
    outcome["axes"][name]
        .as_str()
        .unwrap_or_else(|| panic!("{outcome:#}"))
}

/// What must have been seen of every variant, whatever built it.
pub(crate) fn check(outcome: &Value) {
    assert_eq!(outcome["status"], "passed", "{outcome:#}");
    for claim in outcome["claims"].as_array().unwrap() {
        assert_eq!(claim["verdict"], "proved", "{claim:#}");
    }
    let compiler = axis(outcome, "compiler");
    let (version, runtime) = match compiler {
        "gcc-11" => ("gcc 11.", "libgomp"),
        "gcc-12" => ("gcc 12.", "libgomp"),
        "clang-14" => ("clang 14.", "libomp"),
        _ => ("clang 19.", "libomp"),
    };
    for claim in proved(outcome, "compiler") {
        let observed = claim["observed"].as_str().unwrap();
        assert!(observed.starts_with(version), "{claim:#}");
    }
    if axis(outcome, "mode") == "debug" {
        is(outcome, "optimisation", "-O0");
        is(outcome, "debug-info", "debug information");
    } else {
        is(outcome, "optimisation", "-O3");
    }
    is(outcome, "openmp", "OpenMP");
    is(outcome, "openmp.runtimes", runtime);
    // A second OpenMP runtime is never brought in by BLAS.
    let (flavour, threading) = match (axis(outcome, "blas"), runtime) {
        ("sequential", _) => ("openblas-serial", "sequential OpenBLAS"),
        (_, "libgomp") => ("openblas-openmp", "openmp OpenBLAS"),
        _ => ("openblas-pthread", "pthread OpenBLAS"),
    };
    let file = format!("OpenBLAS in {LIBRARIES}/{flavour}");
    is(outcome, "blas.file", &file);
    is(outcome, "blas.threading", threading);
    is(outcome, "blas.interface", "lp64");
    is(outcome, "libraries", "all libraries");
}

fn through(build_system: &str, program: &str) {
    if !sixteen_can_be_built() || !have(find_program(program).is_some(), program) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let source = repository().join("matrix/examples/capacitor");
    let mut run = cfgmatrix();
    run.current_dir(directory.path())
        .arg("run")
        .arg(source.join("cfgmatrix.toml"))
        .arg("--host")
        .arg(host())
        .arg("--source")
        .arg(&source)
        .args(["--with", build_system, "--format", "json"]);
    #[expect(
        clippy::disallowed_methods,
        reason = "Cargo and what rustup installed are found by the user's home"
    )]
    if let Some(home) = std::env::var_os("HOME") {
        run.env("HOME", home);
    }
    let document = document(&mut run, 0);
    assert_eq!(document["counts"]["passed"], 16, "{document:#}");
    let outcomes = document["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 16);
    let steps = |name: &str| {
        let of = |outcome: &&Value| {
            let steps = outcome["steps"].as_array().unwrap();
            steps.iter().any(|step| step["name"] == name)
        };
        outcomes.iter().filter(of).count()
    };
    assert_eq!((steps("build"), steps("test")), (16, 16), "{document:#}");
    for outcome in outcomes {
        check(outcome);
        let debug = axis(outcome, "mode") == "debug";
        let expected = if debug { "assertions" } else { "no assertions" };
        is(outcome, "assertions", expected);
    }
    // No two of them are the same program.
    assert_eq!(document["duplicates"], serde_json::json!([]));
    // The source is left as it was.
    for made in ["build", "target", "libcapacitor.a", "solve.o"] {
        assert!(!source.join(made).exists(), "{made}");
    }
}

#[test]
fn through_cmake() {
    through("cmake", "cmake");
}

#[test]
fn through_meson() {
    through("meson", "meson");
}

#[test]
fn through_make() {
    through("make", "make");
}

#[test]
fn through_cargo() {
    through("cargo", "cargo");
}

/// The tests of the example fail where OpenMP is off: they are no decoration.
#[test]
fn without_openmp_its_tests_fail() {
    if !sixteen_can_be_built() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let source = repository().join("matrix/examples/capacitor");
    let spec = std::fs::read_to_string(source.join("cfgmatrix.toml")).unwrap();
    let spec = spec
        .replace("[require-features]\nfeatures = [\"openmp\"]\n", "")
        .replace(" -fopenmp", "");
    std::fs::write(directory.path().join("cfgmatrix.toml"), spec).unwrap();
    let mut run = cfgmatrix();
    run.current_dir(directory.path())
        .args(["run", "--select", "compiler=gcc-12,mode=release", "--host"])
        .arg(host())
        .arg("--source")
        .arg(&source)
        .args(["--with", "make", "--format", "json"]);
    let document = document(&mut run, 5);
    for outcome in document["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["status"], "failed", "{outcome:#}");
        let failed = &outcome["steps"][1];
        assert_eq!(failed["name"], "test");
        assert_eq!(failed["first_error"], "FAILED: threads in C is 1, not 2");
    }
}
