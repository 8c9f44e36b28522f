//! The BLAS libraries of this machine, told apart by what ran, and libraries
//! that are not what they are taken for.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cfgmatrix::core::{HostBlas, HostReport, Interface, Linkage, Provides, Threading};

use super::{Directory, machine, probe, report, tools, user_path};
use crate::support::{find_program, have};

/// Debian's directory of libraries.
const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";
/// What Debian calls an archive, and what the report says that `dgemm` came from then.
const ITSELF: &str = "the program itself";

/// A library of Debian, and what must be said of it.
struct Here {
    library: &'static str,
    /// Below the directory of libraries.
    file: &'static str,
    threading: Threading,
    interface: Interface,
    linkage: Linkage,
    /// Whether two threads that are asked for are more than one that is.
    parallel: bool,
}

const fn shared(
    library: &'static str,
    file: &'static str,
    threading: Threading,
    interface: Interface,
) -> Here {
    let parallel = !matches!(threading, Threading::Sequential);
    Here {
        library,
        file,
        threading,
        interface,
        linkage: Linkage::Shared,
        parallel,
    }
}

const fn archive(
    library: &'static str,
    file: &'static str,
    threading: Threading,
    interface: Interface,
) -> Here {
    Here {
        linkage: Linkage::Static,
        ..shared(library, file, threading, interface)
    }
}

use Interface::{Ilp64, Lp64};
use Threading::{Openmp, Pthread, Sequential};

const HERE: &[Here] = &[
    shared(
        "openblas",
        "openblas-serial/libopenblas.so.0",
        Sequential,
        Lp64,
    ),
    shared("openblas", "openblas-openmp/libopenblas.so.0", Openmp, Lp64),
    shared(
        "openblas",
        "openblas-pthread/libopenblas.so.0",
        Pthread,
        Lp64,
    ),
    shared(
        "openblas",
        "openblas64-serial/libopenblas64.so.0",
        Sequential,
        Ilp64,
    ),
    shared(
        "openblas",
        "openblas64-openmp/libopenblas64.so.0",
        Openmp,
        Ilp64,
    ),
    shared(
        "openblas",
        "openblas64-pthread/libopenblas64.so.0",
        Pthread,
        Ilp64,
    ),
    archive(
        "openblas",
        "openblas-serial/libopenblas.a",
        Sequential,
        Lp64,
    ),
    archive("openblas", "openblas-openmp/libopenblas.a", Openmp, Lp64),
    archive("openblas", "openblas-pthread/libopenblas.a", Pthread, Lp64),
    archive(
        "openblas",
        "openblas64-openmp/libopenblas64.a",
        Openmp,
        Ilp64,
    ),
    shared("blis", "blis-serial/libblis.so.4", Sequential, Lp64),
    shared("blis", "blis-openmp/libblis.so.4", Openmp, Lp64),
    shared("blis", "blis-pthread/libblis.so.4", Pthread, Lp64),
    archive("blis", "blis-openmp/libblis.a", Openmp, Lp64),
    shared("netlib", "blas/libblas.so.3", Sequential, Lp64),
    shared("netlib", "blas64/libblas64.so.3", Sequential, Ilp64),
    archive("netlib", "blas/libblas.a", Sequential, Lp64),
    shared("atlas", "atlas/libblas.so.3", Sequential, Lp64),
    archive("atlas", "atlas/libblas.a", Sequential, Lp64),
];

fn at<'r>(report: &'r HostReport, file: &Path) -> Option<&'r HostBlas> {
    report
        .blas
        .iter()
        .find(|library| Path::new(&library.file) == file)
}

/// Only BLAS, by one compiler.
fn look(path: &[PathBuf]) -> Command {
    let mut command = probe(path);
    command.args(["--only", "blas", "--languages", "c", "--compiler", "gcc-12"]);
    command
}

fn have_gcc() -> bool {
    have(find_program("gcc-12").is_some(), "gcc-12")
}

#[test]
fn each_library_is_told_by_what_it_does() {
    let report = &machine().report;
    for here in HERE {
        let file = Path::new(LIBRARIES).join(here.file);
        if !have(file.is_file(), here.file) {
            continue;
        }
        let found = at(report, &file).unwrap_or_else(|| panic!("{} is not found", here.file));
        assert_eq!(found.library, here.library, "{found:?}");
        assert_eq!(found.proof.works, Some(true), "{found:?}");
        let is = (found.threading, found.interface, found.linkage);
        assert_eq!(
            is,
            (here.threading, here.interface, here.linkage),
            "{found:?}"
        );
        let seen = found.seen.as_ref().unwrap();
        assert_eq!(seen.interface, Some(here.interface), "{found:?}");
        assert_eq!(seen.threads[&1], 0, "{found:?}");
        // One thread joins the caller's, or more where the library has its own.
        assert_eq!(seen.threads[&2] > 0, here.parallel, "{found:?}");
        let from = seen.dgemm_from.as_deref().unwrap();
        if here.linkage == Linkage::Static {
            assert_eq!(from, ITSELF, "{found:?}");
            assert_eq!(found.directories, Vec::<String>::new(), "{found:?}");
        } else {
            assert_eq!(
                Path::new(from),
                dunce::canonicalize(&file).unwrap(),
                "{found:?}"
            );
            assert_eq!(
                found.directories[0],
                file.parent().unwrap().display().to_string()
            );
        }
        assert_eq!(
            Path::new(&found.realpath),
            dunce::canonicalize(&file).unwrap()
        );
    }
}

/// What libraries say of themselves is written down, and agrees with what ran.
#[test]
fn libraries_are_asked_too() {
    let report = &machine().report;
    for (file, says) in [
        ("openblas-serial/libopenblas.so.0", Sequential),
        ("openblas-openmp/libopenblas.so.0", Openmp),
    ] {
        let file = Path::new(LIBRARIES).join(file);
        if !have(file.is_file(), &file.display().to_string()) {
            continue;
        }
        let found = at(report, &file).unwrap();
        assert_eq!(
            found.seen.as_ref().unwrap().threading,
            Some(says),
            "{found:?}"
        );
        let version = found
            .version
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(version.starts_with("0.3."), "{found:?}");
        assert!(
            found.provides.contains(&Provides::Cblas) && found.provides.contains(&Provides::Lapack),
            "{found:?}"
        );
    }
}

/// The loader's own run-time library is seen beside the library.
#[test]
fn what_is_loaded_with_it_is_written_down() {
    let report = &machine().report;
    for (file, gomp) in [
        ("openblas-openmp/libopenblas.so.0", true),
        ("openblas-pthread/libopenblas.so.0", false),
    ] {
        let file = Path::new(LIBRARIES).join(file);
        if !have(file.is_file(), &file.display().to_string()) {
            continue;
        }
        let mapped = &at(report, &file).unwrap().seen.as_ref().unwrap().mapped;
        assert_eq!(
            mapped.iter().any(|file| file.contains("libgomp")),
            gomp,
            "{mapped:?}"
        );
    }
}

/// Each file is tried once, whatever links lead to it.
#[test]
fn a_file_is_in_the_report_once() {
    let mut seen = Vec::new();
    for library in &machine().report.blas {
        let key = (
            &library.realpath,
            &library.libs,
            &library.families,
            &library.runtime,
        );
        assert!(!seen.contains(&key), "{library:?}");
        seen.push(key);
    }
}

/// `LD_LIBRARY_PATH` goes before what a program says itself of where its
/// libraries are. What ran is another library, and that is what must be said.
#[test]
fn a_library_that_another_one_stands_before_does_not_work() {
    let [serial, openmp] =
        ["openblas-serial", "openblas-openmp"].map(|name| Path::new(LIBRARIES).join(name));
    if !have_gcc()
        || !have(
            serial.is_dir() && openmp.is_dir(),
            "OpenBLAS in two flavours",
        )
    {
        return;
    }
    let ways: [(&str, OsString); 2] = [
        ("LD_LIBRARY_PATH", openmp.clone().into()),
        ("LD_PRELOAD", openmp.join("libopenblas.so.0").into()),
    ];
    for (variable, value) in ways {
        let found = report(look(&user_path()).env(variable, &value));
        let hidden = at(&found, &serial.join("libopenblas.so.0")).unwrap();
        assert_eq!(hidden.proof.works, Some(false), "{variable}: {hidden:?}");
        let real = dunce::canonicalize(openmp.join("libopenblas.so.0")).unwrap();
        assert!(
            hidden
                .proof
                .evidence
                .starts_with(&format!("dgemm came from {}", real.display())),
            "{variable}: {hidden:?}"
        );
        assert!(
            hidden.proof.evidence.contains("openblas-serial"),
            "{variable}: {hidden:?}"
        );
        // The one that stands before is itself.
        let other = at(&found, &openmp.join("libopenblas.so.0")).unwrap();
        assert!(
            other.proof.holds() && other.threading == Openmp,
            "{variable}: {other:?}"
        );
        // What is in the program itself, nothing stands before.
        let own = at(&found, &serial.join("libopenblas.a")).unwrap();
        assert!(
            own.proof.holds() && own.threading == Sequential,
            "{variable}: {own:?}"
        );
    }
}

/// The file's own facts are not those of the library that answered in its place.
#[test]
fn what_another_library_says_is_not_written_down_for_it() {
    let [serial, openmp] =
        ["openblas-serial", "openblas-openmp"].map(|name| Path::new(LIBRARIES).join(name));
    if !have_gcc()
        || !have(
            serial.is_dir() && openmp.is_dir(),
            "OpenBLAS in two flavours",
        )
    {
        return;
    }
    let found = report(look(&user_path()).env("LD_LIBRARY_PATH", &openmp));
    let hidden = at(&found, &serial.join("libopenblas.so.0")).unwrap();
    assert_eq!(hidden.threading, Sequential, "{hidden:?}");
    let hint = hidden.proof.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("LD_LIBRARY_PATH"), "{hidden:?}");
}

/// A prefix with a file that has the library's name and is none.
#[test]
fn a_file_that_is_no_library_does_not_work() {
    if !have_gcc() {
        return;
    }
    // A text is a script for GNU ld, which may also name what is not there.
    let texts = [
        ("empty", ""),
        ("text", "this is no library\n"),
        ("script", "INPUT(-lcfgmatrix_nosuch)\n"),
        ("cut", "\x7fELF\x02\x01\x01"),
    ];
    let root = Directory::new();
    let mut command = look(&user_path());
    for (what, text) in texts {
        fs::write(
            root.sub(Path::new(what).join("lib")).join("libopenblas.so"),
            text,
        )
        .unwrap();
        command.arg("--path").arg(root.path().join(what));
    }
    let found = report(&mut command);
    // Only what was asked for is in the report.
    assert!(
        found.toolchains.is_empty() && found.mpi.is_empty(),
        "{found:?}"
    );
    for (what, _) in texts {
        let file = root.path().join(what).join("lib").join("libopenblas.so");
        let library = at(&found, &file).unwrap_or_else(|| panic!("{what}: {:?}", found.warnings));
        assert_eq!(library.proof.works, Some(false), "{what}: {library:?}");
        assert!(
            library.proof.evidence.starts_with("does not link: "),
            "{what}: {library:?}"
        );
        assert!(
            library.proof.evidence.len() > "does not link: ".len(),
            "{what}: {library:?}"
        );
        assert_eq!(
            (library.proof.status, library.seen.as_ref()),
            (Some(1), None),
            "{what}: {library:?}"
        );
        assert!(library.proof.error.is_some(), "{what}: {library:?}");
    }
}

/// A library of the right name whose `dgemm` multiplies wrongly, or never ends.
#[test]
fn a_library_that_does_not_multiply_does_not_work() {
    let Some(gcc) = find_program("gcc-12") else {
        have(false, "gcc-12");
        return;
    };
    let libraries = [
        ("wrong", "", "wrong product"),
        ("crash", "__builtin_trap();", "does not run"),
        ("hang", "for (;;) usleep(1000);", "did not end"),
    ];
    let root = Directory::new();
    // `--timeout` bounds the compiler too, which must not be the one that fails.
    let mut command = look(&user_path());
    command.args(["--timeout", "5"]);
    for (what, body, _) in libraries {
        let lib = root.sub(Path::new(what).join("lib"));
        let source = lib.join("fake.c");
        let text = format!(
            "int usleep(unsigned);\nvoid dgemm_(void) {{ {body} }}\nlong idamax_(void) {{ return 1; }}\nvoid zdotc_(void) {{ }}\n"
        );
        fs::write(&source, text).unwrap();
        let mut build = Command::new(&gcc);
        build
            .args(["-shared", "-fPIC", "-o"])
            .arg(lib.join("libopenblas.so"))
            .arg(&source)
            .assert()
            .success();
        command.arg("--path").arg(root.path().join(what));
    }
    let found = report(&mut command);
    for (what, _, says) in libraries {
        let file = root.path().join(what).join("lib").join("libopenblas.so");
        let own = at(&found, &file);
        assert!(
            own.is_none_or(|library| library.proof.works == Some(false)),
            "{what}: {own:?}"
        );
        let name = file.display().to_string();
        let warned = found
            .warnings
            .iter()
            .filter(|warning| warning.contains(&name))
            .map(String::as_str);
        let told: Vec<&str> = own
            .into_iter()
            .map(|library| library.proof.evidence.as_str())
            .chain(warned)
            .collect();
        assert!(
            told.iter().any(|text| text.contains(says)),
            "{what}: {told:?}"
        );
    }
}

#[test]
fn without_a_compiler_nothing_is_tried() {
    let bin = Directory::new();
    let found = report(probe([bin.path(), tools().to_owned()]).args([
        "--only",
        "blas",
        "--languages",
        "fortran",
    ]));
    assert!(found.blas.is_empty(), "{:?}", found.blas);
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.contains("no C compiler")),
        "{:?}",
        found.warnings
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where such libraries are"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Intel's library as the user has it, in every combination that its directory holds.
#[test]
fn mkl_is_found_where_its_variable_says() {
    let roots = ["MKLROOT", "VIRTUAL_ENV"].map(|name| (name, variable(name)));
    let holds = |root: &OsStr| {
        let names = ["libmkl_rt.so", "libmkl_rt.so.2", "libmkl_rt.so.3"];
        names
            .iter()
            .any(|name| Path::new(root).join("lib").join(name).is_file())
    };
    let mut roots = roots
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| holds(value))?)));
    let Some((name, root)) = roots.next() else {
        have(false, "MKL in MKLROOT or VIRTUAL_ENV");
        return;
    };
    if !have_gcc() {
        return;
    }
    let found = report(look(&user_path()).env(name, &root));
    let own: Vec<&HostBlas> = found
        .blas
        .iter()
        .filter(|library| library.library == "mkl")
        .collect();
    for (threading, interface) in [
        (Sequential, Lp64),
        (Sequential, Ilp64),
        (Openmp, Lp64),
        (Openmp, Ilp64),
    ] {
        let here = own
            .iter()
            .find(|library| library.threading == threading && library.interface == interface);
        let library = here.unwrap_or_else(|| panic!("{threading:?} {interface:?}: {own:?}"));
        assert!(library.proof.holds(), "{library:?}");
        assert_eq!(
            library.seen.as_ref().unwrap().threads[&2] > 0,
            threading == Openmp,
            "{library:?}"
        );
    }
}

/// The wheels that scipy is built with decorate their symbols.
#[test]
fn scipys_openblas_is_found_in_a_virtual_environment() {
    let root = variable("VIRTUAL_ENV").map(PathBuf::from);
    let lib = root
        .as_deref()
        .map(|root| root.join("lib"))
        .filter(|lib| lib.is_dir());
    let here = lib.is_some_and(|lib| {
        let mut pythons = fs::read_dir(lib).unwrap().flatten();
        pythons.any(|python| {
            python
                .path()
                .join("site-packages/scipy_openblas64")
                .is_dir()
        })
    });
    if !have(here, "scipy-openblas64 in VIRTUAL_ENV") || !have_gcc() {
        return;
    }
    let found = report(look(&user_path()).env("VIRTUAL_ENV", root.unwrap()));
    let decorated: Vec<&HostBlas> = found
        .blas
        .iter()
        .filter(|library| library.symbol_prefix == "scipy_")
        .collect();
    let wide = decorated
        .iter()
        .find(|library| library.interface == Ilp64)
        .unwrap();
    assert!(
        wide.proof.holds() && wide.symbol_suffix == "64_",
        "{wide:?}"
    );
}
