//! What is measured: the command in this environment, or in those of variants.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cfgmatrix_build::run::{file_name, passed};
use cfgmatrix_build::threads::tune::{Library, Program, grid, lengths};
use cfgmatrix_build::threads::{Application, BlasDemand};
use cfgmatrix_core::{
    Commands, HostReport, KnowledgeBase, RunPlaces, Strength, Target, Threading, Variant,
};

use super::super::super::expand::{EffortName, MatrixArguments};
use super::super::super::probe::ProbeArguments;
use super::super::super::verify::absolute;
use super::super::super::{Error, Surroundings};
use super::super::plan::{application_of, demand_of, library_demand};
use super::{Arguments, Entry};
use crate::files;

const OMP_NUM_THREADS: &str = "OMP_NUM_THREADS";
const THREADINGS: [Threading; 4] = [
    Threading::Sequential,
    Threading::Openmp,
    Threading::Pthread,
    Threading::Tbb,
];

/// All that is measured.
pub(super) struct Asked {
    /// The matrix; nothing where there is none.
    pub(super) name: Option<String>,
    pub(super) candidates: Vec<Candidate>,
    /// What the user should know of the cells.
    pub(super) notes: Vec<String>,
    /// Every variable that counts threads: of the caller's none may interfere.
    pub(super) cleared: BTreeSet<String>,
}

/// A program with its BLAS.
pub(super) struct Candidate {
    /// The variant; nothing without a matrix.
    pub(super) variant: Option<String>,
    pub(super) library: Library,
    pub(super) application: Application,
    command: Vec<OsString>,
    /// What it is started in; nothing for the caller's environment.
    environment: Option<Vec<(String, String)>>,
}

impl Asked {
    pub(super) fn new(
        arguments: &Arguments,
        known: &KnowledgeBase,
        knowledge: impl FnOnce() -> Result<u64, Error>,
        surroundings: &Surroundings,
    ) -> Result<Self, Error> {
        let target = surroundings.host();
        let (own, cleared) = variables(known, target)?;
        let has_matrix = arguments.spec.is_some()
            || arguments.host.is_some()
            || arguments.profile.is_some()
            || !arguments.select.is_empty();
        let (name, candidates) = if has_matrix {
            let (name, candidates) = of_matrix(arguments, known, knowledge, surroundings)?;
            (Some(name), candidates)
        } else {
            let library = match &arguments.library {
                Some(asked) => {
                    Library::Known(Some(library_demand("--library", asked, known, target)?))
                }
                None => Library::Unknown(own),
            };
            let candidate = Candidate {
                variant: None,
                library,
                application: Application::Unknown,
                command: arguments.command.clone(),
                environment: None,
            };
            (None, vec![candidate])
        };
        let notes = candidates.iter().filter_map(Candidate::note).collect();
        Ok(Self {
            name,
            candidates,
            notes,
            cleared,
        })
    }

    /// The cells of all candidates.
    pub(super) fn entries(
        &self,
        arguments: &Arguments,
        usable: usize,
        surroundings: &Surroundings,
    ) -> Vec<Entry> {
        let all = lengths(usable);
        let given = |list: &[usize]| {
            let mut list = list.to_vec();
            list.sort_unstable();
            list.dedup();
            if list.is_empty() { all.clone() } else { list }
        };
        let (application, blas) = (given(&arguments.application), given(&arguments.blas));
        let everything = arguments.application.is_empty() && arguments.blas.is_empty();
        let mut entries = Vec::new();
        for (number, candidate) in self.candidates.iter().enumerate() {
            let sequential = candidate.application == Application::Sequential
                && arguments.application.is_empty();
            let application = (!sequential).then_some(application.as_slice());
            for cell in grid(&candidate.library, application, &blas, usable, everything) {
                let variables = cell.variables.iter();
                let variables = variables.map(|one| (one.name.clone(), one.value.clone()));
                let program = self.program(candidate, variables.collect(), arguments, surroundings);
                entries.push(Entry {
                    candidate: number,
                    cell,
                    program,
                });
            }
        }
        entries
    }

    fn program(
        &self,
        candidate: &Candidate,
        variables: Vec<(String, String)>,
        arguments: &Arguments,
        surroundings: &Surroundings,
    ) -> Program {
        let caller = surroundings.environment.iter();
        let mut environment: Vec<(OsString, OsString)> = match &candidate.environment {
            None => caller
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            Some(own) => {
                let own = own.iter().map(|(name, value)| (name.into(), value.into()));
                passed(caller, &arguments.pass)
                    .into_iter()
                    .chain(own)
                    .collect()
            }
        };
        environment.retain(|(name, _)| {
            !name
                .to_str()
                .is_some_and(|name| self.cleared.contains(name))
        });
        let (program, words) = candidate
            .command
            .split_first()
            .expect("a command has a program, which was checked");
        Program {
            program: PathBuf::from(program),
            arguments: words.to_vec(),
            environment,
            variables,
            directory: PathBuf::from("."),
            limit: arguments.timeout,
        }
    }
}

impl Candidate {
    pub(super) fn demand(&self) -> Option<&BlasDemand> {
        match &self.library {
            Library::Known(library) => library.as_ref(),
            Library::Unknown(_) => None,
        }
    }

    /// What cannot be told apart.
    fn note(&self) -> Option<String> {
        let of = self
            .variant
            .as_ref()
            .map_or_else(String::new, |name| format!("{name}: "));
        let library = match &self.library {
            Library::Unknown(_) => {
                return Some(
                    "which BLAS the command uses is not known: if it is one that only OMP_NUM_THREADS counts \
                     (OpenBLAS with OpenMP), the columns are all the same; `--library openblas=openmp` says so"
                        .to_owned(),
                );
            }
            Library::Known(library) => library.as_ref()?,
        };
        let title = format!("{} {}", library.library, library.threading.as_str());
        let first = library.variables.first().map(String::as_str);
        match (library.threading, first, self.application) {
            (Threading::Sequential, ..) | (.., Application::Sequential) => None,
            (_, None, _) => Some(format!("{of}no variable sets the threads of {title}")),
            (_, Some(OMP_NUM_THREADS), _) => Some(format!(
                "{of}{title} reads OMP_NUM_THREADS alone, as the application does: cells that differ only \
                 in the threads of BLAS cannot be told apart and are one"
            )),
            _ => None,
        }
    }
}

/// The variables that libraries count their own threads by, the strongest of each;
/// and all that count threads.
fn variables(
    known: &KnowledgeBase,
    target: Target,
) -> Result<(Vec<String>, BTreeSet<String>), Error> {
    let mut own = BTreeSet::new();
    let mut all = BTreeSet::from([OMP_NUM_THREADS.to_owned()]);
    for id in known.blas_ids() {
        let library = known.blas(id)?;
        for threading in THREADINGS {
            let variables = library.thread_variables(threading, target);
            let strongest = variables.first().filter(|&&name| name != OMP_NUM_THREADS);
            own.extend(strongest.map(|&name| name.to_owned()));
            all.extend(variables.into_iter().map(str::to_owned));
        }
    }
    Ok((own.into_iter().collect(), all))
}

/// The variants of a matrix.
fn of_matrix(
    arguments: &Arguments,
    known: &KnowledgeBase,
    knowledge: impl FnOnce() -> Result<u64, Error>,
    surroundings: &Surroundings,
) -> Result<(String, Vec<Candidate>), Error> {
    let wanted = MatrixArguments {
        spec: arguments.spec.clone(),
        select: arguments.select.clone(),
        profile: arguments.profile.clone(),
        strength: Some(Strength::All),
        effort: EffortName::Normal,
        seed: 0,
        threads: None,
    };
    let matrix = wanted.read()?;
    // What the user may have got wrong is found before the machine is looked at.
    let space = wanted.space(&matrix, known, None);
    if let Ok(space) = &space {
        space.select(&wanted.select)?;
    }
    let host = match &arguments.host {
        Some(path) => HostReport::parse(&files::read_argument(path)?)?,
        None => ProbeArguments::for_matrix(&matrix).survey(known, knowledge()?, surroundings)?,
    };
    let space = wanted.space(&matrix, known, Some(&host))?;
    let selection = space.select(&wanted.select)?;
    let expansion = space.expand(&selection, &wanted.plan(&matrix)?)?;
    if expansion.variants.is_empty() {
        return Err(space.nothing_left(&selection).into());
    }
    check_alike(&expansion.variants)?;
    let source = absolute(Path::new("."))?;
    let candidates = expansion.variants.iter().map(|variant| {
        let blas = variant.blas.as_ref();
        let target = variant.toolchain.as_ref();
        let target = target.map_or(surroundings.host(), |toolchain| toolchain.target);
        let blas = blas.map(|blas| demand_of(blas.library, blas.row.threading, target));
        let build = source.join(&arguments.directory).join("builds");
        let build = build.join(file_name(&variant.name));
        Ok(Candidate {
            variant: Some(variant.name.clone()),
            library: Library::Known(blas),
            application: application_of(variant),
            command: fill(&arguments.command, variant, &source, &build)?,
            environment: Some(cfgmatrix_core::emit::environment(variant)),
        })
    });
    let candidates: Result<Vec<Candidate>, Error> = candidates.collect();
    Ok((expansion.name.to_owned(), candidates?))
}

/// The command with what a variant has in place of the names in braces.
fn fill(
    command: &[OsString],
    variant: &Variant<'_>,
    source: &Path,
    build: &Path,
) -> Result<Vec<OsString>, Error> {
    let words = command.iter().map(|word| word.to_str().map(str::to_owned));
    // What is no text has no names in it, and its neighbours may be anything.
    let Some(words) = words.collect::<Option<Vec<String>>>() else {
        return Ok(command.to_vec());
    };
    let install = build.join("install").display().to_string();
    let (source, build) = (source.display().to_string(), build.display().to_string());
    let places = RunPlaces {
        source: &source,
        build: &build,
        install: &install,
    };
    let filled = Commands(vec![words]).of("command", variant, places);
    let filled = filled.map_err(|error| match error {
        cfgmatrix_core::Error::RunPattern {
            variant, reason, ..
        } => Error::Usage {
            message: format!("the command for `{variant}`: {reason}"),
            hint: None,
        },
        error => error.into(),
    })?;
    Ok(filled.into_iter().flatten().map(OsString::from).collect())
}

/// Variants may differ in BLAS alone: else nobody could say what made the difference.
fn check_alike(variants: &[Variant<'_>]) -> Result<(), Error> {
    let Some((first, others)) = variants.split_first() else {
        return Ok(());
    };
    let differing = others.iter().flat_map(|other| {
        let value = |of: &Variant<'_>, axis: &str| {
            let found = of.axes.iter().find(|(name, _)| name == axis);
            found.map(|(_, value)| value.clone())
        };
        let axes = first.axes.iter().chain(&other.axes);
        let axes = axes.filter(move |(axis, _)| value(first, axis) != value(other, axis));
        axes.map(|(axis, _)| axis.as_str())
    });
    let differing: BTreeSet<&str> = differing.filter(|&axis| axis != "blas").collect();
    let Some(axis) = differing.first() else {
        return Ok(());
    };
    let values: Vec<&str> = differing.iter().copied().collect();
    let value = first.axes.iter().find(|(name, _)| name == axis);
    Err(Error::Usage {
        message: format!(
            "{} variants are left, which differ in {} and not in BLAS alone: what made one faster could not be told",
            variants.len(),
            values.join(", ")
        ),
        hint: value.map(|(axis, value)| format!("choose one, as in `--select {axis}={value}`")),
    })
}
