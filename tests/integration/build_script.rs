//! The library for build scripts, on a `-sys` crate with a C kernel that uses
//! OpenMP and calls dgemm, and a program that depends on it: built and run with
//! real compilers and real BLAS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::support::{find_program, have, repository};

fn cargo(compiler: &str, features: &str, release: bool) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(
        repository()
            .join("tests")
            .join("cases")
            .join("build-script"),
    );
    command.args(["build", "--locked", "--features", features]);
    if release {
        command.arg("--release");
    }
    command
        .env("CARGO_TARGET_DIR", target_directory())
        .env("CC", compiler);
    for name in [
        "CFLAGS",
        "LD_LIBRARY_PATH",
        "OPENBLAS_ROOT",
        "OpenBLAS_ROOT",
        "OpenBLAS_HOME",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}

fn target_directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-script")
}

/// What the program says of itself, run with two threads and in a loader
/// environment that points elsewhere.
fn report(release: bool) -> BTreeMap<String, String> {
    let program = target_directory()
        .join(if release { "release" } else { "debug" })
        .join("program");
    let mut command = Command::new(program);
    command
        .env("OMP_NUM_THREADS", "2")
        .env("OPENBLAS_NUM_THREADS", "2");
    let text = crate::support::stdout(&mut command);
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A clang with an OpenMP run-time library, if there is one.
fn clang_with_openmp() -> Option<&'static str> {
    ["clang-14", "clang"].into_iter().find(|name| {
        find_program(name).is_some_and(|path| {
            let mut command = Command::new(path);
            command.args([
                "-fopenmp",
                "-x",
                "c",
                "-",
                "-o",
                if cfg!(windows) { "NUL" } else { "/dev/null" },
            ]);
            command.write_stdin(
                "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n",
            );
            command.output().is_ok_and(|output| output.status.success())
        })
    })
}

fn openblas_is_here() -> bool {
    ["serial", "openmp", "pthread"].iter().all(|build| {
        Path::new("/usr/lib/x86_64-linux-gnu")
            .join(format!("openblas-{build}"))
            .join("libopenblas.a")
            .is_file()
    })
}

#[test]
fn a_sys_crate_with_openmp_and_dgemm_is_what_it_claims() {
    if !have(openblas_is_here(), "Debian's three builds of OpenBLAS") {
        return;
    }
    let mut compilers = Vec::new();
    if have(find_program("gcc").is_some(), "gcc") {
        compilers.push("gcc");
    }
    let clang = clang_with_openmp();
    if have(clang.is_some(), "a clang with libomp") {
        compilers.extend(clang);
    }
    for compiler in compilers {
        for (features, sequential, shared) in [
            ("", true, false),
            ("threaded", false, false),
            ("shared", true, true),
            ("threaded,shared", false, true),
        ] {
            for release in [false, true] {
                let what = format!(
                    "{compiler} {features:?} {}",
                    if release { "release" } else { "debug" }
                );
                cargo(compiler, features, release).assert().success();
                let report = report(release);
                let is = |name: &str, value: &str| {
                    assert_eq!(report[name], value, "{what}: {name}\n{report:#?}");
                };
                is("product", "1400");
                is("openmp-threads", "2");
                is("threads-after-dgemm", if sequential { "1" } else { "2" });
                is("assertions", if release { "false" } else { "true" });
                is("optimised", if release { "true" } else { "false" });
                let file = &report["dgemm-file"];
                match (shared, sequential) {
                    (false, _) => assert!(
                        file.starts_with(&target_directory().display().to_string()),
                        "{what}: {file}"
                    ),
                    (true, true) => assert!(file.contains("/openblas-serial/"), "{what}: {file}"),
                    // The build for OpenMP needs gcc's runtime, which clang's must
                    // not be loaded beside.
                    (true, false) if compiler.contains("clang") => {
                        assert!(file.contains("/openblas-pthread/"), "{what}: {file}");
                    }
                    (true, false) => assert!(file.contains("/openblas-openmp/"), "{what}: {file}"),
                }
            }
        }
    }
}

#[test]
fn a_compiler_without_the_run_time_library_is_told_what_to_install() {
    let without =
        find_program("clang-16").filter(|_| !Path::new("/usr/lib/llvm-16/lib/libomp.so").exists());
    if !have(without.is_some(), "clang-16 without libomp") {
        return;
    }
    let output = cargo("clang-16", "", false).output().unwrap();
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("clang 16.")
            && stderr.contains("does not work here")
            && stderr.contains("libomp-16-dev"),
        "{stderr}"
    );
}

#[test]
fn a_compiler_that_has_no_openmp_is_refused_with_the_reason() {
    if !have(find_program("tcc").is_some(), "tcc") {
        return;
    }
    let output = cargo("tcc", "", false).output().unwrap();
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("tcc 0.9.") && stderr.contains("accepted and ignored"),
        "{stderr}"
    );
}

#[test]
fn another_build_in_the_named_directory_is_refused() {
    let wrong = Path::new("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.a");
    if !have(
        wrong.is_file() && find_program("gcc").is_some(),
        "gcc and the pthread build of OpenBLAS",
    ) {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("lib");
    std::fs::create_dir(&directory).unwrap();
    std::fs::copy(wrong, directory.join("libopenblas.a")).unwrap();
    let output = cargo("gcc", "", false)
        .env("OPENBLAS_ROOT", root.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("is not usable as sequential lp64: it says that it is pthread"),
        "{stderr}"
    );
    // It is threads, if threads are what was asked for.
    cargo("gcc", "threaded", false)
        .env("OPENBLAS_ROOT", root.path())
        .assert()
        .success();
    assert_eq!(report(false)["product"], "1400");
}

#[test]
fn a_directory_without_the_library_is_named() {
    if !have(find_program("gcc").is_some(), "gcc") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let output = cargo("gcc", "", false)
        .env("OPENBLAS_ROOT", root.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains(&root.path().join("lib").display().to_string()),
        "{stderr}"
    );
    assert!(
        stderr.contains("libopenblas-serial-dev") && stderr.contains("OPENBLAS_ROOT"),
        "{stderr}"
    );
}

/// A package with one source file and a build script, beside the others' builds.
fn package(files: &[(&str, &str)]) -> std::process::Output {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("src")).unwrap();
    let manifest = format!(
        "[workspace]\n[package]\nname = \"lone\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[build-dependencies]\n\
         cc = \"1.11\"\ncfgmatrix = {{ path = {:?}, default-features = false }}\n",
        repository()
    );
    std::fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
    let case = repository()
        .join("tests")
        .join("cases")
        .join("build-script");
    std::fs::copy(case.join("Cargo.lock"), directory.path().join("Cargo.lock")).unwrap();
    for (path, text) in files {
        std::fs::write(directory.path().join(path), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(&directory).arg("build");
    command
        .env("CARGO_TARGET_DIR", target_directory())
        .env("CC", "gcc");
    command.env_remove("RUSTFLAGS").env_remove("OPENBLAS_ROOT");
    command.output().unwrap()
}

const SHARED_BLAS: &str = r#"
use cfgmatrix::{build_script::{self, Blas}, core::Linkage};
fn main() {
    build_script::run(|script| {
        let blas = Blas::default().library("openblas").linkage(Linkage::Shared);
        script.blas(blas).resolve(&cc::Build::new())?.link()
    });
}
"#;

#[test]
fn a_library_that_cannot_tell_its_dependents_is_told_how() {
    if !have(
        openblas_is_here() && find_program("gcc").is_some(),
        "gcc and OpenBLAS",
    ) {
        return;
    }
    let output = package(&[("src/lib.rs", ""), ("build.rs", SHARED_BLAS)]);
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    for part in [
        "has no `links` key",
        "links = \"lone\"",
        "link_dependencies()",
        "-Wl,-rpath,",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
}

#[test]
fn a_program_alone_needs_no_links_key() {
    if !have(
        openblas_is_here() && find_program("gcc").is_some(),
        "gcc and OpenBLAS",
    ) {
        return;
    }
    let output = package(&[("src/main.rs", "fn main() {}"), ("build.rs", SHARED_BLAS)]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn what_is_asked_for_wrongly_ends_the_build_with_one_message() {
    if !have(find_program("gcc").is_some(), "gcc") {
        return;
    }
    for (asked, message) in [
        (
            "feature(\"opnemp\")",
            "unknown feature `opnemp`; did you mean `openmp`?",
        ),
        (
            "feature(\"fast-math\").feature(\"strict-fp\")",
            "`fast-math` and `strict-fp` contradict each other",
        ),
        (
            "blas(build_script::Blas::sequential().library(\"mlk\"))",
            "unknown BLAS library `mlk`",
        ),
        (
            "feature(\"sanitize.memory\")",
            "has no `sanitize.memory` for c",
        ),
    ] {
        let script = format!(
            "use cfgmatrix::build_script;\nfn main() {{ build_script::run(|script| script.{asked}.resolve(&cc::Build::new())?.link()); }}\n"
        );
        let output = package(&[("src/lib.rs", ""), ("build.rs", &script)]);
        assert!(!output.status.success(), "{asked}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.contains("error: lone@0.1.0: ") && stderr.contains(message),
            "{asked}: {stderr}"
        );
    }
}

#[test]
fn sources_that_do_not_compile_are_not_blamed_on_the_compiler() {
    if !have(find_program("gcc").is_some(), "gcc") {
        return;
    }
    let script = "use cfgmatrix::build_script;
fn main() {
    build_script::run(|script| {
        let mut build = cc::Build::new();
        build.file(\"src/wrong.c\");
        script.feature(\"pic\").resolve(&build)?.compile(&mut build, \"wrong\")
    });
}
";
    let output = package(&[
        ("src/lib.rs", ""),
        ("src/wrong.c", "int wrong(void) { return }\n"),
        ("build.rs", script),
    ]);
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("error: lone@0.1.0: the sources of `wrong` do not compile"),
        "{stderr}"
    );
    assert!(!stderr.contains("cc finds no compiler"), "{stderr}");
}
