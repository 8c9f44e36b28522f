//! Which rules leave no row, and as few of them as tell it.

use std::collections::BTreeSet;

use crate::model::{Model, ValueSet};
use crate::solver::Solver;

/// After so many sets of rules were tried, an irreducible one is taken that may
/// not be the smallest.
const MAX_TRIES: usize = 400;

/// The smallest set of rules that together leave no row with these values, by
/// number, ascending; nothing where there is a row. Of several that are as
/// small, the one with the lowest numbers.
///
/// # Panics
/// There is not one set for each axis.
#[must_use]
pub fn smallest_conflict(model: &Model, domains: &[ValueSet]) -> Option<Vec<u32>> {
    assert_eq!(domains.len(), model.axes().len(), "one set an axis");
    let mut rules: Vec<u32> = model.clauses().iter().map(|clause| clause.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let allows = |taken: &BTreeSet<u32>| {
        Solver::with_rules(model, domains, |rule| taken.contains(&rule)).solve(&[])
    };
    let all: BTreeSet<u32> = rules.iter().copied().collect();
    if allows(&all).is_some() {
        return None;
    }
    // Every set of rules that conflicts has one of each of these: without them
    // all, there is a row.
    let mut needed: Vec<Vec<u32>> = Vec::new();
    for _ in 0..MAX_TRIES {
        let candidate = smallest_hitting(&needed);
        let Some(row) = allows(&candidate) else {
            return Some(candidate.into_iter().collect());
        };
        // As many rules as there is still a row with; the others are needed.
        let mut with_row = candidate;
        let broken = |row: &[u32]| model.broken_rules(row);
        let mut open = broken(&row);
        with_row.extend(all.iter().filter(|rule| !open.contains(rule)));
        let mut needs = Vec::new();
        while let Some(&rule) = open.first() {
            open.remove(0);
            let mut more = with_row.clone();
            more.insert(rule);
            match allows(&more) {
                Some(row) => {
                    let still = broken(&row);
                    with_row = more;
                    with_row.extend(open.iter().filter(|rule| !still.contains(rule)));
                    open.retain(|rule| still.contains(rule));
                }
                None => needs.push(rule),
            }
        }
        needed.push(needs);
    }
    Some(irreducible(&all, |taken| allows(taken).is_none()))
}

/// Takes rules away as long as the others conflict.
fn irreducible(all: &BTreeSet<u32>, conflict: impl Fn(&BTreeSet<u32>) -> bool) -> Vec<u32> {
    let mut taken = all.clone();
    for rule in all.iter().rev() {
        taken.remove(rule);
        if !conflict(&taken) {
            taken.insert(*rule);
        }
    }
    taken.into_iter().collect()
}

/// The smallest set with an element of each set, the lowest of those.
fn smallest_hitting(sets: &[Vec<u32>]) -> BTreeSet<u32> {
    fn search(sets: &[Vec<u32>], chosen: &mut BTreeSet<u32>, size: usize) -> bool {
        let Some(missed) = sets
            .iter()
            .find(|set| !set.iter().any(|rule| chosen.contains(rule)))
        else {
            return true;
        };
        if chosen.len() == size {
            return false;
        }
        for &rule in missed {
            chosen.insert(rule);
            if search(sets, chosen, size) {
                return true;
            }
            chosen.remove(&rule);
        }
        false
    }
    let mut size = 0;
    loop {
        let mut chosen = BTreeSet::new();
        if search(sets, &mut chosen, size) {
            return chosen;
        }
        size += 1;
    }
}

/// The values that no row has, axis and value each, in order.
#[must_use]
pub fn dead_values(model: &Model, domains: &[ValueSet]) -> Vec<(usize, u32)> {
    let mut solver = Solver::within(model, domains);
    let mut alive: Vec<ValueSet> = model
        .axes()
        .iter()
        .map(|axis| ValueSet::empty(axis.values))
        .collect();
    let mut dead = Vec::new();
    for (axis, domain) in domains.iter().enumerate() {
        for value in domain.iter() {
            if alive[axis].contains(value) {
                continue;
            }
            match solver.solve(&[(axis, value)]) {
                Some(row) => {
                    for (alive, &value) in alive.iter_mut().zip(&row) {
                        alive.insert(value);
                    }
                }
                None => dead.push((axis, value)),
            }
        }
    }
    dead
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{brute_force, models};
    use proptest::prelude::*;

    fn conflicts(model: &Model, rules: &[u32]) -> bool {
        let taken = BTreeSet::from_iter(rules.iter().copied());
        let domains = model.domains();
        Solver::with_rules(model, &domains, |rule| taken.contains(&rule))
            .solve(&[])
            .is_none()
    }

    proptest! {
        #[test]
        fn the_smallest_conflict_conflicts_and_no_smaller_set_does(model in models()) {
            let found = smallest_conflict(&model, &model.domains());
            prop_assert_eq!(found.is_none(), !brute_force(&model).is_empty());
            if let Some(found) = found {
                prop_assert!(conflicts(&model, &found));
                let rules: BTreeSet<u32> = model.clauses().iter().map(|clause| clause.rule).collect();
                let rules: Vec<u32> = rules.into_iter().collect();
                for mask in 0u32..1 << rules.len() {
                    if (mask.count_ones() as usize) < found.len() {
                        let taken: Vec<u32> = rules.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, rule)| *rule).collect();
                        prop_assert!(!conflicts(&model, &taken));
                    }
                }
            }
        }

        #[test]
        fn dead_values_are_in_no_row(model in models()) {
            let rows = brute_force(&model);
            let mut expected = Vec::new();
            for (axis, shape) in model.axes().iter().enumerate() {
                expected.extend((0..shape.values).filter(|&value| !rows.iter().any(|row| row[axis] == value)).map(|value| (axis, value)));
            }
            prop_assert_eq!(dead_values(&model, &model.domains()), expected);
        }
    }
}
