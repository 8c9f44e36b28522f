//! What stands between a name and a compiler: launchers such as ccache,
//! variables, links, odd names and broken directories.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use cfgmatrix::core::{HostReport, HostToolchain, Language};

use super::{
    Directory, answer, link_programs, probe, report, script, stand_in, toolchain_at, toolchains_in,
    tools,
};
use crate::support::{cfgmatrix, find_program, have};

/// Only C compilers, in a `PATH` of this directory and what compilers start.
fn look(bin: &Path) -> Command {
    let mut command = probe([bin, tools()]);
    command.args(["--only", "compilers", "--languages", "c"]);
    command
}

fn gcc() -> Option<PathBuf> {
    let gcc = find_program("gcc-12");
    have(gcc.is_some(), "gcc-12");
    gcc
}

/// gcc-12 and ccache.
fn both() -> Option<(PathBuf, PathBuf)> {
    let gcc = gcc()?;
    let ccache = find_program("ccache");
    have(ccache.is_some(), "ccache");
    Some((gcc, ccache?))
}

fn only<'r>(report: &'r HostReport, directory: &Path) -> &'r HostToolchain {
    let own = toolchains_in(report, directory);
    let [toolchain] = own[..] else {
        panic!("{own:?} {:?}", report.warnings)
    };
    toolchain
}

fn holds(toolchain: &HostToolchain) -> bool {
    toolchain
        .feature("openmp", Language::C)
        .unwrap()
        .proof
        .holds()
}

/// Warnings of what is in a directory.
fn warnings<'r>(report: &'r HostReport, about: &str) -> Vec<&'r String> {
    report
        .warnings
        .iter()
        .filter(|warning| warning.contains(about))
        .collect()
}

#[test]
fn a_launcher_in_cc_is_a_wrapper_of_the_compiler() {
    let Some((gcc, ccache)) = both() else { return };
    let bin = Directory::new();
    symlink(&gcc, bin.path().join("gcc-12")).unwrap();
    symlink(&ccache, bin.path().join("ccache")).unwrap();
    let found = report(look(&bin.path()).env("CC", "ccache gcc-12"));
    let driver = &only(&found, &bin.path()).drivers[&Language::C];
    assert_eq!(Path::new(&driver.path), bin.path().join("gcc-12"));
    assert_eq!(
        Path::new(&driver.realpath),
        dunce::canonicalize(&gcc).unwrap()
    );
    let [wrapper] = &driver.wrappers[..] else {
        panic!("{driver:?}")
    };
    assert_eq!(wrapper.kind, "ccache");
    let words = ["ccache", "gcc-12"].map(|name| bin.path().join(name).display().to_string());
    assert_eq!(wrapper.command, words);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

/// The same as the only compiler that is asked for.
#[test]
fn a_launcher_is_unwrapped_where_a_user_names_it() {
    let Some((gcc, ccache)) = both() else { return };
    let bin = Directory::new();
    symlink(&gcc, bin.path().join("gcc-12")).unwrap();
    symlink(&ccache, bin.path().join("ccache")).unwrap();
    let found = report(look(&bin.path()).args(["--compiler", "ccache gcc-12"]));
    assert_eq!(found.toolchains.len(), 1, "{found:?}");
    let toolchain = only(&found, &bin.path());
    assert_eq!(toolchain.drivers[&Language::C].wrappers[0].kind, "ccache");
    assert!(holds(toolchain), "{toolchain:?}");
}

/// A directory of links to ccache before the compilers', as `/usr/lib/ccache`:
/// the links are wrappers of the compilers behind, and no compilers themselves.
#[test]
fn links_to_a_launcher_are_wrappers_of_the_next_of_their_name() {
    let Some((gcc, ccache)) = both() else { return };
    let (links, bin) = (Directory::new(), Directory::new());
    for name in ["gcc-12", "gcc", "clang-99"] {
        symlink(&ccache, links.path().join(name)).unwrap();
    }
    symlink(&gcc, bin.path().join("gcc-12")).unwrap();
    let mut command = probe([links.path(), bin.path(), tools().to_owned()]);
    let found = report(command.args(["--only", "compilers", "--languages", "c"]));
    assert!(toolchains_in(&found, &links.path()).is_empty(), "{found:?}");
    let toolchain = only(&found, &bin.path());
    let driver = &toolchain.drivers[&Language::C];
    let [wrapper] = &driver.wrappers[..] else {
        panic!("{driver:?}")
    };
    assert_eq!(
        (wrapper.kind.as_str(), &wrapper.command),
        (
            "ccache",
            &vec![links.path().join("gcc-12").display().to_string()]
        )
    );
    assert!(wrapper.version.is_some(), "{wrapper:?}");
    assert!(
        driver.aliases.is_empty(),
        "a link to ccache is no name of the compiler: {driver:?}"
    );
    assert!(holds(toolchain), "{toolchain:?}");
    // Those behind which there is nothing are told of.
    for name in ["gcc", "clang-99"] {
        let link = links.path().join(name).display().to_string();
        let own: Vec<&String> = found
            .warnings
            .iter()
            .filter(|warning| warning.starts_with(&format!("{link} ")))
            .collect();
        assert_eq!(own.len(), 1, "{name}: {:?}", found.warnings);
        assert!(own[0].contains("finds no compiler"), "{name}: {own:?}");
    }
}

#[test]
fn a_variable_that_names_nothing_is_warned_of() {
    let bin = Directory::new();
    for value in ["nosuchcc", "/nonexistent/cc -m32", "ccache nosuchcc"] {
        let found = report(look(&bin.path()).env("CC", value));
        let own = warnings(&found, "CC is set to");
        assert_eq!(own.len(), 1, "{value}: {:?}", found.warnings);
        assert!(
            own[0].contains(value) && own[0].contains("is no executable"),
            "{own:?}"
        );
    }
    // Of a language that nobody asks for, nobody hears.
    let found = report(look(&bin.path()).env("FC", "nosuchfc"));
    assert_eq!(warnings(&found, "nosuchfc"), Vec::<&String>::new());
}

/// In the table it is on standard error, and the exit code is that of success.
#[test]
fn warnings_do_not_fail_the_run() {
    let bin = Directory::new();
    let mut command = cfgmatrix();
    command.env("PATH", bin.path()).env("CC", "nosuchcc").args([
        "probe",
        "--no-cache",
        "--only",
        "compilers",
        "--languages",
        "c",
    ]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr
            .lines()
            .any(|line| line.starts_with("warning: CC is set to `nosuchcc`")),
        "{stderr}"
    );
}

#[test]
fn a_compiler_that_only_a_variable_names_is_looked_at() {
    let Some(gcc) = gcc() else { return };
    let (bin, elsewhere) = (Directory::new(), Directory::new());
    let own = elsewhere.path().join("my-own-compiler");
    stand_in(&own, &gcc);
    let found = report(look(&bin.path()).env("CC", &own));
    let toolchain = toolchain_at(&found, &own, Language::C).unwrap();
    assert!(
        toolchain.family == "gcc" && holds(toolchain),
        "{toolchain:?}"
    );
    // Arguments in it are part of what is looked at.
    let value = format!("{} -std=c99", own.display());
    let found = report(look(&bin.path()).env("CC", value));
    let driver = &toolchain_at(&found, &own, Language::C).unwrap().drivers[&Language::C];
    assert_eq!(driver.arguments, ["-std=c99"]);
}

#[test]
fn hard_links_are_one_compiler() {
    let Some(gcc) = gcc() else { return };
    let bin = Directory::new();
    let (short, long) = (bin.path().join("gcc"), bin.path().join("gcc-12"));
    stand_in(&short, &gcc);
    fs::hard_link(&short, &long).unwrap();
    let found = report(&mut look(&bin.path()));
    let driver = &only(&found, &bin.path()).drivers[&Language::C];
    assert_eq!(Path::new(&driver.path), long);
    assert_eq!(driver.aliases, [short.display().to_string()]);
}

/// Two directories that are one, and a directory that is in `PATH` twice.
#[test]
fn a_directory_is_looked_into_once() {
    let Some(gcc) = gcc() else { return };
    let bin = Directory::new();
    let real = bin.sub("real");
    symlink(&gcc, real.join("gcc-12")).unwrap();
    let link = bin.path().join("link");
    symlink(&real, &link).unwrap();
    let mut command = probe([link.clone(), real.clone(), link.clone(), tools().to_owned()]);
    let found = report(
        command
            .args(["--only", "compilers", "--languages", "c", "--path"])
            .arg(&real),
    );
    let driver = &only(&found, &bin.path()).drivers[&Language::C];
    assert_eq!(Path::new(&driver.path), link.join("gcc-12"));
    assert_eq!(driver.aliases, Vec::<String>::new());
}

#[test]
fn odd_characters_in_paths_are_no_trouble() {
    let Some(gcc) = gcc() else { return };
    for name in [
        "a directory",
        "it's",
        "\"quoted\"",
        "$HOME",
        "a;b",
        "ünïcödé",
        "new\nline",
        "-dash",
        "*",
        "back\\slash",
    ] {
        let bin = Directory::new();
        let directory = bin.sub(name);
        let compiler = directory.join("gcc");
        stand_in(&compiler, &gcc);
        let found = report(&mut look(&directory));
        let toolchain = toolchain_at(&found, &compiler, Language::C)
            .unwrap_or_else(|| panic!("{name}: {found:?}"));
        assert!(holds(toolchain), "{name}: {toolchain:?}");
        // A path with spaces is one word where a user names it.
        let found = report(look(&bin.path()).arg("--compiler").arg(&compiler));
        assert!(
            toolchain_at(&found, &compiler, Language::C).is_some(),
            "{name}: {found:?}"
        );
    }
}

/// JSON holds no such path: the compiler is left out, and that is said.
#[test]
fn a_path_that_is_no_text_is_left_out() {
    let Some(gcc) = gcc() else { return };
    let bin = Directory::new();
    let directory = bin.path().join(OsStr::from_bytes(b"caf\xe9"));
    if fs::create_dir(&directory).is_err() {
        println!("skipped: this file system takes no such name");
        return;
    }
    stand_in(&directory.join("gcc"), &gcc);
    let found = answer(&mut look(&directory));
    assert!(
        !found.text.contains("\"path\": \"/tmp/caf"),
        "{}",
        found.text
    );
    assert!(
        toolchains_in(&found.report, &bin.path()).is_empty(),
        "{found:?}",
        found = found.report
    );
    let own = warnings(&found.report, "caf");
    assert_eq!(own.len(), 1, "{:?}", found.report.warnings);
    assert!(own[0].contains("is left out"), "{own:?}");
}

/// Whoever stands in a directory must not choose the compiler.
#[test]
fn relative_directories_in_path_are_passed_over() {
    let Some(gcc) = gcc() else { return };
    let here = Directory::new();
    stand_in(&here.sub("bin").join("gcc"), &gcc);
    stand_in(&here.path().join("gcc"), &gcc);
    for path in ["bin", ".", "", "./bin:", "bin:.:bin"] {
        let mut command = probe(Vec::<PathBuf>::new());
        command.env("PATH", path).current_dir(here.path());
        let found = report(command.args(["--only", "compilers", "--languages", "c"]));
        assert!(
            toolchains_in(&found, &here.path()).is_empty(),
            "{path}: {found:?}"
        );
        let relative = found
            .toolchains
            .iter()
            .flat_map(|toolchain| toolchain.drivers.values())
            .find(|driver| !Path::new(&driver.path).is_absolute());
        assert_eq!(relative, None, "{path}");
    }
}

/// What a user names by hand may be relative.
#[test]
fn a_relative_path_that_a_user_names_is_taken() {
    let Some(gcc) = gcc() else { return };
    let here = Directory::new();
    stand_in(&here.sub("bin").join("gcc"), &gcc);
    let empty = Directory::new();
    for (option, value) in [
        ("--path", "."),
        ("--path", "bin"),
        ("--compiler", "bin/gcc"),
        ("--compiler", "./bin/gcc"),
    ] {
        let mut command = look(&empty.path());
        let found = report(command.current_dir(here.path()).args([option, value]));
        let path = &only(&found, &here.path()).drivers[&Language::C].path;
        assert!(
            Path::new(path).is_absolute()
                && dunce::canonicalize(path).unwrap() == here.path().join("bin/gcc"),
            "{option} {value}: {path}"
        );
    }
}

#[test]
fn entries_of_path_that_are_no_directories_are_no_trouble() {
    let bin = Directory::new();
    let file = bin.path().join("file");
    fs::write(&file, "").unwrap();
    let dangling = bin.path().join("dangling");
    symlink("/nonexistent/directory", &dangling).unwrap();
    let around = bin.path().join("around");
    symlink(&around, &around).unwrap();
    let mut command = probe([file, dangling, around, PathBuf::from("/nonexistent")]);
    let found = report(command.args(["--only", "compilers", "--languages", "c"]));
    assert!(toolchains_in(&found, &bin.path()).is_empty());
}

#[test]
fn a_directory_that_cannot_be_read_is_warned_of() {
    let bin = Directory::new();
    let closed = bin.sub("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        println!("skipped: root reads every directory");
        return;
    }
    let found = report(&mut look(&closed));
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    let own = warnings(&found, "closed");
    assert_eq!(own.len(), 1, "{:?}", found.warnings);
    assert!(own[0].contains("cannot be read"), "{own:?}");
}

/// Files that have a compiler's name and are none.
#[test]
fn what_cannot_be_started_is_passed_over() {
    let bin = Directory::new();
    let path = bin.path();
    fs::create_dir(path.join("gcc")).unwrap();
    symlink("/nonexistent/gcc", path.join("gcc-11")).unwrap();
    fs::write(path.join("gcc-10"), "#!/bin/sh\n").unwrap();
    symlink(path.join("gcc-9"), path.join("gcc-9")).unwrap();
    let found = report(&mut look(&path));
    assert!(toolchains_in(&found, &path).is_empty(), "{found:?}");
    assert_eq!(
        warnings(&found, &path.display().to_string()),
        Vec::<&String>::new()
    );
}

#[test]
fn a_compiler_that_is_found_twice_is_asked_once() {
    let Some(gcc) = gcc() else { return };
    let (bin, log) = (Directory::new(), Directory::new());
    let file = log.path().join("log");
    script(
        &bin.path().join("gcc"),
        &format!(
            "echo \"$*\" >>'{}'\nexec '{}' \"$@\"\n",
            file.display(),
            gcc.display()
        ),
    );
    for name in ["cc", "gcc-12", "x86_64-linux-gnu-gcc-12"] {
        symlink(bin.path().join("gcc"), bin.path().join(name)).unwrap();
    }
    let starts = || {
        let starts = fs::read_to_string(&file).unwrap().lines().count();
        fs::remove_file(&file).unwrap();
        starts
    };
    report(
        look(&bin.path())
            .args(["--compiler"])
            .arg(bin.path().join("gcc")),
    );
    let once = starts();
    let found = report(&mut look(&bin.path()));
    assert_eq!(starts(), once);
    assert_eq!(
        only(&found, &bin.path()).drivers[&Language::C]
            .aliases
            .len(),
        3
    );
}

/// A prefix has its programs in `bin`; a directory of programs has them itself.
#[test]
fn a_prefix_and_a_directory_of_programs_are_both_paths() {
    let Some(gcc) = gcc() else { return };
    let (prefix, empty) = (Directory::new(), Directory::new());
    stand_in(&prefix.sub("bin").join("gcc"), &gcc);
    let own = report(look(&empty.path()).arg("--path").arg(prefix.path()));
    let other = report(
        look(&empty.path())
            .arg("--path")
            .arg(prefix.path().join("bin")),
    );
    assert_eq!(only(&own, &prefix.path()), only(&other, &prefix.path()));
}

#[test]
fn nothing_in_path_is_nothing_found() {
    let bin = Directory::new();
    link_programs(&bin.path(), &["cat", "sh"]);
    let found = report(&mut look(&bin.path()));
    assert!(toolchains_in(&found, &bin.path()).is_empty());
    assert_eq!(
        warnings(&found, &bin.path().display().to_string()),
        Vec::<&String>::new()
    );
}
