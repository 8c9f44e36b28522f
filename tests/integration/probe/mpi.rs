//! MPI: each implementation by its own wrappers and launcher, and installations
//! that are mixed up.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cfgmatrix::core::{HostMpi, HostReport, Language, Threading};
use serde_json::Value;

use super::{Directory, link_programs, machine, probe, report, script, stand_in, tools, user_path};
use crate::support::{find_program, have, repository};

/// What an implementation is told by: its id, its wrapper under the name that
/// says most, the names of its launchers, and its compiler variable.
const HERE: &[(&str, &str, &[&str], &str)] = &[
    (
        "openmpi",
        "mpicc.openmpi",
        &["mpirun.openmpi", "mpiexec.openmpi", "orterun"],
        "OMPI_CC",
    ),
    (
        "mpich",
        "mpicc.mpich",
        &["mpiexec.mpich", "mpirun.mpich", "mpiexec.hydra"],
        "MPICH_CC",
    ),
];

fn installed<'r>(report: &'r HostReport, implementation: &str) -> &'r HostMpi {
    let mut found = report
        .mpi
        .iter()
        .filter(|mpi| mpi.implementation == implementation);
    found
        .next()
        .unwrap_or_else(|| panic!("{implementation} is not found: {:?}", report.warnings))
}

/// MPI alone, in a `PATH` of a directory, what compilers need, and no other MPI.
fn look(bin: &Directory) -> Command {
    let mut command = probe([bin.path(), tools().to_owned()]);
    command.args(["--only", "mpi", "--languages", "c", "--compiler", "gcc"]);
    command
}

/// A directory with gcc and what Open MPI wants to find in `PATH`: a daemon, and
/// a remote shell that it never starts here.
fn with_gcc() -> Directory {
    let bin = Directory::new();
    link_programs(&bin.path(), &["gcc", "orted"]);
    script(&bin.path().join("rsh"), "exit 1\n");
    bin
}

/// The same with a wrapper of its own, which passes for nothing but itself.
fn with_wrapper(wrapper: &Path) -> Directory {
    let bin = with_gcc();
    stand_in(&bin.path().join("mpicc"), wrapper);
    bin
}

fn both() -> Option<(PathBuf, PathBuf)> {
    let (openmpi, mpich) = (find_program("mpicc.openmpi"), find_program("mpicc.mpich"));
    let launchers =
        find_program("mpirun.openmpi").is_some() && find_program("mpiexec.hydra").is_some();
    if !have(
        openmpi.is_some() && mpich.is_some() && launchers,
        "Open MPI and MPICH beside each other",
    ) {
        return None;
    }
    Some((openmpi?, mpich?))
}

#[test]
fn each_implementation_runs_two_ranks_by_its_own_launcher() {
    let report = &machine().report;
    for (id, wrapper, launchers, variable) in HERE {
        let Some(wrapper) = find_program(wrapper) else {
            have(false, wrapper);
            continue;
        };
        let mpi = installed(report, id);
        assert_eq!(mpi.proof.works, Some(true), "{mpi:?}");
        assert!(
            mpi.proof.evidence.contains("two ranks ran together"),
            "{mpi:?}"
        );
        assert!(mpi.proof.command.contains(&"2".to_owned()), "{mpi:?}");
        assert!(mpi.version.is_some(), "{mpi:?}");
        let c = &mpi.wrappers[&Language::C];
        assert_eq!(
            Path::new(&c.path),
            wrapper,
            "a plain mpicc may be another's tomorrow"
        );
        assert_eq!(
            Path::new(&c.realpath),
            dunce::canonicalize(&wrapper).unwrap()
        );
        assert_eq!(c.compiler_variable.as_deref(), Some(*variable));
        assert!(
            c.compiler_is
                .as_ref()
                .is_some_and(|name| name.starts_with("gcc ")),
            "{c:?}"
        );
        assert!(
            c.link.iter().any(|token| token.starts_with("-lmp")),
            "{c:?}"
        );
        let launcher = mpi.launcher.as_ref().unwrap();
        let name = Path::new(&launcher.path)
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        assert!(launchers.contains(&name), "{launcher:?}");
        assert_eq!(mpi.proof.command[0], launcher.path);
    }
}

/// Neither is taken for the other: what ran says what it is, and where from.
#[test]
fn what_ran_is_the_implementation_that_it_is_taken_for() {
    let report = &machine().report;
    for (id, wrapper, says, library) in [
        (
            "openmpi",
            "mpicc.openmpi",
            "the library is Open MPI v",
            "libmpi.so",
        ),
        (
            "mpich",
            "mpicc.mpich",
            "the library is MPICH",
            "libmpich.so",
        ),
    ] {
        if !have(find_program(wrapper).is_some(), wrapper) {
            continue;
        }
        let evidence = &installed(report, id).proof.evidence;
        assert!(
            evidence.contains(says) && evidence.contains(library),
            "{evidence}"
        );
    }
}

#[test]
fn wrappers_of_other_languages_belong_to_it() {
    let report = &machine().report;
    for (id, cxx, fortran) in [
        ("openmpi", "mpicxx.openmpi", "mpifort.openmpi"),
        ("mpich", "mpicxx.mpich", "mpifort.mpich"),
    ] {
        let (Some(cxx), Some(fortran)) = (find_program(cxx), find_program(fortran)) else {
            have(false, cxx);
            continue;
        };
        let mpi = installed(report, id);
        assert_eq!(Path::new(&mpi.wrappers[&Language::Cxx].path), cxx);
        assert_eq!(Path::new(&mpi.wrappers[&Language::Fortran].path), fortran);
    }
}

/// A wrapper can be bound to another compiler, and then has that one underneath.
#[test]
fn the_compiler_underneath_is_the_one_that_is_bound() {
    let Some((openmpi, mpich)) = both() else {
        return;
    };
    let Some(clang) = find_program("clang-19") else {
        have(false, "clang-19");
        return;
    };
    let mut command = probe(user_path());
    command
        .args(["--only", "mpi", "--languages", "c", "--compiler"])
        .arg(&clang);
    let found = report(command.env("OMPI_CC", &clang).env("MPICH_CC", &clang));
    for (id, wrapper) in [("openmpi", openmpi), ("mpich", mpich)] {
        let mpi = installed(&found, id);
        let c = &mpi.wrappers[&Language::C];
        assert_eq!(
            (Path::new(&c.path), c.compiler.as_deref()),
            (wrapper.as_path(), clang.to_str()),
            "{c:?}"
        );
        assert!(
            c.compiler_is
                .as_ref()
                .is_some_and(|name| name.starts_with("clang 19.")),
            "{c:?}"
        );
        assert!(mpi.proof.holds(), "{mpi:?}");
    }
}

/// Open MPI's wrapper and MPICH's launcher in one directory.
#[test]
fn a_launcher_of_another_implementation_is_not_accepted() {
    let Some((openmpi, mpich)) = both() else {
        return;
    };
    let swapped = [
        (
            "openmpi",
            openmpi,
            "mpirun",
            "mpiexec.hydra",
            "is no launcher of Open MPI",
        ),
        (
            "mpich",
            mpich,
            "mpiexec",
            "mpirun.openmpi",
            "is no launcher of MPICH",
        ),
    ];
    for (id, wrapper, name, launcher, says) in swapped {
        let bin = with_wrapper(&wrapper);
        symlink(find_program(launcher).unwrap(), bin.path().join(name)).unwrap();
        let found = report(&mut look(&bin));
        let mpi = installed(&found, id);
        assert_eq!(
            (mpi.proof.works, &mpi.launcher),
            (Some(false), &None),
            "{mpi:?}"
        );
        assert!(mpi.proof.evidence.contains(says), "{mpi:?}");
        assert!(
            mpi.proof
                .evidence
                .contains(&bin.path().join(name).display().to_string()),
            "{mpi:?}"
        );
    }
}

/// A wrapper that is a link tells by the file behind it where its own launcher is.
#[test]
fn the_launcher_beside_the_file_behind_a_link_is_found() {
    let Some((openmpi, _)) = both() else { return };
    let bin = with_gcc();
    symlink(&openmpi, bin.path().join("mpicc.openmpi")).unwrap();
    symlink(
        find_program("mpiexec.hydra").unwrap(),
        bin.path().join("mpirun"),
    )
    .unwrap();
    let found = report(&mut look(&bin));
    let mpi = installed(&found, "openmpi");
    assert!(mpi.proof.holds(), "{mpi:?}");
    let launcher = mpi.launcher.as_ref().unwrap();
    assert_eq!(
        Path::new(&launcher.realpath),
        dunce::canonicalize(find_program("mpirun.openmpi").unwrap()).unwrap()
    );
}

#[test]
fn without_a_launcher_it_does_not_work() {
    let Some((openmpi, _)) = both() else { return };
    let bin = with_wrapper(&openmpi);
    let found = report(&mut look(&bin));
    let mpi = installed(&found, "openmpi");
    assert_ne!(mpi.proof.works, Some(true), "{mpi:?}");
    assert!(mpi.proof.evidence.contains("no launcher"), "{mpi:?}");
    assert!(
        mpi.proof.hint.as_ref().unwrap().contains("libopenmpi-dev"),
        "{mpi:?}"
    );
}

/// What a launcher that does not belong does: N programs that know nothing of
/// each other, and exit status 0.
const SINGLETONS: &str = r#"case "$1" in --version) echo 'mpirun (Open MPI) 4.1.4'; exit 0 ;; esac
for program; do :; done
"$program" && "$program"
"#;

#[test]
fn ranks_that_know_nothing_of_each_other_are_found_out() {
    let Some((openmpi, _)) = both() else { return };
    let version = installed(&machine().report, "openmpi")
        .version
        .clone()
        .unwrap()
        .to_string();
    let bin = with_wrapper(&openmpi);
    script(
        &bin.path().join("mpirun"),
        &SINGLETONS.replace("4.1.4", &version),
    );
    let found = report(&mut look(&bin));
    let mpi = installed(&found, "openmpi");
    assert_eq!(
        (mpi.proof.works, &mpi.launcher),
        (Some(false), &None),
        "{mpi:?}"
    );
    assert!(
        mpi.proof.evidence.contains("programs of one rank each"),
        "{mpi:?}"
    );
    assert_eq!(mpi.proof.status, Some(0), "{mpi:?}");
}

/// The same where the knowledge base has nothing by which a launcher is told.
#[test]
fn a_launcher_that_says_nothing_is_judged_by_what_it_starts() {
    let Some((openmpi, _)) = both() else { return };
    let shipped = repository()
        .join("toolchains")
        .join("mpi")
        .join("openmpi.json");
    let mut document: Value = serde_json::from_str(&fs::read_to_string(shipped).unwrap()).unwrap();
    for launcher in document["launchers"].as_array_mut().unwrap() {
        launcher.as_object_mut().unwrap().remove("identify");
    }
    let layer = Directory::new();
    fs::write(layer.sub("mpi").join("openmpi.json"), document.to_string()).unwrap();
    let bin = with_wrapper(&openmpi);
    script(
        &bin.path().join("mpirun"),
        SINGLETONS.split_once('\n').unwrap().1,
    );
    let found = report(look(&bin).arg("--toolchains").arg(layer.path()));
    let mpi = installed(&found, "openmpi");
    assert_eq!(mpi.proof.works, Some(false), "{mpi:?}");
    assert!(
        mpi.proof.evidence.contains("2 programs of one rank each"),
        "{mpi:?}"
    );
}

/// Another release's launcher may not understand this one's ranks.
#[test]
fn a_launcher_of_another_release_is_not_accepted() {
    let Some((openmpi, _)) = both() else { return };
    let bin = with_wrapper(&openmpi);
    script(
        &bin.path().join("mpirun"),
        &SINGLETONS.replace("4.1.4", "1.2.3"),
    );
    let found = report(&mut look(&bin));
    let mpi = installed(&found, "openmpi");
    assert_eq!(mpi.proof.works, Some(false), "{mpi:?}");
    assert!(mpi.proof.evidence.contains("1.2.3"), "{mpi:?}");
}

#[test]
fn a_launcher_that_hangs_is_ended() {
    let Some((openmpi, _)) = both() else { return };
    let bin = with_wrapper(&openmpi);
    script(&bin.path().join("mpirun"), "sleep 1000\n");
    let found = report(look(&bin).args(["--timeout", "5"]));
    let mpi = installed(&found, "openmpi");
    assert_eq!(mpi.proof.works, Some(false), "{mpi:?}");
    assert!(
        mpi.proof.evidence.contains("did not end within 5 s"),
        "{mpi:?}"
    );
}

/// A wrapper whose compiler is gone: it is named, and what failed is told.
#[test]
fn a_wrapper_that_builds_nothing_does_not_work() {
    let Some((openmpi, _)) = both() else { return };
    let bin = with_wrapper(&openmpi);
    let found = report(look(&bin).env("OMPI_CC", "/nonexistent/gcc"));
    let mpi = installed(&found, "openmpi");
    assert_eq!(
        (mpi.proof.works, &mpi.launcher),
        (Some(false), &None),
        "{mpi:?}"
    );
    assert!(
        mpi.proof.evidence.starts_with("a program does not build"),
        "{mpi:?}"
    );
    assert_eq!(mpi.wrappers[&Language::C].compiler_is, None, "{mpi:?}");
}

#[test]
fn a_wrapper_that_hangs_is_left_out() {
    let bin = Directory::new();
    link_programs(&bin.path(), &["gcc"]);
    if !have(bin.path().join("gcc").exists(), "gcc") {
        return;
    }
    script(&bin.path().join("mpicc"), "sleep 1000\n");
    let found = report(look(&bin).args(["--timeout", "1"]));
    let name = bin.path().join("mpicc").display().to_string();
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.contains(&name) && warning.contains("did not end")),
        "{:?}",
        found.warnings
    );
    let known = |mpi: &HostMpi| mpi.wrappers.values().any(|wrapper| wrapper.path == name);
    assert!(!found.mpi.iter().any(known), "{:?}", found.mpi);
}

#[test]
fn scalapack_runs_with_each_implementation() {
    let report = &machine().report;
    for (id, library) in [
        ("openmpi", "libscalapack-openmpi.so"),
        ("mpich", "libscalapack-mpich.so"),
    ] {
        let file = Path::new("/usr/lib/x86_64-linux-gnu").join(library);
        let wrapper = format!("mpicc.{id}");
        if !have(file.is_file(), library) || !have(find_program(&wrapper).is_some(), &wrapper) {
            continue;
        }
        let own: Vec<_> = report
            .scalapack
            .iter()
            .filter(|found| found.mpi == id)
            .collect();
        assert!(!own.is_empty(), "{library}: {:?}", report.scalapack);
        for found in &own {
            assert!(found.proof.holds(), "{found:?}");
            assert_eq!(
                Path::new(&found.realpath),
                dunce::canonicalize(&file).unwrap(),
                "{found:?}"
            );
            assert!(
                found
                    .proof
                    .evidence
                    .contains(library.trim_end_matches(".so")),
                "{found:?}"
            );
        }
        // With each threading of OpenBLAS that is installed, by that very library.
        for (flavour, threading) in [
            ("serial", Threading::Sequential),
            ("openmp", Threading::Openmp),
            ("pthread", Threading::Pthread),
        ] {
            let directory = format!("/usr/lib/x86_64-linux-gnu/openblas-{flavour}");
            if !have(Path::new(&directory).is_dir(), &directory) {
                continue;
            }
            let found = own
                .iter()
                .find(|found| found.blas == "openblas" && found.threading == threading);
            let found = found.unwrap_or_else(|| panic!("{library} with {directory}: {own:?}"));
            assert!(
                found
                    .proof
                    .evidence
                    .contains(&format!("dgemm from {directory}/")),
                "{found:?}"
            );
        }
    }
}
