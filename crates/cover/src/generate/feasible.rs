//! Which tuples no row has.
//!
//! Clauses tie axes together to components. A tuple is in some row exactly if
//! each part of it that lies in one component is, so only the smallest parts
//! that are in no row are looked for, component by component.

use super::items::Items;
use super::layer::binomial;
use super::layer::{Layer, MAX_STRENGTH, NONE, Tuples};
use super::request::CoverError;
use super::rules::Rules;
use crate::model::Model;
use crate::solver::Solver;

/// How many times it may be asked whether some row has a part.
const QUESTIONS: u64 = 1 << 27;

/// Rows that are kept to answer from, in words of 64 rows.
const WITNESS_WORDS: usize = 16;

/// Finds what is in no row; one for a model.
pub(super) struct Feasibility<'s> {
    items: &'s Items,
    rules: &'s Rules,
    solver: Solver,
    witnesses: Witnesses,
}

impl<'s> Feasibility<'s> {
    /// Nothing where the model has no row.
    pub(super) fn new(model: &Model, items: &'s Items, rules: &'s Rules) -> Option<Self> {
        let mut solver = Solver::new(model);
        let row = solver.solve(&[])?;
        let mut witnesses = Witnesses::new(items.count());
        witnesses.add(&items.row_of(&row));
        Some(Self {
            items,
            rules,
            solver,
            witnesses,
        })
    }

    pub(super) fn into_solver(self) -> Solver {
        self.solver
    }

    /// Removes from the tuples of a layer those that no row has.
    pub(super) fn keep_feasible(
        &mut self,
        layer: &Layer,
        tuples: &mut Tuples,
    ) -> Result<(), CoverError> {
        // The parts found so far that no row has, by ascending items, under
        // their last; what contains one is no news.
        let mut known: Vec<Vec<Vec<u32>>> = vec![Vec::new(); self.items.count()];
        for component in 0..self.rules.components.len() {
            let axes = self.rules.components.get(component);
            let taking_part = |item: &u32| layer.member[*item as usize] != NONE;
            let members: Vec<u32> = axes
                .iter()
                .flat_map(|&axis| self.items.range(axis as usize))
                .filter(taking_part)
                .collect();
            let questions = binomial(members.len(), layer.strength);
            if questions.is_none_or(|questions| questions > QUESTIONS) {
                return Err(CoverError::TooManyQuestions {
                    strength: layer.strength,
                    axes: axes.len(),
                });
            }
            for size in 1..=layer.strength {
                let mut chosen = Vec::new();
                let mut found = Vec::new();
                let parts = Parts {
                    members: &members,
                    size,
                };
                self.find(&parts, &mut chosen, 0, &known, &mut found);
                for part in found {
                    let last = *part.last().expect("a part has items");
                    known[last as usize].push(part);
                }
            }
        }
        let mut members = [0; MAX_STRENGTH];
        for part in known.iter().flatten() {
            let members = &mut members[..part.len()];
            for (member, &item) in members.iter_mut().zip(part) {
                *member = layer.member[item as usize];
            }
            layer.remove_all(self.items, tuples, members);
        }
        Ok(())
    }

    fn find(
        &mut self,
        parts: &Parts<'_>,
        chosen: &mut Vec<u32>,
        from: usize,
        known: &[Vec<Vec<u32>>],
        found: &mut Vec<Vec<u32>>,
    ) {
        if chosen.len() == parts.size {
            if self.witnesses.have(chosen) {
                return;
            }
            let fixed = chosen.iter();
            let fixed: Vec<(usize, u32)> = fixed.map(|&item| self.items.outer(item)).collect();
            match self.solver.solve(&fixed) {
                Some(row) => self.witnesses.add(&self.items.row_of(&row)),
                None => found.push(chosen.clone()),
            }
            return;
        }
        for (at, &item) in parts.members.iter().enumerate().skip(from) {
            let last = chosen.last().map(|&last| self.items.axis(last));
            if last == Some(self.items.axis(item)) {
                continue;
            }
            chosen.push(item);
            let news = |part: &Vec<u32>| !part.iter().all(|item| chosen.contains(item));
            if known[item as usize].iter().all(news) {
                self.find(parts, chosen, at + 1, known, found);
            }
            chosen.pop();
        }
    }
}

/// Rows that were found, so that what one of them has is not asked again.
struct Witnesses {
    /// Of each item, the rows that have it.
    holders: Vec<[u64; WITNESS_WORDS]>,
    /// How many rows were added; the oldest give way to the newest.
    count: usize,
}

impl Witnesses {
    fn new(items: usize) -> Self {
        Self {
            holders: vec![[0; WITNESS_WORDS]; items],
            count: 0,
        }
    }

    fn add(&mut self, row: &[u32]) {
        let place = self.count % (WITNESS_WORDS * 64);
        let (word, bit) = (place / 64, 1 << (place % 64));
        for holders in &mut self.holders {
            holders[word] &= !bit;
        }
        for &item in row {
            self.holders[item as usize][word] |= bit;
        }
        self.count += 1;
    }

    fn have(&self, items: &[u32]) -> bool {
        (0..WITNESS_WORDS).any(|word| {
            let holders = items.iter().map(|&item| self.holders[item as usize][word]);
            holders.fold(!0, |all, own| all & own) != 0
        })
    }
}

/// What is being gone through: lists of so many of these items.
struct Parts<'p> {
    members: &'p [u32],
    size: usize,
}
