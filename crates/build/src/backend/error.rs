//! Why a build system cannot be driven.

use std::io;
use std::path::PathBuf;

use super::Backend;

/// Why a source cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// There is no source.
    #[error("`{}` is no directory with sources", .path.display())]
    NoSource {
        /// Where it should be.
        path: PathBuf,
    },
    /// No build system is recognised.
    #[error("no build system is recognised in `{}`: there is no {looked_for}", .path.display())]
    Unrecognised {
        /// The source.
        path: PathBuf,
        /// The files that were looked for.
        looked_for: String,
    },
    /// The source is not one of the build system.
    #[error("`{}` is no source for {}: there is no {looked_for}", .path.display(), .backend.title())]
    NotIts {
        /// The build system.
        backend: Backend,
        /// The source.
        path: PathBuf,
        /// The files that were looked for.
        looked_for: String,
    },
    /// Building elsewhere was wanted, and it is the same place.
    #[error("the build directory `{}` is the source itself, which stays as it is", .path.display())]
    SameDirectory {
        /// Both.
        path: PathBuf,
    },
    /// The build directory was prepared for something else.
    #[error("`{}` holds a build of another configuration, {found}", .build.display())]
    OtherConfiguration {
        /// The build directory.
        build: PathBuf,
        /// The id of that configuration.
        found: String,
    },
    /// Someone has configured the source itself.
    #[error("`{}` has been configured in place, and is refused by `configure` from elsewhere", .path.display())]
    ConfiguredInPlace {
        /// The source.
        path: PathBuf,
    },
    /// The build system has no words for something.
    #[error("{} cannot be told {what}: {reason}", .backend.title())]
    Inexpressible {
        /// The build system.
        backend: Backend,
        /// What it is.
        what: String,
        /// Why not.
        reason: &'static str,
    },
    /// The hook's file cannot say the variant, or a file of the project is malformed.
    #[error(transparent)]
    Document(#[from] cfgmatrix_core::Error),
    /// What would be copied to is there.
    #[error("cannot copy to `{}`: it is there already", .path.display())]
    Exists {
        /// Where to.
        path: PathBuf,
    },
    /// A file or directory could not be read, written or copied.
    #[error("cannot {action} `{}`", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl BackendError {
    /// That `action` on `path` failed.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unrecognised { .. } => Some(
                "name the build system with `--with`, or give the command that builds: `run -- COMMAND`".to_owned(),
            ),
            Self::NotIts { path, .. } => {
                let found = super::recognised(path).ok()?;
                let first = found.first()?;
                Some(format!("did you mean `--with {first}`?"))
            }
            Self::OtherConfiguration { build, .. } => {
                Some(format!("remove `{}`, and it is built anew", build.display()))
            }
            Self::ConfiguredInPlace { path } => {
                Some(format!("run `make distclean` in `{}`", path.display()))
            }
            Self::Document(error) => error.hint(),
            _ => None,
        }
    }
}
