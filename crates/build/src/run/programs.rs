//! Where programs are that are named without a directory.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Programs that were looked for in `PATH`, so that each is looked for once and
/// not by every one of a thousand starts.
#[derive(Debug)]
pub(super) struct Programs {
    /// What is built here comes and goes: nothing is remembered that stands behind
    /// it in `PATH`.
    builds: PathBuf,
    known: Mutex<HashMap<(PathBuf, OsString), PathBuf>>,
}

impl Programs {
    pub(super) fn new(builds: &Path) -> Self {
        Self {
            builds: builds.to_owned(),
            known: Mutex::new(HashMap::new()),
        }
    }

    /// The path of a program by the `PATH` that it is started with. One that has a
    /// directory, or is not found, stays as it is: to start it says what is wrong.
    pub(super) fn resolve(&self, program: &Path, path: Option<&OsStr>) -> PathBuf {
        let path = match path {
            Some(path) if cfg!(unix) && program.components().count() == 1 => path,
            _ => return program.to_owned(),
        };
        let key = (program.to_owned(), path.to_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&key) {
            return found.clone();
        }
        for directory in std::env::split_paths(path) {
            if !directory.is_absolute() {
                // Which it is depends on where it is started.
                return program.to_owned();
            }
            if directory.starts_with(&self.builds) {
                return program.to_owned();
            }
            let candidate = directory.join(program);
            if is_executable(&candidate) {
                known.insert(key, candidate.clone());
                return candidate;
            }
        }
        program.to_owned()
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn programs_are_found_as_the_system_would_and_remembered() {
        let place = tempfile::tempdir().unwrap();
        let (one, two) = (place.path().join("one"), place.path().join("two"));
        let builds = place.path().join("builds");
        for directory in [&one, &two, &builds] {
            fs::create_dir(directory).unwrap();
        }
        let program = |directory: &Path, mode: u32| {
            let path = directory.join("tool");
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let path = std::env::join_paths([&one, &two]).unwrap();
        let programs = Programs::new(&builds);
        let find = |path: &OsStr| programs.resolve(Path::new("tool"), Some(path));
        assert_eq!(find(&path), Path::new("tool"));
        fs::create_dir(one.join("tool")).unwrap();
        let second = program(&two, 0o755);
        assert_eq!(find(&path), second, "a directory is no program");
        fs::remove_dir(one.join("tool")).unwrap();
        let first = program(&one, 0o755);
        assert_eq!(find(&path), second, "it is remembered");
        let other = std::env::join_paths([&one]).unwrap();
        assert_eq!(find(&other), first, "with another PATH it is looked for");
        // What stands behind a build's own directory is not remembered.
        let built = std::env::join_paths([&builds, &two]).unwrap();
        assert_eq!(find(&built), Path::new("tool"));
        for path in [Some(OsStr::new("relative")), Some(OsStr::new("")), None] {
            assert_eq!(programs.resolve(Path::new("tool"), path), Path::new("tool"));
        }
        let named = Path::new("./tool");
        assert_eq!(programs.resolve(named, Some(&path)), named);
    }

    #[test]
    fn what_may_not_be_started_is_passed_over() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("tool");
        fs::write(&file, "").unwrap();
        let programs = Programs::new(Path::new("/nowhere"));
        let path = place.path().as_os_str();
        let found = programs.resolve(Path::new("tool"), Some(path));
        assert_eq!(found, Path::new("tool"));
    }
}
