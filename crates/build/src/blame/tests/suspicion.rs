use super::{blame, blame_with, cells, observe, product, some, told};
use crate::blame::{Observation, Settings, Standing};

#[test]
fn blame_suspects_what_fails_more_often() {
    // Each variant ran three times; the threaded ones fail now and then.
    let mut rows = Vec::new();
    for (number, row) in product(&[2, 2, 2]).into_iter().enumerate() {
        for run in 0..3 {
            let fails = row[1] == Some(1) && run == number % 3;
            rows.push(if fails {
                Observation::failed(row.clone())
            } else {
                Observation::passed(row.clone())
            });
        }
    }
    let blame = blame(&[2, 2, 2], rows);
    assert_eq!(told(&blame), [some(&[(1, 1)])]);
    let finding = &blame.cover[0];
    assert_eq!(finding.explanation.standing, Standing::Suspicious);
    assert_eq!(
        (finding.explanation.failures, finding.explanation.passes),
        (4, 8)
    );
    assert_eq!(
        blame.summary,
        [
            "all 4 failures have b=b1, and so have 8 of 20 passing variants: suspicious, no proof",
            "4 failures are of variants that also passed"
        ]
    );
}

#[test]
fn blame_puts_suspicion_after_proof() {
    let mut rows = observe(&product(&[3, 2, 2]), &[vec![(0, 2)]]);
    rows.push(Observation::failed([Some(0), Some(1), Some(1)]));
    let blame = blame(&[3, 2, 2], rows);
    let standings: Vec<_> = blame
        .cover
        .iter()
        .map(|one| one.explanation.standing)
        .collect();
    assert_eq!(standings, [Standing::Consistent, Standing::Suspicious]);
    assert_eq!(blame.cover[1].explanation.failed_rows, [12]);
    assert_eq!(blame.also_passed, [12]);
    assert!(
        blame.cover[1]
            .explanation
            .sentence
            .starts_with("the only failure left has "),
        "{}",
        blame.cover[1].explanation.sentence
    );
}

#[test]
fn blame_says_what_several_explanations_have_in_common() {
    // Half of the rows with `a1` fail: by accident each has a combination
    // of its own.
    let sizes = [2, 4, 4];
    let rows = product(&sizes)
        .into_iter()
        .enumerate()
        .map(|(number, row)| {
            if row[0] == Some(1) && number * 7 % 16 < 8 {
                Observation::failed(row)
            } else {
                Observation::passed(row)
            }
        });
    let blame = blame(&sizes, rows.collect());
    assert!(blame.cover.len() > 1);
    let common = blame.common.expect("all have a1");
    assert_eq!(cells(&common), some(&[(0, 1)]));
    assert_eq!(common.standing, Standing::Suspicious);
    assert_eq!(
        common.sentence,
        "all 8 failures have a=a1, and so have 8 of 24 passing variants: suspicious, no proof"
    );
    let line = blame
        .summary
        .iter()
        .find(|line| line.starts_with("or it is one cause"));
    assert!(line.is_some_and(|line| line.ends_with(&common.sentence)));
}

#[test]
fn blame_says_when_chance_would_do() {
    let mut rows = observe(&product(&[2, 2]), &[]);
    rows.push(Observation::failed([Some(0), Some(1)]));
    assert_eq!(
        blame(&[2, 2], rows).summary,
        [
            "the only failure has a=a0, and so have 2 of 4 passing variants: may well be chance",
            "1 failure is of a variant that also passed"
        ]
    );
}

#[test]
fn blame_leaves_unexplained_what_nothing_sets_apart() {
    // Fails where the parity is odd: no single value is more frequent.
    let rows: Vec<_> = product(&[2, 2, 2])
        .into_iter()
        .map(|row| {
            let odd = row.iter().flatten().sum::<usize>() % 2 == 1;
            if odd {
                Observation::failed(row)
            } else {
                Observation::passed(row)
            }
        })
        .collect();
    let settings = Settings {
        max_size: 1,
        ..Settings::default()
    };
    let single = blame_with(&[2, 2, 2], rows.clone(), &settings);
    assert!(single.cover.is_empty());
    assert_eq!(single.unexplained, [1, 2, 4, 7]);
    assert_eq!(
        single.summary,
        [
            "4 failures are not explained: no combination of 1 value is more frequent there than among passing variants"
        ]
    );
    assert_eq!(blame(&[2, 2, 2], rows).cover.len(), 4);
}
