//! Blame on 1,000 outcomes of 20 axes: milliseconds, the median of several
//! runs, against the plain way: a hash map of how often each combination
//! failed and passed. The plain way only counts; it has neither minimal
//! combinations nor a cover nor rivals.
//!
//! `cargo bench --bench blame`

use std::collections::HashMap;
use std::time::{Duration, Instant};

use cfgmatrix_build::blame::{
    Axis, Blame, Observation, Observations, Settings, Values, Verdict, explain, propose,
};

const ROWS: usize = 1000;
const AXES: usize = 20;
const RUNS: usize = 5;

/// The figure that is promised.
const LIMIT: Duration = Duration::from_secs(1);

/// A generator of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit as u64) as usize
    }
}

/// As many random rows as are promised for.
fn observations(values: usize, fails: impl FnMut(&Values, &mut Numbers) -> bool) -> Observations {
    observations_of(ROWS, values, fails)
}

/// Random rows of so many values an axis; the judge says which fail.
fn observations_of(
    rows: usize,
    values: usize,
    mut fails: impl FnMut(&Values, &mut Numbers) -> bool,
) -> Observations {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let axes = (0..AXES).map(|axis| {
        let names = (0..values).map(|value| format!("value-{value}"));
        Axis::new(format!("axis-{axis}"), names)
    });
    let rows = (0..rows).map(|_| {
        let row: Values = (0..AXES).map(|_| Some(numbers.below(values))).collect();
        if fails(&row, &mut numbers) {
            Observation::failed(row)
        } else {
            Observation::passed(row)
        }
    });
    Observations::new(axes.collect(), rows.collect()).expect("the rows are made of the axes")
}

fn has(row: &Values, cause: &[(usize, usize)]) -> bool {
    cause.iter().all(|&(axis, value)| row[axis] == Some(value))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        last = Some(work());
        times.push(start.elapsed());
    }
    (last.expect("there are several runs"), median(times))
}

/// How often each combination of up to three values failed and passed.
fn plain(observations: &Observations) -> HashMap<[(u8, u8); 3], (u32, u32)> {
    let mut counts: HashMap<_, (u32, u32)> = HashMap::new();
    let none = (u8::MAX, u8::MAX);
    for row in observations.rows() {
        let failed = row.verdict != Verdict::Passed;
        let cells: Vec<(u8, u8)> = row.values.iter().enumerate().map(cell).collect();
        let mut add = |key| {
            let (failures, passes) = counts.entry(key).or_default();
            *(if failed { failures } else { passes }) += 1;
        };
        for (first, &one) in cells.iter().enumerate() {
            add([one, none, none]);
            for (second, &two) in cells.iter().enumerate().skip(first + 1) {
                add([one, two, none]);
                for &three in &cells[second + 1..] {
                    add([one, two, three]);
                }
            }
        }
    }
    counts
}

fn cell((axis, value): (usize, &Option<usize>)) -> (u8, u8) {
    let value = value.expect("no axis of the rows is absent");
    (axis as u8, value as u8)
}

/// The counts of both must be the same.
fn check(blame: &Blame, counts: &HashMap<[(u8, u8); 3], (u32, u32)>) {
    for one in blame.explanations.iter().filter(|one| one.passes == 0) {
        let mut key = [(u8::MAX, u8::MAX); 3];
        for (place, literal) in one.literals.iter().enumerate() {
            key[place] = cell((literal.axis_index(), &literal.value_index()));
        }
        assert_eq!(counts[&key], (one.failures as u32, 0), "{}", one.sentence);
    }
}

fn main() {
    let pair = [(3, 1), (11, 0)];
    let triple = [(2, 0), (7, 1), (15, 2)];
    let cases = [
        (
            "a pair and a triple, 4 values",
            observations(4, |row, _| has(row, &pair) || has(row, &triple)),
        ),
        (
            "a flaky value, 4 values",
            observations(4, |row, by| has(row, &pair[..1]) && by.below(2) == 0),
        ),
        (
            "1 of 100 by chance, 4 values",
            observations(4, |_, by| by.below(100) == 0),
        ),
        (
            "half by chance, 2 values",
            observations(2, |_, by| by.below(2) == 0),
        ),
        (
            "half by chance, 4 values",
            observations(4, |_, by| by.below(2) == 0),
        ),
        (
            "half by chance, 10 values",
            observations(10, |_, by| by.below(2) == 0),
        ),
        ("all but one, 4 values", {
            let mut first = true;
            observations(4, move |_, _| !std::mem::take(&mut first))
        }),
    ];
    println!("{ROWS} outcomes, {AXES} axes, up to 3 values a combination; median of {RUNS}");
    println!("case                             failed  told   blame    plain  ratio");
    let mut slowest = Duration::ZERO;
    for (name, observations) in &cases {
        let (blame, time) = timed(|| explain(observations, &Settings::default()));
        let blame = blame.expect("the settings are the default");
        let (counts, plain) = timed(|| plain(observations));
        check(&blame, &counts);
        slowest = slowest.max(time);
        println!(
            "{name:31}  {:6}  {:4}  {:5} ms  {:4} ms   {:4.2}",
            blame.failed,
            blame.cover.len(),
            time.as_millis(),
            plain.as_millis(),
            time.as_secs_f64() / plain.as_secs_f64(),
        );
    }

    let rows = cases[5].1.rows().iter().enumerate();
    let rows = rows.map(|(number, row)| match row.verdict {
        Verdict::Passed => row.clone(),
        Verdict::Failed { .. } => Observation::failed_with(row.values.clone(), number.to_string()),
    });
    let own = Observations::new(cases[5].1.axes().to_vec(), rows.collect())
        .expect("the rows are those of another case");
    let (_, time) = timed(|| explain(&own, &Settings::default()));
    slowest = slowest.max(time);
    println!(
        "half by chance, 10 values, each failure its own signature: {} ms",
        time.as_millis()
    );

    let settings = Settings {
        max_size: 4,
        ..Settings::default()
    };
    let (_, time) = timed(|| explain(&cases[0].1, &settings));
    println!("the first, up to 4 values: {} ms", time.as_millis());

    // One failure among few rows leaves much open.
    let mut first = true;
    let few = observations_of(24, 4, |_, _| std::mem::take(&mut first));
    let blame = explain(&few, &Settings::default()).expect("the settings are the default");
    let mut numbers = Numbers(7);
    let further: Vec<Values> = (0..ROWS)
        .map(|_| (0..AXES).map(|_| Some(numbers.below(4))).collect())
        .collect();
    let (chosen, time) = timed(|| propose(&blame.cover, &further));
    let hypotheses: usize = blame.cover.iter().map(|one| one.hypotheses().count()).sum();
    println!(
        "propose: {} of {ROWS} rows for {hypotheses} hypotheses of {} findings: {} ms",
        chosen.len(),
        blame.cover.len(),
        time.as_millis()
    );
    println!(
        "slowest of up to 3 values: {} ms; promised: at most {} ms",
        slowest.as_millis(),
        LIMIT.as_millis()
    );
    assert!(slowest <= LIMIT, "blame takes longer than is promised");
}
