//! Covering arrays: few rows that have every tuple.
//!
//! Rows are first made greedily, then fewer and fewer of them are made to do the
//! same by a tabu search over single values.

mod greedy;
mod orthogonal;
mod random;
mod shrink;
mod tuples;

use std::fmt;

use crate::model::Model;
use crate::targets::TargetSet;
use greedy::Greedy;
use tuples::TupleSet;

/// How long rows are made fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// At once.
    Fast,
    /// A moment.
    #[default]
    Normal,
    /// About a second for a model of a hundred axes.
    Best,
}

impl Effort {
    /// The budget for so many tuples: looks at a row or a tuple, not seconds, so
    /// that the rows are the same everywhere.
    #[must_use]
    pub fn steps(self, tuples: u64) -> u64 {
        match self {
            Self::Fast => 2_200_000,
            // What is small is soon as short as it gets.
            Self::Normal => 3_000 * tuples.clamp(1_000, 10_000),
            Self::Best => 110_000_000,
        }
    }
}

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The tuples that must occur.
    pub targets: Vec<TargetSet>,
    /// Rows that must be there, each with the values that are given.
    pub seeds: Vec<Vec<Option<u32>>>,
    /// How long rows are made fewer.
    pub effort: Effort,
    /// A budget in place of the effort's own.
    pub steps: Option<u64>,
    /// Another number gives other rows, as good as these.
    pub seed: u64,
    /// How many threads may be used; the rows are the same for any number.
    pub threads: usize,
}

/// Rows that have every feasible tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covering {
    /// The rows: those of the seeds first, in their order.
    pub rows: Vec<Vec<u32>>,
    /// How many tuples they have; one that several target sets want counts for each.
    pub feasible: u64,
    /// How many tuples no row of the model has.
    pub infeasible: u64,
}

/// Why there is no covering array.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoverError {
    /// The clauses leave no row.
    NoRow,
    /// No row has the values of a seed.
    Seed {
        /// Its number, from 0.
        number: usize,
    },
    /// A seed has not one place for each axis, or a value that its axis has not.
    SeedShape {
        /// Its number, from 0.
        number: usize,
    },
    /// A strength of zero, above the number of axes, or above [`MAX_STRENGTH`].
    Strength {
        /// The strength.
        strength: usize,
        /// How many axes have targets.
        axes: usize,
    },
    /// More tuples than can be kept.
    TooLarge {
        /// How many there are, at least.
        tuples: u64,
        /// How many can be kept.
        limit: u64,
    },
}

/// The highest strength.
pub const MAX_STRENGTH: usize = 6;

impl fmt::Display for CoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRow => f.write_str("the rules leave no row"),
            Self::Seed { number } => write!(f, "no row has the values of seed row {}", number + 1),
            Self::SeedShape { number } => write!(
                f,
                "seed row {} has not one value for each axis that the axis has",
                number + 1
            ),
            Self::Strength { strength, axes } => write!(
                f,
                "strength {strength} of {axes} axes: expected 1 to {}",
                MAX_STRENGTH.min(*axes)
            ),
            Self::TooLarge { tuples, limit } => write!(
                f,
                "there are more than {tuples} tuples, and at most {limit} can be covered: take a lower strength, or fewer axes"
            ),
        }
    }
}

impl std::error::Error for CoverError {}

/// Few rows that have every feasible tuple of the targets. The rows depend on
/// the model and the request alone, and not on the number of threads.
///
/// # Errors
/// There is no row, no row with a seed's values, or there are too many tuples.
pub fn cover(model: &Model, request: &Request) -> Result<Covering, CoverError> {
    let targets = joined(&request.targets);
    for target in &targets {
        let with_targets = target.axes.iter();
        let axes = with_targets
            .filter(|&&axis| model.axes()[axis].targets > 0)
            .count();
        if !(1..=MAX_STRENGTH.min(axes)).contains(&target.strength) {
            return Err(CoverError::Strength {
                strength: target.strength,
                axes,
            });
        }
    }
    for (number, seed) in request.seeds.iter().enumerate() {
        let fits = |(value, axis): (&Option<u32>, &crate::model::Axis)| {
            value.is_none_or(|value| value < axis.values)
        };
        if seed.len() != model.axes().len() || !seed.iter().zip(model.axes()).all(fits) {
            return Err(CoverError::SeedShape { number });
        }
    }
    let sets: Vec<TupleSet> = targets
        .iter()
        .map(|target| TupleSet::new(model, target))
        .collect::<Result<_, _>>()?;
    if request.seeds.is_empty()
        && let Some(rows) = orthogonal::rows(model, &targets)
    {
        return Ok(Covering {
            rows,
            feasible: sets.iter().map(TupleSet::len).sum(),
            infeasible: 0,
        });
    }
    let mut greedy = Greedy::new(model, &sets)?;
    for (number, seed) in request.seeds.iter().enumerate() {
        greedy.add_seed(number, seed)?;
    }
    greedy.run();
    let least = greedy.least();
    let Greedy {
        rows,
        feasible,
        infeasible,
        ..
    } = greedy;
    let steps = request
        .steps
        .unwrap_or_else(|| request.effort.steps(feasible));
    let limits = shrink::Limits { steps, least };
    let rows = shrink::shrink(model, &sets, rows, &request.seeds, request.seed, limits);
    Ok(Covering {
        rows,
        feasible,
        infeasible,
    })
}

/// Target sets without those whose every tuple is a part of one of another's.
fn joined(targets: &[TargetSet]) -> Vec<TargetSet> {
    let mut kept: Vec<TargetSet> = Vec::new();
    for target in targets {
        let mut target = target.clone();
        target.axes.sort_unstable();
        target.axes.dedup();
        let within = |a: &TargetSet, b: &TargetSet| {
            a.strength <= b.strength && a.axes.iter().all(|axis| b.axes.binary_search(axis).is_ok())
        };
        if kept.iter().any(|other| within(&target, other)) {
            continue;
        }
        kept.retain(|other| !within(other, &target));
        kept.push(target);
    }
    kept
}
