//! The program that says of how many ranks it is one, and on which MPI.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cfgmatrix_core::{KnowledgeBase, Mpi, MpiLauncher};
use cfgmatrix_probe::process::Invocation;
use cfgmatrix_probe::{CompilerCommand, Ranks, RanksProgram};

use super::{Environment, file_name};

/// What is asked of the MPI that a variant says it has.
#[derive(Clone, Copy, Debug)]
pub struct MpiQuestion<'a> {
    /// The implementation that the variant asked for.
    pub mpi: &'a Mpi,
    /// Where the launchers of all implementations are told apart.
    pub known: &'a KnowledgeBase,
    /// Its wrapper for C.
    pub wrapper: &'a str,
    /// The program that starts its ranks.
    pub launcher: &'a str,
    /// The environment in which the variant is built: it binds the wrapper to a
    /// compiler.
    pub env: &'a Environment,
    /// The environment in which it runs.
    pub run_env: &'a Environment,
}

/// Asks MPIs through their wrappers and launchers, each once.
#[derive(Debug, Default)]
pub struct MpiHelper {
    answers: Mutex<BTreeMap<Key, Result<Ranks, String>>>,
}

type Key = (String, String, String, Environment, Environment);

/// How long two ranks may take: a machine that is busy needs some of it.
const LIMIT: Duration = Duration::from_secs(60);

/// What of the caller's environment would lead the loader astray: the variant's
/// own comes after it.
const NEUTRAL: [&str; 2] = ["LD_LIBRARY_PATH", "LD_PRELOAD"];

impl MpiHelper {
    /// One that has asked nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Builds a program with the wrapper and has the launcher start two ranks of
    /// it in the variant's environment.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn ask(&self, question: &MpiQuestion<'_>) -> Result<Ranks, String> {
        let key = (
            question.mpi.id.clone(),
            question.wrapper.to_owned(),
            question.launcher.to_owned(),
            question.env.clone(),
            question.run_env.clone(),
        );
        // Held while it runs: the others want the same answer.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(&key) {
            return answer.clone();
        }
        let answer = try_out(question);
        answers.insert(key, answer.clone());
        answer
    }
}

fn try_out(question: &MpiQuestion<'_>) -> Result<Ranks, String> {
    let launcher = Path::new(question.launcher);
    let (mpi, row) = launcher_row(question, launcher).ok_or_else(|| {
        format!(
            "{} is no launcher that is known",
            file_name(Path::new(question.launcher))
        )
    })?;
    let mut wrapper = CompilerCommand::new(Path::new(question.wrapper));
    wrapper.environment = pairs(question.env).collect();
    let program = match RanksProgram::build(&wrapper) {
        Ok(Ok(program)) => program,
        Ok(Err(unbuilt)) => {
            return Err(format!("a program does not build: {}", unbuilt.first_error));
        }
        Err(error) => return Err(error.to_string()),
    };
    let neutral = NEUTRAL
        .iter()
        .filter(|&&name| !question.run_env.contains_key(name))
        .map(|name| (OsString::from(name), OsString::new()));
    let environment: Vec<_> = neutral.chain(pairs(question.run_env)).collect();
    let ranks = program
        .run(question.mpi, (row, launcher), &environment, LIMIT)
        .map_err(|error| error.to_string())?;
    if ranks.worlds.is_empty() {
        // The launcher of another one may refuse to start it at all.
        let whose = if mpi.id == question.mpi.id {
            String::new()
        } else {
            format!(", which is of {}", mpi.name)
        };
        let name = file_name(launcher);
        return Err(format!("{name}{whose}: {}", ranks.proof.evidence));
    }
    Ok(ranks)
}

fn pairs(environment: &Environment) -> impl Iterator<Item = (OsString, OsString)> {
    environment
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
}

/// How a launcher is told what to start, and whose it is: what it says of itself
/// counts, for `mpiexec` is everyone's name.
fn launcher_row<'q>(question: &MpiQuestion<'q>, path: &Path) -> Option<(&'q Mpi, &'q MpiLauncher)> {
    let name = path.file_stem().filter(|_| cfg!(windows));
    let name = name.or(path.file_name())?.to_string_lossy();
    let others = question.known.mpi_ids();
    let others = others.filter_map(|id| question.known.mpi(id).ok());
    let others = others.filter(|other| other.id != question.mpi.id);
    let mpis: Vec<&Mpi> = std::iter::once(question.mpi).chain(others).collect();
    let mut said: Vec<(&[String], String)> = Vec::new();
    for &mpi in &mpis {
        for launcher in &mpi.launchers {
            if !launcher.executables.iter().any(|own| is_called(&name, own)) {
                continue;
            }
            let Some(mark) = &launcher.identify else {
                // Nothing tells it apart: the variant's word is all there is.
                if mpi.id == question.mpi.id {
                    return Some((mpi, launcher));
                }
                continue;
            };
            let arguments = mark.arguments.as_slice();
            if !said.iter().any(|(asked, _)| *asked == arguments) {
                let output = Invocation::new(path).arguments(arguments).run();
                let text = output.map_or_else(|_| String::new(), |output| output.text());
                said.push((arguments, text));
            }
            let answer = said.iter().find(|(asked, _)| *asked == arguments);
            if answer.is_some_and(|(_, text)| mark.read(text).is_some()) {
                return Some((mpi, launcher));
            }
        }
    }
    None
}

/// Whether a file has a program's name, with or without what tells several of them
/// apart: `mpiexec`, `mpiexec.openmpi`, `mpiexec-4.1`.
fn is_called(file: &str, name: &str) -> bool {
    file.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// The file that a tool's name or path leads to, for sentences.
pub(super) fn tool_name(tool: &str) -> String {
    file_name(&PathBuf::from(tool))
}
