//! Trying it out: compile, link and run a small program. What was only
//! accepted proves nothing (`tcc -fopenmp`, `gcc -openmp`).

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix_core::Dialect;

use crate::identify::{CompilerCommand, IdentifyError, temporary_directory};
use crate::process::{Invocation, Output, ProcessError, quoted};

/// Variables that change how many threads a program starts. What is tried out
/// must not depend on the user's.
const THREAD_VARIABLES: &[&str] = &[
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "OMP_DYNAMIC",
    "OMP_NESTED",
    "OMP_MAX_ACTIVE_LEVELS",
    "OMP_PROC_BIND",
    "OMP_PLACES",
    "OMP_STACKSIZE",
    "OMP_TARGET_OFFLOAD",
    "GOMP_CPU_AFFINITY",
    "KMP_AFFINITY",
    "KMP_ALL_THREADS",
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "MKL_DYNAMIC",
    "MKL_THREADING_LAYER",
    "MKL_INTERFACE_LAYER",
];

/// How a program that was built can be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Runner {
    /// As it is.
    #[default]
    Here,
    /// By another program, such as `qemu-aarch64 -L /usr/aarch64-linux-gnu`.
    Through(Vec<OsString>),
    /// Not at all: it is for another system.
    Nowhere,
}

/// A small program that tries something out.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// Its source.
    pub source: &'a str,
    /// The source's file name; its suffix tells the language.
    pub file: &'a str,
    /// The object that it was compiled to before, in place of the source.
    pub object: Option<&'a Path>,
    /// Arguments before the source.
    pub flags: Vec<OsString>,
    /// Arguments after the source.
    pub libs: Vec<OsString>,
    /// How what is built can run.
    pub runner: Runner,
    /// How the compiler's command line is shaped.
    pub dialect: Dialect,
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
    NotRun,
    /// It was built, and did not end well: what it said.
    Failed {
        /// What it said, or its exit status.
        said: String,
    },
    /// It was built and ran.
    Ran {
        /// What it printed.
        stdout: String,
    },
}

/// A program that was built, in a directory that lives as long as this.
#[derive(Debug)]
pub struct Built {
    directory: tempfile::TempDir,
    program: PathBuf,
    runner: Runner,
    /// The command that built it.
    pub command: Vec<String>,
    /// What the compiler said on standard error.
    pub said: String,
    /// Files that the linker read.
    pub linked: Vec<PathBuf>,
}

/// A trial that built nothing.
#[derive(Clone, Debug)]
pub struct Unbuilt {
    /// The command.
    pub command: Vec<String>,
    /// Its exit status.
    pub status: Option<i32>,
    /// The first line that says error.
    pub first_error: String,
    /// Directories in which the linker looked for libraries.
    pub searched: Vec<PathBuf>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The command.
    pub command: Vec<String>,
    /// Its exit status.
    pub status: Option<i32>,
    /// How it went.
    pub outcome: Outcome,
    /// Everything that it said, both streams.
    pub text: String,
}

impl Trial<'_> {
    /// Builds it with a compiler.
    ///
    /// # Errors
    /// The compiler cannot be started, or does not end.
    pub fn build(
        &self,
        compiler: &CompilerCommand,
    ) -> Result<Result<Built, Unbuilt>, IdentifyError> {
        let directory = temporary_directory()?;
        if self.object.is_none() {
            write_source(directory.path(), self.file, self.source)?;
        }
        let input = self.object.map_or(OsStr::new(self.file), Path::as_os_str);
        let windows = cfg!(windows) || self.dialect == Dialect::Msvc;
        let name = if windows { "trial.exe" } else { "trial" };
        let program = directory.path().join(name);
        let invocation = compiler.invocation();
        let invocation = match self.dialect {
            Dialect::Msvc => {
                let output = format!("/Fe:{name}");
                let link = (!self.libs.is_empty()).then(|| OsString::from("/link"));
                invocation
                    .arguments(["/nologo"])
                    .arguments(&self.flags)
                    .arguments([input])
                    .arguments([output])
                    .arguments(link)
                    .arguments(&self.libs)
            }
            _ => invocation
                .arguments(&self.flags)
                // Every linker that compilers drive here prints the files it reads on -t.
                .arguments([input, OsStr::new("-o"), OsStr::new(name)])
                .arguments(["-Wl,-t"])
                .arguments(&self.libs),
        };
        let output = invocation.run_in(directory.path())?;
        // Where the object lies is gone when its words are read.
        let shown = self
            .object
            .map(|object| (object.display().to_string(), "trial.o"));
        let words = invocation.words().into_iter();
        let command: Vec<String> = words
            .map(|word| match &shown {
                Some((path, name)) if word == *path => (*name).to_owned(),
                _ => word,
            })
            .collect();
        if !output.status.success() {
            return Ok(Err(Unbuilt {
                command,
                status: output.status.code(),
                first_error: first_error(&output),
                searched: searched_directories(&output),
            }));
        }
        let linked = linked_files(&output);
        // MinGW's linker adds the suffix by itself.
        let with_suffix = program.with_extension("exe");
        let program = if with_suffix.is_file() {
            with_suffix
        } else {
            program
        };
        Ok(Ok(Built {
            directory,
            program,
            runner: self.runner.clone(),
            command,
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
            linked,
        }))
    }
}

/// Compiles a source into an object in a directory; nothing where it does not compile.
///
/// # Errors
/// The compiler cannot be started, or does not end.
pub(crate) fn compile(
    compiler: &CompilerCommand,
    flags: &[OsString],
    (file, source): (&str, &str),
    directory: &Path,
) -> Result<Option<PathBuf>, IdentifyError> {
    write_source(directory, file, source)?;
    let object = directory.join("trial.o");
    let output = compiler
        .invocation()
        .arguments(flags)
        .arguments(["-c", file, "-o", "trial.o"])
        .run_in(directory)?;
    Ok((output.status.success() && object.is_file()).then_some(object))
}

fn write_source(directory: &Path, file: &str, source: &str) -> Result<(), IdentifyError> {
    let path = directory.join(file);
    fs::write(&path, source).map_err(|source| IdentifyError::Write { path, source })
}

impl Built {
    /// The program's file.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The directory that it lies in.
    #[cfg(feature = "survey")]
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs it.
    ///
    /// # Errors
    /// It does not end, or writes without end.
    pub fn run(
        &self,
        arguments: &[String],
        environment: &[(OsString, OsString)],
    ) -> Result<Ran, IdentifyError> {
        let invocation = match &self.runner {
            Runner::Nowhere => {
                return Ok(Ran {
                    command: Vec::new(),
                    status: None,
                    outcome: Outcome::NotRun,
                    text: String::new(),
                });
            }
            Runner::Here => Invocation::new(&self.program),
            Runner::Through(words) => {
                let (program, rest) = words.split_first().expect("a runner names a program");
                Invocation::new(Path::new(program))
                    .arguments(rest)
                    .arguments([&self.program])
            }
        };
        let invocation = invocation.arguments(arguments);
        run_program(&invocation, environment, self.directory.path())
    }
}

/// Runs a program that was built, or one that starts it.
pub(crate) fn run_program(
    invocation: &Invocation,
    environment: &[(OsString, OsString)],
    directory: &Path,
) -> Result<Ran, IdentifyError> {
    let invocation = invocation
        .clone()
        .without(THREAD_VARIABLES)
        .environment(environment);
    // Where it was built is gone when its words are read.
    let place = format!("{}{}", directory.display(), std::path::MAIN_SEPARATOR);
    let own = |text: String| text.replace(&place, "");
    let command: Vec<String> = invocation.words().into_iter().map(own).collect();
    let output = match invocation.run_in(directory) {
        Ok(output) => output,
        // A program of another system: built, not run.
        Err(ProcessError::Start { source, .. }) if source.raw_os_error() == Some(8) => {
            return Ok(Ran {
                command,
                status: None,
                outcome: Outcome::NotRun,
                text: String::new(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = own(output.text());
    let outcome = if output.status.success() {
        Outcome::Ran { stdout }
    } else {
        // A line of dashes says nothing.
        let mut lines = text.lines().map(quoted);
        let said = lines.find(|line| line.contains(char::is_alphanumeric));
        Outcome::Failed {
            said: said.unwrap_or_else(|| output.status.to_string()),
        }
    };
    Ok(Ran {
        command,
        status: output.status.code(),
        outcome,
        text,
    })
}

/// The switch that lets a program find libraries in a directory.
pub(crate) fn rpath(directory: &Path) -> OsString {
    let mut switch = OsString::from("-Wl,-rpath,");
    switch.push(directory);
    switch
}

/// The line that says best what is wrong: the first that names an error and is
/// not the driver's summary, else the first at all.
fn first_error(output: &Output) -> String {
    let text = output.text();
    let lines = text.lines().map(quoted).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    let summary =
        |line: &str| line.contains("ld returned") || line.contains("linker command failed");
    let errors = || lines.iter().filter(|line| names_an_error(line));
    let first = errors().find(|line| !summary(line));
    let first = first.or_else(|| errors().next()).or_else(|| lines.first());
    first.map_or_else(|| "it said nothing".to_owned(), String::clone)
}

/// Whether a line speaks of an error, rather than of an option with such a name.
fn names_an_error(line: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let word = |word: &str| {
        let mut found = line.match_indices(word);
        found.any(|(at, _)| {
            // `warn.error.c` is a file.
            !line[..at].ends_with(|c| inside(c) || c == '.')
                && !line[at + word.len()..].starts_with(inside)
        })
    };
    ["error", "Error", "ERROR", "fatal"].into_iter().any(word)
        || ["cannot find", "undefined reference", "undefined symbol"]
            .iter()
            .any(|text| line.contains(text))
}

fn linked_files(output: &Output) -> Vec<PathBuf> {
    let text = output.text();
    let paths = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.ends_with(')') && !line.contains(" -"));
    // An archive's members are printed as (archive)member: the archive counts.
    let files = paths.map(|line| match line.strip_prefix('(') {
        Some(member) => member.split(')').next().unwrap_or(member),
        None => line,
    });
    // The trial's own objects are nobody's library.
    let temporary = std::env::temp_dir();
    let mut files: Vec<PathBuf> = files
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() && !path.starts_with(&temporary))
        .collect();
    files.dedup();
    files
}

/// The directories of `-L` that a linker was given, where the driver showed them.
fn searched_directories(output: &Output) -> Vec<PathBuf> {
    let text = output.text();
    let mut directories: Vec<PathBuf> = text
        .split_whitespace()
        .filter_map(|word| word.trim_matches('"').strip_prefix("-L"))
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .collect();
    directories.sort();
    directories.dedup();
    directories
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_no_error() {
        assert!(names_an_error("x.c:1:1: error: expected ';'"));
        assert!(names_an_error("icc: error #10106: Fatal error in mcpcom"));
        assert!(names_an_error(
            "/usr/bin/ld: cannot find -lomp: No such file or directory"
        ));
        assert!(names_an_error("x.so:1: syntax error"));
        for line in [
            "Configured with: ../src/configure --disable-werror --enable-checking",
            "\"clang\" -cc1 -ferror-limit 19 -Werror x.c",
            "error_handler.o",
            "/usr/lib/gcc/cc1 -quiet -v warn.error.fails.c -o x.s",
        ] {
            assert!(!names_an_error(line), "{line}");
        }
    }
}
