//! Compilers that no test machine has, by the fixtures in
//! `support/fake-compilers`: scripts with the real ones' banners, macros and
//! flags, and a GCC behind them. They show how their command lines are dealt
//! with; that the real ones work so, they do not show.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cfgmatrix::core::{HostReport, HostToolchain, Language};

use super::{Directory, answer, probe, report, toolchains_in};
use crate::support::{find_program, have, repository};

/// Installs fixtures in a directory of their own.
fn install(fakes: &[&str]) -> Directory {
    let bin = Directory::new();
    let install = repository()
        .join("tests")
        .join("support")
        .join("fake-compilers")
        .join("install");
    Command::new(install)
        .arg(bin.path())
        .args(fakes)
        .assert()
        .success();
    bin
}

fn have_gcc() -> bool {
    let here = ["gcc", "g++", "gfortran"]
        .iter()
        .all(|name| find_program(name).is_some());
    have(here, "gcc, g++ and gfortran behind the fixtures")
}

/// Only the fixtures are in `PATH`.
fn look_at(bin: &Path) -> HostReport {
    report(probe([bin]).args(["--only", "compilers"]))
}

fn driver<'r>(
    report: &'r HostReport,
    path: &Path,
    language: Language,
    arguments: &[&str],
) -> Option<&'r HostToolchain> {
    report.toolchains.iter().find(|toolchain| {
        let driver = toolchain.drivers.get(&language);
        driver
            .is_some_and(|driver| Path::new(&driver.path) == path && driver.arguments == arguments)
    })
}

/// A driver of a fixture, and what must be said of it.
struct Fake {
    fake: &'static str,
    driver: &'static str,
    arguments: &'static [&'static str],
    language: Language,
    family: &'static str,
    version: &'static str,
    openmp: &'static [&'static str],
    works: Option<bool>,
}

const fn here(
    fake: &'static str,
    driver: &'static str,
    language: Language,
    family: &'static str,
    version: &'static str,
    openmp: &'static [&'static str],
) -> Fake {
    Fake {
        fake,
        driver,
        arguments: &[],
        language,
        family,
        version,
        openmp,
        works: Some(true),
    }
}

/// One of a family for another system: what the GCC behind it builds must not
/// be run and count for the real one.
const fn foreign(
    fake: &'static str,
    driver: &'static str,
    language: Language,
    family: &'static str,
    version: &'static str,
    openmp: &'static [&'static str],
) -> Fake {
    Fake {
        works: None,
        ..here(fake, driver, language, family, version, openmp)
    }
}

use Language::{C, Cxx, Fortran};

/// Versions have as many parts as the source that decides: macros may leave out
/// the last.
const FAKES: &[Fake] = &[
    here(
        "intel-classic-14.0.2",
        "icc",
        C,
        "intel-classic",
        "14.0.2",
        &["-openmp"],
    ),
    here(
        "intel-classic-14.0.2",
        "icpc",
        Cxx,
        "intel-classic",
        "14.0.2",
        &["-openmp"],
    ),
    here(
        "intel-classic-14.0.2",
        "ifort",
        Fortran,
        "intel-classic",
        "14.0.2",
        &["-openmp"],
    ),
    here(
        "intel-classic-2021.9.0",
        "icc",
        C,
        "intel-classic",
        "2021.9",
        &["-qopenmp"],
    ),
    here(
        "intel-classic-2021.9.0",
        "icpc",
        Cxx,
        "intel-classic",
        "2021.9",
        &["-qopenmp"],
    ),
    here(
        "intel-classic-2021.9.0",
        "ifort",
        Fortran,
        "intel-classic",
        "2021.9",
        &["-qopenmp"],
    ),
    here(
        "intel-llvm-2024.2.1",
        "icx",
        C,
        "intel-llvm",
        "2024.2.1",
        &["-qopenmp"],
    ),
    here(
        "intel-llvm-2024.2.1",
        "icpx",
        Cxx,
        "intel-llvm",
        "2024.2.1",
        &["-qopenmp"],
    ),
    here(
        "intel-llvm-2024.2.1",
        "ifx",
        Fortran,
        "intel-llvm",
        "2024.2.1",
        &["-qopenmp"],
    ),
    here("pgi-19.10", "pgcc", C, "pgi", "19.10", &["-mp"]),
    here("pgi-19.10", "pgc++", Cxx, "pgi", "19.10", &["-mp"]),
    here("pgi-19.10", "pgfortran", Fortran, "pgi", "19.10", &["-mp"]),
    here("nvhpc-23.7", "nvc", C, "nvhpc", "23.7", &["-mp"]),
    here("nvhpc-23.7", "nvc++", Cxx, "nvhpc", "23.7", &["-mp"]),
    here(
        "nvhpc-23.7",
        "nvfortran",
        Fortran,
        "nvhpc",
        "23.7",
        &["-mp"],
    ),
    // For POWER. The C compiler of 16.1 is the one with clang's front end.
    foreign("xl-16.1.1", "xlc_r", C, "xlclang", "16.1.1", &["-qsmp=omp"]),
    foreign(
        "xl-16.1.1",
        "xlC_r",
        Cxx,
        "xlclang",
        "16.1.1",
        &["-qsmp=omp"],
    ),
    foreign(
        "xl-16.1.1",
        "xlf_r",
        Fortran,
        "xl",
        "16.1.1",
        &["-qsmp=omp"],
    ),
    foreign("xl-13.1.0", "xlc_r", C, "xl", "13.1", &["-qsmp=omp"]),
    foreign("xl-13.1.0", "xlC_r", Cxx, "xl", "13.1", &["-qsmp=omp"]),
    // The Fortran compiler of the same release counts two ahead.
    foreign("xl-13.1.0", "xlf_r", Fortran, "xl", "15.1", &["-qsmp=omp"]),
    here(
        "cray-classic-8.7.3",
        "craycc",
        C,
        "cray-classic",
        "8.7.3",
        &["-h", "omp"],
    ),
    here(
        "cray-classic-8.7.3",
        "crayCC",
        Cxx,
        "cray-classic",
        "8.7.3",
        &["-h", "omp"],
    ),
    here(
        "cray-classic-8.7.3",
        "crayftn",
        Fortran,
        "cray-classic",
        "8.7.3",
        &["-h", "omp"],
    ),
    here(
        "cray-clang-15.0.1",
        "craycc",
        C,
        "cray-clang",
        "15.0.1",
        &["-fopenmp"],
    ),
    here(
        "cray-clang-15.0.1",
        "crayCC",
        Cxx,
        "cray-clang",
        "15.0.1",
        &["-fopenmp"],
    ),
    // Fortran is Cray's own still.
    here(
        "cray-clang-15.0.1",
        "crayftn",
        Fortran,
        "cray-classic",
        "15.0.1",
        &["-h", "omp"],
    ),
    // For Arm.
    foreign("fujitsu-4.7.0", "fcc", C, "fujitsu", "4.7.0", &["-Kopenmp"]),
    foreign(
        "fujitsu-4.7.0",
        "FCC",
        Cxx,
        "fujitsu",
        "4.7.0",
        &["-Kopenmp"],
    ),
    foreign(
        "fujitsu-4.7.0",
        "frt",
        Fortran,
        "fujitsu",
        "4.7.0",
        &["-Kopenmp"],
    ),
    // Another compiler behind the same driver.
    Fake {
        arguments: &["-Nclang"],
        ..foreign(
            "fujitsu-4.7.0",
            "fcc",
            C,
            "fujitsu-clang",
            "4.7.0",
            &["-fopenmp"],
        )
    },
    Fake {
        arguments: &["-Nclang"],
        ..foreign(
            "fujitsu-4.7.0",
            "FCC",
            Cxx,
            "fujitsu-clang",
            "4.7.0",
            &["-fopenmp"],
        )
    },
    here("nag-7.1", "nagfor", Fortran, "nag", "7.1", &["-openmp"]),
    // For Windows.
    foreign(
        "msvc-19.44.35207",
        "cl",
        C,
        "msvc",
        "19.44.35207",
        &["/openmp"],
    ),
    foreign(
        "msvc-19.44.35207",
        "cl",
        Cxx,
        "msvc",
        "19.44.35207",
        &["/openmp"],
    ),
];

#[test]
fn each_fixture_is_what_the_real_one_is() {
    if !have_gcc() {
        return;
    }
    let mut wrong = Vec::new();
    for group in FAKES.chunk_by(|a, b| a.fake == b.fake) {
        let bin = install(&[group[0].fake]);
        let report = look_at(&bin.path());
        for fake in group {
            let name = format!("{} {}", fake.fake, fake.driver);
            let path = bin.path().join(fake.driver);
            let Some(toolchain) = driver(&report, &path, fake.language, fake.arguments) else {
                wrong.push(format!("{name} is not found: {:?}", report.warnings));
                continue;
            };
            let version = toolchain
                .version
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            if toolchain.family != fake.family || !version.starts_with(fake.version) {
                wrong.push(format!("{name} is {} {version}", toolchain.family));
            }
            let seen = toolchain.feature("openmp", fake.language).unwrap();
            if seen.compile != fake.openmp || seen.proof.works != fake.works {
                wrong.push(format!("{name}: {seen:?}"));
            }
            let evidence = match fake.works {
                Some(_) => "threads 2, _OPENMP 201511",
                None => "built, not run: it is for another system",
            };
            if seen.proof.evidence != evidence {
                wrong.push(format!("{name}: {}", seen.proof.evidence));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Apple's compiler is found under GCC's names too, and is one compiler.
#[test]
fn a_name_decides_nothing() {
    let bin = install(&["apple-clang-16.0.0"]);
    let report = look_at(&bin.path());
    let found = toolchains_in(&report, &bin.path());
    let families: Vec<&str> = found
        .iter()
        .map(|toolchain| toolchain.family.as_str())
        .collect();
    assert_eq!(families, ["apple-clang"]);
    let seen = found[0].feature("openmp", C).unwrap();
    assert_eq!(seen.proof.works, Some(false));
    assert!(seen.proof.evidence.contains("libomp"), "{seen:?}");
    // The version it is built from is not its own.
    assert_eq!(found[0].version.as_ref().unwrap().to_string(), "16.0.0");
    assert_eq!(found[0].base.as_ref().unwrap().family, "clang");
}

/// Drivers that a maker ships together are one toolchain where they agree on
/// what they are.
#[test]
fn drivers_of_one_release_are_one_toolchain() {
    if !have_gcc() {
        return;
    }
    let bin = install(&["pgi-19.10"]);
    let report = look_at(&bin.path());
    let found = toolchains_in(&report, &bin.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].drivers.keys().copied().collect::<Vec<_>>(),
        [C, Cxx, Fortran]
    );
}

/// C and C++ tell by their macros, Fortran by its banner, which has a part of the
/// version more and no target.
#[test]
fn drivers_of_one_release_are_one_toolchain_whatever_tells_what_they_are() {
    if !have_gcc() {
        return;
    }
    for fake in ["intel-classic-2021.9.0", "intel-llvm-2024.2.1"] {
        let bin = install(&[fake]);
        let report = look_at(&bin.path());
        let found = toolchains_in(&report, &bin.path());
        assert_eq!(found.len(), 1, "{fake}: {found:?}");
    }
}

/// Two releases in two directories are two toolchains.
#[test]
fn two_releases_are_two_toolchains() {
    if !have_gcc() {
        return;
    }
    let (old, new) = (
        install(&["intel-classic-14.0.2"]),
        install(&["intel-classic-2021.9.0"]),
    );
    let report =
        report(probe([old.path(), new.path()]).args(["--only", "compilers", "--languages", "c"]));
    let flags = |directory: PathBuf| {
        let icc = driver(&report, &directory.join("icc"), C, &[]).unwrap();
        icc.feature("openmp", C).unwrap().compile.clone()
    };
    assert_eq!(
        (flags(old.path()), flags(new.path())),
        (vec!["-openmp".to_owned()], vec!["-qopenmp".to_owned()])
    );
}

/// A fixture that has no compiler behind it fails like a broken installation.
#[test]
fn a_compiler_that_says_what_it_is_and_builds_nothing_is_told_of() {
    let bin = install(&["nag-7.1"]);
    let mut command = probe([bin.path()]);
    command
        .args(["--only", "compilers"])
        .env("FAKE_FC", "/nonexistent/gfortran");
    let found = answer(&mut command).report;
    let nagfor = driver(&found, &bin.path().join("nagfor"), Fortran, &[]).unwrap();
    let seen = nagfor.feature("openmp", Fortran).unwrap();
    assert_eq!(
        (nagfor.family.as_str(), seen.proof.works),
        ("nag", Some(false)),
        "{seen:?}"
    );
    assert_eq!(seen.proof.status, Some(70), "{seen:?}");
}
