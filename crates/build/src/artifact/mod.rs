//! What a built file is, read from its bytes: who made it, how it was told to
//! be made, what it needs, and what the system's loader gives it.
//!
//! bytes → [`Artifact`] (producers, units, symbols, what is needed) and
//! path + environment → [`Closure`] (the files that the loader picks).
//!
//! No process is started. A program that is asked about its libraries runs, and
//! one that was built wrongly should not run before that is known. So the
//! loader's rules are followed here, and tests compare with the loader itself.

mod dwarf;
mod dynamic;
mod error;
mod finding;
mod foreign;
mod image;
mod loader;
mod read;
mod routine;
mod source;
mod symbol;
mod unit;
mod window;

#[cfg(test)]
pub(crate) mod tests;

pub use dynamic::Dynamic;
pub use error::ArtifactError;
pub use finding::{BlasFlavour, BlasProvider, OpenmpRuntime, blas_provider, openmp_runtimes};
pub use image::{Format, Image, Role};
pub use loader::{Closure, Loaded, LoaderPaths, LoaderRules, Missing, Picked, closure};
pub use read::{Artifact, Assertions, Evidence};
pub use routine::{Library, Routine};
pub use symbol::{Names, Symbols};
pub use unit::{Optimisation, Unit, units_below};
