//! Files that may be BLAS libraries, and the compilers that can link them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Blas, BlasPlace, HostToolchain, Language, Linkage};

use super::{Context, SurveyError, command};
use crate::blas::{BlasDirectories, BlasFile, multiarch};
use crate::identify::CompilerCommand;
use crate::process::{Invocation, ProcessError};

/// A compiler that links what is tried.
pub(super) struct Linker<'a> {
    pub(super) toolchain: &'a HostToolchain,
    pub(super) command: CompilerCommand,
}

/// The C compilers that build for this machine, the one that most libraries are
/// made for first.
pub(super) fn linkers<'a>(
    context: &Context<'_>,
    toolchains: &'a [HostToolchain],
) -> Vec<Linker<'a>> {
    let own = toolchains.iter().filter(|toolchain| {
        // musl-gcc builds for this machine, and links none of its libraries.
        toolchain.system == Some(context.options.host) && toolchain.other_c_library().is_none()
    });
    let mut linkers: Vec<Linker<'_>> = own
        .filter_map(|toolchain| {
            let driver = toolchain.drivers.get(&Language::C)?;
            let arguments: Vec<OsString> = driver.arguments.iter().map(OsString::from).collect();
            let environment: Vec<(OsString, OsString)> = driver
                .env
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            let path = Path::new(&driver.path);
            let limit = context.options.time_limit;
            Some(Linker {
                toolchain,
                command: command(path, &arguments, &environment, limit),
            })
        })
        .collect();
    // The system's own compiler first, for which its libraries are made; then
    // those with Fortran, whose library archives need.
    let is_own = |toolchain: &HostToolchain| {
        let driver = toolchain.drivers.get(&Language::C);
        driver.is_some_and(|driver| driver.is_called("cc"))
    };
    linkers.sort_by_key(|linker| {
        let toolchain = linker.toolchain;
        let newest = Reverse(toolchain.version.clone());
        (!is_own(toolchain), Reverse(toolchain.drivers.len()), newest)
    });
    linkers
}

/// A file to be tried.
pub(super) struct Candidate<'k> {
    pub(super) library: &'k Blas,
    pub(super) place: &'k BlasPlace,
    pub(super) file: BlasFile,
    pub(super) realpath: PathBuf,
    pub(super) linker: usize,
}

pub(super) fn candidates<'k>(
    context: &Context<'k>,
    linkers: &[Linker<'_>],
) -> Result<Vec<Candidate<'k>>, SurveyError> {
    let target = context.options.host;
    let environment = &context.options.environment;
    let variable = |name: &str| environment.get(name).map(OsStr::to_owned);
    let hints = pkg_config_prefixes(context)?;
    let mut seen = BTreeSet::new();
    let mut candidates = Vec::new();
    for id in context.known.blas_ids() {
        let library = context.known.blas(id)?;
        let named = library
            .root_variables
            .iter()
            .filter_map(|name| environment.get(name));
        let mut roots: Vec<PathBuf> = named.map(PathBuf::from).collect();
        roots.extend(context.options.paths.iter().cloned());
        roots.extend(hints.get(id).into_iter().flatten().cloned());
        let directories = BlasDirectories {
            target,
            roots,
            variable: &variable,
        };
        for place in library.places.iter().filter(|place| place.is_for(target)) {
            // Somebody here must be able to link it.
            let suits = |linker: &Linker<'_>| place.suits(&linker.toolchain.family);
            let Some(linker) = linkers.iter().position(suits) else {
                continue;
            };
            for linkage in [Linkage::Shared, Linkage::Static] {
                for file in directories.files(place, linkage).0 {
                    let Ok(realpath) = dunce::canonicalize(&file.file) else {
                        continue;
                    };
                    let key = (
                        realpath.clone(),
                        linkage == Linkage::Static,
                        file.libs.clone(),
                        linker,
                        place.runtime.clone(),
                    );
                    if seen.insert(key) {
                        candidates.push(Candidate {
                            library,
                            place,
                            file,
                            realpath,
                            linker,
                        });
                    }
                }
            }
        }
    }
    Ok(candidates)
}

/// Prefixes that pkg-config knows of, by library: a hint where to look. What it
/// says of link lines is not asked, for it names what an alternative chose.
fn pkg_config_prefixes(
    context: &Context<'_>,
) -> Result<BTreeMap<String, Vec<PathBuf>>, SurveyError> {
    let mut prefixes: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let environment = &context.options.environment;
    let Some(program) = environment
        .search_path()
        .map(|directory| directory.join(format!("pkg-config{}", std::env::consts::EXE_SUFFIX)))
        .find(|path| path.is_file())
    else {
        return Ok(prefixes);
    };
    let ask = |arguments: &[&str]| -> Result<String, ProcessError> {
        let key = context.key(&["pkg-config", &arguments.join(" ")]);
        let run = || {
            let output = Invocation::new(&program)
                .arguments(arguments)
                .time_limit(context.options.time_limit)
                .run()?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            Ok::<_, ProcessError>((said, Some(pkg_config_directories(context, &program))))
        };
        context.cache.remember(&key, run)
    };
    let Ok(listed) = ask(&["--list-all"]) else {
        return Ok(prefixes);
    };
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for id in context.known.blas_ids() {
        let rows = context.known.blas(id)?.rows().iter();
        let names: BTreeSet<&str> = rows.filter_map(|row| row.pkg_config.as_deref()).collect();
        for name in names.into_iter().filter(|name| listed.contains(name)) {
            let Ok(prefix) = ask(&["--variable=prefix", name]) else {
                continue;
            };
            let prefix = Path::new(prefix.trim());
            // The system's own directories are places already.
            if prefix.is_absolute() && prefix != Path::new("/usr") && prefix.is_dir() {
                prefixes
                    .entry(id.to_owned())
                    .or_default()
                    .push(prefix.to_owned());
            }
        }
    }
    Ok(prefixes)
}

/// Where a package that comes or goes leaves a trace.
fn pkg_config_directories(context: &Context<'_>, program: &Path) -> Vec<PathBuf> {
    let usual = [
        "/usr/lib/pkgconfig",
        "/usr/lib64/pkgconfig",
        "/usr/share/pkgconfig",
        "/usr/local/lib/pkgconfig",
    ];
    let mut directories: Vec<PathBuf> = usual.iter().map(PathBuf::from).collect();
    directories.extend(
        multiarch(context.options.host)
            .map(|triplet| Path::new("/usr/lib").join(triplet).join("pkgconfig")),
    );
    let named = context
        .options
        .environment
        .get("PKG_CONFIG_PATH")
        .unwrap_or_default();
    directories.extend(std::env::split_paths(named));
    directories.push(program.to_owned());
    directories
}

/// What links a file once the linker knows its directories.
pub(super) fn tokens(file: &BlasFile) -> Vec<String> {
    if !file.libs.is_empty() {
        return file.libs.clone();
    }
    let whole = || file.file.to_string_lossy().into_owned();
    let mut libs = vec![match file.linkage {
        Linkage::Static => whole(),
        _ => short_name(file).unwrap_or_else(whole),
    }];
    if file.linkage == Linkage::Static {
        libs.extend(file.needs.iter().cloned());
    }
    libs
}

/// `-lopenblas`, where the file that this would find is the same.
fn short_name(file: &BlasFile) -> Option<String> {
    let name = file.file.file_name()?.to_str()?;
    let (stem, suffix) = ["so", "dylib"].iter().find_map(|suffix| {
        let (stem, _) = name.split_once(&format!(".{suffix}"))?;
        Some((stem.strip_prefix("lib")?, suffix))
    })?;
    let found = file.directory.join(format!("lib{stem}.{suffix}"));
    let same = dunce::canonicalize(found).ok()? == dunce::canonicalize(&file.file).ok()?;
    same.then(|| format!("-l{stem}"))
}
