//! Whole numbers of any size: counts of rows outgrow every machine word.

use std::fmt;

/// A whole number from zero on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Natural {
    /// The lowest first; the highest is not zero.
    words: Vec<u32>,
}

impl Natural {
    /// Zero.
    pub const ZERO: Self = Self { words: Vec::new() };

    /// The number itself, if it fits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        match self.words.as_slice() {
            [] => Some(0),
            [low] => Some(u64::from(*low)),
            [low, high] => Some(u64::from(*low) | u64::from(*high) << 32),
            _ => None,
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (long, short) = if self.words.len() < other.words.len() {
            (other, self)
        } else {
            (self, other)
        };
        let mut words = Vec::with_capacity(long.words.len() + 1);
        let mut carry = 0;
        for (index, &word) in long.words.iter().enumerate() {
            let more = short.words.get(index).copied().unwrap_or(0);
            let sum = u64::from(word) + u64::from(more) + carry;
            words.push(sum as u32);
            carry = sum >> 32;
        }
        if carry > 0 {
            words.push(carry as u32);
        }
        Self { words }
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut words = vec![0u32; self.words.len() + other.words.len()];
        for (index, &word) in self.words.iter().enumerate() {
            let mut carry = 0;
            for (offset, &factor) in other.words.iter().enumerate() {
                let at = &mut words[index + offset];
                let sum = u64::from(word) * u64::from(factor) + u64::from(*at) + carry;
                *at = sum as u32;
                carry = sum >> 32;
            }
            words[index + other.words.len()] = carry as u32;
        }
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }
}

impl From<u64> for Natural {
    fn from(number: u64) -> Self {
        let mut words = vec![number as u32, (number >> 32) as u32];
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let by_length = self.words.len().cmp(&other.words.len());
        by_length.then_with(|| self.words.iter().rev().cmp(other.words.iter().rev()))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CHUNK: u64 = 1_000_000_000;
        let mut rest = self.words.clone();
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            let mut remainder = 0;
            for word in rest.iter_mut().rev() {
                let value = remainder << 32 | u64::from(*word);
                *word = (value / CHUNK) as u32;
                remainder = value % CHUNK;
            }
            chunks.push(remainder);
            while rest.last() == Some(&0) {
                rest.pop();
            }
        }
        let mut text = chunks.pop().unwrap_or(0).to_string();
        for chunk in chunks.iter().rev() {
            text.push_str(&format!("{chunk:09}"));
        }
        f.pad_integral(true, "", &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn powers_outgrow_words() {
        let ten = Natural::from(10);
        let mut power = Natural::from(1);
        for exponent in 0..60 {
            assert_eq!(power.to_string(), format!("1{}", "0".repeat(exponent)));
            power = power.times(&ten);
        }
        assert_eq!(Natural::ZERO.to_string(), "0");
        assert_eq!(power.times(&Natural::ZERO), Natural::ZERO);
        assert_eq!(Natural::from(u64::MAX).to_u64(), Some(u64::MAX));
        assert_eq!(power.to_u64(), None);
    }

    proptest! {
        #[test]
        fn it_counts_as_machine_words_do(a in any::<u64>(), b in any::<u64>()) {
            let (big, other) = (Natural::from(a), Natural::from(b));
            prop_assert_eq!(big.plus(&other).to_string(), (u128::from(a) + u128::from(b)).to_string());
            prop_assert_eq!(big.times(&other).to_string(), (u128::from(a) * u128::from(b)).to_string());
            prop_assert_eq!(big.cmp(&other), a.cmp(&b));
        }
    }
}
