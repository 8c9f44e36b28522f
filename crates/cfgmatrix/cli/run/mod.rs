//! `cfgmatrix run`

mod plan;
mod progress;
mod summary;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use cfgmatrix_build::backend::{Backend, detect};
use cfgmatrix_build::outcome::{Outcome, Status};
use cfgmatrix_build::report::Run;
use cfgmatrix_build::run::{Conduct, Event, Job, Keep, Record, Settings, Step};
use cfgmatrix_build::run::{passed, run as run_jobs};
use cfgmatrix_build::threads::Cores;
use cfgmatrix_build::verify::{BlasQuestion, Recogniser, Scene, verify};
use cfgmatrix_core::emit::environment;
use cfgmatrix_core::{HostReport, KnowledgeBase, RunOptions, Variant};
use clap::{Args, ValueEnum};

use super::expand::MatrixArguments;
use super::output::Output;
use super::probe::ProbeArguments;
use super::verify::{Helper, absolute};
use super::{Error, Surroundings, exit};
use crate::files;
use progress::Progress;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    matrix: MatrixArguments,
    /// With the compilers and libraries of a report that `probe --format json` printed on this machine; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// Build what is in this directory, by the build system that it is for, instead of a command.
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
    /// Keep what earlier runs found out: variants that ended, whether or not they passed.
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
    /// Only the Ith of N parts of the variants, to share them among machines.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
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
    let options = matrix.run_options();
    let source = absolute(arguments.source.as_deref().unwrap_or(Path::new(".")))?;
    let backend = arguments.backend(options, &source)?;
    if backend.is_none() && arguments.command.is_empty() && options.steps().is_empty() {
        return Err(no_command());
    }
    let all = expansion.variants.into_iter().enumerate();
    let variants = all.filter(|(number, _)| arguments.takes(*number));
    let variants: Vec<Variant<'_>> = variants.map(|(_, variant)| variant).collect();
    // They are no part of what a job is: another machine has other cores.
    let threads = super::threads::variables(&variants, surroundings.host(), arguments.workers())?;
    // What is wrong with a step is said before anything is written.
    for variant in variants.iter().filter(|_| backend.is_none()) {
        let (nowhere, none) = (Path::new(""), &[]);
        plan::steps(&arguments.command, options, variant, nowhere, nowhere, none)?;
    }
    let record = Record::open(&arguments.directory)?;
    let (mut jobs, mut steps) = (Vec::new(), BTreeMap::new());
    for (variant, threads) in variants.iter().zip(threads) {
        let build = record.build(&variant.name);
        let own = match backend {
            Some(_) => Vec::new(),
            None => plan::steps(
                &arguments.command,
                options,
                variant,
                &source,
                &build,
                &threads,
            )?,
        };
        let recipe = match backend {
            Some(backend) => plan::backend_recipe(backend, &source),
            None => plan::recipe(&arguments.command, options, &source),
        };
        jobs.push(arguments.job(variant, options, recipe));
        steps.insert(
            variant.name.clone(),
            Prepared {
                steps: own,
                threads,
            },
        );
    }
    record.write_manifest(&Run::of_jobs(&expansion.name, &jobs, now()))?;
    let mut named = arguments.pass.clone();
    named.extend_from_slice(&options.pass);
    let also = surroundings.environment.iter();
    let also = also.filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
    let also = also.filter(|(name, _)| named.iter().any(|named| named == name));
    let also = also.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let also = also.collect();
    let settings = Settings {
        jobs: arguments.workers(),
        keep: match (arguments.resume, arguments.only_failed) {
            (true, _) => Keep::Ended,
            (_, true) => Keep::Passed,
            _ => Keep::Nothing,
        },
        fail_fast: arguments.fail_fast,
        passed: passed(surroundings.environment.iter(), &named),
    };
    let progress = Progress::new(arguments.format, jobs.len());
    let commander = Commander {
        prepared: &steps,
        backend,
        directory: record.directory(),
        variants: &variants,
        known,
        recogniser: Recogniser::new(),
        source: &source,
        also,
        verify: !arguments.no_verify,
        progress: &progress,
    };
    let outcomes = run_jobs(&jobs, &record, &settings, &commander)?;
    progress.end();
    let excluded = &expansion.excluded;
    summary::write(arguments.format, &record, &outcomes, excluded, output)?;
    Ok(code(&outcomes))
}

/// The code that a run ends with.
fn code(outcomes: &[Option<Outcome>]) -> u8 {
    let has = |status: Status| {
        let mut ended = outcomes.iter().flatten();
        ended.any(|outcome| outcome.status == status)
    };
    if cfgmatrix_probe::process::interrupted() {
        exit::INTERRUPTED
    } else if outcomes.iter().any(Option::is_none)
        || [
            Status::Failed,
            Status::TimedOut,
            Status::Refuted,
            Status::Interrupted,
        ]
        .into_iter()
        .any(has)
    {
        exit::FAILED
    } else {
        exit::OK
    }
}

/// Seconds from 1970 to now.
#[expect(
    clippy::disallowed_methods,
    reason = "a run says when it began; nothing depends on it"
)]
fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
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
        let commands = !self.command.is_empty() || !options.steps().is_empty();
        if self.source.is_none() && commands {
            return Ok(None);
        }
        match (detect(source), &self.source) {
            (Ok(backend), _) => Ok(Some(backend)),
            (Err(error), Some(_)) => Err(error.into()),
            (Err(_), None) => Ok(None),
        }
    }

    fn workers(&self) -> usize {
        self.jobs
            .map_or_else(|| Cores::here().usable(), NonZeroUsize::get)
    }

    fn job(&self, variant: &Variant<'_>, options: &RunOptions, recipe: String) -> Job {
        let limit = options.timeout;
        let limit = limit.map(|seconds| Duration::from_secs(u64::from(seconds.get())));
        Job {
            variant: variant.name.clone(),
            id: variant.configuration.id.clone(),
            axes: variant.axes.clone(),
            recipe,
            environment: environment(variant),
            limit: self.timeout.or(limit),
            retries: self.retry.unwrap_or(options.retry),
        }
    }
}

fn no_command() -> Error {
    Error::Usage {
        message: "nothing says how a variant is built: there is neither a command nor a table `run` in the matrix".to_owned(),
        hint: Some("give a command after `--`, as in `cfgmatrix run -- make check`".to_owned()),
    }
}

/// Gives each variant its steps, and tells what happens.
struct Commander<'a> {
    /// By variant.
    prepared: &'a BTreeMap<String, Prepared>,
    /// What builds the source, where it is not commands.
    backend: Option<Backend>,
    /// The run's own directory, which is no part of the sources.
    directory: &'a Path,
    variants: &'a [Variant<'a>],
    known: &'a KnowledgeBase,
    recogniser: Recogniser,
    source: &'a Path,
    /// What of the caller's environment the user lets through: what was built runs with it.
    also: BTreeMap<String, String>,
    /// Whether what was built is looked at.
    verify: bool,
    progress: &'a Progress,
}

/// What is known of a variant's steps before it begins.
struct Prepared {
    steps: Vec<Step>,
    /// The variables that say how many threads it may have.
    threads: Vec<(String, String)>,
}

impl Commander<'_> {
    fn variant(&self, job: &Job) -> &Variant<'_> {
        let mut variants = self.variants.iter();
        variants
            .find(|variant| variant.name == job.variant)
            .expect("each job is of a variant")
    }
}

impl Conduct for Commander<'_> {
    fn steps(&self, job: &Job, build: &Path) -> Result<Vec<Step>, String> {
        let prepared = &self.prepared[&job.variant];
        let Some(backend) = self.backend else {
            return Ok(prepared.steps.clone());
        };
        let variant = self.variant(job);
        let variables = plan::environment(&prepared.threads, self.source, build);
        let skip = [self.directory.to_owned()];
        plan::backend_steps(backend, variant, self.source, build, &skip, &variables).map_err(
            |error| {
                error
                    .hint()
                    .map_or(error.to_string(), |hint| format!("{error}: {hint}"))
            },
        )
    }

    fn examine(&self, job: &Job, build: &Path, outcome: &mut Outcome) {
        if !self.verify {
            return;
        }
        let variant = self.variant(job);
        let mut run_env = self.also.clone();
        run_env.extend(variant.configuration.run_env.clone());
        let logs = outcome.steps.iter();
        let logs = logs.map(|step| self.directory.join(&step.log)).collect();
        let scene = Scene::of_build(build, &[self.source.to_owned()], run_env).with_logs(logs);
        let helper = Helper::of(variant);
        let ask = |question: &BlasQuestion<'_>| helper.ask(question);
        // Files that were found by looking are passed over where they cannot be read.
        if let Ok(seen) = verify(variant, self.known, &self.recogniser, &scene, ask) {
            if seen.refuted().next().is_some() {
                outcome.status = Status::Refuted;
            }
            outcome.fingerprint = seen.fingerprint;
            outcome.claims = seen.claims;
        }
    }

    fn tell(&self, event: Event<'_>) {
        self.progress.tell(event);
    }
}
