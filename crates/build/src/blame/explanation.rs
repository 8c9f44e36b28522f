//! The answer: explanations, their rivals, and what is told of them.

use std::fmt;

use serde::Serialize;

/// An axis that has one of its values, or is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Literal {
    /// The axis's name.
    pub axis: String,
    /// The value's name; null where the axis is absent.
    pub value: Option<String>,
    #[serde(skip)]
    pub(super) cell: Cell,
}

/// A literal in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) axis: usize,
    pub(super) value: Option<usize>,
}

impl Literal {
    /// The axis, from 0.
    #[must_use]
    pub fn axis_index(&self) -> usize {
        self.cell.axis
    }

    /// The value, from 0; `None` where the axis is absent.
    #[must_use]
    pub fn value_index(&self) -> Option<usize> {
        self.cell.value
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = &self.value else {
            return write!(f, "{} absent", self.axis);
        };
        // A value of several words would run into the sentence around it.
        if value.is_empty() || value.contains(|c: char| c.is_whitespace() || "&=;,".contains(c)) {
            write!(f, "{}={value:?}", self.axis)
        } else {
            write!(f, "{}={value}", self.axis)
        }
    }
}

/// What an explanation is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No variant that passed has the combination.
    Consistent,
    /// Some variant that passed has it, but failures have it more often.
    Suspicious,
}

/// A combination of axis values that explains failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The combination, in the order of the axes; empty where nothing passed.
    pub literals: Vec<Literal>,
    /// Whether any variant that passed has it.
    pub standing: Standing,
    /// Whether no part of the combination is consistent by itself.
    pub minimal: bool,
    /// How many failures have it. Of a suspicious one, only failures count
    /// that no consistent combination explains.
    pub failures: usize,
    /// How many variants that passed have it.
    pub passes: usize,
    /// The failures that have it: indices of the rows as given, ascending.
    pub failed_rows: Vec<usize>,
    /// Bits of surprise that so many of the rows that have it failed, were
    /// failures spread by chance, less the bits that choosing among all
    /// combinations of this size is worth. At 0 or below, chance would do.
    pub surprise: f64,
    /// The same in words.
    pub sentence: String,
}

impl Explanation {
    /// Whether a row has the combination.
    #[must_use]
    pub fn is_in(&self, row: &[Option<usize>]) -> bool {
        let mut cells = self.literals.iter().map(|literal| literal.cell);
        cells.all(|cell| row.get(cell.axis) == Some(&cell.value))
    }
}

/// An explanation that is told, with those that explain the same failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The best of them.
    pub explanation: Explanation,
    /// The others that are consistent and have exactly the same failures, the
    /// minimal ones first: what was run does not tell them apart.
    pub rivals: Vec<Explanation>,
    /// How many more rivals there are than are listed.
    pub rivals_left_out: usize,
}

impl Finding {
    /// The explanation and its rivals.
    pub fn hypotheses(&self) -> impl Iterator<Item = &Explanation> {
        std::iter::once(&self.explanation).chain(&self.rivals)
    }
}

/// The failures of one signature, explained alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignatureBlame {
    /// The signature; null for failures that have none.
    pub signature: Option<String>,
    /// How many failures have it.
    pub failed: usize,
    /// As [`Blame::cover`], of these failures.
    pub cover: Vec<Finding>,
    /// As [`Blame::cover_is_minimal`], of these failures.
    pub cover_is_minimal: bool,
    /// As [`Blame::unexplained`], of these failures.
    pub unexplained: Vec<usize>,
}

/// What explains the failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blame {
    /// How many rows passed.
    pub passed: usize,
    /// How many rows failed.
    pub failed: usize,
    /// The most values of a combination that were considered.
    pub max_size: usize,
    /// The explanations, the best first: consistent before suspicious;
    /// consistent ones by failures, then by fewer values; suspicious ones by
    /// surprise; then in the order of the axes.
    pub explanations: Vec<Explanation>,
    /// How many more explanations there are than are listed.
    pub explanations_left_out: usize,
    /// Few explanations that together explain every failure but the
    /// unexplained, each with its rivals.
    pub cover: Vec<Finding>,
    /// Whether fewer consistent explanations certainly cannot do.
    pub cover_is_minimal: bool,
    /// Where several are told: what all failures have in common, if that is
    /// more than chance would do. One cause that does not always fail would
    /// look like this.
    pub common: Option<Explanation>,
    /// The failures that nothing explains: indices of rows, ascending.
    pub unexplained: Vec<usize>,
    /// The failures whose very variant also passed: indices of rows,
    /// ascending.
    pub also_passed: Vec<usize>,
    /// Each signature alone, where failures have several: the most frequent
    /// first, then in the order of the text.
    pub by_signature: Vec<SignatureBlame>,
    /// How many more signatures there are than are listed.
    pub signatures_left_out: usize,
    /// All of it in sentences, one a line.
    pub summary: Vec<String>,
}
