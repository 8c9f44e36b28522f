//! Cases made by hand, and planted causes that must be found.

mod cases;
mod further;
mod planted;
mod signatures;
mod suspicion;
mod words;

use super::{Axis, Blame, Explanation, Observation, Observations, Settings, Values, explain};

/// Axes named `a`, `b`, … of so many values, named `a0`, `a1`, ….
fn axes(sizes: &[usize]) -> Vec<Axis> {
    let axes = sizes.iter().zip('a'..).map(|(&size, name)| {
        let values = (0..size).map(|value| format!("{name}{value}"));
        Axis::new(name, values)
    });
    axes.collect()
}

/// Every combination of values.
fn product(sizes: &[usize]) -> Vec<Values> {
    sizes.iter().fold(vec![Vec::new()], |rows, &size| {
        let rows = rows.into_iter().flat_map(|row: Values| {
            (0..size).map(move |value| {
                let mut row = row.clone();
                row.push(Some(value));
                row
            })
        });
        rows.collect()
    })
}

/// The rows, those failing that have any of the causes.
fn observe(rows: &[Values], causes: &[Vec<(usize, usize)>]) -> Vec<Observation> {
    let rows = rows.iter().map(|row| {
        if causes.iter().any(|cause| has(row, cause)) {
            Observation::failed(row.clone())
        } else {
            Observation::passed(row.clone())
        }
    });
    rows.collect()
}

fn has(row: &Values, cause: &[(usize, usize)]) -> bool {
    cause.iter().all(|&(axis, value)| row[axis] == Some(value))
}

fn blame(sizes: &[usize], rows: Vec<Observation>) -> Blame {
    blame_with(sizes, rows, &Settings::default())
}

fn blame_with(sizes: &[usize], rows: Vec<Observation>, settings: &Settings) -> Blame {
    let observations = Observations::new(axes(sizes), rows).unwrap();
    explain(&observations, settings).unwrap()
}

/// The literals as numbers.
fn cells(explanation: &Explanation) -> Vec<(usize, Option<usize>)> {
    let literals = explanation.literals.iter();
    literals
        .map(|literal| (literal.axis_index(), literal.value_index()))
        .collect()
}

fn told(blame: &Blame) -> Vec<Vec<(usize, Option<usize>)>> {
    let cover = blame.cover.iter();
    cover.map(|finding| cells(&finding.explanation)).collect()
}

fn some(cause: &[(usize, usize)]) -> Vec<(usize, Option<usize>)> {
    cause
        .iter()
        .map(|&(axis, value)| (axis, Some(value)))
        .collect()
}
