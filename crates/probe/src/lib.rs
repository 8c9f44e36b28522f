//! The machine as it is: starts compilers and says what they are.
//!
//! Everything that starts a process goes through [`process`], which bounds its
//! time and output and keeps it out of the caller's directory. What a compiler
//! is said to be rests on what it defines and prints; what works rests on a
//! small program that was built and run. The rules for reading both are data
//! of `cfgmatrix-core`'s knowledge base.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod blas;
mod identify;
pub mod process;
mod prove;
#[cfg(feature = "survey")]
mod ranks;
#[cfg(feature = "survey")]
pub mod survey;
pub mod trial;
mod wildcard;

pub use blas::{BlasDirectories, BlasFile, BlasProof, BlasSearch, BlasTrial, link_of};
pub use identify::{CompilerCommand, Examination, IdentifyError};
pub use prove::{FeatureTrial, Proved, is_in, libomp_root, openmp_hint, openmp_packages};
#[cfg(feature = "survey")]
pub use ranks::{Ranks, RanksProgram};
