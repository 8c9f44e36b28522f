//! `expand --installed`: configurations of what this machine has, built and run
//! as they are printed.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{cfgmatrix, find_program, have, json, repository};

fn case(name: &str) -> PathBuf {
    repository()
        .join("tests")
        .join("cases")
        .join("installed")
        .join(name)
}

fn words(value: &Value) -> Vec<&str> {
    let list = value.as_array().expect("flags are a list");
    list.iter().map(|word| word.as_str().unwrap()).collect()
}

/// Builds a program as a configuration says, and runs it.
#[expect(
    clippy::disallowed_methods,
    reason = "the test does what a build tool would do with a configuration"
)]
fn build_and_run(variant: &Value, source: &Path, tool: &str, launcher: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    let flags = &variant["flags"];
    let mut build = Command::new(variant["tools"][tool].as_str().unwrap());
    build
        .args(words(&flags["cppflags"]))
        .args(words(&flags["cflags"]))
        .args(words(&flags["ldflags"]))
        .arg(source)
        .arg("-o")
        .arg(&program)
        .args(words(&flags["libs"]))
        .current_dir(directory.path());
    for (name, value) in variant["env"].as_object().unwrap() {
        build.env(name, value.as_str().unwrap());
    }
    let built = build.output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(
        built.status.success(),
        "{}: {build:?}: {said}",
        variant["name"]
    );
    let mut run = match launcher {
        [] => Command::new(&program),
        [first, rest @ ..] => {
            let mut run = Command::new(first);
            run.args(rest).arg(&program);
            run
        }
    };
    run.env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    let ran = run.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}: {said}", variant["name"]);
    String::from_utf8(ran.stdout).unwrap()
}

fn line<'a>(said: &'a str, key: &str) -> &'a str {
    let mut lines = said
        .lines()
        .filter_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    lines
        .next()
        .unwrap_or_else(|| panic!("no `{key}` in {said}"))
}

fn here(programs: &[&str], files: &[&str]) -> bool {
    let absent = |name: &&&str| find_program(name).is_none();
    let missing = programs.iter().find(absent).map(|name| (*name).to_owned());
    let missing = missing.or_else(|| {
        let gone = |file: &&&str| !Path::new(file).exists();
        files.iter().find(gone).map(|file| (*file).to_owned())
    });
    have(missing.is_none(), missing.as_deref().unwrap_or("nothing"))
}

const OPENBLAS: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/openblas-serial/libopenblas.so",
    "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so",
    "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so",
];

#[test]
fn sixteen_configurations_build_and_run_as_what_they_are() {
    let libomp = "/usr/lib/llvm-19/lib/libomp.so";
    if !here(
        &["gcc-11", "gcc-12", "clang-14", "clang-19"],
        &[OPENBLAS[0], OPENBLAS[1], OPENBLAS[2], libomp],
    ) {
        return;
    }
    let expand = || {
        let mut command = cfgmatrix();
        command
            .args(["expand", "--installed", "--format", "json"])
            .arg(case("sixteen.toml"));
        command
    };
    let expansion = json(&mut expand());
    assert_eq!(expansion["excluded"], json!([]));
    let variants = expansion["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 16);
    let mut ids = std::collections::BTreeSet::new();
    for variant in variants {
        let axes = &variant["axes"];
        let name = &variant["name"];
        assert_eq!(variant["installed"], true);
        assert!(
            ids.insert(variant["id"].as_str().unwrap()),
            "{name}: its id comes twice"
        );
        let tool = Path::new(variant["tools"]["cc"].as_str().unwrap());
        assert!(tool.is_absolute(), "{name}: {tool:?}");
        let said = build_and_run(variant, &case("program.c"), "cc", &[]);
        assert_eq!(line(&said, "threads"), "2", "{name}");
        assert_eq!(line(&said, "product"), "128", "{name}");
        let is_gcc = axes["compiler"].as_str().unwrap().starts_with("gcc");
        // The build for OpenMP needs gcc's runtime, which clang's must not be loaded
        // beside.
        let (directory, parallel) = match (axes["blas"].as_str().unwrap(), is_gcc) {
            ("sequential", _) => ("/openblas-serial/", "0"),
            (_, true) => ("/openblas-openmp/", "2"),
            (_, false) => ("/openblas-pthread/", "1"),
        };
        assert!(line(&said, "dgemm").contains(directory), "{name}: {said}");
        assert_eq!(line(&said, "parallel"), parallel, "{name}");
        let release = axes["mode"] == "release";
        assert_eq!(
            line(&said, "ndebug"),
            if release { "1" } else { "0" },
            "{name}"
        );
        assert_eq!(
            line(&said, "optimised"),
            if release { "1" } else { "0" },
            "{name}"
        );
    }
    // Another look at the machine gives the same ids.
    assert_eq!(json(&mut expand()), expansion);
}

#[test]
fn an_mpi_is_bound_to_the_compiler_of_the_variant() {
    let scalapack = "/usr/lib/x86_64-linux-gnu/libscalapack-openmpi.so";
    if !here(
        &["clang-14", "mpicc.openmpi", "mpicc.mpich"],
        &[OPENBLAS[0], scalapack],
    ) {
        return;
    }
    let mut command = cfgmatrix();
    let expansion = json(
        command
            .args(["expand", "--installed", "--format", "json"])
            .arg(case("mpi.toml")),
    );
    let excluded = expansion["excluded"].as_array().unwrap();
    assert_eq!(excluded.len(), 1);
    assert!(
        excluded[0]["reason"]
            .as_str()
            .unwrap()
            .contains("ScaLAPACK needs an MPI"),
        "{excluded:?}"
    );
    let variants = expansion["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 2);
    let programs = repository().join("crates/probe/src/programs");
    for variant in variants {
        let (variable, library) = match variant["axes"]["mpi"].as_str().unwrap() {
            "openmpi" => ("OMPI_CC", "Open MPI"),
            _ => ("MPICH_CC", "MPICH"),
        };
        assert_eq!(
            variant["env"][variable], variant["tools"]["cc"],
            "{}",
            variant["name"]
        );
        let launcher = variant["tools"]["mpiexec"].as_str().unwrap();
        let said = build_and_run(
            variant,
            &programs.join("scalapack.c"),
            "mpicc",
            &[launcher, "-n", "2"],
        );
        assert_eq!(
            (line(&said, "size"), line(&said, "ok")),
            ("2", "1"),
            "{}",
            variant["name"]
        );
        assert!(line(&said, "library").contains(library), "{said}");
        assert!(
            line(&said, "dgemm_from").contains("/openblas-serial/"),
            "{said}"
        );
    }
}

/// A report of a machine that was never here.
fn report() -> Value {
    let works = json!({"works": true, "evidence": "seen"});
    let with = |mut value: Value| {
        value
            .as_object_mut()
            .unwrap()
            .extend(works.as_object().unwrap().clone());
        value
    };
    let driver = |name: &str, digest: char| {
        json!({"path": format!("/opt/bin/{name}"), "realpath": format!("/opt/bin/{name}"),
               "sha256": digest.to_string().repeat(64), "aliases": ["/usr/bin/cc"]})
    };
    let gcc = |version: &str, digest: char| {
        json!({"family": "gcc", "version": version, "base": null, "target": "x86_64-linux-gnu",
               "system": {"os": "linux", "arch": "x86_64"}, "decided_by": "macro: __GNUC__",
               "drivers": {"c": driver(&format!("gcc-{version}"), digest)},
               "features": [with(json!({"feature": "openmp", "language": "c"}))]})
    };
    json!({
        "format_version": 1,
        "host": {"os": "linux", "arch": "x86_64", "processors": 64},
        "toolchains": [gcc("11.4.0", 'a'), gcc("12.3.0", 'b')],
        "blas": [with(json!({
            "library": "openblas", "version": "0.3.26", "threading": "sequential", "interface": "lp64",
            "linkage": "shared", "system": {"os": "linux", "arch": "x86_64"}, "file": "/opt/blas/libopenblas.so",
            "realpath": "/opt/blas/libopenblas.so", "sha256": "c".repeat(64), "provides": ["blas"],
            "compile": ["-I/opt/blas/include"], "directories": ["/opt/blas"], "libs": ["-lopenblas"]}))],
    })
}

const MATRIX: &str = r#"
schema = 1
name = "elsewhere"
expect = 1
languages = ["c"]
[axes]
compiler = ["gcc@12", "gcc@13"]
blas = ["sequential", "threaded"]
[require-features]
features = ["openmp"]
"#;

fn expand_on(report: &Value, matrix: &str) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let (host, spec) = (
        directory.path().join("host.json"),
        directory.path().join("m.toml"),
    );
    std::fs::write(&host, report.to_string()).unwrap();
    std::fs::write(&spec, matrix).unwrap();
    let mut command = cfgmatrix();
    let output = command
        .args(["expand", "--format", "json", "--host"])
        .arg(&host)
        .arg(&spec)
        .output()
        .unwrap();
    let expansion: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Where nothing is left the document is printed all the same.
    let left = expansion["variants"].as_array().unwrap().len();
    assert_eq!(output.status.code(), Some(if left == 0 { 3 } else { 0 }));
    expansion
}

#[test]
fn another_machine_is_known_by_its_report() {
    let expansion = expand_on(&report(), MATRIX);
    let variants = expansion["variants"].as_array().unwrap();
    let names: Vec<&str> = variants
        .iter()
        .map(|variant| variant["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["gcc@12-sequential"]);
    let variant = &variants[0];
    assert_eq!(variant["tools"]["cc"], "/opt/bin/gcc-12.3.0");
    assert_eq!(variant["toolchain"]["version"], "12.3.0");
    assert_eq!(variant["toolchain"]["sha256"]["c"], "b".repeat(64));
    assert_eq!(variant["libraries"][0]["sha256"], "c".repeat(64));
    assert_eq!(variant["flags"]["cppflags"], json!(["-I/opt/blas/include"]));
    assert_eq!(
        variant["flags"]["ldflags"],
        json!(["-fopenmp", "-L/opt/blas", "-Wl,-rpath,/opt/blas"])
    );
    assert_eq!(variant["flags"]["libs"], json!(["-lopenblas"]));
    let reasons: Vec<&str> = expansion["excluded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|excluded| excluded["reason"].as_str().unwrap())
        .collect();
    assert!(reasons[0].starts_with("no OpenBLAS threaded that works with gcc 12.3.0 was found on this machine; install it (apt: "), "{reasons:?}");
    assert!(reasons[1].starts_with("no gcc 13 was found on this machine (there is gcc 11.4.0, gcc 12.3.0); install it (apt: gcc-13 g++-13 gfortran-13"), "{reasons:?}");
}

#[test]
fn the_digest_of_each_file_is_in_the_id_and_its_other_names_are_not() {
    let id = |report: &Value| expand_on(report, MATRIX)["variants"][0]["id"].clone();
    let plain = id(&report());
    let changed = |pointer: &str, value: Value| {
        let mut report = report();
        *report.pointer_mut(pointer).unwrap() = value;
        id(&report)
    };
    for (pointer, value) in [
        ("/toolchains/1/drivers/c/sha256", json!("d".repeat(64))),
        ("/toolchains/1/version", json!("12.4.0")),
        ("/blas/0/sha256", json!("d".repeat(64))),
        ("/blas/0/directories", json!(["/opt/other"])),
        ("/blas/0/libs", json!(["-lopenblas", "-lm"])),
    ] {
        assert_ne!(changed(pointer, value), plain, "{pointer}");
    }
    for (pointer, value) in [
        ("/toolchains/0/drivers/c/sha256", json!("d".repeat(64))),
        ("/toolchains/1/drivers/c/aliases", json!([])),
        ("/toolchains/1/decided_by", json!("banner")),
        ("/host/processors", json!(2)),
        ("/blas/0/evidence", json!("seen otherwise")),
    ] {
        assert_eq!(changed(pointer, value), plain, "{pointer}");
    }
}

#[test]
fn what_does_not_work_there_excludes_with_the_evidence() {
    let mut report = report();
    report["toolchains"][1]["features"][0] = json!({
        "feature": "openmp", "language": "c", "works": false,
        "evidence": "cannot find -lgomp", "hint": "install libgomp", "install": {"apt": "libgomp1"}});
    report["blas"][0]["works"] = json!(false);
    let expansion = expand_on(&report, &MATRIX.replace("gcc@12", "gcc@11"));
    assert_eq!(expansion["variants"], json!([]));
    let reason = expansion["excluded"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("/opt/blas/libopenblas.so does not work: seen"),
        "{reason}"
    );
    let expansion = expand_on(&report, MATRIX);
    let excluded = &expansion["excluded"][0];
    assert_eq!(excluded["rule"], "require-features");
    assert_eq!(
        excluded["reason"],
        "gcc 12.3.0 has no `openmp` for c on this machine: cannot find -lgomp; install libgomp"
    );
    assert_eq!(excluded["install"], json!({"apt": "libgomp1"}));
}

#[test]
fn a_matrix_may_leave_its_compilers_to_the_machine() {
    let matrix = "schema = 1\nname = \"any\"\nlanguages = [\"c\"]\n[axes]\ncompiler = { installed = true }\nblas = [\"sequential\"]\n";
    let expansion = expand_on(&report(), matrix);
    let names = |expansion: &Value| -> Vec<String> {
        let variants = expansion["variants"].as_array().unwrap().iter();
        variants
            .map(|variant| variant["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&expansion),
        ["gcc-11-sequential", "gcc-12-sequential"]
    );
    let only = matrix.replace("true }", "true, families = [\"gcc@12\"] }");
    assert_eq!(names(&expand_on(&report(), &only)), ["gcc-12-sequential"]);
    // Two of one major version are told apart by more of it.
    let mut two = report();
    two["toolchains"][0]["version"] = json!("12.1.0");
    assert_eq!(
        names(&expand_on(&two, matrix)),
        ["gcc-12.1-sequential", "gcc-12.3-sequential"]
    );
}
