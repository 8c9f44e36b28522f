//! The whole machine: every compiler, BLAS and MPI that can be found, and what
//! works of them, as a host report.

mod blas;
mod blas_files;
mod cache;
mod compilers;
mod environment;
mod features;
mod find;
mod group;
mod mpi;
mod ranks;
mod scalapack;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use cfgmatrix_core::{Host, HostReport, KnowledgeBase, Language, Target};
use rayon::ThreadPool;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::identify::{CompilerCommand, IdentifyError};
use crate::trial::Runner;
use cache::Cache;

pub use cache::CacheUse;
pub use environment::Environment;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Compilers and their features. The other parts need them.
    Compilers,
    /// BLAS libraries.
    Blas,
    /// MPI implementations, and ScaLAPACK where BLAS is looked for too.
    Mpi,
}

/// A program that runs those of another system.
#[derive(Clone, Debug)]
pub struct Emulator {
    /// The system.
    pub target: Target,
    /// The command, as a list of arguments.
    pub command: Vec<OsString>,
}

/// What a survey is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The environment, as the program was started in it.
    pub environment: Environment,
    /// The system it runs on.
    pub host: Target,
    /// Compilers to look at, each as a user names it; none stands for all that are found.
    pub compilers: Vec<OsString>,
    /// Directories of programs, or prefixes of installations, beside the usual ones.
    pub paths: Vec<PathBuf>,
    /// Languages of interest.
    pub languages: Vec<Language>,
    /// Features to prove.
    pub features: Vec<String>,
    /// What is looked for.
    pub parts: Vec<Part>,
    /// Programs that run those of other systems.
    pub emulators: Vec<Emulator>,
    /// How long one compiler or program may take.
    pub time_limit: Duration,
    /// How many processes may run at a time.
    pub workers: usize,
    /// Where answers are kept.
    pub cache: CacheUse,
    /// A number that changes with the knowledge base.
    pub knowledge: u64,
}

/// What a survey tells while it works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// So many more things are to be tried.
    More(usize),
    /// One has been tried.
    Done(&'a str),
}

/// What can make a survey end without a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// A directory that the user names is none.
    #[error("{} is no directory that can be read", .path.display())]
    NoDirectory {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A compiler that the user names is none.
    #[error("{reason}")]
    NoCompiler {
        /// What is wrong with it.
        reason: String,
    },
    /// The user ended it.
    #[error("interrupted")]
    Interrupted,
    /// The knowledge base does not load, or does not know a feature.
    #[error(transparent)]
    Knowledge(#[from] cfgmatrix_core::Error),
    /// A temporary file could not be written.
    #[error(transparent)]
    Identify(#[from] IdentifyError),
}

/// What all parts of a survey work with.
struct Context<'a> {
    known: &'a KnowledgeBase,
    options: &'a Options,
    cache: Cache,
    pool: ThreadPool,
    /// Stands for the environment in the keys of the cache.
    environment: u64,
    progress: &'a (dyn Fn(&Step<'_>) + Sync),
    warnings: Mutex<Vec<String>>,
}

/// Looks at the machine.
///
/// # Errors
/// The user names what is not there, or the knowledge base does not load. What
/// is wrong with a compiler is in the report.
pub fn survey(
    known: &KnowledgeBase,
    options: &Options,
    progress: &(dyn Fn(&Step<'_>) + Sync),
) -> Result<HostReport, SurveyError> {
    for path in &options.paths {
        std::fs::read_dir(path).map_err(|source| SurveyError::NoDirectory {
            path: path.clone(),
            source,
        })?;
    }
    for feature in &options.features {
        known.feature(feature)?;
    }
    let made_by = format!("{} {:016x}", env!("CARGO_PKG_VERSION"), options.knowledge);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.workers.max(1))
        .build()
        .map_err(|error| IdentifyError::Write {
            path: "thread".into(),
            source: std::io::Error::other(error),
        })?;
    let context = Context {
        known,
        options,
        cache: Cache::open(&options.cache, made_by),
        pool,
        environment: options.environment.digest(),
        progress,
        warnings: Mutex::default(),
    };
    let has = |part| options.parts.contains(&part);
    let toolchains = compilers::survey(&context)?;
    let blas = if has(Part::Blas) {
        blas::survey(&context, &toolchains)?
    } else {
        Vec::new()
    };
    let (mpi, scalapack) = if has(Part::Mpi) {
        mpi::survey(&context, &toolchains, &blas)?
    } else {
        (Vec::new(), Vec::new())
    };
    if crate::process::interrupted() {
        return Err(SurveyError::Interrupted);
    }
    context.cache.save();
    let mut warnings = context
        .warnings
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    warnings.extend(context.cache.warnings());
    warnings.sort();
    warnings.dedup();
    Ok(HostReport {
        format_version: HostReport::FORMAT_VERSION,
        host: Host {
            target: options.host,
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        },
        toolchains: if has(Part::Compilers) {
            toolchains
        } else {
            Vec::new()
        },
        blas,
        mpi,
        scalapack,
        warnings,
    })
}

impl Context<'_> {
    fn warn(&self, text: String) {
        let mut warnings = self
            .warnings
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        warnings.push(text);
    }

    /// The key of an answer: what was asked, in which environment.
    fn key(&self, parts: &[&str]) -> String {
        format!("{:016x} {}", self.environment, parts.join("\u{1f}"))
    }

    /// How programs for a system can be run here.
    fn runner(&self, target: Option<Target>) -> Runner {
        let host = self.options.host;
        let Some(target) = target.filter(|target| *target != host) else {
            return Runner::Here;
        };
        let mut emulators = self.options.emulators.iter();
        match emulators.find(|emulator| emulator.target == target) {
            Some(emulator) => Runner::Through(emulator.command.clone()),
            None => Runner::Nowhere,
        }
    }

    /// Does the same with each of several things, as many at a time as there are
    /// workers, from one queue in this order; the results are in it too.
    fn each<T: Send, R: Send>(
        &self,
        things: Vec<T>,
        shown: impl Fn(&T) -> String + Sync,
        examine: impl Fn(T) -> Result<R, SurveyError> + Sync,
    ) -> Result<Vec<R>, SurveyError> {
        (self.progress)(&Step::More(things.len()));
        let mut results: Vec<(usize, Result<R, SurveyError>)> = self.pool.install(|| {
            let queue = things.into_iter().enumerate().par_bridge();
            queue
                .map(|(number, thing)| {
                    let shown = shown(&thing);
                    let result = examine(thing);
                    (self.progress)(&Step::Done(&shown));
                    (number, result)
                })
                .collect()
        });
        results.sort_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// The SHA-256 of a file, in hexadecimal.
    fn sha256(&self, path: &Path) -> Option<String> {
        let key = format!("sha256 {}", path.display());
        let digest = || {
            let mut hasher = Sha256::new();
            let mut file = std::fs::File::open(path)?;
            std::io::copy(&mut file, &mut hasher)?;
            let digest = hasher.finalize();
            let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok::<_, std::io::Error>((text, Some(vec![path.to_owned()])))
        };
        self.cache.remember(&key, digest).ok()
    }
}

/// A path as the report has it, or nothing where JSON cannot hold it.
fn text(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}

/// The driver as a command, in the time that the survey gives it.
fn command(
    program: &Path,
    arguments: &[OsString],
    environment: &[(OsString, OsString)],
    limit: Duration,
) -> CompilerCommand {
    CompilerCommand {
        program: program.to_owned(),
        arguments: arguments.to_vec(),
        environment: environment.to_vec(),
        time_limit: Some(limit),
    }
}

/// The loader's index of libraries: what a program finds when it starts depends on it.
fn loader_index() -> PathBuf {
    PathBuf::from("/etc/ld.so.cache")
}
