//! Reading documents from outside: bounded, and with the path in every error.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Document, Sources};

use crate::Error;

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
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
