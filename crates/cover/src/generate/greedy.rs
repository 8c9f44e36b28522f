//! Rows one at a time, each covering as much as can be found of what is open.

use super::draft::Draft;
use super::layer::{Layer, NONE, Tuples};
use super::random::Random;
use super::space::Space;
use crate::solver::Solver;

/// How many open tuples are looked at before one is made the start of a row.
const STARTS: usize = 24;

/// Makes rows until nothing is open.
pub(super) struct Greedy<'s> {
    space: &'s Space,
    solver: Solver,
    draft: Draft<'s>,
    open: Vec<Tuples>,
    /// How many open tuples each item is in.
    degree: Vec<u64>,
    /// How many open tuples each item is in whose others are in the row.
    gain: Vec<u32>,
    /// The members of the row, layer by layer, ascending.
    chosen: Vec<Vec<u32>>,
    random: Random,
}

impl<'s> Greedy<'s> {
    pub(super) fn new(space: &'s Space, solver: Solver, seed: u64) -> Self {
        let mut draft = Draft::new(&space.items, &space.rules);
        let settled = draft.settle();
        debug_assert!(settled, "the solver found a row");
        let mut degree = vec![0; space.items.count()];
        for (layer, tuples) in space.layers.iter().zip(&space.wanted) {
            count_members(layer, tuples, &mut degree);
        }
        Self {
            solver,
            draft,
            open: space.wanted.clone(),
            degree,
            gain: vec![0; space.items.count()],
            chosen: vec![Vec::new(); space.layers.len()],
            random: Random::new(seed),
            space,
        }
    }

    /// The next row of items; nothing where all is covered.
    pub(super) fn row(&mut self) -> Option<Vec<u32>> {
        let start = self.start()?;
        Some(self.grow(&start).expect("some row has each wanted tuple"))
    }

    /// A row with these items; nothing where there is none.
    pub(super) fn row_with(&mut self, given: &[u32]) -> Option<Vec<u32>> {
        self.grow(given)
    }

    fn grow(&mut self, given: &[u32]) -> Option<Vec<u32>> {
        self.begin();
        let base = self.draft.mark();
        let possible = given.iter().all(|&item| self.draft.assign(item)) && self.draft.propagate();
        let mut row = None;
        if possible {
            row = self.build().or_else(|| self.solve(given));
        }
        self.draft.undo(base);
        let row = row?;
        self.cover(&row);
        Some(row)
    }

    /// An open tuple of an item that is in most of them.
    fn start(&mut self) -> Option<Vec<u32>> {
        let busiest = (0..self.degree.len()).max_by_key(|&item| (self.degree[item], !item))?;
        if self.degree[busiest] == 0 {
            return None;
        }
        let mut best: Option<(u64, Vec<u32>)> = None;
        for (layer, open) in self.space.layers.iter().zip(&self.open) {
            let member = layer.member[busiest];
            if member == NONE {
                continue;
            }
            let lists = layer.lists();
            let (word, bit) = (member as usize / 64, member % 64);
            let first = self.random.below(lists);
            let mut seen = 0;
            for list in (first..lists).chain(0..first) {
                if open.words()[list * layer.width + word] >> bit & 1 == 0 {
                    continue;
                }
                let mut tuple = layer.list(list);
                tuple.push(member);
                let tuple: Vec<u32> = tuple.iter().map(|m| layer.item[*m as usize]).collect();
                let degrees = tuple.iter().map(|&item| self.degree[item as usize]);
                let degree = degrees.sum();
                if best.as_ref().is_none_or(|(most, _)| degree > *most) {
                    best = Some((degree, tuple));
                }
                seen += 1;
                if seen == STARTS {
                    break;
                }
            }
        }
        best.map(|(_, tuple)| tuple)
    }

    fn begin(&mut self) {
        self.gain.fill(0);
        for members in &mut self.chosen {
            members.clear();
        }
        for (layer, open) in self.space.layers.iter().zip(&self.open) {
            if layer.strength == 1 {
                for (member, &item) in layer.item.iter().enumerate() {
                    let covered = open.words()[member / 64] >> (member % 64) & 1;
                    self.gain[item as usize] += covered as u32;
                }
            }
        }
    }

    /// Decides all axes of the draft; nothing where that came to a dead end.
    fn build(&mut self) -> Option<Vec<u32>> {
        let space = self.space;
        let axes = space.items.axes();
        let mut row = vec![NONE; axes];
        let mut left: Vec<u32> = (0..axes as u32).collect();
        loop {
            // Axes that have become decided count for those that are not.
            let mut at = 0;
            while at < left.len() {
                let axis = left[at] as usize;
                if let Some(item) = self.draft.decided(axis) {
                    row[axis] = item;
                    self.add(item);
                    left.swap_remove(at);
                } else {
                    at += 1;
                }
            }
            if left.is_empty() {
                return Some(row);
            }
            let item = self.choose(&left);
            let mark = self.draft.mark();
            if self.draft.assign(item) && self.draft.propagate() {
                continue;
            }
            self.draft.undo(mark);
            if !(self.draft.remove(item) && self.draft.propagate()) {
                return None;
            }
        }
    }

    /// The most gainful item of some undecided axes.
    fn choose(&mut self, axes: &[u32]) -> u32 {
        let items = &self.space.items;
        let mut best = NONE;
        let mut best_key = (0, 0, 0);
        let mut ties = 0;
        for &axis in axes {
            for item in items.range(axis as usize) {
                let key = (
                    self.gain[item as usize],
                    self.degree[item as usize],
                    items.weight(item),
                );
                if best != NONE && key < best_key || !self.draft.allows(item) {
                    continue;
                }
                if best == NONE || key > best_key {
                    (best, best_key, ties) = (item, key, 1);
                } else {
                    ties += 1;
                    if self.random.once_in(ties) {
                        best = item;
                    }
                }
            }
        }
        best
    }

    /// A row within the draft's domains as the solver finds it.
    fn solve(&mut self, given: &[u32]) -> Option<Vec<u32>> {
        let items = &self.space.items;
        let given = given.iter();
        let fixed: Vec<(usize, u32)> = given.map(|&item| items.outer(item)).collect();
        let row = items.row_of(&self.solver.solve(&fixed)?);
        self.begin();
        for &item in &row {
            self.add(item);
        }
        Some(row)
    }

    fn add(&mut self, item: u32) {
        self.count(item);
        for (layer, chosen) in self.space.layers.iter().zip(&mut self.chosen) {
            let member = layer.member[item as usize];
            if member != NONE {
                let at = chosen.partition_point(|&other| other < member);
                chosen.insert(at, member);
            }
        }
    }

    /// Adds to the gains of all items what comes of one item's being in the row.
    fn count(&mut self, item: u32) {
        for ((layer, open), chosen) in self.space.layers.iter().zip(&self.open).zip(&self.chosen) {
            let member = layer.member[item as usize];
            if member == NONE || layer.strength == 1 {
                continue;
            }
            let open = OpenLists {
                layer,
                words: open.words(),
                chosen,
                with: member,
            };
            let gain = &mut self.gain;
            open.visit(&mut |base, word| {
                let mut rest = word;
                while rest != 0 {
                    let other = base + rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    let item = layer.item[other] as usize;
                    gain[item] += 1;
                }
            });
        }
    }

    /// Takes what a row covers from what is open.
    fn cover(&mut self, row: &[u32]) {
        for &item in row {
            self.degree[item as usize] -= u64::from(self.gain[item as usize]);
        }
        for ((layer, open), chosen) in self
            .space
            .layers
            .iter()
            .zip(&mut self.open)
            .zip(&self.chosen)
        {
            layer.remove_row(open, chosen);
        }
    }
}

fn count_members(layer: &Layer, tuples: &Tuples, degree: &mut [u64]) {
    for list in tuples.words().chunks(layer.width.max(1)) {
        for (index, &word) in list.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let member = index * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                degree[layer.item[member] as usize] += 1;
            }
        }
    }
}

/// The lists of the row's members that, with one member more, make tuples with
/// one yet to come.
struct OpenLists<'l> {
    layer: &'l Layer,
    words: &'l [u64],
    chosen: &'l [u32],
    with: u32,
}

impl OpenLists<'_> {
    fn visit(&self, found: &mut impl FnMut(usize, u64)) {
        self.extend(0, 0, 0, false, found);
    }

    /// `depth` members were taken, of those before `from`; `with` is or is not
    /// among them.
    fn extend(
        &self,
        from: usize,
        depth: usize,
        rank: usize,
        has: bool,
        found: &mut impl FnMut(usize, u64),
    ) {
        if depth + 1 == self.layer.strength {
            if has {
                let start = rank * self.layer.width;
                let words = &self.words[start..start + self.layer.width];
                for (index, &word) in words.iter().enumerate() {
                    if word != 0 {
                        found(index * 64, word);
                    }
                }
            }
            return;
        }
        let left = self.layer.strength - 1 - depth;
        if !has && left == 1 {
            let rank = rank + self.layer.rank(depth, self.with);
            self.extend(self.chosen.len(), depth + 1, rank, true, found);
            return;
        }
        for at in from..self.chosen.len() {
            let member = self.chosen[at];
            if !has && member > self.with {
                break;
            }
            let rank = rank + self.layer.rank(depth, member);
            self.extend(at + 1, depth + 1, rank, has, found);
        }
        if !has {
            let from = self.chosen.partition_point(|&member| member < self.with);
            let rank = rank + self.layer.rank(depth, self.with);
            self.extend(from, depth + 1, rank, true, found);
        }
    }
}

impl Layer {
    /// The members of the list of a number.
    fn list(&self, list: usize) -> Vec<u32> {
        let mut rest = list;
        let mut members = Vec::with_capacity(self.strength);
        for depth in (0..self.strength - 1).rev() {
            let mut low = 0;
            let mut high = self.item.len() as u32;
            while high - low > 1 {
                let middle = (low + high) / 2;
                if self.rank(depth, middle) <= rest {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            rest -= self.rank(depth, low);
            members.push(low);
        }
        members.reverse();
        members
    }

    /// Removes all tuples among some members, which ascend.
    fn remove_row(&self, tuples: &mut Tuples, members: &[u32]) {
        let mut mask = vec![0_u64; self.width];
        for &member in members {
            mask[member as usize / 64] |= 1 << (member % 64);
        }
        self.remove_lists(tuples, members, &mask, 0, 0);
    }

    fn remove_lists(
        &self,
        tuples: &mut Tuples,
        members: &[u32],
        mask: &[u64],
        depth: usize,
        rank: usize,
    ) {
        if depth + 1 == self.strength {
            let start = rank * self.width;
            let words = &mut tuples.words_mut()[start..start + self.width];
            for (word, mask) in words.iter_mut().zip(mask) {
                *word &= !mask;
            }
            return;
        }
        for (at, &member) in members.iter().enumerate() {
            let rank = rank + self.rank(depth, member);
            self.remove_lists(tuples, &members[at + 1..], mask, depth + 1, rank);
        }
    }
}
