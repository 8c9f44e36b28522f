//! What can be wrong with documents and questions.

use std::fmt;

use crate::name::{Language, Target, UnknownWord, did_you_mean};
use crate::version::VersionError;

/// A line and column of a document, with the text that stands there.
// Boxed: an error is handed up through every call, and is rare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Box<Spot>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Spot {
    document: String,
    line: usize,
    column: usize,
    excerpt: String,
    caret: usize,
}

impl Place {
    /// How much of a line a message shows, in characters.
    const WIDTH: usize = 76;

    pub(crate) fn new(document: &str, line: usize, column: usize, text: &str) -> Self {
        // The part of the line around the column; long rows stay readable.
        let start = column.saturating_sub(Self::WIDTH / 2 + 1);
        let shown: String = text
            .chars()
            .skip(start)
            .take(Self::WIDTH)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let caret = (column - 1 - start).min(shown.chars().count());
        Self(Box::new(Spot {
            document: document.to_owned(),
            line,
            column,
            excerpt: shown,
            caret,
        }))
    }

    /// The document's name.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.0.document
    }

    /// Line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// Column in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// The offending line (or the part of it around the column) with a caret
    /// under the column; empty where the document ends there.
    #[must_use]
    pub fn excerpt(&self) -> String {
        if self.0.excerpt.trim().is_empty() {
            return String::new();
        }
        let text = self.0.excerpt.trim_end();
        format!("{text}\n{}^", " ".repeat(self.0.caret))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0.document, self.0.line, self.0.column)
    }
}

/// Everything that core refuses, each with what, where and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document larger than any that is written on purpose.
    #[error("{document} is larger than {limit_mib} MiB, which no document of this kind is")]
    TooLarge {
        /// Its name.
        document: String,
        /// The limit.
        limit_mib: usize,
    },
    /// Bytes that are no text.
    #[error("{place}: byte {byte:#04x} is no UTF-8, which documents are written in")]
    NotUtf8 {
        /// The first byte that is no text.
        byte: u8,
        /// Where.
        place: Place,
    },
    /// A document that is malformed, or says what it may not say.
    #[error("{place}: {message}")]
    Invalid {
        /// What is wrong and what was expected.
        message: String,
        /// What may have been meant, or what to do.
        hint: Option<String>,
        /// Where.
        place: Place,
    },
    /// A word that names nothing.
    #[error("unknown {} `{}`{}", .0.what, .0.name, .0.expectation())]
    Unknown(UnknownWord),
    /// A compiler given as `FAMILY@VERSION` with a version that is none.
    #[error("`{spec}` names no compiler version: {reason}")]
    CompilerSpec {
        /// The whole text.
        spec: String,
        /// What is wrong with the version.
        reason: VersionError,
    },
    /// A range where one version is wanted.
    #[error("`{spec}` is a range of versions, and one version is wanted here, such as `{example}`")]
    RangeForVersion {
        /// The whole text.
        spec: String,
        /// One version of the range.
        example: String,
    },
    /// Two features of which only one can be had.
    #[error("`{first}` and `{second}` contradict each other: {reason}")]
    Contradiction {
        /// The one asked for first.
        first: String,
        /// The other.
        second: String,
        /// Why they exclude each other.
        reason: String,
    },
    /// A mode together with a feature that it rules out.
    #[error("mode `{mode}` never has `{feature}`: {reason}")]
    ModeExcludes {
        /// The mode.
        mode: String,
        /// The feature.
        feature: String,
        /// What the mode is for.
        reason: String,
    },
    /// A language that the compiler does not compile, or the feature does not have.
    #[error("{what} has no {language}; it has {known}")]
    Language {
        /// Compiler family or feature.
        what: String,
        /// The language asked for.
        language: Language,
        /// What there is.
        known: String,
    },
    /// A feature that takes a value was given none, or the reverse.
    #[error("feature `{feature}` {expected}")]
    Parameter {
        /// The feature.
        feature: String,
        /// What was expected.
        expected: String,
    },
    /// Two names that cannot stand together in one set.
    #[error("{place}: `{name}` is already a name of {what} `{other}`")]
    DuplicateName {
        /// What it names, such as `compiler family`.
        what: &'static str,
        /// The name.
        name: String,
        /// The id of the one that has it.
        other: String,
        /// Where the second one stands.
        place: Place,
    },
    /// A family that derives from itself.
    #[error("{place}: family `{family}` derives from itself through `{through}`")]
    BaseCycle {
        /// The family.
        family: String,
        /// The base that leads back.
        through: String,
        /// Where.
        place: Place,
    },
    /// A library that cannot be had as asked.
    #[error("{library} cannot be had {wanted} for {family} on {target}: {reason}")]
    NoLibrary {
        /// BLAS library.
        library: String,
        /// Threading and interface asked for.
        wanted: String,
        /// Compiler family.
        family: String,
        /// System built for.
        target: Target,
        /// What there is instead, or which conflict stands against it.
        reason: String,
    },
    /// A required feature that the compiler does not have, or nobody knows of.
    #[error("{family} has no `{feature}` for {language}: {reason}")]
    Unsupported {
        /// Family and version.
        family: String,
        /// The feature.
        feature: String,
        /// The language.
        language: Language,
        /// Why, and what to do instead.
        reason: String,
    },
    /// A matrix that expands to another number of variants than it says.
    #[error("{place}: {expected} variants are expected, and the axes give {actual}")]
    Expectation {
        /// The matrix file's `expect`.
        expected: usize,
        /// What came out.
        actual: usize,
        /// Where `expect` stands.
        place: Place,
    },
}

impl Error {
    /// What may have been meant, or what to do, as a line of its own.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown(word) => did_you_mean(&word.suggestions),
            Self::Invalid { hint, .. } => hint.clone(),
            Self::NotUtf8 { .. } => Some("save it as UTF-8".to_owned()),
            Self::Contradiction { first, second, .. } => {
                Some(format!("leave out `{first}` or `{second}`"))
            }
            Self::ModeExcludes { feature, .. } => {
                Some(format!("leave out `{feature}`, or take another mode"))
            }
            Self::Expectation { .. } => {
                Some("correct `expect`, or what the axes and rules say".to_owned())
            }
            _ => None,
        }
    }

    /// The place in a document, where there is one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Invalid { place, .. }
            | Self::NotUtf8 { place, .. }
            | Self::Expectation { place, .. }
            | Self::DuplicateName { place, .. }
            | Self::BaseCycle { place, .. } => Some(place),
            _ => None,
        }
    }
}

impl From<UnknownWord> for Error {
    fn from(word: UnknownWord) -> Self {
        Self::Unknown(word)
    }
}
