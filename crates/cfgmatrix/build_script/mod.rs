//! For build scripts: the flags for the compiler that `cc` uses, OpenMP and
//! BLAS that were seen to work, and linking that reaches the final program.
//!
//! ```no_run
//! // build.rs of a `-sys` crate whose C kernel uses OpenMP and calls dgemm
//! use cfgmatrix::build_script::{self, Blas};
//!
//! fn main() {
//!     build_script::run(|script| {
//!         let mut build = cc::Build::new();
//!         build.file("src/kernel.c");
//!         let kit = script.feature("openmp").blas(Blas::sequential()).resolve(&build)?;
//!         kit.compile(&mut build, "kernel")
//!     });
//! }
//! ```
//!
//! # What reaches the final program
//!
//! Cargo hands a crate's `rustc-link-lib` on to every dependent, and its
//! `rustc-link-arg` to none. So:
//!
//! | what is linked | how it reaches the program | what the final package does |
//! |---|---|---|
//! | OpenMP's run-time library | by its file, whatever the linker is | nothing |
//! | BLAS, where there is an archive | the archive itself: nothing can take its place later | nothing |
//! | BLAS, shared only (or asked for) | by its file; the run-time path goes through `links` metadata | depends on the `-sys` crate and calls [`link_dependencies`] in its `build.rs` |
//! | sanitizers, coverage, LTO: flags the link needs too | through `links` metadata | likewise |
//!
//! A shared BLAS without a run-time path is the wrong one on many systems: on
//! Debian the sequential, pthread and OpenMP builds of OpenBLAS share one
//! soname, and the loader takes the system's choice. A crate that needs the
//! call must have a `links` key; [`Kit::compile`] says so where it is missing.
//!
//! # What is decided for you
//!
//! * BLAS is sequential unless you ask for threads: a threaded BLAS under a
//!   threaded program ruins performance.
//! * `NDEBUG` follows Cargo's profile: never in `debug`, always in `release`.
//!   Optimisation and debug information are Cargo's and `cc` passes them on.
//! * OpenMP is tried, not trusted: `_OPENMP` must be defined, the link must
//!   find the run-time library, and two threads must be seen (where the target
//!   can run here).
//! * BLAS is linked, run and asked for its threading where it can be asked.

mod blas;
mod error;
mod kit;
mod script;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

pub use blas::Blas;
pub use error::Error;
pub use kit::Kit;
pub use script::Script;

/// Name of the metadata key that carries link arguments to dependents.
const LINK_ARGUMENTS: &str = "cfgmatrix_link_args";
/// Separates link arguments in metadata; no argument holds it.
const SEPARATOR: char = '\u{1f}';

/// Runs a build script; an error ends the build with its message.
#[expect(
    clippy::print_stdout,
    reason = "a build script tells Cargo by printing"
)]
pub fn run(script: impl FnOnce(Script) -> Result<(), Error>) {
    if let Err(error) = Script::from_environment().and_then(script) {
        let hint = error
            .hint()
            .map(|hint| format!("; {hint}"))
            .unwrap_or_default();
        println!(
            "cargo::error={}",
            format!("{error}{hint}").replace('\n', " ")
        );
        std::process::exit(1);
    }
}

/// In the `build.rs` of the final program: links what its `-sys` dependencies
/// told it of, such as run-time paths. A package with a `links` key of its own
/// tells its dependents in turn.
#[expect(
    clippy::print_stdout,
    reason = "a build script tells Cargo by printing"
)]
pub fn link_dependencies() {
    let environment = read_environment();
    let mut handed_on = Vec::new();
    for (name, value) in &environment {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("DEP_")
                && name.ends_with(&format!("_{}", LINK_ARGUMENTS.to_uppercase()))
        });
        if let Some(value) = value.to_str().filter(|_| told) {
            handed_on.extend(value.split(SEPARATOR).map(str::to_owned));
        }
    }
    for argument in &handed_on {
        println!("cargo::rustc-link-arg={argument}");
    }
    if environment.contains_key(OsStr::new("CARGO_MANIFEST_LINKS")) && !handed_on.is_empty() {
        println!("cargo::metadata={LINK_ARGUMENTS}={}", join(&handed_on));
    }
}

fn join(arguments: &[String]) -> String {
    arguments.join(&SEPARATOR.to_string())
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the build script's entry, the one place that reads its environment"
)]
fn read_environment() -> BTreeMap<OsString, OsString> {
    std::env::vars_os().collect()
}
