//! Everything that is seen from outside: the command, the shipped data, and
//! real compilers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blas;
mod build_script;
mod compilers;
mod cover;
mod data;
mod disasters;
mod docs;
mod emit;
mod examples;
mod expand;
mod facts;
mod flags;
mod identify;
mod import;
mod init;
mod installed;
mod lies;
mod matrix;
mod mpi;
mod overlay;
#[cfg(unix)]
mod probe;
mod report;
mod run;
mod schema;
mod scs;
mod support;
mod threads;
#[cfg(target_os = "linux")]
mod verify;
mod wrong_input;
