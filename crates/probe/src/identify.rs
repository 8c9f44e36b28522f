//! What a compiler on this machine is: its predefined macros first, its banner
//! second, its name never.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Identification, KnowledgeBase, Language, MacroSet, Unidentified};

use crate::process::{Invocation, Output, ProcessError};

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
        }
    }

    pub(crate) fn invocation(&self) -> Invocation {
        Invocation::new(&self.program)
            .arguments(&self.arguments)
            .environment(&self.environment)
    }

    /// The predefined macros, or `None` where the compiler does not print them.
    ///
    /// # Errors
    /// It could not be run.
    pub fn macros(&self, language: Language) -> Result<Option<MacroSet>, IdentifyError> {
        let directory = tempfile::tempdir().map_err(|source| IdentifyError::Write {
            path: std::env::temp_dir(),
            source,
        })?;
        let (file, switches): (&str, &[&str]) = match language {
            Language::C => ("empty.c", &["-E", "-dM"]),
            Language::Cxx => ("empty.cpp", &["-E", "-dM"]),
            _ => ("empty.F90", &["-cpp", "-E", "-dM"]),
        };
        let path = directory.path().join(file);
        fs::write(&path, "").map_err(|source| IdentifyError::Write { path, source })?;
        let output = self
            .invocation()
            .arguments(switches)
            .arguments([file])
            .run_in(directory.path())?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok((output.status.success() && text.contains("#define ")).then(|| MacroSet::parse(&text)))
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
        if let Some(macros) = self.macros(language)?
            && let Ok(mut found) = known.identify_macros(language, &macros)?
        {
            if found.target.is_none() {
                found.target = self.target(&macros)?;
            }
            if known.may_be_another(&found.family, language)?
                && let Ok(other) = known.identify_banner(&self.banner(&["--version"])?.text())?
                && other.family != found.family
            {
                return Ok(other);
            }
            return Ok(found);
        }
        // Which switch prints a banner differs; a wrong one only prints an error.
        let mut first = None;
        for switches in [&["--version"][..], &["-V"], &["-qversion"], &[]] {
            let output = self.banner(switches)?;
            match known.identify_banner(&output.text())? {
                Ok(found) => return Ok(found),
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

fn first_line(output: &Output) -> String {
    output
        .text()
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}
