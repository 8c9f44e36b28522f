//! What can be wrong with a file that is to be read as an artifact.

use std::io;
use std::path::PathBuf;

/// Why a file could not be read as something a compiler made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file could not be opened or read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path is a directory, a pipe or a device.
    #[error("`{path}` is not a regular file: expected an executable, library, archive or object")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The first bytes are of no format that is known.
    #[error(
        "`{path}` is not an ELF, PE, COFF or Mach-O file nor an archive of them: it starts with {start}"
    )]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// Its first bytes, in hexadecimal or as text.
        start: String,
    },
    /// What is loaded can be followed for ELF files only.
    #[error(
        "`{path}` is not an ELF file: expected a program or library whose loader can be followed"
    )]
    NotElf {
        /// The file.
        path: PathBuf,
    },
    /// The format is known, and the file breaks its rules.
    #[error("`{path}` is a malformed {format} file: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What its first bytes say it is.
        format: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl ArtifactError {
    /// What to do about it, in one sentence.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unrecognised { start, .. } if start.starts_with("`#!") => {
                Some("this is a script: name the program that it starts".to_owned())
            }
            Self::Unrecognised { start, .. }
                if start.starts_with("`INPUT")
                    || start.starts_with("`GROUP")
                    || start.starts_with("`/* GNU ld") =>
            {
                Some("this is a linker script: name the library that it points to".to_owned())
            }
            Self::Unrecognised { start, .. } if start.starts_with("42 43 c0 de") => Some(
                "this is LLVM bitcode, which is compiled at the link: name what was linked from it"
                    .to_owned(),
            ),
            Self::NotElf { .. } => {
                Some("what a PE or Mach-O file needs is told by name, without the files".to_owned())
            }
            Self::NotAFile { .. } => Some("name one file".to_owned()),
            Self::Malformed { .. } => {
                Some("it may be cut off: build it again, or copy it again".to_owned())
            }
            _ => None,
        }
    }
}
