//! Variants with one MPI, another one and none, built and tested by the whole
//! command: each is what it is called, or found out.
#![cfg(target_os = "linux")]

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

use crate::examples::document;
use crate::support::{cfgmatrix, find_program, have, host};

/// Says how many ranks there are.
const SOURCE: &str = "\
#include <stdio.h>
#ifdef WITH_MPI
#include <mpi.h>
#endif
int main(int argc, char **argv) {
    int size = 1, rank = 0;
#ifdef WITH_MPI
    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
#endif
    if (rank == 0)
        printf(\"%d\\n\", size);
#ifdef WITH_MPI
    MPI_Finalize();
#endif
    return (void)argc, (void)argv, 0;
}
";

const MATRIX: &str = r#"schema = 1
name = "ranks"
languages = ["c"]
[axes]
compiler = [{ id = "gcc", family = "gcc@12" }]
mode = ["release"]
[axes.mpi]
values = [
  { id = "none", vars = { wrapper = "$CC", start = "", size = 1 } },
  { id = "openmpi", defines = ["WITH_MPI"], vars = { wrapper = "$MPICC", start = "$MPIEXEC --oversubscribe -n 2", size = 2 }, run_env = { OMPI_ALLOW_RUN_AS_ROOT = "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM = "1" } },
  { id = "mpich", defines = ["WITH_MPI"], vars = { wrapper = "$MPICC", start = "$MPIEXEC -n 2", size = 2 } },
]
[run]
build = ["sh", "-c", "BUILD -o {build}/app {source}/a.c"]
"#;

const TEST: &str = r#"test = ["sh", "-c", "test \"$({vars.start} {build}/app)\" = {vars.size}"]
"#;

const HONEST: &str = "{vars.wrapper} $CPPFLAGS $CFLAGS";

/// A project that is built by this command and then tested; nothing where this
/// system has not what is needed.
struct Project(tempfile::TempDir);

impl Project {
    fn new(build: &str, test: &str) -> Option<Self> {
        let programs = [
            "gcc-12",
            "mpicc.openmpi",
            "mpicc.mpich",
            "mpiexec.openmpi",
            "mpiexec.mpich",
        ];
        let mut programs = programs.iter();
        if !programs.all(|program| have(find_program(program).is_some(), program)) {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let matrix = MATRIX.replace("BUILD", build) + test;
        fs::create_dir(directory.path().join("src")).unwrap();
        fs::write(directory.path().join("src/a.c"), SOURCE).unwrap();
        fs::write(directory.path().join("m.toml"), matrix).unwrap();
        Some(Self(directory))
    }

    fn run(&self, options: &[&str]) -> Command {
        let mut command = cfgmatrix();
        command
            .current_dir(self.0.path())
            .args(["run", "m.toml", "--source", "src", "--host"])
            .arg(host())
            .args(["--format", "json"])
            .args(options);
        command
    }
}

/// The claims of MPI of a variant, as (about, verdict, observed).
fn claims<'d>(document: &'d Value, variant: &str) -> Vec<(&'d str, &'d str, &'d str)> {
    let outcomes = document["outcomes"].as_array().unwrap();
    let outcome = outcomes
        .iter()
        .find(|outcome| outcome["variant"] == variant)
        .unwrap_or_else(|| panic!("{variant}: {document:#}"));
    let claims = outcome["claims"].as_array().unwrap().iter();
    claims
        .map(|claim| {
            let text = |key: &str| claim[key].as_str().unwrap_or_default();
            (text("about"), text("verdict"), text("observed"))
        })
        .filter(|(about, ..)| about.starts_with("mpi"))
        .collect()
}

#[test]
fn each_mpi_and_none_are_proved() {
    let Some(project) = Project::new(HONEST, TEST) else {
        return;
    };
    let document = document(&mut project.run(&[]), 0);
    assert_eq!(
        claims(&document, "gcc-release-none"),
        [("mpi", "proved", "no MPI")]
    );
    for (id, name) in [("openmpi", "Open MPI"), ("mpich", "MPICH")] {
        let found = claims(&document, &format!("gcc-release-{id}"));
        let [mpi, version, world] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(*mpi, ("mpi", "proved", name));
        assert_eq!((version.0, version.1), ("mpi.version", "proved"));
        assert!(version.2.starts_with(&format!("{name} ")), "{version:?}");
        assert_eq!(*world, ("mpi.world", "proved", "2 ranks in one world"));
    }
}

/// Without a shell: the variant's own wrapper and launcher are words.
#[test]
fn tools_are_words_of_commands() {
    let Some(project) = Project::new("true", "") else {
        return;
    };
    let file = project.0.path().join("m.toml");
    let matrix = fs::read_to_string(&file).unwrap();
    let matrix = matrix.replace(
        &matrix[matrix.find("build =").unwrap()..],
        "build = [\"{tools.mpicc}\", \"-O3\", \"-DNDEBUG\", \"-DWITH_MPI\", \"-o\", \"{build}/app\", \"{source}/a.c\"]\n\
         test = [\"{tools.mpiexec}\", \"-n\", \"1\", \"{build}/app\"]\n",
    );
    fs::write(&file, matrix).unwrap();
    let with = ["--select", "mpi=openmpi|mpich"];
    let told = document(&mut project.run(&with), 0);
    for (id, outcome) in ["openmpi", "mpich"]
        .iter()
        .zip(told["outcomes"].as_array().unwrap())
    {
        let [build, test] = outcome["steps"].as_array().unwrap().as_slice() else {
            panic!("{outcome:#}");
        };
        for (step, name) in [(build, "mpicc"), (test, "mpi")] {
            let program = step["command"][0].as_str().unwrap();
            assert!(
                program.contains(name) && program.contains(id),
                "{program} of {id}"
            );
        }
    }
    // A variant without has none, and is told what it has.
    let said = project.run(&["--select", "mpi=none"]).assert().code(2);
    let said = String::from_utf8_lossy(&said.get_output().stderr).into_owned();
    assert!(
        said.contains("`gcc-release-none`") && said.contains("it has no `tools.mpicc`"),
        "{said}"
    );
    assert!(said.contains("tools.cc"), "{said}");
}

#[test]
fn the_wrapper_of_another_is_caught() {
    let lie = "mpicc.mpich -DWITH_MPI $CPPFLAGS $CFLAGS";
    let Some(project) = Project::new(lie, "") else {
        return;
    };
    let document = document(&mut project.run(&["--keep-going"]), 5);
    assert_eq!(
        claims(&document, "gcc-release-none"),
        [("mpi", "refuted", "MPICH")]
    );
    let found = claims(&document, "gcc-release-openmpi");
    assert_eq!(found[0], ("mpi", "refuted", "MPICH"));
    assert!(
        found[1..]
            .iter()
            .all(|(_, verdict, _)| *verdict == "unknown")
    );
    let found = claims(&document, "gcc-release-mpich");
    assert!(found.iter().all(|(_, verdict, _)| *verdict == "proved"));
    let outcomes = document["outcomes"].as_array().unwrap().iter();
    let statuses: Vec<(&str, &str)> = outcomes
        .map(|o| {
            (
                o["variant"].as_str().unwrap(),
                o["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        statuses,
        [
            ("gcc-release-none", "refuted"),
            ("gcc-release-openmpi", "refuted"),
            ("gcc-release-mpich", "passed")
        ]
    );
}
