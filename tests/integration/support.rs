//! What the tests share.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;

/// The command, in an empty directory of its own choosing and an environment
/// without the user's layer, colours or compiler variables.
pub(crate) fn cfgmatrix() -> Command {
    let mut command =
        Command::cargo_bin("cfgmatrix").expect("cargo builds the binary before its tests");
    for name in [
        "HOME",
        "XDG_CONFIG_HOME",
        "APPDATA",
        "CC",
        "CXX",
        "FC",
        "CFLAGS",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "NO_COLOR",
    ] {
        command.env_remove(name);
    }
    command.current_dir(repository().join("tests"));
    command.env("XDG_CACHE_HOME", cache());
    command
}

/// Where all of this process remember what the machine has: it does not change
/// while tests run.
pub(crate) fn cache() -> &'static Path {
    static CACHE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = || tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    CACHE.get_or_init(made).path()
}

/// The top of the repository.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A report of this machine, made once for all that ask what it has.
pub(crate) fn host() -> &'static Path {
    static HOST: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = HOST.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host.json");
        let mut probe = cfgmatrix();
        probe.args(["probe", "--format", "json"]);
        std::fs::write(&path, stdout(&mut probe)).unwrap();
        (directory, path)
    });
    path
}

/// What the command printed on standard output, as text; it must have ended well.
pub(crate) fn stdout(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {stderr}", output.status);
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

/// What the command printed on standard output, as JSON.
pub(crate) fn json(command: &mut Command) -> serde_json::Value {
    serde_json::from_str(&stdout(command)).expect("output is one JSON document")
}

/// Whether a test can run. Where `present` is false it says so, and fails if
/// `CFGMATRIX_REQUIRE=all` says that nothing may be absent.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment what must be there"
)]
pub(crate) fn have(present: bool, what: &str) -> bool {
    if !present {
        assert!(
            std::env::var("CFGMATRIX_REQUIRE").as_deref() != Ok("all"),
            "CFGMATRIX_REQUIRE=all, and this is absent: {what}"
        );
        println!("skipped: needs {what}");
    }
    present
}

/// The first executable of this name in PATH.
#[expect(
    clippy::disallowed_methods,
    reason = "tests look for real compilers where the user's shell would"
)]
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// Shared reference data beside the repository, if it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = repository().join("..").join("shared").join(path);
    path.exists().then_some(path)
}

/// Every file below a directory, in order.
pub(crate) fn files_in(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("the directory is readable").path())
        .collect();
    files.sort();
    files
}

/// Whether what is expected is to be recorded anew.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' user says by the environment whether to record anew"
)]
pub(crate) fn blessing() -> bool {
    std::env::var_os("CFGMATRIX_BLESS").is_some_and(|value| value == "1")
}
