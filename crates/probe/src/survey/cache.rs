//! What was found out before, and still holds.
//!
//! An answer is kept with its witnesses: the files and directories that it
//! depends on, each with size, time of change and inode. It holds as long as
//! all of them are as they were; a library that is installed later changes the
//! directory that a failed link looked into. Nothing else makes an answer old.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the cache is for.
#[derive(Clone, Debug, Default)]
pub enum CacheUse {
    /// Nothing is read or written.
    #[default]
    None,
    /// Kept in a directory.
    Directory {
        /// The directory; made when it is needed.
        path: PathBuf,
        /// Whether what is there already is passed over.
        refresh: bool,
    },
}

/// What a file or directory looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Fingerprint(u64, u64, u64);

impl Fingerprint {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        // A directory's size says nothing that its time does not.
        let size = if metadata.is_dir() { 0 } else { metadata.len() };
        let time = u64::try_from(changed.as_nanos()).ok()?;
        Some(Self(size, time, inode(&metadata)))
    }
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    witnesses: Vec<(String, Option<Fingerprint>)>,
    value: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CacheDocument {
    /// What the answers were made by: another program or knowledge base gives others.
    made_by: String,
    entries: BTreeMap<String, Entry>,
}

/// The answers of this run and of earlier ones.
#[derive(Debug)]
pub(super) struct Cache {
    file: Option<PathBuf>,
    made_by: String,
    earlier: BTreeMap<String, Entry>,
    state: Mutex<State>,
    warnings: Mutex<Vec<String>>,
}

#[derive(Debug, Default)]
struct State {
    new: BTreeMap<String, Entry>,
    seen: HashMap<PathBuf, Option<Fingerprint>>,
}

impl Cache {
    /// The document's format; a change of it leaves older files alone.
    const FILE: &'static str = "probe-1.json";
    /// More than any machine's answers take, in bytes.
    const LIMIT: u64 = 64 << 20;
    /// Answers that are kept beside those of the run that writes.
    const KEPT: usize = 4000;

    pub(super) fn open(using: &CacheUse, made_by: String) -> Self {
        let mut cache = Self {
            file: None,
            made_by,
            earlier: BTreeMap::new(),
            state: Mutex::default(),
            warnings: Mutex::default(),
        };
        if let CacheUse::Directory { path, refresh } = using {
            let file = path.join(Self::FILE);
            if !refresh {
                cache.earlier = cache.read(&file);
            }
            cache.file = Some(file);
        }
        cache
    }

    fn read(&self, file: &Path) -> BTreeMap<String, Entry> {
        let mut bytes = Vec::new();
        let read = File::open(file).and_then(|file| file.take(Self::LIMIT).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return BTreeMap::new(),
            Err(error) => {
                self.warn(format!(
                    "the cache {} cannot be read: {error}",
                    file.display()
                ));
                return BTreeMap::new();
            }
        }
        match serde_json::from_slice::<CacheDocument>(&bytes) {
            Ok(document) if document.made_by == self.made_by => document.entries,
            Ok(_) => BTreeMap::new(),
            Err(error) => {
                self.warn(format!(
                    "the cache {} is damaged and is not used: {error}",
                    file.display()
                ));
                BTreeMap::new()
            }
        }
    }

    fn warn(&self, text: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push(text);
    }

    /// Whether there are answers of earlier.
    pub(super) fn has_answers(&self) -> bool {
        !self.earlier.is_empty()
    }

    /// What went wrong with the cache itself.
    pub(super) fn warnings(self) -> Vec<String> {
        self.warnings
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of earlier if it holds, else the one that `find` gives. An
    /// answer that comes without witnesses is not kept.
    pub(super) fn remember<T, E>(
        &self,
        key: &str,
        find: impl FnOnce() -> Result<(T, Option<Vec<PathBuf>>), E>,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        if let Some(entry) = self.earlier.get(key)
            && self.holds(entry)
            && let Ok(value) = serde_json::from_str(entry.value.get())
        {
            return Ok(value);
        }
        if let Some(value) = self.found_in_this_run(key) {
            return Ok(value);
        }
        let (value, witnesses) = find()?;
        if let Some(witnesses) = witnesses {
            let mut witnesses: Vec<(String, Option<Fingerprint>)> = witnesses
                .iter()
                .filter_map(|path| Some((path.to_str()?.to_owned(), self.fingerprint(path))))
                .collect();
            witnesses.sort_by(|a, b| a.0.cmp(&b.0));
            witnesses.dedup_by(|a, b| a.0 == b.0);
            if let Ok(value) = serde_json::value::to_raw_value(&value) {
                let entry = Entry { witnesses, value };
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.new.insert(key.to_owned(), entry);
            }
        }
        Ok(value)
    }

    fn found_in_this_run<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_str(state.new.get(key)?.value.get()).ok()
    }

    fn holds(&self, entry: &Entry) -> bool {
        entry
            .witnesses
            .iter()
            .all(|(path, print)| self.fingerprint(Path::new(path)) == *print)
    }

    /// One look at each file in one run.
    fn fingerprint(&self, path: &Path) -> Option<Fingerprint> {
        let known = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.seen.get(path).copied()
        };
        known.unwrap_or_else(|| {
            let print = Fingerprint::of(path);
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.seen.insert(path.to_owned(), print);
            print
        })
    }

    /// Writes what is new beside what is there. Another run may write meanwhile:
    /// the file is replaced as a whole, and what is lost is found again.
    pub(super) fn save(&self) {
        let Some(file) = &self.file else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.new.is_empty() {
            return;
        }
        let mut entries = std::mem::take(&mut state.new);
        for (key, entry) in self.read(file) {
            if entries.len() < Self::KEPT {
                entries.entry(key).or_insert(entry);
            }
        }
        let document = CacheDocument {
            made_by: self.made_by.clone(),
            entries,
        };
        if let Err(error) = write_whole(file, &document) {
            self.warn(format!(
                "the cache {} cannot be written: {error}",
                file.display()
            ));
        }
    }
}

fn write_whole(file: &Path, document: &CacheDocument) -> std::io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer(&mut temporary, document)?;
    temporary.flush()?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// A number for texts that decide answers; the same in one build of the program.
pub(super) fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for text in texts {
        text.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn open(directory: &Path) -> Cache {
        let using = CacheUse::Directory {
            path: directory.to_owned(),
            refresh: false,
        };
        Cache::open(&using, "test".to_owned())
    }

    fn ask(cache: &Cache, witness: &Path, answer: &str) -> String {
        let found = || Ok::<_, Infallible>((answer.to_owned(), Some(vec![witness.to_owned()])));
        match cache.remember("key", found) {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }

    #[test]
    fn an_answer_holds_as_long_as_its_witnesses() {
        let directory = tempfile::tempdir().unwrap();
        let watched = tempfile::tempdir().unwrap();
        let cache = open(directory.path());
        assert_eq!(ask(&cache, watched.path(), "first"), "first");
        cache.save();
        let cache = open(directory.path());
        assert_eq!(ask(&cache, watched.path(), "second"), "first");
        std::fs::write(watched.path().join("new"), "").unwrap();
        let cache = open(directory.path());
        assert_eq!(ask(&cache, watched.path(), "second"), "second");
    }

    #[test]
    fn what_was_not_there_and_came_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let watched = directory.path().join("library");
        let cache = open(directory.path());
        assert_eq!(ask(&cache, &watched, "absent"), "absent");
        cache.save();
        assert_eq!(ask(&open(directory.path()), &watched, "other"), "absent");
        std::fs::write(&watched, "").unwrap();
        assert_eq!(ask(&open(directory.path()), &watched, "there"), "there");
    }

    #[test]
    fn a_damaged_file_is_told_of_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(Cache::FILE);
        std::fs::write(&file, "{\"made_by\":").unwrap();
        let cache = open(directory.path());
        assert_eq!(ask(&cache, directory.path(), "found"), "found");
        let warnings = open(directory.path()).warnings();
        assert!(warnings[0].contains("damaged"), "{warnings:?}");
        std::fs::remove_file(&file).unwrap();
        cache.save();
        assert!(open(directory.path()).warnings().is_empty());
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_told_of() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let cache = open(&file);
        assert_eq!(ask(&cache, directory.path(), "found"), "found");
        cache.save();
        let warnings = cache.warnings();
        assert!(
            warnings
                .iter()
                .any(|text| text.contains("cannot be written")),
            "{warnings:?}"
        );
    }

    #[test]
    fn runs_beside_each_other_leave_a_whole_file() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let directory = directory.path();
                scope.spawn(move || {
                    for round in 0..20 {
                        let cache = open(directory);
                        let key = format!("{number} {round}");
                        let found = || Ok::<_, Infallible>((key.clone(), Some(Vec::new())));
                        assert_eq!(cache.remember(&key, found), Ok(key.clone()));
                        cache.save();
                        assert!(cache.warnings().is_empty());
                    }
                });
            }
        });
        let cache = open(directory.path());
        assert!(!cache.earlier.is_empty());
        assert!(cache.warnings().is_empty());
    }
}
