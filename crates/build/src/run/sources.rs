//! The state of a tree of sources, by which a change is noticed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use super::error::RunError;
use crate::digest::hexadecimal;

/// The state of the files below a directory: where they are, how long they are and
/// when they were written, as build systems look at them. Another state may be the
/// same text; the same state is the same text, unless somebody sets clocks back.
///
/// Left out are directories named `.git` and those of `skip`.
///
/// # Errors
/// A directory or what is in it cannot be read.
pub fn state(sources: &Path, skip: &[PathBuf]) -> Result<String, RunError> {
    let mut digest = Sha256::new();
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RunError::Read { path, source }
    };
    let mut waiting = vec![(sources.to_owned(), PathBuf::new())];
    while let Some((directory, below)) = waiting.pop() {
        let entries = fs::read_dir(&directory).map_err(failed(&directory))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        let mut names = names.map_err(failed(&directory))?;
        names.sort();
        for name in names {
            let path = directory.join(&name);
            let about = fs::symlink_metadata(&path).map_err(failed(&path))?;
            let shown = below.join(&name);
            digest.update(shown.as_os_str().as_encoded_bytes());
            digest.update([0]);
            if about.is_dir() {
                if name != ".git" && !skip.contains(&path) {
                    waiting.push((path, shown));
                }
                continue;
            }
            let written = about.modified().map_err(failed(&path))?;
            // Times before 1970 are as good as 1970 for telling a change.
            let written = written.duration_since(UNIX_EPOCH).unwrap_or_default();
            digest.update(about.len().to_le_bytes());
            digest.update(written.as_nanos().to_le_bytes());
        }
    }
    Ok(hexadecimal(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn a_change_of_names_lengths_or_times_is_another_state_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let (run, git) = (root.join("run"), root.join(".git"));
        for made in [&run, &git, &root.join("src")] {
            fs::create_dir(made).unwrap();
        }
        let file = root.join("src").join("a.c");
        let write = |text: &str, seconds: u64| {
            fs::write(&file, text).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let times = FileTimes::new().set_modified(time);
            let file = File::options().write(true).open(&file).unwrap();
            file.set_times(times).unwrap();
        };
        let now = || state(root, std::slice::from_ref(&run)).unwrap();
        write("int a;", 1000);
        let first = now();
        fs::write(run.join("log"), "x").unwrap();
        fs::write(git.join("HEAD"), "x").unwrap();
        assert_eq!(now(), first);
        write("int b;", 1001);
        assert_ne!(now(), first);
        write("int ab;", 1000);
        assert_ne!(now(), first);
        write("int a;", 1000);
        assert_eq!(now(), first);
        fs::rename(&file, root.join("src").join("b.c")).unwrap();
        assert_ne!(now(), first);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let error = state(Path::new("nowhere-at-all"), &[]).unwrap_err();
        assert_eq!(error.to_string(), "cannot read nowhere-at-all");
    }
}
