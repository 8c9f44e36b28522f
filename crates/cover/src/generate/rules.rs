//! The clauses, laid out for looking at one row at a time.

use super::items::Items;
use crate::model::Model;

/// No component: no clause speaks of the axis.
pub(super) const FREE: u32 = u32::MAX;

/// Lists of numbers, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    end: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    pub(super) fn new(lists: &[Vec<u32>]) -> Self {
        let mut packed = Self {
            end: vec![0],
            all: Vec::new(),
        };
        for list in lists {
            packed.all.extend_from_slice(list);
            packed.end.push(packed.all.len() as u32);
        }
        packed
    }

    pub(super) fn get(&self, list: usize) -> &[u32] {
        &self.all[self.end[list] as usize..self.end[list + 1] as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.end.len() - 1
    }
}

/// "The axis has a value of the mask".
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) axis: u32,
    /// Where the mask starts in the masks.
    pub(super) mask: u32,
}

/// Clauses that can be broken, and which items make them hold.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// Where the domain of each axis starts, in words, and where the last ends.
    pub(super) words: Vec<u32>,
    /// All values of all axes.
    pub(super) full: Vec<u64>,
    pub(super) literals: Vec<Literal>,
    pub(super) masks: Vec<u64>,
    /// First literal of each clause, and the number of literals.
    pub(super) first: Vec<u32>,
    /// Of each axis, the clauses that speak of it.
    pub(super) of_axis: Lists,
    /// Of each item, the clauses that it makes hold.
    pub(super) satisfied: Lists,
    /// Of each item, the clauses that speak of its axis and do not hold by it.
    pub(super) denied: Lists,
    /// Of each axis, the number of its component, or [`FREE`].
    pub(super) component: Vec<u32>,
    /// The axes that clauses tie together.
    pub(super) components: Lists,
}

impl Rules {
    pub(super) fn new(model: &Model, items: &Items) -> Self {
        let axes = items.axes();
        let mut words = vec![0];
        let mut full = Vec::new();
        for axis in 0..axes {
            let values = items.range(axis).len();
            full.resize(full.len() + values / 64, !0);
            if !values.is_multiple_of(64) {
                full.push((1 << (values % 64)) - 1);
            }
            words.push(full.len() as u32);
        }
        let (mut literals, mut masks, mut first) = (Vec::new(), Vec::new(), vec![0]);
        let mut of_axis = vec![Vec::new(); axes];
        let mut satisfied = vec![Vec::new(); items.count()];
        let mut denied = vec![Vec::new(); items.count()];
        let mut ties = Ties::new(axes);
        for clause in model.clauses() {
            let all = |literal: &crate::model::Literal| {
                literal.allowed.len() == model.axes()[literal.axis].values
            };
            if clause.literals.iter().any(all) {
                continue;
            }
            let number = first.len() as u32 - 1;
            for literal in &clause.literals {
                let axis = items.inner(literal.axis);
                literals.push(Literal {
                    axis: axis as u32,
                    mask: masks.len() as u32,
                });
                masks.extend_from_slice(literal.allowed.words());
                of_axis[axis].push(number);
                for item in items.range(axis) {
                    let holds = literal.allowed.contains(items.value(item));
                    let lists = if holds { &mut satisfied } else { &mut denied };
                    lists[item as usize].push(number);
                }
                ties.tie(axis, items.inner(clause.literals[0].axis));
            }
            first.push(literals.len() as u32);
        }
        let (component, components) = ties.components(&of_axis);
        Self {
            words,
            full,
            literals,
            masks,
            first,
            of_axis: Lists::new(&of_axis),
            satisfied: Lists::new(&satisfied),
            denied: Lists::new(&denied),
            component,
            components: Lists::new(&components),
        }
    }

    /// How many clauses there are.
    pub(super) fn count(&self) -> usize {
        self.first.len() - 1
    }

    pub(super) fn clause(&self, clause: u32) -> &[Literal] {
        let clause = clause as usize;
        &self.literals[self.first[clause] as usize..self.first[clause + 1] as usize]
    }

    /// The words of an axis's domain.
    pub(super) fn range(&self, axis: usize) -> std::ops::Range<usize> {
        self.words[axis] as usize..self.words[axis + 1] as usize
    }

    /// Counts, clause by clause, the literals that hold in a row of items.
    pub(super) fn count_held(&self, row: &[u32], held: &mut [u32]) {
        held.fill(0);
        for &item in row {
            for &clause in self.satisfied.get(item as usize) {
                held[clause as usize] += 1;
            }
        }
    }

    /// Whether a row stays valid with `new` in place of `old`.
    pub(super) fn permits(&self, held: &[u32], old: u32, new: u32) -> bool {
        let mut denied = self.denied.get(new as usize).iter();
        denied.all(|&clause| {
            held[clause as usize] > 1
                || (held[clause as usize] == 1
                    && !self.satisfied.get(old as usize).contains(&clause))
        })
    }

    /// Takes the exchange of an item over into the counts.
    pub(super) fn exchange(&self, held: &mut [u32], old: u32, new: u32) {
        for &clause in self.satisfied.get(old as usize) {
            held[clause as usize] -= 1;
        }
        for &clause in self.satisfied.get(new as usize) {
            held[clause as usize] += 1;
        }
    }
}

/// Which axes clauses tie together: a forest, each axis under its parent.
struct Ties {
    parent: Vec<usize>,
}

impl Ties {
    fn new(axes: usize) -> Self {
        Self {
            parent: (0..axes).collect(),
        }
    }

    fn root(&mut self, mut axis: usize) -> usize {
        while self.parent[axis] != axis {
            self.parent[axis] = self.parent[self.parent[axis]];
            axis = self.parent[axis];
        }
        axis
    }

    fn tie(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other)] = one.min(other);
    }

    fn components(mut self, of_axis: &[Vec<u32>]) -> (Vec<u32>, Vec<Vec<u32>>) {
        let mut number = vec![FREE; of_axis.len()];
        let mut component = vec![FREE; of_axis.len()];
        let mut components: Vec<Vec<u32>> = Vec::new();
        for axis in 0..of_axis.len() {
            if of_axis[axis].is_empty() {
                continue;
            }
            let root = self.root(axis);
            if number[root] == FREE {
                number[root] = components.len() as u32;
                components.push(Vec::new());
            }
            component[axis] = number[root];
            components[number[root] as usize].push(axis as u32);
        }
        (component, components)
    }
}
