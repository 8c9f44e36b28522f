//! `cfgmatrix probe`

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cfgmatrix_core::{HostReport, KnowledgeBase, Language, Matrix, Target};
use cfgmatrix_probe::survey::{self, CacheUse, Emulator, Options, Part, Step};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use super::{Error, Surroundings, exit, probe_table};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) probe: ProbeArguments,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What is looked at, and how.
#[derive(Debug, Args)]
pub(super) struct ProbeArguments {
    /// A directory of programs, or the prefix of an installation, to look into beside the usual ones (may be given again).
    #[arg(long, value_name = "DIR")]
    path: Vec<PathBuf>,
    /// Only this compiler, by name or path, in place of all that are found (may be given again).
    #[arg(long, value_name = "NAME|PATH")]
    compiler: Vec<OsString>,
    /// Languages of interest.
    #[arg(
        long,
        value_name = "LANG",
        value_delimiter = ',',
        default_value = "c,cxx,fortran"
    )]
    languages: Vec<Language>,
    /// Features to prove.
    #[arg(
        long,
        value_name = "FEATURE",
        value_delimiter = ',',
        default_value = "openmp"
    )]
    features: Vec<String>,
    /// Look only for these.
    #[arg(
        long,
        value_enum,
        value_name = "PART",
        value_delimiter = ',',
        default_value = "compilers,blas,mpi"
    )]
    only: Vec<PartName>,
    /// How programs of another system are run here, as in `aarch64-linux=qemu-aarch64,-L,/usr/aarch64-linux-gnu` (may be given again).
    #[arg(long, value_name = "TARGET=COMMAND[,ARG…]", value_parser = parse_emulator)]
    emulator: Vec<Emulator>,
    /// Seconds that one compiler or program may take.
    #[arg(long, value_name = "SECONDS", default_value_t = Self::TIMEOUT, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Processes that may run at a time [default: one more than processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Ask everything again, and keep the answers.
    #[arg(long, conflicts_with = "no_cache")]
    refresh: bool,
    /// Neither read nor keep answers.
    #[arg(long)]
    no_cache: bool,
    /// Where answers are kept [default: cfgmatrix in the user's cache directory].
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    cache_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// The host report.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PartName {
    /// Compilers and their features.
    Compilers,
    /// BLAS libraries.
    Blas,
    /// MPI implementations, and ScaLAPACK beside BLAS.
    Mpi,
}

fn parse_emulator(text: &str) -> Result<Emulator, String> {
    let expected = "expected TARGET=COMMAND, as in `aarch64-linux=qemu-aarch64`";
    let (target, command) = text.split_once('=').ok_or(expected)?;
    let target = Target::from_triple(target)
        .ok_or_else(|| format!("`{target}` is no target that is known; {expected}"))?;
    let command: Vec<OsString> = command.split(',').map(OsString::from).collect();
    if command.iter().any(|word| word.is_empty()) {
        return Err(format!("the command has an empty word; {expected}"));
    }
    Ok(Emulator { target, command })
}

impl ProbeArguments {
    /// What a matrix needs to know of a machine.
    pub(super) fn for_matrix(matrix: &Matrix) -> Self {
        let mut only = vec![PartName::Compilers];
        if matrix.has_axis("blas") {
            only.push(PartName::Blas);
        }
        if matrix.has_axis("mpi") {
            only.push(PartName::Mpi);
        }
        let languages = match matrix.languages() {
            [] => Language::ALL.to_vec(),
            languages => languages.to_vec(),
        };
        Self {
            path: Vec::new(),
            compiler: Vec::new(),
            // Libraries and MPI are tried from C.
            languages: if only.len() > 1 && !languages.contains(&Language::C) {
                [languages, vec![Language::C]].concat()
            } else {
                languages
            },
            features: matrix.features().map(str::to_owned).collect(),
            only,
            emulator: Vec::new(),
            timeout: Self::TIMEOUT,
            jobs: None,
            refresh: false,
            no_cache: false,
            cache_dir: None,
        }
    }

    /// Seconds that one compiler or program may take, unless the user says otherwise.
    const TIMEOUT: u64 = 30;

    fn options(&self, surroundings: &Surroundings, knowledge: u64) -> Options {
        let cache = match (&self.cache_dir, &surroundings.cache) {
            _ if self.no_cache => CacheUse::None,
            (Some(path), _) | (None, Some(path)) => CacheUse::Directory {
                path: path.clone(),
                refresh: self.refresh,
            },
            (None, None) => CacheUse::None,
        };
        let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Options {
            environment: surroundings.environment.clone(),
            host: surroundings.host(),
            compilers: self.compiler.clone(),
            paths: self.path.iter().map(whole).collect(),
            languages: self.languages.clone(),
            features: self.features.clone(),
            parts: self.parts(),
            emulators: self.emulator.clone(),
            time_limit: Duration::from_secs(self.timeout),
            // One more than processors: while one answer is read, the others think.
            workers: self.jobs.map_or_else(
                || std::thread::available_parallelism().map_or(1, usize::from) + 1,
                usize::from,
            ),
            cache,
            knowledge,
        }
    }

    fn parts(&self) -> Vec<Part> {
        let parts = self.only.iter().map(|part| match part {
            PartName::Compilers => Part::Compilers,
            PartName::Blas => Part::Blas,
            PartName::Mpi => Part::Mpi,
        });
        parts.collect()
    }

    /// Looks at the machine, with a spinner where a person waits.
    pub(super) fn survey(
        &self,
        known: &KnowledgeBase,
        knowledge: u64,
        surroundings: &Surroundings,
    ) -> Result<HostReport, Error> {
        let options = self.options(surroundings, knowledge);
        super::interruptible();
        let spinner = spinner();
        let (total, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let progress = |step: &Step<'_>| {
            let Some(spinner) = &spinner else { return };
            match step {
                Step::More(more) => {
                    total.fetch_add(*more, Ordering::Relaxed);
                }
                Step::Done(what) => {
                    done.fetch_add(1, Ordering::Relaxed);
                    spinner.set_message((*what).to_owned());
                }
                _ => {}
            }
            let (done, total) = (done.load(Ordering::Relaxed), total.load(Ordering::Relaxed));
            spinner.set_prefix(format!("{done} of {total}"));
            spinner.tick();
        };
        let report = survey::survey(known, &options, &progress);
        if let Some(spinner) = &spinner {
            spinner.finish_and_clear();
        }
        Ok(report?)
    }
}

fn spinner() -> Option<ProgressBar> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let style = ProgressStyle::with_template("{spinner} {prefix} {wide_msg}");
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(style.expect("the template is one"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    Some(spinner)
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: u64,
    surroundings: &Surroundings,
    output: &mut Output,
) -> Result<u8, Error> {
    let report = arguments.probe.survey(known, knowledge, surroundings)?;
    match arguments.format {
        Format::Json => output.json(&report)?,
        Format::Table => probe_table::write(&report, known, output)?,
    }
    Ok(exit::OK)
}
