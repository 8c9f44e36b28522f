//! Proves of what was built that it is what its variant says.
//!
//! Each claim of a variant meets what its files tell: the compiler in debug
//! information and `.comment`, the level of optimisation in recorded command
//! lines and else in the commands of the build, the libraries in what the loader picks, the BLAS in what it says
//! of itself, and the MPI in what two ranks of a program say. A claim is refuted only by what was seen; where nothing tells, it
//! stays unknown, with the reason.

mod blas;
mod commands;
mod compiler;
mod content;
mod helper;
mod libraries;
mod mpi;
mod openmp;
mod options;
mod ranks;
mod scene;
mod source;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{KnowledgeBase, Variant};
use serde::Serialize;

use crate::artifact::{ArtifactError, Role};
use crate::digest::digest_of;
use crate::outcome::{Claim, Verdict};

pub use compiler::Recogniser;
pub use helper::{Ask, BlasHelper, BlasQuestion};
pub use ranks::{MpiHelper, MpiQuestion};
pub use scene::Scene;

use scene::Stage;

/// What was seen of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// What it is said to be, and what was seen.
    pub claims: Vec<Claim>,
    /// The files that were looked at.
    pub artifacts: Vec<ArtifactDigest>,
    /// Files that look like artifacts and could not be read, and why.
    pub unreadable: Vec<String>,
    /// SHA-256 of what all of it does when it runs: the same for two variants
    /// that are one program under two names. Nothing without artifacts.
    pub fingerprint: Option<String>,
}

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArtifactDigest {
    /// The file, relative to the build directory if it is below it, with `/`.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// SHA-256 of its code, its data and the names that it takes from others;
    /// without debug information, build ids and addresses.
    pub content: String,
    /// SHA-256 of the names of the files that are loaded for it, those of the
    /// same build left out; nothing for an archive.
    pub closure: Option<String>,
}

impl Verification {
    /// The claims that were refuted.
    pub fn refuted(&self) -> impl Iterator<Item = &Claim> {
        self.claims
            .iter()
            .filter(|claim| claim.verdict == Verdict::Refuted)
    }
}

/// Compares what a variant is said to be with what was built.
///
/// `recogniser` keeps what was recognised before, and is shared by all variants
/// of a run. `helper` runs the programs that ask a BLAS and an MPI what they are;
/// an error of it is a reason for which something stays unknown.
///
/// # Errors
/// [`ArtifactError`] if a file that [`Scene::artifacts`] names cannot be read.
/// Files that were found by looking are passed over.
pub fn verify(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    recogniser: &Recogniser,
    scene: &Scene,
    helper: &dyn Ask,
) -> Result<Verification, ArtifactError> {
    let stage = Stage::set(scene)?;
    let mut claims = Vec::new();
    compiler::judge(variant, known, recogniser, &stage, &mut claims);
    options::judge(variant, known, &stage, &mut claims);
    openmp::judge(variant, known, recogniser, &stage, &mut claims);
    blas::judge(variant, recogniser, &stage, helper, &mut claims);
    mpi::judge(variant, known, &stage, helper, &mut claims);
    libraries::judge(&stage, &mut claims);
    let artifacts = stage.digests();
    Ok(Verification {
        claims,
        fingerprint: fingerprint(&artifacts),
        artifacts,
        unreadable: stage.unreadable,
    })
}

/// The variants that are the same program under several names, each lot in the
/// order in which they were given, of two or more: variants by name, each with its
/// [`Verification::fingerprint`].
///
/// Paths that are compiled in, as `__FILE__` in an assertion is, tell variants
/// apart that were built from copies of the source in several directories.
#[must_use]
pub fn duplicates<'a>(
    variants: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Vec<Vec<String>> {
    let mut lots: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, fingerprint) in variants {
        let Some(fingerprint) = fingerprint else {
            continue;
        };
        match lots.iter_mut().find(|(known, _)| *known == fingerprint) {
            Some((_, names)) => names.push(name.to_owned()),
            None => lots.push((fingerprint, vec![name.to_owned()])),
        }
    }
    let lots = lots.into_iter().map(|(_, names)| names);
    lots.filter(|names| names.len() > 1).collect()
}

/// A claim in one sentence, without a full stop: `asked for sequential
/// OpenBLAS, runs pthread OpenBLAS (libopenblas.so.0 found through the system's
/// default)`.
#[must_use]
pub fn sentence(claim: &Claim) -> String {
    let verb = match claim.about.as_str() {
        "compiler" => "made by",
        "optimisation" => "compiled with",
        "blas.file" | "blas.threading" | "blas.interface" | "mpi" | "mpi.version" => "runs",
        _ => "has",
    };
    let observed = match &claim.observed {
        Some(observed) => format!("{verb} {observed}"),
        None => "which is not known".to_owned(),
    };
    let place = claim
        .artifact
        .as_ref()
        .map_or_else(String::new, |artifact| format!("{artifact}: "));
    format!(
        "{place}asked for {}, {observed} ({})",
        claim.claimed, claim.evidence
    )
}

fn fingerprint(artifacts: &[ArtifactDigest]) -> Option<String> {
    if artifacts.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = artifacts
        .iter()
        .map(|artifact| {
            let closure = artifact.closure.as_deref().unwrap_or_default();
            format!("{} {closure}", artifact.content)
        })
        .collect();
    // The name of a directory is no part of what runs.
    parts.sort_unstable();
    Some(digest_of(parts.join("\n").as_bytes()))
}

/// A claim, and what became of it.
struct Judgement {
    observed: Option<String>,
    verdict: Verdict,
    evidence: String,
}

impl Judgement {
    fn proved(observed: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self {
            observed: Some(observed.into()),
            verdict: Verdict::Proved,
            evidence: evidence.into(),
        }
    }

    fn refuted(observed: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self {
            observed: Some(observed.into()),
            verdict: Verdict::Refuted,
            evidence: evidence.into(),
        }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        Self {
            observed: None,
            verdict: Verdict::Unknown,
            evidence: reason.into(),
        }
    }

    fn of(self, about: &str, artifact: Option<&str>, claimed: &str) -> Claim {
        Claim {
            about: about.to_owned(),
            artifact: artifact.map(str::to_owned),
            claimed: claimed.to_owned(),
            observed: self.observed,
            verdict: self.verdict,
            evidence: self.evidence,
        }
    }
}

/// The last part of a path, for sentences.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// A few of many, for a sentence: `a, b and 3 others`.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names {
        [] => String::new(),
        [one] => one.clone(),
        few if few.len() <= SHOWN => {
            let (last, rest) = few.split_last().expect("it is not empty");
            format!("{} and {last}", rest.join(", "))
        }
        many => format!(
            "{} and {} others",
            many[..SHOWN].join(", "),
            many.len() - SHOWN
        ),
    }
}

/// An environment as the loader and programs are given it.
type Environment = BTreeMap<String, String>;

/// Links resolved where the file is there.
fn real(path: &Path) -> PathBuf {
    dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
