//! Finding the files that may be compilers, by name only; what they are is
//! found out by asking them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{
    ExecutableName, HostWrapper, Language, Launcher, SearchPlace, SearchRules, Target,
};

use super::Environment;

/// A file that may be a driver of a compiler.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The path that says most: `gcc-12` rather than `cc`.
    pub(super) path: PathBuf,
    /// The file behind all links.
    pub(super) realpath: PathBuf,
    /// Arguments that are part of its name.
    pub(super) arguments: Vec<OsString>,
    /// The language it is asked for.
    pub(super) language: Language,
    /// What stands around the name of the file behind the links: drivers of one
    /// toolchain have it in common.
    pub(super) decoration: (String, String),
    /// Other paths of the same file.
    pub(super) aliases: Vec<PathBuf>,
    /// What stands before it.
    pub(super) wrappers: Vec<HostWrapper>,
    /// Environment that it needs.
    pub(super) environment: Vec<(OsString, OsString)>,
    /// How little the path says; the least is shown.
    rank: (bool, bool, bool, usize),
}

/// Everything that was found by name.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) candidates: Vec<Candidate>,
    /// Files that start compilers under their names, not yet told apart.
    pub(super) masquerades: Vec<Masquerade>,
    pub(super) warnings: Vec<String>,
}

/// A link of a compiler's name to a launcher (`/usr/lib/ccache/gcc`).
#[derive(Clone, Debug)]
pub(super) struct Masquerade {
    pub(super) launcher: Launcher,
    pub(super) path: PathBuf,
    pub(super) realpath: PathBuf,
    /// The name that it passes for, in the directories after its own.
    name: OsString,
}

/// Identifies a file whatever it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FileId(PathBuf, u64);

impl FileId {
    /// On Unix two names may be hard links to one file.
    fn of(realpath: &Path) -> Self {
        #[cfg(unix)]
        if let Ok(metadata) = fs::metadata(realpath) {
            use std::os::unix::fs::MetadataExt as _;
            if metadata.nlink() > 1 {
                let device = PathBuf::from(format!("device {}", metadata.dev()));
                return Self(device, metadata.ino());
            }
        }
        Self(realpath.to_owned(), 0)
    }
}

pub(super) struct Finder<'a> {
    pub(super) rules: &'a SearchRules,
    pub(super) environment: &'a Environment,
    pub(super) host: Target,
    pub(super) languages: &'a [Language],
}

/// The directories of `PATH`, then those that the user names, then those of
/// makers' installers; each once.
pub(super) fn directories<'p>(
    environment: &Environment,
    extra: &[PathBuf],
    host: Target,
    places: impl IntoIterator<Item = &'p SearchPlace>,
) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = environment.search_path().collect();
    for path in extra {
        directories.push(path.clone());
        directories.push(path.join("bin"));
    }
    let places = places.into_iter().filter(|place| place.is_for(host));
    let templates = places.flat_map(|place| &place.directories);
    directories.extend(templates.flat_map(|template| environment.expand(template)));
    let mut seen = BTreeSet::new();
    directories
        .retain(|directory| dunce::canonicalize(directory).is_ok_and(|real| seen.insert(real)));
    directories
}

impl Finder<'_> {
    /// The directories in which compilers are looked for.
    pub(super) fn directories(&self, extra: &[PathBuf]) -> Vec<PathBuf> {
        directories(self.environment, extra, self.host, &self.rules.places)
    }

    /// Looks through directories.
    pub(super) fn search(&self, directories: &[PathBuf]) -> Found {
        let mut found = Found::default();
        let mut known: BTreeMap<(FileId, Language, String, Vec<OsString>), usize> = BTreeMap::new();
        for directory in directories {
            let entries = match fs::read_dir(directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    let text = format!("{} cannot be read: {error}", directory.display());
                    found.warnings.push(text);
                    continue;
                }
                Err(_) => continue,
            };
            let mut names: Vec<OsString> = entries
                .filter_map(|entry| Some(entry.ok()?.file_name()))
                .filter(|name| {
                    name.to_str()
                        .is_some_and(|name| self.is_named_like_one(name))
                })
                .collect();
            names.sort();
            for name in names {
                self.add(&directory.join(&name), &mut found, &mut known);
            }
        }
        merge_generic(found)
    }

    fn is_named_like_one(&self, file: &str) -> bool {
        !self.rules.drivers_of(file).is_empty()
    }

    /// Adds a file under every driver name that it may stand for.
    fn add(
        &self,
        path: &Path,
        found: &mut Found,
        known: &mut BTreeMap<(FileId, Language, String, Vec<OsString>), usize>,
    ) {
        let Some(file) = path.file_name().and_then(OsStr::to_str) else {
            return;
        };
        let Some(realpath) = executable(path) else {
            return;
        };
        if let Some(launcher) = self.launcher_of(&realpath) {
            found.masquerades.push(Masquerade {
                launcher: launcher.clone(),
                path: path.to_owned(),
                realpath,
                name: file.into(),
            });
            return;
        }
        let id = FileId::of(&realpath);
        for (driver, name) in self.rules.drivers_of(file) {
            if !self.languages.contains(&driver.language) {
                continue;
            }
            let arguments: Vec<OsString> = driver.arguments.iter().map(OsString::from).collect();
            let rank = (
                driver.generic,
                !name.prefix.is_empty() && name.prefix != "musl",
                name.suffix.is_empty(),
                file.len(),
            );
            let key = (
                id.clone(),
                driver.language,
                driver.base.clone(),
                arguments.clone(),
            );
            if let Some(&number) = known.get(&key) {
                found.candidates[number].add_alias(path, rank);
                continue;
            }
            known.insert(key, found.candidates.len());
            let decoration = self.decoration(&realpath, name);
            found.candidates.push(Candidate {
                path: path.to_owned(),
                realpath: realpath.clone(),
                arguments,
                language: driver.language,
                decoration,
                aliases: Vec::new(),
                wrappers: self.marked(path),
                environment: Vec::new(),
                rank,
            });
        }
    }

    /// What stands around the name of the file behind the links, and where that
    /// has no driver's name, around the one that it was found under.
    fn decoration(&self, realpath: &Path, name: ExecutableName<'_>) -> (String, String) {
        let real = realpath
            .file_name()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let real = self.rules.drivers_of(real).first().map(|&(_, name)| name);
        let name = real.unwrap_or(name);
        // The version is asked for; what is left of the suffix is a thread model.
        let model = name.suffix.rsplit('-').next().unwrap_or_default();
        let model = if model.starts_with(|c: char| c.is_ascii_digit()) {
            ""
        } else {
            model
        };
        (name.prefix.to_owned(), model.to_owned())
    }

    /// The launcher that a file is, by its own name.
    fn launcher_of(&self, realpath: &Path) -> Option<&Launcher> {
        let stem = realpath.file_stem()?.to_str()?;
        let mut launchers = self.rules.launchers.iter();
        launchers.find(|launcher| launcher.executables.iter().any(|name| name == stem))
    }

    /// The wrapper that a driver is by where it lies and what is set (Cray's `cc`).
    fn marked(&self, path: &Path) -> Vec<HostWrapper> {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let wrappers = self.rules.drivers.iter().filter(|wrapper| {
            let Some(marks) = &wrapper.marks else {
                return false;
            };
            let here = || {
                let directories = marks.directories.iter();
                let mut directories =
                    directories.flat_map(|template| self.environment.expand(template));
                directories.any(|directory| path.parent() == Some(&directory))
            };
            wrapper.executables.iter().any(|known| known == name)
                && (here()
                    || !marks.variables.is_empty()
                        && marks
                            .variables
                            .iter()
                            .all(|name| self.environment.get(name).is_some()))
        });
        wrappers
            .map(|wrapper| HostWrapper {
                kind: wrapper.id.clone(),
                command: vec![path.display().to_string()],
                version: None,
            })
            .collect()
    }

    /// A compiler as a user names it: `gcc-12`, `/opt/bin/cc`, `ccache gcc`,
    /// `zig cc`, `gcc -m32`; or what is wrong with it.
    pub(super) fn named(
        &self,
        words: &[OsString],
        language: Language,
        found: &mut Found,
    ) -> Result<(), String> {
        let Some((program, rest)) = words.split_first() else {
            return Err("an empty text names no compiler".to_owned());
        };
        let Some(path) = self.which(program) else {
            return Err(format!("`{}` is no executable", program.display()));
        };
        let realpath =
            executable(&path).ok_or_else(|| format!("`{}` is no executable", path.display()))?;
        if let Some(launcher) = self.launcher_of(&realpath)
            && path.file_stem() == realpath.file_stem()
        {
            let before = found.candidates.len();
            self.named(rest, language, found)?;
            for candidate in &mut found.candidates[before..] {
                let mut command = vec![path.display().to_string()];
                command.push(candidate.path.display().to_string());
                candidate.wrappers.push(HostWrapper {
                    kind: launcher.id.clone(),
                    command,
                    version: None,
                });
            }
            return Ok(());
        }
        let file = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let names: Vec<_> = self
            .rules
            .drivers_of(file)
            .into_iter()
            .filter(|(name, _)| name.language == language)
            .collect();
        let decoration = names.first().map_or_else(Default::default, |&(_, name)| {
            self.decoration(&realpath, name)
        });
        found.candidates.push(Candidate {
            wrappers: self.marked(&path),
            rank: (false, false, false, 0),
            arguments: rest.to_vec(),
            aliases: Vec::new(),
            environment: Vec::new(),
            path,
            realpath,
            language,
            decoration,
        });
        Ok(())
    }

    /// The languages that an executable's name speaks of; all where it says nothing.
    pub(super) fn languages_of(&self, words: &[OsString]) -> Vec<Language> {
        let last = words.iter().find_map(|word| {
            let file = Path::new(word).file_name()?.to_str()?;
            let languages: BTreeSet<Language> = self
                .rules
                .drivers_of(file)
                .into_iter()
                .map(|(name, _)| name.language)
                .collect();
            (!languages.is_empty()).then_some(languages)
        });
        let named = last.unwrap_or_else(|| [Language::C].into());
        named
            .into_iter()
            .filter(|language| self.languages.contains(language))
            .collect()
    }

    /// The file that a command would start.
    pub(super) fn which(&self, program: &OsStr) -> Option<PathBuf> {
        let path = Path::new(program);
        if path.components().count() > 1 {
            let whole = std::path::absolute(path).ok()?;
            return executable(&whole).map(|_| whole);
        }
        self.environment
            .search_path()
            .find_map(|directory| in_directory(&directory, program))
    }

    /// The compiler that a link to a launcher stands for: the next file of its
    /// name that is another program.
    pub(super) fn behind(&self, link: &Masquerade, directories: &[PathBuf]) -> Option<PathBuf> {
        let mut files = directories
            .iter()
            .filter_map(|directory| in_directory(directory, &link.name));
        files.find(|file| executable(file).is_some_and(|real| self.launcher_of(&real).is_none()))
    }
}

impl Candidate {
    /// A driver that an installer's registry names.
    #[cfg(windows)]
    pub(super) fn at(path: &Path, language: Language) -> Self {
        Self {
            path: path.to_owned(),
            realpath: executable(path).unwrap_or_else(|| path.to_owned()),
            arguments: Vec::new(),
            language,
            decoration: (String::new(), String::new()),
            aliases: Vec::new(),
            wrappers: Vec::new(),
            environment: Vec::new(),
            rank: (false, false, false, 0),
        }
    }

    fn add_alias(&mut self, path: &Path, rank: (bool, bool, bool, usize)) {
        if path == self.path || self.aliases.iter().any(|alias| alias == path) {
            return;
        }
        let mut alias = path.to_owned();
        if rank < self.rank {
            std::mem::swap(&mut alias, &mut self.path);
            self.rank = rank;
        }
        self.aliases.push(alias);
    }
}

/// `cc` beside `gcc-12` is another name of it, and the one that says less.
fn merge_generic(mut found: Found) -> Found {
    let (generic, mut named): (Vec<Candidate>, Vec<Candidate>) = found
        .candidates
        .into_iter()
        .partition(|candidate| candidate.rank.0);
    for candidate in generic {
        let id = FileId::of(&candidate.realpath);
        let same = |other: &&mut Candidate| {
            other.language == candidate.language && FileId::of(&other.realpath) == id
        };
        match named.iter_mut().find(same) {
            Some(other) => {
                other.add_alias(&candidate.path, candidate.rank);
                for alias in &candidate.aliases {
                    other.add_alias(alias, candidate.rank);
                }
                other.wrappers.extend(candidate.wrappers);
            }
            None => named.push(candidate),
        }
    }
    found.candidates = named;
    found
}

/// The file of a name in a directory, if it can be started.
fn in_directory(directory: &Path, name: &OsStr) -> Option<PathBuf> {
    let path = directory.join(name);
    if executable(&path).is_some() {
        return Some(path);
    }
    if cfg!(windows) {
        let mut with_suffix = name.to_owned();
        with_suffix.push(".exe");
        let path = directory.join(with_suffix);
        return executable(&path).map(|_| path);
    }
    None
}

/// The file behind a path, if it is one that can be started.
pub(super) fn executable(path: &Path) -> Option<PathBuf> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() {
        return None;
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 == 0 {
        return None;
    }
    dunce::canonicalize(path).ok()
}
