//! The tuples of one strength that are to be covered, a bit each.

use super::items::Items;

/// No member: the item is in no tuple of the layer.
pub(super) const NONE: u32 = u32::MAX;

/// The highest strength: the longest tuples that there can be.
pub const MAX_STRENGTH: usize = 6;

/// A set of tuples of one strength over the members of a layer.
///
/// A tuple is in it once for each of its items: under the other items, which
/// have a number together, as the bit of that item. So what a row lacks is found
/// word by word, whichever item is looked for.
#[derive(Clone, Debug)]
pub(super) struct Tuples {
    words: Vec<u64>,
}

/// What the tables of one strength have in common: members and their numbers.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) strength: usize,
    /// The axes that take part, ascending.
    pub(super) axes: Vec<u32>,
    /// The member number of each item, or [`NONE`].
    pub(super) member: Vec<u32>,
    /// The item of each member, ascending.
    pub(super) item: Vec<u32>,
    /// Whether all members of different axes make tuples, as far as rows have them.
    pub(super) whole: bool,
    /// Words a list of members takes.
    pub(super) width: usize,
    /// `binomial[i][m]` is "m over i + 1": the number of a list of members is
    /// the sum of these.
    binomial: Vec<Vec<usize>>,
}

/// "n over k", or nothing where it is beyond any memory.
pub(super) fn binomial(n: usize, k: usize) -> Option<u64> {
    let mut product: u128 = 1;
    for index in 0..k.min(n + 1) {
        product = product * (n - index) as u128 / (index as u128 + 1);
        if product > 1 << 60 {
            return None;
        }
    }
    Some(product as u64)
}

impl Layer {
    /// The layer of some sets of the same strength.
    pub(super) fn new(items: &Items, strength: usize, sets: &[Vec<u32>]) -> Self {
        let mut axes = sets.concat();
        axes.sort_unstable();
        axes.dedup();
        let mut member = vec![NONE; items.count()];
        let mut item = Vec::new();
        for &axis in &axes {
            for candidate in items.range(axis as usize) {
                if items.is_target(candidate) {
                    member[candidate as usize] = item.len() as u32;
                    item.push(candidate);
                }
            }
        }
        Self {
            strength,
            width: item.len().div_ceil(64),
            whole: sets.contains(&axes),
            axes,
            member,
            item,
            binomial: Vec::new(),
        }
    }

    /// The bytes that one table takes.
    pub(super) fn bytes(&self) -> Option<u64> {
        binomial(self.item.len(), self.strength - 1)?.checked_mul(self.width as u64 * 8)
    }

    /// Prepares the numbers of lists; the table must have been found small.
    pub(super) fn number(&mut self) {
        let members = self.item.len();
        self.binomial = (1..self.strength)
            .map(|size| {
                let numbers = (0..members)
                    .map(|member| binomial(member, size).expect("the table is small") as usize);
                numbers.collect()
            })
            .collect();
    }

    /// The first word of the tuples with these members, which ascend and are
    /// one less than the strength.
    pub(super) fn row_of(&self, members: &[u32]) -> usize {
        let ranks = members.iter().zip(&self.binomial);
        let rank: usize = ranks.map(|(&member, ranks)| ranks[member as usize]).sum();
        rank * self.width
    }

    /// The number of the list of one member more: `depth` members are before it.
    pub(super) fn rank(&self, depth: usize, member: u32) -> usize {
        self.binomial[depth][member as usize]
    }

    /// The number of lists of one member less than the strength.
    pub(super) fn lists(&self) -> usize {
        binomial(self.item.len(), self.strength - 1).expect("the table is small") as usize
    }

    /// All tuples of some sets, whether or not a row has them.
    pub(super) fn all(&self, items: &Items, sets: &[Vec<u32>]) -> Tuples {
        let mut tuples = Tuples {
            words: vec![0; self.lists() * self.width],
        };
        let mut chosen = Vec::new();
        for set in sets {
            let mut members = vec![0; self.width];
            for &axis in set {
                self.mark_axis(items, axis, &mut members, true);
            }
            chosen.clear();
            self.fill(items, set, &mut members, &mut chosen, 0, &mut tuples);
        }
        tuples
    }

    fn mark_axis(&self, items: &Items, axis: u32, members: &mut [u64], on: bool) {
        for item in items.range(axis as usize) {
            let member = self.member[item as usize];
            if member != NONE {
                let (word, bit) = (member as usize / 64, 1 << (member % 64));
                if on {
                    members[word] |= bit;
                } else {
                    members[word] &= !bit;
                }
            }
        }
    }

    fn fill(
        &self,
        items: &Items,
        axes: &[u32],
        members: &mut [u64],
        chosen: &mut Vec<u32>,
        from: usize,
        tuples: &mut Tuples,
    ) {
        if chosen.len() + 1 == self.strength {
            let start = self.row_of(chosen);
            for (word, members) in tuples.words[start..].iter_mut().zip(&*members) {
                *word |= members;
            }
            return;
        }
        for (at, &axis) in axes.iter().enumerate().skip(from) {
            self.mark_axis(items, axis, members, false);
            for item in items.range(axis as usize) {
                if self.member[item as usize] != NONE {
                    chosen.push(self.member[item as usize]);
                    self.fill(items, axes, members, chosen, at + 1, tuples);
                    chosen.pop();
                }
            }
            self.mark_axis(items, axis, members, true);
        }
    }

    /// Removes all tuples that have these members, which ascend.
    pub(super) fn remove_all(&self, items: &Items, tuples: &mut Tuples, given: &[u32]) {
        let rest = self.strength - given.len();
        let mut chosen = given.to_vec();
        self.remove_with(items, tuples, &mut chosen, 0, rest);
    }

    fn remove_with(
        &self,
        items: &Items,
        tuples: &mut Tuples,
        chosen: &mut Vec<u32>,
        from: usize,
        rest: usize,
    ) {
        if rest == 0 {
            self.remove(tuples, chosen);
            return;
        }
        for member in from as u32..self.item.len() as u32 {
            let axis = items.axis(self.item[member as usize]);
            let other = |&chosen: &u32| items.axis(self.item[chosen as usize]) != axis;
            if chosen.iter().all(other) {
                chosen.push(member);
                self.remove_with(items, tuples, chosen, member as usize + 1, rest - 1);
                chosen.pop();
            }
        }
    }

    /// Removes one tuple of members in any order.
    fn remove(&self, tuples: &mut Tuples, members: &[u32]) {
        let mut sorted = [0; MAX_STRENGTH];
        let sorted = &mut sorted[..members.len()];
        sorted.copy_from_slice(members);
        sorted.sort_unstable();
        let mut others = [0; MAX_STRENGTH];
        for (at, &member) in sorted.iter().enumerate() {
            others[..at].copy_from_slice(&sorted[..at]);
            others[at..sorted.len() - 1].copy_from_slice(&sorted[at + 1..]);
            let start = self.row_of(&others[..sorted.len() - 1]);
            tuples.words[start + member as usize / 64] &= !(1 << (member % 64));
        }
    }

    /// Whether a tuple of ascending members is in.
    pub(super) fn contains(&self, tuples: &Tuples, members: &[u32]) -> bool {
        let (last, others) = members.split_last().expect("tuples have members");
        let word = self.row_of(others) + *last as usize / 64;
        tuples.words[word] >> (last % 64) & 1 == 1
    }
}

impl Tuples {
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(super) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// How many tuples there are.
    pub(super) fn count(&self, layer: &Layer) -> u64 {
        let bits = self.words.iter().map(|word| u64::from(word.count_ones()));
        bits.sum::<u64>() / layer.strength as u64
    }
}
