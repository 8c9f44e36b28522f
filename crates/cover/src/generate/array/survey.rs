//! The first look at rows: in what they agree, and what only one has.

use super::super::layer::{Layer, MAX_STRENGTH, NONE};
use super::Array;

impl Array<'_> {
    pub(super) fn compare_rows(&mut self) {
        for one in 0..self.count {
            for other in 0..one {
                let first = &self.cells[one * self.axes..(one + 1) * self.axes];
                let second = &self.cells[other * self.axes..(other + 1) * self.axes];
                for (word, (first, second)) in first.chunks(64).zip(second.chunks(64)).enumerate() {
                    let same = first.iter().zip(second).enumerate();
                    let agree = same.fold(0, |agree, (bit, (first, second))| {
                        agree | u64::from(first == second) << bit
                    });
                    self.agree[(one * self.room + other) * self.axis_words + word] = agree;
                    self.agree[(other * self.room + one) * self.axis_words + word] = agree;
                }
            }
        }
    }

    /// Counts, cell by cell, the tuples of a layer that one row only has.
    pub(super) fn count_all_sole(&mut self, number: usize) {
        let layer = &self.space.layers[number];
        let wanted = self.space.wanted[number].words();
        let (mut once, mut twice) = (vec![0_u64; wanted.len()], vec![0_u64; wanted.len()]);
        let rows: Vec<Members> = (0..self.count)
            .map(|row| Members::new(layer, self.row(row)))
            .collect();
        for members in &rows {
            members.visit(layer, &mut |start, _| {
                for (index, mask) in members.mask.iter().enumerate() {
                    twice[start + index] |= once[start + index] & mask;
                    once[start + index] |= mask;
                }
            });
        }
        for (once, (twice, wanted)) in once.iter_mut().zip(twice.iter().zip(wanted)) {
            *once &= wanted & !twice;
        }
        let items = &self.space.items;
        for (row, members) in rows.iter().enumerate() {
            let sole = &mut self.sole[row * self.axes..(row + 1) * self.axes];
            members.visit(layer, &mut |start, list| {
                // Each tuple is met once with each of its members left out.
                let last = list.last().map_or(0, |&last| last as usize + 1);
                for (index, mask) in members.mask.iter().enumerate().skip(last / 64) {
                    let mut rest = once[start + index] & mask;
                    if index == last / 64 {
                        rest &= !0 << (last % 64);
                    }
                    while rest != 0 {
                        let member = index * 64 + rest.trailing_zeros() as usize;
                        rest &= rest - 1;
                        sole[items.axis(layer.item[member])] += 1;
                        for &member in list {
                            sole[items.axis(layer.item[member as usize])] += 1;
                        }
                    }
                }
            });
            self.work += (members.mask.len() * members.all.len()) as u64;
        }
    }
}

/// The members of a row in one layer.
struct Members {
    all: Vec<u32>,
    mask: Vec<u64>,
}

impl Members {
    fn new(layer: &Layer, row: &[u32]) -> Self {
        let all = row.iter().map(|&item| layer.member[item as usize]);
        let all: Vec<u32> = all.filter(|&member| member != NONE).collect();
        let mut mask = vec![0; layer.width];
        for &member in &all {
            mask[member as usize / 64] |= 1 << (member % 64);
        }
        Self { all, mask }
    }

    /// Goes through all lists of one member less than the strength, with the
    /// place of their first word.
    fn visit(&self, layer: &Layer, found: &mut impl FnMut(usize, &[u32])) {
        let mut chosen = [NONE; MAX_STRENGTH];
        self.extend(layer, &mut chosen, 0, 0, 0, found);
    }

    fn extend(
        &self,
        layer: &Layer,
        chosen: &mut [u32; MAX_STRENGTH],
        depth: usize,
        from: usize,
        rank: usize,
        found: &mut impl FnMut(usize, &[u32]),
    ) {
        if depth + 1 == layer.strength {
            found(rank * layer.width, &chosen[..depth]);
            return;
        }
        for at in from..self.all.len() {
            chosen[depth] = self.all[at];
            let rank = rank + layer.rank(depth, self.all[at]);
            self.extend(layer, chosen, depth + 1, at + 1, rank, found);
        }
    }
}
