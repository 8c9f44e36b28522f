//! Sets of values that are left to each axis, and what clauses take away from
//! them.

use crate::model::{Model, ValueSet};

/// A clause's literal: the axis, and where its mask begins.
#[derive(Clone, Copy, Debug)]
struct Place {
    axis: u32,
    mask: u32,
}

/// The values left, with a way back.
///
/// Two literals of each clause that can still hold are watched: a clause is
/// looked at only when one of them no longer can. So there is nothing to restore
/// on the way back but the sets.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    /// The values left to all axes, 64 a word.
    left: Vec<u64>,
    /// Where the words of each axis begin, and where the last end.
    starts: Vec<usize>,
    masks: Vec<u64>,
    literals: Vec<Place>,
    /// Where the literals of each clause begin, and where the last end. The two
    /// that are watched come first.
    clauses: Vec<usize>,
    /// The clauses that watch a literal of each axis.
    watched: Vec<Vec<u32>>,
    /// Words as they were, newest last.
    trail: Vec<(u32, u64)>,
    levels: Vec<usize>,
    /// Axes whose sets became smaller and whose clauses were not looked at.
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    /// How often the clauses of an axis were in the way.
    conflicts: Vec<u32>,
    /// No row is left, whatever is chosen.
    dead: bool,
}

/// No value is left to an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conflict;

impl Engine {
    /// All values that clauses leave within `domains`.
    pub(crate) fn new(model: &Model, domains: &[ValueSet]) -> Self {
        Self::with_rules(model, domains, |_| true)
    }

    /// The same with the clauses of some rules only.
    pub(crate) fn with_rules(
        model: &Model,
        domains: &[ValueSet],
        takes: impl Fn(u32) -> bool,
    ) -> Self {
        let mut starts = vec![0];
        let mut left = Vec::new();
        for domain in domains {
            left.extend_from_slice(domain.words());
            starts.push(left.len());
        }
        let axes = domains.len();
        let mut engine = Self {
            left,
            starts,
            masks: Vec::new(),
            literals: Vec::new(),
            clauses: vec![0],
            watched: vec![Vec::new(); axes],
            trail: Vec::new(),
            levels: Vec::new(),
            changed: Vec::new(),
            is_changed: vec![false; axes],
            conflicts: vec![0; axes],
            dead: domains.iter().any(ValueSet::is_empty),
        };
        for clause in model.clauses().iter().filter(|clause| takes(clause.rule)) {
            let first = engine.literals.len();
            for literal in &clause.literals {
                let mask = engine.masks.len() as u32;
                engine.masks.extend_from_slice(literal.allowed.words());
                engine.literals.push(Place {
                    axis: literal.axis as u32,
                    mask,
                });
            }
            engine.add(first);
        }
        engine.dead = engine.dead || engine.propagate().is_err();
        // What was concluded here is never taken back.
        engine.trail.clear();
        engine
    }

    /// Watches the clause whose literals begin at `first`.
    fn add(&mut self, first: usize) {
        let number = (self.clauses.len() - 1) as u32;
        let end = self.literals.len();
        let mut found = first;
        for at in first..end {
            if found < first + 2 && self.can_hold(self.literals[at]) {
                self.literals.swap(found, at);
                found += 1;
            }
        }
        self.clauses.push(end);
        match found - first {
            0 => self.dead = true,
            1 => {
                let only = self.literals[first];
                if self.restrict(only).is_err() {
                    self.dead = true;
                }
            }
            _ => {}
        }
        for at in first..end.min(first + 2) {
            self.watched[self.literals[at].axis as usize].push(number);
        }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead
    }

    pub(crate) fn axes(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn words(&self, axis: usize) -> &[u64] {
        &self.left[self.starts[axis]..self.starts[axis + 1]]
    }

    /// The lowest value of an axis that is left, from `from` on.
    pub(crate) fn next_value(&self, axis: usize, from: u32) -> Option<u32> {
        let words = self.words(axis);
        let mut index = from as usize / 64;
        let mut word = *words.get(index)? & (u64::MAX << (from % 64));
        while word == 0 {
            index += 1;
            word = *words.get(index)?;
        }
        Some(index as u32 * 64 + word.trailing_zeros())
    }

    /// How many values are left to an axis.
    pub(crate) fn size(&self, axis: usize) -> u32 {
        self.words(axis).iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn conflicts(&self, axis: usize) -> u32 {
        self.conflicts[axis]
    }

    /// Begins what [`Self::undo`] takes back.
    pub(crate) fn mark(&mut self) {
        self.levels.push(self.trail.len());
    }

    /// Takes back everything since the last mark.
    pub(crate) fn undo(&mut self) {
        let to = self.levels.pop().expect("every way back has a mark");
        while self.trail.len() > to {
            let (word, value) = self.trail.pop().expect("it is longer than the mark");
            self.left[word as usize] = value;
        }
        for axis in self.changed.drain(..) {
            self.is_changed[axis as usize] = false;
        }
    }

    /// Leaves an axis one value and concludes what follows.
    pub(crate) fn assign(&mut self, axis: usize, value: u32) -> Result<(), Conflict> {
        let start = self.starts[axis];
        for index in 0..self.starts[axis + 1] - start {
            let keep = if index == value as usize / 64 {
                1 << (value % 64)
            } else {
                0
            };
            let word = self.left[start + index];
            if word & keep != word {
                self.trail.push(((start + index) as u32, word));
                self.left[start + index] = word & keep;
                self.note(axis);
            }
        }
        if self.words(axis).iter().all(|&word| word == 0) {
            // The way back forgets what was noted.
            return Err(Conflict);
        }
        self.propagate()
    }

    fn note(&mut self, axis: usize) {
        if !self.is_changed[axis] {
            self.is_changed[axis] = true;
            self.changed.push(axis as u32);
        }
    }

    fn can_hold(&self, literal: Place) -> bool {
        let start = self.starts[literal.axis as usize];
        let words = &self.left[start..self.starts[literal.axis as usize + 1]];
        let mask = &self.masks[literal.mask as usize..];
        words.iter().zip(mask).any(|(word, mask)| word & mask != 0)
    }

    /// Keeps of an axis the values of a literal.
    fn restrict(&mut self, literal: Place) -> Result<(), Conflict> {
        let axis = literal.axis as usize;
        let start = self.starts[axis];
        let mut any = 0;
        for index in 0..self.starts[axis + 1] - start {
            let word = self.left[start + index];
            let kept = word & self.masks[literal.mask as usize + index];
            any |= kept;
            if kept != word {
                self.trail.push(((start + index) as u32, word));
                self.left[start + index] = kept;
                self.note(axis);
            }
        }
        if any == 0 { Err(Conflict) } else { Ok(()) }
    }

    /// Concludes until nothing more follows.
    fn propagate(&mut self) -> Result<(), Conflict> {
        while let Some(axis) = self.changed.pop() {
            self.is_changed[axis as usize] = false;
            let mut position = 0;
            while position < self.watched[axis as usize].len() {
                let clause = self.watched[axis as usize][position] as usize;
                match self.look_at(clause, axis) {
                    Ok(true) => position += 1,
                    // It watches another axis now.
                    Ok(false) => {
                        self.watched[axis as usize].swap_remove(position);
                    }
                    Err(Conflict) => {
                        for at in self.clauses[clause]..self.clauses[clause + 1] {
                            self.conflicts[self.literals[at].axis as usize] += 1;
                        }
                        for axis in self.changed.drain(..) {
                            self.is_changed[axis as usize] = false;
                        }
                        return Err(Conflict);
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at a clause that watches an axis whose set became smaller; whether
    /// it goes on watching it.
    fn look_at(&mut self, clause: usize, axis: u32) -> Result<bool, Conflict> {
        let (first, end) = (self.clauses[clause], self.clauses[clause + 1]);
        let own = if self.literals[first].axis == axis {
            first
        } else {
            first + 1
        };
        if own >= end || self.can_hold(self.literals[own]) {
            return Ok(true);
        }
        let other = first + (first + 1 - own);
        for at in first + 2..end {
            if self.can_hold(self.literals[at]) {
                self.literals.swap(own, at);
                let watcher = self.literals[own].axis as usize;
                self.watched[watcher].push(clause as u32);
                return Ok(false);
            }
        }
        if other >= end {
            return Err(Conflict);
        }
        self.restrict(self.literals[other])?;
        Ok(true)
    }
}
