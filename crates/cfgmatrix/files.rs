//! Reading documents from outside, bounded; writing files whole or not at all;
//! and the path in every error.

use std::fs::File;
#[cfg(feature = "cli")]
use std::io::Write as _;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[cfg(feature = "cli")]
use cfgmatrix_core::emit::{EmittedFile, MARK};
use cfgmatrix_core::{Document, Sources};
#[cfg(feature = "cli")]
use tempfile::NamedTempFile;

use crate::Error;

pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io {
        action,
        path,
        source,
    }
}

/// Reads a document.
///
/// # Errors
/// It cannot be read, is too large, or is not UTF-8.
pub(crate) fn read_document(path: &Path) -> Result<Document, Error> {
    let file = File::open(path).map_err(io_error("read", path))?;
    read_stream(file, &path.display().to_string())
}

/// Reads a document from a stream such as standard input.
///
/// # Errors
/// As for [`read_document`].
pub(crate) fn read_stream(stream: impl Read, name: &str) -> Result<Document, Error> {
    Ok(Document::from_bytes(name, read_bounded(stream, name)?)?)
}

/// Reads a document that an argument names; `-` is standard input.
///
/// # Errors
/// As for [`read_document`].
#[cfg(feature = "cli")]
pub(crate) fn read_argument(path: &Path) -> Result<Document, Error> {
    if path.as_os_str() == "-" {
        read_stream(io::stdin(), "standard input")
    } else {
        read_document(path)
    }
}

/// At most one byte more than a document may have: enough to know that it is
/// too much.
fn read_bounded(stream: impl Read, name: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let limit = Document::MAX_BYTES as u64 + 1;
    stream
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(io_error("read", Path::new(name)))?;
    Ok(bytes)
}

/// Reads a layer of the knowledge base: every `.json` file of a directory and of
/// its subdirectories `blas` and `mpi`, and the programs in `proofs`, in the
/// order of their names.
///
/// # Errors
/// The directory or a file of it cannot be read.
pub(crate) fn read_layer(directory: &Path) -> Result<Sources, Error> {
    let mut layer = Sources::default();
    for (prefix, directory) in [
        ("", directory.to_owned()),
        ("blas/", directory.join("blas")),
        ("mpi/", directory.join("mpi")),
        ("proofs/", directory.join("proofs")),
    ] {
        if !prefix.is_empty() && !directory.is_dir() {
            continue;
        }
        for path in files_of(&directory, prefix == "proofs/")? {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            layer.add(&format!("{prefix}{name}"), read_document(&path)?);
        }
    }
    Ok(layer)
}

/// The documents of a directory, or its sources.
fn files_of(directory: &Path, sources: bool) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(io_error("read", directory))? {
        let path = entry.map_err(io_error("read", directory))?.path();
        let wanted = match path.extension().and_then(|extension| extension.to_str()) {
            Some("md") | None => false,
            Some("json") => !sources,
            Some(_) => sources && path.is_file(),
        };
        if wanted {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads what a compiler printed. Banners are in any encoding: bytes that are
/// no UTF-8 become replacement characters, which no rule matches.
///
/// # Errors
/// The stream cannot be read, or holds more than a banner could.
#[cfg(feature = "cli")]
pub(crate) fn read_banner(stream: impl Read, name: &str) -> Result<String, Error> {
    let bytes = read_bounded(stream, name)?;
    if bytes.len() > Document::MAX_BYTES {
        return Err(cfgmatrix_core::Error::TooLarge {
            document: name.to_owned(),
            limit_mib: Document::MAX_BYTES >> 20,
        }
        .into());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads what a compiler printed from a file.
///
/// # Errors
/// As for [`read_banner`].
#[cfg(feature = "cli")]
pub(crate) fn read_banner_file(path: &Path) -> Result<String, Error> {
    let file = File::open(path).map_err(io_error("read", path))?;
    read_banner(file, &path.display().to_string())
}

/// What became of a file.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is there as it is wanted.
    Anew,
    /// It was there as it is wanted.
    Unchanged,
}

/// Writes files below a directory: all are prepared beside where they go before
/// the first takes its place, and each does so at once.
///
/// # Errors
/// A file cannot be written, would be outside of the directory, or would replace
/// one that does not say it was generated, unless `force` is set.
#[cfg(feature = "cli")]
pub(crate) fn write_all(
    directory: &Path,
    files: &[EmittedFile],
    force: bool,
) -> Result<Vec<(PathBuf, Written)>, Error> {
    let targets: Vec<PathBuf> = files
        .iter()
        .map(|file| target(directory, &file.path))
        .collect::<Result<_, _>>()?;
    let mut state = Vec::new();
    for (file, target) in files.iter().zip(&targets) {
        state.push(compare(target, &file.text, force)?);
    }
    let mut prepared = Vec::new();
    for ((file, target), written) in files.iter().zip(&targets).zip(&state) {
        if *written == Written::Anew {
            prepared.push((prepare(directory, target, &file.text)?, target));
        }
    }
    for (temporary, target) in prepared {
        let failed = |error: tempfile::PersistError| io_error("write", target)(error.error);
        temporary.persist(target).map_err(failed)?;
    }
    Ok(targets.into_iter().zip(state).collect())
}

/// Where a file goes: its parts lead down only.
#[cfg(feature = "cli")]
fn target(directory: &Path, path: &str) -> Result<PathBuf, Error> {
    let parts = Path::new(path).components();
    let is_down = |part| matches!(part, std::path::Component::Normal(_));
    if path.is_empty() || !parts.into_iter().all(is_down) {
        return Err(Error::Outside {
            path: directory.join(path),
            directory: directory.to_owned(),
        });
    }
    Ok(directory.join(path))
}

/// Whether a file that is there may be replaced, and has to be.
#[cfg(feature = "cli")]
fn compare(target: &Path, text: &str, force: bool) -> Result<Written, Error> {
    /// The mark stands at the top.
    const TOP: usize = 4096;
    let old = match std::fs::read(target) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Written::Anew),
        Err(error) => return Err(io_error("write", target)(error)),
    };
    if old == text.as_bytes() {
        return Ok(Written::Unchanged);
    }
    let top = String::from_utf8_lossy(&old[..old.len().min(TOP)]);
    if force || top.contains(MARK) {
        Ok(Written::Anew)
    } else {
        Err(Error::NotOurs {
            path: target.to_owned(),
        })
    }
}

/// A file with the text, beside the one that it will replace.
#[cfg(feature = "cli")]
fn prepare(directory: &Path, target: &Path, text: &str) -> Result<NamedTempFile, Error> {
    std::fs::create_dir_all(directory).map_err(io_error("write", directory))?;
    let real = |path: &Path| dunce::canonicalize(path).map_err(io_error("read", path));
    let top = real(directory)?;
    let parent = target.parent().unwrap_or(directory);
    let mut below: Vec<&Path> = parent
        .ancestors()
        .take_while(|&ancestor| ancestor != directory)
        .collect();
    below.reverse();
    for step in below {
        match std::fs::create_dir(step) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(io_error("write", step)(error));
            }
            _ => {}
        }
        // A link in the directory may lead out of it.
        if !real(step)?.starts_with(&top) {
            return Err(Error::Outside {
                path: target.to_owned(),
                directory: directory.to_owned(),
            });
        }
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any other file: the user's mask takes away what it does.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder
        .prefix(".cfgmatrix-")
        .tempfile_in(parent)
        .map_err(io_error("write", target))?;
    temporary
        .write_all(text.as_bytes())
        .map_err(io_error("write", target))?;
    Ok(temporary)
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> EmittedFile {
        EmittedFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn no_path_leads_out_and_then_nothing_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out");
        for path in ["../x", "/x", "a/../../x", "..", "", ".", "a/../x"] {
            let files = [file("fine", "text"), file(path, "text")];
            let refused = write_all(&out, &files, true);
            assert!(
                matches!(refused, Err(Error::Outside { .. })),
                "{path}: {refused:?}"
            );
            assert!(!out.exists(), "{path}");
        }
    }

    #[test]
    fn directories_are_made() {
        let directory = tempfile::tempdir().unwrap();
        let written = write_all(directory.path(), &[file("a/b/c", "text")], false).unwrap();
        let path = directory.path().join("a").join("b").join("c");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "text");
        assert_eq!(written, [(path, Written::Anew)]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (out, elsewhere) = (
            directory.path().join("out"),
            directory.path().join("elsewhere"),
        );
        std::fs::create_dir(&out).unwrap();
        std::fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, out.join("a")).unwrap();
        for path in ["a/x", "a/b/x"] {
            let refused = write_all(&out, &[file(path, "text")], true);
            assert!(
                matches!(refused, Err(Error::Outside { .. })),
                "{path}: {refused:?}"
            );
        }
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
        // Not even the file that was prepared stays.
        let files = [file("x", "text"), file("a/x", "text")];
        assert!(write_all(&out, &files, true).is_err());
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    }
}
