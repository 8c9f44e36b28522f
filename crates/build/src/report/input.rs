//! A run's directory: what was to be done, and the outcomes that are there.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Document, Place};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::outcome::{Outcome, StepName};

/// What a run is of: the document `run.json` of its directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The version of this document's format, [`Run::FORMAT_VERSION`].
    pub format_version: u32,
    /// The matrix's name.
    pub name: String,
    /// The axes, in the order of the matrix.
    pub axes: Vec<Axis>,
    /// The variants, in the order of the matrix.
    pub variants: Vec<RunVariant>,
    /// What is done with each variant, in order, as it was asked for: names in
    /// braces stand for what differs between variants. Nothing where a build
    /// system is driven.
    pub steps: Vec<RunStep>,
    /// The build system that is driven, such as `cmake`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Where the sources are.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The state of the sources, where a build system is driven; commands read
    /// what they like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<String>,
    /// The directory below which variants are installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<String>,
    /// When it began, in seconds since 1970-01-01 00:00 UTC.
    pub started_unix: u64,
    /// Lots of variants, by name, that are one and the same build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<Vec<String>>,
    /// Names of variants that have not run and would tell apart what may explain
    /// the failures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<String>,
}

/// An axis of the matrix that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// The names of its values, in the order of the matrix.
    pub values: Vec<String>,
}

/// A variant that was to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunVariant {
    /// Its name.
    pub name: String,
    /// The id of its configuration: 64 hexadecimal digits.
    pub id: String,
    /// Its value of each active axis, in the order of the matrix.
    #[serde(with = "tuple_vec_map")]
    pub axes: Vec<(String, String)>,
    /// What its values are of, such as `compiler.family` and `gcc`.
    #[serde(default, with = "tuple_vec_map", skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
    /// Its flags, and where they are known from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// What one feature adds to a variant's command lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The command lines that it is for.
    pub part: Part,
    /// The arguments.
    pub tokens: Vec<String>,
    /// The feature that asks for them.
    pub feature: String,
    /// Where they are known from, such as a manual and its section.
    pub source: String,
}

/// The command lines that a flag is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The preprocessor's.
    Preprocess,
    /// The compiler's.
    Compile,
    /// The linker's.
    Link,
}

impl RunVariant {
    /// Its flags without those that are the same for several languages, each once.
    pub(super) fn flags_once(&self) -> Vec<&Flag> {
        let mut once: Vec<&Flag> = Vec::with_capacity(self.flags.len());
        for flag in &self.flags {
            if !once.contains(&flag) {
                once.push(flag);
            }
        }
        once
    }
}

impl Part {
    /// Its word, as in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preprocess => "preprocess",
            Self::Compile => "compile",
            Self::Link => "link",
        }
    }
}

/// A step as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStep {
    /// What it is for.
    pub name: StepName,
    /// The program and its arguments.
    pub command: Vec<String>,
}

/// What every document of a run begins with.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

impl Run {
    /// The version of the document's format.
    pub const FORMAT_VERSION: u32 = 1;
    /// The document's name in a run's directory.
    pub const FILE: &'static str = "run.json";
    /// Where in a run's directory the outcomes are.
    pub const OUTCOMES: &'static str = "outcomes";

    /// A run of nothing yet.
    #[must_use]
    pub fn new(name: &str, axes: Vec<Axis>, started_unix: u64) -> Self {
        Self {
            format_version: Self::FORMAT_VERSION,
            name: name.to_owned(),
            axes,
            variants: Vec::new(),
            steps: Vec::new(),
            with: None,
            source: String::new(),
            sources: None,
            install: None,
            started_unix,
            duplicates: Vec::new(),
            further: Vec::new(),
        }
    }

    /// What decides the outcome of every variant beside its configuration: the
    /// commands or the build system, and the sources.
    #[must_use]
    pub fn recipe(&self) -> String {
        json!([
            self.with,
            self.steps,
            self.source,
            self.sources,
            self.install
        ])
        .to_string()
    }

    /// Reads a run's directory: the run, its outcomes in the order of the matrix,
    /// and the names of the variants that have none. An outcome of another
    /// configuration than the run's, left from an earlier one, counts as none.
    ///
    /// # Errors
    /// There is no such directory or no run in it, a document cannot be read, is
    /// of a newer format or is not as it should be, or two are of one variant.
    pub fn read(directory: &Path) -> Result<(Self, Vec<Outcome>, Vec<String>), ReportError> {
        if directory.is_file() {
            return Err(ReportError::NotADirectory {
                path: directory.to_owned(),
            });
        }
        if !directory.is_dir() {
            return Err(ReportError::NoDirectory {
                directory: directory.to_owned(),
            });
        }
        let path = directory.join(Self::FILE);
        if !path.exists() {
            return Err(ReportError::NoRun {
                directory: directory.to_owned(),
            });
        }
        let (run, document) = read::<Self>(&path, Self::FORMAT_VERSION)?;
        let mut wanted: HashMap<&str, &str> = HashMap::with_capacity(run.variants.len());
        for (place, variant) in run.variants.iter().enumerate() {
            if wanted.insert(&variant.name, &variant.id).is_some() {
                return Err(ReportError::VariantTwice {
                    place: document.place_of_element("variants", place),
                    variant: variant.name.clone(),
                });
            }
        }
        let mut found: HashMap<String, (Outcome, PathBuf)> = HashMap::new();
        for path in outcome_files(&directory.join(Self::OUTCOMES))? {
            let (outcome, _) = read::<Outcome>(&path, Outcome::FORMAT_VERSION)?;
            if wanted.get(outcome.variant.as_str()) != Some(&outcome.id.as_str()) {
                continue;
            }
            if let Some((other, first)) = found.insert(outcome.variant.clone(), (outcome, path)) {
                let second = &found[&other.variant].1;
                return Err(ReportError::OutcomeTwice {
                    variant: other.variant,
                    first,
                    second: second.clone(),
                });
            }
        }
        let mut outcomes = Vec::with_capacity(found.len());
        let mut missing = Vec::new();
        for variant in &run.variants {
            match found.remove(&variant.name) {
                Some((outcome, _)) => outcomes.push(outcome),
                None => missing.push(variant.name.clone()),
            }
        }
        Ok((run, outcomes, missing))
    }
}

/// The documents in the directory of outcomes, in the order of their names. A
/// run that was ended before the first outcome may have none.
fn outcome_files(directory: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let failed = |source| ReportError::Io {
        path: directory.to_owned(),
        source,
    };
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        // What a crash left half written has another name.
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden
            && path
                .extension()
                .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a document of a known version, and gives its text along with it.
fn read<T: DeserializeOwned>(path: &Path, known: u32) -> Result<(T, Document), ReportError> {
    let failed = |source| ReportError::Io {
        path: path.to_owned(),
        source,
    };
    // To open a pipe would be to wait for someone to write.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        let no_file = io::Error::new(io::ErrorKind::InvalidInput, "it is no file");
        return Err(failed(no_file));
    }
    let mut bytes = Vec::new();
    let limit = Document::MAX_BYTES as u64 + 1;
    let file = File::open(path).map_err(failed)?;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    let document = Document::from_bytes(path.display().to_string(), bytes)?;
    // A newer document may look otherwise: its version is asked for first.
    let Version { format_version } = document.json()?;
    if format_version != known {
        return Err(ReportError::FormatVersion {
            place: document.place_of_key("format_version"),
            found: format_version,
            known,
        });
    }
    Ok((document.json()?, document))
}

/// What can be wrong with a run's directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// There is no such directory.
    #[error("there is no directory {}", .directory.display())]
    NoDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// A file where a run's directory should be.
    #[error("{} is a file; expected the directory of a run", .path.display())]
    NotADirectory {
        /// The file.
        path: PathBuf,
    },
    /// The directory is not a run's.
    #[error("{} holds no run: it has no `{}`", .directory.display(), Run::FILE)]
    NoRun {
        /// The directory.
        directory: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A document of a format that is not known.
    #[error("{place}: `format_version` is {found}; expected {known}")]
    FormatVersion {
        /// Where that is said.
        place: Place,
        /// What is said.
        found: u32,
        /// What is known.
        known: u32,
    },
    /// A document that is not as it should be.
    #[error(transparent)]
    Document(#[from] cfgmatrix_core::Error),
    /// A run that has two variants of one name.
    #[error("{place}: variant `{variant}` is there already; expected each once")]
    VariantTwice {
        /// Where it is for the second time.
        place: Place,
        /// The name.
        variant: String,
    },
    /// Two outcomes of one variant.
    #[error("{} and {} are both of variant `{variant}`; expected one outcome of each", .first.display(), .second.display())]
    OutcomeTwice {
        /// The variant.
        variant: String,
        /// The one document.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

impl ReportError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoDirectory { .. } | Self::NotADirectory { .. } | Self::NoRun { .. } => {
                "`cfgmatrix run` makes one; name its directory if that is another"
            }
            Self::FormatVersion { found, known, .. } if found > known => {
                "a newer cfgmatrix wrote it, and can read it"
            }
            Self::OutcomeTwice { .. } => "remove the one that is left from an earlier run",
            Self::Document(error) => return error.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// Where in a document it is.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::FormatVersion { place, .. } | Self::VariantTwice { place, .. } => Some(place),
            Self::Document(error) => error.place(),
            _ => None,
        }
    }
}
