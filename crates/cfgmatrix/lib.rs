//! cfgmatrix: one matrix file in, every build configuration out.
//!
//! As a library it serves build scripts (`default-features = false`): see
//! [`build_script`]. The parts it is made of are `cfgmatrix-core` (what is
//! known, pure) and `cfgmatrix-probe` (what is true of this machine).

#![deny(clippy::print_stderr)]

pub mod build_script;
mod data;
mod error;
mod files;

#[cfg(feature = "cli")]
pub mod cli;

pub use cfgmatrix_core as core;
pub use cfgmatrix_probe as probe;

pub use error::Error;

use std::path::PathBuf;

use cfgmatrix_core::KnowledgeBase;

/// The embedded knowledge base with the user's layers over it, last on top.
///
/// # Errors
/// A layer that cannot be read, or is not as it should be.
pub fn knowledge_base(layers: &[PathBuf]) -> Result<KnowledgeBase, Error> {
    Ok(KnowledgeBase::new(
        data::toolchains(),
        read_layers(layers)?,
    )?)
}

/// A number that changes with any of the documents that [`knowledge_base`] reads.
#[cfg(feature = "cli")]
pub(crate) fn knowledge_digest(layers: &[PathBuf]) -> Result<u64, Error> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    data::hash(&mut hasher);
    for sources in read_layers(layers)? {
        for (path, document) in sources.iter() {
            (path, document.text()).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

fn read_layers(layers: &[PathBuf]) -> Result<Vec<cfgmatrix_core::Sources>, Error> {
    layers
        .iter()
        .map(|directory| files::read_layer(directory))
        .collect()
}
