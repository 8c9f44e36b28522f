//! Which build systems a source has files of.

use std::path::Path;

use cfgmatrix_core::Document;
use serde::Deserialize;

use super::{Backend, BackendError};

/// What makes a source one of setuptools, in a `pyproject.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PyProject {
    build_system: Option<BuildSystem>,
    project: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct BuildSystem {
    build_backend: Option<String>,
}

/// The build system that a source is built with: of those that it has files of,
/// the first in the order of [`Backend::ALL`].
///
/// # Errors
/// There is no such directory, it has files of none, or its `pyproject.toml` is
/// malformed.
pub fn detect(source: &Path) -> Result<Backend, BackendError> {
    recognised(source).map(|found| found[0])
}

/// The build systems that a source has files of, in the order of [`Backend::ALL`]
/// and at least one.
///
/// # Errors
/// As [`detect`].
pub fn recognised(source: &Path) -> Result<Vec<Backend>, BackendError> {
    is_directory(source)?;
    let mut found = Vec::new();
    for &backend in Backend::ALL {
        if is_for(backend, source)? {
            found.push(backend);
        }
    }
    if found.is_empty() {
        let all: Vec<&str> = Backend::ALL
            .iter()
            .flat_map(|one| files(*one))
            .copied()
            .collect();
        return Err(BackendError::Unrecognised {
            path: source.to_owned(),
            looked_for: alternatives(&all),
        });
    }
    Ok(found)
}

/// That a source is one of a build system.
pub(super) fn check(backend: Backend, source: &Path) -> Result<(), BackendError> {
    is_directory(source)?;
    if is_for(backend, source)? {
        return Ok(());
    }
    Err(BackendError::NotIts {
        backend,
        path: source.to_owned(),
        looked_for: alternatives(files(backend)),
    })
}

fn is_directory(source: &Path) -> Result<(), BackendError> {
    if source.is_dir() {
        return Ok(());
    }
    Err(BackendError::NoSource {
        path: source.to_owned(),
    })
}

/// The files that it starts from, as a message names them.
fn files(backend: Backend) -> &'static [&'static str] {
    match backend {
        Backend::Cmake => &["CMakeLists.txt"],
        Backend::Meson => &["meson.build"],
        Backend::Cargo => &["Cargo.toml"],
        Backend::Setuptools => &["setup.py", "pyproject.toml for setuptools"],
        Backend::Autotools => &["configure", "configure.ac"],
        Backend::Make => &super::makefile::NAMES,
    }
}

fn is_for(backend: Backend, source: &Path) -> Result<bool, BackendError> {
    let has = |name: &str| source.join(name).is_file();
    Ok(match backend {
        Backend::Setuptools => has("setup.py") || is_for_setuptools(source)?,
        Backend::Autotools => has("configure") || has("configure.ac") || has("configure.in"),
        _ => files(backend).iter().any(|name| has(name)),
    })
}

/// Whether a `pyproject.toml` names setuptools, or a package and no other.
fn is_for_setuptools(source: &Path) -> Result<bool, BackendError> {
    let path = source.join("pyproject.toml");
    if !path.is_file() {
        return Ok(false);
    }
    let bytes = std::fs::read(&path).map_err(BackendError::io("read", &path))?;
    let document = Document::from_bytes(path.to_string_lossy(), bytes)?;
    let project: PyProject = document.toml()?;
    let system = project.build_system.map(|system| system.build_backend);
    Ok(match system {
        Some(Some(backend)) => backend.starts_with("setuptools"),
        // Python's installers take setuptools where nothing else is said.
        Some(None) => true,
        None => project.project.is_some(),
    })
}

fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| match name.split_once(' ') {
            Some((file, rest)) => format!("`{file}` {rest}"),
            None => format!("`{name}`"),
        })
        .collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
