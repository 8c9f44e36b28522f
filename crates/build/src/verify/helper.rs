//! Who asks a BLAS and an MPI what they are, and the program that asks a BLAS.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cfgmatrix_core::{Blas, Interface, Linkage, Target};
use cfgmatrix_probe::trial::Runner;
use cfgmatrix_probe::{BlasProof, BlasTrial, CompilerCommand, Ranks};

use super::Environment;
use super::ranks::MpiQuestion;

/// Runs programs that call libraries and say what they saw.
pub trait Ask {
    /// What a BLAS says, such as by [`BlasHelper::ask`].
    ///
    /// # Errors
    /// Why it cannot be asked.
    fn blas(&self, question: &BlasQuestion<'_>) -> Result<BlasProof, String>;

    /// What two ranks of an MPI say, such as by [`super::MpiHelper::ask`].
    ///
    /// # Errors
    /// Why they cannot be asked.
    fn mpi(&self, question: &MpiQuestion<'_>) -> Result<Ranks, String>;
}

/// What is asked of a BLAS file that a variant runs.
#[derive(Clone, Debug)]
pub struct BlasQuestion<'a> {
    /// The library that the variant asked for.
    pub library: &'a Blas,
    /// The file that the loader picks.
    pub file: &'a Path,
    /// The other files of the same library.
    pub beside: &'a [PathBuf],
    /// Believed width of its integers.
    pub interface: Interface,
    /// Decoration of its symbols.
    pub prefix: &'a str,
    /// Likewise.
    pub suffix: &'a str,
    /// System built for.
    pub target: Target,
    /// The environment in which the variant runs.
    pub run_env: &'a Environment,
}

/// Asks BLAS files with a compiler of this machine, each once.
#[derive(Debug)]
pub struct BlasHelper {
    compiler: CompilerCommand,
    answers: Mutex<BTreeMap<Key, Result<BlasProof, String>>>,
}

type Key = (PathBuf, &'static str, String, Vec<(String, String)>);

/// The number of threads that is asked for where the environment asks for none.
const THREADS: u32 = 2;

/// What sets an environment for a program.
const ENV: &str = "/usr/bin/env";

impl BlasHelper {
    /// With a C compiler that builds for this machine.
    #[must_use]
    pub fn new(compiler: CompilerCommand) -> Self {
        Self {
            compiler,
            answers: Mutex::default(),
        }
    }

    /// Links a program with the file and runs it in the variant's environment.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn ask(&self, question: &BlasQuestion<'_>) -> Result<BlasProof, String> {
        let environment = question.run_env.iter();
        let key = (
            question.file.to_owned(),
            question.interface.as_str(),
            format!("{} {}", question.prefix, question.suffix),
            environment
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        );
        // Held while it runs: the others want the same answer, and what counts
        // threads should not run beside itself.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(&key) {
            return answer.clone();
        }
        let answer = self.try_out(question);
        answers.insert(key, answer.clone());
        answer
    }

    fn try_out(&self, question: &BlasQuestion<'_>) -> Result<BlasProof, String> {
        let directory = question.file.parent().unwrap_or(Path::new("/"));
        let mut rpath = OsString::from("-Wl,--disable-new-dtags,-rpath,");
        rpath.push(directory);
        // This very file is asked, whatever the environment would put in its place.
        let mut libs = vec![rpath, "-Wl,--no-as-needed".into(), question.file.into()];
        libs.extend(question.beside.iter().map(OsString::from));
        let trial = BlasTrial {
            library: question.library,
            file: question.file,
            linkage: Linkage::Shared,
            interface: question.interface,
            prefix: question.prefix,
            suffix: question.suffix,
            libs,
            target: question.target,
            runner: runner(question.run_env)?,
            threads: &[THREADS],
            object: None,
            has: &[],
        };
        let proof = trial
            .prove(&self.compiler)
            .map_err(|error| error.to_string())?;
        match proof.seen.dgemm_from {
            Some(_) => Ok(proof),
            None => Err(proof.proof.evidence),
        }
    }
}

/// The trial sets the numbers of threads; what the variant sets is on top.
fn runner(run_env: &Environment) -> Result<Runner, String> {
    if run_env.is_empty() {
        return Ok(Runner::Here);
    }
    if !Path::new(ENV).exists() {
        return Err(format!(
            "{ENV} is not there to set the variant's environment"
        ));
    }
    let pairs = run_env
        .iter()
        .map(|(name, value)| OsString::from(format!("{name}={value}")));
    Ok(Runner::Through(
        std::iter::once(OsString::from(ENV)).chain(pairs).collect(),
    ))
}
