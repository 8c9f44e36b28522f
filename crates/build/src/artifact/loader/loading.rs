//! Loading, without running: one name after another.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::linked::{self, Linked, Machine};
use super::paths::{self, LoaderPaths};
use super::search::{Asker, Found, Search};
use super::{Closure, Loaded, LoaderRules, Missing, Picked};

/// A closure that is being made.
pub(super) struct Loading<'a> {
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
    pub(super) fn of(
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
            dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned())
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

    /// Loads what is loaded before all else.
    pub(super) fn preload(&mut self, run_env: &BTreeMap<String, String>) {
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
    pub(super) fn all(mut self) -> Closure {
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
        self.closure
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
        let found = Missing {
            name: name.to_owned(),
            needed_by: self.askers[asker].file.clone(),
            problem,
            optional,
        };
        let missing = &mut self.closure.missing;
        // A preload may be left out; what is needed after it may not.
        missing.retain(|known| known.name != name || !known.optional);
        if !missing.iter().any(|known| known.name == name) {
            missing.push(found);
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
        let file = dunce::canonicalize(&found.path).unwrap_or_else(|_| found.path.clone());
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
