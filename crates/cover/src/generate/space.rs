//! What all parts of the generation look at and none changes.

use super::feasible::Feasibility;
use super::items::Items;
use super::layer::{Layer, Tuples};
use super::request::CoverError;
use super::rules::Rules;
use crate::model::Model;
use crate::solver::Solver;
use crate::targets::TargetSet;

/// The values that all axes may have together.
const VALUES: u64 = 1 << 22;

/// The bytes that the tuples of all layers may take: they are held three times
/// at most.
const BYTES: u64 = 640 << 20;

/// A model with its targets, numbered and laid out.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) items: Items,
    pub(super) rules: Rules,
    /// One layer for each strength that is asked for.
    pub(super) layers: Vec<Layer>,
    /// The tuples of each layer that some row has.
    pub(super) wanted: Vec<Tuples>,
}

/// A space, and what came to light as it was made.
pub(super) struct Prepared {
    pub(super) space: Space,
    pub(super) solver: Solver,
    /// How many tuples some row has, and how many none has.
    pub(super) feasible: u64,
    pub(super) infeasible: u64,
}

impl Space {
    /// Lays a model and its targets out; the axes of the sets are there.
    pub(super) fn prepare(model: &Model, targets: &[TargetSet]) -> Result<Prepared, CoverError> {
        let values = model.axes().iter().map(|axis| u64::from(axis.values)).sum();
        if values > VALUES {
            return Err(CoverError::TooManyValues {
                values,
                limit: VALUES,
            });
        }
        let items = Items::new(model);
        let rules = Rules::new(model, &items);
        let sets = sets_by_strength(&items, targets);
        let mut layers = Vec::new();
        let mut bytes = 0;
        for (strength, sets) in &sets {
            let layer = Layer::new(&items, *strength, sets);
            let all = layer.bytes().map(|own| own + bytes);
            bytes = match all {
                Some(all) if all <= BYTES => all,
                _ => {
                    return Err(CoverError::TooManyTuples {
                        strength: *strength,
                        values: layer.item.len(),
                    });
                }
            };
            layers.push(layer);
        }
        let mut feasibility = Feasibility::new(model, &items, &rules).ok_or(CoverError::NoRow)?;
        let (mut wanted, mut feasible, mut infeasible) = (Vec::new(), 0, 0);
        for (layer, (_, sets)) in layers.iter_mut().zip(&sets) {
            layer.number();
            let mut tuples = layer.all(&items, sets);
            let all = tuples.count(layer);
            feasibility.keep_feasible(layer, &mut tuples)?;
            let some = tuples.count(layer);
            feasible += some;
            infeasible += all - some;
            wanted.push(tuples);
        }
        let solver = feasibility.into_solver();
        Ok(Prepared {
            space: Self {
                items,
                rules,
                layers,
                wanted,
            },
            solver,
            feasible,
            infeasible,
        })
    }
}

/// Target sets that have tuples, as lists of axes here, by strength.
fn sets_by_strength(items: &Items, targets: &[TargetSet]) -> Vec<(usize, Vec<Vec<u32>>)> {
    let mut all: Vec<(usize, Vec<Vec<u32>>)> = Vec::new();
    for set in targets {
        let axes = items.inner_axes(&set.axes);
        match all
            .iter_mut()
            .find(|(strength, _)| *strength == set.strength)
        {
            Some((_, sets)) => sets.push(axes),
            None => all.push((set.strength, vec![axes])),
        }
    }
    all.sort_by_key(|(strength, _)| *strength);
    all
}
