use super::{axes, blame, blame_with, cells, has, observe, product, some, told};
use crate::blame::{
    Axis, BlameError, Observation, Observations, Settings, Standing, Verdict, explain, propose,
};

#[test]
fn blame_finds_a_pair_in_a_full_product() {
    let cause = vec![(0, 1), (1, 1)];
    let rows = observe(&product(&[3, 2, 2]), std::slice::from_ref(&cause));
    let blame = blame(&[3, 2, 2], rows);
    assert_eq!(told(&blame), [some(&cause)]);
    assert_eq!(blame.explanations.len(), 1);
    let finding = &blame.cover[0];
    assert_eq!(finding.explanation.failures, 2);
    assert_eq!(finding.explanation.passes, 0);
    assert_eq!(finding.explanation.failed_rows, [6, 7]);
    assert_eq!(finding.explanation.standing, Standing::Consistent);
    assert!(finding.rivals.is_empty());
}

#[test]
fn blame_tells_two_bugs_as_two() {
    let causes = [vec![(0, 2)], vec![(1, 1), (2, 0)]];
    let blame = blame(&[4, 2, 2, 2], observe(&product(&[4, 2, 2, 2]), &causes));
    assert_eq!(told(&blame), [some(&causes[0]), some(&causes[1])]);
    assert!(blame.cover_is_minimal);
    assert!(blame.unexplained.is_empty());
}

#[test]
fn blame_says_nothing_of_what_passed() {
    let blame = blame(&[2, 2], observe(&product(&[2, 2]), &[]));
    assert_eq!((blame.passed, blame.failed), (4, 0));
    assert!(blame.explanations.is_empty() && blame.cover.is_empty());
    assert_eq!(blame.summary, ["all 4 variants passed"]);
}

#[test]
fn blame_of_all_is_of_nothing_in_particular() {
    let blame = blame(&[2, 2], observe(&product(&[2, 2]), &[vec![]]));
    assert_eq!(told(&blame), [vec![]]);
    assert!(blame.cover[0].rivals.is_empty());
    assert_eq!(
        blame.summary,
        ["nothing passed, so nothing sets the 4 failures apart"]
    );
}

#[test]
fn blame_of_one_row_has_all_it_is_as_rivals() {
    let blame = blame(&[2, 2], vec![Observation::failed([Some(1), Some(0)])]);
    let finding = &blame.cover[0];
    let rivals: Vec<_> = finding.rivals.iter().map(cells).collect();
    let expected = [some(&[(0, 1)]), some(&[(1, 0)]), some(&[(0, 1), (1, 0)])];
    assert_eq!(rivals, expected);
    assert!(finding.rivals.iter().all(|rival| !rival.minimal));
    // Two further rows would say which it is.
    let further: Vec<_> = product(&[2, 2])
        .into_iter()
        .filter(|row| row != &[Some(1), Some(0)])
        .collect();
    assert_eq!(propose(&blame.cover, &further).len(), 2);
}

#[test]
fn blame_works_without_axes_and_without_rows() {
    let none = blame(&[], vec![]);
    assert_eq!(none.summary, ["nothing ran to its end"]);
    let failed = blame(&[], vec![Observation::failed([])]);
    assert_eq!(
        failed.summary,
        ["nothing passed, so nothing sets the only failure apart"]
    );
    let flaky = blame(&[], vec![Observation::failed([]), Observation::passed([])]);
    assert!(flaky.cover.is_empty());
    assert_eq!((flaky.unexplained, flaky.also_passed), (vec![0], vec![0]));
}

#[test]
fn blame_can_lie_with_the_absence_of_an_axis() {
    // The second axis is active with the second value of the first only.
    let rows = || {
        vec![
            Observation::failed([Some(0), None, Some(0)]),
            Observation::failed([Some(2), None, Some(1)]),
            Observation::passed([Some(1), Some(0), Some(0)]),
            Observation::passed([Some(1), Some(1), Some(1)]),
        ]
    };
    let with = blame(&[3, 2, 2], rows());
    assert_eq!(told(&with), [vec![(1, None)]]);
    assert_eq!(
        with.summary,
        ["both failures have b absent; no passing variant has it"]
    );
    let settings = Settings {
        absent: false,
        ..Settings::default()
    };
    let without = blame_with(&[3, 2, 2], rows(), &settings);
    assert_eq!(told(&without), [some(&[(0, 0)]), some(&[(0, 2)])]);
}

#[test]
fn blame_prefers_a_value_to_an_absence() {
    let rows = vec![
        Observation::failed([None, Some(0)]),
        Observation::passed([Some(0), Some(1)]),
    ];
    let blame = blame(&[2, 2], rows);
    assert_eq!(told(&blame), [some(&[(1, 0)])]);
    assert_eq!(cells(&blame.cover[0].rivals[0]), [(0, None)]);
}

#[test]
fn blame_of_axes_that_go_together_has_rivals() {
    // Only the diagonal of the first two axes ran.
    let rows: Vec<_> = product(&[3, 3, 2])
        .into_iter()
        .filter(|row| row[0] == row[1])
        .collect();
    let blame = blame(&[3, 3, 2], observe(&rows, &[vec![(1, 2)]]));
    let finding = &blame.cover[0];
    assert_eq!(cells(&finding.explanation), some(&[(0, 2)]));
    let rivals: Vec<_> = finding.rivals.iter().map(cells).collect();
    assert_eq!(rivals, [some(&[(1, 2)]), some(&[(0, 2), (1, 2)])]);
    let minimal: Vec<bool> = finding.rivals.iter().map(|rival| rival.minimal).collect();
    assert_eq!(minimal, [true, false]);
    assert_eq!(
        blame.summary[1],
        "  not told apart from b=b2 and a=a2 & b=b2"
    );

    let further: Vec<_> = product(&[3, 3, 2])
        .into_iter()
        .filter(|row| row[0] != row[1])
        .collect();
    let chosen = propose(&blame.cover, &further);
    // One row with either value alone tells which of the three it is, together.
    assert_eq!(chosen.len(), 2);
    assert!(chosen.iter().any(|&row| has(&further[row], &[(0, 2)])));
    assert!(chosen.iter().any(|&row| has(&further[row], &[(1, 2)])));
}

#[test]
fn blame_covers_exactly_where_greed_does_not() {
    // Greed takes `a0`, which has three of the five failures, and then needs
    // `b0` and `b1` all the same.
    let fails = [(0, 0), (0, 1), (0, 1), (1, 0), (1, 1)];
    let mut rows: Vec<_> = fails
        .iter()
        .map(|&(a, b)| Observation::failed([Some(a), Some(b)]))
        .collect();
    rows.push(Observation::passed([Some(1), Some(2)]));
    let blame = blame(&[2, 3], rows);
    assert_eq!(told(&blame), [some(&[(1, 1)]), some(&[(1, 0)])]);
    assert!(blame.cover_is_minimal);
}

#[test]
fn blame_covers_with_few_values_where_it_can() {
    // Greed takes `a0 & b0` for its three failures; `c0` will do as well,
    // since `c1` is needed for the fourth.
    let rows = vec![
        Observation::failed([Some(0), Some(0), Some(0)]),
        Observation::failed([Some(0), Some(0), Some(0)]),
        Observation::failed([Some(0), Some(0), Some(1)]),
        Observation::failed([Some(1), Some(1), Some(1)]),
        Observation::passed([Some(0), Some(1), Some(2)]),
        Observation::passed([Some(1), Some(0), Some(2)]),
    ];
    let blame = blame(&[2, 2, 3], rows);
    assert_eq!(cells(&blame.explanations[0]), some(&[(0, 0), (1, 0)]));
    assert_eq!(told(&blame), [some(&[(2, 0)]), some(&[(2, 1)])]);
}

#[test]
fn blame_lists_as_many_as_asked_for() {
    let settings = Settings {
        max_explanations: 2,
        max_rivals: 1,
        ..Settings::default()
    };
    let rows = vec![
        Observation::failed([Some(0); 5]),
        Observation::passed([Some(1); 5]),
    ];
    let blame = blame_with(&[2; 5], rows, &settings);
    assert_eq!(
        (blame.explanations.len(), blame.explanations_left_out),
        (2, 3)
    );
    // 5 + 10 + 10 combinations of one to three values, less the one told.
    let finding = &blame.cover[0];
    assert_eq!((finding.rivals.len(), finding.rivals_left_out), (1, 23));
    assert_eq!(blame.summary[1], "  not told apart from b=b0 and 23 more");
}

#[test]
fn blame_refuses_rows_that_do_not_fit() {
    let error = |rows| {
        Observations::new(axes(&[2, 2]), rows)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(vec![Observation::passed([Some(0)])]),
        "row 0 has 1 values; expected one for each of 2 axes"
    );
    assert_eq!(
        error(vec![
            Observation::passed([None, None]),
            Observation::failed([Some(0), Some(2)])
        ]),
        "row 1 has value 2 of axis `b`, which has 2; expected an index below that"
    );
    let observations = Observations::new(axes(&[2]), vec![]).unwrap();
    for size in [0, 5] {
        let settings = Settings {
            max_size: size,
            ..Settings::default()
        };
        assert_eq!(
            explain(&observations, &settings),
            Err(BlameError::Size { size })
        );
    }
}

#[test]
fn blame_gives_back_what_it_was_given() {
    let rows = vec![Observation::failed_with([Some(0)], "x")];
    let observations = Observations::new(vec![Axis::new("a", ["b"])], rows).unwrap();
    assert_eq!(observations.axes()[0].values, ["b"]);
    let signature = Some("x".to_owned());
    assert_eq!(
        observations.rows()[0].verdict,
        Verdict::Failed { signature }
    );
}

#[test]
fn blame_fields_have_the_names_that_are_documented() {
    let rows = observe(&product(&[2, 2]), &[vec![(0, 1)]]);
    let json = serde_json::to_value(blame(&[2, 2], rows)).unwrap();
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let mut expected = [
        "passed",
        "failed",
        "max_size",
        "explanations",
        "explanations_left_out",
        "cover",
        "cover_is_minimal",
        "common",
        "unexplained",
        "also_passed",
        "by_signature",
        "signatures_left_out",
        "summary",
    ];
    expected.sort_unstable();
    let mut found = names(&json);
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(
        json["cover"][0]["explanation"]["literals"],
        serde_json::json!([{"axis": "a", "value": "a1"}])
    );
    assert_eq!(json["cover"][0]["explanation"]["standing"], "consistent");
}
