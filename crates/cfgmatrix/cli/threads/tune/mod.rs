//! `cfgmatrix threads tune`

mod candidates;
mod document;
mod map;
mod words;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cfgmatrix_build::threads::Cores;
use cfgmatrix_build::threads::tune::{
    BlasThreads, Cell, Limits, Measure, MeasureError, Program, Race, Verdict,
};
use cfgmatrix_core::KnowledgeBase;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::output::{Format, Output};
use super::super::{Error, Surroundings, exit, interruptible};
use super::plan::at_least_one;
use candidates::{Asked, Candidate};

// With a command, `[SPEC]` is what stands before `--`.
#[derive(Debug, Args)]
#[command(override_usage = "cfgmatrix threads tune [OPTIONS] [SPEC] -- <COMMAND>...")]
pub(super) struct Arguments {
    /// The matrix file whose variants of BLAS are measured too, `-` for standard input [default: none, the command is started in the environment as it is].
    #[arg(value_name = "SPEC")]
    spec: Option<PathBuf>,
    /// Only these variants, which differ in nothing but BLAS: `axis=value[|value…][,axis=value…]` (may be given again; all must hold).
    #[arg(long, value_name = "AXIS=VALUE")]
    select: Vec<String>,
    /// As this profile of the matrix has it.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// With the compilers and libraries of a report that `probe --format json` printed on this machine; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// Where `run` built the variants: `{build}` in the command is a variant's directory below it.
    #[arg(long, value_name = "DIR", default_value = "cfgmatrix-run")]
    directory: PathBuf,
    /// Let a variable of this environment reach the variants of a matrix (may be given again).
    #[arg(long, value_name = "NAME")]
    pass: Vec<String>,
    /// The BLAS that the command uses where no matrix says, such as `openblas=pthread` [default: not known, the variables of all libraries are set].
    #[arg(long, value_name = "LIBRARY=THREADING", conflicts_with_all = ["spec", "select", "profile", "host"])]
    library: Option<String>,
    /// Threads of the application that are tried, such as `1,2,4` [default: the powers of two and all cores].
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = at_least_one)]
    application: Vec<usize>,
    /// Threads of BLAS that are tried, such as `1,2,4` [default: the powers of two and all cores].
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = at_least_one)]
    blas: Vec<usize>,
    /// No more cores than these [default: all that affinity and control groups allow].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    cores: Option<usize>,
    /// Seconds after which no more runs are begun; one round is made in any case.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    budget: Duration,
    /// Rounds at most: each runs once what is still in question.
    #[arg(long, value_name = "N", default_value = "100", value_parser = at_least_one)]
    rounds: usize,
    /// Seconds that a run may take; what takes longer is out of the question [default: for ever].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Another number gives other orders of the runs.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The command whose time is taken, started here; with a matrix `{name}`, `{build}`, `{AXIS}` and `{vars.NAME}` stand for what a variant has.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|&seconds| seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a number of seconds above 0 is expected".to_owned())
}

/// A cell of a candidate, ready to be run.
struct Entry {
    /// Which candidate.
    candidate: usize,
    cell: Cell,
    program: Program,
}

/// What was measured, and how.
struct Tuning {
    asked: Asked,
    cores: Cores,
    usable: usize,
    entries: Vec<Entry>,
    race: Race,
    verdict: Verdict,
    /// Seconds that it took.
    spent: f64,
}

impl Tuning {
    fn candidate(&self, entry: usize) -> &Candidate {
        &self.asked.candidates[self.entries[entry].candidate]
    }
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    interruptible();
    if arguments.command.is_empty() {
        return Err(Error::Usage {
            message: "there is no command to be measured".to_owned(),
            hint: Some(
                "give it after `--`, as in `cfgmatrix threads tune -- ./program`".to_owned(),
            ),
        });
    }
    let cores = Cores::here();
    let usable = cores.usable().min(arguments.cores.unwrap_or(usize::MAX));
    arguments.check_threads(usable)?;
    let asked = Asked::new(arguments, known, knowledge, surroundings)?;
    let entries = asked.entries(arguments, usable, surroundings);
    let logs = tempfile::tempdir().map_err(|source| Error::Io {
        action: "write",
        path: std::env::temp_dir(),
        source,
    })?;
    let limits = Limits {
        budget: arguments.budget.as_secs_f64(),
        rounds: arguments.rounds,
        seed: arguments.seed,
    };
    let mut stopwatch = Stopwatch {
        entries: &entries,
        log: logs.path().join("output"),
        began: Instant::now(),
        bar: progress(arguments.format),
        budget: arguments.budget,
    };
    stopwatch.warm_up()?;
    let race = Race::run(entries.len(), &limits, &mut stopwatch)?;
    let spent = stopwatch.spent();
    stopwatch.bar.finish_and_clear();
    let cells: Vec<Cell> = entries.iter().map(|entry| entry.cell.clone()).collect();
    let Some(verdict) = Verdict::new(&cells, &race) else {
        return Err(MeasureError::TimedOut {
            command: entries[0].program.title(),
            limit: arguments.timeout.unwrap_or_default(),
        }
        .into());
    };
    let tuning = Tuning {
        asked,
        cores,
        usable,
        entries,
        race,
        verdict,
        spent,
    };
    match arguments.format {
        Format::Json => document::write(arguments, &tuning, output)?,
        Format::Text => map::write(&tuning, output)?,
    }
    Ok(exit::OK)
}

impl Arguments {
    fn check_threads(&self, usable: usize) -> Result<(), Error> {
        for (option, threads) in [("--application", &self.application), ("--blas", &self.blas)] {
            let Some(many) = threads.iter().find(|&&threads| threads > usable) else {
                continue;
            };
            let cores = match usable {
                1 => "the one core".to_owned(),
                _ => format!("the {usable} cores"),
            };
            return Err(Error::Usage {
                message: format!("`{option}` {many} is more than {cores} that can be used here"),
                hint: Some("more threads than cores only wait for each other".to_owned()),
            });
        }
        Ok(())
    }
}

/// Takes the time of cells.
struct Stopwatch<'a> {
    entries: &'a [Entry],
    log: PathBuf,
    began: Instant,
    bar: ProgressBar,
    budget: Duration,
}

impl Stopwatch<'_> {
    /// Runs each program once, so that no cell is the one that reads it from a disk;
    /// what is wrong with it is found here.
    fn warm_up(&mut self) -> Result<(), Error> {
        let mut last = None;
        for entry in self.entries {
            if last != Some(entry.candidate) {
                entry.program.measure(&self.log)?;
            }
            last = Some(entry.candidate);
        }
        Ok(())
    }
}

impl Measure for Stopwatch<'_> {
    type Error = MeasureError;

    fn run(&mut self, cell: usize, round: usize) -> Result<Option<f64>, MeasureError> {
        let entry = &self.entries[cell];
        self.bar.set_message(format!(
            "round {round}: {}, {:.0} of {:.0} s",
            threads(&entry.cell),
            self.spent(),
            self.budget.as_secs_f64()
        ));
        entry.program.measure(&self.log)
    }

    fn spent(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

/// A line that tells how far it is, where a person watches.
fn progress(format: Format) -> ProgressBar {
    use std::io::IsTerminal as _;
    if format == Format::Json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{msg}").expect("the template is one"));
    bar
}

/// How a cell shares the cores, in words.
fn threads(cell: &Cell) -> String {
    let counted = |count: usize| match count {
        1 => "1 thread".to_owned(),
        _ => format!("{count} threads"),
    };
    match (cell.application, cell.blas) {
        (None, _) => "nothing set".to_owned(),
        (Some(own), BlasThreads::Counted(blas)) => {
            format!("application {}, BLAS {}", counted(own), counted(blas))
        }
        (Some(own), BlasThreads::Shared) => {
            format!("application and BLAS {}, in turn", counted(own))
        }
        (Some(own), BlasThreads::Own) => {
            format!("application {}, BLAS as it likes", counted(own))
        }
    }
}
