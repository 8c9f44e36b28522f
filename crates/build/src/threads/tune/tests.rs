use std::convert::Infallible;

use cfgmatrix_core::Threading;
use proptest::prelude::*;

use super::super::demand::BlasDemand;
use super::order::Order;
use super::*;

/// Cells whose times are made up.
struct Simulated<F> {
    time: F,
    spent: f64,
    runs: Vec<(usize, usize)>,
}

impl<F: FnMut(usize, usize) -> Option<f64>> Measure for Simulated<F> {
    type Error = Infallible;

    fn run(&mut self, cell: usize, round: usize) -> Result<Option<f64>, Infallible> {
        let seconds = (self.time)(cell, round);
        self.spent += seconds.unwrap_or(1.0);
        self.runs.push((round, cell));
        Ok(seconds)
    }

    fn spent(&self) -> f64 {
        self.spent
    }
}

fn simulated<F: FnMut(usize, usize) -> Option<f64>>(time: F) -> Simulated<F> {
    Simulated {
        time,
        spent: 0.0,
        runs: Vec::new(),
    }
}

fn limits(rounds: usize, seed: u64) -> Limits {
    Limits {
        budget: f64::INFINITY,
        rounds,
        seed,
    }
}

fn race(cells: usize, limits: &Limits, time: impl FnMut(usize, usize) -> Option<f64>) -> Race {
    let Ok(race) = Race::run(cells, limits, &mut simulated(time));
    race
}

/// Numbers that are as likely as the machine's noise.
struct Noise(Order);

impl Noise {
    fn uniform(&mut self) -> f64 {
        ((self.0.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// The factor of a run: noise of so many parts, and once in a while a run that
    /// something else held up.
    fn factor(&mut self, deviation: f64) -> f64 {
        let sum: f64 = (0..6).map(|_| self.uniform()).sum();
        let normal = (sum - 3.0) * std::f64::consts::SQRT_2;
        let held_up = if self.uniform() < 0.05 {
            1.0 + 2.0 * self.uniform()
        } else {
            1.0
        };
        (normal * deviation).exp() * held_up
    }
}

/// A slow machine at times: what all cells of a round meet alike.
fn drift(round: usize) -> f64 {
    1.0 + 0.5 * (round as f64 / 4.0).sin().powi(2)
}

fn counted(application: usize, blas: usize) -> Cell {
    Cell {
        application: Some(application),
        blas: BlasThreads::Counted(blas),
        threads: Some(application * blas),
        variables: Vec::new(),
    }
}

const RACES: u64 = 150;

/// The share of races of noisy cells of which something holds.
fn share(medians: &[f64], cells: &[Cell], holds: impl Fn(&Verdict, &Race) -> bool) -> f64 {
    let races = (0..RACES).filter(|&seed| {
        let mut noise = Noise(Order::new(seed ^ 0xabcd));
        let race = race(medians.len(), &limits(60, seed), |cell, round| {
            Some(medians[cell] * drift(round) * noise.factor(0.04))
        });
        let verdict = Verdict::new(cells, &race).expect("all cells ended");
        holds(&verdict, &race)
    });
    races.count() as f64 / RACES as f64
}

#[test]
fn the_best_is_found_though_it_has_the_most_threads() {
    let cells = [counted(1, 1), counted(2, 1), counted(1, 2), counted(2, 2)];
    let found = share(&[2.0, 1.1, 1.3, 1.0], &cells, |verdict, _| {
        verdict.recommended == 3 && !verdict.noise && verdict.proven
    });
    assert!(found >= 0.95, "found in {found} of the races");
}

#[test]
fn equal_cells_are_noise_and_the_one_with_the_fewest_threads_is_taken() {
    let cells = [counted(4, 1), counted(1, 1), counted(2, 1), counted(1, 4)];
    let told = share(&[1.0; 4], &cells, |verdict, race| {
        verdict.noise
            && verdict.proven
            && verdict.recommended == 1
            && verdict.answer == Answer::NoDifference
            && race.dropped.iter().all(Option::is_none)
    });
    assert!(told >= 0.95, "told in {told} of the races");
}

#[test]
fn two_equal_cells_before_worse_ones_are_both_kept() {
    let cells = [counted(1, 1), counted(2, 1), counted(1, 2)];
    let told = share(&[1.8, 1.0, 1.0], &cells, |verdict, race| {
        verdict.answer == Answer::Either && race.left().eq([1, 2])
    });
    assert!(told >= 0.95, "told in {told} of the races");
}

#[test]
fn a_difference_that_does_not_matter_ends_the_race_early() {
    let mut noise = Noise(Order::new(7));
    let race = race(2, &limits(100, 1), |cell, _| {
        let time = [1.0, 1.004][cell];
        Some(time * (1.0 + 0.002 * noise.uniform()))
    });
    assert_eq!(race.end, End::Equal);
    assert!(race.rounds < 20, "{}", race.rounds);
    let verdict = Verdict::new(&[counted(2, 1), counted(1, 1)], &race).unwrap();
    assert_eq!((verdict.fastest, verdict.recommended), (0, 1));
    assert!(verdict.noise && verdict.proven);
}

#[test]
fn a_hopeless_cell_is_left_after_three_rounds_and_not_run_again() {
    let mut measure = simulated(|cell, round| Some([1.0, 1.01, 5.0][cell] + 0.001 * round as f64));
    let Ok(race) = Race::run(3, &limits(30, 3), &mut measure);
    let dropped = race.dropped[2].expect("it takes five times as long");
    assert_eq!(
        (dropped.round, dropped.reason, dropped.by),
        (3, Reason::Outclassed, Some(0))
    );
    let runs = measure.runs.iter().filter(|(_, cell)| *cell == 2);
    assert_eq!(runs.count(), 3);
    assert_eq!(race.samples[2].len(), 3);
}

#[test]
fn rounds_have_each_cell_once_in_an_order_that_the_seed_decides() {
    let orders = |seed: u64| {
        let mut measure = simulated(|_, _| Some(1.0));
        let Ok(_) = Race::run(5, &limits(8, seed), &mut measure);
        measure.runs
    };
    let runs = orders(1);
    let mut different = std::collections::BTreeSet::new();
    for round in runs.chunks(5) {
        let mut cells: Vec<usize> = round.iter().map(|(_, cell)| *cell).collect();
        different.insert(cells.clone());
        cells.sort_unstable();
        assert_eq!(cells, [0, 1, 2, 3, 4]);
        assert!(round.iter().all(|(number, _)| *number == round[0].0));
    }
    assert!(different.len() > 4, "{different:?}");
    assert_eq!(runs, orders(1));
    assert_ne!(runs, orders(2));
}

#[test]
fn the_budget_is_kept_but_one_round_is_made() {
    let within = |budget: f64| {
        let limits = Limits {
            budget,
            rounds: 100,
            seed: 0,
        };
        race(3, &limits, |cell, _| Some(1.0 + 0.3 * cell as f64))
    };
    let none = within(0.0);
    assert_eq!((none.rounds, none.end), (1, End::Budget));
    let some = within(9.0);
    assert_eq!((some.rounds, some.end), (2, End::Budget));
    let verdict = Verdict::new(&[counted(4, 1), counted(2, 1), counted(1, 1)], &some).unwrap();
    // Two rounds prove nothing; what is clear in both is taken all the same.
    assert!(!verdict.proven && !verdict.noise);
    assert_eq!(verdict.recommended, 0);
}

#[test]
fn what_takes_too_long_is_out() {
    let one = race(2, &limits(10, 0), |cell, _| (cell == 0).then_some(1.0));
    assert_eq!(one.end, End::Separated);
    assert_eq!(one.dropped[1].unwrap().reason, Reason::TimedOut);
    let verdict = Verdict::new(&[counted(1, 1), counted(2, 1)], &one).unwrap();
    assert_eq!(
        (verdict.recommended, verdict.comparisons[1].median),
        (0, None)
    );
    let none = race(2, &limits(10, 0), |_, _| None);
    assert_eq!(none.end, End::TimedOut);
    assert_eq!(Verdict::new(&[counted(1, 1), counted(2, 1)], &none), None);
}

#[test]
fn one_cell_needs_no_race() {
    let race = race(1, &limits(10, 0), |_, _| Some(1.0));
    assert_eq!((race.rounds, race.end), (1, End::Separated));
    let verdict = Verdict::new(&[counted(1, 1)], &race).unwrap();
    assert_eq!(
        (verdict.recommended, verdict.noise, verdict.proven),
        (0, false, true)
    );
}

fn tables() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2_usize..5).prop_flat_map(|cells| {
        let round = prop::collection::vec(0.8_f64..1.4, cells);
        let rounds = prop::collection::vec(round, 15);
        let speeds = prop::collection::vec(1.0_f64..1.6, cells);
        (rounds, speeds).prop_map(|(rounds, speeds)| {
            let times = |round: Vec<f64>| round.iter().zip(&speeds).map(|(a, b)| a * b).collect();
            rounds.into_iter().map(times).collect()
        })
    })
}

/// Cells that one is told from another by its time alone.
fn alike(count: usize) -> Vec<Cell> {
    vec![counted(2, 1); count]
}

proptest! {
    #[test]
    fn the_numbers_of_cells_do_not_matter(table in tables(), seed in any::<u64>()) {
        let count = table[0].len();
        let mut places: Vec<usize> = (0..count).collect();
        Order::new(seed).shuffle(&mut places);
        let plain = race(count, &limits(15, 1), |cell, round| Some(table[round - 1][cell]));
        let moved = race(count, &limits(15, 2), |cell, round| Some(table[round - 1][places[cell]]));
        let verdict = Verdict::new(&alike(count), &plain).unwrap();
        let other = Verdict::new(&alike(count), &moved).unwrap();
        prop_assert_eq!(plain.rounds, moved.rounds);
        prop_assert_eq!(plain.end, moved.end);
        prop_assert_eq!(verdict.recommended, places[other.recommended]);
        prop_assert_eq!(verdict.fastest, places[other.fastest]);
        for (cell, &place) in places.iter().enumerate() {
            let (there, here) = (plain.dropped[place], moved.dropped[cell]);
            prop_assert_eq!(there.map(|one| (one.round, one.reason)), here.map(|one| (one.round, one.reason)));
            prop_assert_eq!(verdict.comparisons[place], other.comparisons[cell]);
        }
    }

    #[test]
    fn the_unit_of_time_does_not_matter(table in tables(), power in -20_i32..20) {
        let count = table[0].len();
        let factor = 2_f64.powi(power);
        let plain = race(count, &limits(15, 1), |cell, round| Some(table[round - 1][cell]));
        let scaled = race(count, &limits(15, 1), |cell, round| Some(table[round - 1][cell] * factor));
        prop_assert_eq!(&plain.dropped, &scaled.dropped);
        let verdict = Verdict::new(&alike(count), &plain).unwrap();
        let other = Verdict::new(&alike(count), &scaled).unwrap();
        prop_assert_eq!(verdict.recommended, other.recommended);
        for (one, other) in verdict.comparisons.iter().zip(&other.comparisons) {
            prop_assert_eq!(one.ratio, other.ratio);
            prop_assert_eq!(one.median.unwrap() * factor, other.median.unwrap());
        }
    }

    #[test]
    fn what_is_recommended_is_never_known_to_be_slower(table in tables()) {
        let count = table[0].len();
        let race = race(count, &limits(15, 1), |cell, round| Some(table[round - 1][cell]));
        let verdict = Verdict::new(&alike(count), &race).unwrap();
        prop_assert!(race.dropped[verdict.recommended].is_none());
        prop_assert!(verdict.comparisons[verdict.recommended].tied);
        prop_assert!(verdict.comparisons[verdict.fastest].tied);
        let tied = verdict.comparisons.iter().filter(|one| one.tied).count();
        prop_assert_eq!(verdict.noise, tied > 1);
    }

    #[test]
    fn no_cell_has_more_threads_than_cores(cores in 1_usize..200, which in 0_usize..6) {
        let lengths = lengths(cores);
        prop_assert!(lengths.contains(&1) && lengths.contains(&cores));
        prop_assert!(lengths.is_sorted() && lengths.windows(2).all(|pair| pair[0] < pair[1]));
        let cells = grid(&library(which), Some(&lengths), &lengths, cores, true);
        prop_assert!(!cells.is_empty());
        for (number, cell) in cells.iter().enumerate() {
            prop_assert!(cell.threads.is_none_or(|threads| (1..=cores).contains(&threads)));
            prop_assert!(cell.threads.is_some() || cell.blas == BlasThreads::Own);
            prop_assert!(cells[..number].iter().all(|other| other.variables != cell.variables));
        }
    }
}

fn demand(library: &str, threading: Threading, variables: &[&str]) -> Library {
    Library::Known(Some(BlasDemand {
        library: library.to_owned(),
        threading,
        variables: variables.iter().map(|&name| name.to_owned()).collect(),
    }))
}

fn library(which: usize) -> Library {
    let own = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"];
    match which {
        0 => demand("openblas", Threading::Sequential, &[]),
        1 => demand("openblas", Threading::Openmp, &["OMP_NUM_THREADS"]),
        2 => demand("openblas", Threading::Pthread, &own),
        3 => demand(
            "blis",
            Threading::Openmp,
            &["BLIS_NUM_THREADS", "OMP_NUM_THREADS"],
        ),
        4 => demand("atlas", Threading::Pthread, &[]),
        _ => Library::Unknown(vec![
            "BLIS_NUM_THREADS".to_owned(),
            "OPENBLAS_NUM_THREADS".to_owned(),
        ]),
    }
}

/// The cells as a table: threads of the application, of BLAS, and what is set.
fn shown(library: &Library, application: Option<&[usize]>) -> Vec<String> {
    let cells = grid(library, application, &[1, 2], 2, true);
    let lines = cells.iter().map(|cell| {
        let pairs = cell.variables.iter();
        let pairs: Vec<String> = pairs
            .map(|one| format!(" {}={}", one.name, one.value))
            .collect();
        let application = cell
            .application
            .map_or("-".to_owned(), |threads| threads.to_string());
        let blas = serde_json::to_string(&cell.blas).unwrap();
        format!("{application} {blas}:{}", pairs.concat())
    });
    lines.collect()
}

#[test]
fn cells_are_those_that_can_be_told_apart() {
    let both: Option<&[usize]> = Some(&[1, 2]);
    assert_eq!(
        shown(&library(0), both),
        ["1 1: OMP_NUM_THREADS=1", "2 1: OMP_NUM_THREADS=2"]
    );
    assert_eq!(
        shown(&library(1), both),
        [
            "1 \"shared\": OMP_MAX_ACTIVE_LEVELS=1 OMP_NUM_THREADS=1",
            "2 \"shared\": OMP_MAX_ACTIVE_LEVELS=1 OMP_NUM_THREADS=2"
        ]
    );
    assert_eq!(
        shown(&library(1), None),
        ["1 1: OMP_NUM_THREADS=1", "1 2: OMP_NUM_THREADS=2"]
    );
    assert_eq!(
        shown(&library(2), both),
        [
            "1 1: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1",
            "1 2: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=2",
            "2 1: OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1",
            "- \"own\":"
        ]
    );
    // They take turns: two and two are never four.
    assert_eq!(
        shown(&library(3), both)[3],
        "2 2: BLIS_NUM_THREADS=2 OMP_MAX_ACTIVE_LEVELS=1 OMP_NUM_THREADS=2"
    );
    assert_eq!(
        shown(&library(4), both),
        [
            "1 \"own\": OMP_NUM_THREADS=1",
            "2 \"own\": OMP_NUM_THREADS=2",
            "- \"own\":"
        ]
    );
    assert_eq!(
        shown(&library(5), both)[1],
        "1 2: BLIS_NUM_THREADS=2 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=2"
    );
}

#[cfg(unix)]
mod programs {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::super::{MeasureError, Program};

    fn measure(words: &[&str], limit: Option<Duration>) -> Result<Option<f64>, MeasureError> {
        let directory = tempfile::tempdir().unwrap();
        let program = Program {
            program: PathBuf::from(words[0]),
            arguments: words[1..].iter().map(Into::into).collect(),
            environment: vec![("GREETING".into(), "good".into())],
            variables: vec![("OMP_NUM_THREADS".to_owned(), "3".to_owned())],
            directory: directory.path().to_owned(),
            limit,
        };
        program.measure(&directory.path().join("log"))
    }

    #[test]
    fn the_time_is_that_of_the_process() {
        let seconds = measure(&["/bin/sleep", "0.2"], None).unwrap().unwrap();
        assert!((0.2..30.0).contains(&seconds), "{seconds}");
        let script = "test $GREETING$OMP_NUM_THREADS = good3 -a -z \"$HOME\"";
        measure(&["/bin/sh", "-c", script], None).unwrap();
    }

    #[test]
    fn what_takes_longer_than_it_may_is_ended() {
        let limit = Some(Duration::from_millis(50));
        assert_eq!(measure(&["/bin/sleep", "60"], limit).unwrap(), None);
    }

    #[test]
    fn a_failure_is_told_with_its_first_error_line() {
        let script = "echo first; echo 'error: no matrix' >&2; echo last; exit 3";
        let error = measure(&["/bin/sh", "-c", script], None).unwrap_err();
        let said = error.to_string();
        assert!(
            said.ends_with("failed with exit code 3: error: no matrix"),
            "{said}"
        );
        assert_eq!(
            error.hint().unwrap(),
            "it was started with OMP_NUM_THREADS=3"
        );
        let error = measure(&["/bin/sh", "-c", "kill -9 $$"], None).unwrap_err();
        assert!(
            error.to_string().contains("was ended by signal 9"),
            "{error}"
        );
    }

    #[test]
    fn a_command_that_is_not_there_is_missing() {
        let error = measure(&["/nonexistent/program"], None).unwrap_err();
        assert!(matches!(error, MeasureError::Missing { .. }), "{error}");
        let error = measure(&["/"], None).unwrap_err();
        assert!(matches!(error, MeasureError::Process(_)), "{error}");
    }
}
