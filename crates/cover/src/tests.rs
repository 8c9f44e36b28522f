//! Small models, and what trying everything says of them.

use proptest::prelude::*;

use crate::{Axis, Clause, Literal, Model, ValueSet};

/// Models of up to six axes with up to six rules, some of several clauses.
pub(crate) fn models() -> impl Strategy<Value = Model> {
    let sizes = prop::collection::vec(1u32..4, 0..6);
    let literals = prop::collection::vec((0usize..6, 0u32..8), 0..4);
    let clauses = prop::collection::vec((literals, 0u32..6), 0..9);
    (sizes, clauses).prop_map(|(sizes, clauses)| {
        let clauses = clauses.into_iter().map(|(literals, rule)| {
            let mut clause = Clause {
                literals: Vec::new(),
                rule,
            };
            for (axis, mask) in literals {
                let named = clause.literals.iter().any(|literal| literal.axis == axis);
                if axis >= sizes.len() || named {
                    continue;
                }
                let mut allowed = ValueSet::empty(sizes[axis]);
                for value in (0..sizes[axis]).filter(|value| mask >> value & 1 == 1) {
                    allowed.insert(value);
                }
                clause.literals.push(Literal { axis, allowed });
            }
            clause
        });
        // A clause that lost all its literals forbids everything: seldom wanted.
        let clauses = clauses.filter(|clause| !clause.literals.is_empty());
        let clauses = clauses.collect();
        let axes = sizes.iter().map(|&values| Axis::new(values)).collect();
        Model::new(axes, clauses).expect("the literals are of the axes")
    })
}

/// The same with at least one axis, some of whose last values are no targets.
pub(crate) fn models_with_targets() -> impl Strategy<Value = Model> {
    let hidden = prop::collection::vec(0u32..6, 6);
    let some = models().prop_filter("an axis", |model| !model.axes().is_empty());
    (some, hidden).prop_map(|(model, hidden)| {
        let axes = model.axes().iter().zip(hidden).map(|(axis, hidden)| Axis {
            targets: axis.values.saturating_sub(hidden.saturating_sub(3)),
            ..axis.clone()
        });
        Model::new(axes.collect(), model.clauses().to_vec()).expect("the axes are as large")
    })
}

/// A clause from pairs of an axis and the values that it may have.
pub(crate) fn clause(sizes: &[u32], rule: u32, literals: &[(usize, &[u32])]) -> Clause {
    let literals = literals.iter().map(|&(axis, values)| {
        let mut allowed = ValueSet::empty(sizes[axis]);
        for &value in values {
            allowed.insert(value);
        }
        Literal { axis, allowed }
    });
    Clause {
        literals: literals.collect(),
        rule,
    }
}

/// A model from the numbers of values and clauses, each a rule.
pub(crate) fn model(sizes: &[u32], clauses: &[&[(usize, &[u32])]]) -> Model {
    let axes = sizes.iter().map(|&values| Axis::new(values)).collect();
    let numbered = clauses.iter().enumerate();
    let clauses = numbered.map(|(rule, literals)| clause(sizes, rule as u32, literals));
    Model::new(axes, clauses.collect()).expect("the literals are of the axes")
}

/// Every row, in order.
pub(crate) fn brute_force(model: &Model) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new()];
    for axis in model.axes() {
        rows = rows
            .into_iter()
            .flat_map(|row: Vec<u32>| {
                (0..axis.values).map(move |value| {
                    let mut row = row.clone();
                    row.push(value);
                    row
                })
            })
            .collect();
    }
    rows.retain(|row| model.broken_rules(row).is_empty());
    rows
}

proptest! {
    #[test]
    fn a_solver_finds_a_row_exactly_where_there_is_one(model in models(), axis in 0usize..6, value in 0u32..4) {
        let rows = brute_force(&model);
        let fixed = match model.axes().get(axis) {
            Some(shape) if value < shape.values => vec![(axis, value)],
            _ => Vec::new(),
        };
        let fits = |row: &Vec<u32>| fixed.iter().all(|&(axis, value)| row[axis] == value);
        let mut solver = crate::Solver::new(&model);
        // Twice: the first answer must leave nothing behind.
        for _ in 0..2 {
            match solver.solve(&fixed) {
                Some(row) => prop_assert!(rows.contains(&row) && fits(&row)),
                None => prop_assert!(!rows.iter().any(fits)),
            }
        }
    }
}
