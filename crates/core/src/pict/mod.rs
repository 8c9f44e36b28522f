//! PICT's model files: parameters, submodels and constraints.
//!
//! What PICT accepts is accepted, and means the same; what it refuses is
//! refused, with line and column. There is one exception: at the end of a
//! pattern of `LIKE`, `**` means what `*` means, where PICT wants a character
//! more.

mod constraint;
mod meaning;
mod parameter;
mod scanner;
mod sections;
mod submodel;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use crate::clauses::Formula;
use crate::document::Document;
use crate::error::{Error, Place};
use crate::name::{did_you_mean, nearest};
use meaning::Meanings;
use parameter::Parameters;
use scanner::Fault;
use sections::Sections;
use text::Comparison;

pub use parameter::{PictParameter, PictValue};
pub use submodel::PictSubmodel;

/// How a model file is written: PICT's options of the same meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictOptions {
    /// What separates values (`/d`).
    pub value_separator: char,
    /// What separates names of one value (`/a`).
    pub alias_separator: char,
    /// What a negative value begins with (`/n`).
    pub negative_prefix: char,
    /// Whether names and texts that differ in case are different (`/c`).
    pub case_sensitive: bool,
}

impl PictOptions {
    /// The same for names that are equal in a model so written.
    pub(crate) fn key(&self, name: &str) -> String {
        let comparison = Comparison {
            case_sensitive: self.case_sensitive,
        };
        comparison.key(name)
    }
}

impl Default for PictOptions {
    fn default() -> Self {
        Self {
            value_separator: ',',
            alias_separator: '|',
            negative_prefix: '~',
            case_sensitive: false,
        }
    }
}

/// Something that PICT warns of and goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictWarning {
    /// What.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
    /// Where.
    pub place: Place,
}

impl fmt::Display for PictWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A constraint, and what it means.
#[derive(Clone, Debug)]
pub struct PictRule {
    /// As it is written, on one line.
    pub text: String,
    /// What it asks of rows, each of it by itself; nothing where it names what
    /// is no parameter.
    pub requirements: Vec<PictRequirement>,
}

/// One part of a constraint; axes are parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictRequirement {
    /// The rows that it is about; all where there is none.
    pub condition: Option<Formula>,
    /// What these rows have.
    pub then: Formula,
}

impl PictRule {
    /// What every row satisfies.
    #[must_use]
    pub fn formula(&self) -> Formula {
        let parts =
            self.requirements
                .iter()
                .cloned()
                .map(|requirement| match requirement.condition {
                    Some(condition) => Formula::implies(condition, requirement.then),
                    None => requirement.then,
                });
        Formula::And(parts.collect())
    }
}

/// A model file.
#[derive(Clone, Debug)]
pub struct PictModel {
    parameters: Parameters,
    submodels: Vec<PictSubmodel>,
    rules: Vec<PictRule>,
    warnings: Warnings,
    options: PictOptions,
}

impl PictModel {
    /// Reads a model file.
    ///
    /// # Errors
    /// The first thing that PICT would refuse, with line and column.
    pub fn parse(document: &Document, options: &PictOptions) -> Result<Self, Error> {
        let reader = Reader { document, options };
        let sections = Sections::of(document.text());
        let parameters = Parameters::read(&sections.parameters, &reader)?;
        if parameters.all.is_empty() {
            return Err(reader.invalid(
                document.text().len(),
                "the model has no parameters",
                Some("a parameter is written `NAME: VALUE, VALUE …`".to_owned()),
            ));
        }
        let mut warnings = Warnings::default();
        let mut submodels = Vec::new();
        for &line in &sections.submodels {
            submodels.extend(PictSubmodel::read(
                line,
                &parameters,
                &reader,
                &mut warnings,
            )?);
        }
        let joined = &sections.constraints;
        let place =
            |fault: Fault| reader.invalid(joined.offset(fault.at), fault.message, fault.hint);
        let constraints = constraint::read(joined).map_err(place)?;
        let mut meanings = Meanings::new(&parameters, &reader, &joined.text);
        let mut rules = Vec::with_capacity(constraints.len());
        for constraint in &constraints {
            let offset = |at: usize| joined.offset(at);
            let meaning = meanings.of(constraint, &mut warnings, offset);
            let text = joined.text[constraint.span.clone()].trim_end_matches(';');
            rules.push(PictRule {
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                requirements: meaning.map_err(place)?,
            });
        }
        Ok(Self {
            parameters,
            submodels,
            rules,
            warnings,
            options: options.clone(),
        })
    }

    /// The parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> &[PictParameter] {
        &self.parameters.all
    }

    /// The number of a parameter by its name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters.find(name, self.comparison())
    }

    /// The number of the first value of a parameter that has this name, or has
    /// it among its names.
    #[must_use]
    pub fn value(&self, parameter: usize, name: &str) -> Option<u32> {
        let comparison = self.comparison();
        let values = (0..).zip(&self.parameters.all[parameter].values);
        let mut named = values.filter(|(_, value)| {
            let mut names = value.names.iter();
            names.any(|own| comparison.equal(own, name))
        });
        named.next().map(|(number, _)| number)
    }

    /// The submodels, in order.
    #[must_use]
    pub fn submodels(&self) -> &[PictSubmodel] {
        &self.submodels
    }

    /// The constraints, in order.
    #[must_use]
    pub fn rules(&self) -> &[PictRule] {
        &self.rules
    }

    /// What is to be warned of, in order.
    #[must_use]
    pub fn warnings(&self) -> &[PictWarning] {
        &self.warnings.shown
    }

    /// How many warnings there are beyond [`Self::warnings`].
    #[must_use]
    pub fn more_warnings(&self) -> usize {
        self.warnings.more
    }

    /// How it is written.
    #[must_use]
    pub fn options(&self) -> &PictOptions {
        &self.options
    }

    fn comparison(&self) -> Comparison {
        Comparison {
            case_sensitive: self.options.case_sensitive,
        }
    }
}

/// A document with the options that it is read by.
struct Reader<'d> {
    document: &'d Document,
    options: &'d PictOptions,
}

impl Reader<'_> {
    /// Longer names than this, in bytes, are not compared for suggestions.
    const LONGEST_SUGGESTED: usize = 64;
    /// Nor are more names than this.
    const MOST_SUGGESTED: usize = 1000;

    fn comparison(&self) -> Comparison {
        Comparison {
            case_sensitive: self.options.case_sensitive,
        }
    }

    fn invalid(&self, offset: usize, message: impl Into<String>, hint: Option<String>) -> Error {
        Error::Invalid {
            message: message.into(),
            hint,
            place: self.document.place_of_offset(offset),
        }
    }

    /// Parameters that may have been meant.
    fn suggestion(&self, name: &str, parameters: &Parameters) -> Option<String> {
        if name.len() > Self::LONGEST_SUGGESTED {
            return None;
        }
        let known = parameters
            .all
            .iter()
            .map(|parameter| parameter.name.as_str());
        let known = known.filter(|known| known.len() <= Self::LONGEST_SUGGESTED);
        did_you_mean(&nearest(name, known.take(Self::MOST_SUGGESTED)))
    }
}

/// Warnings, as many as a person reads.
#[derive(Clone, Debug, Default)]
struct Warnings {
    shown: Vec<PictWarning>,
    more: usize,
}

impl Warnings {
    const SHOWN: usize = 50;

    /// Adds what `say` says of a place of the document, once.
    fn add(
        &mut self,
        reader: &Reader<'_>,
        offset: usize,
        say: impl FnOnce() -> (String, Option<String>),
    ) {
        if self.shown.len() == Self::SHOWN {
            self.more += 1;
            return;
        }
        let (message, hint) = say();
        let warning = PictWarning {
            message,
            hint,
            place: reader.document.place_of_offset(offset),
        };
        if !self.shown.contains(&warning) {
            self.shown.push(warning);
        }
    }
}
