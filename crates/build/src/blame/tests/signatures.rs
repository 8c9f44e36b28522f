use super::{blame, blame_with, cells, product, some, told};
use crate::blame::{Observation, Settings};

#[test]
fn blame_tells_signatures_apart() {
    let rows: Vec<_> = product(&[3, 2, 2])
        .into_iter()
        .map(|row| match (row[0], row[1]) {
            (Some(2), Some(0)) => Observation::failed_with(row, "undefined reference"),
            (Some(2), Some(1)) => Observation::failed_with(row, "wrong result"),
            _ => Observation::passed(row),
        })
        .collect();
    let blame = blame(&[3, 2, 2], rows);
    assert_eq!(told(&blame), [some(&[(0, 2)])]);
    let signatures: Vec<_> = blame
        .by_signature
        .iter()
        .map(|one| (one.signature.as_deref(), one.failed))
        .collect();
    assert_eq!(
        signatures,
        [(Some("undefined reference"), 2), (Some("wrong result"), 2)]
    );
    // A failure that another hides says nothing, so `a=a2` explains each.
    assert_eq!(
        cells(&blame.by_signature[0].cover[0].explanation),
        some(&[(0, 2)])
    );
    assert_eq!(
        cells(&blame.by_signature[0].cover[0].rivals[0]),
        some(&[(0, 2), (1, 0)])
    );
}

#[test]
fn blame_by_signature_helps_where_one_accident_joins_two_bugs() {
    // One variant each: together they share `c=c1 & d=d1`, which none that
    // passed has.
    let rows = vec![
        Observation::failed_with([Some(1), Some(0), Some(1), Some(1)], "x"),
        Observation::failed_with([Some(0), Some(1), Some(1), Some(1)], "y"),
        Observation::passed([Some(0), Some(0), Some(1), Some(0)]),
        Observation::passed([Some(0), Some(0), Some(0), Some(1)]),
    ];
    let blame = blame(&[2, 2, 2, 2], rows);
    assert_eq!(told(&blame), [some(&[(2, 1), (3, 1)])]);
    let apart: Vec<_> = blame
        .by_signature
        .iter()
        .map(|one| cells(&one.cover[0].explanation))
        .collect();
    assert_eq!(apart, [some(&[(0, 1)]), some(&[(1, 1)])]);
    assert_eq!(
        blame.summary,
        [
            "both failures have c=c1 & d=d1; no passing variant has both",
            "of the failures with \"x\" alone:",
            "  the only failure has a=a1; no passing variant has it",
            "of the failures with \"y\" alone:",
            "  the only failure has b=b1; no passing variant has it",
        ]
    );
}

#[test]
fn blame_lists_the_most_frequent_signatures() {
    let rows = product(&[4, 2]).into_iter().map(|row| match row[0] {
        Some(0) => Observation::passed(row),
        Some(1) if row[1] == Some(0) => Observation::failed(row),
        Some(3) => Observation::failed_with(row, "often"),
        _ => {
            let signature = format!("once {:?}", row[1]);
            Observation::failed_with(row, signature)
        }
    });
    let settings = Settings {
        max_signatures: 3,
        ..Settings::default()
    };
    let blame = blame_with(&[4, 2], rows.collect(), &settings);
    let told = blame.by_signature.iter();
    let told: Vec<_> = told
        .map(|one| (one.signature.as_deref(), one.failed))
        .collect();
    assert_eq!(
        told,
        [(Some("often"), 2), (Some("once Some(1)"), 2), (None, 1)]
    );
    assert_eq!(blame.signatures_left_out, 1);
}
