//! A row while it is made: what each axis may still be, and what follows.

use super::items::Items;
use super::rules::Rules;

/// Domains of all axes, with propagation and a way back.
#[derive(Clone, Debug)]
pub(super) struct Draft<'s> {
    items: &'s Items,
    rules: &'s Rules,
    domains: Vec<u64>,
    /// Words and what they were.
    trail: Vec<(u32, u64)>,
    /// Axes whose clauses are to be looked at.
    queue: Vec<u32>,
    queued: Vec<bool>,
}

/// What became of an attempt to complete a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All axes have one value.
    Complete,
    /// There is no such row.
    Impossible,
    /// The attempt took too long.
    GivenUp,
}

impl<'s> Draft<'s> {
    pub(super) fn new(items: &'s Items, rules: &'s Rules) -> Self {
        Self {
            items,
            rules,
            domains: rules.full.clone(),
            trail: Vec::new(),
            queue: Vec::new(),
            queued: vec![false; items.axes()],
        }
    }

    /// Derives what holds in every row, and makes it the state to return to.
    pub(super) fn settle(&mut self) -> bool {
        for clause in 0..self.rules.count() as u32 {
            if !self.look(clause) {
                return false;
            }
        }
        let holds = self.propagate();
        self.trail.clear();
        holds
    }

    /// The place to return to with [`undo`](Self::undo).
    pub(super) fn mark(&self) -> usize {
        self.trail.len()
    }

    pub(super) fn undo(&mut self, mark: usize) {
        for (word, was) in self.trail.drain(mark..).rev() {
            self.domains[word as usize] = was;
        }
        for axis in self.queue.drain(..) {
            self.queued[axis as usize] = false;
        }
    }

    pub(super) fn allows(&self, item: u32) -> bool {
        let axis = self.items.axis(item);
        let value = self.items.value(item) as usize;
        let word = self.rules.words[axis] as usize + value / 64;
        self.domains[word] >> (value % 64) & 1 == 1
    }

    pub(super) fn domain(&self, axis: usize) -> &[u64] {
        &self.domains[self.rules.range(axis)]
    }

    /// The only item that an axis may still have.
    pub(super) fn decided(&self, axis: usize) -> Option<u32> {
        let range = self.rules.range(axis);
        let mut found = None;
        for (index, &word) in self.domains[range].iter().enumerate() {
            if word == 0 {
                continue;
            }
            if found.is_some() || word & (word - 1) != 0 {
                return None;
            }
            found = Some(index as u32 * 64 + word.trailing_zeros());
        }
        found.map(|value| self.items.of(axis, value))
    }

    /// The lowest item that an axis may still have.
    fn lowest(&self, axis: usize) -> Option<u32> {
        let words = self.domain(axis).iter().enumerate();
        let (index, word) = words.into_iter().find(|(_, word)| **word != 0)?;
        let value = index as u32 * 64 + word.trailing_zeros();
        Some(self.items.of(axis, value))
    }

    /// Gives an axis its item; what follows is for [`propagate`](Self::propagate).
    pub(super) fn assign(&mut self, item: u32) -> bool {
        if !self.allows(item) {
            return false;
        }
        let axis = self.items.axis(item);
        let value = self.items.value(item) as usize;
        let first = self.rules.words[axis] as usize;
        for word in self.rules.range(axis) {
            let bit = if word - first == value / 64 {
                1 << (value % 64)
            } else {
                0
            };
            self.set(axis, word, bit);
        }
        true
    }

    /// Takes an item from its axis.
    pub(super) fn remove(&mut self, item: u32) -> bool {
        let axis = self.items.axis(item);
        let value = self.items.value(item) as usize;
        let word = self.rules.words[axis] as usize + value / 64;
        self.set(axis, word, self.domains[word] & !(1 << (value % 64)));
        self.domain(axis).iter().any(|word| *word != 0)
    }

    fn set(&mut self, axis: usize, word: usize, new: u64) {
        if self.domains[word] != new {
            self.trail.push((word as u32, self.domains[word]));
            self.domains[word] = new;
            if !self.queued[axis] && !self.rules.of_axis.get(axis).is_empty() {
                self.queued[axis] = true;
                self.queue.push(axis as u32);
            }
        }
    }

    /// Narrows until nothing more follows; false where nothing is left.
    pub(super) fn propagate(&mut self) -> bool {
        let rules = self.rules;
        while let Some(axis) = self.queue.pop() {
            self.queued[axis as usize] = false;
            for &clause in rules.of_axis.get(axis as usize) {
                if !self.look(clause) {
                    return false;
                }
            }
        }
        true
    }

    /// Looks at one clause: narrows the only axis that can still make it hold.
    fn look(&mut self, clause: u32) -> bool {
        let rules = self.rules;
        let mut open = None;
        for literal in rules.clause(clause) {
            let range = rules.range(literal.axis as usize);
            let masks = &rules.masks[literal.mask as usize..];
            let mut possible = false;
            let mut certain = true;
            for (domain, mask) in self.domains[range].iter().zip(masks) {
                possible |= domain & mask != 0;
                certain &= domain & !mask == 0;
            }
            if !possible {
                continue;
            }
            if certain || open.is_some() {
                return true;
            }
            open = Some(*literal);
        }
        let Some(literal) = open else { return false };
        let axis = literal.axis as usize;
        for (index, word) in rules.range(axis).enumerate() {
            let mask = rules.masks[literal.mask as usize + index];
            self.set(axis, word, self.domains[word] & mask);
        }
        true
    }

    /// Decides some axes, each for its liked item where that is possible.
    ///
    /// All but the last attempt are undone, except for what was narrowed.
    pub(super) fn complete(&mut self, axes: &[u32], liked: &[u32], limit: usize) -> Outcome {
        let base = self.mark();
        let mut decisions: Vec<(usize, usize, u32)> = Vec::new();
        let mut at = 0;
        let mut conflicts = 0;
        while at < axes.len() {
            let axis = axes[at] as usize;
            if self.decided(axis).is_some() {
                at += 1;
                continue;
            }
            let like = liked[axis];
            let item = if self.allows(like) {
                like
            } else {
                self.lowest(axis).expect("a propagated domain has a value")
            };
            decisions.push((at, self.mark(), item));
            let mut holds = self.assign(item) && self.propagate();
            while !holds {
                conflicts += 1;
                if conflicts > limit {
                    self.undo(base);
                    return Outcome::GivenUp;
                }
                let Some((former, mark, item)) = decisions.pop() else {
                    self.undo(base);
                    return Outcome::Impossible;
                };
                self.undo(mark);
                at = former;
                holds = self.remove(item) && self.propagate();
            }
        }
        Outcome::Complete
    }
}
