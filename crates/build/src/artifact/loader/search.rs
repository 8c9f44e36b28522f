//! How a loader gets from a name to a file.

use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::linked::{self, Linked, Machine, Unusable};
use super::paths::{LoaderPaths, library, platform};
use super::{LoaderRules, Picked};

/// An object that asks for a library.
#[derive(Debug)]
pub(super) struct Asker {
    /// Its file, links resolved.
    pub(super) file: PathBuf,
    /// The directory in which it was found: `$ORIGIN`.
    pub(super) origin: PathBuf,
    pub(super) rpath: Vec<String>,
    pub(super) runpath: Vec<String>,
    pub(super) has_runpath: bool,
    pub(super) no_default_directories: bool,
    /// Who asked for it, as its place in the list of askers.
    pub(super) loader: Option<usize>,
}

/// What a search needs beside the name.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) machine: Machine,
    pub(super) rules: LoaderRules,
    pub(super) paths: &'a LoaderPaths,
    pub(super) cache: Cache,
    /// `LD_LIBRARY_PATH`.
    pub(super) environment: Vec<PathBuf>,
    /// The directories of the system.
    pub(super) last: Vec<PathBuf>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) linked: Linked,
    pub(super) picked: Picked,
}

impl Search<'_> {
    /// The file for a name; nothing if there is none.
    ///
    /// # Errors
    /// What is wrong with a file over which the loader gives up.
    pub(super) fn find(
        &self,
        name: &str,
        askers: &[Asker],
        asker: usize,
    ) -> Result<Option<Found>, String> {
        if name.contains('/') {
            let path = self.expand(name, &askers[asker].origin);
            return self.open(&path, Picked::Path);
        }
        match self.rules {
            LoaderRules::Glibc => self.glibc(name, askers, asker),
            LoaderRules::Musl => self.musl(name, askers, asker),
        }
    }

    fn glibc(&self, name: &str, askers: &[Asker], asker: usize) -> Result<Option<Found>, String> {
        let asking = &askers[asker];
        if !asking.has_runpath {
            // The executable's RPATH is always the last of the chain: it began it.
            for ancestor in chain(askers, asker) {
                // A RUNPATH silences the RPATH beside it.
                if !ancestor.has_runpath {
                    let of = ancestor.file.clone();
                    let directories = self.directories(&ancestor.rpath, &ancestor.origin);
                    if let Some(found) =
                        self.among(name, &directories, || Picked::Rpath { of: of.clone() })?
                    {
                        return Ok(Some(found));
                    }
                }
            }
        }
        if let Some(found) = self.among(name, &self.environment, || Picked::LdLibraryPath)? {
            return Ok(Some(found));
        }
        let directories = self.directories(&asking.runpath, &asking.origin);
        let of = || Picked::Runpath {
            of: asking.file.clone(),
        };
        if let Some(found) = self.among(name, &directories, of)? {
            return Ok(Some(found));
        }
        for path in self.cache.find(name, &self.paths.hwcaps) {
            let default = || {
                self.last
                    .iter()
                    .any(|directory| path.starts_with(directory))
            };
            if asking.no_default_directories && default() {
                continue;
            }
            if let Some(found) = self.open(path, Picked::Cache)? {
                return Ok(Some(found));
            }
        }
        if asking.no_default_directories {
            return Ok(None);
        }
        self.among(name, &self.last, || Picked::Default)
    }

    /// musl: the environment is first, then the paths of all that asked.
    fn musl(&self, name: &str, askers: &[Asker], asker: usize) -> Result<Option<Found>, String> {
        if let Some(found) = self.among(name, &self.environment, || Picked::LdLibraryPath)? {
            return Ok(Some(found));
        }
        for ancestor in chain(askers, asker) {
            let of = ancestor.file.clone();
            let (texts, runpath) = if ancestor.has_runpath {
                (&ancestor.runpath, true)
            } else {
                (&ancestor.rpath, false)
            };
            let directories = self.directories(texts, &ancestor.origin);
            let picked = || {
                let of = of.clone();
                if runpath {
                    Picked::Runpath { of }
                } else {
                    Picked::Rpath { of }
                }
            };
            if let Some(found) = self.among(name, &directories, picked)? {
                return Ok(Some(found));
            }
        }
        self.among(name, &self.last, || Picked::Default)
    }

    fn among(
        &self,
        name: &str,
        directories: &[PathBuf],
        picked: impl Fn() -> Picked,
    ) -> Result<Option<Found>, String> {
        for directory in directories {
            if self.rules == LoaderRules::Glibc {
                let better = directory.join("glibc-hwcaps");
                if better.is_dir() {
                    for hwcap in &self.paths.hwcaps {
                        if let Some(found) = self.open(&better.join(hwcap).join(name), picked())? {
                            return Ok(Some(found));
                        }
                    }
                }
            }
            if let Some(found) = self.open(&directory.join(name), picked())? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The file, if it is for this machine.
    fn open(&self, path: &Path, picked: Picked) -> Result<Option<Found>, String> {
        let path = self.paths.working_directory.join(path);
        match linked::read(&path, true) {
            Ok(linked) if linked.machine == self.machine => Ok(Some(Found {
                path,
                linked,
                picked,
            })),
            // glibc looks further; musl has taken the first file of the name.
            Ok(_) if self.rules == LoaderRules::Glibc => Ok(None),
            Ok(_) => Err(format!("`{}` is for another machine", path.display())),
            Err(Unusable::Absent) => Ok(None),
            Err(Unusable::Foreign) => Err(format!("`{}` is no ELF file", path.display())),
            Err(Unusable::Malformed(problem)) => Err(format!("`{}`: {problem}", path.display())),
        }
    }

    /// The directories that an RPATH or RUNPATH names.
    pub(super) fn directories(&self, texts: &[String], origin: &Path) -> Vec<PathBuf> {
        // An empty text as a whole names nothing; between colons it is where one stands.
        if texts == [""] {
            return Vec::new();
        }
        texts.iter().map(|text| self.expand(text, origin)).collect()
    }

    fn expand(&self, text: &str, origin: &Path) -> PathBuf {
        let mut path = replace(text, "ORIGIN", &origin.to_string_lossy());
        if self.rules == LoaderRules::Glibc {
            path = replace(&path, "LIB", &library(self.machine));
            path = replace(&path, "PLATFORM", platform(self.machine));
        }
        self.paths.working_directory.join(path)
    }
}

/// An object and those that led to it, the executable last.
fn chain(askers: &[Asker], start: usize) -> impl Iterator<Item = &Asker> {
    std::iter::successors(Some(start), |&at| askers[at].loader).map(|at| &askers[at])
}

/// Replaces `$NAME` and `${NAME}`; a longer name that begins so is another one.
fn replace(text: &str, name: &str, value: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        result.push_str(before);
        let braced = format!("${{{name}}}");
        let bare = after
            .strip_prefix('$')
            .and_then(|word| word.strip_prefix(name));
        if let Some(tail) = after.strip_prefix(&braced) {
            result.push_str(value);
            rest = tail;
        } else if let Some(tail) = bare
            && !tail.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        {
            result.push_str(value);
            rest = tail;
        } else {
            result.push('$');
            rest = &after[1..];
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_whole() {
        for (text, expected) in [
            ("$ORIGIN/../lib", "/o/../lib"),
            ("${ORIGIN}", "/o"),
            ("$ORIGINAL/x", "$ORIGINAL/x"),
            ("a$", "a$"),
            ("$$ORIGIN", "$/o"),
            ("${ORIGIN", "${ORIGIN"),
        ] {
            assert_eq!(replace(text, "ORIGIN", "/o"), expected, "{text}");
        }
    }
}
