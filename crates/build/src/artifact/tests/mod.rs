//! Files that real compilers make, read.

mod apple;
// These start the system's loader or read its directories.
#[cfg(target_os = "linux")]
mod chance;
#[cfg(target_os = "linux")]
mod closures;
#[cfg(target_os = "linux")]
mod findings;
mod malformed;
mod producers;
mod speed;
mod symbols;
mod windows;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Artifact, ArtifactError};

/// Whether a test can run. Where `present` is false it says so, and fails if
/// `CFGMATRIX_REQUIRE=all` says that nothing may be absent.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests are told by the environment what must be there, and say what is not"
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

/// Whether these programs can be started; says what is absent.
#[expect(
    clippy::disallowed_methods,
    reason = "tests look for real compilers where the user's shell would"
)]
pub(crate) fn have_programs(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    names.iter().all(|name| {
        let found = std::env::split_paths(&path).any(|directory| directory.join(name).is_file());
        have(found, name)
    })
}

/// A command with an environment that leads no loader astray.
#[expect(
    clippy::disallowed_methods,
    reason = "tests start real compilers and the real loader"
)]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in [
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "CFLAGS",
        "CPATH",
        "LIBRARY_PATH",
        "LDFLAGS",
    ] {
        command.env_remove(name);
    }
    command
}

/// A directory to build in. Its path has no links, as `/proc/self/exe` has none.
pub(crate) struct Workshop {
    _kept: TempDir,
    path: PathBuf,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let kept = tempfile::tempdir().expect("there is a directory for temporary files");
        let path = dunce::canonicalize(kept.path()).expect("it was just made");
        Self { _kept: kept, path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().expect("it is below the workshop")).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs a compiler line, split at blanks, in the workshop.
    pub(crate) fn run(&self, line: &str) {
        let mut words = line.split_whitespace();
        let output = command(words.next().expect("a line has a program"))
            .args(words)
            .current_dir(&self.path)
            .output()
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {stderr}");
    }

    fn read(&self, name: &str) -> Artifact {
        read(&self.path.join(name)).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn read(path: &Path) -> Result<Artifact, ArtifactError> {
    Artifact::read(path)
}

/// A program with an assertion, and a function to optimise.
const PROGRAM: &str = "\
#include <assert.h>
#include <stdio.h>
int square(int n) { assert(n < 1000); return n * n; }
int main(int argc, char **argv) { (void)argv; printf(\"%d\\n\", square(argc)); return 0; }
";
