//! Trying it out: compile, link and run a small program. What was only
//! accepted proves nothing (`tcc -fopenmp`, `gcc -openmp`).

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::identify::{CompilerCommand, IdentifyError};
use crate::process::{Invocation, Output, ProcessError};

/// A small program that tries something out.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// Its source.
    pub source: &'a str,
    /// The source's file name; its suffix tells the language.
    pub file: &'a str,
    /// Arguments before the source.
    pub flags: Vec<OsString>,
    /// Arguments after the source.
    pub libs: Vec<OsString>,
    /// Whether what is built can run here.
    pub runs_here: bool,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It did not compile or link: the first line that says error.
    NotBuilt {
        /// What the compiler said.
        first_error: String,
    },
    /// It was built, and could not run here.
    NotRun {
        /// Files that the linker read.
        linked: Vec<PathBuf>,
    },
    /// It was built, and did not end well: what it said.
    Failed {
        /// What it said, or its exit status.
        said: String,
        /// Files that the linker read.
        linked: Vec<PathBuf>,
    },
    /// It was built and ran.
    Ran {
        /// What it printed.
        stdout: String,
        /// Files that the linker read.
        linked: Vec<PathBuf>,
    },
}

impl Trial<'_> {
    /// Builds and runs it with a compiler.
    ///
    /// # Errors
    /// The compiler or the program cannot be started, or does not end.
    pub fn attempt(&self, compiler: &CompilerCommand) -> Result<Outcome, IdentifyError> {
        let directory = tempfile::tempdir().map_err(|source| IdentifyError::Write {
            path: std::env::temp_dir(),
            source,
        })?;
        let source = directory.path().join(self.file);
        fs::write(&source, self.source).map_err(|error| IdentifyError::Write {
            path: source,
            source: error,
        })?;
        let program = directory
            .path()
            .join(format!("trial{}", std::env::consts::EXE_SUFFIX));
        let built = compiler
            .invocation()
            .arguments(&self.flags)
            // Every linker that compilers drive here prints the files it reads on -t.
            .arguments([OsStr::new(self.file), OsStr::new("-o"), program.as_os_str()])
            .arguments(["-Wl,-t"])
            .arguments(&self.libs)
            .run_in(directory.path())?;
        if !built.status.success() {
            return Ok(Outcome::NotBuilt {
                first_error: first_error(&built),
            });
        }
        let linked = linked_files(&built);
        if !self.runs_here {
            return Ok(Outcome::NotRun { linked });
        }
        let ran = match Invocation::new(&program).run_in(directory.path()) {
            Ok(ran) => ran,
            // A program of another system: built, not run.
            Err(ProcessError::Start { source, .. }) if source.raw_os_error() == Some(8) => {
                return Ok(Outcome::NotRun { linked });
            }
            Err(error) => return Err(error.into()),
        };
        if ran.status.success() {
            let stdout = String::from_utf8_lossy(&ran.stdout).into_owned();
            return Ok(Outcome::Ran { stdout, linked });
        }
        let said = ran
            .text()
            .trim()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        let said = if said.is_empty() {
            ran.status.to_string()
        } else {
            said
        };
        Ok(Outcome::Failed { said, linked })
    }
}

/// The switch that lets a program find libraries in a directory.
pub(crate) fn rpath(directory: &Path) -> OsString {
    let mut switch = OsString::from("-Wl,-rpath,");
    switch.push(directory);
    switch
}

/// The first line that names an error, or the first line at all.
fn first_error(output: &Output) -> String {
    let text = output.text();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines
        .clone()
        .find(|line| line.contains("error") || line.contains("cannot find"));
    error
        .or_else(|| lines.next())
        .unwrap_or("it said nothing")
        .to_owned()
}

fn linked_files(output: &Output) -> Vec<PathBuf> {
    let text = output.text();
    let paths = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.ends_with(')'));
    // An archive's members are printed as (archive)member: the archive counts.
    let files = paths.map(|line| match line.strip_prefix('(') {
        Some(member) => member.split(')').next().unwrap_or(member),
        None => line,
    });
    let mut files: Vec<PathBuf> = files
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .collect();
    files.dedup();
    files
}

/// The file out of `linked` that is the library of this name: `omp` is
/// `libomp.so`, `libomp.dylib` or `libomp.a`.
#[must_use]
pub fn library_file<'a>(linked: &'a [PathBuf], name: &str) -> Option<&'a Path> {
    let stem = format!("lib{name}.");
    linked.iter().map(PathBuf::as_path).find(|path| {
        path.file_name()
            .and_then(OsStr::to_str)
            .is_some_and(|file| file.starts_with(&stem))
    })
}
