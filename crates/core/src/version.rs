//! Compiler versions and half-open ranges of them.
//!
//! Compiler versions are not semantic versions: `13.2`, `19.44.35207.1` and
//! `2021.7.1` are all complete. Missing parts count as zero.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A compiler's version: numbers between dots, most significant first.
///
/// `12` and `12.0.0` are equal; the parts are shown as they were written.
#[derive(Clone, Debug, Default)]
pub struct Version(Vec<u32>);

/// Why a text is no version or no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// The text is not numbers between dots.
    #[error(
        "`{text}` is not a version: expected numbers between dots, such as `12.2` or `2021.9.0`"
    )]
    NotAVersion {
        /// The offending text.
        text: String,
    },
    /// A range whose end does not lie after its beginning.
    #[error(
        "`{text}` is a reversed or empty range: it holds versions from `{min}` up to but not including `{below}`"
    )]
    Reversed {
        /// The whole range.
        text: String,
        /// Its lower bound.
        min: String,
        /// Its upper bound.
        below: String,
    },
    /// The text is not two versions around `..`.
    #[error(
        "`{text}` is not a version range: expected `MIN..BELOW`, such as `4.2..15.0`, `15.0..` or `..4.2`"
    )]
    NotARange {
        /// The offending text.
        text: String,
    },
}

impl Version {
    /// A version of these parts.
    #[must_use]
    pub fn new(parts: impl IntoIterator<Item = u32>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// The numbers as written, most significant first.
    #[must_use]
    pub fn parts(&self) -> &[u32] {
        &self.0
    }

    /// The version at the start of a text that compilers print: `4.0.0a`
    /// gives 4.0.0, `12-win32` gives 12, `3_1_0` gives 3.1.0. `None` where the
    /// text does not start with a digit.
    #[must_use]
    pub fn from_printed(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        for part in text.split(['.', '_']) {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            match part[..digits].parse() {
                Ok(number) => parts.push(number),
                Err(_) => break,
            }
            if digits < part.len() {
                break;
            }
        }
        (!parts.is_empty()).then_some(Self(parts))
    }

    fn significant(&self) -> &[u32] {
        let used = self
            .0
            .iter()
            .rposition(|&part| part != 0)
            .map_or(0, |last| last + 1);
        &self.0[..used]
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        text.split('.')
            .map(|part| {
                if all_digits(part) {
                    part.parse().ok()
                } else {
                    None
                }
            })
            .collect::<Option<Vec<u32>>>()
            .map(Self)
            .ok_or_else(|| VersionError::NotAVersion {
                text: text.to_owned(),
            })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.significant() == other.significant()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.significant().hash(state);
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.significant().cmp(other.significant())
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::document::from_text(deserializer)
    }
}

/// Versions from `min` up to but not including `below`; an absent bound is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionRange {
    min: Option<Version>,
    below: Option<Version>,
}

impl VersionRange {
    /// Every version.
    pub const ALL: Self = Self {
        min: None,
        below: None,
    };

    /// The lowest version inside, if the range has one.
    #[must_use]
    pub fn min(&self) -> Option<&Version> {
        self.min.as_ref()
    }

    /// The lowest version above the range, if it ends.
    #[must_use]
    pub fn below(&self) -> Option<&Version> {
        self.below.as_ref()
    }

    /// Whether `version` lies inside. No version at all stands for the newest,
    /// which lies in the ranges without an upper bound.
    #[must_use]
    pub fn contains(&self, version: Option<&Version>) -> bool {
        let Some(version) = version else {
            return self.below.is_none();
        };
        self.min.as_ref().is_none_or(|min| min <= version)
            && self.below.as_ref().is_none_or(|below| version < below)
    }

    /// Whether some version lies in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let starts_before_end = |a: &Self, b: &Self| match (&a.min, &b.below) {
            (Some(min), Some(below)) => min < below,
            _ => true,
        };
        starts_before_end(self, other) && starts_before_end(other, self)
    }
}

impl FromStr for VersionRange {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((min, below)) = text.split_once("..") else {
            return Err(VersionError::NotARange {
                text: text.to_owned(),
            });
        };
        let bound = |part: &str| {
            (!part.is_empty())
                .then(|| part.parse::<Version>())
                .transpose()
        };
        let (min, below) = (bound(min)?, bound(below)?);
        match (&min, &below) {
            (Some(a), Some(b)) if a >= b => Err(VersionError::Reversed {
                text: text.to_owned(),
                min: a.to_string(),
                below: b.to_string(),
            }),
            (None, Some(b)) if b.significant().is_empty() => Err(VersionError::Reversed {
                text: text.to_owned(),
                min: "0".to_owned(),
                below: b.to_string(),
            }),
            _ => Ok(Self { min, below }),
        }
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.min, &self.below) {
            (None, None) => f.write_str("any version"),
            (Some(min), None) => write!(f, "≥ {min}"),
            (None, Some(below)) => write!(f, "< {below}"),
            (Some(min), Some(below)) => write!(f, "≥ {min}, < {below}"),
        }
    }
}

impl<'de> Deserialize<'de> for VersionRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::document::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn missing_parts_are_zero() {
        assert_eq!(version("12"), version("12.0.0"));
        assert!(version("11.1") < version("11.1.1"));
        assert!(version("9.5") < version("10"));
    }

    #[test]
    fn printed_forms_lose_their_suffix() {
        for (text, expected) in [
            ("12-win32", "12"),
            ("4.0.0a", "4.0.0"),
            ("3_1_0-Build#126", "3.1.0"),
            ("20.1.0-rc1", "20.1.0"),
            ("16.01.0001.0006", "16.1.1.6"),
        ] {
            assert_eq!(
                Version::from_printed(text).unwrap().to_string(),
                expected,
                "{text}"
            );
        }
        assert_eq!(Version::from_printed("win32"), None);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "banana",
            "12.",
            ".1",
            "1..2",
            "-1",
            "+1",
            "1.2a",
            "99999999999",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        for text in ["", "12", "12..11", "12..12", "..0", "a..b", "1..2..3"] {
            assert!(text.parse::<VersionRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn without_a_version_the_newest_row_answers() {
        assert!("15.0..".parse::<VersionRange>().unwrap().contains(None));
        assert!(!"..15.0".parse::<VersionRange>().unwrap().contains(None));
    }

    fn any_version() -> impl Strategy<Value = Version> {
        prop::collection::vec(0u32..4, 1..4).prop_map(Version::new)
    }

    proptest! {
        #[test]
        fn display_and_parse_agree(version in any_version()) {
            prop_assert_eq!(version.to_string().parse::<Version>().unwrap(), version);
        }

        #[test]
        fn ranges_split_at_a_version_partition_all_versions(cut in any_version(), probe in any_version()) {
            prop_assume!(!cut.significant().is_empty());
            let low: VersionRange = format!("..{cut}").parse().unwrap();
            let high: VersionRange = format!("{cut}..").parse().unwrap();
            prop_assert!(low.contains(Some(&probe)) != high.contains(Some(&probe)));
            prop_assert!(!low.overlaps(&high));
        }

        #[test]
        fn overlap_is_symmetric_and_seen_by_a_common_member(a in any_version(), b in any_version(), c in any_version(), d in any_version()) {
            let range = |x: &Version, y: &Version| format!("{x}..{y}").parse::<VersionRange>();
            if let (Ok(left), Ok(right)) = (range(&a, &b), range(&c, &d)) {
                prop_assert_eq!(left.overlaps(&right), right.overlaps(&left));
                // Half-open ranges meet exactly when the later beginning lies in both.
                let later = (&a).max(&c);
                prop_assert_eq!(left.overlaps(&right), left.contains(Some(later)) && right.contains(Some(later)));
            }
        }
    }
}
