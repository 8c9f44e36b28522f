//! What was proved of variants, counted.

use std::ops::Add;

use super::summary::Row;
use crate::outcome::{Claim, Verdict};

/// How many claims came to which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Evidence {
    pub(super) proved: usize,
    pub(super) refuted: usize,
    pub(super) unknown: usize,
}

impl Evidence {
    pub(super) fn of(row: &Row) -> Self {
        let claims = row.outcome.iter().flat_map(|outcome| &outcome.claims);
        let mut counts = Self::default();
        for claim in claims {
            *match claim.verdict {
                Verdict::Proved => &mut counts.proved,
                Verdict::Refuted => &mut counts.refuted,
                Verdict::Unknown => &mut counts.unknown,
            } += 1;
        }
        counts
    }

    pub(super) fn claims(self) -> usize {
        self.proved + self.refuted + self.unknown
    }

    /// `2 refuted, 1 not seen, 17 proved`, without those that are nothing.
    pub(super) fn words(self) -> String {
        let words = [
            (self.refuted, "refuted"),
            (self.unknown, "not seen"),
            (self.proved, "proved"),
        ];
        let words = words.iter().filter(|(count, _)| *count > 0);
        let words = words.map(|(count, word)| format!("{count} {word}"));
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Add for Evidence {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            proved: self.proved + other.proved,
            refuted: self.refuted + other.refuted,
            unknown: self.unknown + other.unknown,
        }
    }
}

/// Claims with what is not so first, and then what was not seen.
pub(super) fn sorted(claims: &[Claim]) -> Vec<&Claim> {
    let mut sorted: Vec<&Claim> = claims.iter().collect();
    sorted.sort_by_key(|claim| match claim.verdict {
        Verdict::Refuted => 0,
        Verdict::Unknown => 1,
        Verdict::Proved => 2,
    });
    sorted
}
