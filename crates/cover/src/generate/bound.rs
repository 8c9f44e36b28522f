//! How many rows there must be.

use super::layer::{Layer, Tuples};
use super::space::Space;

/// Axes among which combinations are looked at.
const AXES: usize = 12;

/// As many rows as some combination of axes has wanted tuples: no row has two
/// of them.
pub(super) fn least_rows(space: &Space) -> usize {
    let layers = space.layers.iter().zip(&space.wanted);
    layers
        .map(|(layer, wanted)| most_tuples(space, layer, wanted))
        .max()
        .unwrap_or(0)
}

/// The most tuples of one combination of a layer's largest axes.
fn most_tuples(space: &Space, layer: &Layer, wanted: &Tuples) -> usize {
    let axes = &layer.axes[..layer.axes.len().min(AXES)];
    let mut most = 0;
    let mut at: Vec<usize> = (0..layer.strength).collect();
    while layer.strength <= axes.len() {
        let sizes = at
            .iter()
            .map(|&at| space.items.range(axes[at] as usize).len());
        let size = sizes.fold(1, usize::saturating_mul);
        if size > most {
            let chosen: Vec<u32> = at.iter().map(|&at| axes[at]).collect();
            most = most.max(count(space, layer, wanted, &chosen, &mut Vec::new()));
        }
        let movable = (0..at.len())
            .rev()
            .find(|&place| at[place] < axes.len() - at.len() + place);
        let Some(place) = movable else { break };
        let next = at[place] + 1;
        for (offset, at) in at[place..].iter_mut().enumerate() {
            *at = next + offset;
        }
    }
    most
}

/// How many wanted tuples some axes have, from members of the first on.
fn count(
    space: &Space,
    layer: &Layer,
    wanted: &Tuples,
    axes: &[u32],
    members: &mut Vec<u32>,
) -> usize {
    if members.len() == axes.len() {
        return usize::from(layer.contains(wanted, members));
    }
    let mut found = 0;
    for item in space.items.range(axes[members.len()] as usize) {
        let member = layer.member[item as usize];
        if member != super::layer::NONE {
            members.push(member);
            found += count(space, layer, wanted, axes, members);
            members.pop();
        }
    }
    found
}
