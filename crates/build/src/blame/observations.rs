//! What was seen: axes, and rows with their verdicts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use super::MAX_SIZE;

/// One value index for each axis, `None` where the axis is inactive.
pub type Values = Vec<Option<usize>>;

/// An axis by name, with the names of its values. One that is named as another
/// with a dot and a word after it, such as `compiler.family`, is an attribute of
/// that: each value of the other has one of its.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The name, as sentences give it.
    pub name: String,
    /// The names of the values, in the order that indices count.
    pub values: Vec<String>,
}

impl Axis {
    /// An axis of these values.
    pub fn new<V: Into<String>>(
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            name: name.into(),
            values: values.into_iter().map(Into::into).collect(),
        }
    }
}

/// How a row ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was built, and its tests passed.
    Passed,
    /// It failed.
    Failed {
        /// What identifies the failure, such as its first error line.
        signature: Option<String>,
    },
}

/// One row that ran to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Observation {
    /// Its values, one for each axis.
    pub values: Values,
    /// How it ended.
    pub verdict: Verdict,
}

impl Observation {
    /// A row that passed.
    pub fn passed(values: impl Into<Values>) -> Self {
        Self {
            values: values.into(),
            verdict: Verdict::Passed,
        }
    }

    /// A row that failed, nobody says how.
    pub fn failed(values: impl Into<Values>) -> Self {
        Self {
            values: values.into(),
            verdict: Verdict::Failed { signature: None },
        }
    }

    /// A row that failed in the way that the signature names.
    pub fn failed_with(values: impl Into<Values>, signature: impl Into<String>) -> Self {
        Self {
            values: values.into(),
            verdict: Verdict::Failed {
                signature: Some(signature.into()),
            },
        }
    }

    fn signature(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Passed => None,
            Verdict::Failed { signature } => signature.as_deref(),
        }
    }
}

/// Axes, and rows that fit them. A variant may have run more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observations {
    axes: Vec<Axis>,
    rows: Vec<Observation>,
}

impl Observations {
    /// Checks the rows against the axes.
    ///
    /// # Errors
    /// A row has too few or too many values, or a value that its axis has not.
    pub fn new(axes: Vec<Axis>, rows: Vec<Observation>) -> Result<Self, BlameError> {
        for (row, observation) in rows.iter().enumerate() {
            if observation.values.len() != axes.len() {
                return Err(BlameError::Length {
                    row,
                    found: observation.values.len(),
                    axes: axes.len(),
                });
            }
            for (axis, value) in axes.iter().zip(&observation.values) {
                if let Some(value) = *value
                    && value >= axis.values.len()
                {
                    return Err(BlameError::Value {
                        row,
                        axis: axis.name.clone(),
                        value,
                        values: axis.values.len(),
                    });
                }
            }
        }
        Ok(Self { axes, rows })
    }

    /// The axes.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The rows, in the order in which they were given.
    #[must_use]
    pub fn rows(&self) -> &[Observation] {
        &self.rows
    }

    /// The rows that failed and those that passed, each sorted by what is in
    /// them, so that nothing depends on the order in which builds ended.
    pub(super) fn in_order(&self) -> (Vec<usize>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|&row| &self.rows[row]);
        order
            .into_iter()
            .partition(|&row| self.rows[row].verdict != Verdict::Passed)
    }

    /// Those failed rows whose very values also passed, ascending.
    pub(super) fn also_passed(&self, failed: &[usize], passed: &[usize]) -> Vec<usize> {
        let seen: HashSet<&Values> = passed.iter().map(|&row| &self.rows[row].values).collect();
        let both = failed.iter().copied();
        let mut both: Vec<usize> = both
            .filter(|&row| seen.contains(&self.rows[row].values))
            .collect();
        both.sort_unstable();
        both
    }

    /// The failed rows by signature: the most frequent first, then those
    /// without one, then in the order of the text.
    pub(super) fn signatures(&self, failed: &[usize]) -> Vec<(Option<&str>, Vec<usize>)> {
        let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for &row in failed {
            let signature = self.rows[row].signature();
            groups.entry(signature).or_default().push(row);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, rows)| Reverse(rows.len()));
        groups
    }
}

/// What can be wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlameError {
    /// A row does not have one value for each axis.
    #[error("row {row} has {found} values; expected one for each of {axes} axes")]
    Length {
        /// The row, from 0.
        row: usize,
        /// How many values it has.
        found: usize,
        /// How many axes there are.
        axes: usize,
    },
    /// A row has a value that its axis has not.
    #[error(
        "row {row} has value {value} of axis `{axis}`, which has {values}; expected an index below that"
    )]
    Value {
        /// The row, from 0.
        row: usize,
        /// The axis's name.
        axis: String,
        /// The value's index.
        value: usize,
        /// How many values the axis has.
        values: usize,
    },
    /// Combinations of no value, or of too many, were asked for.
    #[error("combinations of up to {size} values; expected 1 to {MAX_SIZE}")]
    Size {
        /// What was asked for.
        size: usize,
    },
}
