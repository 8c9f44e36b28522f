//! The machine as it is: starts compilers and says what they are.
//!
//! Everything that starts a process goes through [`process`], which bounds its
//! time and output and keeps it out of the caller's directory. What a compiler
//! is said to be rests on what it defines and prints; the rules for reading
//! that are data of `cfgmatrix-core`'s knowledge base.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod identify;
pub mod process;

pub use identify::{CompilerCommand, IdentifyError};
