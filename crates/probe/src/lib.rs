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
mod openmp;
pub mod process;
pub mod trial;

pub use blas::{BlasFile, BlasProof, BlasSearch, prove_blas};
pub use identify::{CompilerCommand, IdentifyError};
pub use openmp::{OpenMp, try_openmp};
