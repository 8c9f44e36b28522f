//! Why a run could not be made.

use std::path::PathBuf;

/// Why a run could not be made; what goes wrong with one variant is in its outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file or directory of the run.
    #[error("cannot write {}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A document of the run.
    #[error("cannot read {}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A document of the run that is none.
    #[error("{} is no document of a run", .path.display())]
    Document {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A directory that holds something else.
    #[error("{} is not empty, and no run made it", .path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
    /// A directory that a later version made.
    #[error("{} is of format {found}, and this version knows {}", .path.display(), crate::outcome::Outcome::FORMAT_VERSION)]
    Newer {
        /// The document that says so.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// Another run is at work in the directory.
    #[error("another run is at work in {}", .path.display())]
    Busy {
        /// Which.
        path: PathBuf,
    },
    /// The jobserver cannot be made.
    #[error("cannot share jobs among the builds")]
    Jobs {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl RunError {
    /// What to do about it, if something is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Write { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                Some("make room, and go on with `--resume`: what was found out is kept".to_owned())
            }
            Self::Foreign { .. } => Some("name another directory with `--directory`".to_owned()),
            Self::Newer { .. } => Some(
                "name another directory with `--directory`, or take a newer cfgmatrix".to_owned(),
            ),
            Self::Document { path, .. } => Some(format!(
                "remove {}: its variant is built again",
                path.display()
            )),
            Self::Busy { .. } => {
                Some("wait for it, or name another directory with `--directory`".to_owned())
            }
            _ => None,
        }
    }
}
