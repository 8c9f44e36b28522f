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
    /// A name or a value that the language of an emitted file has no words for.
    #[cfg(feature = "matrix")]
    #[error("{format} cannot express {what}{}: {reason}", of_variant(.variant))]
    Inexpressible {
        /// The format.
        format: crate::emit::Format,
        /// The variant; empty where it is the same for all.
        variant: String,
        /// What stands there, such as `` variable `CFLAGS` ``.
        what: String,
        /// What is in it that cannot be said.
        reason: String,
    },
    /// A pattern of the table `run` that a variant does not fill.
    #[cfg(feature = "matrix")]
    #[error("`run.{option}` of `{variant}`: {reason}")]
    RunPattern {
        /// The key in the table.
        option: &'static str,
        /// The variant.
        variant: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More variants, or more text, than a service takes.
    #[cfg(feature = "matrix")]
    #[error("{format} takes at most {most} {what}, and this has {count}")]
    OverLimit {
        /// The format.
        format: crate::emit::Format,
        /// What is counted.
        what: &'static str,
        /// The limit.
        most: usize,
        /// What there is.
        count: usize,
        /// Whether several parts would be within the limit.
        divisible: bool,
    },
    /// A format that starts commands, and none are given.
    #[cfg(feature = "matrix")]
    #[error("{format} has nothing to run for the variants")]
    NoCommands {
        /// The format.
        format: crate::emit::Format,
    },
    /// A matrix that expands to another number of variants than it says.
    #[error("{place}: {expected} variants are expected, and the axes give {actual}{}", exclusions(.actual, .candidates, .by_rule))]
    Expectation {
        /// The matrix file's `expect`.
        expected: u64,
        /// What came out.
        actual: String,
        /// How many combinations the axes have.
        candidates: String,
        /// Rules that exclude, each with how many combinations.
        by_rule: Vec<(String, usize)>,
        /// Where `expect` stands.
        place: Place,
    },
    /// A machine that has none of the compilers that a matrix takes from it.
    #[error("{place}: no compiler that this matrix takes is installed")]
    NothingInstalled {
        /// Where the axis stands.
        place: Place,
    },
    /// More combinations than are asked about one by one.
    #[error("the axes {} have more than {limit} combinations that the knowledge base would be asked about", .axes.join(", "))]
    TooManyCombinations {
        /// The axes that decide about compilers and features.
        axes: Vec<String>,
        /// The limit.
        limit: u64,
    },
    /// Rules whose rows cannot be counted in reasonable time.
    #[error("the rules of `{matrix}` are too entangled to count its rows")]
    TooEntangled {
        /// The matrix's name.
        matrix: String,
    },
    /// Rules that leave no row.
    #[error("no variant of `{matrix}` is left: {reason}")]
    NothingLeft {
        /// The matrix's name.
        matrix: String,
        /// The smallest set of rules that exclude everything.
        reason: String,
        /// What to do.
        hint: Option<String>,
    },
    /// An added row that cannot be built.
    #[error("the included row `{name}` cannot be built: {reason}")]
    IncludeRefused {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A covering strength above the number of axes that turn.
    #[error("{}strength {strength} is more than the {axes} axes that have more than one value here", at(.place))]
    StrengthAboveAxes {
        /// The strength.
        strength: usize,
        /// How many axes turn.
        axes: usize,
        /// Where it stands, if in the matrix.
        place: Option<Place>,
    },
    /// A row to begin with that the matrix does not have.
    #[error("seed row {number}: {message}")]
    SeedRow {
        /// Its number, from 1.
        number: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A covering array that cannot be made.
    #[cfg(feature = "matrix")]
    #[error("no covering array of `{matrix}` can be made")]
    Covering {
        /// The matrix's name.
        matrix: String,
        /// Why.
        #[source]
        source: cfgmatrix_cover::CoverError,
    },
}

fn at(place: &Option<Place>) -> String {
    place
        .as_ref()
        .map_or_else(String::new, |place| format!("{place}: "))
}

#[cfg(feature = "matrix")]
fn of_variant(variant: &str) -> String {
    if variant.is_empty() {
        return String::new();
    }
    format!(" of variant `{variant}`")
}

fn exclusions(actual: &str, candidates: &str, by_rule: &[(String, usize)]) -> String {
    if by_rule.is_empty() || actual == candidates {
        return String::new();
    }
    let rules = by_rule
        .iter()
        .map(|(rule, count)| format!("{count} by `{rule}`"));
    let rules = rules.collect::<Vec<_>>().join(", ");
    format!(" of {candidates} combinations; excluded are {rules}")
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
            #[cfg(feature = "matrix")]
            Self::OverLimit {
                divisible: true, ..
            } => Some(
                "split it with `over_limit = \"shard\"` of the table `[emit]`, or cover the same \
                 with fewer variants: `--strength 2`, or a profile that has a `strength`"
                    .to_owned(),
            ),
            #[cfg(feature = "matrix")]
            Self::NoCommands { .. } => Some(
                "give lines with `--command LINE`, or as `commands` of the table `[emit]`"
                    .to_owned(),
            ),
            Self::Expectation { .. } => {
                Some("correct `expect`, or what the axes and rules say".to_owned())
            }
            Self::TooManyCombinations { .. } => Some(
                "ask for fewer features by values of own axes, or make some axes optional"
                    .to_owned(),
            ),
            Self::StrengthAboveAxes { axes, .. } if *axes > 0 => {
                Some(format!("use {axes} or less, or `all` for the full product"))
            }
            Self::NothingLeft { hint, .. } => hint.clone(),
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
            | Self::NothingInstalled { place }
            | Self::BaseCycle { place, .. } => Some(place),
            Self::StrengthAboveAxes { place, .. } => place.as_ref(),
            _ => None,
        }
    }
}

impl From<UnknownWord> for Error {
    fn from(word: UnknownWord) -> Self {
        Self::Unknown(word)
    }
}
