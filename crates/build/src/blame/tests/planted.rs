//! Causes that were planted are found, whatever else there is.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{axes, blame, blame_with, cells, has, observe, product, some, told};
use crate::blame::{
    Blame, Explanation, Observation, Observations, Settings, Values, explain, propose,
};

type Cause = Vec<(usize, usize)>;

/// Axes of two to three values, and a cause of at most so many of them.
fn planted(most: usize) -> impl Strategy<Value = (Vec<usize>, Cause)> {
    (prop::collection::vec(2..=3_usize, 3..=5), 1..=most)
        .prop_flat_map(|(sizes, size)| {
            let of: Vec<usize> = (0..sizes.len()).collect();
            (Just(sizes), subsequence(of, size), any::<[usize; 3]>())
        })
        .prop_map(|(sizes, of, values)| {
            let cause = of.iter().zip(values);
            let cause = cause
                .map(|(&axis, value)| (axis, value % sizes[axis]))
                .collect();
            (sizes, cause)
        })
}

/// Any rows, each with a verdict: values beyond an axis are absences.
fn anything() -> impl Strategy<Value = (Vec<usize>, Vec<Observation>)> {
    anything_within(4, 14)
}

/// The same with at most so many axes and rows.
fn anything_within(
    axes: usize,
    rows: usize,
) -> impl Strategy<Value = (Vec<usize>, Vec<Observation>)> {
    prop::collection::vec(2..=3_usize, 1..=axes).prop_flat_map(move |sizes| {
        let row = sizes.iter().map(|&size| 0..=size).collect::<Vec<_>>();
        let row = (row, any::<bool>(), 0..3_usize).prop_map({
            let sizes = sizes.clone();
            move |(values, passed, signature)| {
                let values = values.into_iter().zip(&sizes);
                let values: Values = values
                    .map(|(value, &size)| (value < size).then_some(value))
                    .collect();
                match (passed, signature) {
                    (true, _) => Observation::passed(values),
                    (false, 0) => Observation::failed(values),
                    (false, signature) => Observation::failed_with(values, format!("s{signature}")),
                }
            }
        });
        (Just(sizes), prop::collection::vec(row, 0..=rows))
    })
}

/// Rows so that every tuple of so many values is in one: whichever row of the
/// product has most that are missing, again and again.
fn covering(sizes: &[usize], strength: usize) -> Vec<Values> {
    let rows = product(sizes);
    let tuples = |row: &Values| -> Vec<Vec<(usize, Option<usize>)>> {
        let cells: Vec<_> = row.iter().copied().enumerate().collect();
        (0_u32..1 << cells.len())
            .filter(|mask| mask.count_ones() as usize == strength)
            .map(|mask| {
                cells
                    .iter()
                    .filter(|(axis, _)| mask >> axis & 1 == 1)
                    .copied()
                    .collect()
            })
            .collect()
    };
    let mut missing: std::collections::HashSet<_> = rows.iter().flat_map(&tuples).collect();
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        let best = rows
            .iter()
            .max_by_key(|row| {
                tuples(row)
                    .iter()
                    .filter(|tuple| missing.contains(*tuple))
                    .count()
            })
            .unwrap();
        for tuple in tuples(best) {
            missing.remove(&tuple);
        }
        chosen.push(best.clone());
    }
    chosen
}

/// All consistent combinations with no consistent part, by trying all there are.
fn by_brute_force(
    rows: &[Observation],
    axes: usize,
    max_size: usize,
) -> Vec<Vec<(usize, Option<usize>)>> {
    let passing: Vec<_> = rows
        .iter()
        .filter(|row| row.verdict == crate::blame::Verdict::Passed)
        .collect();
    let failing: Vec<_> = rows
        .iter()
        .filter(|row| row.verdict != crate::blame::Verdict::Passed)
        .collect();
    let is_consistent = |cells: &[(usize, Option<usize>)]| {
        !passing
            .iter()
            .any(|row| cells.iter().all(|&(axis, value)| row.values[axis] == value))
    };
    let mut found = Vec::new();
    for row in failing {
        for mask in 0_u32..1 << axes {
            let cells: Vec<_> = (0..axes)
                .filter(|axis| mask >> axis & 1 == 1)
                .map(|axis| (axis, row.values[axis]))
                .collect();
            let parts = (0..cells.len()).all(|without| {
                let mut part = cells.clone();
                part.remove(without);
                !is_consistent(&part)
            });
            if cells.len() <= max_size && is_consistent(&cells) && parts {
                found.push(cells);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What is in an answer, without indices of rows.
fn essence(blame: &Blame) -> (Vec<String>, Vec<String>, usize, usize) {
    let sentences = blame.explanations.iter().map(|one| one.sentence.clone());
    (
        sentences.collect(),
        blame.summary.clone(),
        blame.unexplained.len(),
        blame.also_passed.len(),
    )
}

fn is_separated(one: &Explanation, other: &Explanation, rows: &[&Values]) -> bool {
    rows.iter().any(|row| one.is_in(row) != other.is_in(row))
}

proptest! {
    #[test]
    fn blame_finds_a_planted_cause_exactly((sizes, cause) in planted(3)) {
        let blame = blame(&sizes, observe(&product(&sizes), std::slice::from_ref(&cause)));
        prop_assert_eq!(told(&blame), [some(&cause)]);
        prop_assert!(blame.cover[0].rivals.is_empty());
        prop_assert_eq!(blame.explanations.len(), 1);
    }

    #[test]
    fn blame_finds_two_planted_causes(
        (sizes, one) in planted(2),
        value in any::<[usize; 2]>(),
    ) {
        // The other cause has no axis of the first, so that neither has the other.
        let free = (0..sizes.len()).filter(|axis| one.iter().all(|(taken, _)| taken != axis));
        let other: Cause = free.zip(value).map(|(axis, value)| (axis, value % sizes[axis])).collect();
        let causes = [one, other];
        let blame = blame(&sizes, observe(&product(&sizes), &causes));
        let mut found = told(&blame);
        found.sort();
        let mut expected = causes.map(|cause| some(&cause)).to_vec();
        expected.sort();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn blame_on_a_covering_array_has_the_cause_among_the_rivals(
        (sizes, cause) in planted(3),
        more in 0..2_usize,
    ) {
        let strength = (cause.len() + more).min(sizes.len());
        let array = covering(&sizes, strength);
        let blame = blame(&sizes, observe(&array, std::slice::from_ref(&cause)));
        prop_assert_eq!(blame.cover.len(), 1);
        let planted = some(&cause);
        let mut hypotheses = blame.cover[0].hypotheses().map(cells);
        prop_assert!(hypotheses.any(|cells| cells == planted), "{:?}", blame.cover);
        drop(hypotheses);

        // The rows that are proposed, once run, leave nothing but the cause.
        let further: Vec<_> = product(&sizes).into_iter().filter(|row| !array.contains(row)).collect();
        let chosen = propose(&blame.cover, &further);
        let left = blame.cover[0].hypotheses().filter(|hypothesis| {
            chosen.iter().all(|&row| hypothesis.is_in(&further[row]) == has(&further[row], &cause))
        });
        prop_assert_eq!(left.map(cells).collect::<Vec<_>>(), [planted]);
    }

    #[test]
    fn blame_is_what_brute_force_finds((sizes, rows) in anything()) {
        let settings = Settings { max_explanations: usize::MAX, ..Settings::default() };
        let expected = by_brute_force(&rows, sizes.len(), 3);
        let blame = blame_with(&sizes, rows.clone(), &settings);
        let consistent = blame.explanations.iter().filter(|one| one.passes == 0);
        let mut found: Vec<_> = consistent.map(cells).collect();
        found.sort();
        prop_assert_eq!(found, expected);
        for one in &blame.explanations {
            let having = rows.iter().filter(|row| one.is_in(&row.values));
            let passes = having.filter(|row| row.verdict == crate::blame::Verdict::Passed).count();
            prop_assert_eq!(one.passes, passes);
            prop_assert!(one.failed_rows.iter().all(|&row| one.is_in(&rows[row].values)));
            prop_assert_eq!(one.failed_rows.len(), one.failures);
        }
    }

    #[test]
    fn blame_covers_every_failure_with_as_few_as_can_be((sizes, rows) in anything()) {
        let settings = Settings { max_explanations: usize::MAX, ..Settings::default() };
        let blame = blame_with(&sizes, rows, &settings);
        let mut covered: Vec<usize> = blame.unexplained.clone();
        for finding in &blame.cover {
            covered.extend(&finding.explanation.failed_rows);
        }
        covered.sort_unstable();
        covered.dedup();
        prop_assert_eq!(covered.len(), blame.failed);

        let consistent: Vec<_> = blame.explanations.iter().filter(|one| one.passes == 0).collect();
        let proved: Vec<_> = blame.cover.iter().filter(|one| one.explanation.passes == 0).collect();
        let mut coverable: Vec<usize> = consistent.iter().flat_map(|one| one.failed_rows.clone()).collect();
        coverable.sort_unstable();
        coverable.dedup();
        // No suspicion where there is proof.
        for finding in blame.cover.iter().filter(|one| one.explanation.passes > 0) {
            prop_assert!(finding.explanation.failed_rows.iter().all(|row| !coverable.contains(row)));
        }
        prop_assert!(blame.cover_is_minimal);
        prop_assert_eq!(proved.is_empty(), coverable.is_empty());
        if let Some(fewer) = proved.len().checked_sub(1) {
            prop_assert!(!can_cover(&consistent, &coverable, fewer));
        }
    }

    #[test]
    fn blame_does_not_depend_on_the_order_of_rows(
        ((sizes, rows), shuffled) in anything_within(6, 40).prop_flat_map(|(sizes, rows)| {
            (Just((sizes, rows.clone())), Just(rows).prop_shuffle())
        })
    ) {
        prop_assert_eq!(essence(&blame(&sizes, rows)), essence(&blame(&sizes, shuffled)));
    }

    #[test]
    fn blame_proposals_tell_apart_what_can_be((sizes, rows) in anything()) {
        let observations = Observations::new(axes(&sizes), rows.clone()).unwrap();
        let blame = explain(&observations, &Settings::default()).unwrap();
        let further: Vec<Values> = product(&sizes)
            .into_iter()
            .filter(|values| rows.iter().all(|row| &row.values != values))
            .collect();
        let chosen = propose(&blame.cover, &further);
        let rows: Vec<&Values> = chosen.iter().map(|&row| &further[row]).collect();
        let all: Vec<&Values> = further.iter().collect();
        for finding in &blame.cover {
            let hypotheses: Vec<_> = finding.hypotheses().collect();
            for (place, one) in hypotheses.iter().enumerate() {
                for other in &hypotheses[..place] {
                    prop_assert_eq!(is_separated(one, other, &rows), is_separated(one, other, &all));
                }
            }
        }
        for place in 0..rows.len() {
            let mut distinct = chosen.clone();
            distinct.remove(place);
            prop_assert!(!distinct.contains(&chosen[place]));
        }
    }
}

/// Whether at most so many of the explanations have all of the rows.
fn can_cover(explanations: &[&Explanation], rows: &[usize], most: usize) -> bool {
    let Some(first) = rows.first() else {
        return true;
    };
    most > 0
        && explanations
            .iter()
            .filter(|one| one.failed_rows.contains(first))
            .any(|one| {
                let rest: Vec<usize> = rows
                    .iter()
                    .copied()
                    .filter(|row| !one.failed_rows.contains(row))
                    .collect();
                can_cover(explanations, &rest, most - 1)
            })
}
