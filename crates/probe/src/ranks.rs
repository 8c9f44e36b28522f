//! Two ranks of a program, started by a launcher: that of another MPI starts two
//! programs of one rank each, and ends well.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cfgmatrix_core::{Dialect, Mpi, MpiLauncher, PrintedMark, Proof, Version};

use crate::blas::Said;
use crate::identify::{CompilerCommand, IdentifyError};
use crate::process::Invocation;
use crate::trial::{Built, Outcome, Runner, Trial, Unbuilt, run_program};

const PROGRAM: &str = include_str!("programs/mpi.c");

/// A program that says of how many ranks it is one, and on which library.
#[derive(Debug)]
pub struct RanksProgram(Built);

/// What two ranks of it said.
#[derive(Clone, Debug)]
pub struct Ranks {
    /// Whether they ran together.
    pub proof: Proof,
    /// The size of each world that was there: `[2]` where all is well.
    pub worlds: Vec<u32>,
    /// What the library says that it is.
    pub library: Option<String>,
    /// The file that the library's `MPI_Init` came from, links resolved.
    pub from: Option<PathBuf>,
}

impl Ranks {
    fn told_nothing(proof: Proof) -> Self {
        Self {
            proof,
            worlds: Vec::new(),
            library: None,
            from: None,
        }
    }

    /// The version that the library says it has; nothing where it is not known to
    /// be one of this implementation.
    #[must_use]
    pub fn version(&self, mpi: &Mpi) -> Option<Version> {
        library_mark(mpi)?.read(self.library.as_deref()?)?
    }
}

impl RanksProgram {
    /// Builds it with a wrapper for C.
    ///
    /// # Errors
    /// The wrapper cannot be started, or does not end.
    pub fn build(wrapper: &CompilerCommand) -> Result<Result<Self, Unbuilt>, IdentifyError> {
        let trial = Trial {
            source: PROGRAM,
            file: "mpi.c",
            object: None,
            flags: Vec::new(),
            libs: Vec::new(),
            runner: Runner::Here,
            dialect: Dialect::Unix,
        };
        Ok(trial.build(wrapper)?.map(Self))
    }

    /// Files that the linker read.
    #[must_use]
    pub fn linked(&self) -> &[PathBuf] {
        &self.0.linked
    }

    /// Has a launcher start two ranks of it in this process's environment and
    /// `environment`; a launcher that cannot be started, or does not end within
    /// `limit`, proves that they do not run.
    ///
    /// # Errors
    /// A temporary file cannot be written.
    pub fn run(
        &self,
        mpi: &Mpi,
        (launcher, path): (&MpiLauncher, &Path),
        environment: &[(OsString, OsString)],
        limit: Duration,
    ) -> Result<Ranks, IdentifyError> {
        let invocation = Invocation::new(path)
            .arguments(&launcher.ranks)
            .arguments(["2"])
            .arguments(&launcher.oversubscribe)
            .arguments([self.0.program()])
            .time_limit(limit);
        let as_root = launcher.env.iter();
        let environment: Vec<(OsString, OsString)> = as_root
            .map(|(name, value)| (name.into(), value.into()))
            .chain(environment.iter().cloned())
            .collect();
        let ran = match run_program(&invocation, &environment, self.0.directory()) {
            Ok(ran) => ran,
            Err(IdentifyError::Process(error)) => {
                return Ok(Ranks::told_nothing(failed(error.to_string())));
            }
            Err(error) => return Err(error),
        };
        let mut ranks = judge(&ran.outcome, mpi, path);
        ranks.proof.command = ran.command;
        ranks.proof.status = ran.status;
        Ok(ranks)
    }
}

pub(crate) fn failed(evidence: String) -> Proof {
    Proof {
        works: Some(false),
        evidence,
        ..Proof::default()
    }
}

fn library_mark(mpi: &Mpi) -> Option<PrintedMark> {
    Some(PrintedMark {
        arguments: Vec::new(),
        pattern: mpi.library_version.clone()?,
        source: None,
    })
}

/// What two ranks must say: that they are two.
fn judge(outcome: &Outcome, mpi: &Mpi, launcher: &Path) -> Ranks {
    let stdout = match outcome {
        Outcome::Ran { stdout } => stdout,
        Outcome::Failed { said } | Outcome::NotBuilt { first_error: said } => {
            let mut proof = failed(format!("two ranks do not run: {said}"));
            proof.error = Some(said.clone());
            return Ranks::told_nothing(proof);
        }
        Outcome::NotRun => {
            return Ranks::told_nothing(Proof {
                evidence: "built, not run: it is for another system".to_owned(),
                ..Proof::default()
            });
        }
    };
    let worlds: Vec<u32> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("size ")?.trim().parse().ok())
        .collect();
    let said = Said::parse(stdout);
    let proof = judge_worlds(&worlds, &said, mpi, launcher);
    Ranks {
        proof,
        worlds,
        library: said.text("library"),
        from: said.text("mpi_from").map(PathBuf::from),
    }
}

fn judge_worlds(worlds: &[u32], said: &Said, mpi: &Mpi, launcher: &Path) -> Proof {
    let library = said.text("library").unwrap_or_default();
    let right_sum = said.values.get("sum_ok").is_some_and(|ok| ok == "1");
    match worlds {
        [2] if right_sum => {
            let named = library_mark(mpi).is_none_or(|mark| mark.read(&library).is_some());
            if named {
                let mut proof = Proof {
                    works: Some(true),
                    evidence: format!("two ranks ran together; the library is {library}"),
                    ..Proof::default()
                };
                if let Some(from) = said.text("mpi_from") {
                    proof.evidence.push_str(&format!(" ({from})"));
                }
                proof
            } else {
                failed(format!("two ranks ran, on another library: {library}"))
            }
        }
        [2] => failed("two ranks ran, and their sum is wrong".to_owned()),
        worlds if worlds.contains(&1) => failed(format!(
            "{} started {} programs of one rank each instead of one of two: it belongs to another MPI",
            launcher.display(),
            worlds.len()
        )),
        _ => failed("the program did not say how many ranks it had".to_owned()),
    }
}
