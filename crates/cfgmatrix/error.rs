//! What the façade and the command refuse.

use std::path::PathBuf;

use cfgmatrix_probe::IdentifyError;

/// Everything that can go wrong outside a build script.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document or a question that is not as it should be.
    #[error(transparent)]
    Core(#[from] cfgmatrix_core::Error),
    /// A compiler that cannot be run or told.
    #[error(transparent)]
    Identify(#[from] IdentifyError),
    /// A survey of the machine that could not be made.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Survey(#[from] cfgmatrix_probe::survey::SurveyError),
    /// A file that no compiler made, or that cannot be read.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Artifact(#[from] cfgmatrix_build::artifact::ArtifactError),
    /// A file that cannot be read or written.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file that would be written, and is there.
    #[error("{} is there already", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// An executable that is not there.
    #[error(
        "`{name}` is neither a compiler family that is known nor an executable on this machine"
    )]
    NoCompiler {
        /// What was asked for.
        name: String,
        /// Families it may have been meant as.
        suggestions: Vec<String>,
    },
    /// A program that is not there.
    #[cfg(feature = "cli")]
    #[error("there is no program `{name}` in PATH; expected it, since {reason}")]
    NoProgram {
        /// Its name.
        name: String,
        /// What it is for.
        reason: String,
    },
    /// A question that leaves nothing.
    #[error("{what}")]
    Nothing {
        /// What is not there.
        what: String,
    },
    /// Several files, where one can be printed.
    #[cfg(feature = "cli")]
    #[error("`{format}` gives {count} files, and standard output takes one")]
    SeveralFiles {
        /// The format.
        format: cfgmatrix_core::emit::Format,
        /// How many.
        count: usize,
    },
    /// A file in the way that someone else wrote.
    #[cfg(feature = "cli")]
    #[error("{} is there already, and cfgmatrix did not write it", .path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A file that would come to stand outside of its directory.
    #[cfg(feature = "cli")]
    #[error("{} would be written outside of {}", .path.display(), .directory.display())]
    Outside {
        /// The file.
        path: PathBuf,
        /// The directory.
        directory: PathBuf,
    },
    /// A plain model that cannot do what is asked of it.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Plain(#[from] cfgmatrix_core::plain::PlainError),
    /// A run that could not be made.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Run(#[from] cfgmatrix_build::run::RunError),
    /// A source that no build system that is known builds.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Backend(#[from] cfgmatrix_build::backend::BackendError),
    /// A run's directory that is not as it should be.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Report(#[from] cfgmatrix_build::report::ReportError),
    /// A command whose time could not be taken.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Measure(#[from] cfgmatrix_build::threads::tune::MeasureError),
    /// Arguments that do not go together.
    #[cfg(feature = "cli")]
    #[error("{message}")]
    Usage {
        /// What is wrong and what was expected.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Standard output was closed, as `head` does; not a failure.
    #[error("standard output was closed")]
    Closed,
}

impl Error {
    /// What may have been meant, or what to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = self.own_hint();
        let Some(list) = self.list() else {
            return hint;
        };
        let hint = hint.map_or_else(String::new, |hint| format!("{hint} "));
        Some(format!("{hint}`cfgmatrix {list}` shows all"))
    }

    /// The subcommand that shows what there is, where that is too much for a message.
    fn list(&self) -> Option<&'static str> {
        match self {
            Self::NoCompiler { .. } => Some("flags --list"),
            Self::Core(cfgmatrix_core::Error::Unknown(word)) => match word.what {
                "compiler family" => Some("flags --list"),
                "feature" => Some("flags --list-features"),
                "variant" => Some("expand"),
                "format" => Some("emit --list"),
                _ => None,
            },
            _ => None,
        }
    }

    fn own_hint(&self) -> Option<String> {
        match self {
            Self::Core(error) | Self::Identify(IdentifyError::Knowledge(error)) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Survey(cfgmatrix_probe::survey::SurveyError::Knowledge(error)) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Artifact(error) => error.hint(),
            #[cfg(feature = "cli")]
            Self::SeveralFiles { .. } => Some(
                "write them with `-o DIR`, choose one with `--select`, or print one document with `--format json`"
                    .to_owned(),
            ),
            #[cfg(feature = "cli")]
            Self::NotOurs { .. } => {
                Some("name another directory, or replace it with `--force`".to_owned())
            }
            Self::Exists { .. } => {
                Some("`--force` replaces it, and `--stdout` prints what it would be".to_owned())
            }
            #[cfg(feature = "cli")]
            Self::Plain(error) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Run(error) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Backend(error) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Report(error) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Measure(error) => error.hint(),
            #[cfg(feature = "cli")]
            Self::Usage { hint, .. } => hint.clone(),
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotADirectory => {
                Some("a directory is expected here".to_owned())
            }
            #[cfg(feature = "cli")]
            Self::NoProgram { .. } => Some("install it, or correct its name".to_owned()),
            Self::NoCompiler { suggestions, .. } if !suggestions.is_empty() => {
                let quoted: Vec<String> =
                    suggestions.iter().map(|name| format!("`{name}`")).collect();
                Some(format!("did you mean {}?", quoted.join(" or ")))
            }
            Self::Identify(IdentifyError::Unidentified { said, .. }) if !said.is_empty() => {
                Some(format!("it says: {said}"))
            }
            _ => None,
        }
    }
}
