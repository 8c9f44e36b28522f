//! ScaLAPACK: linked by an MPI's wrapper with a BLAS, and run with two ranks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    Dialect, HostBlas, HostMpi, HostMpiLauncher, HostMpiWrapper, HostScalapack, Interface,
    Language, Linkage, Proof, Threading,
};
use serde::{Deserialize, Serialize};

use super::ranks::wrapper_command;
use super::{Context, SurveyError, blas, loader_index, text};
use crate::blas::Said;
use crate::identify::IdentifyError;
use crate::process::Invocation;
use crate::ranks::failed;
use crate::trial::{Outcome, Runner, Trial, library_file, rpath, run_program};

const PROGRAM: &str = include_str!("../programs/scalapack.c");

/// ScaLAPACK for each MPI that works, with each BLAS library once, and with
/// every threading of the usual one.
pub(super) fn survey_scalapack(
    context: &Context<'_>,
    mpis: &[HostMpi],
    libraries: &[HostBlas],
    usual: Option<&str>,
) -> Result<Vec<HostScalapack>, SurveyError> {
    let mut trials: Vec<(&HostMpi, &HostBlas, Vec<String>)> = Vec::new();
    for mpi in mpis.iter().filter(|mpi| mpi.proof.holds()) {
        let mut seen: Vec<(&str, &str, &str)> = Vec::new();
        let mut own: Vec<&HostBlas> = blas::working(libraries, context.options.host)
            .filter(|found| {
                found.linkage == Linkage::Shared
                    && found.symbol_prefix.is_empty()
                    && found.symbol_suffix.is_empty()
            })
            .collect();
        own.sort_by_key(|found| found.threading != Threading::Sequential);
        for found in own {
            let threading = if usual == Some(found.library.as_str()) {
                found.threading.as_str()
            } else {
                ""
            };
            let key = (found.library.as_str(), threading, found.interface.as_str());
            let library = context.known.blas(&found.library)?;
            let row = library.rows().iter().find(|row| {
                row.is_addition()
                    && row.interface == found.interface
                    && row.linkage == Linkage::Shared
                    && row.threading == found.threading
                    && row
                        .mpi
                        .as_deref()
                        .is_none_or(|id| id == mpi.implementation || id == mpi.abi)
            });
            if let Some(row) = row
                && !seen.contains(&key)
            {
                seen.push(key);
                trials.push((mpi, found, row.libs.clone()));
            }
        }
    }
    let shown = |_: &(&HostMpi, &HostBlas, Vec<String>)| "ScaLAPACK".to_owned();
    let found = context.each(trials, shown, |(mpi, library, libs)| {
        try_scalapack(context, mpi, library, &libs)
    })?;
    Ok(found.into_iter().flatten().collect())
}

fn try_scalapack(
    context: &Context<'_>,
    mpi: &HostMpi,
    library: &HostBlas,
    own_libs: &[String],
) -> Result<Option<HostScalapack>, SurveyError> {
    let (Some(wrapper), Some(launcher)) = (mpi.wrappers.get(&Language::C), &mpi.launcher) else {
        return Ok(None);
    };
    let lapack = if library.lapack_libs.is_empty() {
        &library.libs
    } else {
        &library.lapack_libs
    };
    let mut link: Vec<String> = Vec::new();
    for directory in &library.directories {
        link.push(format!("-L{directory}"));
        link.push(rpath(Path::new(directory)).to_string_lossy().into_owned());
    }
    let libs: Vec<String> = own_libs.iter().chain(lapack).cloned().collect();
    let key = context.key(&["scalapack", &wrapper.path, &link.join(" "), &libs.join(" ")]);
    let ask = || {
        let tried = attempt_scalapack(
            context,
            wrapper,
            launcher,
            library,
            (&link, &libs),
            own_libs,
        )?;
        let witnesses = match &tried {
            Tried::Absent { searched } => searched.clone(),
            Tried::Done { linked, .. } => linked.clone(),
            Tried::Unsettled => return Ok((tried, None)),
        };
        let mut all = vec![
            PathBuf::from(&wrapper.realpath),
            PathBuf::from(&launcher.realpath),
            loader_index(),
        ];
        all.extend(witnesses);
        Ok::<_, SurveyError>((tried, Some(all)))
    };
    let Tried::Done { file, proof, .. } = context.cache.remember(&key, ask)? else {
        return Ok(None);
    };
    let behind = real(&file);
    let (Some(file), Some(realpath), Some(sha256)) =
        (text(&file), text(&behind), context.sha256(&behind))
    else {
        return Ok(None);
    };
    Ok(Some(HostScalapack {
        file,
        realpath,
        sha256,
        mpi: mpi.implementation.clone(),
        blas: library.library.clone(),
        threading: library.threading,
        interface: library.interface,
        link,
        libs,
        proof,
    }))
}

fn real(path: &Path) -> PathBuf {
    dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The same file by a path without `..`: the linker prints how it came there.
fn without_detours(file: &Path) -> PathBuf {
    match (file.parent(), file.file_name()) {
        (Some(directory), Some(name)) => real(directory).join(name),
        _ => file.to_owned(),
    }
}

/// How a trial of ScaLAPACK went, as the cache keeps it.
#[derive(Serialize, Deserialize)]
enum Tried {
    /// It is not installed.
    Absent { searched: Vec<PathBuf> },
    Done {
        file: PathBuf,
        proof: Proof,
        linked: Vec<PathBuf>,
    },
    /// It did not end in time.
    Unsettled,
}

fn attempt_scalapack(
    context: &Context<'_>,
    wrapper: &HostMpiWrapper,
    launcher: &HostMpiLauncher,
    library: &HostBlas,
    (link, libs): (&[String], &[String]),
    own_libs: &[String],
) -> Result<Tried, SurveyError> {
    let ilp64 = library.interface == Interface::Ilp64;
    let trial = Trial {
        source: PROGRAM,
        file: "scalapack.c",
        object: None,
        flags: ilp64
            .then(|| OsString::from("-DILP64"))
            .into_iter()
            .collect(),
        libs: link
            .iter()
            .chain(libs)
            .map(OsString::from)
            .chain(["-ldl".into(), "-lm".into()])
            .collect(),
        runner: Runner::Here,
        dialect: Dialect::Unix,
    };
    let built = match trial.build(&wrapper_command(context, Path::new(&wrapper.path))) {
        Ok(Ok(built)) => built,
        // Most often the library is not installed; a later installation changes these.
        Ok(Err(_)) => {
            let mut searched: Vec<PathBuf> =
                library.directories.iter().map(PathBuf::from).collect();
            searched.extend(usual_directories(context));
            return Ok(Tried::Absent { searched });
        }
        Err(IdentifyError::Process(_)) => return Ok(Tried::Unsettled),
        Err(error) => return Err(error.into()),
    };
    let names = own_libs.iter().filter_map(|token| token.strip_prefix("-l"));
    let mut files = names.filter_map(|name| library_file(&built.linked, name));
    let Some(file) = files.next().map(without_detours) else {
        return Ok(Tried::Absent {
            searched: usual_directories(context),
        });
    };
    let invocation = Invocation::new(Path::new(&launcher.path))
        .arguments(&launcher.ranks)
        .arguments(["2"])
        .arguments([built.program()])
        .time_limit(context.options.time_limit);
    let environment: Vec<(OsString, OsString)> = launcher
        .env
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let ran = match run_program(&invocation, &environment, built.directory()) {
        Ok(ran) => ran,
        Err(IdentifyError::Process(_)) => return Ok(Tried::Unsettled),
        Err(error) => return Err(error.into()),
    };
    let mut proof = judge_scalapack(&ran.outcome, library);
    proof.command = ran.command;
    proof.status = ran.status;
    let linked = built
        .linked
        .iter()
        .filter(|file| file.is_file())
        .cloned()
        .collect();
    Ok(Tried::Done {
        file,
        proof,
        linked,
    })
}

fn usual_directories(context: &Context<'_>) -> Vec<PathBuf> {
    let multiarch = crate::blas::multiarch(context.options.host)
        .map(|triplet| Path::new("/usr/lib").join(triplet));
    multiarch
        .into_iter()
        .chain(["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from))
        .collect()
}

fn judge_scalapack(outcome: &Outcome, library: &HostBlas) -> Proof {
    let stdout = match outcome {
        Outcome::Ran { stdout } => stdout,
        Outcome::Failed { said } | Outcome::NotBuilt { first_error: said } => {
            let mut proof = failed(format!("two ranks do not run: {said}"));
            proof.error = Some(said.clone());
            return proof;
        }
        Outcome::NotRun => return Proof::default(),
    };
    let said = Said::parse(stdout);
    if said.values.get("size").map(String::as_str) != Some("2") {
        return failed("the program did not run with two ranks".to_owned());
    }
    if said.values.get("ok").map(String::as_str) != Some("1") {
        return failed("pdgemm gives a wrong product".to_owned());
    }
    let (pdgemm, dgemm) = (said.text("pdgemm_from"), said.text("dgemm_from"));
    let in_directory = |file: &String| {
        let parent = Path::new(file).parent().map(PathBuf::from);
        let mut directories = library
            .directories
            .iter()
            .map(|directory| real(Path::new(directory)));
        directories.any(|directory| Some(directory) == parent)
    };
    match &dgemm {
        Some(from) if !in_directory(from) && *from != library.realpath => {
            failed(format!("dgemm came from {from}, not from {}", library.file))
        }
        _ => Proof {
            works: Some(true),
            evidence: format!(
                "pdgemm of two ranks came from {}, dgemm from {}",
                pdgemm.unwrap_or_else(|| "an unknown file".to_owned()),
                dgemm.unwrap_or_else(|| "an unknown file".to_owned())
            ),
            ..Proof::default()
        },
    }
}
