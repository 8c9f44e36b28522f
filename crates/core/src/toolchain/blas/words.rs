//! The words for BLAS: threading, integers, kinds of file, what is provided.

use serde::{Deserialize, Serialize};

use crate::name::UnknownWord;

/// How a library runs one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Threading {
    /// In the calling thread.
    Sequential,
    /// In the threads of an OpenMP run-time library.
    Openmp,
    /// In threads of its own.
    Pthread,
    /// In the threads of oneTBB.
    Tbb,
}

impl Threading {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Openmp => "openmp",
            Self::Pthread => "pthread",
            Self::Tbb => "tbb",
        }
    }
}

/// What a request may say of threading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WantedThreading {
    /// This very kind.
    Exactly(Threading),
    /// More than one thread; which kind suits the compiler is for the knowledge base to say.
    Threaded,
}

impl std::str::FromStr for WantedThreading {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Ok(match text {
            "sequential" => Self::Exactly(Threading::Sequential),
            "openmp" => Self::Exactly(Threading::Openmp),
            "pthread" => Self::Exactly(Threading::Pthread),
            "tbb" => Self::Exactly(Threading::Tbb),
            "threaded" => Self::Threaded,
            _ => {
                return Err(UnknownWord::new(
                    "BLAS threading",
                    text,
                    ["sequential", "threaded", "openmp", "pthread", "tbb"],
                ));
            }
        })
    }
}

impl WantedThreading {
    /// The kinds that satisfy it, the preferred one first: the program's own
    /// OpenMP threads are used where the library can.
    #[must_use]
    pub fn kinds(self) -> &'static [Threading] {
        match self {
            Self::Exactly(Threading::Sequential) => &[Threading::Sequential],
            Self::Exactly(Threading::Openmp) => &[Threading::Openmp],
            Self::Exactly(Threading::Pthread) => &[Threading::Pthread],
            Self::Exactly(Threading::Tbb) => &[Threading::Tbb],
            Self::Threaded => &[Threading::Openmp, Threading::Pthread, Threading::Tbb],
        }
    }

    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exactly(threading) => threading.as_str(),
            Self::Threaded => "threaded",
        }
    }
}

/// Width of the integers that calls take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Interface {
    /// 32-bit integers.
    #[default]
    Lp64,
    /// 64-bit integers.
    Ilp64,
}

impl Interface {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lp64 => "lp64",
            Self::Ilp64 => "ilp64",
        }
    }
}

/// Which kind of file is linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Linkage {
    /// A shared library, found again when the program starts.
    #[default]
    Shared,
    /// An archive: nothing can take its place later.
    Static,
}

impl Linkage {
    /// The word used in documents and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Static => "static",
        }
    }
}

/// A set of routines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provides {
    /// BLAS, called as from Fortran.
    Blas,
    /// BLAS, called as from C.
    Cblas,
    /// LAPACK, called as from Fortran.
    Lapack,
    /// LAPACK, called as from C.
    Lapacke,
    /// ScaLAPACK with its BLACS.
    Scalapack,
}

/// How serious a conflict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Such a build does not work.
    Error,
    /// It works, and another threading of the library that satisfies the request
    /// is taken where there is one.
    Avoid,
    /// It works, and not as well as it should.
    Warning,
}
