//! What ends a build script, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use cfgmatrix_core as core;
use cfgmatrix_probe::IdentifyError;

/// Why a build script cannot go on. Each says what to install or to set.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not started by Cargo.
    #[error("{variable} is not set: this runs in a build script, which Cargo starts")]
    NotABuildScript {
        /// The variable that is absent.
        variable: &'static str,
    },
    /// `cc` finds no compiler.
    #[error("cc finds no compiler: {0}; install one, or set CC (CXX for C++)")]
    NoCompiler(String),
    /// The package's own sources do not compile.
    #[error("the sources of `{library}` do not compile: {reason}")]
    Compile {
        /// The library that was to be made of them.
        library: String,
        /// What `cc` says.
        reason: String,
    },
    /// The compiler is of no family that is known.
    #[error("{0}; set CC (CXX for C++) to a compiler that is known")]
    Unidentified(IdentifyError),
    /// The target is of no system that is known.
    #[error("the target {triple} is of no system that is known here")]
    UnknownTarget {
        /// Cargo's name for it.
        triple: String,
    },
    /// ScaLAPACK was asked for.
    #[error(
        "ScaLAPACK needs MPI, which build scripts are not helped with; ask for BLAS and LAPACK, and link ScaLAPACK with your MPI's compiler wrapper"
    )]
    NeedsMpi,
    /// The knowledge base refuses the question.
    #[error(transparent)]
    Question(#[from] core::Error),
    /// OpenMP is known and does not work here.
    #[error("{compiler} has the flags for OpenMP, and it does not work here: {said}; {hint}")]
    OpenMp {
        /// Family and version.
        compiler: String,
        /// What the trial said.
        said: String,
        /// What to install.
        hint: String,
    },
    /// The BLAS is nowhere.
    #[error("{library} ({wanted}) is in none of {}; {hint}", list(.searched))]
    BlasNotFound {
        /// The library.
        library: String,
        /// What was asked for.
        wanted: String,
        /// Where it was looked for.
        searched: Vec<PathBuf>,
        /// What to install or to set.
        hint: String,
    },
    /// The BLAS is there, and is not what it was taken for or does not link.
    #[error("{} is not usable as {wanted}: {said}; {hint}", .file.display())]
    BlasRefused {
        /// The file.
        file: PathBuf,
        /// What was asked for.
        wanted: String,
        /// What the trial said.
        said: String,
        /// What to install or to set.
        hint: String,
    },
    /// Link arguments that dependents cannot be told of.
    #[error(
        "this package must tell its dependents of {what}, and has no `links` key; add `links = \"{package}\"` to [package] in its Cargo.toml, and call cfgmatrix::build_script::link_dependencies() in the build.rs of the final program"
    )]
    NoLinks {
        /// What they must be told of.
        what: String,
        /// A name for the key.
        package: String,
    },
    /// A file in `OUT_DIR` cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// What may have been meant, where the message does not say it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Question(error) => error.hint(),
            Self::Unidentified(IdentifyError::Unidentified { said, .. }) if !said.is_empty() => {
                Some(format!("it says: {said}"))
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Error {
    /// A build script that ends with an error prints this; the text says more
    /// than the fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "the usual directories (none is known for this system)".to_owned();
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
