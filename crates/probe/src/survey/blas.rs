//! BLAS libraries: every place that may hold one is looked into, and what is
//! there is linked, run and asked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cfgmatrix_core::{
    Blas, BlasPlace, BlasSeen, HostBlas, HostToolchain, Interface, Linkage, Proof, Provides,
    Target, Threading, Version, packages_text,
};
use serde::{Deserialize, Serialize};

use super::blas_files::{Candidate, Linker, candidates, linkers, tokens};
use super::{Context, SurveyError, loader_index, text};
use crate::blas::{BlasProof, BlasTrial};
use crate::identify::IdentifyError;
use crate::trial::rpath;

/// What each set of routines is told by.
const ROUTINES: [(&str, Provides); 3] = [
    ("cblas_dgemm", Provides::Cblas),
    ("dgesv_", Provides::Lapack),
    ("LAPACKE_dgesv", Provides::Lapacke),
];

/// What was seen of a file, as the cache keeps it.
#[derive(Clone, Serialize, Deserialize)]
struct Tried {
    proof: Proof,
    seen: BlasSeen,
    version: Option<Version>,
    has: Vec<String>,
    is_another: bool,
    lapack_libs: Vec<String>,
    lapacke_libs: Vec<String>,
}

/// The program of the trials, compiled once for each kind of integers and names.
type Programs = Mutex<BTreeMap<(usize, bool, String, String), Option<Arc<Program>>>>;

struct Program {
    object: PathBuf,
    _directory: tempfile::TempDir,
}

pub(super) fn survey(
    context: &Context<'_>,
    toolchains: &[HostToolchain],
) -> Result<Vec<HostBlas>, SurveyError> {
    let linkers = linkers(context, toolchains);
    if linkers.is_empty() {
        context.warn(
            "no C compiler for this machine was found, so that no library could be tried"
                .to_owned(),
        );
        return Ok(Vec::new());
    }
    let candidates = candidates(context, &linkers)?;
    let programs = Programs::default();
    let shown = |candidate: &Candidate<'_>| candidate.file.file.display().to_string();
    let found = context.each(candidates, shown, |candidate| {
        examine(context, &linkers[candidate.linker], &candidate, &programs)
    })?;
    let mut libraries: Vec<HostBlas> = found.into_iter().flatten().collect();
    libraries.sort_by(|a, b| {
        let key = |found: &HostBlas| {
            let kind = (found.interface.as_str(), found.linkage == Linkage::Static);
            (
                found.library.clone(),
                kind,
                found.threading.as_str(),
                found.file.clone(),
                found.libs.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    Ok(libraries)
}

fn examine(
    context: &Context<'_>,
    linker: &Linker<'_>,
    candidate: &Candidate<'_>,
    programs: &Programs,
) -> Result<Option<HostBlas>, SurveyError> {
    let Candidate {
        library,
        place,
        file,
        realpath,
        ..
    } = candidate;
    let libs = tokens(file);
    let directories: Vec<PathBuf> = if file.linkage == Linkage::Static && file.libs.is_empty() {
        Vec::new()
    } else {
        file.directories.clone()
    };
    let path = file.file.to_string_lossy();
    let lapack = place.lapack_libs.join(" ");
    let key = context.key(&[
        "blas",
        &library.id,
        &path,
        &libs.join(" "),
        &lapack,
        &linker.command.program.to_string_lossy(),
    ]);
    let ask = || {
        let trials = Trials {
            context,
            linker,
            candidate,
            directories: &directories,
            programs,
        };
        let (tried, linked) = trials.try_out(&libs)?;
        let witnesses = tried.as_ref().map(|_| {
            let mut witnesses = vec![
                file.file.clone(),
                realpath.clone(),
                linker.command.program.clone(),
                loader_index(),
            ];
            witnesses.extend(linked.into_iter().filter(|file| file.is_file()));
            witnesses.extend(file.directories.iter().cloned());
            witnesses
        });
        Ok::<_, SurveyError>((tried, witnesses))
    };
    let Some(tried) = context.cache.remember(&key, ask)? else {
        return Ok(None);
    };
    Ok(record(context, candidate, libs, &directories, tried))
}

/// The interface that is believed in; where the place does not say, the other
/// one is tried when the first is found wrong.
fn interfaces(place: &BlasPlace) -> Vec<Interface> {
    place.interface.map_or_else(
        || vec![Interface::Lp64, Interface::Ilp64],
        |interface| vec![interface],
    )
}

/// The trials of one file.
struct Trials<'a, 'c, 'k> {
    context: &'a Context<'c>,
    linker: &'a Linker<'a>,
    candidate: &'a Candidate<'k>,
    /// Where the linker and the program look.
    directories: &'a [PathBuf],
    programs: &'a Programs,
}

impl Trials<'_, '_, '_> {
    /// What the file is; nothing where the compiler itself failed.
    fn try_out(&self, libs: &[String]) -> Result<(Option<Tried>, Vec<PathBuf>), SurveyError> {
        let place = self.candidate.place;
        let mut result = None;
        for interface in interfaces(place) {
            let Some(proof) = self.attempt(interface, libs, &[1, 2])? else {
                return Ok((None, Vec::new()));
            };
            let right = proof.seen.interface.is_none_or(|seen| seen == interface);
            result = Some((interface, proof));
            if right {
                break;
            }
        }
        let Some((interface, proof)) = result else {
            return Ok((None, Vec::new()));
        };
        let mut tried = Tried {
            proof: proof.proof,
            seen: proof.seen,
            version: proof.version,
            has: proof.has,
            is_another: proof.is_another,
            lapack_libs: Vec::new(),
            lapacke_libs: Vec::new(),
        };
        let mut linked = proof.linked;
        let shared = self.candidate.file.linkage == Linkage::Shared;
        if tried.proof.holds() && shared && !place.lapack_libs.is_empty() {
            self.beside_lapack(interface, &mut tried, &mut linked)?;
        }
        Ok((Some(tried), linked))
    }

    /// Whether the same directory's LAPACK, and LAPACKE before it, run with this BLAS.
    fn beside_lapack(
        &self,
        interface: Interface,
        tried: &mut Tried,
        linked: &mut Vec<PathBuf>,
    ) -> Result<(), SurveyError> {
        let lapack = &self.candidate.place.lapack_libs;
        let lapacke = match interface {
            Interface::Ilp64 => "-llapacke64",
            _ => "-llapacke",
        };
        let with_lapacke = vec!["-Wl,--no-as-needed".to_owned(), lapacke.to_owned()];
        for before in [with_lapacke, Vec::new()] {
            let libs: Vec<String> = before.iter().chain(lapack).cloned().collect();
            // How many threads it starts is known by now.
            let Some(proof) = self.attempt(interface, &libs, &[1])? else {
                return Ok(());
            };
            let has = |symbol: &str| proof.has.iter().any(|has| has == symbol);
            if proof.proof.holds() && has("dgesv_") && (before.is_empty() || has("LAPACKE_dgesv")) {
                tried.lapack_libs.clone_from(lapack);
                tried.lapacke_libs = before;
                tried.has.extend(proof.has);
                linked.extend(proof.linked);
                return Ok(());
            }
        }
        Ok(())
    }

    /// One trial; nothing where the compiler itself failed.
    fn attempt(
        &self,
        interface: Interface,
        libs: &[String],
        threads: &[u32],
    ) -> Result<Option<BlasProof>, SurveyError> {
        let Candidate {
            library,
            place,
            file,
            ..
        } = self.candidate;
        let host = self.context.options.host;
        let mut link: Vec<OsString> = Vec::new();
        for directory in self.directories {
            let mut token = OsString::from("-L");
            token.push(directory);
            link.push(token);
            link.push(rpath(directory));
        }
        link.extend(libs.iter().map(OsString::from));
        let symbols = ROUTINES.map(|(symbol, _)| symbol);
        let mut trial = BlasTrial {
            library,
            file: &file.file,
            linkage: file.linkage,
            interface,
            prefix: &place.symbol_prefix,
            suffix: &place.symbol_suffix,
            libs: link,
            target: host,
            runner: self.context.runner(Some(host)),
            threads,
            object: None,
            has: &symbols,
        };
        let number = self.candidate.linker;
        let compiled = program(&trial, number, self.linker, self.programs);
        if let Ok(program) = &compiled {
            trial.object = program.as_ref().map(|program| program.object.as_path());
        }
        match trial.prove(&self.linker.command) {
            Ok(proof) => Ok(Some(proof)),
            Err(IdentifyError::Process(error)) => {
                let file = file.file.display();
                self.context.warn(format!("{file} is left out: {error}"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn program(
    trial: &BlasTrial<'_>,
    number: usize,
    linker: &Linker<'_>,
    programs: &Programs,
) -> Result<Option<Arc<Program>>, IdentifyError> {
    let key = (
        number,
        trial.interface == Interface::Ilp64,
        trial.prefix.to_owned(),
        trial.suffix.to_owned(),
    );
    // Held while it compiles: the others of the same kind wait for it.
    let mut programs = programs.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = programs.get(&key) {
        return Ok(program.clone());
    }
    let directory = crate::identify::temporary_directory()?;
    let object = trial.compile(&linker.command, directory.path())?;
    let program = object.map(|object| {
        Arc::new(Program {
            object,
            _directory: directory,
        })
    });
    programs.insert(key, program.clone());
    Ok(program)
}

fn record(
    context: &Context<'_>,
    candidate: &Candidate<'_>,
    libs: Vec<String>,
    directories: &[PathBuf],
    tried: Tried,
) -> Option<HostBlas> {
    let Candidate {
        library,
        place,
        file,
        realpath,
        ..
    } = candidate;
    let Tried {
        mut proof,
        seen,
        version,
        has,
        is_another,
        lapack_libs,
        lapacke_libs,
    } = tried;
    // The library's own word is worth more than the place it lies in, unless it
    // is another library's.
    let told = if is_another {
        BlasSeen::default()
    } else {
        seen.clone()
    };
    let version = version.filter(|_| !is_another);
    let interface = told.interface.or(place.interface).unwrap_or_default();
    let threading = told
        .threading
        .or(place.threading)
        .unwrap_or_else(|| by_threads(&told));
    if proof.works == Some(false) {
        proof.hint = proof.hint.or_else(|| hint(library, threading, interface));
    }
    let includes = file
        .include
        .iter()
        .map(|path| format!("-I{}", path.display()));
    let own = library.rows().iter().find(|row| {
        (row.threading, row.interface, row.linkage) == (threading, interface, file.linkage)
            && !row.is_addition()
    });
    let mut compile: Vec<String> = includes.collect();
    compile.extend(
        own.into_iter()
            .flat_map(|row| row.define.iter().map(|name| format!("-D{name}"))),
    );
    let mut provides = vec![Provides::Blas];
    provides.extend(
        ROUTINES
            .iter()
            .filter(|(symbol, _)| has.iter().any(|has| has == symbol))
            .map(|(_, provides)| *provides),
    );
    Some(HostBlas {
        library: library.id.clone(),
        version,
        threading,
        interface,
        linkage: file.linkage,
        system: context.options.host,
        file: text(&file.file)?,
        realpath: text(realpath)?,
        sha256: context.sha256(realpath)?,
        families: place.families().to_vec(),
        runtime: place.runtime.clone(),
        provides,
        symbol_prefix: place.symbol_prefix.clone(),
        symbol_suffix: place.symbol_suffix.clone(),
        compile,
        directories: directories.iter().filter_map(|path| text(path)).collect(),
        libs,
        lapack_libs,
        lapacke_libs,
        proof,
        seen: seen.dgemm_from.is_some().then_some(seen),
    })
}

/// The threading of a library that cannot be asked, by what it did.
fn by_threads(seen: &BlasSeen) -> Threading {
    let started = seen.threads.get(&2).copied().unwrap_or(0);
    let has = |stem: &str| seen.mapped.iter().any(|file| file.contains(stem));
    if started == 0 {
        Threading::Sequential
    } else if has("gomp") || has("iomp") || has("libomp") {
        Threading::Openmp
    } else if has("tbb") {
        Threading::Tbb
    } else {
        Threading::Pthread
    }
}

fn hint(library: &Blas, threading: Threading, interface: Interface) -> Option<String> {
    let row = library.rows().iter().find(|row| {
        (row.threading, row.interface) == (threading, interface) && !row.install.is_empty()
    })?;
    let packages = packages_text(&row.install);
    Some(format!("install it anew ({packages})"))
}

/// The libraries that work on a system, for those that build on them.
pub(super) fn working(libraries: &[HostBlas], target: Target) -> impl Iterator<Item = &HostBlas> {
    libraries
        .iter()
        .filter(move |library| library.proof.holds() && library.system == target)
}
