//! How many rows a model has, without making them: choices are made only where
//! clauses are about them, parts that have nothing to do with each other are
//! counted by themselves, and what was counted once is remembered.

use std::collections::HashMap;
use std::fmt;

use crate::engine::Engine;
use crate::model::{Model, ValueSet};
use crate::natural::Natural;

/// A model whose rows cannot be counted in reasonable time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CountError {
    /// More choices than the budget were made.
    TooHard {
        /// The budget.
        choices: u64,
    },
}

impl fmt::Display for CountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooHard { choices } => {
                write!(f, "the rows cannot be counted with {choices} choices")
            }
        }
    }
}

impl std::error::Error for CountError {}

/// So many choices are made before a model is given up.
const MAX_CHOICES: u64 = 3_000_000;
/// Models of more axes are counted with a stack of their own.
const SHALLOW: usize = 64;
const STACK: usize = 256 << 20;

/// How many rows a model has.
///
/// # Errors
/// It would take too long.
pub fn count(model: &Model) -> Result<Natural, CountError> {
    count_within(model, &model.domains())
}

/// How many rows with only these values a model has.
///
/// # Errors
/// It would take too long.
///
/// # Panics
/// There is not one set for each axis.
pub fn count_within(model: &Model, domains: &[ValueSet]) -> Result<Natural, CountError> {
    assert_eq!(domains.len(), model.axes().len(), "one set an axis");
    let engine = Engine::new(model, domains);
    if engine.is_dead() {
        return Ok(Natural::ZERO);
    }
    let mut counter = Counter::new(model, engine);
    let axes: Vec<usize> = (0..domains.len()).collect();
    let clauses: Vec<usize> = (0..counter.clauses.len()).collect();
    if axes.len() <= SHALLOW {
        return counter.count_parts(&axes, &clauses);
    }
    std::thread::scope(|scope| {
        let counting = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || counter.count_parts(&axes, &clauses));
        let counting = counting.expect("a thread can be started");
        counting.join().expect("counting does not panic")
    })
}

struct Counter {
    engine: Engine,
    /// Each clause as axes and the words of what they may be.
    clauses: Vec<Vec<(usize, Vec<u64>)>>,
    known: HashMap<Vec<u64>, Natural>,
    choices: u64,
}

impl Counter {
    fn new(model: &Model, engine: Engine) -> Self {
        let clauses = model.clauses().iter().map(|clause| {
            let literals = clause.literals.iter();
            literals
                .map(|literal| (literal.axis, literal.allowed.words().to_vec()))
                .collect()
        });
        Self {
            clauses: clauses.collect(),
            engine,
            known: HashMap::new(),
            choices: 0,
        }
    }

    /// Whether a clause holds, whatever the open axes become.
    fn holds(&self, clause: usize) -> bool {
        self.clauses[clause].iter().any(|(axis, mask)| {
            let words = self.engine.words(*axis).iter().zip(mask);
            words.into_iter().all(|(word, mask)| word & !mask == 0)
        })
    }

    /// The rows of some axes, about which are some of the clauses and no others.
    fn count_parts(&mut self, axes: &[usize], clauses: &[usize]) -> Result<Natural, CountError> {
        let open: Vec<usize> = clauses
            .iter()
            .copied()
            .filter(|&clause| !self.holds(clause))
            .collect();
        let parts = self.parts(axes, &open);
        let mut product = Natural::from(1);
        let mut in_part = vec![false; axes.len()];
        for (part, _) in &parts {
            for axis in part {
                let at = axes.binary_search(axis).expect("parts are of the axes");
                in_part[at] = true;
            }
        }
        for (&axis, _) in axes.iter().zip(&in_part).filter(|(_, inside)| !**inside) {
            let size = self.engine.size(axis);
            if size != 1 {
                product = product.times(&Natural::from(u64::from(size)));
            }
        }
        for (part, clauses) in &parts {
            let count = self.count_part(part, clauses)?;
            if count == Natural::ZERO {
                return Ok(count);
            }
            product = product.times(&count);
        }
        Ok(product)
    }

    /// The open axes that clauses are about, in groups that have nothing to do
    /// with each other, each with its clauses; all ascending.
    fn parts(&self, axes: &[usize], clauses: &[usize]) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut leader: Vec<usize> = (0..axes.len()).collect();
        fn find(leader: &mut [usize], mut at: usize) -> usize {
            while leader[at] != at {
                leader[at] = leader[leader[at]];
                at = leader[at];
            }
            at
        }
        let mut concerned = vec![false; axes.len()];
        let mut first_of: Vec<usize> = Vec::with_capacity(clauses.len());
        for &clause in clauses {
            let mut first = None;
            for (axis, _) in &self.clauses[clause] {
                if self.engine.size(*axis) < 2 {
                    continue;
                }
                let at = axes
                    .binary_search(axis)
                    .expect("clauses are about the axes");
                concerned[at] = true;
                match first {
                    None => first = Some(at),
                    Some(first) => {
                        let (a, b) = (find(&mut leader, first), find(&mut leader, at));
                        leader[a.max(b)] = a.min(b);
                    }
                }
            }
            first_of.push(first.expect("an open clause has an open axis"));
        }
        let mut number: HashMap<usize, usize> = HashMap::new();
        let mut parts: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for at in (0..axes.len()).filter(|&at| concerned[at]) {
            let own = find(&mut leader, at);
            let part = *number.entry(own).or_insert_with(|| {
                parts.push((Vec::new(), Vec::new()));
                parts.len() - 1
            });
            parts[part].0.push(axes[at]);
        }
        for (&clause, &first) in clauses.iter().zip(&first_of) {
            let own = find(&mut leader, first);
            parts[number[&own]].1.push(clause);
        }
        parts
    }

    /// The rows of axes that hang together.
    fn count_part(&mut self, axes: &[usize], clauses: &[usize]) -> Result<Natural, CountError> {
        let key = self.key(axes, clauses);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let axis = self.branching(axes, clauses);
        let rest: Vec<usize> = axes
            .iter()
            .copied()
            .filter(|&other| other != axis)
            .collect();
        let mut total = Natural::ZERO;
        for (value, alike) in self.alike(axis, clauses) {
            self.choices += 1;
            if self.choices > MAX_CHOICES {
                return Err(CountError::TooHard {
                    choices: MAX_CHOICES,
                });
            }
            self.engine.mark();
            if self.engine.assign(axis, value).is_ok() {
                let count = self.count_parts(&rest, clauses);
                self.engine.undo();
                total = total.plus(&count?.times(&Natural::from(alike)));
            } else {
                self.engine.undo();
            }
        }
        self.known.insert(key, total.clone());
        Ok(total)
    }

    /// What tells a part from every other: its clauses, its axes, what is left to them.
    fn key(&self, axes: &[usize], clauses: &[usize]) -> Vec<u64> {
        let mut key = vec![clauses.len() as u64];
        key.extend(clauses.iter().map(|&clause| clause as u64));
        for &axis in axes {
            key.push(axis as u64);
            key.extend(self.engine.words(axis));
        }
        key
    }

    /// The axis that most clauses are about, the shortest counted most.
    fn branching(&self, axes: &[usize], clauses: &[usize]) -> usize {
        let mut weight = vec![0u64; axes.len()];
        for &clause in clauses {
            let open = self.clauses[clause]
                .iter()
                .filter(|(axis, _)| self.engine.size(*axis) > 1);
            let length = open.clone().count() as u32;
            for (axis, _) in open {
                let at = axes
                    .binary_search(axis)
                    .expect("clauses are about the axes");
                weight[at] += 1 << (16 - length.min(16));
            }
        }
        let heaviest = (0..axes.len()).max_by_key(|&at| (weight[at], std::cmp::Reverse(at)));
        axes[heaviest.expect("a part has axes")]
    }

    /// The values of an axis that clauses tell apart, each with how many are like it.
    fn alike(&self, axis: usize, clauses: &[usize]) -> Vec<(u32, u64)> {
        let masks: Vec<&[u64]> = clauses
            .iter()
            .flat_map(|&clause| &self.clauses[clause])
            .filter(|(other, _)| *other == axis)
            .map(|(_, mask)| mask.as_slice())
            .collect();
        let mut groups: Vec<(u32, u64)> = Vec::new();
        let mut by_signature: HashMap<Vec<bool>, usize> = HashMap::new();
        let mut from = 0;
        while let Some(value) = self.engine.next_value(axis, from) {
            from = value + 1;
            let has = |mask: &&[u64]| mask[value as usize / 64] >> (value % 64) & 1 == 1;
            let signature = masks.iter().map(has).collect();
            match by_signature.get(&signature) {
                Some(&group) => groups[group].1 += 1,
                None => {
                    by_signature.insert(signature, groups.len());
                    groups.push((value, 1));
                }
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{brute_force, models};
    use crate::{Axis, Clause, Literal};
    use proptest::prelude::*;

    #[test]
    fn without_clauses_the_sizes_are_multiplied() {
        let axes: Vec<Axis> = (0..100).map(|_| Axis::new(10)).collect();
        let model = Model::new(axes, Vec::new()).unwrap();
        let expected = format!("1{}", "0".repeat(100));
        assert_eq!(count(&model).unwrap().to_string(), expected);
    }

    #[test]
    fn a_chain_of_a_thousand_axes_is_counted() {
        // No two neighbours are both 1: a Fibonacci number.
        let clauses = (1..1000).map(|axis| Clause {
            literals: [axis - 1, axis]
                .map(|axis| Literal {
                    axis,
                    allowed: ValueSet::single(2, 0),
                })
                .into(),
            rule: 0,
        });
        let axes = (0..1000).map(|_| Axis::new(2)).collect();
        let model = Model::new(axes, clauses.collect()).unwrap();
        let (mut a, mut b) = (Natural::from(1), Natural::from(2));
        for _ in 1..1000 {
            (a, b) = (b.clone(), a.plus(&b));
        }
        assert_eq!(count(&model).unwrap(), b);
    }

    proptest! {
        #[test]
        fn the_count_is_that_of_brute_force(model in models()) {
            prop_assert_eq!(count(&model).unwrap(), Natural::from(brute_force(&model).len() as u64));
        }

        #[test]
        fn a_selection_is_counted_as_its_rows(model in models(), value in 0u32..3) {
            let mut domains = model.domains();
            if let (Some(domain), Some(axis)) = (domains.first_mut(), model.axes().first()) {
                *domain = ValueSet::single(axis.values, value % axis.values);
            }
            let rows = brute_force(&model);
            let fits = rows.iter().filter(|row| row.iter().zip(&domains).all(|(value, domain)| domain.contains(*value)));
            prop_assert_eq!(count_within(&model, &domains).unwrap(), Natural::from(fits.count() as u64));
        }
    }
}
