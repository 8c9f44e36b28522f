//! `pyproject.toml` and `setup.py`

use cfgmatrix_core::{Document, Language};
use serde_json::Value;

use super::script::{PYTHON, Token, Word, calls, tokens};
use super::{Fact, Reading, words};

pub(super) fn read_pyproject(reading: &mut Reading<'_>) -> Result<(), String> {
    let document = toml(reading)?;
    let names = [
        document.pointer("/project/name"),
        document.pointer("/tool/poetry/name"),
    ];
    if let Some(name) = names.into_iter().flatten().find_map(Value::as_str) {
        // An escaped name stands there in other letters.
        let at = reading.text.find(name);
        let at = at.unwrap_or_else(|| reading.offset_of("name"));
        reading.note(Fact::Name(name.to_owned()), true, at);
    }
    for requirement in texts(document.pointer("/build-system/requires")) {
        let end = requirement
            .find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)))
            .unwrap_or(requirement.len());
        let fact = match requirement[..end].to_ascii_lowercase().as_str() {
            "cython" | "cffi" | "pybind11" | "nanobind" => {
                let is_cxx =
                    requirement.starts_with("pybind11") || requirement.starts_with("nanobind");
                Fact::Language(if is_cxx { Language::Cxx } else { Language::C })
            }
            "mpi4py" => Fact::Mpi,
            _ => continue,
        };
        let at = reading.offset_of(&requirement);
        reading.note(fact, true, at);
    }
    let modules = document.pointer("/tool/setuptools/ext-modules");
    for module in modules.and_then(Value::as_array).into_iter().flatten() {
        let of = |key| texts(module.get(key));
        let cxx = of("language").into_iter().filter(|word| word == "c++");
        let mut facts: Vec<(Fact, String)> = cxx
            .map(|word| (Fact::Language(Language::Cxx), word))
            .collect();
        for source in of("sources") {
            facts.extend(words::source(&source).map(|language| (Fact::Language(language), source)));
        }
        for library in of("libraries") {
            facts.extend(words::library(&library).map(|fact| (fact, library)));
        }
        for flag in [of("extra-compile-args"), of("extra-link-args")].concat() {
            facts.extend(words::flag(&flag).map(|fact| (fact, flag)));
        }
        for (fact, text) in facts {
            let at = reading.offset_of(&text);
            reading.note(fact, true, at);
        }
    }
    Ok(())
}

/// A file that is TOML.
pub(super) fn toml(reading: &Reading<'_>) -> Result<Value, String> {
    let skipped = |error: cfgmatrix_core::Error| format!("{error}; the file is not read");
    Document::from_bytes(reading.file, reading.text.as_bytes().to_vec())
        .and_then(|document| document.toml())
        .map_err(skipped)
}

/// A text, or the texts of a list.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    let list = match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

/// More calls of this name are not all of setuptools.
const MAX_SETUPS: usize = 16;

pub(super) fn read_setup(reading: &mut Reading<'_>) -> Result<(), String> {
    let (tokens, unclosed) = tokens(reading.text, PYTHON);
    for call in calls(&tokens, "setup", PYTHON).iter().take(MAX_SETUPS) {
        let name = call
            .arguments
            .iter()
            .find(|argument| argument.name.as_deref() == Some("name"));
        if let Some(name) = name
            && let Some(text) = value(&tokens, &name.token)
        {
            reading.note(Fact::Name(text), true, name.token.at);
        }
    }
    let extensions = calls(&tokens, "Extension", PYTHON);
    let cythonize = calls(&tokens, "cythonize", PYTHON);
    for call in extensions.first().into_iter().chain(cythonize.first()) {
        reading.note(Fact::Language(Language::C), true, call.span.start);
    }
    for call in &extensions {
        for argument in &call.arguments {
            let fact = match (argument.name.as_deref(), argument.token.text()) {
                (Some("language"), Some("c++")) => Some(Fact::Language(Language::Cxx)),
                (Some("libraries"), Some(library)) => words::library(library),
                _ => None,
            };
            if let Some(fact) = fact {
                reading.note(fact, true, argument.token.at);
            }
        }
    }
    for token in &tokens {
        let fact = match &token.word {
            Word::Name(name) if name == "mpi4py" => Some(Fact::Mpi),
            Word::Name(name) if name == "f2py" => Some(Fact::Language(Language::Fortran)),
            Word::Text(text) if words::mpi_wrapper(text).is_some() => Some(Fact::Mpi),
            Word::Text(text) => {
                words::flag(text).or_else(|| words::source(text).map(Fact::Language))
            }
            Word::Name(_) | Word::Sign(_) => None,
        };
        if let Some(fact) = fact {
            reading.note(fact, true, token.at);
        }
    }
    match unclosed {
        Some(at) => Err(reading.warning(
            at,
            "the string that begins here is not closed; the rest is not read",
        )),
        None => Ok(()),
    }
}

/// A string, or that of the variable that is named.
fn value(tokens: &[Token], token: &Token) -> Option<String> {
    if let Some(text) = token.text() {
        return Some(text.to_owned());
    }
    let name = token.name()?;
    tokens.windows(3).find_map(|three| {
        let assigned = three[0].name() == Some(name) && three[1].is('=');
        let text = three[2].text().filter(|_| assigned)?;
        Some(text.to_owned())
    })
}
