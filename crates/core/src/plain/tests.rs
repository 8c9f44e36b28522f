use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::document::Document;
use crate::pict::PictModel;

fn model(text: &str) -> PlainModel {
    let document = Document::from_bytes("model.txt", text.as_bytes().to_vec()).unwrap();
    let model = PictModel::parse(&document, &PictOptions::default()).unwrap();
    PlainModel::from_pict(&model)
}

/// Every combination of values, the last axis fastest.
fn combinations(model: &PlainModel) -> Vec<Vec<u32>> {
    model.axes().iter().fold(vec![Vec::new()], |rows, axis| {
        let longer = rows.iter().flat_map(|row: &Vec<u32>| {
            (0..axis.values.len() as u32).map(move |value| [row.as_slice(), &[value]].concat())
        });
        longer.collect()
    })
}

/// The valid rows, told by the rules as they are written.
fn valid(model: &PlainModel) -> Vec<Vec<u32>> {
    let rows = combinations(model).into_iter();
    rows.filter(|row| {
        let negative = row.iter().enumerate();
        let negative = negative.filter(|&(axis, &value)| model.is_negative(axis, value));
        negative.count() <= 1 && model.rules.iter().all(|rule| rule.formula.holds(row))
    })
    .collect()
}

/// Pairs of values of some axes in rows.
fn pairs<'r>(
    rows: impl IntoIterator<Item = &'r Vec<u32>>,
    axes: &[usize],
) -> BTreeSet<[(usize, u32); 2]> {
    let mut pairs = BTreeSet::new();
    for row in rows {
        for (number, &one) in axes.iter().enumerate() {
            for &other in &axes[..number] {
                pairs.insert([(other, row[other]), (one, row[one])]);
            }
        }
    }
    pairs
}

/// Models of PICT: four parameters, some negative values, rules, submodels.
fn models() -> impl Strategy<Value = String> {
    let parameter = prop::collection::vec((0..4u8, prop::bool::weighted(0.2)), 1..4);
    let rule = prop::sample::select(vec![
        "IF [A] = 1 THEN [B] <> 2;",
        "[A] <= [C] OR [B] = 0;",
        "IF [B] > [C] OR NOT [A] IN {0, 2} THEN [D] >= 1 ELSE [D] < 3;",
        "IF IsNegative() THEN [A] <> 3;",
        "[C] <> [D];",
        "IF [C] = 2 THEN [A] = [B];",
    ]);
    let submodels = prop::sample::select(vec![
        "",
        "",
        "",
        "{ A, B }\n",
        "{ A, B } @ 1\n{ C, D } @ 2\n",
        "{ A, B, C } @ 2\n{ C, D }\n",
    ]);
    (
        prop::array::uniform4(parameter),
        prop::collection::vec(rule, 0..4),
        submodels,
    )
        .prop_map(|(parameters, rules, submodels)| {
            let mut text = String::new();
            for (name, values) in ["A", "B", "C", "D"].into_iter().zip(parameters) {
                let values = values
                    .into_iter()
                    .enumerate()
                    .map(|(number, (value, negative))| {
                        let mark = if negative && number > 0 { "~" } else { "" };
                        format!("{mark}{value}")
                    });
                let values: Vec<String> = values.collect();
                text.push_str(&format!("{name}: {}\n", values.join(", ")));
            }
            text + submodels + &rules.join("\n")
        })
}

proptest! {
    #[test]
    fn rows_are_valid_and_miss_nothing(text in models()) {
        let model = model(&text);
        let valid = valid(&model);
        let count = model.count().unwrap().to_string();
        prop_assert_eq!(count, valid.len().to_string(), "{}", text);
        let wanted = Wanted { effort: Effort::Fast, threads: 1, ..Wanted::default() };
        let rows = match model.cover(&wanted) {
            Ok(rows) => rows,
            Err(PlainError::NothingLeft { .. }) => {
                prop_assert!(valid.is_empty());
                return Ok(());
            }
            Err(error) => panic!("{text}: {error}"),
        };
        prop_assert!(rows.iter().all(|row| valid.contains(row)), "{}: {:?}", text, rows);
        let given: Vec<Vec<Option<u32>>> = rows.iter().map(|row| model.given(row)).collect();
        let verdict = model.check(&given, &wanted).unwrap();
        prop_assert!(verdict.is_good(), "{}: {:?} {:?}", text, rows, verdict);
        // No value is lost, submodels or not.
        for axis in 0..4 {
            let values = |rows: &[Vec<u32>]| rows.iter().map(|row| row[axis]).collect::<BTreeSet<_>>();
            prop_assert_eq!(values(&rows), values(&valid), "{}", text);
        }
        if model.groups.is_empty() {
            let all = [0, 1, 2, 3];
            prop_assert_eq!(pairs(&rows, &all), pairs(&valid, &all), "{}", text);
            // Pairs that need no negative value are not beside one only.
            let positive = |row: &&Vec<u32>| {
                let mut values = row.iter().enumerate();
                !values.any(|(axis, &value)| model.is_negative(axis, value))
            };
            let own = pairs(rows.iter().filter(positive), &all);
            prop_assert_eq!(own, pairs(valid.iter().filter(positive), &all), "{}", text);
        }
    }

    #[test]
    fn the_check_misses_what_a_row_less_misses(text in models(), gone in any::<prop::sample::Index>()) {
        let model = model(&text);
        if !model.groups.is_empty() {
            return Ok(());
        }
        let wanted = Wanted { effort: Effort::Fast, threads: 1, ..Wanted::default() };
        let Ok(mut rows) = model.cover(&wanted) else {
            return Ok(());
        };
        rows.remove(gone.index(rows.len()));
        let all = [0, 1, 2, 3];
        let positive = |row: &&Vec<u32>| {
            let mut values = row.iter().enumerate();
            !values.any(|(axis, &value)| model.is_negative(axis, value))
        };
        let valid = valid(&model);
        let masked = pairs(valid.iter().filter(positive), &all);
        let mut missing = pairs(&valid, &all);
        let (covered, own) = (pairs(&rows, &all), pairs(rows.iter().filter(positive), &all));
        missing.retain(|pair| !covered.contains(pair) || (masked.contains(pair) && !own.contains(pair)));
        let given: Vec<Vec<Option<u32>>> = rows.iter().map(|row| model.given(row)).collect();
        let verdict = model.check(&given, &wanted).unwrap();
        prop_assert_eq!(verdict.missing_count as usize, missing.len(), "{}: {:?}", text, rows);
    }

    #[test]
    fn all_rows_come_once_and_in_order(text in models()) {
        let model = model(&text);
        let full = model.full_model();
        let mut rows = model.full_rows(&full);
        let mut found: Vec<Vec<u32>> = Vec::new();
        while let Some(row) = rows.next() {
            if let Some(last) = found.last() {
                prop_assert_eq!(&last[..row.changed_from], &row.values[..row.changed_from]);
            }
            found.push(row.values.to_vec());
        }
        prop_assert_eq!(found, valid(&model), "{}", text);
    }
}

#[test]
fn many_negative_values_take_one_axis_each_and_counts_stay() {
    // One of twenty is negative, or none: each has two values more.
    let lines: Vec<String> = (0..20).map(|number| format!("P{number}: 1, ~2")).collect();
    let model = model(&lines.join("\n"));
    assert_eq!(model.count().unwrap().to_string(), "21");
    assert!(
        model.model.clauses().len() < 200,
        "{}",
        model.model.clauses().len()
    );
}

#[test]
fn axes_take_part_in_tuples_of_their_own_strength() {
    let model = model("A @ 3: 1, 2\nB @ 3: 1, 2\nC @ 3: 1, 2\nD @ 1: 1, 2, 3\n");
    let rows = model.cover(&Wanted::default()).unwrap();
    let triples: BTreeSet<&[u32]> = rows.iter().map(|row| &row[..3]).collect();
    assert_eq!(triples.len(), 8);
    // Pairs with D would take 6 rows only, and nothing asks for them.
    assert_eq!(rows.len(), 8);
}

#[test]
fn the_rules_that_exclude_everything_are_named() {
    let model = model("A: 1, 2\nB: 1, 2\n[B] > 0;\n[A] = 1;\n[A] <> [B];\n[B] = 1;\n");
    let error = model.cover(&Wanted::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no row satisfies `[A] = 1`, `[A] <> [B]` and `[B] = 1` together"
    );
}
