//! The compilers of this machine: what they are, under which names, and what
//! works of them.

use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix::core::{HostFeature, Language};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Directory, drivers, link_programs, machine, probe, report, toolchain_at, tools, user_path,
};
use crate::support::{find_program, have};

/// A driver of this machine and what must be said of it.
struct Here {
    program: &'static str,
    language: Language,
    family: &'static str,
    version: &'static str,
    target: Option<&'static str>,
    works: Option<bool>,
    /// Part of the evidence for OpenMP.
    evidence: &'static str,
    /// Part of the hint.
    hint: Option<&'static str>,
}

const LINUX: Option<&str> = Some("x86_64-linux");

const fn working(
    program: &'static str,
    language: Language,
    family: &'static str,
    version: &'static str,
    evidence: &'static str,
) -> Here {
    Here {
        program,
        language,
        family,
        version,
        target: LINUX,
        works: Some(true),
        evidence,
        hint: None,
    }
}

/// `_OPENMP` is the date of the specification that a compiler follows: 201511 is
/// 4.5, 201811 is 5.0, 202011 is 5.1, 199911 is 1.1.
const HERE: &[Here] = &[
    working(
        "gcc-11",
        Language::C,
        "gcc",
        "11.",
        "threads 2, _OPENMP 201511",
    ),
    working(
        "g++-11",
        Language::Cxx,
        "gcc",
        "11.",
        "threads 2, _OPENMP 201511",
    ),
    working(
        "gfortran-11",
        Language::Fortran,
        "gcc",
        "11.",
        "threads 2, _OPENMP 201511",
    ),
    working(
        "gcc-12",
        Language::C,
        "gcc",
        "12.",
        "threads 2, _OPENMP 201511",
    ),
    working(
        "g++-12",
        Language::Cxx,
        "gcc",
        "12.",
        "threads 2, _OPENMP 201511",
    ),
    working(
        "gfortran-12",
        Language::Fortran,
        "gcc",
        "12.",
        "threads 2, _OPENMP 201511",
    ),
    working(
        "clang-14",
        Language::C,
        "clang",
        "14.",
        "threads 2, _OPENMP 201811",
    ),
    working(
        "clang++-14",
        Language::Cxx,
        "clang",
        "14.",
        "threads 2, _OPENMP 201811",
    ),
    working(
        "clang-19",
        Language::C,
        "clang",
        "19.",
        "threads 2, _OPENMP 202011",
    ),
    working(
        "clang++-19",
        Language::Cxx,
        "clang",
        "19.",
        "threads 2, _OPENMP 202011",
    ),
    working(
        "flang-new-19",
        Language::Fortran,
        "flang",
        "19.",
        "threads 2, _OPENMP 199911",
    ),
    Here {
        program: "tcc",
        language: Language::C,
        family: "tcc",
        version: "0.9.",
        target: LINUX,
        works: Some(false),
        evidence: "no OpenMP",
        hint: None,
    },
    Here {
        program: "musl-gcc",
        language: Language::C,
        family: "gcc",
        version: "",
        target: LINUX,
        works: Some(false),
        evidence: "libgomp",
        hint: Some("libgomp"),
    },
    Here {
        program: "x86_64-w64-mingw32-gcc",
        language: Language::C,
        family: "gcc",
        version: "12.",
        target: Some("x86_64-windows"),
        works: None,
        evidence: "built, not run",
        hint: None,
    },
];

fn openmp(path: &Path, language: Language) -> HostFeature {
    let report = &machine().report;
    let toolchain = toolchain_at(report, path, language)
        .unwrap_or_else(|| panic!("{} is not found", path.display()));
    toolchain.feature("openmp", language).unwrap().clone()
}

#[test]
fn each_compiler_of_this_machine_is_what_it_is() {
    let report = &machine().report;
    for here in HERE {
        let program = here.program;
        let Some(path) = find_program(program) else {
            have(false, program);
            continue;
        };
        let toolchain = toolchain_at(report, &path, here.language)
            .unwrap_or_else(|| panic!("{program} is not found"));
        assert_eq!(toolchain.family, here.family, "{program}");
        let version = toolchain.version.as_ref().unwrap().to_string();
        assert!(version.starts_with(here.version), "{program}: {version}");
        let target = toolchain.system.map(|system| system.to_string());
        assert_eq!(target.as_deref(), here.target, "{program}");
        let seen = toolchain.feature("openmp", here.language).unwrap();
        assert_eq!(seen.proof.works, here.works, "{program}: {seen:?}");
        assert!(
            seen.proof.evidence.contains(here.evidence),
            "{program}: {seen:?}"
        );
        if let Some(hint) = here.hint {
            assert!(
                seen.proof.hint.as_ref().unwrap().contains(hint),
                "{program}: {seen:?}"
            );
        }
        if here.works == Some(true) {
            assert_eq!(seen.compile, ["-fopenmp"], "{program}");
            assert!(
                seen.runtime
                    .as_ref()
                    .is_some_and(|file| Path::new(file).is_file()),
                "{program}: {seen:?}"
            );
            assert_eq!(seen.proof.status, Some(0), "{program}");
        }
    }
}

#[test]
fn a_run_time_library_that_is_not_installed_is_missed_and_named() {
    let Some(clang) = find_program("clang-16") else {
        have(false, "clang-16");
        return;
    };
    let bare = !Path::new("/usr/lib/llvm-16/lib/libomp.so").exists();
    if !have(bare, "clang-16 without libomp") {
        return;
    }
    let seen = openmp(&clang, Language::C);
    assert_eq!(seen.proof.works, Some(false), "{seen:?}");
    assert!(seen.proof.evidence.contains("omp"), "{seen:?}");
    assert!(seen.proof.hint.unwrap().contains("libomp-16-dev"));
    // The command is the one to repeat, and its status is the compiler's.
    assert_eq!(seen.proof.command[0], clang.display().to_string());
    assert!(
        seen.proof.command.contains(&"-fopenmp".to_owned()),
        "{:?}",
        seen.proof.command
    );
    assert_eq!(seen.proof.status, Some(1));
    assert_eq!(seen.value, None);
}

/// The toolchain of a version of GCC has all its drivers, and each of their
/// names is there once.
#[test]
fn the_drivers_of_one_release_are_one_toolchain() {
    let names = [
        ("gcc-12", Language::C),
        ("g++-12", Language::Cxx),
        ("gfortran-12", Language::Fortran),
    ];
    let paths: Vec<PathBuf> = names
        .iter()
        .filter_map(|(name, _)| find_program(name))
        .collect();
    if !have(paths.len() == names.len(), "gcc-12, g++-12 and gfortran-12") {
        return;
    }
    let report = &machine().report;
    let toolchain = toolchain_at(report, &paths[0], Language::C).unwrap();
    for ((name, language), path) in names.iter().zip(&paths) {
        let driver = &toolchain.drivers[language];
        assert_eq!(
            Path::new(&driver.path),
            path,
            "{name}: the name with the version says most"
        );
        assert_eq!(
            Path::new(&driver.realpath),
            dunce::canonicalize(path).unwrap(),
            "{name}"
        );
    }
    // Every other name in the same directory that leads to the same file is an alias.
    let gcc = &toolchain.drivers[&Language::C];
    let mut aliases = 0;
    for name in [
        "cc",
        "gcc",
        "x86_64-linux-gnu-gcc",
        "x86_64-linux-gnu-gcc-12",
    ] {
        let path = paths[0].with_file_name(name);
        if dunce::canonicalize(&path).is_ok_and(|real| real == Path::new(&gcc.realpath)) {
            assert!(
                gcc.aliases.contains(&path.display().to_string()),
                "{name}: {:?}",
                gcc.aliases
            );
            aliases += 1;
        }
    }
    have(aliases > 0, "gcc-12 under another name too");
}

#[test]
fn a_driver_is_in_the_report_once() {
    let mut seen = Vec::new();
    for (_, language, driver) in drivers(&machine().report) {
        for path in std::iter::once(&driver.path).chain(&driver.aliases) {
            let key = (path.clone(), language, driver.arguments.clone());
            assert!(!seen.contains(&key), "{key:?}");
            seen.push(key);
        }
    }
}

#[test]
fn the_digest_is_that_of_the_file() {
    for (_, _, driver) in drivers(&machine().report) {
        let bytes = fs::read(&driver.realpath).unwrap();
        let digest: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(driver.sha256, digest, "{}", driver.realpath);
    }
}

#[test]
fn the_c_library_is_told() {
    let report = &machine().report;
    for (program, library) in [
        ("gcc-12", "glibc "),
        ("musl-gcc", "musl"),
        ("x86_64-w64-mingw32-gcc", "mingw-w64 "),
    ] {
        let Some(path) = find_program(program) else {
            have(false, program);
            continue;
        };
        let toolchain = toolchain_at(report, &path, Language::C).unwrap();
        let found = toolchain.c_library.as_deref().unwrap_or_default();
        assert!(found.starts_with(library), "{program}: {found}");
    }
}

#[test]
fn a_cross_compiler_works_by_its_emulator_and_is_undecided_without() {
    let (Some(gcc), Some(_)) = (
        find_program("aarch64-linux-gnu-gcc-12"),
        find_program("qemu-aarch64"),
    ) else {
        have(false, "aarch64-linux-gnu-gcc-12 and qemu-aarch64");
        return;
    };
    let with = openmp(&gcc, Language::C);
    assert_eq!(with.proof.works, Some(true), "{with:?}");
    assert_eq!(with.value.as_deref(), Some("threads 2, _OPENMP 201511"));
    assert_eq!(with.proof.command[0], "qemu-aarch64");

    let found = report(
        probe(user_path())
            .args(["--only", "compilers", "--compiler"])
            .arg(&gcc),
    );
    let toolchain = toolchain_at(&found, &gcc, Language::C).unwrap();
    assert_eq!(toolchain.system.unwrap().to_string(), "aarch64-linux");
    let without = toolchain.feature("openmp", Language::C).unwrap();
    assert_eq!(without.proof.works, None, "{without:?}");
    assert_eq!(
        without.proof.evidence,
        "built, not run: it is for another system"
    );
    assert_eq!(without.compile, ["-fopenmp"]);
}

#[test]
fn an_emulator_that_is_not_there_proves_nothing() {
    let Some(gcc) = find_program("aarch64-linux-gnu-gcc-12") else {
        have(false, "aarch64-linux-gnu-gcc-12");
        return;
    };
    let mut command = probe(user_path());
    command
        .args([
            "--only",
            "compilers",
            "--emulator",
            "aarch64-linux=/nonexistent/qemu",
            "--compiler",
        ])
        .arg(&gcc);
    let found = report(&mut command);
    let seen = toolchain_at(&found, &gcc, Language::C)
        .unwrap()
        .feature("openmp", Language::C)
        .unwrap();
    assert_ne!(seen.proof.works, Some(true), "{seen:?}");
    assert!(
        seen.proof.evidence.contains("/nonexistent/qemu"),
        "{seen:?}"
    );
}

/// What the user has set for threads is about the user's programs.
#[test]
fn the_users_thread_variables_change_nothing() {
    let here: Vec<&str> = ["gcc-12", "clang-19", "flang-new-19"]
        .into_iter()
        .filter(|name| find_program(name).is_some())
        .collect();
    if !have(here.len() == 3, "gcc-12, clang-19 and flang-new-19") {
        return;
    }
    let command = || {
        let mut command = probe(user_path());
        command.args(["--only", "compilers"]);
        command.args(here.iter().flat_map(|name| ["--compiler", *name]));
        command
    };
    let plain = report(&mut command());
    let set = [
        ("OMP_NUM_THREADS", "1"),
        ("OMP_THREAD_LIMIT", "1"),
        ("OMP_DYNAMIC", "true"),
        ("OMP_MAX_ACTIVE_LEVELS", "0"),
    ];
    assert_eq!(report(command().envs(set)), plain);
    let works = plain
        .toolchains
        .iter()
        .all(|toolchain| toolchain.features.iter().all(|seen| seen.proof.holds()));
    assert!(works, "{plain:?}");
}

/// clang takes `-fopenmp=libgomp` without a word and ignores every directive.
#[test]
fn flags_that_are_accepted_and_do_nothing_are_found_out() {
    let Some(clang) = find_program("clang-19") else {
        have(false, "clang-19");
        return;
    };
    let shipped = crate::support::repository()
        .join("toolchains")
        .join("clang.json");
    let mut family: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(shipped).unwrap()).unwrap();
    let rows = family["rows"].as_array_mut().unwrap();
    rows.retain(|row| row["feature"] != "openmp");
    rows.push(json!({
        "feature": "openmp", "languages": ["c", "cxx"],
        "compile": ["-fopenmp=libgomp"], "link": ["-fopenmp=libgomp"], "source": "test",
    }));
    let layer = Directory::new();
    fs::write(layer.path().join("clang.json"), family.to_string()).unwrap();
    let mut command = probe(user_path());
    command.arg("--toolchains").arg(layer.path());
    command
        .args(["--only", "compilers", "--languages", "c", "--compiler"])
        .arg(&clang);
    let found = report(&mut command);
    let seen = toolchain_at(&found, &clang, Language::C)
        .unwrap()
        .feature("openmp", Language::C)
        .unwrap();
    assert_eq!(seen.compile, ["-fopenmp=libgomp"]);
    assert_eq!(seen.proof.works, Some(false), "{seen:?}");
}

#[test]
fn other_features_are_proved_too() {
    let here: Vec<PathBuf> = ["gcc-12", "clang-19"]
        .into_iter()
        .filter_map(find_program)
        .collect();
    if !have(here.len() == 2, "gcc-12 and clang-19") {
        return;
    }
    let features = ["std.c17", "debug", "opt.2", "warn.error", "pic"];
    let mut command = probe(user_path());
    command.args([
        "--only",
        "compilers",
        "--languages",
        "c",
        "--features",
        &features.join(","),
    ]);
    here.iter().for_each(|path| {
        command.arg("--compiler").arg(path);
    });
    let found = report(&mut command);
    for path in &here {
        let toolchain = toolchain_at(&found, path, Language::C).unwrap();
        let ids: Vec<&str> = toolchain
            .features
            .iter()
            .map(|seen| seen.feature.as_str())
            .collect();
        let mut expected = features;
        expected.sort_unstable();
        assert_eq!(ids, expected, "{}", path.display());
        for seen in &toolchain.features {
            assert!(seen.proof.holds(), "{}: {seen:?}", path.display());
            assert!(!seen.compile.is_empty(), "{}: {seen:?}", path.display());
        }
    }
}

/// GCC prints with `-v` how it was configured, `--disable-werror` and all: that
/// is no error.
#[test]
fn the_error_that_is_told_is_the_compilers() {
    let Some(gcc) = find_program("gcc-12") else {
        have(false, "gcc-12");
        return;
    };
    let mut command = probe(user_path());
    command
        .args([
            "--only",
            "compilers",
            "--languages",
            "c",
            "--features",
            "warn.error",
            "--compiler",
        ])
        .arg(&gcc);
    let found = report(&mut command);
    let seen = toolchain_at(&found, &gcc, Language::C)
        .unwrap()
        .feature("warn.error", Language::C)
        .unwrap();
    assert!(
        seen.proof
            .evidence
            .starts_with("refused, as it must be: warn.error.fails.c:"),
        "{seen:?}"
    );
}

#[test]
fn languages_bound_what_is_looked_at() {
    if !have(
        find_program("gcc-12").is_some() && find_program("gfortran-12").is_some(),
        "gcc-12 and gfortran-12",
    ) {
        return;
    }
    let bin = Directory::new();
    link_programs(&bin.path(), &["gcc-12", "g++-12", "gfortran-12"]);
    let path = [bin.path(), tools().to_owned()];
    let found = report(probe(&path).args(["--only", "compilers", "--languages", "fortran"]));
    assert!(
        drivers(&found).all(|(_, language, _)| language == Language::Fortran),
        "{found:?}"
    );
    let gfortran = bin.path().join("gfortran-12");
    let toolchain = toolchain_at(&found, &gfortran, Language::Fortran).unwrap();
    assert!(
        toolchain
            .features
            .iter()
            .all(|seen| seen.language == Language::Fortran)
    );
    assert!(
        toolchain
            .feature("openmp", Language::Fortran)
            .unwrap()
            .proof
            .holds()
    );
}
