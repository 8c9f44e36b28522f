//! `Cargo.toml` and `build.rs`

use cfgmatrix_core::{Language, Provides};
use serde_json::{Map, Value};

use super::python::{texts, toml};
use super::script::{RUST, tokens};
use super::{Fact, Reading, words};

pub(super) fn read_manifest(reading: &mut Reading<'_>) -> Result<(), String> {
    let manifest = toml(reading)?;
    if let Some(name) = manifest.pointer("/package/name").and_then(Value::as_str) {
        let at = reading.offset_of(name);
        reading.note(Fact::Name(name.to_owned()), true, at);
        // By convention it wraps a library of C, and may build that.
        if name.ends_with("-sys") {
            reading.note(Fact::Language(Language::C), true, at);
        }
    }
    let target = manifest.get("target").and_then(Value::as_object);
    let tables = std::iter::once(&manifest)
        .chain(target.into_iter().flat_map(Map::values))
        .chain(manifest.get("workspace"));
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let dependencies = table.get(kind).and_then(Value::as_object);
            for (key, dependency) in dependencies.into_iter().flatten() {
                let renamed = dependency.get("package").and_then(Value::as_str);
                let optional = dependency.get("optional") == Some(&Value::Bool(true));
                let features = texts(dependency.get("features"));
                let facts = facts(renamed.unwrap_or(key), &features);
                for fact in facts {
                    let known = reading.knows(&fact);
                    let at = if known { 0 } else { place(reading, kind, key) };
                    reading.note(fact, !optional, at);
                }
            }
        }
    }
    Ok(())
}

/// Where a dependency stands: its key at the beginning of a line, after the
/// header of such a table if it can be found there.
fn place(reading: &Reading<'_>, kind: &str, key: &str) -> usize {
    let from = reading.text.find(kind).unwrap_or(0);
    let starts_line = |&at: &usize| {
        let line = reading.text[..at].rsplit('\n').next().unwrap_or_default();
        line.trim_matches([' ', '\t', '"', '\'']).is_empty()
            || line.trim_end().ends_with(['.', '{'])
    };
    let rest = &reading.text[from..];
    let mut places = rest.match_indices(key).map(|(at, _)| from + at);
    places
        .find(starts_line)
        .unwrap_or_else(|| reading.offset_of(key))
}

/// What a dependency on a crate says.
fn facts(package: &str, features: &[String]) -> Vec<Fact> {
    let has = |feature: &str| features.iter().any(|own| own == feature);
    match package {
        "cc" | "bindgen" => vec![Fact::Language(Language::C)],
        "cmake" => vec![Fact::Language(Language::C), Fact::Language(Language::Cxx)],
        "cxx" | "cxx-build" | "autocxx" | "autocxx-build" => vec![Fact::Language(Language::Cxx)],
        "openmp-sys" => vec![Fact::OpenMp],
        "mpi" | "mpi-sys" | "rsmpi" => vec![Fact::Mpi],
        "blas-src" | "blas-sys" | "blas" | "openblas-src" | "openblas-build" | "netlib-src"
        | "accelerate-src" | "blis-src" => vec![Fact::Provides(Provides::Blas)],
        "cblas" | "cblas-sys" => vec![Fact::Provides(Provides::Cblas)],
        "lapack" | "lapack-src" | "lapack-sys" | "intel-mkl-src" | "ndarray-linalg" | "lax" => {
            vec![Fact::Provides(Provides::Lapack)]
        }
        "lapacke" | "lapacke-sys" => vec![Fact::Provides(Provides::Lapacke)],
        "ndarray" if has("blas") => vec![Fact::Provides(Provides::Blas)],
        "faer" if has("blas") => vec![Fact::Provides(Provides::Blas)],
        _ => Vec::new(),
    }
}

/// What a build script compiles and links, by the strings in it and the methods
/// of `cc` that it calls.
pub(super) fn read_build_script(reading: &mut Reading<'_>) {
    let (tokens, _) = tokens(reading.text, RUST);
    for pair in tokens.windows(2) {
        let [token, next] = pair else { continue };
        if token.name() == Some("cpp") && next.is('(') {
            reading.note(Fact::Language(Language::Cxx), true, token.at);
        }
    }
    for token in &tokens {
        let Some(text) = token.text() else { continue };
        // `cargo:rustc-link-lib=static=openblas`
        let link = ["cargo:rustc-link-lib=", "cargo::rustc-link-lib="];
        let library = link.iter().find_map(|begin| text.strip_prefix(begin));
        let fact = match library {
            Some(library) => {
                let name = library.rsplit('=').next().unwrap_or(library);
                words::library(name)
            }
            None if words::mpi_wrapper(text).is_some() => Some(Fact::Mpi),
            None if text == "openmp" => Some(Fact::OpenMp),
            None => words::flag(text).or_else(|| words::source(text).map(Fact::Language)),
        };
        if let Some(fact) = fact {
            reading.note(fact, true, token.at);
        }
    }
}
