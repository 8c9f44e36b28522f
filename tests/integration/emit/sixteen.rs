//! Sixteen real configurations, for the tools that build by what is emitted: four
//! compilers, sequential or threaded OpenBLAS, debug or release.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cfgmatrix::core::emit::Format;

use crate::support::{cfgmatrix, find_program, have, repository, stdout};

const PROGRAMS: [&str; 4] = ["gcc-11", "gcc-12", "clang-14", "clang-19"];

const FILES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/openblas-serial/libopenblas.so",
    "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so",
    "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so",
    "/usr/lib/llvm-19/lib/libomp.so",
];

/// The report of this machine, made once.
static HOST: LazyLock<tempfile::NamedTempFile> = LazyLock::new(|| {
    let report = stdout(
        cfgmatrix()
            .args([
                "probe",
                "--format",
                "json",
                "--languages",
                "c",
                "--only",
                "compilers,blas",
            ])
            .args(PROGRAMS.iter().flat_map(|name| ["--compiler", name])),
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), report).unwrap();
    file
});

/// Whether all sixteen can be built here.
pub(super) fn are_here() -> bool {
    let program = PROGRAMS.iter().find(|name| find_program(name).is_none());
    let file = FILES.iter().find(|file| !Path::new(file).exists());
    let missing = program.or(file);
    have(missing.is_none(), missing.unwrap_or(&"nothing"))
}

pub(super) fn case(name: &str) -> PathBuf {
    repository()
        .join("tests")
        .join("cases")
        .join("installed")
        .join(name)
}

/// Writes what a format has for the sixteen, and the program beside it. The names
/// of the variants, in order.
pub(super) fn write(format: Format, directory: &Path, more: &[&str]) -> Vec<String> {
    std::fs::copy(case("program.c"), directory.join("program.c")).unwrap();
    stdout(
        cfgmatrix()
            .args(["emit", format.as_str()])
            .arg(case("sixteen.toml"))
            .arg("--host")
            .arg(HOST.path())
            .arg("--output")
            .arg(directory)
            .args(more),
    );
    let names = PROGRAMS.iter().flat_map(|compiler| {
        let compiler = compiler.replace('-', "@");
        ["sequential", "threaded"]
            .into_iter()
            .flat_map(move |blas| {
                let compiler = compiler.clone();
                ["debug", "release"].map(|mode| format!("{compiler}-{blas}-{mode}"))
            })
    });
    let names: Vec<String> = names.collect();
    assert_eq!(names.len(), 16);
    names
}

/// Where the OpenBLAS of the variant of this name is, and what that says of itself.
/// The build for OpenMP needs gcc's runtime, which clang's must not be loaded beside.
pub(super) fn blas(name: &str) -> (&'static str, u32) {
    match (name.contains("-threaded-"), name.contains("gcc")) {
        (false, _) => ("/openblas-serial/", 0),
        (true, true) => ("/openblas-openmp/", 2),
        (true, false) => ("/openblas-pthread/", 1),
    }
}

/// That the program was built as the variant of this name says.
pub(super) fn assert_is(name: &str, said: &str) {
    let has = |line: &str| {
        assert!(
            said.lines().any(|known| known == line),
            "{name}: no `{line}` in {said}"
        );
    };
    let release = name.ends_with("-release");
    let (directory, parallel) = blas(name);
    has("threads 2");
    has("product 128");
    has(&format!("parallel {parallel}"));
    has(if release { "ndebug 1" } else { "ndebug 0" });
    has(if release {
        "optimised 1"
    } else {
        "optimised 0"
    });
    let dgemm = said.lines().find(|line| line.starts_with("dgemm "));
    assert!(
        dgemm.is_some_and(|line| line.contains(directory)),
        "{name}: {said}"
    );
}
