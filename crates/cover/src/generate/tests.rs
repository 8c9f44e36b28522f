//! Generated rows against brute force and against the independent checker.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{CoverError, Covering, Effort, Request, cover};
use crate::check::check;
use crate::model::{Axis, Model};
use crate::targets::TargetSet;
use crate::tests as sample;

/// The combinations of axes that some sets speak of, each once.
fn combinations(targets: &[TargetSet]) -> BTreeSet<Vec<usize>> {
    let all = targets.iter().flat_map(|set| {
        let chosen = |mask: u32| (0..32).filter(move |axis| mask >> axis & 1 == 1);
        let masks = (0_u32..1 << 8).filter(move |mask| {
            mask.count_ones() as usize == set.strength
                && chosen(*mask).all(|axis| set.axes.contains(&axis))
        });
        masks.map(move |mask| chosen(mask).collect())
    });
    all.collect()
}

/// The tuples of some sets that rows of a model have, and those that none has.
fn tuples(model: &Model, targets: &[TargetSet]) -> (BTreeSet<Vec<(usize, u32)>>, u64) {
    let rows = sample::brute_force(model);
    let mut feasible = BTreeSet::new();
    let mut all = 0;
    for axes in combinations(targets) {
        let own = axes
            .iter()
            .map(|&axis| u64::from(model.axes()[axis].targets));
        all += own.product::<u64>();
        for row in &rows {
            let tuple: Vec<(usize, u32)> = axes.iter().map(|&axis| (axis, row[axis])).collect();
            if tuple
                .iter()
                .all(|&(axis, value)| value < model.axes()[axis].targets)
            {
                feasible.insert(tuple);
            }
        }
    }
    let infeasible = all - feasible.len() as u64;
    (feasible, infeasible)
}

fn assert_covers(model: &Model, targets: &[TargetSet], covering: &Covering) {
    let report = check(model, targets, &covering.rows);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.duplicates, [], "no row is there twice");
    // What several sets ask for the checker counts for each of them.
    assert!(report.feasible >= covering.feasible);
    assert!(targets.len() > 1 || report.feasible == covering.feasible);
    assert!(covering.rows.is_sorted());
}

fn request(targets: Vec<TargetSet>, steps: u64) -> Request {
    Request {
        targets,
        steps: Some(steps),
        ..Request::default()
    }
}

/// A model, some target sets over its axes, and values of places for a seed.
fn problems() -> impl Strategy<Value = (Model, Vec<TargetSet>, Vec<Option<u32>>)> {
    let set = (proptest::collection::vec(0_usize..6, 1..=6), 1_usize..=4);
    let seed = proptest::collection::vec(proptest::option::of(0_u32..5), 6);
    (
        sample::models_with_targets(),
        proptest::collection::vec(set, 1..=3),
        seed,
    )
        .prop_map(|(model, sets, seed)| {
            let axes = model.axes().len();
            let sets = sets.into_iter().map(|(chosen, strength)| {
                let axes: BTreeSet<usize> = chosen.into_iter().map(|axis| axis % axes).collect();
                let with_targets = axes.iter();
                let with_targets = with_targets.filter(|&&axis| model.axes()[axis].targets > 0);
                TargetSet {
                    strength: strength.min(with_targets.count()),
                    axes: axes.into_iter().collect(),
                }
            });
            let sets = sets.filter(|set| set.strength > 0).collect();
            let places = model.axes().iter().zip(seed);
            let places = places.map(|(axis, place)| place.map(|value| value % axis.values));
            let seed = places.collect();
            (model, sets, seed)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn rows_cover_what_brute_force_finds((model, targets, seed) in problems(), number in 0_u64..3) {
        let rows = sample::brute_force(&model);
        let fits = |row: &Vec<u32>| {
            let mut places = row.iter().zip(&seed);
            places.all(|(value, place)| place.is_none_or(|place| place == *value))
        };
        let mut request = Request { seed: number, ..request(targets.clone(), 20_000) };
        request.seeds.push(seed.clone());
        let found = cover(&model, &request);
        if rows.is_empty() {
            prop_assert_eq!(found, Err(CoverError::NoRow));
        } else if !rows.iter().any(fits) {
            prop_assert_eq!(found, Err(CoverError::Seed { number: 0 }));
        } else {
            let covering = found.unwrap();
            let (feasible, infeasible) = tuples(&model, &targets);
            prop_assert_eq!(covering.feasible, feasible.len() as u64);
            prop_assert_eq!(covering.infeasible, infeasible);
            prop_assert!(covering.rows.iter().any(fits));
            prop_assert!(covering.rows.iter().all(|row| rows.contains(row)));
            prop_assert!(covering.rows.is_sorted());
            for tuple in feasible {
                let has = |row: &Vec<u32>| tuple.iter().all(|&(axis, value)| row[axis] == value);
                prop_assert!(covering.rows.iter().any(has), "{:?}", tuple);
            }
        }
    }

    #[test]
    fn the_checker_agrees(model in sample::models_with_targets(), strength in 1_usize..=6) {
        let mut targets = vec![TargetSet::all(&model, strength)];
        targets[0].strength = strength.min(targets[0].axes.len());
        targets.retain(|set| set.strength > 0);
        match cover(&model, &request(targets.clone(), 20_000)) {
            Ok(covering) => assert_covers(&model, &targets, &covering),
            Err(error) => {
                prop_assert_eq!(error, CoverError::NoRow);
                prop_assert!(sample::brute_force(&model).is_empty());
            }
        }
    }
}

/// A model of the kind that users have: three compilers, what they forbid.
fn compilers() -> Model {
    sample::model(
        &[3, 2, 2, 4, 3, 2, 2, 3],
        &[
            &[(0, &[0, 1]), (3, &[0, 2])],
            &[(0, &[1, 2]), (4, &[1]), (7, &[0])],
            &[(1, &[0]), (5, &[1]), (6, &[0])],
            &[(3, &[1, 2, 3]), (2, &[1])],
        ],
    )
}

#[test]
fn all_strengths_are_covered() {
    let model = compilers();
    let mut rows = 0;
    for strength in 1..=6 {
        let targets = vec![TargetSet::all(&model, strength)];
        let covering = cover(&model, &request(targets.clone(), 1_000_000)).unwrap();
        assert_covers(&model, &targets, &covering);
        assert!(covering.rows.len() > rows, "strength {strength}");
        rows = covering.rows.len();
    }
}

#[test]
fn threads_change_nothing() {
    let sizes = [4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2];
    let model = sample::model(
        &sizes,
        &[
            &[(0, &[0, 1]), (1, &[1, 2])],
            &[(3, &[0]), (9, &[1]), (2, &[3])],
        ],
    );
    for strength in [2, 3] {
        let targets = vec![TargetSet::all(&model, strength)];
        let run = |threads, seed| {
            let request = Request {
                threads,
                seed,
                ..request(targets.clone(), 500_000)
            };
            cover(&model, &request).unwrap()
        };
        let one = run(1, 0);
        assert_covers(&model, &targets, &one);
        for threads in [0, 2, 3, 8] {
            assert_eq!(run(threads, 0), one, "{threads} threads");
        }
        assert_ne!(run(1, 1).rows, one.rows, "another seed is another search");
    }
}

#[test]
fn more_steps_are_never_worse_and_efforts_descend() {
    let sizes = [vec![4; 5], vec![3; 8], vec![2; 10]].concat();
    let model = sample::model(&sizes, &[&[(0, &[0, 1]), (6, &[1]), (20, &[0])]]);
    let rows = |effort| {
        let request = Request {
            targets: vec![TargetSet::all(&model, 2)],
            effort,
            ..Request::default()
        };
        cover(&model, &request).unwrap().rows.len()
    };
    let (fast, normal) = (rows(Effort::Fast), rows(Effort::Normal));
    assert!(normal <= fast, "{normal} rows, {fast} in less time");
    assert!(normal < 26, "{normal} rows");
}

#[test]
fn mixed_strength_covers_each_set() {
    let model = compilers();
    let targets = vec![
        TargetSet::all(&model, 2),
        TargetSet {
            axes: vec![0, 1, 2, 3],
            strength: 3,
        },
        TargetSet {
            axes: vec![7, 1, 2],
            strength: 3,
        },
        TargetSet {
            axes: vec![6, 5, 1, 2],
            strength: 4,
        },
    ];
    let covering = cover(&model, &request(targets.clone(), 500_000)).unwrap();
    assert_covers(&model, &targets, &covering);
    let pairs = cover(&model, &request(targets[..1].to_vec(), 500_000)).unwrap();
    let triples = vec![TargetSet::all(&model, 3)];
    let triples = cover(&model, &request(triples, 500_000)).unwrap();
    assert!(pairs.rows.len() < covering.rows.len());
    assert!(covering.rows.len() < triples.rows.len());
}

#[test]
fn absent_values_need_no_covering() {
    // Axis 1 is there only where axis 0 has value 1; its last value stands for
    // "absent". Axis 2 only carries a rule.
    let mut axes = vec![Axis::new(2), Axis::new(4), Axis::new(3), Axis::new(3)];
    axes[1].targets = 3;
    axes[2].targets = 0;
    let sizes = [2, 4, 3, 3];
    let clauses = [
        sample::clause(&sizes, 0, &[(0, &[1]), (1, &[3])]),
        sample::clause(&sizes, 0, &[(0, &[0]), (1, &[0, 1, 2])]),
        sample::clause(&sizes, 1, &[(2, &[2]), (3, &[0, 1])]),
    ];
    let model = Model::new(axes, clauses.to_vec()).unwrap();
    let targets = vec![TargetSet::all(&model, 2)];
    assert_eq!(targets[0].axes, [0, 1, 3]);
    let covering = cover(&model, &request(targets.clone(), 1_000_000)).unwrap();
    assert_covers(&model, &targets, &covering);
    // Nine pairs of axes 1 and 3, and three of "axis 0 is 0" with axis 3.
    assert_eq!(covering.rows.len(), 12);
    assert_eq!(covering.feasible, 3 + 9 + 6);
    assert_eq!(covering.infeasible, 3);
}

#[test]
fn seeds_become_rows() {
    let model = compilers();
    let mut free = vec![None; 8];
    free[3] = Some(1);
    let mut implied = vec![None; 8];
    implied[5] = Some(0);
    let full = vec![
        Some(0),
        Some(0),
        Some(1),
        Some(2),
        Some(1),
        Some(0),
        Some(0),
        Some(0),
    ];
    let mut again = free.clone();
    again[6] = Some(1);
    let request = Request {
        seeds: vec![implied, full, free.clone(), again, free],
        ..request(vec![TargetSet::all(&model, 2)], 1_000_000)
    };
    let covering = cover(&model, &request).unwrap();
    assert_covers(&model, &request.targets, &covering);
    for seed in &request.seeds {
        let extends = |row: &&Vec<u32>| {
            let mut places = row.iter().zip(seed);
            places.all(|(value, place)| place.is_none_or(|place| place == *value))
        };
        assert!(covering.rows.iter().any(|row| extends(&row)), "{seed:?}");
    }
    let without = Request {
        seeds: Vec::new(),
        ..request.clone()
    };
    let without = cover(&model, &without).unwrap();
    assert!(covering.rows.len() <= without.rows.len() + 2);
}

#[test]
fn seeds_alone_are_completed() {
    let model = compilers();
    let mut seed = vec![None; 8];
    seed[0] = Some(2);
    let request = Request {
        seeds: vec![seed],
        ..Request::default()
    };
    let covering = cover(&model, &request).unwrap();
    assert_eq!(covering.rows.len(), 1);
    assert_eq!(covering.rows[0][0], 2);
    assert!([0, 2].contains(&covering.rows[0][3]));
    let nothing = cover(&model, &Request::default()).unwrap();
    assert_eq!((nothing.rows.len(), nothing.feasible), (0, 0));
}

#[test]
fn bad_seeds_are_named() {
    let model = compilers();
    let with = |seed: Vec<Option<u32>>| {
        let fine = vec![None; 8];
        let request = Request {
            seeds: vec![fine, seed],
            ..request(vec![TargetSet::all(&model, 2)], 1000)
        };
        cover(&model, &request).unwrap_err().to_string()
    };
    let mut clash = vec![None; 8];
    clash[0] = Some(2);
    clash[3] = Some(1);
    assert_eq!(with(clash), "no row has the values of seed row 2");
    assert_eq!(
        with(vec![None; 7]),
        "seed row 2 has not one value for each axis that the axis has"
    );
    let mut beyond = vec![None; 8];
    beyond[4] = Some(3);
    assert_eq!(
        with(beyond),
        "seed row 2 has not one value for each axis that the axis has"
    );
}

#[test]
fn contradictory_clauses_leave_no_row() {
    let model = sample::model(
        &[2, 2],
        &[&[(0, &[0])], &[(0, &[1]), (1, &[0])], &[(1, &[1])]],
    );
    let found = cover(&model, &request(vec![TargetSet::all(&model, 2)], 1000));
    assert_eq!(found, Err(CoverError::NoRow));
    let model = sample::model(&[2, 2], &[&[]]);
    assert_eq!(cover(&model, &Request::default()), Err(CoverError::NoRow));
}

#[test]
fn axes_of_one_value_are_covered_by_the_way() {
    let model = sample::model(&[1, 1, 3, 1, 2], &[]);
    let targets = vec![TargetSet::all(&model, 2)];
    let covering = cover(&model, &request(targets.clone(), 100_000)).unwrap();
    assert_covers(&model, &targets, &covering);
    assert_eq!(covering.rows.len(), 6);
    let model = sample::model(&[1, 1, 1], &[]);
    let targets = vec![TargetSet::all(&model, 3)];
    let covering = cover(&model, &request(targets, 1000)).unwrap();
    assert_eq!(covering.rows, [[0, 0, 0]]);
}

#[test]
fn liked_values_fill_the_holes() {
    let mut axes = vec![Axis::new(3), Axis::new(3), Axis::new(2), Axis::new(4)];
    axes[2].weights = vec![1, 9];
    axes[3].weights = vec![3, 1, 8, 2];
    let sizes = [3, 3, 2, 4];
    let rule = sample::clause(&sizes, 0, &[(0, &[0, 1]), (3, &[0, 1, 3])]);
    let model = Model::new(axes, vec![rule]).unwrap();
    // Only axes 0 and 1 are to be covered, so the rest is a matter of taste.
    let targets = vec![TargetSet {
        axes: vec![0, 1],
        strength: 2,
    }];
    let covering = cover(&model, &request(targets, 100_000)).unwrap();
    assert_eq!(covering.rows.len(), 9);
    for row in &covering.rows {
        assert_eq!(row[2], 1);
        assert_eq!(row[3], if row[0] == 2 { 0 } else { 2 }, "{row:?}");
    }
}

#[test]
fn known_arrays_have_their_sizes() {
    for (sizes, strength, expected) in [
        (vec![3; 4], 2, 9),
        (vec![3; 13], 2, 15),
        (vec![2; 100], 2, 10),
        (vec![5; 6], 2, 25),
        (vec![7; 8], 2, 49),
        (vec![4; 5], 3, 64),
    ] {
        let model = sample::model(&sizes, &[]);
        let targets = vec![TargetSet::all(&model, strength)];
        let covering = cover(&model, &request(targets.clone(), 3_000_000)).unwrap();
        assert_covers(&model, &targets, &covering);
        assert_eq!(covering.rows.len(), expected, "{sizes:?}");
    }
}

#[test]
fn too_much_is_refused_with_numbers() {
    let refuse = |sizes: &[u32], strength| {
        let model = sample::model(sizes, &[]);
        let request = request(vec![TargetSet::all(&model, strength)], 1000);
        cover(&model, &request).unwrap_err().to_string()
    };
    assert_eq!(
        refuse(&[2; 400], 4),
        "there is no memory for the tuples of strength 4 of 800 values: take a lower strength, or fewer axes"
    );
    assert_eq!(
        refuse(&[2; 100_000], 6),
        "there is no memory for the tuples of strength 6 of 200000 values: take a lower strength, or fewer axes"
    );
    assert_eq!(
        refuse(&[3_000_000, 3_000_000], 2),
        "the axes have 6000000 values, expected at most 4194304"
    );
    assert_eq!(refuse(&[2; 8], 7), "strength 7 of 8 axes: expected 1 to 6");
}

#[test]
fn target_sets_name_axes_that_are_there() {
    let model = compilers();
    let set = TargetSet {
        axes: vec![0, 8],
        strength: 2,
    };
    let found = cover(&model, &request(vec![set], 1000)).unwrap_err();
    assert_eq!(found.to_string(), "there is no axis 9: expected 1 to 8");
}

/// Axes tied in a ring: neighbours differ.
#[test]
fn one_large_component_is_no_obstacle() {
    let sizes = [4; 30];
    let mut clauses = Vec::new();
    for axis in 0..30 {
        for value in 0..4_u32 {
            let rest: Vec<u32> = (0..4).filter(|&other| other != value).collect();
            clauses.push(sample::clause(
                &sizes,
                0,
                &[(axis, &rest), ((axis + 1) % 30, &rest)],
            ));
        }
    }
    let axes = sizes.iter().map(|&values| Axis::new(values)).collect();
    let model = Model::new(axes, clauses).unwrap();
    for strength in [2, 3] {
        let targets = vec![TargetSet::all(&model, strength)];
        let covering = cover(&model, &request(targets.clone(), 300_000)).unwrap();
        assert_covers(&model, &targets, &covering);
    }
}

/// A row is a permutation: nearly all that is local search must be repaired.
#[test]
fn permutations_are_covered() {
    let sizes = [6; 6];
    let mut clauses = Vec::new();
    for (one, other) in (0..6).flat_map(|one| (one + 1..6).map(move |other| (one, other))) {
        for value in 0..6_u32 {
            let rest: Vec<u32> = (0..6).filter(|&other| other != value).collect();
            clauses.push(sample::clause(&sizes, 0, &[(one, &rest), (other, &rest)]));
        }
    }
    let axes = sizes.iter().map(|&values| Axis::new(values)).collect();
    let model = Model::new(axes, clauses).unwrap();
    let targets = vec![TargetSet::all(&model, 2)];
    let covering = cover(&model, &request(targets.clone(), 1_000_000)).unwrap();
    assert_covers(&model, &targets, &covering);
    assert_eq!(covering.feasible, 15 * 30);
    assert!(covering.rows.len() <= 50, "{} rows", covering.rows.len());
}
