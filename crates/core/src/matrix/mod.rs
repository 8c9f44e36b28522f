//! Matrix files: axes of choices, expanded into variants.
//!
//! ```text
//! text ─► Matrix ─► Space ─► rows ─► Variant
//!        (as written)  (numbers and clauses)
//! ```
//!
//! A [`Matrix`] is the file. A [`Space`] is what it means with a knowledge base,
//! on a machine or on none, in one of its profiles: it counts, expands, explains.

mod axis;
mod bind;
mod combination;
mod covering;
mod decoration;
mod diff;
mod expand;
mod explain;
mod expression;
mod include;
mod lines;
mod lint;
mod naming;
mod pattern;
mod resolution;
mod rules;
mod run;
mod scalar;
mod selection;
mod space;
mod spec;

use std::ops::Range;

use crate::document::Document;
use crate::emit::EmitOptions;
use crate::error::{Error, Place};
use crate::name::Language;
use crate::tree::{Fault, Node, Step, Tree};

pub use covering::Plan;
pub(crate) use decoration::{Decoration, Labels};
pub use diff::{Changed, Difference, VariantRecord};
pub use expand::{Excluded, Expansion, Rule, Variant};
pub use explain::ExplainedRule;
pub use lint::{Finding, FindingType};
pub(crate) use pattern::{fill, fill_list};
pub use run::{Commands, RunOptions, RunPlaces};
pub use scalar::Scalar;
pub use selection::Selection;
pub use space::Space;
pub use spec::Strength;

use axis::{BUILT_IN, Choice};
use spec::Spec;

/// The version of the matrix language that this version reads.
const SCHEMA: u32 = 1;

/// A matrix file as it was written, names checked where they stand.
#[derive(Clone, Debug)]
pub struct Matrix {
    document: Document,
    tree: Tree,
    spec: Spec,
}

impl Matrix {
    /// Reads a matrix file: JSON where its name ends in `.json` or it begins
    /// with a brace, as no TOML does, else TOML.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(document: Document) -> Result<Self, Error> {
        let begins_with_brace = document.text().trim_start().starts_with('{');
        let tree = if document.name().ends_with(".json") || begins_with_brace {
            document.json_tree()?
        } else {
            document.toml_tree()?
        };
        let spec = Spec::read(&tree).map_err(|fault| document.fault(fault))?;
        let matrix = Self {
            document,
            tree,
            spec,
        };
        matrix.check()?;
        Ok(matrix)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The languages that it names; none stands for all that a compiler has.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        self.spec.languages.as_deref().unwrap_or_default()
    }

    /// The features that a variant may be asked for, without their values.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        let required = self.spec.required_features.iter();
        let of_values = self.spec.axes.iter().flat_map(|axis| &axis.values);
        let of_values = of_values.flat_map(|value| &value.decoration.features);
        let of_sets = self
            .spec
            .sets
            .iter()
            .flat_map(|set| &set.decoration.features);
        let all = required.chain(of_values).chain(of_sets);
        all.map(|text| text.split('=').next().unwrap_or(text))
    }

    /// Whether it has an axis of this name.
    #[must_use]
    pub fn has_axis(&self, name: &str) -> bool {
        self.spec.axes.iter().any(|axis| axis.name == name)
            || self
                .spec
                .zips
                .iter()
                .flat_map(|zip| &zip.axes)
                .any(|axis| axis == name)
    }

    /// What its table `emit` says.
    #[must_use]
    pub fn emit_options(&self) -> &EmitOptions {
        &self.spec.emit
    }

    /// What its table `run` says.
    #[must_use]
    pub fn run_options(&self) -> &RunOptions {
        &self.spec.run
    }

    /// The file that a profile takes its seed rows from, if it names one.
    ///
    /// # Errors
    /// There is no such profile.
    pub fn seed_file(&self, profile: &str) -> Result<Option<&str>, Error> {
        Ok(match &self.profile(profile)?.seed_rows {
            Some(spec::SeedRows::File(name)) => Some(name),
            _ => None,
        })
    }

    fn profile(&self, name: &str) -> Result<&spec::Profile, Error> {
        let profiles = &self.spec.profiles;
        let found = profiles.iter().find(|(known, _)| known == name);
        found.map(|(_, profile)| profile).ok_or_else(|| {
            let known = profiles.iter().map(|(known, _)| known.as_str());
            crate::name::UnknownWord::new("profile", name, known).into()
        })
    }

    fn check(&self) -> Result<(), Error> {
        let spec = &self.spec;
        if spec.schema != SCHEMA {
            let message = format!("schema is {}, and this version reads {SCHEMA}", spec.schema);
            return Err(self.wrong("schema", message));
        }
        let has = |name: &str| self.has_axis(name);
        if spec.axes.is_empty() && spec.zips.is_empty() {
            return Err(self.wrong("axes", "a matrix needs an axis".to_owned()));
        }
        if !has("compiler") {
            if let Some(name) = BUILT_IN.into_iter().find(|name| has(name)) {
                let message = format!("axis `{name}` needs the axis `compiler`");
                return Err(self.wrong(name, message));
            }
            if let Some(feature) = self.features().next() {
                let message = format!("feature `{feature}` needs the axis `compiler`");
                return Err(self.wrong_value("features", feature, 0, message));
            }
        }
        Ok(())
    }

    /// An error at a key.
    fn wrong(&self, key: &str, message: String) -> Error {
        Error::Invalid {
            message,
            hint: None,
            place: self.place_of_key(key),
        }
    }

    /// An error where a value of `key` stands for the `nth` time, from 0.
    fn wrong_value(&self, key: &str, value: &str, nth: usize, message: String) -> Error {
        Error::Invalid {
            message,
            hint: None,
            place: self.place_of_value(key, value, nth),
        }
    }

    /// An error at a place that is known.
    fn fault(&self, fault: Fault) -> Error {
        self.document.fault(fault)
    }

    fn place_of_key(&self, key: &str) -> Place {
        let span = self.find_key(key).map_or(0..0, |(span, _)| span);
        self.document.place_of_offset(span.start)
    }

    /// Where a key of a profile stands.
    fn place_of_profile(&self, profile: &str, key: &str) -> Place {
        let way = [Step::Key("profile"), Step::Key(profile), Step::Key(key)];
        let span = self.tree.key_span(&way).unwrap_or(0..0);
        self.document.place_of_offset(span.start)
    }

    fn place_of_value(&self, key: &str, value: &str, nth: usize) -> Place {
        let Some((span, below)) = self.find_key(key) else {
            return self.document.place_of_offset(0);
        };
        let found = below.texts(|text| {
            // A feature may have a value of its own: `rpath=/opt/lib`.
            text.strip_prefix(value)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        });
        let at = found.get(nth).map_or(span.start, |tree| tree.span.start);
        self.document.place_of_offset(at)
    }

    /// Where the first key of this name stands, and what it holds.
    fn find_key(&self, name: &str) -> Option<(Range<usize>, &Tree)> {
        let mut open = std::collections::VecDeque::from([&self.tree]);
        while let Some(tree) = open.pop_front() {
            match &tree.node {
                Node::List(elements) => open.extend(elements),
                Node::Table(entries) => {
                    if let Some((key, value)) = entries.iter().find(|(key, _)| key.name == name) {
                        return Some((key.span.clone(), value));
                    }
                    open.extend(entries.iter().map(|(_, value)| value));
                }
                _ => {}
            }
        }
        None
    }

    /// An error about `value` of `key`, or about another value that it names,
    /// shown where that stands.
    fn placed(&self, error: Error, key: &str, value: &str) -> Error {
        let (key, value) = match &error {
            Error::Unknown(_) | Error::CompilerSpec { .. } | Error::RangeForVersion { .. } => {
                (key, value)
            }
            Error::Contradiction {
                second: feature, ..
            }
            | Error::ModeExcludes { feature, .. }
            | Error::Parameter { feature, .. } => ("features", feature.as_str()),
            _ => return error,
        };
        Error::Invalid {
            message: error.to_string(),
            hint: error.hint(),
            place: self.place_of_value(key, value, 0),
        }
    }
}
