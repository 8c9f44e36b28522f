//! What is asked for, and what comes of it.

use std::fmt;

use super::layer::MAX_STRENGTH;
use crate::targets::TargetSet;

/// How long to look for fewer rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As soon as rows are found that are not needlessly many: milliseconds for
    /// the pairs of a hundred axes.
    Fast,
    /// What more time would hardly pay back: tenths of a second for pairs,
    /// seconds for triples.
    #[default]
    Normal,
    /// As few rows as can be found: about a second for the pairs of a hundred
    /// axes, and several for triples.
    Best,
}

/// What a covering array is asked to have.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The tuples that are to be covered.
    pub targets: Vec<TargetSet>,
    /// Rows with holes, one place an axis: for each, a row of the result has its
    /// values.
    pub seeds: Vec<Vec<Option<u32>>>,
    /// How long to look for fewer rows.
    pub effort: Effort,
    /// Elementary steps instead of those of the effort; a machine does some
    /// hundred million in a second. The same number gives the same rows, however
    /// fast the machine is.
    pub steps: Option<u64>,
    /// Another number may give other rows, the same number gives the same rows.
    pub seed: u64,
    /// Threads to use; 0 is taken for 1. It changes nothing but the time.
    pub threads: usize,
}

/// A covering array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covering {
    /// Rows of the model, one value an axis, in lexicographic order.
    pub rows: Vec<Vec<u32>>,
    /// Tuples that are asked for and that some row of the model has: all are
    /// covered.
    pub feasible: u64,
    /// Tuples that are asked for and that no row of the model has.
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
    /// A target set names an axis that is not there.
    NoAxis {
        /// The axis that it names, from 0.
        axis: usize,
        /// How many axes there are.
        axes: usize,
    },
    /// A strength of zero, above the number of axes, or above [`MAX_STRENGTH`].
    Strength {
        /// The strength.
        strength: usize,
        /// How many axes have targets.
        axes: usize,
    },
    /// More values than can be looked after.
    TooManyValues {
        /// The values of all axes together.
        values: u64,
        /// How many there may be.
        limit: u64,
    },
    /// More tuples than there is memory for.
    TooManyTuples {
        /// Their strength.
        strength: usize,
        /// The values of the axes that take part, together.
        values: usize,
    },
    /// More tuples to ask for one by one whether some row has them than there is
    /// time for.
    TooManyQuestions {
        /// Their strength.
        strength: usize,
        /// The axes that clauses tie together.
        axes: usize,
    },
}

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
            Self::NoAxis { axis, axes } => {
                write!(f, "there is no axis {}: expected 1 to {axes}", axis + 1)
            }
            Self::Strength { strength, axes } => write!(
                f,
                "strength {strength} of {axes} axes: expected 1 to {}",
                MAX_STRENGTH.min(*axes)
            ),
            Self::TooManyValues { values, limit } => {
                write!(f, "the axes have {values} values, expected at most {limit}")
            }
            Self::TooManyTuples { strength, values } => write!(
                f,
                "there is no memory for the tuples of strength {strength} of {values} values: take a lower strength, or fewer axes"
            ),
            Self::TooManyQuestions { strength, axes } => write!(
                f,
                "rules tie {axes} axes together, and it takes too long to tell which tuples of strength {strength} they leave: take a lower strength, or fewer axes"
            ),
        }
    }
}

impl std::error::Error for CoverError {}
