//! Fewer rows for the same tuples: a row is taken out, and single values of the
//! others are changed until they have its tuples too.
//!
//! Which rows have a value is a set of bits, so that the rows with a tuple are
//! the intersection of a few words. Each cell knows how many tuples only its row
//! has, which is what changing it costs.

use super::random::Random;
use super::tuples::TupleSet;
use crate::engine::Engine;
use crate::model::Model;

/// Rows of at most so many words of bits are made fewer.
const MAX_WORDS: usize = 16;

/// Where the search ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Looks at a row or a tuple.
    pub(super) steps: u64,
    /// Fewer rows cannot have all tuples.
    pub(super) least: usize,
}

/// As few rows as the budget finds; those of the seeds stay first, with their
/// values.
pub(super) fn shrink(
    model: &Model,
    sets: &[TupleSet],
    rows: Vec<Vec<u32>>,
    seeds: &[Vec<Option<u32>>],
    seed: u64,
    limits: Limits,
) -> Vec<Vec<u32>> {
    if rows.len() <= limits.least {
        return rows;
    }
    let words = rows.len().div_ceil(64);
    match words {
        0 => rows,
        1 => Search::<1>::new(model, sets, &rows, seeds, seed, limits).run(),
        2 => Search::<2>::new(model, sets, &rows, seeds, seed, limits).run(),
        3 => Search::<3>::new(model, sets, &rows, seeds, seed, limits).run(),
        4 => Search::<4>::new(model, sets, &rows, seeds, seed, limits).run(),
        5..=6 => Search::<6>::new(model, sets, &rows, seeds, seed, limits).run(),
        7..=8 => Search::<8>::new(model, sets, &rows, seeds, seed, limits).run(),
        9..=12 => Search::<12>::new(model, sets, &rows, seeds, seed, limits).run(),
        13..=MAX_WORDS => Search::<16>::new(model, sets, &rows, seeds, seed, limits).run(),
        _ => rows,
    }
}

/// In place of a value: the cell has none, for now or for good.
const EMPTY: u32 = u32::MAX;

/// Some rows, a bit each.
type RowSet<const W: usize> = [u64; W];

fn and<const W: usize>(a: &RowSet<W>, b: &RowSet<W>) -> RowSet<W> {
    std::array::from_fn(|word| a[word] & b[word])
}

/// The only row of a set: `Ok(None)` for none, `Err` for several.
#[inline]
fn single<const W: usize>(set: &RowSet<W>) -> Result<Option<usize>, ()> {
    let mut found = None;
    for (index, &word) in set.iter().enumerate() {
        if word == 0 {
            continue;
        }
        if found.is_some() || word & (word - 1) != 0 {
            return Err(());
        }
        found = Some(index * 64 + word.trailing_zeros() as usize);
    }
    Ok(found)
}

/// A tuple that no row has: its values by number among all values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Missing {
    /// The target set.
    set: u32,
    /// Ascending; zeros after the last.
    values: [u32; super::MAX_STRENGTH],
}

/// A clause's literals, by axis.
struct Clauses {
    /// By axis: clause, and the words of what it allows of the axis.
    of_axis: Vec<Vec<(u32, Vec<u64>)>>,
    count: usize,
}

struct Search<'m, const W: usize> {
    sets: &'m [TupleSet],
    axes: usize,
    /// Where the values of each axis begin among all values.
    firsts: Vec<u32>,
    axis_of: Vec<u32>,
    clauses: Clauses,
    engine: Engine,
    /// Cells by row: the value's number among all values.
    cells: Vec<u32>,
    /// The rows that are not taken out.
    alive: Vec<u32>,
    /// The rows that have a value.
    with: Vec<RowSet<W>>,
    /// How many tuples that only this row has are with this cell.
    unique: Vec<u32>,
    /// How many literals of a clause hold in a row.
    holding: Vec<u16>,
    missing: Vec<Missing>,
    /// Until which step a cell stays as it is.
    tabu: Vec<u64>,
    locked: Vec<bool>,
    /// Rows of seeds are not taken out.
    seeds: usize,
    random: Random,
    step: u64,
    spent: u64,
    limits: Limits,
}

/// A way to have a missing tuple: cells of a row, and their new values.
#[derive(Clone, Copy, Debug)]
struct Move {
    row: u32,
    cost: i64,
    count: usize,
    values: [u32; super::MAX_STRENGTH],
}

impl<'m, const W: usize> Search<'m, W> {
    fn new(
        model: &'m Model,
        sets: &'m [TupleSet],
        rows: &[Vec<u32>],
        seeds: &[Vec<Option<u32>>],
        seed: u64,
        limits: Limits,
    ) -> Self {
        let axes = model.axes().len();
        let mut firsts = Vec::with_capacity(axes);
        let mut axis_of = Vec::new();
        for (axis, shape) in model.axes().iter().enumerate() {
            firsts.push(axis_of.len() as u32);
            axis_of.extend(std::iter::repeat_n(axis as u32, shape.values as usize));
        }
        let mut of_axis: Vec<Vec<(u32, Vec<u64>)>> = vec![Vec::new(); axes];
        for (number, clause) in model.clauses().iter().enumerate() {
            for literal in &clause.literals {
                let words = literal.allowed.words().to_vec();
                of_axis[literal.axis].push((number as u32, words));
            }
        }
        let clauses = Clauses {
            of_axis,
            count: model.clauses().len(),
        };
        let mut locked = vec![false; rows.len() * axes];
        for (row, seed) in seeds.iter().enumerate() {
            for (axis, value) in seed.iter().enumerate() {
                locked[row * axes + axis] = value.is_some();
            }
        }
        let mut search = Self {
            sets,
            axes,
            clauses,
            engine: Engine::new(model, &model.domains()),
            cells: Vec::new(),
            alive: (0..rows.len() as u32).collect(),
            with: vec![[0; W]; axis_of.len()],
            firsts,
            axis_of,
            unique: vec![0; rows.len() * axes],
            holding: Vec::new(),
            missing: Vec::new(),
            tabu: vec![0; rows.len() * axes],
            locked,
            seeds: seeds.len(),
            random: Random::new(seed),
            step: 0,
            spent: 0,
            limits,
        };
        search.set_up(rows);
        search
    }

    /// Fills everything that follows from the rows.
    fn set_up(&mut self, rows: &[Vec<u32>]) {
        self.holding = vec![0; rows.len() * self.clauses.count];
        for (row, values) in rows.iter().enumerate() {
            for (axis, &value) in values.iter().enumerate() {
                let number = self.firsts[axis] + value;
                self.cells.push(number);
                self.with[number as usize][row / 64] |= 1 << (row % 64);
                for (clause, allowed) in &self.clauses.of_axis[axis] {
                    let holds = allowed[value as usize / 64] >> (value % 64) & 1;
                    self.holding[row * self.clauses.count + *clause as usize] += holds as u16;
                }
            }
        }
        // Each tuple of a row is unique if no other row has it.
        for row in 0..rows.len() {
            for set in 0..self.sets.len() {
                let values = self.target_values(set, row, usize::MAX);
                let strength = self.sets[set].strength;
                let mut found: Vec<[u32; super::MAX_STRENGTH]> = Vec::new();
                each_tuple(
                    &self.with,
                    &values,
                    strength,
                    &[u64::MAX; W],
                    |tuple, rows| {
                        if let Ok(Some(_)) = single(rows) {
                            let mut own = [0; super::MAX_STRENGTH];
                            own[..strength].copy_from_slice(tuple);
                            found.push(own);
                        }
                    },
                );
                for tuple in found {
                    for &value in &tuple[..strength] {
                        self.unique[row * self.axes + self.axis_of[value as usize] as usize] += 1;
                    }
                }
            }
        }
    }

    /// The values of a row that are targets of a set, ascending, without that of
    /// one axis.
    fn target_values(&self, set: usize, row: usize, without: usize) -> Vec<u32> {
        let set = &self.sets[set];
        let cells = &self.cells[row * self.axes..(row + 1) * self.axes];
        let axes = set.axes.iter().enumerate();
        axes.filter(|&(position, &axis)| {
            axis as usize != without
                && cells[axis as usize].wrapping_sub(self.firsts[axis as usize])
                    < set.size(position)
        })
        .map(|(_, &axis)| cells[axis as usize])
        .collect()
    }

    fn run(mut self) -> Vec<Vec<u32>> {
        let mut best = self.rows();
        while self.alive.len() > self.limits.least && self.take_out_a_row() && self.repair() {
            best = self.rows();
        }
        best
    }

    fn rows(&self) -> Vec<Vec<u32>> {
        let mut alive = self.alive.clone();
        alive.sort_unstable();
        let rows = alive.iter().map(|&row| {
            let row = row as usize;
            let cells = &self.cells[row * self.axes..(row + 1) * self.axes];
            let pairs = cells.iter().zip(&self.firsts);
            pairs.map(|(cell, first)| cell - first).collect()
        });
        rows.collect()
    }

    /// Takes out the row whose tuples others have most; whether there was one.
    fn take_out_a_row(&mut self) -> bool {
        let own = |row: u32| -> u64 {
            let cells = &self.unique[row as usize * self.axes..(row as usize + 1) * self.axes];
            cells.iter().map(|&unique| u64::from(unique)).sum()
        };
        let free = self
            .alive
            .iter()
            .copied()
            .filter(|&row| row as usize >= self.seeds);
        let Some(row) = free.min_by_key(|&row| (own(row), row)) else {
            return false;
        };
        self.alive.retain(|&other| other != row);
        let row = row as usize;
        for axis in 0..self.axes {
            self.remove(row, axis);
        }
        true
    }

    /// Changes cells until no tuple is missing; whether that came about within
    /// the budget.
    fn repair(&mut self) -> bool {
        let mut least = self.missing.len();
        while !self.missing.is_empty() {
            if self.spent > self.limits.steps {
                return false;
            }
            self.step += 1;
            let target = self.missing[self.random.below(self.missing.len())];
            let forced = self.random.below(500) == 0;
            let chosen = if forced {
                None
            } else {
                self.best_move(&target, least)
            };
            match chosen {
                Some(chosen) => {
                    self.change(chosen.row as usize, &chosen.values[..chosen.count]);
                }
                None => self.force(&target),
            }
            least = least.min(self.missing.len());
        }
        true
    }

    /// The cheapest way to have a missing tuple that breaks no clause and changes
    /// no cell that is to stay.
    fn best_move(&mut self, target: &Missing, least: usize) -> Option<Move> {
        let strength = self.sets[target.set as usize].strength;
        let wanted = &target.values[..strength];
        // The other missing tuples that could come with it.
        let kin: Vec<Missing> = self
            .missing
            .iter()
            .filter(|other| self.goes_with(other, wanted))
            .copied()
            .collect();
        self.spent += self.missing.len() as u64 / 4 + 8;
        let mut best: Option<Move> = None;
        let mut equals = 0;
        for index in 0..self.alive.len() {
            let row = self.alive[index] as usize;
            let start = row * self.axes;
            let mut values = [0; super::MAX_STRENGTH];
            let mut count = 0;
            let mut cost = 0i64;
            let mut allowed = true;
            let mut held = false;
            for &value in wanted {
                let axis = self.axis_of[value as usize] as usize;
                if self.cells[start + axis] == value {
                    continue;
                }
                if self.locked[start + axis] {
                    allowed = false;
                    break;
                }
                held |= self.tabu[start + axis] > self.step;
                values[count] = value;
                count += 1;
                cost += i64::from(self.unique[start + axis]);
            }
            self.spent += 2;
            if !allowed {
                continue;
            }
            if let Some(known) = &best
                && cost - kin.len() as i64 > known.cost
            {
                continue;
            }
            if !self.keeps_clauses(row, &values[..count]) {
                continue;
            }
            self.spent += kin.len() as u64 + 4;
            let gain = kin
                .iter()
                .filter(|other| self.comes_with(other, row, &values[..count]))
                .count();
            cost -= gain as i64;
            // What was held becomes free where it leads further than ever.
            if held && self.missing.len() as i64 + cost >= least as i64 {
                continue;
            }
            let found = Move {
                row: row as u32,
                cost,
                count,
                values,
            };
            match &best {
                Some(known) if known.cost < cost => {}
                Some(known) if known.cost == cost => {
                    equals += 1;
                    if self.random.below(equals + 1) == 0 {
                        best = Some(found);
                    }
                }
                _ => {
                    equals = 0;
                    best = Some(found);
                }
            }
        }
        best
    }

    /// Whether a missing tuple has one of these values and contradicts none.
    fn goes_with(&self, other: &Missing, wanted: &[u32]) -> bool {
        let strength = self.sets[other.set as usize].strength;
        let mut shares = false;
        for &value in &other.values[..strength] {
            for &own in wanted {
                if own == value {
                    shares = true;
                } else if self.axis_of[own as usize] == self.axis_of[value as usize] {
                    return false;
                }
            }
        }
        shares
    }

    /// Whether a row has a missing tuple once it has these values.
    fn comes_with(&self, other: &Missing, row: usize, values: &[u32]) -> bool {
        let strength = self.sets[other.set as usize].strength;
        other.values[..strength].iter().all(|&value| {
            let axis = self.axis_of[value as usize] as usize;
            self.cells[row * self.axes + axis] == value || values.contains(&value)
        })
    }

    fn keeps_clauses(&self, row: usize, values: &[u32]) -> bool {
        let holding = &self.holding[row * self.clauses.count..(row + 1) * self.clauses.count];
        for &value in values {
            let axis = self.axis_of[value as usize] as usize;
            let new = value - self.firsts[axis];
            let old = self.cells[row * self.axes + axis] - self.firsts[axis];
            for (clause, allowed) in &self.clauses.of_axis[axis] {
                let has = |value: u32| allowed[value as usize / 64] >> (value % 64) & 1 == 1;
                if !has(old) || has(new) {
                    continue;
                }
                // It loses a literal here; another change may give it one.
                let mut left = i32::from(holding[*clause as usize]);
                for &value in values {
                    let axis = self.axis_of[value as usize] as usize;
                    let new = value - self.firsts[axis];
                    let old = self.cells[row * self.axes + axis] - self.firsts[axis];
                    let own = self.clauses.of_axis[axis].iter();
                    for (_, allowed) in own.filter(|(other, _)| other == clause) {
                        let has =
                            |value: u32| (allowed[value as usize / 64] >> (value % 64) & 1) as i32;
                        left += has(new) - has(old);
                    }
                }
                if left <= 0 {
                    return false;
                }
            }
        }
        true
    }

    /// Gives cells of a row other values, which they keep for a while. All are
    /// emptied before any is filled: a row of old and new values may be one that
    /// clauses forbid, with tuples that no row has.
    fn change(&mut self, row: usize, values: &[u32]) {
        for &value in values {
            let axis = self.axis_of[value as usize] as usize;
            self.remove(row, axis);
        }
        for &value in values {
            self.put(row, value);
            let axis = self.axis_of[value as usize] as usize;
            let tenure = 2 + self.random.below(5) as u64;
            self.tabu[row * self.axes + axis] = self.step + tenure;
        }
    }

    /// Makes a row have a missing tuple, whatever it loses: the other cells keep
    /// their values where clauses allow it.
    fn force(&mut self, target: &Missing) {
        let strength = self.sets[target.set as usize].strength;
        let wanted = &target.values[..strength];
        let first = self.random.below(self.alive.len());
        for offset in 0..self.alive.len() {
            let row = self.alive[(first + offset) % self.alive.len()] as usize;
            if let Some(values) = self.forced_row(row, wanted) {
                let new = values.into_iter().zip(&self.firsts).enumerate();
                let new = new.map(|(axis, (value, first))| (row * self.axes + axis, first + value));
                let other = new.filter(|&(cell, value)| self.cells[cell] != value);
                let values: Vec<u32> = other.map(|(_, value)| value).collect();
                self.change(row, &values);
                return;
            }
            self.spent += self.axes as u64;
        }
        // No row can have it beside its seed's values: another tuple is tried.
    }

    fn forced_row(&mut self, row: usize, wanted: &[u32]) -> Option<Vec<u32>> {
        let mut levels = 0;
        let mut possible = true;
        let start = row * self.axes;
        for &value in wanted {
            let axis = self.axis_of[value as usize] as usize;
            self.engine.mark();
            levels += 1;
            possible = possible && self.engine.assign(axis, value - self.firsts[axis]).is_ok();
        }
        for axis in (0..self.axes).filter(|&axis| self.locked[start + axis]) {
            if possible {
                self.engine.mark();
                levels += 1;
                let value = self.cells[start + axis] - self.firsts[axis];
                possible = self.engine.assign(axis, value).is_ok();
            }
        }
        let turn = self.random.below(self.axes);
        for offset in 0..self.axes {
            let axis = (turn + offset) % self.axes;
            if !possible {
                break;
            }
            let value = self.cells[start + axis] - self.firsts[axis];
            self.engine.mark();
            levels += 1;
            if self.engine.assign(axis, value).is_err() {
                // The clauses want another value here.
                self.engine.undo();
                levels -= 1;
            }
        }
        self.spent += 4 * self.axes as u64;
        let row = possible
            .then(|| crate::solver::search(&mut self.engine))
            .flatten();
        for _ in 0..levels {
            self.engine.undo();
        }
        row
    }

    /// Takes the value out of a cell: tuples that only its row had are missing,
    /// those that one other row has too are that row's alone.
    fn remove(&mut self, row: usize, axis: usize) {
        let value = self.cells[row * self.axes + axis];
        let local = value - self.firsts[axis];
        for (clause, allowed) in &self.clauses.of_axis[axis] {
            let holds = allowed[local as usize / 64] >> (local % 64) & 1;
            self.holding[row * self.clauses.count + *clause as usize] -= holds as u16;
        }
        self.with[value as usize][row / 64] &= !(1 << (row % 64));
        self.cells[row * self.axes + axis] = EMPTY;
        self.turn(row, axis, value, false);
        self.unique[row * self.axes + axis] = 0;
    }

    /// Puts a value into an empty cell.
    fn put(&mut self, row: usize, value: u32) {
        let axis = self.axis_of[value as usize] as usize;
        let local = value - self.firsts[axis];
        for (clause, allowed) in &self.clauses.of_axis[axis] {
            let holds = allowed[local as usize / 64] >> (local % 64) & 1;
            self.holding[row * self.clauses.count + *clause as usize] += holds as u16;
        }
        self.cells[row * self.axes + axis] = value;
        self.turn(row, axis, value, true);
        self.with[value as usize][row / 64] |= 1 << (row % 64);
    }

    /// Goes through the tuples of a row with a value that it does not count for
    /// now: without it each is of no row, of one, or of several.
    fn turn(&mut self, row: usize, axis: usize, value: u32, comes: bool) {
        for set in 0..self.sets.len() {
            let Some(position) = self.sets[set].position[axis] else {
                continue;
            };
            if value - self.firsts[axis] >= self.sets[set].size(position as usize) {
                continue;
            }
            if self.sets[set].strength == 2 {
                self.turn_pairs(set, row, axis, value, comes);
            } else {
                self.turn_tuples(set, row, axis, value, comes);
            }
        }
    }

    fn turn_pairs(&mut self, set: usize, row: usize, axis: usize, value: u32, comes: bool) {
        let own = self.with[value as usize];
        let members = self.sets[set].axes.len();
        self.spent += members as u64 * W as u64;
        for position in 0..members {
            let other_axis = self.sets[set].axes[position] as usize;
            let other = self.cells[row * self.axes + other_axis];
            if other_axis == axis
                || other.wrapping_sub(self.firsts[other_axis]) >= self.sets[set].size(position)
            {
                continue;
            }
            let rows = and(&own, &self.with[other as usize]);
            match single(&rows) {
                Err(()) => {}
                Ok(Some(owner)) => {
                    let change = if comes { u32::MAX } else { 1 };
                    let at = owner * self.axes;
                    self.unique[at + axis] = self.unique[at + axis].wrapping_add(change);
                    self.unique[at + other_axis] =
                        self.unique[at + other_axis].wrapping_add(change);
                }
                Ok(None) => {
                    let mut values = [0; super::MAX_STRENGTH];
                    values[0] = value.min(other);
                    values[1] = value.max(other);
                    let tuple = Missing {
                        set: set as u32,
                        values,
                    };
                    let at = row * self.axes;
                    if comes {
                        self.unique[at + axis] += 1;
                        self.unique[at + other_axis] += 1;
                        self.found(&tuple);
                    } else {
                        self.unique[at + other_axis] -= 1;
                        self.missing.push(tuple);
                    }
                }
            }
        }
    }

    fn turn_tuples(&mut self, set: usize, row: usize, axis: usize, value: u32, comes: bool) {
        let strength = self.sets[set].strength;
        let others = self.target_values(set, row, axis);
        let own = self.with[value as usize];
        let Self {
            with,
            unique,
            missing,
            axis_of,
            axes,
            spent,
            ..
        } = self;
        let mut looked = 0u64;
        each_tuple(with, &others, strength - 1, &own, |tuple, rows| {
            looked += 1;
            match single(rows) {
                Err(()) => {}
                Ok(Some(owner)) => {
                    let change = if comes { u32::MAX } else { 1 };
                    for &value in tuple.iter().chain([&value]) {
                        let cell = &mut unique[owner * *axes + axis_of[value as usize] as usize];
                        *cell = cell.wrapping_add(change);
                    }
                }
                Ok(None) => {
                    let change = if comes { 1 } else { u32::MAX };
                    for &value in tuple {
                        let cell = &mut unique[row * *axes + axis_of[value as usize] as usize];
                        *cell = cell.wrapping_add(change);
                    }
                    let own = &mut unique[row * *axes + axis_of[value as usize] as usize];
                    *own = own.wrapping_add(change);
                    let mut values = [0; super::MAX_STRENGTH];
                    values[..tuple.len()].copy_from_slice(tuple);
                    values[tuple.len()] = value;
                    values[..strength].sort_unstable();
                    let tuple = Missing {
                        set: set as u32,
                        values,
                    };
                    if comes {
                        let at = missing.iter().position(|known| *known == tuple);
                        missing.swap_remove(at.expect("a tuple of no row is missing"));
                    } else {
                        missing.push(tuple);
                    }
                }
            }
        });
        *spent += looked * W as u64;
    }

    fn found(&mut self, tuple: &Missing) {
        let at = self.missing.iter().position(|known| known == tuple);
        self.missing
            .swap_remove(at.expect("a tuple of no row is missing"));
    }
}

/// Every choice of `count` of the values, with the rows that have them all and
/// are in `within`.
fn each_tuple<const W: usize>(
    with: &[RowSet<W>],
    values: &[u32],
    count: usize,
    within: &RowSet<W>,
    mut found: impl FnMut(&[u32], &RowSet<W>),
) {
    if values.len() < count {
        return;
    }
    let mut chosen = [0u32; super::MAX_STRENGTH];
    if count == 0 {
        found(&[], within);
        return;
    }
    // By depth: the next value to take, and the rows so far.
    let mut next = [0usize; super::MAX_STRENGTH + 1];
    let mut rows = [[0u64; W]; super::MAX_STRENGTH + 1];
    rows[0] = *within;
    let mut depth = 0;
    loop {
        if next[depth] + (count - depth) > values.len() {
            if depth == 0 {
                return;
            }
            depth -= 1;
            continue;
        }
        let value = values[next[depth]];
        next[depth] += 1;
        chosen[depth] = value;
        let both = and(&rows[depth], &with[value as usize]);
        if depth + 1 == count {
            found(&chosen[..count], &both);
        } else {
            rows[depth + 1] = both;
            next[depth + 1] = next[depth];
            depth += 1;
        }
    }
}
