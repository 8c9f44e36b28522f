//! The directory of a run: what it was asked, and what came of each variant.
//!
//! ```text
//! run.json                     the variants, and what is done with them
//! lock                         held while a run is at work here
//! outcomes/VARIANT.json        one document a variant; whole, or not there
//! logs/VARIANT/STEP.log        what its steps printed
//! builds/VARIANT/              where it was built
//! ```

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::RunError;
use super::job::file_name;
use crate::outcome::{Outcome, StepName};
use crate::report::Run;

/// The directory of a run, which no other run uses meanwhile.
#[derive(Debug)]
pub struct Record {
    directory: PathBuf,
    /// Held as long as this is.
    #[cfg_attr(not(unix), expect(dead_code, reason = "no keeper holds it, too"))]
    lock: File,
}

impl Record {
    const LOCK: &str = "lock";

    /// Takes a directory for a run, and makes it where it is not there.
    ///
    /// # Errors
    /// It holds something else, another run is at work in it, a later version made
    /// it, or it cannot be written.
    pub fn open(directory: &Path) -> Result<Self, RunError> {
        let failed = |source| RunError::Write {
            path: directory.to_owned(),
            source,
        };
        fs::create_dir_all(directory).map_err(failed)?;
        // Steps are started in other directories.
        let directory = &dunce::canonicalize(directory).map_err(failed)?;
        let lock = directory.join(Self::LOCK);
        let is_ours = lock.exists() || directory.join(Run::FILE).exists();
        if !is_ours && fs::read_dir(directory).map_err(failed)?.next().is_some() {
            return Err(RunError::Foreign {
                path: directory.clone(),
            });
        }
        read::<Run>(&directory.join(Run::FILE))?;
        // What may only be appended to cannot be locked on Windows.
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock)
            .map_err(failed)?;
        if !take(&file).map_err(failed)? {
            return Err(RunError::Busy {
                path: directory.clone(),
            });
        }
        for part in ["outcomes", "logs", "builds"] {
            fs::create_dir_all(directory.join(part)).map_err(failed)?;
        }
        remove_unfinished(&directory.join("outcomes")).map_err(failed)?;
        Ok(Self {
            directory: directory.clone(),
            lock: file,
        })
    }

    /// The lock, for a process that is to hold it too.
    #[cfg(unix)]
    pub(super) fn lock(&self) -> std::io::Result<File> {
        self.lock.try_clone()
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What the last run here was asked; nothing where there was none.
    ///
    /// # Errors
    /// The document cannot be read, is none, or is of a later version.
    pub fn manifest(&self) -> Result<Option<Run>, RunError> {
        read(&self.directory.join(Run::FILE))
    }

    /// Says what this run is asked.
    ///
    /// # Errors
    /// The document cannot be written.
    pub fn write_manifest(&self, manifest: &Run) -> Result<(), RunError> {
        write(&self.directory.join(Run::FILE), manifest)
    }

    /// What came of a variant; nothing where that is not known.
    ///
    /// # Errors
    /// The document cannot be read, is none, or is of a later version.
    pub fn outcome(&self, variant: &str) -> Result<Option<Outcome>, RunError> {
        read(&self.outcome_path(variant))
    }

    /// Says what came of a variant.
    ///
    /// # Errors
    /// The document cannot be written.
    pub fn write_outcome(&self, outcome: &Outcome) -> Result<(), RunError> {
        write(&self.outcome_path(&outcome.variant), outcome)
    }

    /// Forgets what came of a variant and empties the directory that it is built
    /// in, in this order: what is half done has no outcome.
    ///
    /// # Errors
    /// Something cannot be removed or made.
    pub fn begin(&self, variant: &str) -> Result<PathBuf, RunError> {
        let (outcome, build) = (self.outcome_path(variant), self.build(variant));
        let logs = self.directory.join("logs").join(file_name(variant));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| RunError::Write { path, source }
        };
        if outcome.exists() {
            fs::remove_file(&outcome).map_err(failed(&outcome))?;
        }
        for directory in [&build, &logs] {
            if directory.exists() {
                fs::remove_dir_all(directory).map_err(failed(directory))?;
            }
            fs::create_dir_all(directory).map_err(failed(directory))?;
        }
        Ok(build)
    }

    /// Where a variant is built.
    #[must_use]
    pub fn build(&self, variant: &str) -> PathBuf {
        self.directory.join("builds").join(file_name(variant))
    }

    /// Where a step's output goes, and how documents name that.
    pub(super) fn log(&self, variant: &str, number: usize, step: StepName) -> (PathBuf, String) {
        let (variant, file) = (
            file_name(variant),
            format!("{}-{}.log", number + 1, step.as_str()),
        );
        let shown = format!("logs/{variant}/{file}");
        (self.directory.join("logs").join(variant).join(file), shown)
    }

    fn outcome_path(&self, variant: &str) -> PathBuf {
        let mut name = file_name(variant);
        name.push_str(".json");
        self.directory.join("outcomes").join(name)
    }
}

/// How the names of documents begin that are being written.
const UNFINISHED: &str = ".writing-";

/// Removes what runs that were killed had begun to write.
fn remove_unfinished(directory: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Takes a lock; false where another process has it. It ends with the process,
/// however that ends.
fn take(file: &File) -> std::io::Result<bool> {
    // A process that is just being started holds a copy until it is another program,
    // and the keepers of a run that was killed until they have ended its steps.
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        match fs4::FileExt::try_lock(file) {
            Ok(()) => return Ok(true),
            Err(fs4::TryLockError::WouldBlock) => {}
            Err(fs4::TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// How often a lock is asked for before another run is believed to have it.
const ATTEMPTS: u32 = 200;

/// What every document of a run begins with.
#[derive(Deserialize)]
struct Version {
    format_version: Option<u64>,
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, RunError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(RunError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    let document = |source| RunError::Document {
        path: path.to_owned(),
        source,
    };
    // A newer document may look otherwise: its version is asked for first.
    let Version { format_version } = serde_json::from_slice(&text).map_err(document)?;
    if let Some(found) = format_version.filter(|&found| found > Outcome::FORMAT_VERSION.into()) {
        return Err(RunError::Newer {
            path: path.to_owned(),
            found,
        });
    }
    serde_json::from_slice(&text).map(Some).map_err(document)
}

/// Writes a document whole, or not at all.
fn write(path: &Path, document: &impl Serialize) -> Result<(), RunError> {
    let failed = |source| RunError::Write {
        path: path.to_owned(),
        source,
    };
    let directory = path.parent().expect("documents are in the run's directory");
    let mut text =
        serde_json::to_vec_pretty(document).expect("documents have no maps with odd keys");
    text.push(b'\n');
    let mut file = tempfile::Builder::new();
    let mut file = file
        .prefix(UNFINISHED)
        .tempfile_in(directory)
        .map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
