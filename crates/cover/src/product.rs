//! The rows of a model, one at a time: in the order of the axes, the last
//! fastest.

use crate::engine::Engine;
use crate::model::{Model, ValueSet};
use crate::solver::search;

/// The rows that clauses allow. Each is found from the one before; none is made
/// to be thrown away.
#[derive(Clone, Debug)]
pub struct Rows {
    engine: Engine,
    /// Axes before this are chosen one by one. Those from it on turn freely: what
    /// is left to them is what clauses allow, whatever the others of them are.
    chosen: usize,
    row: Vec<u32>,
    started: bool,
    ended: bool,
    /// Choices that led nowhere since the last row.
    failures: u32,
}

/// A row, and how it differs from the one before.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    /// A value for each axis.
    pub values: &'r [u32],
    /// The first axis whose value is another than in the row before.
    pub changed_from: usize,
}

impl Rows {
    /// So many failures between two rows are chance; then each choice is looked
    /// through before it is made.
    const PATIENCE: u32 = 64;

    /// All rows of a model.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self::within(model, &model.domains())
    }

    /// The rows that have only these values.
    ///
    /// # Panics
    /// There is not one set for each axis.
    #[must_use]
    pub fn within(model: &Model, domains: &[ValueSet]) -> Self {
        assert_eq!(domains.len(), model.axes().len(), "one set an axis");
        let engine = Engine::new(model, domains);
        let axes = engine.axes();
        let mut constrained = vec![false; axes];
        for literal in model.clauses().iter().flat_map(|clause| &clause.literals) {
            constrained[literal.axis] = true;
        }
        // When all others are chosen, the last one that clauses are about has
        // only values that they allow.
        let last = constrained.iter().rposition(|&constrained| constrained);
        Self {
            ended: engine.is_dead(),
            engine,
            chosen: last.unwrap_or(0),
            row: vec![0; axes],
            started: false,
            failures: 0,
        }
    }

    /// The next row; nothing after the last.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row is lent, which an iterator cannot do"
    )]
    pub fn next(&mut self) -> Option<Row<'_>> {
        if self.ended {
            return None;
        }
        let changed_from = if self.started {
            self.turn()
        } else {
            self.started = true;
            self.choose_from(0, 0)
        };
        let Some(changed_from) = changed_from else {
            self.ended = true;
            return None;
        };
        self.failures = 0;
        Some(Row {
            values: &self.row,
            changed_from,
        })
    }

    /// Turns to the next row; the first axis that changed, if there is one.
    fn turn(&mut self) -> Option<usize> {
        for axis in (self.chosen..self.row.len()).rev() {
            if let Some(value) = self.engine.next_value(axis, self.row[axis] + 1) {
                self.row[axis] = value;
                self.reset(axis + 1);
                return Some(axis);
            }
        }
        let last = self.chosen.checked_sub(1)?;
        self.engine.undo();
        self.choose_from(last, self.row[last] + 1)
    }

    /// Gives the axes from `from` on, all of which turn freely, their first values.
    fn reset(&mut self, from: usize) {
        for axis in from..self.row.len() {
            let value = self.engine.next_value(axis, 0);
            self.row[axis] = value.expect("no axis is empty while there is no conflict");
        }
    }

    /// Chooses the axes from `axis` on, this one from the value `from` on; the
    /// lowest axis that was chosen anew, if there is a row.
    fn choose_from(&mut self, mut axis: usize, mut from: u32) -> Option<usize> {
        let mut lowest = axis;
        while axis < self.chosen {
            if self.choose(axis, from) {
                axis += 1;
                from = 0;
            } else {
                axis = axis.checked_sub(1)?;
                self.engine.undo();
                from = self.row[axis] + 1;
                lowest = lowest.min(axis);
            }
        }
        self.reset(self.chosen);
        Some(lowest)
    }

    /// Chooses the first value of an axis, from `from` on, that leads on.
    fn choose(&mut self, axis: usize, mut from: u32) -> bool {
        while let Some(value) = self.engine.next_value(axis, from) {
            self.engine.mark();
            let possible = self.engine.assign(axis, value).is_ok()
                && (self.failures < Self::PATIENCE || search(&mut self.engine).is_some());
            if possible {
                self.row[axis] = value;
                return true;
            }
            self.engine.undo();
            self.failures = self.failures.saturating_add(1);
            from = value + 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{brute_force, models};
    use crate::{Axis, Clause, Literal};
    use proptest::prelude::*;

    fn all(rows: &mut Rows) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        while let Some(row) = rows.next() {
            found.push(row.values.to_vec());
        }
        found
    }

    #[test]
    fn the_last_axis_turns_fastest() {
        let model = Model::new(vec![Axis::new(2), Axis::new(2)], Vec::new()).unwrap();
        assert_eq!(
            all(&mut Rows::new(&model)),
            [[0, 0], [0, 1], [1, 0], [1, 1]]
        );
    }

    #[test]
    fn a_model_without_axes_has_one_row_and_an_empty_clause_none() {
        let none = Model::new(Vec::new(), Vec::new()).unwrap();
        assert_eq!(all(&mut Rows::new(&none)), [Vec::<u32>::new()]);
        let never = Clause {
            literals: Vec::new(),
            rule: 0,
        };
        let model = Model::new(vec![Axis::new(3)], vec![never]).unwrap();
        assert!(all(&mut Rows::new(&model)).is_empty());
    }

    #[test]
    fn axes_of_more_values_than_a_word_has() {
        for values in [64, 65, 128, 4096] {
            let mut allowed = ValueSet::single(values, values - 1);
            allowed.insert(63);
            let clause = Clause {
                literals: vec![Literal { axis: 0, allowed }],
                rule: 0,
            };
            let model = Model::new(vec![Axis::new(values)], vec![clause]).unwrap();
            let mut expected = vec![vec![63], vec![values - 1]];
            expected.dedup();
            assert_eq!(all(&mut Rows::new(&model)), expected);
        }
    }

    #[test]
    fn a_thousand_axes_that_follow_each_other() {
        // Axis n has the value of axis n - 1: two rows.
        let clauses = (1..1000).flat_map(|axis| {
            [0, 1].map(|value| Clause {
                literals: vec![
                    Literal {
                        axis: axis - 1,
                        allowed: ValueSet::single(2, 1 - value),
                    },
                    Literal {
                        axis,
                        allowed: ValueSet::single(2, value),
                    },
                ],
                rule: 0,
            })
        });
        let axes = (0..1000).map(|_| Axis::new(2)).collect();
        let model = Model::new(axes, clauses.collect()).unwrap();
        assert_eq!(all(&mut Rows::new(&model)).len(), 2);
    }

    proptest! {
        #[test]
        fn rows_are_those_of_brute_force_in_their_order(model in models()) {
            prop_assert_eq!(all(&mut Rows::new(&model)), brute_force(&model));
        }

        #[test]
        fn a_row_tells_from_where_it_is_another(model in models()) {
            let mut rows = Rows::new(&model);
            let mut before: Option<Vec<u32>> = None;
            while let Some(row) = rows.next() {
                if let Some(before) = before {
                    let same = before.iter().zip(row.values).take_while(|(a, b)| a == b).count();
                    prop_assert_eq!(row.changed_from, same);
                }
                before = Some(row.values.to_vec());
            }
        }
    }
}
