//! The knowledge base: features, compiler families and their rows, BLAS
//! libraries, and how compilers are told apart. Data in, answers out.

mod blas;
mod family;
mod feature;
mod identify;
mod knowledge;
mod layer;
mod march;
mod mpi;
mod row;
mod search;
mod selector;

pub(crate) use blas::families_have;
pub use blas::{
    Blas, BlasConflict, BlasPlace, BlasQuery, BlasRequest, BlasRow, Interface, Linkage, Provides,
    QueryAsks, QueryCall, ResolvedBlas, Severity, Threading, WantedThreading,
};
pub use family::Family;
pub use feature::{Feature, Mode, Stage};
pub use identify::{Identification, MacroSet, Unidentified};
pub use knowledge::KnowledgeBase;
pub use layer::{RowSource, Sources};
pub(crate) use march::MARCH;
pub use mpi::{Mpi, MpiLauncher, Show};
pub(crate) use row::RowTable;
pub use row::{Row, Support};
pub use search::{
    Dialect, DriverName, ExecutableName, Launcher, Marks, PrintedMark, SearchPlace, SearchRules,
};
