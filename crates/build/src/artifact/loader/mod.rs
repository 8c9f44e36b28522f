//! The files that the system's loader picks for a program.

mod cache;
mod linked;
mod loading;
mod paths;
mod search;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::linked::Unusable;
use self::loading::Loading;
use super::error::ArtifactError;

pub use self::paths::LoaderPaths;

/// Whose rules are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoaderRules {
    /// The GNU C library's.
    Glibc,
    /// musl's.
    Musl,
}

/// By which rule a file was picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Picked {
    /// It is the program itself.
    Subject,
    /// `LD_PRELOAD`, or the system's file of that purpose.
    Preload,
    /// The name is a path.
    Path,
    /// `DT_RPATH` of an object.
    Rpath {
        /// Whose it is.
        of: PathBuf,
    },
    /// `LD_LIBRARY_PATH`.
    LdLibraryPath,
    /// `DT_RUNPATH` of an object.
    Runpath {
        /// Whose it is.
        of: PathBuf,
    },
    /// `ldconfig`'s list.
    Cache,
    /// A directory that is always searched.
    Default,
    /// It is the loader.
    Interpreter,
}

/// A file that is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Loaded {
    /// The name under which it was asked for first.
    pub name: String,
    /// Where the loader found it.
    pub path: PathBuf,
    /// The same with links resolved.
    pub file: PathBuf,
    /// The name that it gives itself.
    pub soname: Option<String>,
    /// The file that asked for it first.
    pub needed_by: Option<PathBuf>,
    /// By which rule it was picked.
    pub picked: Picked,
    /// Which of the symbols that mark BLAS, MPI and OpenMP libraries it provides.
    pub provides: Vec<String>,
}

/// A library that was asked for and is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Missing {
    /// The name.
    pub name: String,
    /// Who asked for it.
    pub needed_by: PathBuf,
    /// What is wrong with the file over which the loader gives up, if it is one.
    pub problem: Option<String>,
    /// Whether the program starts all the same: a preload is only warned about.
    pub optional: bool,
}

/// A program or library with all that is loaded for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Closure {
    /// Whose rules were followed.
    pub rules: LoaderRules,
    /// The program's loader.
    pub interpreter: Option<PathBuf>,
    /// The files in the order in which symbols are looked for; the first is the
    /// program itself.
    pub loaded: Vec<Loaded>,
    /// What could not be had, each name once.
    pub missing: Vec<Missing>,
}

impl Closure {
    /// The first file that provides a symbol: the one whose definition is used.
    ///
    /// # Errors
    /// [`ArtifactError`] if a file that was there cannot be read any more.
    pub fn provider_of(&self, symbol: &str) -> Result<Option<&Loaded>, ArtifactError> {
        for loaded in &self.loaded {
            let provides = if linked::MARKS.contains(&symbol) {
                loaded.provides.iter().any(|name| name == symbol)
            } else {
                linked::defines(&loaded.file, symbol)
                    .map_err(|unusable| failed(&loaded.file, unusable))?
            };
            if provides {
                return Ok(Some(loaded));
            }
        }
        Ok(None)
    }

    /// The file that was loaded for a name or soname.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Loaded> {
        self.loaded
            .iter()
            .find(|loaded| loaded.name == name || loaded.soname.as_deref() == Some(name))
    }
}

fn failed(path: &Path, unusable: Unusable) -> ArtifactError {
    match unusable {
        Unusable::Absent => ArtifactError::Read {
            path: path.to_owned(),
            source: std::io::Error::from(std::io::ErrorKind::NotFound),
        },
        Unusable::Foreign => ArtifactError::NotElf {
            path: path.to_owned(),
        },
        Unusable::Malformed(problem) => ArtifactError::Malformed {
            path: path.to_owned(),
            format: "ELF",
            problem,
        },
    }
}

/// What the loader would load for an ELF program or library in an environment.
///
/// Of the environment, `LD_LIBRARY_PATH` and `LD_PRELOAD` count.
///
/// # Errors
/// [`ArtifactError`] if the file cannot be read or is no ELF file. What the
/// loader would not find is no error: it is [`Closure::missing`].
pub fn closure(
    path: &Path,
    run_env: &BTreeMap<String, String>,
    system: &LoaderPaths,
) -> Result<Closure, ArtifactError> {
    let path = system.working_directory.join(path);
    match std::fs::metadata(&path) {
        Err(source) => return Err(ArtifactError::Read { path, source }),
        Ok(metadata) if !metadata.is_file() => return Err(ArtifactError::NotAFile { path }),
        Ok(_) => {}
    }
    let subject = linked::read(&path, true).map_err(|unusable| failed(&path, unusable))?;
    let mut loading = Loading::of(&path, subject, run_env, system);
    loading.preload(run_env);
    Ok(loading.all())
}
