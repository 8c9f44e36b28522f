//! `cfgmatrix threads plan`

use std::collections::BTreeMap;
use std::str::FromStr;

use cfgmatrix_build::threads::{
    Application, BlasDemand, Cores, Demand, Jobs, Plan, PlanError, Prefer, Variable,
};
use cfgmatrix_core::emit::FORMAT_VERSION;
use cfgmatrix_core::{
    Blas, Expansion, KnowledgeBase, Support, Target, Threading, UnknownWord, Variant,
    WantedThreading,
};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::super::expand::{MachineArguments, MatrixArguments};
use super::super::output::{Output, print_warning};
use super::super::{Error, Surroundings, exit};
use super::table;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    matrix: MatrixArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// For one job with this library instead of a matrix, such as `openblas=pthread`.
    #[arg(long, value_name = "LIBRARY=THREADING", conflicts_with_all = ["spec", "select", "profile", "installed", "host"])]
    blas: Option<String>,
    /// Jobs (variants) at a time [default: 1 where a job has threads, else as many as fit].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    jobs: Option<usize>,
    /// MPI ranks of each job.
    #[arg(long, value_name = "N", default_value = "1", value_parser = at_least_one)]
    ranks: usize,
    /// No more cores than these [default: all that affinity and control groups allow].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    cores: Option<usize>,
    /// Two threads to a core, where the processor has them.
    #[arg(long)]
    smt: bool,
    /// Who gets the threads: `blas` for one big matrix, `application` for many small ones, `balanced` for both.
    #[arg(long, value_name = "LAYER", default_value = "balanced", value_parser = word::<Prefer>)]
    prefer: Prefer,
    /// What the application runs in: `openmp`, `sequential` or `unknown` [default: as the variant's features say].
    #[arg(long, value_name = "THREADING", value_parser = word::<Application>)]
    application: Option<Application>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// One document.
    Json,
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("a whole number from 1 up is expected".to_owned()),
    }
}

fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, UnknownWord> {
    text.parse()
}

/// A job, and how it is threaded.
struct Job {
    name: String,
    target: Target,
    has_mpi: bool,
    application: Application,
    blas: Option<BlasDemand>,
    /// What the matrix itself sets for the running program.
    run_env: BTreeMap<String, String>,
}

/// A job with its plan.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) application: Application,
    pub(super) blas: Option<BlasDemand>,
    pub(super) plan: Plan,
    pub(super) variables: Vec<Variable>,
}

#[derive(Serialize)]
struct PlansJson<'a> {
    format_version: u32,
    name: &'a str,
    cores: CoresJson<'a>,
    /// Jobs at a time; null where there is none.
    jobs: Option<usize>,
    variants: Vec<PlannedJson<'a>>,
}

#[derive(Serialize)]
struct CoresJson<'a> {
    #[serde(flatten)]
    cores: &'a Cores,
    usable: usize,
    usable_physical: Option<usize>,
}

#[derive(Serialize)]
struct PlannedJson<'a> {
    name: &'a str,
    application: Application,
    blas: Option<BlasJson<'a>>,
    threads: &'a Plan,
    env: BTreeMap<&'a str, &'a str>,
    variables: &'a [Variable],
}

#[derive(Serialize)]
struct BlasJson<'a> {
    library: &'a str,
    threading: Threading,
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let cores = Cores::here();
    let (name, jobs) = arguments.asked(known, knowledge, surroundings)?;
    let demands = arguments.demands(&cores, &jobs);
    let plans = Plan::for_all(&demands).map_err(|error| usage(&error))?;
    let planned: Vec<Planned> = jobs.into_iter().zip(plans).map(Planned::new).collect();
    match arguments.format {
        Format::Json => output.json(&document(&name, &cores, &planned))?,
        Format::Table => table::write(&name, &cores, &planned, output)?,
    }
    output.flush()?;
    arguments.warn(&cores);
    Ok(exit::OK)
}

/// The variables that keep the variants of a run within the machine's cores where
/// so many of them are at work; nothing for variants that set them themselves.
pub(in super::super) fn variables(
    variants: &[Variant<'_>],
    host: Target,
    jobs: usize,
) -> Result<Vec<Vec<(String, String)>>, Error> {
    let cores = Cores::here();
    let machine = Demand::on(&cores);
    let jobs = jobs.clamp(1, machine.logical.max(1));
    let planned = variants
        .iter()
        .map(|variant| Job::new(variant, host, application_of(variant)));
    let planned: Vec<Job> = planned.collect();
    let demands = planned.iter().map(|job| Demand {
        jobs: Jobs::Wanted(jobs),
        application: job.application,
        blas: job.blas.clone(),
        ..machine.clone()
    });
    let demands: Vec<Demand> = demands.collect();
    let plans = Plan::for_all(&demands).map_err(|error| usage(&error))?;
    let planned = planned.into_iter().zip(plans).map(Planned::new);
    let variables = planned.map(|planned| {
        let variables = planned.variables.into_iter();
        variables.map(|one| (one.name, one.value)).collect()
    });
    Ok(variables.collect())
}

fn usage(error: &PlanError) -> Error {
    Error::Usage {
        message: error.to_string(),
        hint: error.hint(),
    }
}

impl Arguments {
    /// The jobs that are asked about.
    fn asked(
        &self,
        known: &KnowledgeBase,
        knowledge: impl FnOnce() -> Result<u64, Error>,
        surroundings: &Surroundings,
    ) -> Result<(String, Vec<Job>), Error> {
        let host = surroundings.host();
        if let Some(asked) = &self.blas {
            let job = self.library_job(asked, known, host)?;
            return Ok((asked.clone(), vec![job]));
        }
        let matrix = self.matrix.read()?;
        let report = self
            .machine
            .report(&matrix, known, knowledge, surroundings)?;
        let expansion = match &report {
            Some(report) => self.matrix.expand_on(&matrix, known, report)?,
            None => self.matrix.expand(&matrix, known)?,
        };
        let Expansion {
            name,
            variants,
            excluded,
            ..
        } = expansion;
        if variants.is_empty() {
            let reason = excluded.first();
            let reason = reason.map_or("nothing is selected", |excluded| &excluded.reason);
            return Err(Error::Nothing {
                what: format!("no variant of `{name}` is left: {reason}"),
            });
        }
        let jobs = variants.iter().map(|variant| {
            let application = self.application;
            let application = application.unwrap_or_else(|| application_of(variant));
            Job::new(variant, host, application)
        });
        Ok((name.to_owned(), jobs.collect()))
    }

    /// The job of `--blas`.
    fn library_job(
        &self,
        asked: &str,
        known: &KnowledgeBase,
        target: Target,
    ) -> Result<Job, Error> {
        let demand = library_demand("--blas", asked, known, target)?;
        Ok(Job {
            name: format!("{}={}", demand.library, demand.threading.as_str()),
            target,
            has_mpi: false,
            application: self.application.unwrap_or(Application::Unknown),
            blas: Some(demand),
            run_env: BTreeMap::new(),
        })
    }

    fn demands(&self, cores: &Cores, jobs: &[Job]) -> Vec<Demand> {
        let machine = Demand::on(cores);
        let limit = self.cores.unwrap_or(usize::MAX);
        // Of another machine's cores nothing is known but what the user says.
        let (logical, physical) = match (&self.machine.host, self.cores) {
            (Some(_), Some(cores)) => (cores, Some(cores)),
            _ => (
                machine.logical.min(limit),
                machine.physical.map(|physical| physical.min(limit)),
            ),
        };
        let some_have_mpi = jobs.iter().any(|job| job.has_mpi);
        let demands = jobs.iter().map(|job| Demand {
            logical,
            physical,
            smt: self.smt,
            whole_machine: machine.whole_machine && logical == machine.logical,
            jobs: self.jobs.map_or(
                Jobs::Automatic {
                    at_most: jobs.len(),
                },
                Jobs::Wanted,
            ),
            // A program without MPI beside others that have it is started once.
            ranks: if some_have_mpi && !job.has_mpi {
                1
            } else {
                self.ranks
            },
            application: job.application,
            blas: job.blas.clone(),
            prefer: self.prefer,
        });
        demands.collect()
    }

    /// Says where the cores are not those that were meant.
    fn warn(&self, cores: &Cores) {
        match (&self.machine.host, self.cores) {
            (Some(_), None) => print_warning(
                "the cores are those of this machine, not of the report's: give them with `--cores N`",
            ),
            (None, Some(wanted)) if wanted > cores.usable() => print_warning(format!(
                "--cores {wanted} is more than can be used here: planned for {}",
                cores.usable()
            )),
            _ => {}
        }
        for unknown in &cores.unknown {
            print_warning(format!("not known: {unknown}"));
        }
    }
}

/// A library that an option names, as in `--blas openblas=pthread`.
pub(super) fn library_demand(
    option: &str,
    asked: &str,
    known: &KnowledgeBase,
    target: Target,
) -> Result<BlasDemand, Error> {
    let (name, wanted) = match asked.split_once('=') {
        Some((name, wanted)) => (name, Some(wanted)),
        None => (asked, None),
    };
    let library = known.blas(name)?;
    let usage = |message: String| Error::Usage {
        message,
        hint: Some(format!("it is known as {}", threadings(library).join(", "))),
    };
    let Some(wanted) = wanted else {
        return Err(usage(format!(
            "`{option} {asked}` needs a threading, as in `{option} {}={}`",
            library.id,
            threadings(library).last().unwrap_or(&"sequential")
        )));
    };
    let wanted: WantedThreading = wanted.parse().map_err(cfgmatrix_core::Error::Unknown)?;
    let mut kinds = wanted.kinds().iter().copied();
    let threading = kinds.find(|&kind| has_threading(library, kind));
    let threading = threading.ok_or_else(|| {
        usage(format!(
            "{} is not known as {}",
            library.name,
            wanted.as_str()
        ))
    })?;
    Ok(demand_of(library, threading, target))
}

fn has_threading(library: &Blas, threading: Threading) -> bool {
    library.rows().iter().any(|row| row.threading == threading)
}

/// The threadings that a library is known to have.
fn threadings(library: &Blas) -> Vec<&'static str> {
    let all = [
        Threading::Sequential,
        Threading::Openmp,
        Threading::Pthread,
        Threading::Tbb,
    ];
    let had = all.into_iter().filter(|&kind| has_threading(library, kind));
    had.map(Threading::as_str).collect()
}

pub(super) fn demand_of(library: &Blas, threading: Threading, target: Target) -> BlasDemand {
    let variables = library.thread_variables(threading, target);
    BlasDemand {
        library: library.id.clone(),
        threading,
        variables: variables.into_iter().map(str::to_owned).collect(),
    }
}

/// Whether a variant is compiled with OpenMP; of one without a compiler nothing
/// is known.
pub(super) fn application_of(variant: &Variant<'_>) -> Application {
    let openmp = variant.answers.iter().any(|answer| {
        answer.feature.id == "openmp" && matches!(answer.support, Support::Flags | Support::Default)
    });
    match (openmp, &variant.toolchain) {
        (true, _) => Application::Openmp,
        (false, Some(_)) => Application::Sequential,
        (false, None) => Application::Unknown,
    }
}

impl Job {
    fn new(variant: &Variant<'_>, host: Target, application: Application) -> Self {
        let target = variant.toolchain.as_ref();
        let target = target.map_or(host, |toolchain| toolchain.target);
        let blas = variant.blas.as_ref();
        Self {
            name: variant.name.clone(),
            target,
            has_mpi: variant.configuration.mpi.is_some(),
            application,
            blas: blas.map(|blas| demand_of(blas.library, blas.row.threading, target)),
            run_env: variant.configuration.run_env.clone(),
        }
    }
}

impl Planned {
    fn new((job, mut plan): (Job, Plan)) -> Self {
        let mut variables = plan.variables(job.target);
        variables.retain(|variable| {
            let Some(own) = job.run_env.get(&variable.name) else {
                return true;
            };
            // Of a list the first number decides: one level is all that is active.
            if variable.value.split(',').next() != Some(own) {
                plan.warnings.push(format!(
                    "the matrix sets {}={own}, where the plan has {}: the matrix's is kept, and the plan is not",
                    variable.name, variable.value
                ));
                plan.held = false;
            }
            false
        });
        Self {
            name: job.name,
            application: job.application,
            blas: job.blas,
            plan,
            variables,
        }
    }
}

fn document<'a>(name: &'a str, cores: &'a Cores, planned: &'a [Planned]) -> PlansJson<'a> {
    let variants = planned.iter().map(|one| {
        let pairs = one.variables.iter();
        PlannedJson {
            name: &one.name,
            application: one.application,
            blas: one.blas.as_ref().map(|blas| BlasJson {
                library: &blas.library,
                threading: blas.threading,
            }),
            threads: &one.plan,
            env: pairs
                .map(|variable| (variable.name.as_str(), variable.value.as_str()))
                .collect(),
            variables: &one.variables,
        }
    });
    PlansJson {
        format_version: FORMAT_VERSION,
        name,
        cores: CoresJson {
            cores,
            usable: cores.usable(),
            usable_physical: cores.usable_physical(),
        },
        jobs: planned.first().map(|one| one.plan.jobs),
        variants: variants.collect(),
    }
}
