//! Two ranks of a program, started by the launcher that belongs to their MPI:
//! that of another one starts two programs of one rank each, and ends well.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    Dialect, HostMpiLauncher, Mpi, MpiLauncher, PrintedMark, Proof, packages_text,
};
use serde::{Deserialize, Serialize};

use super::find::executable;
use super::mpi::{Candidate, Installation, run};
use super::{Context, SurveyError, command, loader_index, text};
use crate::blas::Said;
use crate::identify::{CompilerCommand, IdentifyError};
use crate::process::{Invocation, ProcessError};
use crate::trial::{Outcome, Runner, Trial, run_program};

const PROGRAM: &str = include_str!("../programs/mpi.c");

/// The launchers that may belong to a wrapper: of its name's kind and in its
/// directory first.
fn launchers<'k>(
    installation: &Installation<'k>,
    wrapper: &Candidate,
) -> Vec<(&'k MpiLauncher, PathBuf)> {
    let mut found: Vec<(&MpiLauncher, PathBuf)> = Vec::new();
    let directories: Vec<&Path> = [wrapper.path.parent(), wrapper.realpath.parent()]
        .into_iter()
        .flatten()
        .collect();
    for launcher in &installation.mpi.launchers {
        for suffix in [wrapper.suffix.as_str(), ""] {
            for directory in &directories {
                for name in &launcher.executables {
                    let file = format!("{name}{suffix}{}", std::env::consts::EXE_SUFFIX);
                    let path = directory.join(file);
                    let new = !found.iter().any(|(_, known)| *known == path);
                    if new && executable(&path).is_some() {
                        found.push((launcher, path));
                    }
                }
            }
        }
    }
    found
}

#[derive(Serialize, Deserialize)]
struct TwoRanks {
    launcher: Option<HostMpiLauncher>,
    proof: Proof,
}

pub(super) fn two_ranks(
    context: &Context<'_>,
    installation: &Installation<'_>,
    wrapper: &Candidate,
) -> Result<(Option<HostMpiLauncher>, Proof), SurveyError> {
    let key = context.key(&["mpi ranks", &wrapper.path.to_string_lossy()]);
    let ask = || {
        let mut witnesses = vec![
            wrapper.path.clone(),
            wrapper.realpath.clone(),
            loader_index(),
        ];
        let directories = [wrapper.path.parent(), wrapper.realpath.parent()];
        witnesses.extend(directories.into_iter().flatten().map(PathBuf::from));
        let (launcher, proof) = try_two_ranks(context, installation, wrapper, &mut witnesses)?;
        // What timed out today may not tomorrow.
        let settled = proof.works != Some(false) || proof.status.is_some();
        Ok::<_, SurveyError>((TwoRanks { launcher, proof }, settled.then_some(witnesses)))
    };
    let TwoRanks { launcher, proof } = context.cache.remember(&key, ask)?;
    Ok((launcher, proof))
}

pub(super) fn wrapper_command(context: &Context<'_>, path: &Path) -> CompilerCommand {
    command(path, &[], &[], context.options.time_limit)
}

pub(super) fn failed(evidence: String) -> Proof {
    Proof {
        works: Some(false),
        evidence,
        ..Proof::default()
    }
}

fn try_two_ranks(
    context: &Context<'_>,
    installation: &Installation<'_>,
    wrapper: &Candidate,
    witnesses: &mut Vec<PathBuf>,
) -> Result<(Option<HostMpiLauncher>, Proof), SurveyError> {
    let mpi = installation.mpi;
    let trial = Trial {
        source: PROGRAM,
        file: "mpi.c",
        object: None,
        flags: Vec::new(),
        libs: Vec::new(),
        runner: Runner::Here,
        dialect: Dialect::Unix,
    };
    let built = match trial.build(&wrapper_command(context, &wrapper.path)) {
        Ok(Ok(built)) => built,
        Ok(Err(unbuilt)) => {
            let mut proof = failed(format!("a program does not build: {}", unbuilt.first_error));
            proof.command = unbuilt.command;
            proof.status = unbuilt.status;
            proof.error = Some(unbuilt.first_error);
            return Ok((None, proof));
        }
        Err(IdentifyError::Process(error)) => return Ok((None, failed(error.to_string()))),
        Err(error) => return Err(error.into()),
    };
    witnesses.extend(built.linked.iter().filter(|file| file.is_file()).cloned());
    let mut last: Option<(Option<HostMpiLauncher>, Proof)> = None;
    for (launcher, path) in launchers(installation, wrapper) {
        if let Some(other) = belongs_elsewhere(context, installation, launcher, &path)? {
            last.get_or_insert((None, failed(other)));
            continue;
        }
        let invocation = Invocation::new(&path)
            .arguments(&launcher.ranks)
            .arguments(["2"])
            .arguments(&launcher.oversubscribe)
            .arguments([built.program()])
            .time_limit(context.options.time_limit);
        let environment: Vec<(OsString, OsString)> = launcher
            .env
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let proof = match run_program(&invocation, &environment, built.directory()) {
            Ok(ran) => {
                let mut proof = judge(&ran.outcome, mpi, &path);
                proof.command = ran.command;
                proof.status = ran.status;
                proof
            }
            Err(IdentifyError::Process(error)) => failed(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let record = record_launcher(launcher, &path);
        let works = proof.holds();
        last = Some((record.filter(|_| works), proof));
        if works {
            break;
        }
    }
    Ok(last.unwrap_or_else(|| {
        let mut proof = Proof {
            evidence: "a program was built, and no launcher that belongs to it was found"
                .to_owned(),
            ..Proof::default()
        };
        proof.hint = install_hint(mpi);
        (None, proof)
    }))
}

fn install_hint(mpi: &Mpi) -> Option<String> {
    let packages = packages_text(&mpi.install);
    (!packages.is_empty()).then(|| format!("install it whole ({packages})"))
}

fn record_launcher(launcher: &MpiLauncher, path: &Path) -> Option<HostMpiLauncher> {
    Some(HostMpiLauncher {
        path: text(path)?,
        realpath: text(&executable(path)?)?,
        ranks: launcher.ranks.clone(),
        env: (*launcher.env).clone(),
    })
}

/// Why a launcher is not of this installation, where it says what it is.
fn belongs_elsewhere(
    context: &Context<'_>,
    installation: &Installation<'_>,
    launcher: &MpiLauncher,
    path: &Path,
) -> Result<Option<String>, SurveyError> {
    let Some(mark) = &launcher.identify else {
        return Ok(None);
    };
    let output = match run(context, path, &mark.arguments) {
        Ok(output) => output,
        Err(SurveyError::Identify(IdentifyError::Process(
            error @ ProcessError::Timeout { .. },
        ))) => {
            return Ok(Some(error.to_string()));
        }
        Err(error) => return Err(error),
    };
    let name = &installation.mpi.name;
    Ok(match mark.read(&output.text()) {
        None => Some(format!("{} is no launcher of {name}", path.display())),
        Some(Some(version)) => match &installation.version {
            Some(own) if *own != version => Some(format!(
                "{} is the launcher of {name} {version}, and the wrappers are of {own}",
                path.display()
            )),
            _ => None,
        },
        Some(None) => None,
    })
}

/// What two ranks must say: that they are two.
fn judge(outcome: &Outcome, mpi: &Mpi, launcher: &Path) -> Proof {
    let stdout = match outcome {
        Outcome::Ran { stdout } => stdout,
        Outcome::Failed { said } | Outcome::NotBuilt { first_error: said } => {
            let mut proof = failed(format!("two ranks do not run: {said}"));
            proof.error = Some(said.clone());
            return proof;
        }
        Outcome::NotRun => {
            return Proof {
                evidence: "built, not run: it is for another system".to_owned(),
                ..Proof::default()
            };
        }
    };
    let sizes: Vec<&str> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("size "))
        .collect();
    let said = Said::parse(stdout);
    let library = said.text("library").unwrap_or_default();
    let right_sum = said.values.get("sum_ok").is_some_and(|ok| ok == "1");
    match sizes.as_slice() {
        ["2"] if right_sum => {
            let known = mpi.library_version.as_ref();
            let named = known.is_none_or(|pattern| {
                let mark = PrintedMark {
                    arguments: Vec::new(),
                    pattern: pattern.clone(),
                    source: None,
                };
                mark.read(&library).is_some()
            });
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
        ["2"] => failed("two ranks ran, and their sum is wrong".to_owned()),
        sizes if sizes.contains(&"1") => failed(format!(
            "{} started {} programs of one rank each instead of one of two: it belongs to another MPI",
            launcher.display(),
            sizes.len()
        )),
        _ => failed("the program did not say how many ranks it had".to_owned()),
    }
}
