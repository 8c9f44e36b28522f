//! Sets of rows, one bit a row.

/// A set of numbers below a length that is fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bits {
    words: Box<[u64]>,
}

impl Bits {
    /// No number below `length`.
    pub(super) fn empty(length: usize) -> Self {
        Self {
            words: vec![0; length.div_ceil(64)].into(),
        }
    }

    /// Each number below `length`.
    pub(super) fn full(length: usize) -> Self {
        let mut bits = Self::empty(length);
        for number in 0..length {
            bits.insert(number);
        }
        bits
    }

    pub(super) fn insert(&mut self, number: usize) {
        self.words[number / 64] |= 1 << (number % 64);
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.words[number / 64] >> (number % 64) & 1 == 1
    }

    /// The numbers from `64 * word` on, the lowest in the lowest bit.
    pub(super) fn word(&self, word: usize) -> u64 {
        self.words[word]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// How many numbers are in it.
    pub(super) fn len(&self) -> usize {
        let ones = self.words.iter().map(|word| word.count_ones() as usize);
        ones.sum()
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(place, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(place * 64 + bit)
            })
        })
    }

    pub(super) fn remove_all(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// How many numbers both have.
    pub(super) fn common(&self, other: &Self) -> usize {
        let both = self.words.iter().zip(&other.words);
        both.map(|(word, other)| (word & other).count_ones() as usize)
            .sum()
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        let mut both = self.words.iter().zip(&other.words);
        both.all(|(word, other)| word & !other == 0)
    }

    /// Makes this set what both others have, and says how many that are.
    pub(super) fn become_common(&mut self, one: &Self, other: &Self) -> usize {
        let mut count = 0;
        for (word, (one, other)) in self
            .words
            .iter_mut()
            .zip(one.words.iter().zip(&other.words))
        {
            *word = one & other;
            count += word.count_ones() as usize;
        }
        count
    }
}
