//! MPI: wrappers are found by name, and asked what they are and what they start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    HostBlas, HostMpi, HostMpiWrapper, HostScalapack, HostToolchain, Language, Mpi, Proof, Version,
};
use serde::{Deserialize, Serialize};

use super::blas_files::linkers;
use super::find::{directories, executable};
use super::ranks::two_ranks;
use super::scalapack::survey_scalapack;
use super::{Context, SurveyError, text};
use crate::identify::IdentifyError;
use crate::process::{Invocation, Output};

/// A file that may be a wrapper.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) realpath: PathBuf,
    pub(super) language: Language,
    /// What stands behind its name, as `.openmpi`: others of its kind have it too.
    pub(super) suffix: String,
    pub(super) aliases: Vec<PathBuf>,
    pub(super) rank: (bool, usize),
}

/// What a wrapper said of itself, as the cache keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Identified {
    implementation: String,
    version: Option<Version>,
    compiler: Option<String>,
    compile: Vec<String>,
    link: Vec<String>,
}

/// The wrappers of one installation.
pub(super) struct Installation<'k> {
    pub(super) mpi: &'k Mpi,
    pub(super) version: Option<Version>,
    pub(super) wrappers: BTreeMap<Language, (Candidate, Identified)>,
}

pub(super) fn survey(
    context: &Context<'_>,
    toolchains: &[HostToolchain],
    libraries: &[HostBlas],
) -> Result<(Vec<HostMpi>, Vec<HostScalapack>), SurveyError> {
    let installations = installations(context)?;
    let shown = |installation: &Installation<'_>| installation.mpi.name.clone();
    let found = context.each(installations, shown, |installation| {
        examine(context, &installation, toolchains)
    })?;
    let mut mpis: Vec<HostMpi> = found.into_iter().flatten().collect();
    mpis.sort_by(|a, b| {
        let key = |mpi: &HostMpi| {
            let wrapper = mpi
                .wrappers
                .values()
                .next()
                .map(|wrapper| wrapper.path.clone());
            (mpi.implementation.clone(), mpi.version.clone(), wrapper)
        };
        key(a).cmp(&key(b))
    });
    // What users of the system's own compiler expect.
    let own = linkers(context, toolchains).into_iter().next();
    let usual = match own {
        Some(own) => {
            let family = context.known.family(&own.toolchain.family)?;
            Some(family.default_blas(context.options.host))
        }
        None => None,
    };
    let scalapack = survey_scalapack(context, &mpis, libraries, usual)?;
    Ok((mpis, scalapack))
}

/// The names that wrappers have, by language, the usual ones first.
fn wrapper_names(context: &Context<'_>) -> Result<BTreeMap<Language, Vec<String>>, SurveyError> {
    let mut names: BTreeMap<Language, Vec<String>> = BTreeMap::new();
    for id in context.known.mpi_ids() {
        for (&language, own) in context.known.mpi(id)?.wrappers.iter() {
            if context.options.languages.contains(&language) {
                let known = names.entry(language).or_default();
                own.iter().for_each(|name| {
                    if !known.contains(name) {
                        known.push(name.clone());
                    }
                });
            }
        }
    }
    Ok(names)
}

fn candidates(context: &Context<'_>) -> Result<Vec<Candidate>, SurveyError> {
    let names = wrapper_names(context)?;
    let mut places = Vec::new();
    for id in context.known.mpi_ids() {
        places.extend(&context.known.mpi(id)?.places);
    }
    let options = context.options;
    let directories = directories(&options.environment, &options.paths, options.host, places);
    let mut candidates: Vec<Candidate> = Vec::new();
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(&directory) else {
            continue;
        };
        let mut files: Vec<OsString> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name()))
            .collect();
        files.sort();
        for file in files {
            let Some(file) = file.to_str() else { continue };
            for (&language, names) in &names {
                let Some((number, suffix)) = names
                    .iter()
                    .enumerate()
                    .find_map(|(number, name)| Some((number, suffix_of(file, name)?)))
                else {
                    continue;
                };
                let path = directory.join(file);
                let Some(realpath) = executable(&path) else {
                    continue;
                };
                let candidate = Candidate {
                    path,
                    realpath,
                    language,
                    suffix: suffix.to_owned(),
                    aliases: Vec::new(),
                    rank: (suffix.is_empty(), number),
                };
                add(&mut candidates, candidate);
            }
        }
    }
    Ok(candidates)
}

/// What stands behind a wrapper's name: nothing, `.openmpi`, `-4.1`.
fn suffix_of<'a>(file: &'a str, name: &str) -> Option<&'a str> {
    let stem = [".exe", ".bat"]
        .iter()
        .find_map(|end| file.strip_suffix(end))
        .unwrap_or(file);
    let suffix = stem.strip_prefix(name)?;
    let is_version =
        |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.') && !text.is_empty();
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric()) && !text.is_empty();
    let fits = suffix.is_empty()
        || suffix.strip_prefix('.').is_some_and(is_word)
        || suffix.strip_prefix('-').is_some_and(is_version);
    fits.then_some(suffix)
}

/// The same file under several names is one wrapper; the name that says most of
/// the implementation is kept, for a plain `mpicc` may be another's tomorrow.
fn add(candidates: &mut Vec<Candidate>, mut candidate: Candidate) {
    let same = candidates
        .iter_mut()
        .find(|other| other.language == candidate.language && other.realpath == candidate.realpath);
    match same {
        Some(other) => {
            if candidate.rank < other.rank {
                std::mem::swap(other, &mut candidate);
                other.aliases = std::mem::take(&mut candidate.aliases);
            }
            other.aliases.push(candidate.path);
        }
        None => candidates.push(candidate),
    }
}

fn installations<'k>(context: &Context<'k>) -> Result<Vec<Installation<'k>>, SurveyError> {
    let candidates = candidates(context)?;
    let shown = |candidate: &&Candidate| candidate.path.display().to_string();
    let identified = context.each(candidates.iter().collect(), shown, |candidate| {
        identify(context, candidate)
    })?;
    let mut installations: BTreeMap<
        (String, Option<Version>, Option<PathBuf>, String),
        Installation<'k>,
    > = BTreeMap::new();
    for (candidate, identified) in candidates.into_iter().zip(identified) {
        let Some(identified) = identified else {
            continue;
        };
        let mpi = context.known.mpi(&identified.implementation)?;
        let key = (
            mpi.id.clone(),
            identified.version.clone(),
            candidate.path.parent().map(PathBuf::from),
            candidate.suffix.clone(),
        );
        let installation = installations.entry(key).or_insert_with(|| Installation {
            mpi,
            version: identified.version.clone(),
            wrappers: BTreeMap::new(),
        });
        match installation.wrappers.get_mut(&candidate.language) {
            // Another file of a less usual name (mpif90 beside mpifort).
            Some((kept, kept_identified)) => {
                let mut other = candidate;
                if other.rank < kept.rank {
                    std::mem::swap(kept, &mut other);
                    *kept_identified = identified;
                }
                kept.aliases.push(other.path);
            }
            None => {
                installation
                    .wrappers
                    .insert(candidate.language, (candidate, identified));
            }
        }
    }
    Ok(installations.into_values().collect())
}

/// What a wrapper is; nothing where it is none that is known.
fn identify(
    context: &Context<'_>,
    candidate: &Candidate,
) -> Result<Option<Identified>, SurveyError> {
    let path = candidate.path.to_string_lossy();
    let key = context.key(&["mpi wrapper", candidate.language.as_str(), &path]);
    let ask = || {
        let identified = match ask_wrapper(context, candidate) {
            Ok(identified) => identified,
            Err(SurveyError::Identify(IdentifyError::Process(error))) => {
                context.warn(format!("{path} is left out: {error}"));
                return Ok((None, None));
            }
            Err(error) => return Err(error),
        };
        let mut witnesses = vec![candidate.path.clone(), candidate.realpath.clone()];
        if let Some(compiler) = identified
            .as_ref()
            .and_then(|found| found.compiler.as_ref())
        {
            witnesses.push(compiler.into());
        }
        Ok::<_, SurveyError>((identified, Some(witnesses)))
    };
    context.cache.remember(&key, ask)
}

pub(super) fn run(
    context: &Context<'_>,
    program: &Path,
    arguments: &[String],
) -> Result<Output, SurveyError> {
    let invocation = Invocation::new(program)
        .arguments(arguments)
        .time_limit(context.options.time_limit);
    Ok(invocation.run().map_err(IdentifyError::Process)?)
}

fn ask_wrapper(
    context: &Context<'_>,
    candidate: &Candidate,
) -> Result<Option<Identified>, SurveyError> {
    let documents: Vec<&Mpi> = context
        .known
        .mpi_ids()
        .map(|id| context.known.mpi(id))
        .collect::<Result<_, _>>()?;
    let mut asked: Vec<(&[String], String)> = Vec::new();
    let mut matches: Vec<(&Mpi, Option<Version>)> = Vec::new();
    for &mpi in &documents {
        for mark in &mpi.identify {
            if !asked
                .iter()
                .any(|(arguments, _)| *arguments == mark.arguments.as_slice())
            {
                let output = run(context, &candidate.path, &mark.arguments)?;
                asked.push((&mark.arguments, output.text()));
            }
            let said = asked
                .iter()
                .find(|(arguments, _)| *arguments == mark.arguments.as_slice());
            let text = said.map_or("", |(_, text)| text.as_str());
            if let Some(version) = mark.read(text) {
                matches.push((mpi, version));
                break;
            }
        }
    }
    let masked: Vec<&String> = matches.iter().flat_map(|(mpi, _)| &mpi.masks).collect();
    let found = matches.iter().find(|(mpi, _)| !masked.contains(&&mpi.id));
    let Some((mpi, version)) = found else {
        return Ok(None);
    };
    let shown = show(context, mpi, candidate)?;
    Ok(Some(Identified {
        implementation: mpi.id.clone(),
        version: version.clone(),
        compiler: shown.compiler,
        compile: shown.compile,
        link: shown.link,
    }))
}

/// The compiler underneath, and what the wrapper adds for compiling and linking.
#[derive(Default)]
struct Shown {
    compiler: Option<String>,
    compile: Vec<String>,
    link: Vec<String>,
}

fn show(context: &Context<'_>, mpi: &Mpi, candidate: &Candidate) -> Result<Shown, SurveyError> {
    let ask = |arguments: &[String]| -> Result<Option<Vec<String>>, SurveyError> {
        if arguments.is_empty() {
            return Ok(None);
        }
        let output = run(context, &candidate.path, arguments)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // Intel's wrappers may print a line of a script of their own before.
        let line = said
            .lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty())
            .unwrap_or_default();
        Ok(shell_words::split(line)
            .ok()
            .filter(|words| output.status.success() && !words.is_empty()))
    };
    for show in &mpi.show {
        let whole = ask(&show.all)?;
        let (command, compile, link) = match whole {
            Some(mut words) => {
                let command = words.remove(0);
                (Some(vec![command]), Some(words.clone()), Some(words))
            }
            None => (ask(&show.command)?, ask(&show.compile)?, ask(&show.link)?),
        };
        if compile.is_none() && link.is_none() {
            continue;
        }
        let compiler = command.and_then(|words| words.into_iter().next());
        return Ok(Shown {
            compiler: compiler.and_then(|compiler| resolve(context, &compiler)),
            compile: compile
                .unwrap_or_default()
                .into_iter()
                .filter(|word| is_for_compiling(word))
                .collect(),
            link: for_linking(link.unwrap_or_default()),
        });
    }
    Ok(Shown::default())
}

/// The path of a compiler that a wrapper names.
fn resolve(context: &Context<'_>, compiler: &str) -> Option<String> {
    if Path::new(compiler).is_absolute() {
        return Some(compiler.to_owned());
    }
    let mut files = context
        .options
        .environment
        .search_path()
        .map(|directory| directory.join(compiler));
    files
        .find(|file| executable(file).is_some())
        .as_deref()
        .and_then(text)
}

/// What a program that includes mpi.h needs; how MPI itself was built is no
/// business of it.
fn is_for_compiling(word: &str) -> bool {
    ["-I", "-D", "-pthread", "-isystem", "-fopenmp"]
        .iter()
        .any(|start| word.starts_with(start))
        && !word.starts_with("-D_FORTIFY_SOURCE")
}

fn for_linking(words: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "-Xlinker" {
            kept.push(word);
            kept.extend(words.next());
        } else if ["-L", "-l", "-Wl,", "-pthread"]
            .iter()
            .any(|start| word.starts_with(start))
        {
            kept.push(word);
        }
    }
    kept
}

fn examine(
    context: &Context<'_>,
    installation: &Installation<'_>,
    toolchains: &[HostToolchain],
) -> Result<Option<HostMpi>, SurveyError> {
    let mpi = installation.mpi;
    let mut wrappers = BTreeMap::new();
    for (&language, (candidate, identified)) in &installation.wrappers {
        let (Some(path), Some(realpath), Some(sha256)) = (
            text(&candidate.path),
            text(&candidate.realpath),
            context.sha256(&candidate.realpath),
        ) else {
            continue;
        };
        let compiler_is = identified
            .compiler
            .as_deref()
            .and_then(|path| what_is(path, language, toolchains));
        wrappers.insert(
            language,
            HostMpiWrapper {
                path,
                realpath,
                sha256,
                aliases: candidate
                    .aliases
                    .iter()
                    .filter_map(|path| text(path))
                    .collect(),
                compiler: identified.compiler.clone(),
                compiler_is,
                compile: identified.compile.clone(),
                link: identified.link.clone(),
                compiler_variable: mpi.compiler_variable(language).map(str::to_owned),
            },
        );
    }
    if wrappers.is_empty() {
        return Ok(None);
    }
    let (launcher, proof) = match installation.wrappers.get(&Language::C) {
        Some((candidate, _)) => two_ranks(context, installation, candidate)?,
        None => (
            None,
            Proof {
                evidence: "there is no wrapper for C, so that no program was tried".to_owned(),
                ..Proof::default()
            },
        ),
    };
    Ok(Some(HostMpi {
        implementation: mpi.id.clone(),
        version: installation.version.clone(),
        abi: mpi.abi.clone(),
        system: context.options.host,
        wrappers,
        launcher,
        proof,
    }))
}

/// What the compiler underneath is, if the survey has met it.
fn what_is(path: &str, language: Language, toolchains: &[HostToolchain]) -> Option<String> {
    let real = dunce::canonicalize(path).ok()?;
    let toolchain = toolchains.iter().find(|toolchain| {
        let driver = toolchain.drivers.get(&language);
        driver.is_some_and(|driver| Path::new(&driver.realpath) == real)
    })?;
    Some(toolchain.title())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_told_by_name() {
        assert_eq!(suffix_of("mpicc", "mpicc"), Some(""));
        assert_eq!(suffix_of("mpicc.openmpi", "mpicc"), Some(".openmpi"));
        assert_eq!(suffix_of("mpicc-4.1", "mpicc"), Some("-4.1"));
        assert_eq!(suffix_of("mpicc.exe", "mpicc"), Some(""));
        assert_eq!(suffix_of("mpicc-wrapper-data.txt", "mpicc"), None);
        assert_eq!(suffix_of("mpiccx", "mpicc"), None);
    }

    #[test]
    fn what_a_wrapper_adds_for_linking_is_kept_whole() {
        let words = ["-O2", "-L/opt/lib", "-Xlinker", "-rpath", "-lmpi", "-g"].map(str::to_owned);
        assert_eq!(
            for_linking(words.into()),
            ["-L/opt/lib", "-Xlinker", "-rpath", "-lmpi"]
        );
    }
}
