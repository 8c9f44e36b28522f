//! One set of failures against what passed, as bits.

use super::Settings;
use super::bits::Bits;
use super::explanation::{Cell, Explanation, Literal, Standing};
use super::observations::Observations;
use super::search::Candidate;
use super::surprise::Surprise;
use super::wording::{self, Scope};

/// The literals that failed rows have, and which rows have them.
pub(super) struct Problem<'a> {
    observations: &'a Observations,
    /// The failed rows, by bit.
    failed: Vec<usize>,
    passed: usize,
    /// By axis, then by value; an absent axis last.
    cells: Vec<Cell>,
    /// The failed rows that have each literal.
    failing: Vec<Bits>,
    /// The passing rows that have each literal.
    passing: Vec<Bits>,
    /// Where the literals of the next axis begin.
    next: Vec<usize>,
    /// How many literals rows have, whether they failed or passed.
    seen: usize,
    surprise: Surprise,
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        observations: &'a Observations,
        failed: &[usize],
        passed: &[usize],
        settings: &Settings,
    ) -> Self {
        let mut problem = Self {
            observations,
            failed: failed.to_vec(),
            passed: passed.len(),
            cells: Vec::new(),
            failing: Vec::new(),
            passing: Vec::new(),
            next: Vec::new(),
            seen: 0,
            surprise: Surprise::new(failed.len(), passed.len(), 0),
        };
        for axis in 0..observations.axes().len() {
            problem.add_axis(axis, passed, settings.absent);
        }
        problem.surprise = Surprise::new(failed.len(), passed.len(), problem.seen);
        problem
    }

    fn add_axis(&mut self, axis: usize, passed: &[usize], absent: bool) {
        let rows = self.observations.rows();
        let values = self.observations.axes()[axis].values.len();
        // The last slot is for the rows in which the axis is absent.
        let slot = |row: usize| rows[row].values[axis].unwrap_or(values);
        let mut failing = vec![Bits::empty(self.failed.len()); values + 1];
        let mut passing = vec![Bits::empty(passed.len()); values + 1];
        for (bit, &row) in self.failed.iter().enumerate() {
            failing[slot(row)].insert(bit);
        }
        for (bit, &row) in passed.iter().enumerate() {
            passing[slot(row)].insert(bit);
        }
        let is_used = !failing[values].is_empty() || !passing[values].is_empty();
        // An axis that cannot be otherwise is no part of any explanation.
        if values + usize::from(is_used) < 2 {
            return;
        }
        for (value, (failing, passing)) in failing.into_iter().zip(passing).enumerate() {
            self.seen += usize::from(!failing.is_empty() || !passing.is_empty());
            if failing.is_empty() || (value == values && !absent) {
                continue;
            }
            let value = (value < values).then_some(value);
            self.cells.push(Cell { axis, value });
            self.failing.push(failing);
            self.passing.push(passing);
        }
        self.next.resize(self.cells.len(), self.cells.len());
    }

    /// How many rows failed.
    pub(super) fn failed(&self) -> usize {
        self.failed.len()
    }

    /// How many rows passed.
    pub(super) fn passed(&self) -> usize {
        self.passed
    }

    /// How many literals there are.
    pub(super) fn literals(&self) -> usize {
        self.cells.len()
    }

    /// The first literal of the axis after that of this literal.
    pub(super) fn next_axis(&self, literal: usize) -> usize {
        self.next[literal]
    }

    pub(super) fn failing(&self, literal: usize) -> &Bits {
        &self.failing[literal]
    }

    pub(super) fn passing(&self, literal: usize) -> &Bits {
        &self.passing[literal]
    }

    /// The failures that have all of the literals.
    pub(super) fn failures(&self, literals: &[u32]) -> Bits {
        let mut bits = Bits::full(self.failed.len());
        for &literal in literals {
            bits.intersect(&self.failing[literal as usize]);
        }
        bits
    }

    /// The passing rows that have all of the literals.
    pub(super) fn passes(&self, literals: &[u32]) -> Bits {
        let mut bits = Bits::full(self.passed);
        for &literal in literals {
            bits.intersect(&self.passing[literal as usize]);
        }
        bits
    }

    /// Whether no passing row has the literals, but some has each lot of them
    /// with one taken out.
    pub(super) fn is_minimal(&self, literals: &[u32]) -> bool {
        (0..literals.len()).all(|without| self.has_pass_but_for(literals, without))
    }

    /// Whether some passing row has all of the literals but one, by place.
    fn has_pass_but_for(&self, literals: &[u32], without: usize) -> bool {
        let rest = || {
            let rest = literals.iter().enumerate();
            let rest = rest.filter(|(place, _)| *place != without);
            rest.map(|(_, &literal)| &self.passing[literal as usize])
        };
        // A word at a time: the first common row ends it, as a rule soon.
        (0..self.passed.div_ceil(64)).any(|word| {
            // Bits beyond the last row are in no literal's set; without any
            // literal, each row that passed will do.
            rest().fold(u64::MAX, |all, bits| all & bits.word(word)) != 0
        })
    }

    /// Whether one of the literals is an attribute of another one's axis, and so
    /// says nothing that the other does not.
    pub(super) fn repeats(&self, literals: &[u32]) -> bool {
        let name = |literal: &u32| {
            let cell = self.cells[*literal as usize];
            self.observations.axes()[cell.axis].name.as_str()
        };
        literals.iter().any(|one| {
            let of = |axis: &str| {
                let attribute = name(one).strip_prefix(axis);
                attribute.is_some_and(|rest| rest.starts_with('.'))
            };
            literals.iter().any(|other| of(name(other)))
        })
    }

    /// How many of the literals are the absence of an axis.
    pub(super) fn absences(&self, literals: &[u32]) -> usize {
        let cells = literals.iter().map(|&literal| self.cells[literal as usize]);
        cells.filter(|cell| cell.value.is_none()).count()
    }

    /// Bits of surprise that a combination of so many literals has so many
    /// failures and passes, less what the choice of the combination is worth;
    /// in hundredths, so that no rounding decides what is better.
    pub(super) fn surprise(&self, size: usize, failures: usize, passes: usize) -> f64 {
        let bits = self.surprise.bits(failures, passes) - self.surprise.choice(self.seen, size);
        // Not a negative zero.
        (bits * 100.0).round() / 100.0 + 0.0
    }

    /// The row of a bit, as an index of the rows as given.
    pub(super) fn row(&self, bit: usize) -> usize {
        self.failed[bit]
    }

    /// The candidate as it is told, where so many rows failed in all.
    pub(super) fn explanation(&self, candidate: &Candidate, all_failures: usize) -> Explanation {
        let numbers = candidate.literals();
        let literals = numbers.iter().map(|&number| {
            let cell = self.cells[number as usize];
            let axis = &self.observations.axes()[cell.axis];
            Literal {
                axis: axis.name.clone(),
                value: cell.value.map(|value| axis.values[value].clone()),
                cell,
            }
        });
        let failures = self.failures(numbers);
        let mut failed_rows: Vec<usize> = failures.iter().map(|bit| self.row(bit)).collect();
        failed_rows.sort_unstable();
        let (failures, passes) = (candidate.failures as usize, candidate.passes as usize);
        let mut explanation = Explanation {
            literals: literals.collect(),
            standing: if passes == 0 {
                Standing::Consistent
            } else {
                Standing::Suspicious
            },
            minimal: self.is_minimal(numbers),
            failures,
            passes,
            failed_rows,
            surprise: self.surprise(numbers.len(), failures, passes),
            sentence: String::new(),
        };
        let scope = Scope {
            failures: self.failed(),
            is_rest: self.failed() < all_failures,
            passed: self.passed,
        };
        explanation.sentence = wording::sentence(&explanation, scope);
        explanation
    }
}
