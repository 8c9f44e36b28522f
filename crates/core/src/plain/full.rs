//! Every row, one at a time.

use cfgmatrix_cover::{Axis, Clause, Literal, Model, Rows};

use super::{PlainAxis, PlainModel};

/// Every row of a plain model, in the order of its axes, the last fastest.
pub struct FullRows<'m> {
    rows: Rows,
    axes: &'m [PlainAxis],
    /// How many axes rows have.
    own: usize,
    results: Option<Results>,
}

/// One of [`FullRows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullRow<'r> {
    /// A value for each axis, by number; [`PlainAxis::undetermined`] for a
    /// result that the rules leave open.
    pub values: &'r [u32],
    /// The values before this axis are those of the row before.
    pub changed_from: usize,
}

/// A model with its results behind its choices: rows that differ in results
/// only follow each other, and are one row.
struct Results {
    /// Where each axis of the plain model is in the rows that are made.
    position: Vec<usize>,
    /// How many axes are choices.
    inputs: usize,
    /// The first row of the next group.
    ahead: Option<Vec<u32>>,
    row: Vec<u32>,
}

impl PlainModel {
    /// A model for [`Self::full_rows`]. Rows of it have results last.
    #[must_use]
    pub fn full_model(&self) -> Model {
        if !self.axes.iter().any(|axis| axis.result) {
            return self.model.clone();
        }
        let position = self.positions();
        let mut axes = vec![Axis::new(1); self.model.axes().len()];
        for (axis, &to) in self.model.axes().iter().zip(&position) {
            axes[to] = axis.clone();
        }
        let clauses = self.model.clauses().iter().map(|clause| Clause {
            literals: clause
                .literals
                .iter()
                .map(|literal| Literal {
                    axis: position[literal.axis],
                    allowed: literal.allowed.clone(),
                })
                .collect(),
            rule: clause.rule,
        });
        Model::new(axes, clauses.collect()).expect("its axes are only moved")
    }

    /// Every row of [`Self::full_model`].
    #[must_use]
    pub fn full_rows<'m>(&'m self, full: &'m Model) -> FullRows<'m> {
        let mut rows = Rows::new(full);
        let results = self.axes.iter().any(|axis| axis.result).then(|| Results {
            position: self.positions(),
            inputs: self.inputs().len(),
            ahead: rows.next().map(|row| row.values.to_vec()),
            row: Vec::new(),
        });
        FullRows {
            rows,
            axes: &self.axes,
            own: self.axes.len(),
            results,
        }
    }

    /// Where each axis is when choices come first, then results, then what only
    /// rules need.
    fn positions(&self) -> Vec<usize> {
        let all = self.model.axes().len();
        let mut order = self.inputs();
        order.extend((0..self.axes.len()).filter(|&axis| self.axes[axis].result));
        order.extend(self.axes.len()..all);
        let mut position = vec![0; all];
        for (to, from) in order.into_iter().enumerate() {
            position[from] = to;
        }
        position
    }
}

impl FullRows<'_> {
    /// The next row.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row borrows from what makes it, which iterators cannot say"
    )]
    pub fn next(&mut self) -> Option<FullRow<'_>> {
        let Some(results) = &mut self.results else {
            let row = self.rows.next()?;
            return Some(FullRow {
                values: &row.values[..self.own],
                changed_from: row.changed_from,
            });
        };
        let first = results.ahead.take()?;
        let at = |axis: usize| results.position[axis];
        results.row = (0..self.own).map(|axis| first[at(axis)]).collect();
        while let Some(next) = self.rows.next() {
            if next.values[..results.inputs] != first[..results.inputs] {
                results.ahead = Some(next.values.to_vec());
                break;
            }
            for (axis, own) in self.axes.iter().enumerate() {
                if next.values[results.position[axis]] != first[results.position[axis]] {
                    results.row[axis] = own.undetermined();
                }
            }
        }
        Some(FullRow {
            values: &results.row,
            changed_from: 0,
        })
    }
}
