//! The pure heart of cfgmatrix: documents in, configurations and text out.
//!
//! ```text
//! toolchains/*.json ─► KnowledgeBase ─┐
//! cfgmatrix.toml ────► Matrix ────────┴─► expand ─► Configuration ─► emit
//! ```
//!
//! Nothing here touches a file, a process, the environment or the clock: what
//! is known of a machine is handed in. That is the one hard decision of this
//! crate, and its reason is that the same documents must give the same bytes on
//! every machine.
//!
//! ```
//! use cfgmatrix_core::{Document, KnowledgeBase, Language, Sources, Want};
//!
//! let mut sources = Sources::default();
//! sources.add("features.json", Document::embedded("features.json", r#"{
//!   "format_version": 1,
//!   "features": [{"id": "openmp", "meaning": "threads", "languages": ["c"], "prove": "two threads seen"}]
//! }"#));
//! sources.add("gcc.json", Document::embedded("gcc.json", r#"{
//!   "format_version": 1, "id": "gcc", "name": "GCC", "aliases": [], "languages": ["c"],
//!   "drivers": {"c": "gcc"}, "targets": [{"os": "linux", "arch": "x86_64"}], "newest": "15",
//!   "identify": {},
//!   "rows": [
//!     {"feature": "openmp", "languages": ["c"], "versions": "..4.2", "support": "unsupported", "reason": "came with 4.2", "source": "manual"},
//!     {"feature": "openmp", "languages": ["c"], "versions": "4.2..", "compile": ["-fopenmp"], "source": "manual"}
//!   ]
//! }"#));
//! let known = KnowledgeBase::new(sources, [])?;
//! let gcc = known.toolchain(&"gcc@12".parse()?, None, &[])?;
//! let answers = known.resolve(&gcc, Language::C, &[Want::new("openmp")])?;
//! assert_eq!(answers[0].compile().collect::<Vec<_>>(), ["-fopenmp"]);
//! # Ok::<(), cfgmatrix_core::Error>(())
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod document;
mod error;
mod host;
mod name;
mod resolve;
mod toolchain;
mod version;

#[cfg(feature = "matrix")]
pub mod clauses;
#[cfg(feature = "matrix")]
mod configuration;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "matrix")]
mod matrix;
#[cfg(feature = "matrix")]
pub mod pict;
#[cfg(feature = "matrix")]
pub mod plain;
#[cfg(feature = "matrix")]
mod tree;

#[cfg(feature = "matrix")]
pub mod emit;

#[cfg(feature = "matrix")]
pub use cfgmatrix_cover::{Effort, Natural};
#[cfg(feature = "matrix")]
pub use configuration::{Configuration, Flags, Library, MpiIdentity, ToolchainIdentity};
pub use document::{Document, UniqueMap};
pub use error::{Error, Place};
pub use host::{
    BlasSeen, Host, HostBase, HostBlas, HostDriver, HostFeature, HostMpi, HostMpiLauncher,
    HostMpiWrapper, HostReport, HostScalapack, HostToolchain, HostWrapper, Proof, packages_text,
};
#[cfg(feature = "matrix")]
pub use matrix::{
    Changed, Commands, Difference, Excluded, Expansion, ExplainedRule, Finding, FindingType,
    Matrix, Plan, Rule, RunOptions, RunPlaces, Scalar, Selection, Space, Strength, Variant,
    VariantRecord,
};
pub use name::{Arch, Language, Os, Target, UnknownWord, nearest};
pub use resolve::{Answer, CompilerSpec, Tokens, Toolchain, Want};
pub use toolchain::{
    Blas, BlasConflict, BlasPlace, BlasQuery, BlasRequest, BlasRow, Dialect, DriverName,
    ExecutableName, Family, Feature, Identification, Interface, KnowledgeBase, Launcher, Linkage,
    MacroSet, Marks, Mode, Mpi, MpiLauncher, PrintedMark, Provides, QueryAsks, QueryCall,
    ResolvedBlas, Row, RowSource, SearchPlace, SearchRules, Severity, Show, Sources, Stage,
    Support, Threading, Unidentified, WantedThreading,
};
pub use version::{Version, VersionError, VersionRange};
