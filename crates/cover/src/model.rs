//! What is to be combined: axes, and clauses that every row satisfies.

use std::fmt;

/// A set of values of one axis.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueSet {
    /// 64 values a word, the lowest first; as many words as the axis needs.
    words: Box<[u64]>,
}

impl ValueSet {
    /// No value of an axis of `values` values.
    #[must_use]
    pub fn empty(values: u32) -> Self {
        Self {
            words: vec![0; (values as usize).div_ceil(64)].into(),
        }
    }

    /// All values of an axis of `values` values.
    #[must_use]
    pub fn full(values: u32) -> Self {
        let mut set = Self::empty(values);
        for value in 0..values {
            set.insert(value);
        }
        set
    }

    /// One value of an axis of `values` values.
    #[must_use]
    pub fn single(values: u32, value: u32) -> Self {
        let mut set = Self::empty(values);
        set.insert(value);
        set
    }

    /// Puts a value in.
    ///
    /// # Panics
    /// The axis has no such value.
    pub fn insert(&mut self, value: u32) {
        self.words[value as usize / 64] |= 1 << (value % 64);
    }

    /// Takes a value out.
    ///
    /// # Panics
    /// The axis has no such value.
    pub fn remove(&mut self, value: u32) {
        self.words[value as usize / 64] &= !(1 << (value % 64));
    }

    /// Whether a value is in it.
    #[must_use]
    pub fn contains(&self, value: u32) -> bool {
        self.words
            .get(value as usize / 64)
            .is_some_and(|word| word >> (value % 64) & 1 == 1)
    }

    /// How many values are in it.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether no value is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The values, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }

    /// The values of an axis of `values` values that are not in it.
    #[must_use]
    pub fn complement(&self, values: u32) -> Self {
        let mut set = Self::full(values);
        for (word, own) in set.words.iter_mut().zip(&self.words) {
            *word &= !own;
        }
        set
    }

    /// Adds the values of another set of the same axis.
    pub fn unite(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word |= theirs;
        }
    }

    /// Keeps the values that are in another set of the same axis too.
    pub fn intersect(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= theirs;
        }
    }

    /// The words, 64 values each, the lowest values first.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

impl fmt::Debug for ValueSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// One choice: its values are `0..values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// How many values it has; at least one.
    pub values: u32,
    /// Only tuples of values below this need covering. The others are states
    /// that are no choice of the user's: "absent" of a conditional axis (its
    /// last value), or all values of an axis that only carries a rule's meaning.
    pub targets: u32,
    /// How much each value is liked where nothing else decides; empty stands
    /// for all the same.
    pub weights: Vec<u32>,
}

impl Axis {
    /// An axis whose every value is a target.
    #[must_use]
    pub fn new(values: u32) -> Self {
        Self {
            values,
            targets: values,
            weights: Vec::new(),
        }
    }
}

/// "This axis has one of these values".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The axis, by number.
    pub axis: usize,
    /// The values.
    pub allowed: ValueSet,
}

/// At least one of its literals holds in every row. The empty clause never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The literals, at most one an axis.
    pub literals: Vec<Literal>,
    /// The rule that it is of: conflicts are told by rule.
    pub rule: u32,
}

/// Axes and clauses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    axes: Vec<Axis>,
    clauses: Vec<Clause>,
}

/// What no model may have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelError {
    /// An axis without values.
    NoValues {
        /// The axis.
        axis: usize,
    },
    /// More targets than values, or another number of weights than of values.
    BadAxis {
        /// The axis.
        axis: usize,
    },
    /// A literal of an axis that is not there, with a set of another size, or
    /// of an axis that the clause already speaks of.
    BadLiteral {
        /// The clause.
        clause: usize,
        /// The axis that it names.
        axis: usize,
    },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValues { axis } => write!(f, "axis {axis} has no values"),
            Self::BadAxis { axis } => write!(
                f,
                "axis {axis} has more targets than values, or not one weight a value"
            ),
            Self::BadLiteral { clause, axis } => write!(
                f,
                "clause {clause} names axis {axis}, which is not there, has another number of values, or is named twice"
            ),
        }
    }
}

impl std::error::Error for ModelError {}

impl Model {
    /// Axes in the order of rows, and the clauses that rows satisfy.
    ///
    /// # Errors
    /// An axis or a clause that is not as it should be.
    pub fn new(axes: Vec<Axis>, clauses: Vec<Clause>) -> Result<Self, ModelError> {
        for (number, axis) in axes.iter().enumerate() {
            if axis.values == 0 {
                return Err(ModelError::NoValues { axis: number });
            }
            let weighted = axis.weights.len() == axis.values as usize;
            if axis.targets > axis.values || !(weighted || axis.weights.is_empty()) {
                return Err(ModelError::BadAxis { axis: number });
            }
        }
        for (number, clause) in clauses.iter().enumerate() {
            for (position, literal) in clause.literals.iter().enumerate() {
                let fits = axes.get(literal.axis).is_some_and(|axis| {
                    let full = ValueSet::full(axis.values);
                    literal.allowed.words.len() == full.words.len()
                        && literal.allowed.iter().all(|value| value < axis.values)
                });
                let again = clause.literals[..position]
                    .iter()
                    .any(|earlier| earlier.axis == literal.axis);
                if !fits || again {
                    return Err(ModelError::BadLiteral {
                        clause: number,
                        axis: literal.axis,
                    });
                }
            }
        }
        Ok(Self { axes, clauses })
    }

    /// The axes.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// All values of every axis.
    #[must_use]
    pub fn domains(&self) -> Vec<ValueSet> {
        let axes = self.axes.iter();
        axes.map(|axis| ValueSet::full(axis.values)).collect()
    }

    /// The rules that a row breaks, ascending, each once.
    #[must_use]
    pub fn broken_rules(&self, row: &[u32]) -> Vec<u32> {
        let holds = |literal: &Literal| literal.allowed.contains(row[literal.axis]);
        let broken = self
            .clauses
            .iter()
            .filter(|clause| !clause.literals.iter().any(holds));
        let mut rules: Vec<u32> = broken.map(|clause| clause.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The clauses.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }
}
