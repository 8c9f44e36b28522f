//! Names of variants: the values that are there and not their axis' default,
//! joined by dashes, so that a new axis with a default renames nothing.

use std::collections::{BTreeSet, HashSet};

use sha2::{Digest as _, Sha256};

/// What each turning of an axis adds to a name: the slugs of its rows, some of
/// them empty.
pub(super) struct Namer {
    /// By dimension and row. A zip adds one slug an axis.
    slugs: Vec<Vec<String>>,
}

/// The name of the variant whose every value is a default.
const ALL_DEFAULT: &str = "default";

/// A name becomes part of file names: above this it is cut, and a hash of the
/// whole keeps it apart from others, in bytes.
const MAX_NAME: usize = 100;
const KEPT: usize = 64;

/// Letters, digits and a few marks stay; the rest could mean something to a
/// shell, a file system or another tool.
pub(super) fn slug(id: &str) -> String {
    id.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._+@".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect()
}

impl Namer {
    pub(super) fn new(slugs: Vec<Vec<String>>) -> Self {
        Self { slugs }
    }

    /// The name of a row.
    pub(super) fn name(&self, row: &[u32]) -> String {
        let mut name = String::new();
        for (slugs, &value) in self.slugs.iter().zip(row) {
            let slug = &slugs[value as usize];
            if slug.is_empty() {
                continue;
            }
            if !name.is_empty() {
                name.push('-');
            }
            name.push_str(slug);
        }
        shortened(name)
    }

    /// Every row that has this name, whether rules allow it or not; at most
    /// `limit` of them.
    pub(super) fn rows(&self, name: &str, limit: usize) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        let rest = if name == ALL_DEFAULT { "" } else { name };
        // Each open branch: the rows chosen so far, and where the rest begins.
        let mut open: Vec<(Vec<u32>, usize)> = vec![(Vec::new(), 0)];
        let dead = self.dead_ends(rest);
        while let Some((row, at)) = open.pop() {
            if row.len() == self.slugs.len() {
                if at == rest.len() {
                    found.push(row);
                    if found.len() == limit {
                        break;
                    }
                }
                continue;
            }
            let slugs = &self.slugs[row.len()];
            for (value, slug) in slugs.iter().enumerate().rev() {
                if let Some(next) = step(rest, at, slug)
                    && !dead.contains(&(row.len() + 1, next))
                {
                    let mut row = row.clone();
                    row.push(value as u32);
                    open.push((row, next));
                }
            }
        }
        found
    }

    /// Places in the name from which no rest of the axes reaches its end.
    fn dead_ends(&self, name: &str) -> HashSet<(usize, usize)> {
        let mut alive: HashSet<usize> = HashSet::from([name.len()]);
        let mut dead = HashSet::new();
        for dimension in (0..=self.slugs.len()).rev() {
            if dimension < self.slugs.len() {
                let before: HashSet<usize> = (0..=name.len())
                    .filter(|&at| {
                        let mut slugs = self.slugs[dimension].iter();
                        slugs.any(|slug| {
                            step(name, at, slug).is_some_and(|next| alive.contains(&next))
                        })
                    })
                    .collect();
                alive = before;
            }
            dead.extend(
                (0..=name.len())
                    .filter(|at| !alive.contains(at))
                    .map(|at| (dimension, at)),
            );
        }
        dead
    }

    /// Whether two rows of the product could have one name. `None` where that
    /// takes too long to tell: then the names themselves must be compared.
    pub(super) fn is_ambiguous(&self) -> Option<bool> {
        const LIMIT: usize = 200_000;
        // Long names carry a hash; the defaults' name may be a value's.
        if self
            .slugs
            .iter()
            .flatten()
            .any(|slug| slug == ALL_DEFAULT || slug.len() > MAX_NAME)
        {
            return None;
        }
        // Two rows are read side by side, the shorter text ahead by nothing: a
        // state is the dimension of each and the text by which one is ahead.
        let mut seen: BTreeSet<(usize, usize, String, bool)> = BTreeSet::new();
        let mut open = vec![(0, 0, String::new(), false)];
        let dimensions = self.slugs.len();
        while let Some(state) = open.pop() {
            if !seen.insert(state.clone()) {
                continue;
            }
            if seen.len() > LIMIT {
                return None;
            }
            let (left, right, ahead, different) = state;
            if left == dimensions && right == dimensions {
                if different && ahead.is_empty() {
                    return Some(true);
                }
                continue;
            }
            if left == right && ahead.is_empty() && !different {
                // In step: the same row, or two rows of the same slug, or a parting.
                let slugs = &self.slugs[left];
                for (index, first) in slugs.iter().enumerate() {
                    open.push((left + 1, right + 1, String::new(), false));
                    for second in &slugs[index + 1..] {
                        open.extend(
                            ahead_by(first, second).map(|ahead| (left + 1, right + 1, ahead, true)),
                        );
                    }
                }
                continue;
            }
            // The one that is behind in axes reads on. `ahead` is what the other
            // has more; a leading `\u{1}` tells that it is the left one's.
            let left_ahead = ahead.starts_with('\u{1}');
            let text = ahead.trim_start_matches('\u{1}');
            let read_left = if text.is_empty() {
                left <= right
            } else {
                !left_ahead
            };
            let dimension = if read_left { left } else { right };
            if dimension == dimensions {
                // It has nothing more to read, and the other has text that it lacks.
                if text.is_empty() {
                    let other = if read_left { right } else { left };
                    for slug in &self.slugs[other] {
                        if slug.is_empty() {
                            let next = if read_left {
                                (left, right + 1)
                            } else {
                                (left + 1, right)
                            };
                            open.push((next.0, next.1, String::new(), different));
                        }
                    }
                }
                continue;
            }
            let next = if read_left {
                (left + 1, right)
            } else {
                (left, right + 1)
            };
            for slug in &self.slugs[dimension] {
                if slug.is_empty() {
                    open.push((next.0, next.1, ahead.clone(), true));
                    continue;
                }
                let own = format!("-{slug}");
                let rest = if let Some(rest) = text.strip_prefix(own.as_str()) {
                    // The other stays ahead by the rest.
                    let mark = if left_ahead { "\u{1}" } else { "" };
                    if rest.is_empty() {
                        String::new()
                    } else {
                        format!("{mark}{rest}")
                    }
                } else if let Some(rest) = own.strip_prefix(text) {
                    let mark = if read_left { "\u{1}" } else { "" };
                    if rest.is_empty() {
                        String::new()
                    } else {
                        format!("{mark}{rest}")
                    }
                } else {
                    continue;
                };
                open.push((next.0, next.1, rest, true));
            }
        }
        Some(false)
    }
}

/// Two different values of one axis: by what one text is ahead of the other, if
/// they can still become the same.
fn ahead_by(first: &str, second: &str) -> Option<String> {
    let text = |slug: &str| {
        if slug.is_empty() {
            String::new()
        } else {
            format!("-{slug}")
        }
    };
    let (first, second) = (text(first), text(second));
    if let Some(rest) = first.strip_prefix(second.as_str()) {
        return Some(if rest.is_empty() {
            String::new()
        } else {
            format!("\u{1}{rest}")
        });
    }
    second.strip_prefix(first.as_str()).map(str::to_owned)
}

/// The place after a slug that stands at a place of a name.
fn step(name: &str, at: usize, slug: &str) -> Option<usize> {
    if slug.is_empty() {
        return Some(at);
    }
    let from = if at == 0 {
        0
    } else {
        name[at..].starts_with('-').then_some(at + 1)?
    };
    name[from..].starts_with(slug).then_some(from + slug.len())
}

fn shortened(name: String) -> String {
    if name.is_empty() {
        return ALL_DEFAULT.to_owned();
    }
    if name.len() <= MAX_NAME {
        return name;
    }
    let digest = Sha256::digest(name.as_bytes());
    let mut short = name[..KEPT].trim_end_matches('-').to_owned();
    short.push('-');
    for byte in &digest[..6] {
        use std::fmt::Write as _;
        write!(short, "{byte:02x}").expect("writing to a String does not fail");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows_of(namer: &Namer) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new()];
        for slugs in &namer.slugs {
            rows = rows
                .into_iter()
                .flat_map(|row: Vec<u32>| {
                    (0..slugs.len() as u32).map(move |value| {
                        let mut row = row.clone();
                        row.push(value);
                        row
                    })
                })
                .collect();
        }
        rows
    }

    fn namer(slugs: &[&[&str]]) -> Namer {
        let own = |axis: &&[&str]| axis.iter().map(|&slug| slug.to_owned()).collect();
        Namer::new(slugs.iter().map(own).collect())
    }

    #[test]
    fn defaults_are_left_out() {
        let namer = namer(&[&["gcc", "clang"], &["", "ilp64"]]);
        assert_eq!(namer.name(&[0, 0]), "gcc");
        assert_eq!(namer.name(&[1, 1]), "clang-ilp64");
        assert_eq!(namer.rows("clang-ilp64", 9), [[1, 1]]);
        assert_eq!(namer.is_ambiguous(), Some(false));
        let all = super::Namer::new(vec![vec![String::new()]]);
        assert_eq!(all.name(&[0]), "default");
        assert_eq!(all.rows("default", 9), [[0]]);
    }

    #[test]
    fn a_dash_in_a_value_can_make_two_rows_one_name() {
        let namer = namer(&[&["a", "a-b"], &["b-c", "c"]]);
        assert_eq!(namer.name(&[0, 0]), namer.name(&[1, 1]));
        assert_eq!(namer.is_ambiguous(), Some(true));
        assert_eq!(namer.rows("a-b-c", 9), [[0, 0], [1, 1]]);
    }

    #[test]
    fn a_long_name_is_cut_and_stays_apart() {
        let long = "x".repeat(200);
        let other = format!("{long}y");
        let namer = namer(&[&[&long, &other]]);
        assert!(namer.name(&[0]).len() <= MAX_NAME);
        assert_ne!(namer.name(&[0]), namer.name(&[1]));
    }

    fn slugs() -> impl Strategy<Value = Vec<Vec<String>>> {
        let slug = prop::sample::select(vec!["", "a", "b", "a-a", "a-b", "b-a", "a-", "-a", "ab"]);
        prop::collection::vec(
            prop::collection::vec(slug.prop_map(str::to_owned), 1..4),
            1..5,
        )
    }

    proptest! {
        #[test]
        fn ambiguity_is_what_comparing_all_names_tells(slugs in slugs()) {
            let namer = Namer::new(slugs);
            let rows = rows_of(&namer);
            let names: BTreeSet<String> = rows.iter().map(|row| namer.name(row)).collect();
            if let Some(ambiguous) = namer.is_ambiguous() {
                prop_assert_eq!(ambiguous, names.len() < rows.len());
            }
        }

        #[test]
        fn a_name_leads_back_to_its_rows(slugs in slugs()) {
            let namer = Namer::new(slugs);
            let rows = rows_of(&namer);
            for row in &rows {
                let name = namer.name(row);
                let mut back = namer.rows(&name, usize::MAX);
                back.sort();
                let same: Vec<&Vec<u32>> = rows.iter().filter(|other| namer.name(other) == name).collect();
                prop_assert_eq!(back.iter().collect::<Vec<_>>(), same);
            }
        }
    }
}
