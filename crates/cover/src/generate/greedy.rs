//! Rows one after the other, each with as many tuples that are not covered yet
//! as choosing one value at a time finds.

use std::collections::HashMap;

use super::CoverError;
use super::tuples::{Bits, TupleSet};
use crate::engine::Engine;
use crate::model::Model;
use crate::solver::search;

/// The rows so far, and what they do not cover.
pub(super) struct Greedy<'m> {
    model: &'m Model,
    sets: &'m [TupleSet],
    engine: Engine,
    uncovered: Vec<Bits>,
    /// Where the values of each axis begin among all values.
    firsts: Vec<usize>,
    values: usize,
    /// How many uncovered tuples each value would cover, beside the values that
    /// are chosen.
    gains: Vec<u32>,
    /// How many tuples of each value are uncovered at all, for ties.
    left: Vec<u32>,
    pub(super) rows: Vec<Vec<u32>>,
    pub(super) feasible: u64,
    pub(super) infeasible: u64,
    /// How many tuples of each choice of axes, by set and rank, no row has.
    infeasible_of: HashMap<(usize, usize), u64>,
    /// Where the next uncovered tuple of each set is looked for.
    from: Vec<u64>,
}

impl<'m> Greedy<'m> {
    pub(super) fn new(model: &'m Model, sets: &'m [TupleSet]) -> Result<Self, CoverError> {
        let mut engine = Engine::new(model, &model.domains());
        if engine.is_dead() || search(&mut engine).is_none() {
            return Err(CoverError::NoRow);
        }
        let mut firsts = Vec::new();
        let mut values = 0;
        for axis in model.axes() {
            firsts.push(values);
            values += axis.values as usize;
        }
        let mut left = vec![0u32; values];
        for set in sets {
            for (position, &axis) in set.axes.iter().enumerate() {
                // An estimate is enough: it only breaks ties.
                let others: u64 = set.len() / u64::from(set.size(position)).max(1);
                for value in 0..set.size(position) {
                    left[firsts[axis as usize] + value as usize] +=
                        u32::try_from(others / set.axes.len() as u64).unwrap_or(u32::MAX);
                }
            }
        }
        Ok(Self {
            model,
            sets,
            engine,
            uncovered: sets.iter().map(|set| Bits::ones(set.len())).collect(),
            firsts,
            values,
            gains: Vec::new(),
            left,
            rows: Vec::new(),
            feasible: 0,
            infeasible: 0,
            infeasible_of: HashMap::new(),
            from: vec![0; sets.len()],
        })
    }

    /// How many rows there are at least: so many tuples some choice of axes has,
    /// and no row has two of them.
    pub(super) fn least(&self) -> usize {
        let of_set = |(index, set): (usize, &TupleSet)| {
            let ranks = (0..set.choices()).map(|rank| {
                let none = self.infeasible_of.get(&(index, rank)).copied().unwrap_or(0);
                set.start(rank + 1) - set.start(rank) - none
            });
            ranks.max().unwrap_or(0)
        };
        let least = self.sets.iter().enumerate().map(of_set).max();
        least.map_or(0, |least| least as usize)
    }

    /// Adds rows until every feasible tuple is in one.
    pub(super) fn run(&mut self) {
        while let Some(tuple) = self.next_uncovered() {
            let row = self.build(&tuple);
            self.cover(&row);
            self.rows.push(row);
        }
    }

    /// Adds a row with these values.
    pub(super) fn add_seed(
        &mut self,
        number: usize,
        seed: &[Option<u32>],
    ) -> Result<(), CoverError> {
        let fixed: Vec<(u32, u32)> = seed
            .iter()
            .enumerate()
            .filter_map(|(axis, value)| Some((axis as u32, (*value)?)))
            .collect();
        self.engine.mark();
        let mut possible = fixed
            .iter()
            .all(|&(axis, value)| self.engine.assign(axis as usize, value).is_ok());
        possible = possible && search(&mut self.engine).is_some();
        self.engine.undo();
        if !possible {
            return Err(CoverError::Seed { number });
        }
        let row = self.build(&fixed);
        self.cover(&row);
        self.rows.push(row);
        Ok(())
    }

    /// The next tuple that no row has and some row could; those that none could
    /// are set aside.
    fn next_uncovered(&mut self) -> Option<Vec<(u32, u32)>> {
        for index in 0..self.sets.len() {
            while let Some(number) = self.uncovered[index].next(self.from[index]) {
                self.from[index] = number;
                let tuple = self.sets[index].tuple(number);
                self.engine.mark();
                let assigned = tuple
                    .iter()
                    .all(|&(axis, value)| self.engine.assign(axis as usize, value).is_ok());
                let possible = assigned && search(&mut self.engine).is_some();
                self.engine.undo();
                if possible {
                    return Some(tuple);
                }
                self.uncovered[index].take(number);
                self.infeasible += 1;
                let rank = self.sets[index].rank_of(number);
                *self.infeasible_of.entry((index, rank)).or_default() += 1;
            }
        }
        None
    }

    /// A full row with these values, which some row has.
    fn build(&mut self, fixed: &[(u32, u32)]) -> Vec<u32> {
        // Looking ahead at every choice is slow and seldom needed.
        let row = self.try_to_build(fixed, false);
        row.unwrap_or_else(|| {
            let row = self.try_to_build(fixed, true);
            row.expect("a choice that leads on is there as long as each was looked through")
        })
    }

    /// The same; nothing where it came to a dead end, which it does not if it is
    /// `careful`.
    fn try_to_build(&mut self, fixed: &[(u32, u32)], careful: bool) -> Option<Vec<u32>> {
        let axes = self.model.axes().len();
        self.gains.clear();
        self.gains.resize(self.values, 0);
        let mut chosen: Vec<(usize, u32)> = Vec::with_capacity(axes);
        let mut open: Vec<bool> = vec![true; axes];
        let mut levels = 0;
        let mut alive = true;
        for &(axis, value) in fixed {
            self.engine.mark();
            levels += 1;
            alive = alive && self.engine.assign(axis as usize, value).is_ok();
        }
        if alive {
            self.settle(&mut chosen, &mut open);
        }
        while alive && let Some((axis, value)) = self.best(&open) {
            self.engine.mark();
            levels += 1;
            let leads_on = self.engine.assign(axis, value).is_ok()
                && (!careful || search(&mut self.engine).is_some());
            if !leads_on {
                self.engine.undo();
                self.engine.mark();
                alive = self.engine.forbid(axis, value).is_ok();
            }
            if alive {
                self.settle(&mut chosen, &mut open);
            }
        }
        let row = alive.then(|| {
            let values = (0..axes).map(|axis| self.engine.next_value(axis, 0));
            values
                .map(|value| value.expect("no axis is empty while there is no conflict"))
                .collect()
        });
        for _ in 0..levels {
            self.engine.undo();
        }
        row
    }

    /// Takes up the axes that have one value now, and what that means for the
    /// others' gains.
    fn settle(&mut self, chosen: &mut Vec<(usize, u32)>, open: &mut [bool]) {
        for axis in 0..open.len() {
            if !open[axis] || self.engine.size(axis) != 1 {
                continue;
            }
            open[axis] = false;
            let value = self.engine.next_value(axis, 0).expect("it has one");
            self.count_gains(axis, value, chosen, open);
            chosen.push((axis, value));
        }
    }

    /// Adds to the gains of all open values the uncovered tuples that they have
    /// with this value and others that are chosen.
    fn count_gains(&mut self, axis: usize, value: u32, chosen: &[(usize, u32)], open: &[bool]) {
        for (index, set) in self.sets.iter().enumerate() {
            let Some(position) = set.position[axis] else {
                continue;
            };
            if value >= set.size(position as usize) || set.strength < 2 {
                continue;
            }
            let members: Vec<(usize, u32)> = chosen
                .iter()
                .filter_map(|&(axis, value)| {
                    let position = set.position[axis]? as usize;
                    (value < set.size(position)).then_some((position, value))
                })
                .collect();
            let others = set.strength - 2;
            if members.len() < others {
                continue;
            }
            let mut picks: Vec<usize> = (0..others).collect();
            // The values that are chosen, by position; room for one more.
            let mut base = [(0usize, 0u32); super::MAX_STRENGTH];
            loop {
                base[0] = (position as usize, value);
                for (at, &pick) in picks.iter().enumerate() {
                    base[at + 1] = members[pick];
                }
                base[..=others].sort_unstable();
                add_gains(
                    set,
                    &self.uncovered[index],
                    &base[..=others],
                    open,
                    &self.firsts,
                    &mut self.gains,
                );
                if !super::tuples::next_choice(&mut picks, members.len()) {
                    break;
                }
            }
        }
    }

    /// The value that covers most; of equals, the one of which most is uncovered
    /// in all, then the one that is liked most.
    fn best(&self, open: &[bool]) -> Option<(usize, u32)> {
        let mut best: Option<((u32, u32, u32), usize, u32)> = None;
        for axis in (0..open.len()).filter(|&axis| open[axis]) {
            let weights = &self.model.axes()[axis].weights;
            let mut from = 0;
            while let Some(value) = self.engine.next_value(axis, from) {
                from = value + 1;
                let at = self.firsts[axis] + value as usize;
                let weight = weights.get(value as usize).copied().unwrap_or(0);
                let key = (self.gains[at], self.left[at], weight);
                if best.is_none_or(|(known, ..)| key > known) {
                    best = Some((key, axis, value));
                }
            }
        }
        best.map(|(_, axis, value)| (axis, value))
    }

    /// Marks the tuples of a row as covered.
    fn cover(&mut self, row: &[u32]) {
        for (index, set) in self.sets.iter().enumerate() {
            let positions: Vec<usize> = (0..set.axes.len())
                .filter(|&position| row[set.axes[position] as usize] < set.size(position))
                .collect();
            if positions.len() < set.strength {
                continue;
            }
            let mut picks: Vec<usize> = (0..set.strength).collect();
            let mut chosen = vec![0; set.strength];
            let mut values = vec![0; set.strength];
            loop {
                for (at, &pick) in picks.iter().enumerate() {
                    chosen[at] = positions[pick];
                    values[at] = row[set.axes[chosen[at]] as usize];
                }
                if self.uncovered[index].take(set.number(&chosen, &values)) {
                    self.feasible += 1;
                    for (&position, &value) in chosen.iter().zip(&values) {
                        let at = self.firsts[set.axes[position] as usize] + value as usize;
                        self.left[at] = self.left[at].saturating_sub(1);
                    }
                }
                if !super::tuples::next_choice(&mut picks, positions.len()) {
                    break;
                }
            }
        }
    }
}

/// Counts for every value of an open axis whether its tuple with the values of
/// `base`, which are all but one of a tuple, is uncovered.
fn add_gains(
    set: &TupleSet,
    uncovered: &Bits,
    base: &[(usize, u32)],
    open: &[bool],
    firsts: &[usize],
    gains: &mut [u32],
) {
    let count = base.len();
    let mut chosen = [0usize; super::MAX_STRENGTH];
    for place in 0..=count {
        // The other axis comes before `base[place]`.
        let after = place.checked_sub(1).map_or(0, |at| base[at].0 + 1);
        let before = base
            .get(place)
            .map_or(set.axes.len(), |&(position, _)| position);
        for (at, &(position, _)) in base.iter().enumerate() {
            chosen[at + usize::from(at >= place)] = position;
        }
        let low: u64 = base[place..]
            .iter()
            .map(|&(position, _)| u64::from(set.size(position)))
            .product();
        let within_low = base[place..]
            .iter()
            .fold(0u64, |within, &(position, value)| {
                within * u64::from(set.size(position)) + u64::from(value)
            });
        let within_high = base[..place]
            .iter()
            .fold(0u64, |within, &(position, value)| {
                within * u64::from(set.size(position)) + u64::from(value)
            });
        for other in after..before {
            let axis = set.axes[other] as usize;
            if !open[axis] {
                continue;
            }
            chosen[place] = other;
            let size = set.size(other);
            let start = set.start(set.rank(&chosen[..=count]))
                + within_high * u64::from(size) * low
                + within_low;
            let gains = &mut gains[firsts[axis]..firsts[axis] + size as usize];
            for (value, gain) in gains.iter_mut().enumerate() {
                *gain += u32::from(uncovered.has(start + value as u64 * low));
            }
        }
    }
}
