//! `cfgmatrix probe`: what it finds on this machine, and on machines that the
//! tests make up from directories of links, scripts and stand-ins.

mod blas;
mod cache;
mod compilers;
mod fakes;
mod hostile;
mod mpi;
mod report;
mod wrappers;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;
use cfgmatrix::core::{HostDriver, HostReport, HostToolchain, Language};

use crate::support::{cfgmatrix, find_program};

/// What a run said and how it ended well.
struct Answer {
    report: HostReport,
    /// The report as it was printed.
    text: String,
}

/// `cfgmatrix probe` with a report in JSON, in an environment of nothing but a
/// `PATH` of these directories, and with no answers of earlier runs.
fn probe<P: AsRef<Path>>(path: impl IntoIterator<Item = P>) -> Command {
    let mut command = probe_with_cache(path);
    command.arg("--no-cache");
    command
}

/// The same, where the caller says what becomes of the answers.
fn probe_with_cache<P: AsRef<Path>>(path: impl IntoIterator<Item = P>) -> Command {
    let directories = path
        .into_iter()
        .map(|directory| directory.as_ref().to_owned());
    let path = std::env::join_paths(directories).unwrap();
    let mut command = cfgmatrix();
    command.env_clear().env("PATH", path);
    if let Some(file) = coverage_file() {
        command.env("LLVM_PROFILE_FILE", file);
    }
    command.args(["probe", "--format", "json"]);
    command
}

/// Where an instrumented command writes its counters; it litters without.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where coverage goes"
)]
fn coverage_file() -> Option<OsString> {
    std::env::var_os("LLVM_PROFILE_FILE")
}

/// The directories of the user's `PATH`.
#[expect(
    clippy::disallowed_methods,
    reason = "tests look for real compilers where the user's shell would"
)]
fn user_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

fn answer(command: &mut Command) -> Answer {
    let output = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {stderr}", output.status);
    assert_eq!(stderr, "", "a report in JSON holds its warnings itself");
    let text = String::from_utf8(output.stdout).expect("output is UTF-8");
    let report = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Answer { report, text }
}

fn report(command: &mut Command) -> HostReport {
    answer(command).report
}

/// This machine as it is, looked at once for all tests that only read.
fn machine() -> &'static Answer {
    static MACHINE: LazyLock<Answer> = LazyLock::new(|| {
        let mut command = probe(user_path());
        command.args([
            "--emulator",
            "aarch64-linux=qemu-aarch64,-L,/usr/aarch64-linux-gnu",
        ]);
        answer(&mut command)
    });
    &MACHINE
}

/// The drivers of a report with their toolchains.
fn drivers(report: &HostReport) -> impl Iterator<Item = (&HostToolchain, Language, &HostDriver)> {
    report.toolchains.iter().flat_map(|toolchain| {
        let drivers = toolchain.drivers.iter();
        drivers.map(move |(&language, driver)| (toolchain, language, driver))
    })
}

/// The toolchain whose driver for a language has this path, by any of its names.
fn toolchain_at<'r>(
    report: &'r HostReport,
    path: &Path,
    language: Language,
) -> Option<&'r HostToolchain> {
    let named = |driver: &HostDriver| {
        Path::new(&driver.path) == path
            || driver.aliases.iter().any(|alias| Path::new(alias) == path)
    };
    drivers(report)
        .find(|(_, of, driver)| *of == language && named(driver))
        .map(|(toolchain, ..)| toolchain)
}

/// The toolchains that have a driver in a directory: those of makers' usual
/// places are found whatever `PATH` is.
fn toolchains_in<'r>(report: &'r HostReport, directory: &Path) -> Vec<&'r HostToolchain> {
    let inside = |driver: &HostDriver| Path::new(&driver.path).starts_with(directory);
    report
        .toolchains
        .iter()
        .filter(|toolchain| toolchain.drivers.values().any(inside))
        .collect()
}

/// A directory that a test fills.
struct Directory(tempfile::TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room for temporary files"))
    }

    /// Its path without links, as reports of what lies in it have it.
    fn path(&self) -> PathBuf {
        dunce::canonicalize(self.0.path()).unwrap()
    }

    fn sub(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

/// Links to programs of this machine, under their own names.
fn link_programs(directory: &Path, names: &[&str]) {
    for name in names {
        if let Some(program) = find_program(name) {
            symlink(program, directory.join(name)).unwrap();
        }
    }
}

/// A directory with what compilers start and no compiler.
fn tools() -> &'static Path {
    static TOOLS: LazyLock<Directory> = LazyLock::new(|| {
        let directory = Directory::new();
        let names = [
            "as", "ld", "ar", "nm", "objcopy", "ranlib", "sh", "cat", "rm", "sed", "yes", "sleep",
            "readlink", "dirname", "basename", "head", "tr",
        ];
        link_programs(&directory.path(), &names);
        directory
    });
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| TOOLS.path());
    &PATH
}

/// An executable script.
fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A script that is the real compiler under another path.
fn stand_in(path: &Path, real: &Path) {
    script(path, &format!("exec '{}' \"$@\"\n", real.display()));
}
