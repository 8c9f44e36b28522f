use proptest::prelude::*;

use super::{blame, blame_with, cells, observe, product, some, told};
use crate::blame::{Blame, Finding, Observation, Settings, Values, propose};

/// All pairs of hypotheses of one finding that some of the rows tells apart.
fn pairs(findings: &[Finding], rows: &[&Values]) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for (number, finding) in findings.iter().enumerate() {
        let hypotheses: Vec<_> = finding.hypotheses().collect();
        for (place, one) in hypotheses.iter().enumerate() {
            for (other_place, other) in hypotheses[..place].iter().enumerate() {
                if rows.iter().any(|row| one.is_in(row) != other.is_in(row)) {
                    found.push((number, place, other_place));
                }
            }
        }
    }
    found
}

/// One failure that any value but those of the last axis may be the cause of.
fn open_question() -> Blame {
    let rows = vec![
        Observation::failed([Some(0), Some(0), Some(0), Some(0)]),
        Observation::passed([Some(1), Some(1), Some(1), Some(0)]),
    ];
    blame(&[2, 2, 2, 2], rows)
}

#[test]
fn blame_proposes_nothing_where_nothing_is_open() {
    let cause = vec![(0, 1), (1, 1)];
    let known = blame(&[2, 2, 2], observe(&product(&[2, 2, 2]), &[cause]));
    assert!(propose(&known.cover, &product(&[2, 2, 2])).is_empty());
    assert!(propose(&open_question().cover, &[]).is_empty());
    assert!(propose(&[], &product(&[2, 2])).is_empty());
    // A row that has every hypothesis, or none, tells nothing.
    let rows = [vec![Some(0); 4], vec![Some(1); 4]];
    assert!(propose(&open_question().cover, &rows).is_empty());
}

#[test]
fn blame_proposes_rows_that_no_other_finding_blurs() {
    // `a1` or `b1` is one cause; `c1` is another.
    let rows = vec![
        Observation::failed([Some(1), Some(1), Some(0)]),
        Observation::failed([Some(0), Some(0), Some(1)]),
        Observation::passed([Some(0), Some(0), Some(0)]),
    ];
    let blame = blame(&[2, 2, 2], rows);
    assert!(blame.cover.len() == 2, "{:?}", told(&blame));
    let further = [
        vec![Some(0), Some(1), Some(1)],
        vec![Some(0), Some(1), Some(0)],
        vec![Some(1), Some(0), Some(0)],
    ];
    let chosen = propose(&blame.cover, &further);
    // The first row splits the rivals of both, but should it fail, then for
    // the sake of which?
    assert!(matches!(chosen[..], [1, 2, ..] | [2, 1, ..]), "{chosen:?}");
    // Where there is nothing else, a blurred row is better than none.
    assert_eq!(propose(&blame.cover, &further[..1]), [0]);
}

#[test]
fn blame_lists_rivals_that_are_minimal_first() {
    // `a0`, or `b0 & c0`, which is as good; `a0 & b0` is `a0` with more.
    let rows = vec![
        Observation::failed([Some(0), Some(0), Some(0)]),
        Observation::passed([Some(1), Some(0), Some(1)]),
        Observation::passed([Some(1), Some(1), Some(0)]),
    ];
    let blame = blame(&[2, 2, 2], rows);
    let finding = &blame.cover[0];
    assert_eq!(cells(&finding.explanation), some(&[(0, 0)]));
    let rivals: Vec<_> = finding.rivals.iter().map(cells).collect();
    assert_eq!(
        rivals,
        [
            some(&[(1, 0), (2, 0)]),
            some(&[(0, 0), (1, 0)]),
            some(&[(0, 0), (2, 0)]),
            some(&[(0, 0), (1, 0), (2, 0)]),
        ]
    );
}

proptest! {
    #[test]
    fn blame_proposes_the_fewest_rows(
        max_size in 1..=2_usize,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..=11),
    ) {
        let settings = Settings { max_size, ..Settings::default() };
        let sizes = [2; 8];
        let rows = vec![
            Observation::failed([Some(0); 8]),
            Observation::passed([Some(1); 8]),
        ];
        let blame = blame_with(&sizes, rows, &settings);
        prop_assert_eq!(blame.cover.len(), 1);
        let all = product(&sizes);
        let further: Vec<Values> = picks.iter().map(|pick| pick.get(&all).clone()).collect();
        let chosen = propose(&blame.cover, &further);
        let rows: Vec<&Values> = further.iter().collect();
        let full = pairs(&blame.cover, &rows);
        for mask in 0_u32..1 << rows.len() {
            if mask.count_ones() as usize + 1 != chosen.len() {
                continue;
            }
            let fewer: Vec<&Values> = (0..rows.len())
                .filter(|row| mask >> row & 1 == 1)
                .map(|row| rows[row])
                .collect();
            prop_assert_ne!(pairs(&blame.cover, &fewer).len(), full.len());
        }
        let own: Vec<&Values> = chosen.iter().map(|&row| rows[row]).collect();
        prop_assert_eq!(pairs(&blame.cover, &own), full);
    }

    #[test]
    fn blame_proposals_do_not_depend_on_the_order_of_findings(
        rows in prop::collection::vec((prop::collection::vec(0..2_usize, 4), any::<bool>()), 2..8),
    ) {
        let rows = rows.into_iter().map(|(values, passed)| {
            let values: Values = values.into_iter().map(Some).collect();
            if passed { Observation::passed(values) } else { Observation::failed(values) }
        });
        let mut findings = blame(&[2; 4], rows.collect()).cover;
        let further = product(&[2; 4]);
        let mut one = propose(&findings, &further);
        findings.reverse();
        let mut other = propose(&findings, &further);
        one.sort_unstable();
        other.sort_unstable();
        prop_assert_eq!(one, other);
    }
}
