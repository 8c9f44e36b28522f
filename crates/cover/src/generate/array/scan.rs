//! Which tuples of a row no other row has, or only one other.

use super::super::layer::{MAX_STRENGTH, NONE};
use super::Array;

/// A tuple of a row, and the only other row that has it too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) axes: [u32; MAX_STRENGTH],
    pub(super) length: u32,
    pub(super) layer: u32,
    pub(super) weight: u32,
    /// [`NONE`] where no other row has it.
    pub(super) row: u32,
}

impl Array<'_> {
    /// Finds, of all wanted tuples of a row, those that no other row or only
    /// one other row has.
    pub(super) fn scan_row(&mut self, row: usize) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        for axis in 0..self.axes {
            let item = self.cells[row * self.axes + axis];
            self.scan_from(row, axis, item, axis + 1, &mut events);
        }
        self.events = events;
    }

    /// The same, of the tuples with an item that the row has or will have.
    pub(super) fn scan(&mut self, row: usize, axis: usize, item: u32) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        self.scan_from(row, axis, item, 0, &mut events);
        self.events = events;
    }

    /// The same, where the other axes are not below `from`.
    fn scan_from(
        &mut self,
        row: usize,
        axis: usize,
        item: u32,
        from: usize,
        events: &mut Vec<Event>,
    ) {
        if !self.space.items.is_target(item) {
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let holders = &self.holders[item as usize * self.row_words..];
        scratch.sets[..self.row_words].copy_from_slice(&holders[..self.row_words]);
        for layer in 0..self.space.layers.len() {
            if self.space.layers[layer].member[item as usize] == NONE {
                continue;
            }
            if self.space.layers[layer].strength == 2 {
                scratch.list(0, self.row_words);
                self.scan_pairs(layer, row, item, from, &scratch.rows, events);
                continue;
            }
            let mut event = Event {
                axes: [NONE; MAX_STRENGTH],
                length: self.space.layers[layer].strength as u32,
                layer: layer as u32,
                weight: 1,
                row: NONE,
            };
            event.axes[0] = axis as u32;
            let mut scan = Scan {
                array: self,
                row,
                item,
                event,
                events,
                whole: self.space.layers[layer].whole,
                work: 0,
            };
            scan.deepen(&mut scratch, 1, from);
            let work = scan.work;
            self.work += work;
        }
        self.scratch = scratch;
    }

    /// What [`Scan`] does, for pairs.
    fn scan_pairs(
        &mut self,
        layer: usize,
        row: usize,
        item: u32,
        from: usize,
        others: &[u32],
        events: &mut Vec<Event>,
    ) {
        let axis = self.space.items.axis(item);
        let words = self.axis_words;
        let whole = self.space.layers[layer].whole;
        let members = &self.space.layers[layer].member;
        let weights = self.weights[layer].of(members[item as usize]);
        let agree = &self.agree[row * self.room * words..(row + 1) * self.room * words];
        let cells = &self.cells[row * self.axes..(row + 1) * self.axes];
        self.work += (others.len() * words) as u64 / 2 + 40;
        for word in from / 64..words {
            let mut partners =
                self.layer_axes[layer * words + word] & self.live[row * words + word];
            if axis / 64 == word {
                partners &= !(1 << (axis % 64));
            }
            if word == from / 64 {
                partners &= !0 << (from % 64);
            }
            let (mut one, mut two) = (0, 0);
            for &other in others {
                let agree = agree[other as usize * words + word];
                two |= one & agree;
                one |= agree;
            }
            let mut rest = partners & !two;
            while rest != 0 {
                let bit = rest & rest.wrapping_neg();
                let partner = word * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let mut event = Event {
                    axes: [NONE; MAX_STRENGTH],
                    length: 2,
                    layer: layer as u32,
                    weight: u32::from(weights[members[cells[partner] as usize] as usize]),
                    row: NONE,
                };
                event.axes[0] = axis as u32;
                event.axes[1] = partner as u32;
                if one & bit != 0 {
                    let both = self.holders(item).iter().zip(self.holders(cells[partner]));
                    let mut both = both.map(|(one, other)| one & other).enumerate();
                    let (index, rows) = both.find(|(_, rows)| *rows != 0).expect("one row agrees");
                    event.row = index as u32 * 64 + rows.trailing_zeros();
                }
                if whole || self.is_wanted(&event, row, item) {
                    events.push(event);
                }
            }
        }
    }

    pub(super) fn is_wanted(&self, event: &Event, row: usize, item: u32) -> bool {
        let layer = &self.space.layers[event.layer as usize];
        let length = event.length as usize;
        let mut members = [NONE; MAX_STRENGTH];
        members[0] = layer.member[item as usize];
        for (member, &axis) in members[1..].iter_mut().zip(&event.axes[1..length]) {
            let item = self.cells[row * self.axes + axis as usize];
            *member = layer.member[item as usize];
        }
        members[..length].sort_unstable();
        let tuples = &self.space.wanted[event.layer as usize];
        layer.contains(tuples, &members[..length])
    }
}

/// Room for sets of rows, one within the other, and for the list of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    sets: Vec<u64>,
    rows: Vec<u32>,
}

impl Scratch {
    pub(super) fn new(row_words: usize) -> Self {
        Self {
            sets: vec![0; MAX_STRENGTH * row_words],
            rows: Vec::new(),
        }
    }

    fn list(&mut self, set: usize, row_words: usize) {
        self.rows.clear();
        let words = &self.sets[set * row_words..(set + 1) * row_words];
        for (index, &word) in words.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                self.rows.push(index as u32 * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
    }
}

/// The search for the tuples of one item that few rows have.
struct Scan<'a, 's> {
    array: &'a Array<'s>,
    row: usize,
    item: u32,
    event: Event,
    events: &'a mut Vec<Event>,
    whole: bool,
    work: u64,
}

impl Scan<'_, '_> {
    /// `depth` axes of the tuple are chosen, the set before that has the other
    /// rows that agree in them, and the next axis is not below `from`.
    fn deepen(&mut self, scratch: &mut Scratch, depth: usize, from: usize) {
        let strength = self.event.length as usize;
        let (array, row_words) = (self.array, self.array.row_words);
        if depth == strength {
            scratch.list(depth - 1, row_words);
            match *scratch.rows {
                [] => self.report(NONE),
                [other] => self.report(other),
                _ => {}
            }
            return;
        }
        if depth + 1 == strength {
            scratch.list(depth - 1, row_words);
            self.last(&scratch.rows, depth, from);
            return;
        }
        let cells = &array.cells[self.row * array.axes..(self.row + 1) * array.axes];
        for word in from / 64..array.axis_words {
            let mut rest = self.partners(word);
            if word == from / 64 {
                rest &= !0 << (from % 64);
            }
            while rest != 0 {
                let axis = word * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let (done, next) = scratch.sets.split_at_mut(depth * row_words);
                let set = &done[(depth - 1) * row_words..];
                for ((next, set), held) in next.iter_mut().zip(set).zip(array.holders(cells[axis]))
                {
                    *next = set & held;
                }
                self.event.axes[depth] = axis as u32;
                self.deepen(scratch, depth + 1, axis + 1);
            }
        }
    }

    /// The axes that may complete a tuple, of one word.
    fn partners(&self, word: usize) -> u64 {
        let array = self.array;
        let own = self.event.axes[0] as usize;
        let mut axes = array.layer_axes[self.event.layer as usize * array.axis_words + word]
            & array.live[self.row * array.axis_words + word];
        if own / 64 == word {
            axes &= !(1 << (own % 64));
        }
        axes
    }

    /// Looks at all last axes of a tuple at once.
    fn last(&mut self, rows: &[u32], depth: usize, from: usize) {
        let array = self.array;
        let words = array.axis_words;
        let agree =
            &array.agree[self.row * array.room * words..(self.row + 1) * array.room * words];
        for word in from / 64..words {
            let mut partners = self.partners(word);
            if word == from / 64 {
                partners &= !0 << (from % 64);
            }
            if partners == 0 {
                continue;
            }
            let (mut one, mut two) = (0, 0);
            for others in rows.chunks(8) {
                for &other in others {
                    let agree = agree[other as usize * words + word];
                    two |= one & agree;
                    one |= agree;
                }
                self.work += others.len() as u64;
                if partners & !two == 0 {
                    break;
                }
            }
            let mut rest = partners & !two;
            while rest != 0 {
                let bit = rest & rest.wrapping_neg();
                let axis = word * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                self.event.axes[depth] = axis as u32;
                let other = if one & bit == 0 {
                    NONE
                } else {
                    let mut rows = rows.iter();
                    *rows
                        .find(|other| agree[**other as usize * words + word] & bit != 0)
                        .expect("one row agrees")
                };
                self.report(other);
            }
        }
    }

    fn report(&mut self, other: u32) {
        // In a whole layer, all that valid rows have is wanted.
        if self.whole || self.array.is_wanted(&self.event, self.row, self.item) {
            self.event.row = other;
            self.events.push(self.event);
        }
    }
}
