//! Builds that are not what they are called, each beside an honest twin: the whole
//! command finds out, says which lie it was, and ends with 5.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::examples::{document, sixteen_can_be_built};
use crate::support::{cfgmatrix, find_program, have, host};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

/// A program with OpenMP, BLAS and an assertion.
const SOURCE: &str = "\
#include <assert.h>
#include <stdio.h>
void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *, const double *, const int *, const double *, double *, const int *);
static double product(int n, const double *a) {
    double c[16] = {0}, one = 1;
    assert(n <= 4);
    dgemm_(\"N\", \"N\", &n, &n, &n, &one, a, &n, a, &n, &one, c, &n);
    return c[0];
}
int main(int argc, char **argv) {
    double a[16] = {1}, sum = 0;
    (void)argv;
#pragma omp parallel for reduction(+ : sum)
    for (int i = 0; i < argc; i++)
        sum += product(argc, a);
#ifdef TWICE
    sum *= 2;
#endif
    printf(\"%g\\n\", sum);
    return 0;
}
";

const HONEST: &str = "$(CC) $(CPPFLAGS) $(CFLAGS) -o app a.c $(LDFLAGS) $(LDLIBS)";

const MATRIX: &str = "\
schema = 1
name = \"lies\"
languages = [\"c\"]
[axes]
compiler = [{ id = \"gcc\", family = \"gcc@12\" }, { id = \"clang\", family = \"clang@14\" }]
blas = [\"sequential\", \"threaded\"]
mode = [\"debug\", \"release\"]
[require-features]
features = [\"openmp\"]
";

/// A project whose makefile builds its program by this recipe.
struct Project(tempfile::TempDir);

impl Project {
    /// Nothing where this system has not what is needed.
    fn new(recipe: &str, matrix: &str) -> Option<Self> {
        if !sixteen_can_be_built() {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let makefile =
            format!("comma = ,\napp: a.c\n\t{recipe}\n\ncheck: app\n\t./app\n\n.PHONY: check\n");
        for (name, text) in [
            ("src/Makefile", makefile.as_str()),
            ("src/a.c", SOURCE),
            ("m.toml", matrix),
        ] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Some(Self(directory))
    }

    fn run(&self, select: &str, options: &[&str]) -> Command {
        let mut command = cfgmatrix();
        command
            .current_dir(self.0.path())
            .args(["run", "m.toml", "--source", "src", "--with", "make"])
            .args(["--select", select, "--host"])
            .arg(host())
            .args(options);
        command
    }
}

/// What is refuted of one variant, as people are told it; it is the only one that is run.
fn refuted(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<String> = told
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .map(str::to_owned)
        .collect();
    let code = if lines.is_empty() { 0 } else { 5 };
    assert_eq!(output.status.code(), Some(code), "{told}");
    let mark = if lines.is_empty() { "✓ " } else { "✗ " };
    assert!(told.starts_with(mark), "{told}");
    assert!(
        lines.is_empty() || told.contains("  proof refuted "),
        "{told}"
    );
    lines
}

/// The lies of a recipe about a variant; the honest one has none.
fn told(recipe: &str, variant: &str) -> Option<Vec<String>> {
    let honest = Project::new(HONEST, MATRIX)?;
    assert_eq!(refuted(&mut honest.run(variant, &[])), [""; 0]);
    let lying = Project::new(recipe, MATRIX)?;
    Some(refuted(&mut lying.run(variant, &[])))
}

#[test]
fn a_dropped_rpath() {
    let default = dunce::canonicalize(format!("{LIBRARIES}/libopenblas.so.0"));
    let default = default.unwrap_or_default();
    let pthread = default.to_string_lossy().contains("openblas-pthread");
    if !have(pthread, "OpenBLAS for pthread as the system's alternative") {
        return;
    }
    let recipe = "$(CC) $(CPPFLAGS) $(CFLAGS) -o app a.c $(filter-out -Wl$(comma)-rpath%,$(LDFLAGS)) $(LDLIBS)";
    let variant = "compiler=gcc,blas=sequential,mode=debug";
    let Some(lies) = told(recipe, variant) else {
        return;
    };
    assert_eq!(
        lies,
        [
            format!(
                "source/app: asked for OpenBLAS in {LIBRARIES}/openblas-serial, runs OpenBLAS in {LIBRARIES}/openblas-pthread ({}: found through the system's default)",
                default.display()
            ),
            "source/app: asked for sequential OpenBLAS, runs pthread OpenBLAS (libopenblas.so.0 found through the system's default, it says so)".to_owned(),
            "source/app: asked for no threads, has 1 thread (1 thread started by a program in the variant's environment)".to_owned(),
        ]
    );
}

#[test]
fn another_flavour_by_the_environment() {
    let flavour = format!("{LIBRARIES}/openblas-pthread");
    let variant = "compiler=gcc,blas=sequential,mode=debug";
    let expected = "source/app: asked for sequential OpenBLAS, runs pthread OpenBLAS (libopenblas.so.0 found through LD_LIBRARY_PATH, it says so)";
    // The matrix sets it.
    let matrix = format!(
        "{MATRIX}[[set]]\nif = 'mode == \"debug\"'\nrun_env = {{ LD_LIBRARY_PATH = \"{flavour}\" }}\n"
    );
    let Some(lying) = Project::new(HONEST, &matrix) else {
        return;
    };
    let lies = refuted(&mut lying.run(variant, &[]));
    assert_eq!(lies[1], expected, "{lies:?}");
    // The caller's does not reach the builds, unless it is passed.
    let honest = Project::new(HONEST, MATRIX).unwrap();
    let mut run = honest.run(variant, &[]);
    assert_eq!(refuted(run.env("LD_LIBRARY_PATH", &flavour)), [""; 0]);
    let mut run = honest.run(variant, &["--pass", "LD_LIBRARY_PATH"]);
    let lies = refuted(run.env("LD_LIBRARY_PATH", &flavour));
    assert_eq!(lies[1], expected, "{lies:?}");
}

#[test]
fn a_release_that_is_not_optimised() {
    let recipe = "$(CC) $(CPPFLAGS) $(CFLAGS) -O0 -o app a.c $(LDFLAGS) $(LDLIBS)";
    let variant = |compiler| format!("compiler={compiler},blas=sequential,mode=release");
    for compiler in ["gcc", "clang"] {
        // A makefile that prints nothing is made to.
        for silent in ["", "@"] {
            let Some(lies) = told(&format!("{silent}{recipe}"), &variant(compiler)) else {
                return;
            };
            assert_eq!(
                lies,
                [
                    "source/app: asked for -O3, compiled with -O0 (what the build printed: a.c with -O0)"
                ]
            );
        }
    }
}

#[test]
fn a_debug_build_without_assertions() {
    let recipe = "$(CC) $(CPPFLAGS) $(CFLAGS) -DNDEBUG -o app a.c $(LDFLAGS) $(LDLIBS)";
    for compiler in ["gcc", "clang"] {
        let variant = format!("compiler={compiler},blas=sequential,mode=debug");
        let Some(lies) = told(recipe, &variant) else {
            return;
        };
        assert_eq!(
            lies,
            [
                "source/app: asked for assertions, has NDEBUG (what the build printed: -DNDEBUG for a.c)"
            ]
        );
    }
    // One whose commands do not show it is found out by what is not called.
    let recipe = recipe.replace("-DNDEBUG", "$$more");
    let variant = "compiler=gcc,blas=sequential,mode=debug";
    let lies =
        told(&format!("@more=-DNDEBUG; {recipe}"), variant).expect("the others could be built");
    assert_eq!(
        lies,
        [
            "source/app: asked for assertions, has no assertions (a.c has `assert` and was not optimised, and no failed assertion is called: NDEBUG was defined)"
        ]
    );
}

#[test]
fn a_compiler_that_ignores_openmp() {
    if !have(find_program("tcc").is_some(), "tcc") {
        return;
    }
    let recipe = "tcc -fopenmp $(filter-out -fopenmp,$(CPPFLAGS) $(CFLAGS)) -c a.c -o a.o && $(CC) a.o -o app $(filter-out -fopenmp,$(LDFLAGS)) $(LDLIBS)";
    let variant = "compiler=gcc,blas=sequential,mode=release";
    let Some(lies) = told(recipe, variant) else {
        return;
    };
    let openmp = "asked for OpenMP, has no OpenMP (a.c has `omp parallel`, and nothing calls an OpenMP runtime: the flag was not given, or the compiler ignores it)";
    assert!(lies.iter().any(|lie| lie == openmp), "{lies:#?}");
}

#[test]
fn another_compiler() {
    let recipe = "gcc-11 $(CPPFLAGS) $(CFLAGS) -o app a.c $(LDFLAGS) $(LDLIBS)";
    let Some(lies) = told(recipe, "compiler=gcc,blas=sequential,mode=debug") else {
        return;
    };
    assert_eq!(
        lies,
        [
            "source/app: asked for gcc 12.2.0, made by gcc 11.3.0 (debug information: a.c by gcc 11.3.0)"
        ]
    );
}

#[test]
fn two_variants_that_are_one() {
    let matrix = format!(
        "{MATRIX}[axes.result]\nvalues = [\"once\", {{ id = \"twice\", defines = [\"TWICE\"] }}]\n"
    );
    let Some(honest) = Project::new(HONEST, &matrix) else {
        return;
    };
    let select = "compiler=gcc,mode=release";
    let duplicates = |project: &Project| {
        let mut run = project.run(select, &["--format", "json"]);
        document(&mut run, 0)["duplicates"].clone()
    };
    assert_eq!(duplicates(&honest), serde_json::json!([]));
    let recipe =
        "$(CC) $(filter-out -DTWICE,$(CPPFLAGS) $(CFLAGS)) -o app a.c $(LDFLAGS) $(LDLIBS)";
    let lying = Project::new(recipe, &matrix).expect("the others could be built");
    assert_eq!(
        duplicates(&lying),
        serde_json::json!([
            [
                "gcc-sequential-release-once",
                "gcc-sequential-release-twice"
            ],
            ["gcc-threaded-release-once", "gcc-threaded-release-twice"]
        ])
    );
    let people = lying
        .run(select, &["--directory", "again"])
        .output()
        .unwrap();
    let people = String::from_utf8(people.stdout).unwrap();
    let line = "the same program: gcc-sequential-release-once, gcc-sequential-release-twice";
    assert!(people.contains(line), "{people}");
    assert!(Path::new(&lying.0.path().join("again")).exists());
}
