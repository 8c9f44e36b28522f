//! What was measured, whole.

use std::collections::{BTreeMap, BTreeSet};

use cfgmatrix_build::threads::Variable;
use cfgmatrix_build::threads::tune::{Answer, BlasThreads, Dropped, End, Interval, Sample};
use cfgmatrix_core::Threading;
use cfgmatrix_core::emit::FORMAT_VERSION;
use serde::Serialize;

use super::super::super::Error;
use super::super::super::output::Output;
use super::{Arguments, Tuning, words};

#[derive(Serialize)]
struct TuningJson<'a> {
    format_version: u32,
    /// The matrix; null where there is none.
    name: Option<&'a str>,
    command: Vec<String>,
    cores: CoresJson,
    budget_seconds: f64,
    timeout_seconds: Option<f64>,
    seed: u64,
    /// How long all of it took.
    seconds: f64,
    rounds: usize,
    ended: End,
    test: TestJson,
    cells: Vec<CellJson<'a>>,
    recommendation: RecommendationJson<'a>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct CoresJson {
    allowed: usize,
    physical: Option<usize>,
    usable: usize,
}

/// What is said to differ, and how sure that is.
#[derive(Serialize)]
struct TestJson {
    name: &'static str,
    pairs: &'static str,
    correction: &'static str,
    error: f64,
}

#[derive(Serialize)]
struct CellJson<'a> {
    cell: usize,
    variant: Option<&'a str>,
    library: Option<&'a str>,
    threading: Option<Threading>,
    application: Option<usize>,
    blas: BlasThreads,
    threads: Option<usize>,
    command: Vec<String>,
    variables: &'a [Variable],
    samples: &'a [Sample],
    /// In seconds.
    median: Option<f64>,
    /// Beside the fastest cell.
    ratio: Option<Interval>,
    p: Option<f64>,
    tied: bool,
    dropped: Option<Dropped>,
}

#[derive(Serialize)]
struct RecommendationJson<'a> {
    cell: usize,
    fastest: usize,
    variant: Option<&'a str>,
    /// To be set.
    env: BTreeMap<&'a str, &'a str>,
    /// Not to be set.
    unset: BTreeSet<&'a str>,
    answer: Answer,
    proven: bool,
    noise: bool,
    /// The answer, and how sure it is, in words.
    words: [String; 2],
}

pub(super) fn write(
    arguments: &Arguments,
    tuning: &Tuning,
    output: &mut Output,
) -> Result<(), Error> {
    let (race, verdict) = (&tuning.race, &tuning.verdict);
    let text = |words: &[std::ffi::OsString]| -> Vec<String> {
        let words = words.iter().map(|word| word.to_string_lossy().into_owned());
        words.collect()
    };
    let cells = tuning.entries.iter().enumerate().map(|(number, entry)| {
        let candidate = tuning.candidate(number);
        let demand = candidate.demand();
        let comparison = &verdict.comparisons[number];
        let mut command = vec![entry.program.program.display().to_string()];
        command.extend(text(&entry.program.arguments));
        CellJson {
            cell: number,
            variant: candidate.variant.as_deref(),
            library: demand.map(|demand| demand.library.as_str()),
            threading: demand.map(|demand| demand.threading),
            application: entry.cell.application,
            blas: entry.cell.blas,
            threads: entry.cell.threads,
            command,
            variables: &entry.cell.variables,
            samples: &race.samples[number],
            median: comparison.median,
            ratio: comparison.ratio,
            p: comparison.p,
            tied: comparison.tied,
            dropped: race.dropped[number],
        }
    });
    let recommended = &tuning.entries[verdict.recommended].cell;
    let env = recommended.variables.iter();
    let env: BTreeMap<&str, &str> = env
        .map(|one| (one.name.as_str(), one.value.as_str()))
        .collect();
    let cleared = tuning.asked.cleared.iter().map(String::as_str);
    let document = TuningJson {
        format_version: FORMAT_VERSION,
        name: tuning.asked.name.as_deref(),
        command: text(&arguments.command),
        cores: CoresJson {
            allowed: tuning.cores.allowed,
            physical: tuning.cores.physical,
            usable: tuning.usable,
        },
        budget_seconds: arguments.budget.as_secs_f64(),
        timeout_seconds: arguments.timeout.map(|limit| limit.as_secs_f64()),
        seed: arguments.seed,
        seconds: tuning.spent,
        rounds: race.rounds,
        ended: race.end,
        test: TestJson {
            name: "wilcoxon-signed-rank",
            pairs: "logarithms of the ratios of two cells' times in each round",
            correction: "bonferroni over ordered pairs, half of the error for the last look",
            error: cfgmatrix_build::threads::tune::ERROR,
        },
        cells: cells.collect(),
        recommendation: RecommendationJson {
            cell: verdict.recommended,
            fastest: verdict.fastest,
            variant: tuning.candidate(verdict.recommended).variant.as_deref(),
            unset: cleared.filter(|name| !env.contains_key(name)).collect(),
            env,
            answer: verdict.answer,
            proven: verdict.proven,
            noise: verdict.noise,
            words: [words::answer(tuning).to_owned(), words::certainty(tuning)],
        },
        notes: &tuning.asked.notes,
    };
    output.json(&document)
}
