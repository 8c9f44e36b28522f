//! What is missing for long counts more.

use super::super::layer::Layer;

/// How much each pair of a layer counts in the choice of an exchange.
///
/// A pair is there under each of its members, so that the pairs of one member
/// lie together.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    members: usize,
    all: Vec<u16>,
}

impl Weights {
    pub(super) fn new(layer: &Layer) -> Self {
        let members = if layer.strength == 2 {
            layer.item.len()
        } else {
            0
        };
        Self {
            members,
            all: vec![1; members * members],
        }
    }

    /// The weights of the pairs of one member.
    pub(super) fn of(&self, member: u32) -> &[u16] {
        &self.all[member as usize * self.members..][..self.members]
    }

    /// Makes a pair count more, unless it counts as much as can be.
    pub(super) fn raise(&mut self, one: u32, other: u32) -> bool {
        let (one, other) = (one as usize, other as usize);
        let higher = self.all[one * self.members + other].checked_add(1);
        if let Some(higher) = higher {
            self.all[one * self.members + other] = higher;
            self.all[other * self.members + one] = higher;
        }
        higher.is_some()
    }
}
