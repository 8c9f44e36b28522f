//! Matrix files from what other tools have: workflows of GitHub Actions, models
//! of PICT, variants of conda.
//!
//! What the matrix language has no words for is never dropped silently: it is a
//! comment of the file, and a note beside it.

mod conda;
mod draft;
mod expression;
mod github;
mod pict;
mod yaml;

#[cfg(test)]
mod tests;

use crate::document::Document;
use crate::error::Error;
use crate::pict::PictOptions;

/// A matrix file, and what differs from what it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The file.
    pub toml: String,
    /// What the matrix language says otherwise, or does not say; the file has
    /// it as comments.
    pub notes: Vec<String>,
}

/// The matrix of a workflow of GitHub Actions. `is_compiler` tells whether a
/// word names a compiler, so that an axis `compiler` of such words stays one.
///
/// # Errors
/// The file is no workflow, or has several matrices and `job` names none of
/// them.
pub fn github(
    document: &Document,
    job: Option<&str>,
    is_compiler: impl Fn(&str) -> bool,
) -> Result<Imported, Error> {
    github::import(document, job, &is_compiler)
}

/// The model of a PICT file.
///
/// # Errors
/// The file is no model.
pub fn pict(document: &Document, options: &PictOptions) -> Result<Imported, Error> {
    pict::import(document, options)
}

/// The variants of a `conda_build_config.yaml`. With a platform, such as
/// `linux-64`, lines of other platforms are left out.
///
/// # Errors
/// The file is no such file, or its zipped keys have values of different number.
pub fn conda(document: &Document, platform: Option<&str>) -> Result<Imported, Error> {
    conda::import(document, platform)
}

/// The name of the matrix: that of the file, without directories and ending.
fn matrix_name(document: &Document) -> String {
    let name = document.name();
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let clean: String = stem
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    if clean.trim_matches('-').is_empty() {
        "imported".to_owned()
    } else {
        clean
    }
}
