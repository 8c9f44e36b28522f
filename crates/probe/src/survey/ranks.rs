//! The launcher that belongs to a wrapper, seen to start two ranks of a program.

use std::path::{Path, PathBuf};

use cfgmatrix_core::{HostMpiLauncher, Mpi, MpiLauncher, Proof, packages_text};
use serde::{Deserialize, Serialize};

use super::find::executable;
use super::mpi::{Candidate, Installation, run};
use super::{Context, SurveyError, command, loader_index, text};
use crate::identify::{CompilerCommand, IdentifyError};
use crate::process::ProcessError;
use crate::ranks::{RanksProgram, failed};

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

fn try_two_ranks(
    context: &Context<'_>,
    installation: &Installation<'_>,
    wrapper: &Candidate,
    witnesses: &mut Vec<PathBuf>,
) -> Result<(Option<HostMpiLauncher>, Proof), SurveyError> {
    let mpi = installation.mpi;
    let program = match RanksProgram::build(&wrapper_command(context, &wrapper.path)) {
        Ok(Ok(program)) => program,
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
    let linked = program.linked().iter();
    witnesses.extend(linked.filter(|file| file.is_file()).cloned());
    let mut last: Option<(Option<HostMpiLauncher>, Proof)> = None;
    for (launcher, path) in launchers(installation, wrapper) {
        if let Some(other) = belongs_elsewhere(context, installation, launcher, &path)? {
            last.get_or_insert((None, failed(other)));
            continue;
        }
        let limit = context.options.time_limit;
        let proof = program.run(mpi, (launcher, &path), &[], limit)?.proof;
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
