//! Covering arrays: few rows in which every wanted tuple is found.
//!
//! ```text
//! Model ─► Items, Rules ─► Layers of wanted tuples ─► Greedy or orthogonal rows
//!                                        ─► Walks that drop rows ─► liked values
//! ```
//!
//! Nothing here looks at a clock or depends on the order of threads: the time to
//! search is counted in elementary steps.

mod array;
mod bound;
mod draft;
mod feasible;
mod greedy;
mod items;
mod layer;
mod orthogonal;
mod party;
mod preference;
mod random;
mod request;
mod rules;
mod shrink;
mod space;
#[cfg(test)]
mod tests;

use crate::model::Model;
use crate::solver::Solver;
use greedy::Greedy;
use items::Items;
use space::Space;

pub use layer::MAX_STRENGTH;
pub use request::{CoverError, Covering, Effort, Request};

/// The bytes that tables of rows may take for a search for fewer to be made.
const SEARCHABLE: u64 = 512 << 20;

/// Rows of a model that have all wanted tuples, and the values of all seeds.
///
/// # Errors
/// The model has no row, a seed is in none, the request does not fit the model,
/// or it asks for more than there is memory or time for.
pub fn cover(model: &Model, request: &Request) -> Result<Covering, CoverError> {
    request.check(model)?;
    let mut prepared = Space::prepare(model, &request.targets)?;
    let given = given_items(&prepared.space.items, request, &mut prepared.solver)?;
    let (feasible, infeasible) = (prepared.feasible, prepared.infeasible);
    let space = &prepared.space;
    let mut rows = first_rows(space, prepared.solver, &given, request);
    let enough = bound::least_rows(space).max(given.len());
    let steps = request
        .steps
        .unwrap_or_else(|| request.effort.steps(feasible));
    if rows.len() > enough && is_searchable(space, rows.len()) {
        rows = party::fewer_rows(
            space,
            rows,
            &given,
            steps,
            enough,
            request.seed,
            request.threads,
        );
    }
    preference::prefer(space, &mut rows, &given);
    let rows = rows.iter().map(|row| space.items.values_of(row));
    let mut rows: Vec<Vec<u32>> = rows.collect();
    rows.sort_unstable();
    Ok(Covering {
        rows,
        feasible,
        infeasible,
    })
}

/// The items of the seeds, without those seeds that another one implies.
fn given_items(
    items: &Items,
    request: &Request,
    solver: &mut Solver,
) -> Result<Vec<Vec<u32>>, CoverError> {
    let mut given: Vec<Vec<u32>> = Vec::new();
    for (number, seed) in request.seeds.iter().enumerate() {
        let values = seed.iter().enumerate();
        let values = values.filter_map(|(axis, value)| Some((axis, (*value)?)));
        let fixed: Vec<(usize, u32)> = values.collect();
        if !solver.is_feasible(&fixed) {
            return Err(CoverError::Seed { number });
        }
        let own = fixed.iter();
        let own: Vec<u32> = own
            .map(|&(axis, value)| items.of(items.inner(axis), value))
            .collect();
        let within = |one: &[u32], other: &[u32]| one.iter().all(|item| other.contains(item));
        if !given.iter().any(|other| within(&own, other)) {
            given.retain(|other| !within(other, &own));
            given.push(own);
        }
    }
    Ok(given)
}

/// Rows that have everything: the first ones with the given items, one each.
fn first_rows(
    space: &Space,
    solver: Solver,
    given: &[Vec<u32>],
    request: &Request,
) -> Vec<Vec<u32>> {
    let known = if given.is_empty() {
        known_rows(space)
    } else {
        None
    };
    if let Some(rows) = known {
        return rows;
    }
    let mut greedy = Greedy::new(space, solver, request.seed);
    let mut rows: Vec<Vec<u32>> = given
        .iter()
        .map(|given| greedy.row_with(given).expect("some row has each seed"))
        .collect();
    while let Some(row) = greedy.row() {
        rows.push(row);
    }
    rows
}

/// Rows by construction, where no clause ties the axes.
fn known_rows(space: &Space) -> Option<Vec<Vec<u32>>> {
    let [layer] = &space.layers[..] else {
        return None;
    };
    let items = &space.items;
    let is_simple = space.rules.count() == 0
        && layer.whole
        && layer.axes.len() == items.axes()
        && layer.item.len() == items.count();
    if !is_simple {
        return None;
    }
    let sizes = (0..items.axes()).map(|axis| items.range(axis).len() as u32);
    let sizes: Vec<u32> = sizes.collect();
    let rows = orthogonal::rows(&sizes, layer.strength)?;
    let rows = rows.iter().map(|row| {
        let values = row.iter().enumerate();
        values.map(|(axis, &value)| items.of(axis, value)).collect()
    });
    Some(rows.collect())
}

fn is_searchable(space: &Space, rows: usize) -> bool {
    let (rows, axes) = (rows as u64, space.items.axes() as u64);
    let items = space.items.count() as u64;
    rows * (rows * axes.div_ceil(64) * 8 + items * 4) <= SEARCHABLE
}

impl Effort {
    /// The elementary steps of a search among so many tuples.
    fn steps(self, tuples: u64) -> u64 {
        match self {
            Self::Fast => 1_000_000 + tuples.saturating_mul(2).min(20_000_000),
            Self::Normal => 20_000_000 + tuples.saturating_mul(30).min(300_000_000),
            Self::Best => 200_000_000 + tuples.saturating_mul(150).min(1_500_000_000),
        }
    }
}

impl Request {
    fn check(&self, model: &Model) -> Result<(), CoverError> {
        let axes = model.axes();
        for set in &self.targets {
            if let Some(&axis) = set.axes.iter().find(|axis| **axis >= axes.len()) {
                return Err(CoverError::NoAxis {
                    axis,
                    axes: axes.len(),
                });
            }
            let mut with_targets = set.axes.clone();
            with_targets.retain(|&axis| axes[axis].targets > 0);
            with_targets.sort_unstable();
            with_targets.dedup();
            if !(1..=MAX_STRENGTH.min(with_targets.len())).contains(&set.strength) {
                return Err(CoverError::Strength {
                    strength: set.strength,
                    axes: with_targets.len(),
                });
            }
        }
        for (number, seed) in self.seeds.iter().enumerate() {
            let fits = |(place, axis): (&Option<u32>, &crate::model::Axis)| {
                place.is_none_or(|value| value < axis.values)
            };
            if seed.len() != axes.len() || !seed.iter().zip(axes).all(fits) {
                return Err(CoverError::SeedShape { number });
            }
        }
        Ok(())
    }
}
