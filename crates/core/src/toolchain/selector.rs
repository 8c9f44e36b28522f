//! Which systems a row speaks of.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::name::{Arch, Os, Target};

/// A set of words out of a closed list, written as the words that are in
/// (`["linux", "macos"]`) or as those that are not (`["!windows"]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WordSet(u32);

impl WordSet {
    pub(crate) const ALL: Self = Self(u32::MAX);

    fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn parse<T>(
        words: &[String],
        bit: impl Fn(&str) -> Result<T, String>,
        number: impl Fn(T) -> u32,
    ) -> Result<Self, String> {
        let negated = words.iter().filter(|word| word.starts_with('!')).count();
        if words.is_empty() || negated != 0 && negated != words.len() {
            return Err("expected words that are all plain (only these) or all negated with `!` (all but these)".to_owned());
        }
        let mut mask = 0;
        for word in words {
            mask |= 1 << number(bit(word.trim_start_matches('!'))?);
        }
        Ok(Self(if negated == 0 { mask } else { !mask }))
    }
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Vec::<String>::deserialize(deserializer)
}

/// Operating systems a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OsSet(WordSet);

/// Architectures a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArchSet(WordSet);

impl Default for OsSet {
    fn default() -> Self {
        Self(WordSet::ALL)
    }
}

impl Default for ArchSet {
    fn default() -> Self {
        Self(WordSet::ALL)
    }
}

impl OsSet {
    pub(crate) fn has(self, os: Os) -> bool {
        self.0.has(os as u32)
    }
}

impl ArchSet {
    pub(crate) fn only(arch: Arch) -> Self {
        Self(WordSet(1 << arch as u32))
    }

    pub(crate) fn has(self, arch: Arch) -> bool {
        self.0.has(arch as u32)
    }
}

impl<'de> Deserialize<'de> for OsSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = words(deserializer)?;
        WordSet::parse(
            &words,
            |word| word.parse::<Os>().map_err(|error| error.to_string()),
            |os| os as u32,
        )
        .map(Self)
        .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ArchSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = words(deserializer)?;
        WordSet::parse(
            &words,
            |word| word.parse::<Arch>().map_err(|error| error.to_string()),
            |arch| arch as u32,
        )
        .map(Self)
        .map_err(D::Error::custom)
    }
}

/// The systems of a row: operating systems × architectures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Systems {
    pub(crate) os: OsSet,
    pub(crate) arch: ArchSet,
}

impl Systems {
    pub(crate) fn has(self, target: Target) -> bool {
        self.os.has(target.os) && self.arch.has(target.arch)
    }

    /// Whether some known system is in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        let real_os = WordSet((1 << Os::ALL.len()) - 1);
        let real_arch = WordSet((1 << Arch::ALL.len()) - 1);
        WordSet(self.os.0.0 & real_os.0).meets(other.os.0)
            && WordSet(self.arch.0.0 & real_arch.0).meets(other.arch.0)
    }
}
