//! Copies of a source, for build systems that write into it.

use std::fs::{self, File, FileTimes, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::BackendError;

/// Copies a source tree to a directory that is not there yet, whole or not at all.
///
/// Files share their blocks with the originals where the file system can do that,
/// and are never hard links, because a build may write into them. Times of change,
/// permissions and symbolic links stay; a link to a place within the tree by its
/// absolute path leads to that place in the copy. Left out are directories named
/// `.git`, those of `skip` and the copy itself, and what is neither file, directory
/// nor link.
///
/// # Errors
/// `from` is no directory, `to` is there already, or something cannot be copied.
pub fn copy_tree(from: &Path, to: &Path, skip: &[PathBuf]) -> Result<(), BackendError> {
    if !from.is_dir() {
        return Err(BackendError::NoSource {
            path: from.to_owned(),
        });
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackendError::Exists {
            path: to.to_owned(),
        });
    }
    let from = dunce::canonicalize(from).map_err(BackendError::io("read", from))?;
    let parent = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(BackendError::io("make", parent))?;
    // A neighbour, so that it is renamed and not copied once more.
    let unfinished = tempfile::Builder::new()
        .prefix(".copying-")
        .tempdir_in(parent)
        .map_err(BackendError::io("make a directory in", parent))?;
    let unfinished_path = dunce::canonicalize(unfinished.path())
        .map_err(BackendError::io("read", unfinished.path()))?;
    let mut left_out = vec![unfinished_path.clone()];
    left_out.extend(
        skip.iter()
            .filter_map(|path| dunce::canonicalize(path).ok()),
    );
    let copy = Copy {
        from: &from,
        finished: &std::path::absolute(to).map_err(BackendError::io("read", to))?,
        left_out,
    };
    let tree = unfinished_path.join("tree");
    copy.directory(&from, &tree)?;
    fs::rename(&tree, to).map_err(BackendError::io("make", to))
}

struct Copy<'a> {
    from: &'a Path,
    finished: &'a Path,
    left_out: Vec<PathBuf>,
}

impl Copy<'_> {
    fn directory(&self, from: &Path, to: &Path) -> Result<(), BackendError> {
        fs::create_dir(to).map_err(BackendError::io("make", to))?;
        let read = || BackendError::io("read", from);
        for entry in fs::read_dir(from).map_err(read())? {
            let entry = entry.map_err(read())?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let kind = entry
                .file_type()
                .map_err(BackendError::io("read", &source))?;
            if kind.is_symlink() {
                self.link(&source, &target)
                    .map_err(BackendError::io("copy", &source))?;
            } else if kind.is_file() {
                file(&source, &target).map_err(BackendError::io("copy", &source))?;
            } else if kind.is_dir() {
                let is_left_out = entry.file_name() == ".git" || self.left_out.contains(&source);
                if !is_left_out {
                    self.directory(&source, &target)?;
                }
            }
        }
        // Last: a directory may be closed for writing, and writing changes its time.
        let metadata = fs::metadata(from).map_err(read())?;
        keep(&metadata, to).map_err(BackendError::io("make", to))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let target = fs::read_link(from)?;
        let within = target.strip_prefix(self.from).ok();
        let leads_out = |rest: &Path| rest.components().any(|part| part == Component::ParentDir);
        let target = match within {
            Some(rest) if !leads_out(rest) => self.finished.join(rest),
            _ => target,
        };
        symbolic_link(&target, from, to)
    }
}

fn file(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = fs::metadata(from)?;
    if !share_blocks(from, to)? {
        fs::copy(from, to)?;
    }
    keep(&metadata, to)
}

/// Makes a file of the blocks of another, where the file system can.
#[cfg(target_os = "linux")]
fn share_blocks(from: &Path, to: &Path) -> io::Result<bool> {
    let source = File::open(from)?;
    let target = File::create(to)?;
    Ok(rustix::fs::ioctl_ficlone(&target, &source).is_ok())
}

#[cfg(not(target_os = "linux"))]
fn share_blocks(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Gives a copy the time of change, then the permissions of its original. The
/// time first: it needs a file that can be opened.
fn keep(original: &Metadata, copy: &Path) -> io::Result<()> {
    let times = FileTimes::new().set_modified(original.modified()?);
    set_times(copy, original.is_dir(), times)?;
    fs::set_permissions(copy, original.permissions())
}

#[cfg(unix)]
fn set_times(path: &Path, _: bool, times: FileTimes) -> io::Result<()> {
    File::open(path)?.set_times(times)
}

/// A directory cannot be opened there, and no build asks for its time.
#[cfg(not(unix))]
fn set_times(path: &Path, is_directory: bool, times: FileTimes) -> io::Result<()> {
    if is_directory {
        return Ok(());
    }
    File::options().write(true).open(path)?.set_times(times)
}

#[cfg(unix)]
fn symbolic_link(target: &Path, from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    use std::os::unix::fs::MetadataExt as _;

    std::os::unix::fs::symlink(target, to)?;
    let metadata = fs::symlink_metadata(from)?;
    let timestamps = Timestamps {
        last_access: Timespec {
            tv_sec: metadata.atime(),
            tv_nsec: metadata.atime_nsec() as _,
        },
        last_modification: Timespec {
            tv_sec: metadata.mtime(),
            tv_nsec: metadata.mtime_nsec() as _,
        },
    };
    utimensat(CWD, to, &timestamps, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

#[cfg(not(unix))]
fn symbolic_link(target: &Path, from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        std::os::windows::fs::symlink_dir(target, to)
    } else {
        std::os::windows::fs::symlink_file(target, to)
    }
}
