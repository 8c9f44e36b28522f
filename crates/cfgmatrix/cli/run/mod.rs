//! `cfgmatrix run`

mod conduct;
mod further;
mod plan;
mod progress;
mod session;
mod summary;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use cfgmatrix_build::backend::{Backend, detect};
use cfgmatrix_build::outcome::{Outcome, Status};
use cfgmatrix_build::report::{self, Report};
use cfgmatrix_build::run::{Keep, MemoryLimit};
use cfgmatrix_build::threads::Cores;
use cfgmatrix_core::{HostReport, KnowledgeBase, RunOptions, Variant};
use clap::{Args, ValueEnum};

use super::expand::MatrixArguments;
use super::output::Output;
use super::probe::ProbeArguments;
use super::report::{target, write as write_file};
use super::verify::absolute;
use super::{Error, Surroundings, exit};
use crate::files;
use session::{Project, Session};
use summary::Summary;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    matrix: MatrixArguments,
    /// With the compilers and libraries of a report that `probe --format json` printed on this machine; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// The sources: built by the steps of the matrix's table `run`, else by the build system that they are for [default: this directory].
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    source: Option<PathBuf>,
    /// The build system: cmake, meson, cargo, setuptools, autotools or make [default: as the source's files say].
    #[arg(long, value_name = "BUILD SYSTEM", conflicts_with = "command")]
    with: Option<String>,
    /// Builds at a time, and jobs of make and its like within them [default: as many as there are cores].
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Where builds, logs and outcomes are kept.
    #[arg(long, value_name = "DIR", default_value = "cfgmatrix-run")]
    directory: PathBuf,
    /// Keep what earlier runs found out: variants that ended, whether or not they passed. What has changed is built anew; of what a command reads, nothing is known.
    #[arg(long)]
    resume: bool,
    /// Build only what did not pass before.
    #[arg(long, conflicts_with = "resume")]
    only_failed: bool,
    /// End with the first variant that does not pass.
    #[arg(long)]
    fail_fast: bool,
    /// Build the others when one does not pass, as is done anyway.
    #[arg(long, conflicts_with = "fail_fast")]
    keep_going: bool,
    /// Seconds that a command may take [default: as the matrix says, else for ever].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Start a command that fails so many times again [default: as the matrix says, else never].
    #[arg(long, value_name = "N")]
    retry: Option<u32>,
    /// Memory that all builds may have together, such as 4GiB, 500MB or 80%: one is begun when there is enough, and put off when there is not [default: no bound, or nine tenths of the control group's].
    #[arg(long, value_name = "SIZE")]
    memory: Option<MemoryLimit>,
    /// Only the Ith of N parts of the variants, to share them among machines.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Then build the fewest further variants of the whole matrix that tell apart what may explain the failures.
    #[arg(long, conflicts_with_all = ["shard", "fail_fast"])]
    bisect: bool,
    /// Install each variant that is built by a build system, in a directory of its own below this one.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    install: Option<PathBuf>,
    /// Write what came of it to this file, as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Let a variable of this environment reach the builds (may be given again).
    #[arg(long, value_name = "NAME")]
    pass: Vec<String>,
    /// Believe what each build is said to be, without looking at it.
    #[arg(long)]
    no_verify: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The command that builds and tests a variant, started in an empty directory of the variant's own [default: the steps of the matrix's table `run`].
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One document, at the end.
    Json,
    /// What happens, one document a line, as it does.
    Jsonl,
}

/// One of several parts of the variants.
#[derive(Clone, Copy, Debug)]
struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let parts = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            Some((number, of)) if of > 0 => Err(format!(
                "there is no part {number} of {of}: expected 1/{of} to {of}/{of}"
            )),
            _ => Err("expected a part and their number, such as `2/4`".to_owned()),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|&seconds| seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a number of seconds above 0 is expected".to_owned())
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    super::interruptible();
    let matrix = arguments.matrix.read()?;
    if let Some(path) = &arguments.junit {
        // Not after hours of building.
        target(path)?;
    }
    let options = matrix.run_options();
    let project = Project::new(arguments, options)?;
    let host = match &arguments.host {
        Some(path) => HostReport::parse(&files::read_argument(path)?)?,
        None => ProbeArguments::for_matrix(&matrix).survey(known, knowledge()?, surroundings)?,
    };
    let space = arguments.matrix.space(&matrix, known, Some(&host))?;
    let selection = space.select(&arguments.matrix.select)?;
    let expansion = space.expand(&selection, &arguments.matrix.plan(&matrix)?)?;
    if expansion.variants.is_empty() {
        return Err(space.nothing_left(&selection).into());
    }
    let all = expansion.variants.into_iter().enumerate();
    let variants = all.filter(|(number, _)| arguments.takes(*number));
    let variants: Vec<Variant<'_>> = variants.map(|(_, variant)| variant).collect();
    let mut session = Session::new(
        arguments,
        options,
        project,
        known,
        surroundings,
        &space,
        &variants,
    )?;
    session.tell_changes(&variants)?;
    session.build(&variants)?;
    let propose = |report: &Report| match arguments.shard {
        // The other parts may have them.
        Some(_) => Ok(Vec::new()),
        None => further::propose(report, &space, &selection),
    };
    let mut report = session.report();
    let mut further = propose(&report)?;
    while arguments.bisect && !further.is_empty() && !cfgmatrix_probe::process::interrupted() {
        session.build(&further)?;
        report = session.report();
        further = propose(&report)?;
    }
    session.end(&mut report, &further)?;
    if let Some(path) = &arguments.junit {
        write_file(path, report::junit(&report))?;
    }
    let summary = Summary {
        report: &report,
        directory: session.directory(),
        further: &further,
        excluded: &expansion.excluded,
    };
    summary.write(arguments.format, output)?;
    Ok(code(&report))
}

/// The code that a run ends with.
fn code(report: &Report) -> u8 {
    let passed = |outcome: &Outcome| outcome.status == Status::Passed;
    if cfgmatrix_probe::process::interrupted() {
        exit::INTERRUPTED
    } else if report
        .rows
        .iter()
        .all(|row| row.outcome.as_ref().is_some_and(passed))
    {
        exit::OK
    } else {
        exit::FAILED
    }
}

impl Arguments {
    fn takes(&self, number: usize) -> bool {
        self.shard
            .is_none_or(|shard| number % shard.of == shard.number - 1)
    }

    /// What builds the source: as the user says, else as its files do where there
    /// are no commands.
    fn backend(&self, options: &RunOptions, source: &Path) -> Result<Option<Backend>, Error> {
        if let Some(name) = &self.with {
            let backend = name.parse().map_err(cfgmatrix_core::Error::from)?;
            return Ok(Some(backend));
        }
        if !self.command.is_empty() || !options.steps().is_empty() {
            return Ok(None);
        }
        match (detect(source), &self.source) {
            (Ok(backend), _) => Ok(Some(backend)),
            (Err(error), Some(_)) => Err(error.into()),
            (Err(_), None) => Err(no_command()),
        }
    }

    fn workers(&self) -> usize {
        self.jobs
            .map_or_else(|| Cores::here().usable(), NonZeroUsize::get)
    }

    /// Bytes that the builds may have.
    fn memory(&self) -> Result<Option<u64>, Error> {
        let Some(limit) = self.memory else {
            return Ok(MemoryLimit::of_group().filter(|_| MemoryLimit::is_known()));
        };
        let bytes = limit.bytes().filter(|_| MemoryLimit::is_known());
        bytes.map(Some).ok_or_else(|| Error::Usage {
            message: "this system does not say how much memory processes have, as `--memory` needs"
                .to_owned(),
            hint: Some("leave it out, and choose fewer builds at a time with `--jobs`".to_owned()),
        })
    }

    fn keep(&self) -> Keep {
        match (self.resume, self.only_failed) {
            (true, _) => Keep::Ended,
            (_, true) => Keep::Passed,
            _ => Keep::Nothing,
        }
    }
}

fn no_command() -> Error {
    Error::Usage {
        message: "nothing says how a variant is built: there is neither a command nor a table `run` in the matrix".to_owned(),
        hint: Some("give a command after `--`, as in `cfgmatrix run -- make check`".to_owned()),
    }
}
