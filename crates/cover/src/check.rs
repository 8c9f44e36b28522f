//! Whether rows are what a covering array should be, told without anything that
//! makes one.

use crate::model::Model;
use crate::solver::Solver;
use crate::targets::TargetSet;

/// What rows are and lack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that no clause allows: the row's number, and the rules that it breaks.
    pub invalid: Vec<(usize, Vec<u32>)>,
    /// Rows that came before: the row's number, and that of the first like it.
    pub duplicates: Vec<(usize, usize)>,
    /// Tuples that some row of the model has.
    pub feasible: u64,
    /// Those of them that the rows have.
    pub covered: u64,
    /// The first of those that they lack, axis and value each.
    pub missing: Vec<Vec<(usize, u32)>>,
}

impl Report {
    /// So many missing tuples are named.
    pub const NAMED: usize = 100;

    /// Whether all rows are allowed and all feasible tuples occur.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.invalid.is_empty() && self.covered == self.feasible
    }
}

/// Checks rows against a model: which are not allowed, and which tuples of the
/// target sets are in none of the allowed ones; the first [`Report::NAMED`] of
/// these are named. A tuple that several sets want counts once for each of them.
///
/// # Panics
/// A row has another number of values than the model has axes.
#[must_use]
pub fn check(model: &Model, targets: &[TargetSet], rows: &[Vec<u32>]) -> Report {
    check_naming(model, targets, rows, Report::NAMED)
}

/// The same, with so many missing tuples named.
///
/// # Panics
/// As for [`check`].
#[must_use]
pub fn check_naming(
    model: &Model,
    targets: &[TargetSet],
    rows: &[Vec<u32>],
    named: usize,
) -> Report {
    let mut report = Report::default();
    let mut first_of = std::collections::HashMap::new();
    let mut allowed: Vec<&[u32]> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row.len(), model.axes().len(), "one value an axis");
        let first = *first_of.entry(row.as_slice()).or_insert(number);
        if first < number {
            report.duplicates.push((number, first));
        }
        let outside = row
            .iter()
            .zip(model.axes())
            .any(|(&value, axis)| value >= axis.values);
        let broken = if outside {
            Vec::new()
        } else {
            model.broken_rules(row)
        };
        if outside || !broken.is_empty() {
            report.invalid.push((number, broken));
        } else {
            allowed.push(row);
        }
    }
    let mut solver = Solver::new(model);
    for target in targets {
        let mut axes: Vec<usize> = (0..target.strength.min(target.axes.len())).collect();
        if target.strength > target.axes.len() {
            continue;
        }
        loop {
            let chosen: Vec<usize> = axes.iter().map(|&at| target.axes[at]).collect();
            check_axes(model, &chosen, &allowed, &mut solver, named, &mut report);
            if !advance(&mut axes, target.axes.len()) {
                break;
            }
        }
    }
    report
}

/// The next set of positions, in order.
fn advance(positions: &mut [usize], of: usize) -> bool {
    let count = positions.len();
    let turning = (0..count).rev().find(|&at| positions[at] < of - count + at);
    let Some(at) = turning else { return false };
    positions[at] += 1;
    for later in at + 1..count {
        positions[later] = positions[later - 1] + 1;
    }
    true
}

/// Checks the tuples of some axes.
fn check_axes(
    model: &Model,
    axes: &[usize],
    rows: &[&[u32]],
    solver: &mut Solver,
    named: usize,
    report: &mut Report,
) {
    let sizes: Vec<usize> = axes
        .iter()
        .map(|&axis| model.axes()[axis].targets as usize)
        .collect();
    let mut seen = vec![false; sizes.iter().product()];
    for row in rows {
        let mut at = Some(0);
        for (&axis, &size) in axes.iter().zip(&sizes) {
            let value = row[axis] as usize;
            at = at.filter(|_| value < size).map(|at| at * size + value);
        }
        if let Some(at) = at {
            seen[at] = true;
        }
    }
    for (number, seen) in seen.iter().enumerate() {
        if *seen {
            report.feasible += 1;
            report.covered += 1;
            continue;
        }
        let mut rest = number;
        let mut tuple: Vec<(usize, u32)> = Vec::with_capacity(axes.len());
        for (&axis, &size) in axes.iter().zip(&sizes).rev() {
            tuple.push((axis, (rest % size) as u32));
            rest /= size;
        }
        tuple.reverse();
        if solver.solve(&tuple).is_some() {
            report.feasible += 1;
            if report.missing.len() < named {
                report.missing.push(tuple);
            }
        }
    }
}

/// Tuples of target values that no row has, though each of their parts of fewer
/// values some row has; at most `limit`.
#[must_use]
pub fn infeasible_tuples(
    model: &Model,
    axes: &[usize],
    strength: usize,
    limit: usize,
) -> Vec<Vec<(usize, u32)>> {
    let mut solver = Solver::new(model);
    let mut found: Vec<Vec<(usize, u32)>> = Vec::new();
    if strength == 0 || strength > axes.len() {
        return found;
    }
    let mut positions: Vec<usize> = (0..strength).collect();
    loop {
        let chosen: Vec<usize> = positions.iter().map(|&at| axes[at]).collect();
        let mut values = vec![0u32; strength];
        let empty = chosen.iter().any(|&axis| model.axes()[axis].targets == 0);
        loop {
            if empty {
                break;
            }
            let tuple: Vec<(usize, u32)> =
                chosen.iter().copied().zip(values.iter().copied()).collect();
            if solver.solve(&tuple).is_none() {
                let smaller = (0..strength).all(|left_out| {
                    let mut part = tuple.clone();
                    part.remove(left_out);
                    solver.solve(&part).is_some()
                });
                if smaller {
                    found.push(tuple);
                    if found.len() == limit {
                        return found;
                    }
                }
            }
            let turning = (0..strength)
                .rev()
                .find(|&at| values[at] + 1 < model.axes()[chosen[at]].targets);
            let Some(at) = turning else { break };
            values[at] += 1;
            values[at + 1..].fill(0);
        }
        if !advance(&mut positions, axes.len()) {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{brute_force, models};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_rows_are_complete_and_one_less_may_lack_tuples(model in models(), strength in 1usize..4) {
            let rows = brute_force(&model);
            let targets = [TargetSet::all(&model, strength)];
            let report = check(&model, &targets, &rows);
            prop_assert!(report.is_complete() && report.duplicates.is_empty());
            if let Some((last, others)) = rows.split_last() {
                let report = check(&model, &targets, others);
                for tuple in &report.missing {
                    prop_assert!(tuple.iter().all(|&(axis, value)| last[axis] == value));
                    prop_assert!(!others.iter().any(|row| tuple.iter().all(|&(axis, value)| row[axis] == value)));
                }
                prop_assert_eq!(report.feasible - report.covered, report.missing.len() as u64);
            }
        }

        #[test]
        fn a_row_that_is_not_allowed_is_told_with_its_rules(model in models(), seed in any::<u32>()) {
            let row: Vec<u32> = model.axes().iter().enumerate().map(|(at, axis)| seed.rotate_left(at as u32 * 7) % axis.values).collect();
            let report = check(&model, &[], std::slice::from_ref(&row));
            let broken = model.broken_rules(&row);
            prop_assert_eq!(report.invalid.is_empty(), broken.is_empty());
            prop_assert_eq!(report.invalid.first().map(|(_, rules)| rules.clone()).unwrap_or_default(), broken);
        }

        #[test]
        fn infeasible_pairs_are_in_no_row(model in models()) {
            let rows = brute_force(&model);
            let axes: Vec<usize> = (0..model.axes().len()).collect();
            for tuple in infeasible_tuples(&model, &axes, 2, 1000) {
                prop_assert!(!rows.iter().any(|row| tuple.iter().all(|&(axis, value)| row[axis] == value)));
                for &(axis, value) in &tuple {
                    prop_assert!(rows.iter().any(|row| row[axis] == value));
                }
            }
        }
    }
}
