//! What a compiler on this machine is: its predefined macros first, its banner
//! second, its name never.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Identification, KnowledgeBase, Language, MacroSet, Unidentified};

use crate::process::{Invocation, Output, ProcessError, quoted};

/// A compiler to be identified: an executable, and arguments that are part of
/// its name (`zig cc`, `fcc -Nclang`, `ccache gcc`).
#[derive(Clone, Debug)]
pub struct CompilerCommand {
    /// The executable.
    pub program: PathBuf,
    /// Arguments before all others.
    pub arguments: Vec<OsString>,
    /// Environment that it needs beside this process's own.
    pub environment: Vec<(OsString, OsString)>,
    /// How long one run of it may take; none stands for the usual.
    pub time_limit: Option<std::time::Duration>,
}

/// Why a compiler could not be identified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifyError {
    /// It could not be run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// It ran, and what it says tells no family.
    #[error("{} is no compiler that is known: {reason}", .program.display())]
    Unidentified {
        /// The executable.
        program: PathBuf,
        /// What was tried last.
        reason: Unidentified,
        /// The first line that it printed.
        said: String,
    },
    /// The knowledge base does not load.
    #[error(transparent)]
    Knowledge(#[from] cfgmatrix_core::Error),
    /// A temporary file could not be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl CompilerCommand {
    /// An executable without further arguments.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            time_limit: None,
        }
    }

    pub(crate) fn invocation(&self) -> Invocation {
        let invocation = Invocation::new(&self.program)
            .arguments(&self.arguments)
            .environment(&self.environment);
        match self.time_limit {
            Some(limit) => invocation.time_limit(limit),
            None => invocation,
        }
    }

    /// The predefined macros, or `None` where the compiler does not print them.
    ///
    /// # Errors
    /// It could not be run.
    pub fn macros(&self, language: Language) -> Result<Option<MacroSet>, IdentifyError> {
        let preprocessed = self.preprocess(language, Preprocess::Empty)?;
        Ok(preprocessed.map(|(macros, _)| macros))
    }

    /// One run of the preprocessor: its macros, and what it said beside them.
    fn preprocess(
        &self,
        language: Language,
        what: Preprocess,
    ) -> Result<Option<(MacroSet, String)>, IdentifyError> {
        let directory = temporary_directory()?;
        let (file, switches): (&str, &[&str]) = match language {
            Language::C => ("empty.c", &["-E", "-dM"]),
            Language::Cxx => ("empty.cpp", &["-E", "-dM"]),
            _ => ("empty.F90", &["-cpp", "-E", "-dM"]),
        };
        let (text, verbose) = match (what, language) {
            (Preprocess::Empty, _) => ("", None),
            // The smallest headers that bring the libraries' own macros.
            (Preprocess::Libraries, Language::C) => ("#include <limits.h>\n", Some("-v")),
            (Preprocess::Libraries, Language::Cxx) => ("#include <climits>\n", Some("-v")),
            (Preprocess::Libraries, _) => ("", Some("-v")),
        };
        let path = directory.path().join(file);
        fs::write(&path, text).map_err(|source| IdentifyError::Write { path, source })?;
        let output = self
            .invocation()
            .arguments(verbose)
            .arguments(switches)
            .arguments([file])
            .run_in(directory.path())?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(
            (output.status.success() && text.contains("#define ")).then(|| {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                (MacroSet::parse(&text), said)
            }),
        )
    }

    /// Tells what the compiler is.
    ///
    /// # Errors
    /// It cannot be run, or is of no family that is known.
    pub fn identify(
        &self,
        known: &KnowledgeBase,
        language: Language,
    ) -> Result<Identification, IdentifyError> {
        Ok(self.examine(known, language)?.identification)
    }

    /// Tells what the compiler is, and which libraries it builds for. One run of
    /// the preprocessor where the compiler has one that tells: with `-v` it says
    /// in one go what it defines, what it calls itself, and where it looks.
    ///
    /// # Errors
    /// It cannot be run, or is of no family that is known.
    pub fn examine(
        &self,
        known: &KnowledgeBase,
        language: Language,
    ) -> Result<Examination, IdentifyError> {
        let whole = self.preprocess(language, Preprocess::Libraries)?;
        let preprocessed = match whole {
            Some(preprocessed) => Some(preprocessed),
            // Without the libraries' headers, or without `-v`.
            None => self.preprocess(language, Preprocess::Empty)?,
        };
        if let Some((macros, said)) = preprocessed
            && let Ok(found) = known.identify_macros(language, &macros)?
        {
            let identification = self.complete(known, language, found, &macros, &said)?;
            let include = include_directories(&said);
            return Ok(Examination {
                c_library: c_library(&macros, &include),
                cxx_library: cxx_library(&macros),
                include,
                identification,
            });
        }
        // Which switch prints a banner differs; a wrong one only prints an error.
        let mut first = None;
        for switches in [&["--version"][..], &["-V"], &["-qversion"], &[]] {
            let output = self.banner(switches)?;
            match known.identify_banner(&output.text())? {
                Ok(identification) => {
                    return Ok(identification.into());
                }
                Err(reason) => first = first.or_else(|| Some((reason, first_line(&output)))),
            }
        }
        let (reason, said) = first.expect("four switches were tried");
        Err(IdentifyError::Unidentified {
            program: self.program.clone(),
            reason,
            said,
        })
    }

    /// What macros do not tell: the target, and families that define no macro of
    /// their own.
    fn complete(
        &self,
        known: &KnowledgeBase,
        language: Language,
        mut found: Identification,
        macros: &MacroSet,
        said: &str,
    ) -> Result<Identification, IdentifyError> {
        if known.may_be_another(&found.family, language)? {
            // What it calls itself stands in what `-v` prints; where it does not, it is asked.
            let told = match known.identify_banner(head(said))? {
                Err(_) => known.identify_banner(&self.banner(&["--version"])?.text())?,
                told => told,
            };
            if let Ok(other) = told
                && other.family != found.family
            {
                return Ok(other);
            }
        }
        if found.target.is_none() {
            found.target = match printed_target(said) {
                Some(target) => Some(target),
                None => self.target(macros)?,
            };
        }
        Ok(found)
    }

    fn banner(&self, switches: &[&str]) -> Result<Output, ProcessError> {
        self.invocation().arguments(switches).run()
    }

    fn target(&self, macros: &MacroSet) -> Result<Option<String>, IdentifyError> {
        if !macros.has("__GNUC__") {
            return Ok(None);
        }
        let output = self.invocation().arguments(["-dumpmachine"]).run()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(
            (output.status.success() && text.contains('-') && !text.contains(char::is_whitespace))
                .then_some(text),
        )
    }
}

/// What is preprocessed to learn of a compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preprocess {
    /// Nothing: its own macros.
    Empty,
    /// A header: the libraries' macros too, and all that `-v` prints.
    Libraries,
}

/// What one look at a compiler told.
#[derive(Clone, Debug)]
pub struct Examination {
    /// What it is.
    pub identification: Identification,
    /// Default C library, such as `glibc 2.36`.
    pub c_library: Option<String>,
    /// Default C++ library, such as `libstdc++ 12`.
    pub cxx_library: Option<String>,
    /// Where it looks for headers.
    pub include: Vec<PathBuf>,
}

impl From<Identification> for Examination {
    /// What a banner alone tells.
    fn from(identification: Identification) -> Self {
        Self {
            identification,
            c_library: None,
            cxx_library: None,
            include: Vec::new(),
        }
    }
}

pub(crate) fn temporary_directory() -> Result<tempfile::TempDir, IdentifyError> {
    tempfile::tempdir().map_err(|source| IdentifyError::Write {
        path: std::env::temp_dir(),
        source,
    })
}

/// What a driver says of itself with `-v`, before the commands that it starts:
/// those are long, and are of its parts.
fn head(said: &str) -> &str {
    let commands = said
        .find("\n \"")
        .or_else(|| said.find("\nCOLLECT_GCC_OPTIONS"));
    &said[..commands.unwrap_or(said.len())]
}

/// The target that GCC and Clang print with `-v`.
fn printed_target(said: &str) -> Option<String> {
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("Target: "))?;
    let target = line.trim();
    (target.contains('-') && !target.contains(char::is_whitespace)).then(|| target.to_owned())
}

/// The directories that GCC and Clang print with `-v`.
fn include_directories(said: &str) -> Vec<PathBuf> {
    let lines = said.lines().map(str::trim);
    lines
        .skip_while(|line| !line.starts_with("#include <...>"))
        .skip(1)
        .take_while(|line| !line.starts_with("End of search list"))
        .map(|line| PathBuf::from(line.trim_end_matches(" (framework directory)")))
        .collect()
}

fn c_library(macros: &MacroSet, include: &[PathBuf]) -> Option<String> {
    let joined = |name: &str, parts: &[&str]| {
        let numbers: Vec<&str> = parts.iter().map_while(|part| macros.get(part)).collect();
        (!numbers.is_empty()).then(|| format!("{name} {}", numbers.join(".")))
    };
    let musl = || {
        // It defines nothing that tells; its headers stand in a directory of its name.
        let here = include
            .iter()
            .any(|path| path.to_string_lossy().contains("musl"));
        here.then(|| "musl".to_owned())
    };
    joined("glibc", &["__GLIBC__", "__GLIBC_MINOR__"])
        .or_else(|| {
            joined(
                "mingw-w64",
                &["__MINGW64_VERSION_MAJOR", "__MINGW64_VERSION_MINOR"],
            )
        })
        .or_else(|| joined("newlib", &["__NEWLIB__", "__NEWLIB_MINOR__"]))
        .or_else(|| macros.has("__APPLE__").then(|| "libSystem".to_owned()))
        .or_else(|| macros.has("__BIONIC__").then(|| "bionic".to_owned()))
        .or_else(|| macros.has("__dietlibc__").then(|| "dietlibc".to_owned()))
        .or_else(musl)
}

fn cxx_library(macros: &MacroSet) -> Option<String> {
    let numbered = |name: &str, version: &str| Some(format!("{name} {}", macros.get(version)?));
    numbered("libstdc++", "_GLIBCXX_RELEASE")
        .or_else(|| {
            // 190107 is 19.1.7; before 15 it was 14000.
            let number: u32 = macros.get("_LIBCPP_VERSION")?.parse().ok()?;
            let major = if number >= 100_000 {
                number / 10_000
            } else {
                number / 1_000
            };
            Some(format!("libc++ {major}"))
        })
        .or_else(|| numbered("Microsoft STL", "_MSVC_STL_VERSION"))
}

fn first_line(output: &Output) -> String {
    let text = output.text();
    let mut lines = text.lines().map(quoted).filter(|line| !line.is_empty());
    lines.next().unwrap_or_default()
}
