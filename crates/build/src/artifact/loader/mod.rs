//! The files that the system's loader picks for a program.

mod cache;
mod linked;
mod paths;
mod search;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::cache::Cache;
use self::linked::{Linked, Machine, Unusable};
use self::search::{Asker, Found, Search};
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
    if let Err(source) = std::fs::metadata(&path) {
        return Err(ArtifactError::Read { path, source });
    }
    let subject = linked::read(&path, true).map_err(|unusable| failed(&path, unusable))?;
    let mut loading = Loading::of(&path, subject, run_env, system);
    loading.preload(run_env);
    loading.all();
    Ok(loading.closure)
}

/// A closure that is being made.
struct Loading<'a> {
    closure: Closure,
    search: Search<'a>,
    askers: Vec<Asker>,
    /// What each of the askers needs, in order.
    needs: Vec<Vec<String>>,
    /// The names and files that are there already.
    names: HashMap<String, usize>,
    files: HashMap<String, usize>,
    /// The loader, which is there before anything is asked for.
    interpreter: Option<(PathBuf, Linked)>,
}

impl<'a> Loading<'a> {
    fn of(
        path: &Path,
        subject: Linked,
        run_env: &BTreeMap<String, String>,
        system: &'a LoaderPaths,
    ) -> Self {
        let interpreter = subject
            .dynamic
            .interpreter
            .as_ref()
            .map(|name| system.working_directory.join(name));
        // A library of musl's has no interpreter and needs musl's own name of libc.
        let musl = |name: &str| name.starts_with("ld-musl-") || name.starts_with("libc.musl-");
        let rules = if interpreter.as_deref().map_or_else(
            || subject.dynamic.needed.iter().any(|name| musl(name)),
            |path| {
                path.file_name()
                    .is_some_and(|name| musl(&name.to_string_lossy()))
            },
        ) {
            LoaderRules::Musl
        } else {
            LoaderRules::Glibc
        };
        let machine = subject.machine;
        let (cache, last) = match rules {
            LoaderRules::Glibc => (
                Cache::parse(&std::fs::read(&system.cache).unwrap_or_default()),
                system.last(machine),
            ),
            LoaderRules::Musl => (Cache::default(), musl_directories(system, machine)),
        };
        let mut loading = Self {
            closure: Closure {
                rules,
                interpreter: interpreter.clone(),
                loaded: Vec::new(),
                missing: Vec::new(),
            },
            search: Search {
                machine,
                rules,
                paths: system,
                cache,
                environment: Vec::new(),
                last,
            },
            askers: Vec::new(),
            needs: Vec::new(),
            names: HashMap::new(),
            files: HashMap::new(),
            interpreter: interpreter
                .and_then(|path| Some((path.clone(), linked::read(&path, true).ok()?))),
        };
        // The kernel tells a program where it is with links resolved.
        let path = if subject.dynamic.interpreter.is_some() {
            path.canonicalize().unwrap_or_else(|_| path.to_owned())
        } else {
            path.to_owned()
        };
        let name = path.to_string_lossy().into_owned();
        let found = Found {
            path,
            linked: subject,
            picked: Picked::Subject,
        };
        loading.add(&name, found, None);
        if let Some(text) = run_env
            .get("LD_LIBRARY_PATH")
            .filter(|text| !text.is_empty())
        {
            let separators: &[char] = match rules {
                LoaderRules::Glibc => &[':', ';'],
                LoaderRules::Musl => &[':', '\n'],
            };
            let texts: Vec<String> = text.split(separators).map(str::to_owned).collect();
            let origin = loading.askers[0].origin.clone();
            loading.search.environment = loading.search.directories(&texts, &origin);
        }
        loading
    }

    fn preload(&mut self, run_env: &BTreeMap<String, String>) {
        let listed = run_env.get("LD_PRELOAD").cloned().unwrap_or_default();
        let mut names: Vec<String> = listed.split([' ', ':']).map(str::to_owned).collect();
        if self.search.rules == LoaderRules::Glibc {
            let always = std::fs::read_to_string(&self.search.paths.preload).unwrap_or_default();
            for line in always.lines() {
                let line = line.split('#').next().unwrap_or("");
                names.extend(line.split([' ', '\t', ':']).map(str::to_owned));
            }
        }
        for name in names.iter().filter(|name| !name.is_empty()) {
            self.load(name, 0, true);
        }
    }

    /// Breadth first, as the loader does: this is the order of symbols too.
    fn all(&mut self) {
        let mut at = 0;
        while at < self.needs.len() {
            for name in std::mem::take(&mut self.needs[at]) {
                self.load(&name, at, false);
            }
            at += 1;
        }
        if let Some((path, linked)) = self.interpreter.take() {
            let name = path.to_string_lossy().into_owned();
            self.add_interpreter(&name, path, linked, None);
        }
    }

    fn load(&mut self, name: &str, asker: usize, preload: bool) {
        if self.names.contains_key(name) {
            return;
        }
        if self.is_interpreter(name)
            && let Some((path, linked)) = self.interpreter.take()
        {
            self.add_interpreter(name, path, linked, Some(asker));
            return;
        }
        if self.search.rules == LoaderRules::Musl && is_in_musl(name) {
            return;
        }
        match self.search.find(name, &self.askers, asker) {
            Ok(Some(mut found)) => {
                if preload {
                    found.picked = Picked::Preload;
                }
                self.add(name, found, Some(asker));
            }
            Ok(None) => self.miss(name, asker, preload, None),
            Err(problem) => self.miss(name, asker, preload, Some(problem)),
        }
    }

    fn miss(&mut self, name: &str, asker: usize, optional: bool, problem: Option<String>) {
        let missing = &mut self.closure.missing;
        if !missing.iter().any(|known| known.name == name) {
            missing.push(Missing {
                name: name.to_owned(),
                needed_by: self.askers[asker].file.clone(),
                problem,
                optional,
            });
        }
    }

    fn is_interpreter(&self, name: &str) -> bool {
        self.interpreter.as_ref().is_some_and(|(path, linked)| {
            linked.dynamic.soname.as_deref() == Some(name) || path.to_str() == Some(name)
        })
    }

    fn add_interpreter(&mut self, name: &str, path: PathBuf, linked: Linked, by: Option<usize>) {
        let found = Found {
            path,
            linked,
            picked: Picked::Interpreter,
        };
        self.add(name, found, by);
    }

    /// Takes a file in, unless it is there under another name.
    fn add(&mut self, name: &str, found: Found, loader: Option<usize>) {
        let file = found
            .path
            .canonicalize()
            .unwrap_or_else(|_| found.path.clone());
        let identity = identity(&file);
        if let Some(&there) = self.files.get(&identity) {
            self.names.insert(name.to_owned(), there);
            return;
        }
        let number = self.askers.len();
        self.names.insert(name.to_owned(), number);
        let dynamic = found.linked.dynamic;
        // glibc knows what is loaded by soname too; musl by the names that were asked for.
        if self.search.rules == LoaderRules::Glibc
            && let Some(soname) = &dynamic.soname
        {
            self.names.entry(soname.clone()).or_insert(number);
        }
        self.files.insert(identity, number);
        self.closure.loaded.push(Loaded {
            name: name.to_owned(),
            path: found.path.clone(),
            file: file.clone(),
            soname: dynamic.soname,
            needed_by: loader.map(|at| self.askers[at].file.clone()),
            picked: found.picked,
            provides: found.linked.marks,
        });
        let origin = found.path.parent().unwrap_or(Path::new("/")).to_owned();
        self.askers.push(Asker {
            file,
            origin,
            rpath: dynamic.rpath,
            runpath: dynamic.runpath,
            has_runpath: dynamic.has_runpath,
            no_default_directories: dynamic.no_default_directories,
            loader,
        });
        self.needs.push(dynamic.needed);
    }
}

/// What makes two paths one file: hard links are one, as for the loader.
fn identity(file: &Path) -> String {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(file) {
        use std::os::unix::fs::MetadataExt;
        return format!("{}:{}", metadata.dev(), metadata.ino());
    }
    file.to_string_lossy().into_owned()
}

/// What is part of musl's one file, whatever it is called.
fn is_in_musl(name: &str) -> bool {
    name.strip_prefix("lib").is_some_and(|rest| {
        ["c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."]
            .iter()
            .any(|part| rest.starts_with(part))
    })
}

fn musl_directories(system: &LoaderPaths, machine: Machine) -> Vec<PathBuf> {
    let architecture = match (machine.number, machine.bits) {
        (3, _) => "i386",
        _ => paths::platform(machine),
    };
    let mut list = system.musl.clone().into_os_string();
    list.push(format!("-{architecture}.path"));
    match std::fs::read_to_string(list) {
        Ok(text) => text
            .split([':', '\n'])
            .filter(|text| !text.is_empty())
            .map(PathBuf::from)
            .collect(),
        Err(_) => ["/lib", "/usr/local/lib", "/usr/lib"]
            .map(PathBuf::from)
            .to_vec(),
    }
}
