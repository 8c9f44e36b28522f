//! Build systems, each driven by the smallest hook that leaves the project as it
//! is: a plan of steps, and the few files that they read.
//!
//! ```text
//! source ─► detect ─► Backend ─► prepare (variant, layout) ─► files of the hook + steps
//! ```
//!
//! Nothing here starts a process. Files are written into the variant's build
//! directory only, below `cfgmatrix`.

mod autotools;
mod cargo;
mod cmake;
mod copy;
mod detect;
mod error;
mod hook;
mod make;
mod makefile;
mod meson;
mod setuptools;
mod untested;

use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cfgmatrix_core::{UnknownWord, Variant};

pub use copy::copy_tree;
pub use detect::{detect, recognised};
pub use error::BackendError;
pub(crate) use untested::finds_no_tests;

use hook::Hook;

pub use crate::step::Step;

/// A build system that variants are built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Backend {
    /// CMake, told by a toolchain file.
    Cmake,
    /// Meson, told by a native file.
    Meson,
    /// Cargo, told by a configuration file.
    Cargo,
    /// setuptools, told by the environment and an extra configuration file.
    Setuptools,
    /// A `configure` script, told by its arguments.
    Autotools,
    /// GNU make, told by its command line.
    Make,
}

impl Backend {
    /// Every one. A source that has the files of several is taken for the first:
    /// what says most about a build before what says less, so that a makefile for
    /// convenience beside a `CMakeLists.txt` is not what decides.
    pub const ALL: &'static [Self] = &[
        Self::Cmake,
        Self::Meson,
        Self::Cargo,
        Self::Setuptools,
        Self::Autotools,
        Self::Make,
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.words()[0]
    }

    /// Its word, and others that mean it.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Cmake => &["cmake"],
            Self::Meson => &["meson"],
            Self::Cargo => &["cargo", "rust"],
            Self::Setuptools => &["setuptools", "distutils", "python"],
            Self::Autotools => &["autotools", "autoconf", "configure"],
            Self::Make => &["make", "gmake", "makefile"],
        }
    }

    /// What it is called in a sentence.
    fn title(self) -> &'static str {
        match self {
            Self::Cmake => "CMake",
            Self::Meson => "Meson",
            Self::Cargo => "Cargo",
            Self::Setuptools => "setuptools",
            Self::Autotools => "configure",
            Self::Make => "make",
        }
    }

    /// The program that it is.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Cmake => "cmake",
            Self::Meson => "meson",
            Self::Cargo => "cargo",
            Self::Setuptools => setuptools::PYTHON,
            Self::Autotools | Self::Make => make::PROGRAM,
        }
    }

    /// Whether it would write into this source, so that each variant needs a copy
    /// of its own ([`copy_tree`]) as the source of its layout.
    ///
    /// CMake and Meson never do. A `configure` script builds elsewhere, but one
    /// that must be made first is made in the source. Cargo writes a missing
    /// `Cargo.lock`. make and setuptools build where the source is.
    #[must_use]
    pub fn in_place(self, source: &Path) -> bool {
        match self {
            Self::Cmake | Self::Meson => false,
            Self::Cargo => !cargo::is_locked(source),
            Self::Autotools => !autotools::has_script(source),
            Self::Setuptools | Self::Make => true,
        }
    }

    /// The steps that build and test a variant, and install it where the layout
    /// says where. Writes the files that they read into the build directory, which
    /// it makes; a file that says the same already is left as it is.
    ///
    /// # Errors
    /// The source is not one of this build system; the build directory is the
    /// source or holds another configuration; the build system cannot be told a
    /// word of the variant; a file cannot be written.
    pub fn prepare(
        self,
        variant: &Variant<'_>,
        layout: &Layout,
        jobs: Jobs,
    ) -> Result<Vec<Step>, BackendError> {
        detect::check(self, &layout.source)?;
        let hook = Hook::new(self, variant, layout, jobs)?;
        match self {
            Self::Cmake => cmake::steps(&hook),
            Self::Meson => meson::steps(&hook),
            Self::Cargo => cargo::steps(&hook),
            Self::Setuptools => setuptools::steps(&hook),
            Self::Autotools => autotools::steps(&hook),
            Self::Make => make::steps(&hook),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Backend {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let lower = text.to_ascii_lowercase();
        let named = |backend: &&Self| backend.words().contains(&lower.as_str());
        let known = Self::ALL.iter().find(named).copied();
        known.ok_or_else(|| {
            let all = || Self::ALL.iter();
            let mut error = UnknownWord::new("build system", text, all().map(|one| one.as_str()));
            if error.suggestions.is_empty() {
                let others = all().flat_map(|one| one.words()).copied();
                error.suggestions = cfgmatrix_core::nearest(text, others);
            }
            if !error.suggestions.is_empty() {
                error.expected.clear();
            }
            error
        })
    }
}

/// Where a variant is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The sources, or the variant's copy of them, absolute.
    pub source: PathBuf,
    /// The variant's own build directory, absolute.
    pub build: PathBuf,
    /// Where to install, absolute; nothing is installed without it.
    pub install: Option<PathBuf>,
}

/// How many processes a step may start at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// As many as the GNU jobserver allows that the environment's `MAKEFLAGS`
    /// names: nothing is said on the command line. What knows no jobserver is told
    /// how many there are when it starts ([`Step::jobs_at`]); tests run one at a
    /// time.
    Shared,
    /// This many of its own.
    Own(NonZeroU32),
}

impl Jobs {
    /// The number, where it is one's own.
    fn own(self) -> Option<String> {
        match self {
            Self::Shared => None,
            Self::Own(number) => Some(number.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
