use crate::blame::{Axis, Observation, Observations, Settings, explain};

/// The summary for a matrix of the kind that people have.
fn summary(fails: impl Fn(usize, usize, usize) -> bool) -> Vec<String> {
    let axes = vec![
        Axis::new("compiler", ["gcc-12", "clang-14", "clang-19"]),
        Axis::new("blas", ["sequential", "threaded"]),
        Axis::new("mode", ["debug", "release"]),
    ];
    let mut rows = Vec::new();
    for (compiler, blas, mode) in (0..12).map(|row| (row / 4, row / 2 % 2, row % 2)) {
        let values = [Some(compiler), Some(blas), Some(mode)];
        rows.push(if fails(compiler, blas, mode) {
            Observation::failed(values)
        } else {
            Observation::passed(values)
        });
    }
    let observations = Observations::new(axes, rows).unwrap();
    explain(&observations, &Settings::default())
        .unwrap()
        .summary
}

#[test]
fn blame_words_agree_in_number() {
    assert_eq!(
        summary(|compiler, blas, _| (compiler, blas) == (2, 1)),
        ["both failures have compiler=clang-19 & blas=threaded; no passing variant has both"]
    );
    assert_eq!(
        summary(|compiler, _, _| compiler == 2),
        ["all 4 failures have compiler=clang-19; no passing variant has it"]
    );
    assert_eq!(
        summary(|compiler, blas, mode| (compiler, blas, mode) == (2, 1, 0)),
        [
            "the only failure has compiler=clang-19 & blas=threaded & mode=debug; no passing variant has all three"
        ]
    );
    assert_eq!(
        summary(|compiler, blas, mode| compiler == 2 || (compiler, blas, mode) == (0, 1, 0)),
        [
            "2 explanations together account for all 5 failures:",
            "4 of 5 failures have compiler=clang-19; no passing variant has it",
            "1 of 5 failures has compiler=gcc-12 & blas=threaded & mode=debug; no passing variant has all three",
        ]
    );
}

#[test]
fn blame_words_quote_values_that_would_run_into_the_sentence() {
    let axes = vec![Axis::new("flags", ["-O2", "-O3 -g", ""])];
    let rows = (0..3).map(|value| match value {
        0 => Observation::passed([Some(0)]),
        value => Observation::failed([Some(value)]),
    });
    let observations = Observations::new(axes, rows.collect()).unwrap();
    let blame = explain(&observations, &Settings::default()).unwrap();
    assert_eq!(
        blame.summary[1..],
        [
            "1 of 2 failures has flags=\"-O3 -g\"; no passing variant has it",
            "1 of 2 failures has flags=\"\"; no passing variant has it",
        ]
    );
}
