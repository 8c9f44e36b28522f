//! What presets have in common, so that it is said once.

use std::collections::{BTreeMap, BTreeSet};

use crate::matrix::Variant;

/// Where something is said: the cache or the environment, and the name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) in_environment: bool,
    pub(super) name: String,
}

/// What a preset says, in order.
pub(super) type Entries = Vec<(Key, String)>;

/// A hidden preset: which variants inherit it, and what they share.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    members: Vec<usize>,
    pub(super) shared: Entries,
}

/// The hidden presets, and what is left to say for each variant.
#[derive(Debug)]
pub(super) struct Sharing {
    /// That of all variants first.
    pub(super) groups: Vec<Group>,
    /// By variant: its groups by position, and its own entries.
    pub(super) variants: Vec<(Vec<usize>, Entries)>,
}

impl Sharing {
    /// What all variants share goes to a group named `base`, and what those with
    /// one value of an axis share beyond to one named by both. One variant, or one
    /// with a value, shares nothing.
    pub(super) fn new(base: &str, variants: &[Variant<'_>], entries: &[Entries]) -> Self {
        let maps: Vec<BTreeMap<&Key, &str>> = entries.iter().map(map).collect();
        let mut covered: Vec<BTreeSet<&Key>> = vec![BTreeSet::new(); variants.len()];
        let mut groups: Vec<Group> = Vec::new();
        let all = (base.to_owned(), (0..variants.len()).collect());
        for (name, members) in std::iter::once(all).chain(by_value(variants)) {
            let shared = shared(&members, entries, &maps, &covered);
            if name != base && shared.is_empty() || groups.iter().any(|group| group.name == name) {
                continue;
            }
            for &at in &members {
                covered[at].extend(shared.iter().map(|(key, _)| key));
            }
            let shared = shared.into_iter().cloned().collect();
            groups.push(Group {
                name,
                members,
                shared,
            });
        }
        let own = entries.iter().zip(&covered).map(|(entries, covered)| {
            let entries = entries.iter();
            let own = entries.filter(|(key, _)| !covered.contains(key));
            (Vec::new(), own.cloned().collect())
        });
        let mut variants: Vec<(Vec<usize>, Entries)> = own.collect();
        for (position, group) in groups.iter().enumerate() {
            for &at in &group.members {
                variants[at].0.push(position);
            }
        }
        Self { groups, variants }
    }
}

fn map(entries: &Entries) -> BTreeMap<&Key, &str> {
    let entries = entries.iter();
    entries.map(|(key, value)| (key, value.as_str())).collect()
}

/// What all members say and not all have from another group.
fn shared<'e>(
    members: &[usize],
    entries: &'e [Entries],
    maps: &[BTreeMap<&Key, &str>],
    covered: &[BTreeSet<&Key>],
) -> Vec<&'e (Key, String)> {
    let [first, _, ..] = members else {
        return Vec::new();
    };
    let entries = entries[*first].iter();
    entries
        .filter(|(key, value)| {
            let says = |&at: &usize| maps[at].get(key) == Some(&value.as_str());
            let needs = |&at: &usize| !covered[at].contains(key);
            members.iter().all(says) && members.iter().any(needs)
        })
        .collect()
}

/// Values of one axis, each with the variants that have it.
type Values<'a> = Vec<(&'a str, Vec<usize>)>;

/// The variants with each value of each axis: axis by axis, so that what one
/// explains is not said by the next.
fn by_value(variants: &[Variant<'_>]) -> Vec<(String, Vec<usize>)> {
    let mut axes: Vec<(&str, Values<'_>)> = Vec::new();
    for (at, variant) in variants.iter().enumerate() {
        for (axis, value) in &variant.axes {
            let position = axes.iter().position(|(known, _)| known == axis);
            let position = position.unwrap_or_else(|| {
                axes.push((axis, Vec::new()));
                axes.len() - 1
            });
            let values = &mut axes[position].1;
            match values.iter_mut().find(|(known, _)| known == value) {
                Some((_, members)) => members.push(at),
                None => values.push((value, vec![at])),
            }
        }
    }
    let pairs = axes.into_iter().flat_map(|(axis, values)| {
        let named = values.into_iter();
        named.map(move |(value, members)| (format!("{axis}:{value}"), members))
    });
    pairs.collect()
}
