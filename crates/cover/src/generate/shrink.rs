//! Fewer rows: one is dropped, and the others are changed until they have what
//! it had.
//!
//! A walk goes on from exchange to exchange: of a few tuples that no row has,
//! one gets a row, by the exchange that costs least. What was missing for long
//! counts more and more, so that a walk does not turn in circles. Rows stay
//! valid: where no single exchange is, a row is repaired around the tuple.

use super::array::{Array, Tuple};
use super::draft::{Draft, Outcome};
use super::random::Random;
use super::rules::FREE;
use super::space::Space;

/// Conflicts after which the repair of a row is given up.
const PATIENCE: usize = 20;

/// Lacking tuples that are looked at in one step.
const SAMPLES: usize = 3;

/// Steps for which a cell stays as it is: as many, or one more.
const TENURE: u64 = 2;

/// Rows that are tried where a row has to be repaired.
const TRIALS: usize = 4;

/// Once in how many steps a row is repaired for nothing.
const SHAKE: usize = 1000;

/// Once in how many steps that gain nothing what is lacking is made to count
/// more.
const WEIGH: usize = 5;

/// What an attempt to repair a row counts for, in elementary steps.
const REPAIR: u64 = 200;

/// An exchange that could be made.
#[derive(Clone, Copy, Debug)]
struct Choice {
    change: i64,
    row: usize,
    item: u32,
    until: u64,
}

/// A search for a smaller array.
#[derive(Clone, Debug)]
pub(super) struct Walk<'s> {
    space: &'s Space,
    array: Array<'s>,
    draft: Draft<'s>,
    random: Random,
    /// The items that rows must keep; rows of this kind come first.
    given: &'s [Vec<u32>],
    /// Until which step each cell stays as it is.
    until: Vec<u64>,
    step: u64,
    best: Vec<Vec<u32>>,
    work: u64,
}

impl<'s> Walk<'s> {
    /// A search that starts from rows, of which the first have given items.
    pub(super) fn new(
        space: &'s Space,
        rows: Vec<Vec<u32>>,
        given: &'s [Vec<u32>],
        seed: u64,
    ) -> Self {
        let mut draft = Draft::new(&space.items, &space.rules);
        let settled = draft.settle();
        debug_assert!(settled, "there are rows");
        Self {
            array: Array::new(space, &rows),
            draft,
            random: Random::new(seed),
            given,
            until: vec![0; rows.len() * space.items.axes()],
            step: 0,
            best: rows,
            work: 0,
            space,
        }
    }

    /// The elementary steps that were made.
    pub(super) fn work(&self) -> u64 {
        self.work + self.array.work
    }

    /// The fewest rows that were found.
    pub(super) fn best(&self) -> &[Vec<u32>] {
        &self.best
    }

    /// Goes another way from here.
    pub(super) fn turn(&mut self, seed: u64) {
        self.random = Random::new(seed);
    }

    /// Walks for some elementary steps, until so few rows are left, or until
    /// nothing was found for long.
    pub(super) fn run(&mut self, steps: u64, enough: usize, patience: u64) {
        let end = self.work() + steps;
        let mut found = self.work();
        loop {
            if self.array.lacking().is_empty() {
                self.drop_idle();
                self.keep();
                found = self.work();
                if self.array.count() <= enough.max(self.given.len()) {
                    return;
                }
                if self.work() >= end {
                    return;
                }
                self.drop_one();
            } else {
                self.make_step();
            }
            if self.work() >= end || self.work() - found >= patience {
                return;
            }
        }
    }

    fn keep(&mut self) {
        if self.array.count() < self.best.len() {
            let rows = 0..self.array.count();
            self.best = rows.map(|row| self.array.row(row).to_vec()).collect();
        }
    }

    /// Drops rows that have nothing alone.
    fn drop_idle(&mut self) {
        let mut row = self.given.len();
        while row < self.array.count() {
            if self.array.sole_of_row(row) == 0 {
                self.array.remove(row);
                row = self.given.len();
            } else {
                row += 1;
            }
        }
    }

    /// Drops the row that has least alone.
    fn drop_one(&mut self) {
        let rows = self.given.len()..self.array.count();
        let row = rows
            .min_by_key(|&row| self.array.sole_of_row(row))
            .expect("a row that may go");
        self.array.remove(row);
        self.until.fill(0);
    }

    fn make_step(&mut self) {
        self.step += 1;
        let lacking = self.array.lacking().len();
        let first = self.random.below(lacking);
        let tuple = self.array.lacking()[first];
        if self.random.once_in(SHAKE) {
            self.repair_some(tuple, 1);
            return;
        }
        let mut best = self.best_for(tuple);
        for sample in 1..SAMPLES.min(lacking) {
            let other = self.array.lacking()[(first + sample) % lacking];
            let found = self.best_for(other);
            // What costs something is done for the first tuple only.
            let better = |found: &Choice| found.change > best.map_or(0, |best| best.change.max(0));
            best = found.filter(better).or(best);
        }
        let Some(choice) = best else {
            self.repair_some(tuple, TRIALS);
            return;
        };
        // Where no clause ties the axes, fewer rows were found without.
        let weighs = self.space.rules.count() > 0 && choice.change <= 0;
        if weighs && self.random.once_in(WEIGH) {
            self.array.weigh();
        }
        self.exchange(choice.row, choice.item);
    }

    /// The best exchange that covers one tuple: of what changes as much, the
    /// cell that was left alone longest.
    fn best_for(&mut self, tuple: Tuple) -> Option<Choice> {
        let mut best: Option<Choice> = None;
        let axes = self.space.items.axes();
        for (place, &item) in tuple.items().iter().enumerate() {
            let axis = self.space.items.axis(item);
            for index in 0..self.array.row_words() {
                let mut rest = self.array.rows_with_others(&tuple, place, index);
                self.work += u64::from(rest.count_ones());
                while rest != 0 {
                    let row = index * 64 + rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    let gain = i64::from(self.array.gain(row, item));
                    let change = gain - i64::from(self.array.sole(row, axis));
                    let until = self.until[row * axes + axis];
                    if best.is_some_and(|best| (change, best.until) < (best.change, until)) {
                        continue;
                    }
                    if self.may(row, axis, item) {
                        best = Some(Choice {
                            change,
                            row,
                            item,
                            until,
                        });
                    }
                }
            }
        }
        best
    }

    fn may(&self, row: usize, axis: usize, item: u32) -> bool {
        if self.until[row * self.space.items.axes() + axis] >= self.step {
            return false;
        }
        let old = self.array.row(row)[axis];
        if row < self.given.len() && self.given[row].contains(&old) {
            return false;
        }
        let rules = &self.space.rules;
        rules.permits(self.array.held(row), old, item)
    }

    fn exchange(&mut self, row: usize, item: u32) {
        self.array.exchange(row, item);
        let axis = self.space.items.axis(item);
        let stay = TENURE + self.random.below(2) as u64;
        self.until[row * self.space.items.axes() + axis] = self.step + stay;
    }

    /// Puts a tuple into one of some rows, the one that loses least by it.
    fn repair_some(&mut self, tuple: Tuple, trials: usize) {
        let count = self.array.count();
        let mut best: Option<(u64, usize, Vec<u32>)> = None;
        let first = self.random.below(count);
        for index in 0..count.min(trials * 4) {
            let row = (first + index) % count;
            let Some(changes) = self.repair(row, tuple) else {
                continue;
            };
            let lost = changes.iter().map(|&item| {
                let axis = self.space.items.axis(item);
                u64::from(self.array.sole(row, axis))
            });
            let lost = lost.sum();
            if best.as_ref().is_none_or(|(least, ..)| lost < *least) {
                best = Some((lost, row, changes));
            }
            if index >= trials && best.is_some() {
                break;
            }
        }
        if let Some((_, row, changes)) = best {
            for item in changes {
                self.exchange(row, item);
            }
        }
    }

    /// The items by which a row gets a tuple and stays valid.
    fn repair(&mut self, row: usize, tuple: Tuple) -> Option<Vec<u32>> {
        self.work += REPAIR;
        let space = self.space;
        let cells = self.array.row(row);
        let base = self.draft.mark();
        let given = self.given.get(row).map_or(&[][..], Vec::as_slice);
        let mut wanted = given.iter().chain(tuple.items());
        let mut changes = None;
        if wanted.all(|&item| self.draft.assign(item)) && self.draft.propagate() {
            let mut axes: Vec<u32> = Vec::new();
            let mut components: Vec<u32> = Vec::new();
            for &item in tuple.items() {
                let component = space.rules.component[space.items.axis(item)];
                if component != FREE && !components.contains(&component) {
                    components.push(component);
                    axes.extend_from_slice(space.rules.components.get(component as usize));
                }
            }
            for at in (1..axes.len()).rev() {
                axes.swap(at, self.random.below(at + 1));
            }
            if self.draft.complete(&axes, cells, PATIENCE) == Outcome::Complete {
                let own = tuple.items().iter();
                axes.extend(own.map(|&item| space.items.axis(item) as u32));
                axes.sort_unstable();
                axes.dedup();
                let items = axes.iter().map(|&axis| {
                    let decided = self.draft.decided(axis as usize);
                    decided.expect("completed axes are decided")
                });
                let other = |item: &u32| cells[space.items.axis(*item)] != *item;
                changes = Some(items.filter(other).collect());
            }
        }
        self.draft.undo(base);
        changes
    }
}
