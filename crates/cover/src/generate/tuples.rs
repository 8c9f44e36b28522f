//! The tuples that are to be covered, by number.

use super::CoverError;
use crate::model::Model;
use crate::targets::TargetSet;

/// More tuples than this are not kept one bit each.
const MAX_TUPLES: u64 = 1 << 33;
/// Likewise choices of axes.
const MAX_CHOICES: u64 = 1 << 25;

/// The tuples of one set of axes: which choice of axes begins at which number.
#[derive(Clone, Debug)]
pub(super) struct TupleSet {
    pub(super) axes: Vec<u32>,
    pub(super) strength: usize,
    /// Where each axis of the model is among `axes`.
    pub(super) position: Vec<Option<u32>>,
    /// The number of target values of each of `axes`.
    sizes: Vec<u32>,
    /// By rank of the choice of axes; one more at the end.
    starts: Vec<u64>,
    /// `binomials[n][r]`.
    binomials: Vec<Vec<u64>>,
}

impl TupleSet {
    pub(super) fn new(model: &Model, target: &TargetSet) -> Result<Self, CoverError> {
        let axes: Vec<u32> = target
            .axes
            .iter()
            .filter(|&&axis| model.axes()[axis].targets > 0)
            .map(|&axis| axis as u32)
            .collect();
        let strength = target.strength;
        let sizes: Vec<u32> = axes
            .iter()
            .map(|&axis| model.axes()[axis as usize].targets)
            .collect();
        let binomials = binomials(axes.len(), strength);
        let choices = binomials[axes.len()][strength];
        let too_many = |tuples: u64| CoverError::TooLarge {
            tuples,
            limit: MAX_TUPLES,
        };
        if choices > MAX_CHOICES {
            return Err(too_many(u64::MAX));
        }
        let mut set = Self {
            position: vec![None; model.axes().len()],
            axes,
            strength,
            sizes,
            starts: Vec::with_capacity(choices as usize + 1),
            binomials,
        };
        for (at, &axis) in set.axes.iter().enumerate() {
            set.position[axis as usize] = Some(at as u32);
        }
        let mut total = 0u64;
        set.starts.push(0);
        let mut chosen: Vec<usize> = (0..strength).collect();
        if set.axes.len() >= strength {
            loop {
                let product = chosen.iter().fold(1u64, |product, &at| {
                    product.saturating_mul(u64::from(set.sizes[at]))
                });
                total = total.saturating_add(product);
                if total > MAX_TUPLES {
                    return Err(too_many(total));
                }
                set.starts.push(total);
                if !next_choice(&mut chosen, set.axes.len()) {
                    break;
                }
            }
        }
        Ok(set)
    }

    pub(super) fn len(&self) -> u64 {
        *self.starts.last().expect("it begins with zero")
    }

    /// The rank of a choice of positions, in the order of [`next_choice`].
    pub(super) fn rank(&self, chosen: &[usize]) -> usize {
        // Choices that come before in lexicographic order.
        let (count, total) = (chosen.len(), self.axes.len());
        let after: u64 = chosen
            .iter()
            .enumerate()
            .map(|(at, &position)| self.binomials[total - 1 - position][count - at])
            .sum();
        (self.binomials[total][count] - 1 - after) as usize
    }

    /// The number of the tuple of these positions and values.
    pub(super) fn number(&self, chosen: &[usize], values: &[u32]) -> u64 {
        let mut within = 0u64;
        for (&position, &value) in chosen.iter().zip(values) {
            within = within * u64::from(self.sizes[position]) + u64::from(value);
        }
        self.starts[self.rank(chosen)] + within
    }

    pub(super) fn start(&self, rank: usize) -> u64 {
        self.starts[rank]
    }

    /// How many choices of axes there are.
    pub(super) fn choices(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rank of the choice of axes that a tuple is of.
    pub(super) fn rank_of(&self, number: u64) -> usize {
        self.starts.partition_point(|&start| start <= number) - 1
    }

    pub(super) fn size(&self, position: usize) -> u32 {
        self.sizes[position]
    }

    /// Axis and value of the tuple of a number.
    pub(super) fn tuple(&self, number: u64) -> Vec<(u32, u32)> {
        let rank = self.rank_of(number);
        let mut within = number - self.starts[rank];
        // The choice of a rank, one position after the other.
        let mut chosen = Vec::with_capacity(self.strength);
        let mut position = 0;
        let mut rest = rank as u64;
        while chosen.len() < self.strength {
            let left = self.strength - chosen.len() - 1;
            let with_it = self.binomials[self.axes.len() - position - 1][left];
            if rest < with_it {
                chosen.push(position);
            } else {
                rest -= with_it;
            }
            position += 1;
        }
        let mut tuple: Vec<(u32, u32)> = Vec::with_capacity(self.strength);
        for &position in chosen.iter().rev() {
            let size = u64::from(self.sizes[position]);
            tuple.push((self.axes[position], (within % size) as u32));
            within /= size;
        }
        tuple.reverse();
        tuple
    }
}

fn binomials(n: usize, r: usize) -> Vec<Vec<u64>> {
    let mut table = vec![vec![0u64; r + 1]; n + 1];
    for row in 0..=n {
        table[row][0] = 1;
        for column in 1..=r.min(row) {
            let above = table[row - 1][column];
            table[row][column] = table[row - 1][column - 1].saturating_add(above);
        }
    }
    table
}

/// The next choice of positions below `of`, in lexicographic order.
pub(super) fn next_choice(chosen: &mut [usize], of: usize) -> bool {
    let count = chosen.len();
    let turning = (0..count).rev().find(|&at| chosen[at] < of - count + at);
    let Some(at) = turning else { return false };
    chosen[at] += 1;
    for later in at + 1..count {
        chosen[later] = chosen[later - 1] + 1;
    }
    true
}

/// A bit for each tuple.
#[derive(Clone, Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn ones(length: u64) -> Self {
        let mut words = vec![u64::MAX; length.div_ceil(64) as usize];
        if let (Some(last), rest @ 1..) = (words.last_mut(), length % 64) {
            *last = (1 << rest) - 1;
        }
        Self(words)
    }

    pub(super) fn has(&self, at: u64) -> bool {
        self.0[(at / 64) as usize] >> (at % 64) & 1 == 1
    }

    /// Takes one out; whether it was in.
    pub(super) fn take(&mut self, at: u64) -> bool {
        let word = &mut self.0[(at / 64) as usize];
        let bit = 1 << (at % 64);
        let was = *word & bit != 0;
        *word &= !bit;
        was
    }

    /// The first that is in, from `from` on.
    pub(super) fn next(&self, from: u64) -> Option<u64> {
        let mut index = (from / 64) as usize;
        let mut word = self.0.get(index)? & (u64::MAX << (from % 64));
        while word == 0 {
            index += 1;
            word = *self.0.get(index)?;
        }
        Some(index as u64 * 64 + u64::from(word.trailing_zeros()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Axis;

    #[test]
    fn a_tuple_and_its_number_lead_to_each_other() {
        let axes = [2, 3, 1, 4, 2].map(Axis::new);
        let model = Model::new(axes.into(), Vec::new()).unwrap();
        for strength in 1..=5 {
            let set = TupleSet::new(&model, &TargetSet::all(&model, strength)).unwrap();
            let mut seen = Vec::new();
            for number in 0..set.len() {
                let tuple = set.tuple(number);
                let positions: Vec<usize> = tuple.iter().map(|&(axis, _)| axis as usize).collect();
                let values: Vec<u32> = tuple.iter().map(|&(_, value)| value).collect();
                assert_eq!(set.number(&positions, &values), number);
                seen.push(tuple);
            }
            let count = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), count);
        }
    }
}
