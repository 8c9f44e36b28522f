//! Rows with all that is needed to exchange a cell and know what it changes.

mod scan;
mod survey;
#[cfg(test)]
mod tests;
mod weights;

use super::layer::{MAX_STRENGTH, NONE};
use super::space::Space;
use scan::{Event, Scratch};
use weights::Weights;

/// A wanted tuple that no row has: items of ascending axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tuple {
    items: [u32; MAX_STRENGTH],
    length: u32,
    layer: u32,
    /// How much it counts in the choice of an exchange.
    pub(super) weight: u32,
}

impl Tuple {
    pub(super) fn items(&self) -> &[u32] {
        &self.items[..self.length as usize]
    }
}

/// What a row is missing of a tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Nothing,
    One(u32),
    More,
}

/// Rows, valid at all times, and which wanted tuples they lack.
#[derive(Clone, Debug)]
pub(super) struct Array<'s> {
    space: &'s Space,
    axes: usize,
    /// Rows there is room for.
    room: usize,
    count: usize,
    /// Words that a set of axes takes, and a set of rows.
    axis_words: usize,
    row_words: usize,
    cells: Vec<u32>,
    /// Of each row and clause, the literals that hold.
    held: Vec<u32>,
    /// Of each two rows, the axes in which they agree.
    agree: Vec<u64>,
    /// The rows that are there.
    present: Vec<u64>,
    /// Of each item, the rows that have it.
    holders: Vec<u64>,
    /// Of each row, the axes that have an item which is a target.
    live: Vec<u64>,
    /// Of each row and axis, the wanted tuples that only this row has and that
    /// this axis is part of.
    sole: Vec<u32>,
    lacking: Vec<Tuple>,
    /// Of each row and item, the weight of the lacking tuples that the row would
    /// have with the item.
    gains: Vec<u32>,
    events: Vec<Event>,
    scratch: Scratch,
    layer_axes: Vec<u64>,
    weights: Vec<Weights>,
    pub(super) work: u64,
}

impl<'s> Array<'s> {
    /// Some valid rows, which have all wanted tuples.
    pub(super) fn new(space: &'s Space, rows: &[Vec<u32>]) -> Self {
        let (axes, room) = (space.items.axes(), rows.len());
        let axis_words = axes.div_ceil(64);
        let row_words = room.div_ceil(64);
        let clauses = space.rules.count();
        let mut array = Self {
            space,
            axes,
            room,
            count: room,
            axis_words,
            row_words,
            cells: rows.concat(),
            held: vec![0; room * clauses],
            agree: vec![0; room * room * axis_words],
            present: vec![0; row_words],
            holders: vec![0; space.items.count() * row_words],
            live: vec![0; room * axis_words],
            sole: vec![0; room * axes],
            lacking: Vec::new(),
            gains: vec![0; room * space.items.count()],
            events: Vec::new(),
            scratch: Scratch::new(row_words),
            layer_axes: vec![0; axis_words * space.layers.len()],
            weights: space.layers.iter().map(Weights::new).collect(),
            work: (room * room * axis_words) as u64,
        };
        for (number, layer) in space.layers.iter().enumerate() {
            for &axis in &layer.axes {
                array.layer_axes[number * axis_words + axis as usize / 64] |= 1 << (axis % 64);
            }
        }
        for (number, row) in rows.iter().enumerate() {
            array.present[number / 64] |= 1 << (number % 64);
            let held = &mut array.held[number * clauses..(number + 1) * clauses];
            space.rules.count_held(row, held);
            for (axis, &item) in row.iter().enumerate() {
                array.holders[item as usize * row_words + number / 64] |= 1 << (number % 64);
                if space.items.is_target(item) {
                    array.live[number * axis_words + axis / 64] |= 1 << (axis % 64);
                }
            }
        }
        array.compare_rows();
        for layer in 0..space.layers.len() {
            array.count_all_sole(layer);
        }
        array
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn row(&self, row: usize) -> &[u32] {
        &self.cells[row * self.axes..(row + 1) * self.axes]
    }

    pub(super) fn held(&self, row: usize) -> &[u32] {
        let clauses = self.space.rules.count();
        &self.held[row * clauses..(row + 1) * clauses]
    }

    pub(super) fn holders(&self, item: u32) -> &[u64] {
        &self.holders[item as usize * self.row_words..(item as usize + 1) * self.row_words]
    }

    pub(super) fn lacking(&self) -> &[Tuple] {
        &self.lacking
    }

    /// How many wanted tuples with this axis only this row has.
    pub(super) fn sole(&self, row: usize, axis: usize) -> u32 {
        self.sole[row * self.axes + axis]
    }

    /// How many wanted tuples only this row has, each counted once for each axis.
    pub(super) fn sole_of_row(&self, row: usize) -> u64 {
        let sole = &self.sole[row * self.axes..(row + 1) * self.axes];
        sole.iter().map(|&sole| u64::from(sole)).sum()
    }

    /// Takes a row out; the last one gets its place.
    pub(super) fn remove(&mut self, row: usize) {
        let items = self.space.items.count();
        self.gains[row * items..(row + 1) * items].fill(0);
        self.present[row / 64] &= !(1 << (row % 64));
        for axis in 0..self.axes {
            let item = self.cells[row * self.axes + axis] as usize;
            self.holders[item * self.row_words + row / 64] &= !(1 << (row % 64));
        }
        self.scan_row(row);
        let events = std::mem::take(&mut self.events);
        for event in &events {
            if event.row == NONE {
                self.lack(event, row);
            } else {
                self.count_sole(event, event.row as usize, event.weight);
            }
        }
        self.events = events;
        let last = self.count - 1;
        self.count = last;
        if row != last {
            self.move_row(last, row);
        }
    }

    fn move_row(&mut self, from: usize, to: usize) {
        let axes = self.axes;
        self.present[from / 64] &= !(1 << (from % 64));
        self.present[to / 64] |= 1 << (to % 64);
        for axis in 0..axes {
            let item = self.cells[from * axes + axis] as usize;
            self.holders[item * self.row_words + from / 64] &= !(1 << (from % 64));
            self.holders[item * self.row_words + to / 64] |= 1 << (to % 64);
        }
        self.cells
            .copy_within(from * axes..(from + 1) * axes, to * axes);
        self.sole
            .copy_within(from * axes..(from + 1) * axes, to * axes);
        let items = self.space.items.count();
        self.gains
            .copy_within(from * items..(from + 1) * items, to * items);
        let clauses = self.space.rules.count();
        self.held
            .copy_within(from * clauses..(from + 1) * clauses, to * clauses);
        let words = self.axis_words;
        self.live
            .copy_within(from * words..(from + 1) * words, to * words);
        for other in 0..self.count {
            if other == to {
                continue;
            }
            let source = (other * self.room + from) * words;
            self.agree
                .copy_within(source..source + words, (other * self.room + to) * words);
            self.agree
                .copy_within(source..source + words, (to * self.room + other) * words);
        }
    }

    /// Gives a row another item.
    pub(super) fn exchange(&mut self, row: usize, new: u32) {
        let axis = self.space.items.axis(new);
        let cell = row * self.axes + axis;
        let old = self.cells[cell];
        if old == new {
            return;
        }
        let (row_word, row_bit) = (row / 64, 1_u64 << (row % 64));
        self.count_partial(row, old, true);
        self.holders[old as usize * self.row_words + row_word] &= !row_bit;

        self.scan(row, axis, old);
        let events = std::mem::take(&mut self.events);
        self.work += events.len() as u64 * 4;
        for event in &events {
            if event.row == NONE {
                self.count_sole(event, row, event.weight.wrapping_neg());
                self.lack(event, row);
            } else {
                self.count_sole(event, event.row as usize, event.weight);
            }
        }
        self.events = events;
        debug_assert_eq!(self.sole[cell], 0, "nothing is had by an item that is gone");

        self.cells[cell] = new;
        let (word, bit) = (axis / 64, 1_u64 << (axis % 64));
        let live = &mut self.live[row * self.axis_words + word];
        *live = if self.space.items.is_target(new) {
            *live | bit
        } else {
            *live & !bit
        };
        self.scan(row, axis, new);
        let events = std::mem::take(&mut self.events);
        self.work += events.len() as u64 * 4;
        for event in &events {
            if event.row == NONE {
                self.count_sole(event, row, event.weight);
            } else {
                self.count_sole(event, event.row as usize, event.weight.wrapping_neg());
            }
        }
        self.events = events;

        let mut at = 0;
        while at < self.lacking.len() {
            let tuple = self.lacking[at];
            if tuple.items().contains(&new) && self.missing(row, &tuple) == Missing::Nothing {
                self.lacking.swap_remove(at);
                self.count_gain(&tuple, tuple.weight.wrapping_neg());
            } else {
                at += 1;
            }
        }
        self.agree_anew(row, old, new, word, bit);
        self.holders[new as usize * self.row_words + row_word] |= row_bit;
        self.count_partial(row, new, false);
        let clauses = self.space.rules.count();
        let held = &mut self.held[row * clauses..(row + 1) * clauses];
        self.space.rules.exchange(held, old, new);
    }

    /// What a row is missing of a tuple.
    fn missing(&self, row: usize, tuple: &Tuple) -> Missing {
        let cells = &self.cells[row * self.axes..(row + 1) * self.axes];
        let mut missing = Missing::Nothing;
        for &item in tuple.items() {
            if cells[self.space.items.axis(item)] != item {
                if missing != Missing::Nothing {
                    return Missing::More;
                }
                missing = Missing::One(item);
            }
        }
        missing
    }

    /// Counts for a row's gains the lacking tuples with an item that the row
    /// has, as it gets it or before it loses it.
    fn count_partial(&mut self, row: usize, item: u32, loses: bool) {
        for at in 0..self.lacking.len() {
            let tuple = self.lacking[at];
            if !tuple.items().contains(&item) {
                continue;
            }
            if let Missing::One(missing) = self.missing(row, &tuple) {
                let step = if loses {
                    tuple.weight.wrapping_neg()
                } else {
                    tuple.weight
                };
                let gain = &mut self.gains[row * self.space.items.count() + missing as usize];
                *gain = gain.wrapping_add(step);
            }
        }
    }

    /// Counts a tuple for the gains of all rows that miss one item of it.
    fn count_gain(&mut self, tuple: &Tuple, step: u32) {
        let items = self.space.items.count();
        for (at, &item) in tuple.items().iter().enumerate() {
            for index in 0..self.row_words {
                let mut rest = self.rows_with_others(tuple, at, index);
                while rest != 0 {
                    let row = index * 64 + rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    let gain = &mut self.gains[row * items + item as usize];
                    *gain = gain.wrapping_add(step);
                }
            }
        }
    }

    /// The rows, of one word, that have all items of a tuple but for one place.
    pub(super) fn rows_with_others(&self, tuple: &Tuple, place: usize, word: usize) -> u64 {
        let mut rows = self.present[word];
        for (other, &item) in tuple.items().iter().enumerate() {
            if other != place {
                rows &= self.holders[item as usize * self.row_words + word];
            }
        }
        rows
    }

    pub(super) fn row_words(&self) -> usize {
        self.row_words
    }

    /// The weight of what a row would have with an item.
    pub(super) fn gain(&self, row: usize, item: u32) -> u32 {
        self.gains[row * self.space.items.count() + item as usize]
    }

    fn agree_anew(&mut self, row: usize, old: u32, new: u32, word: usize, bit: u64) {
        for index in 0..self.row_words {
            let losing = self.holders[old as usize * self.row_words + index];
            let gaining = self.holders[new as usize * self.row_words + index];
            let mut rest = losing | gaining;
            while rest != 0 {
                let other = index * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                self.agree[(row * self.room + other) * self.axis_words + word] ^= bit;
                self.agree[(other * self.room + row) * self.axis_words + word] ^= bit;
            }
        }
    }

    fn count_sole(&mut self, event: &Event, row: usize, step: u32) {
        for &axis in &event.axes[..event.length as usize] {
            let sole = &mut self.sole[row * self.axes + axis as usize];
            *sole = sole.wrapping_add(step);
        }
    }

    fn lack(&mut self, event: &Event, row: usize) {
        let item = self.cells[row * self.axes + event.axes[0] as usize];
        // While a row is being repaired it may have what no valid row has.
        if !self.is_wanted(event, row, item) {
            return;
        }
        let mut items = [NONE; MAX_STRENGTH];
        let length = event.length as usize;
        for (item, &axis) in items.iter_mut().zip(&event.axes[..length]) {
            *item = self.cells[row * self.axes + axis as usize];
        }
        items[..length].sort_unstable();
        let tuple = Tuple {
            items,
            length: event.length,
            layer: event.layer,
            weight: event.weight,
        };
        self.lacking.push(tuple);
        self.count_gain(&tuple, tuple.weight);
    }

    /// Makes all lacking tuples count more.
    pub(super) fn weigh(&mut self) {
        for at in 0..self.lacking.len() {
            let mut tuple = self.lacking[at];
            if tuple.length == 2 {
                let layer = &self.space.layers[tuple.layer as usize];
                let one = layer.member[tuple.items[0] as usize];
                let other = layer.member[tuple.items[1] as usize];
                if self.weights[tuple.layer as usize].raise(one, other) {
                    tuple.weight += 1;
                    self.lacking[at] = tuple;
                    self.count_gain(&tuple, 1);
                }
            }
        }
    }
}
