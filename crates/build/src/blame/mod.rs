//! What the failures have in common: from variants that passed and failed, the
//! smallest combinations of axis values that tell them apart.
//!
//! A combination is *consistent* when no variant that passed has it. The
//! smallest consistent combinations are explanations; the fewest of them that
//! together explain every failure are what is told. Failures that no
//! consistent combination explains, such as those of a flaky test, get
//! combinations that are merely *suspicious*: more frequent among failures
//! than among variants that passed.
//!
//! Few variants leave several combinations equally good. They are *rivals*,
//! and [`propose`] picks the fewest further variants that tell them apart.
//!
//! ```
//! use cfgmatrix_build::blame::{Axis, Observation, Observations, Settings, explain};
//!
//! let axes = vec![
//!     Axis::new("compiler", ["gcc", "clang"]),
//!     Axis::new("blas", ["sequential", "threaded"]),
//! ];
//! let rows = vec![
//!     Observation::passed([Some(0), Some(0)]),
//!     Observation::passed([Some(0), Some(1)]),
//!     Observation::passed([Some(1), Some(0)]),
//!     Observation::failed([Some(1), Some(1)]),
//! ];
//! let blame = explain(&Observations::new(axes, rows)?, &Settings::default())?;
//! assert_eq!(
//!     blame.summary,
//!     ["the only failure has compiler=clang & blas=threaded; no passing variant has both"]
//! );
//! # Ok::<(), cfgmatrix_build::blame::BlameError>(())
//! ```

mod bits;
mod cover;
mod explanation;
mod observations;
mod problem;
mod propose;
mod rivals;
mod search;
mod surprise;
#[cfg(test)]
mod tests;
mod wording;

pub use explanation::{Blame, Explanation, Finding, Literal, SignatureBlame, Standing};
pub use observations::{Axis, BlameError, Observation, Observations, Values, Verdict};
pub use propose::propose;

use cover::Cover;
use problem::Problem;
use search::Candidate;

/// The most axis values that a combination may be asked to have.
pub const MAX_SIZE: usize = 4;

/// How far the search goes, and how much of what it finds is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The most axis values of a combination, 1 to [`MAX_SIZE`].
    pub max_size: usize,
    /// The most explanations in [`Blame::explanations`].
    pub max_explanations: usize,
    /// The most rivals in an answer; findings have equal shares, each at least
    /// one.
    pub max_rivals: usize,
    /// The most signatures that are explained alone: the most frequent.
    pub max_signatures: usize,
    /// Whether the absence of an axis counts as a value of it.
    pub absent: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_size: 3,
            max_explanations: 50,
            max_rivals: 256,
            max_signatures: 20,
            absent: true,
        }
    }
}

/// Explains the failures among the observations.
///
/// The answer depends on the set of rows, not on their order.
///
/// # Errors
/// `max_size` is not within 1 to [`MAX_SIZE`].
pub fn explain(observations: &Observations, settings: &Settings) -> Result<Blame, BlameError> {
    if !(1..=MAX_SIZE).contains(&settings.max_size) {
        return Err(BlameError::Size {
            size: settings.max_size,
        });
    }
    let (failed, passed) = observations.in_order();
    let part = Part::solve(observations, &failed, &passed, settings);
    let also_passed = observations.also_passed(&failed, &passed);
    let (by_signature, signatures_left_out) =
        by_signature(observations, &failed, &passed, settings);
    let mut blame = Blame {
        passed: passed.len(),
        failed: failed.len(),
        max_size: settings.max_size,
        explanations: part.explanations,
        explanations_left_out: part.left_out,
        cover: part.cover,
        cover_is_minimal: part.cover_is_minimal,
        common: part.common,
        unexplained: part.unexplained,
        also_passed,
        by_signature,
        signatures_left_out,
        summary: Vec::new(),
    };
    blame.summary = wording::summary(&blame);
    Ok(blame)
}

/// The failures of each signature alone, where there are several, and how many
/// signatures are left out. Failures of another signature count neither as
/// failures nor as passes: they may hide this one.
fn by_signature(
    observations: &Observations,
    failed: &[usize],
    passed: &[usize],
    settings: &Settings,
) -> (Vec<SignatureBlame>, usize) {
    let groups = observations.signatures(failed);
    if groups.len() < 2 {
        return (Vec::new(), 0);
    }
    let left_out = groups.len().saturating_sub(settings.max_signatures);
    let groups = groups.into_iter().take(settings.max_signatures);
    let groups = groups.map(|(signature, failed)| {
        let part = Part::solve(observations, &failed, passed, settings);
        SignatureBlame {
            signature: signature.map(str::to_owned),
            failed: failed.len(),
            cover: part.cover,
            cover_is_minimal: part.cover_is_minimal,
            unexplained: part.unexplained,
        }
    });
    (groups.collect(), left_out)
}

/// The answer for one set of failures.
struct Part {
    explanations: Vec<Explanation>,
    left_out: usize,
    cover: Vec<Finding>,
    cover_is_minimal: bool,
    common: Option<Explanation>,
    unexplained: Vec<usize>,
}

impl Part {
    fn solve(
        observations: &Observations,
        failed: &[usize],
        passed: &[usize],
        settings: &Settings,
    ) -> Self {
        let problem = Problem::new(observations, failed, passed, settings);
        let candidates = search::consistent(&problem, settings.max_size);
        let Cover {
            chosen,
            uncovered,
            is_minimal,
        } = cover::cover(&problem, &candidates);

        let shown = |problem: &Problem<'_>, candidates: &[Candidate], room: usize| {
            let shown = candidates.iter().take(room);
            let shown = shown.map(|candidate| problem.explanation(candidate, failed.len()));
            shown.collect::<Vec<_>>()
        };
        let mut explanations = shown(&problem, &candidates, settings.max_explanations);
        let mut left_out = candidates.len() - explanations.len();
        let room = (settings.max_rivals / chosen.len().max(1)).max(1);
        let findings = chosen.iter().map(|candidate| {
            let (rivals, rivals_left_out) =
                rivals::rivals(&problem, candidate, settings.max_size, room, failed.len());
            Finding {
                explanation: problem.explanation(candidate, failed.len()),
                rivals,
                rivals_left_out,
            }
        });
        let mut cover: Vec<Finding> = findings.collect();

        // What the consistent combinations explain would only blur the rest.
        let rest = Problem::new(observations, &uncovered, passed, settings);
        let suspicious = search::suspicious(&rest, settings.max_size);
        let room = settings.max_explanations - explanations.len();
        let told = shown(&rest, &suspicious, room);
        left_out += suspicious.len() - told.len();
        explanations.extend(told);
        let (chosen, unexplained) = cover::in_order(&rest, &suspicious);
        cover.extend(chosen.iter().map(|candidate| Finding {
            explanation: rest.explanation(candidate, failed.len()),
            rivals: Vec::new(),
            rivals_left_out: 0,
        }));
        let common = (cover.len() > 1)
            .then(|| search::common(&problem, settings.max_size))
            .flatten();
        Self {
            explanations,
            left_out,
            cover,
            cover_is_minimal: is_minimal,
            common: common.map(|one| problem.explanation(&one, failed.len())),
            unexplained,
        }
    }
}
