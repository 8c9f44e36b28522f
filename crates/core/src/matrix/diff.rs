//! What two expansions of a matrix have in common, and what not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expand::Variant;
use crate::document::Document;
use crate::error::Error;

/// What is compared of a variant: the same of one that is expanded now and of
/// one in a document that was printed before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct VariantRecord {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its values.
    #[serde(default)]
    pub axes: BTreeMap<String, String>,
    /// Its tools by role.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
    /// Its flags by variable.
    #[serde(default)]
    pub flags: BTreeMap<String, Vec<String>>,
    /// Its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// What came, went and changed from one expansion to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Names of variants that are only in the second.
    pub came: Vec<String>,
    /// Names of variants that are only in the first.
    pub went: Vec<String>,
    /// Variants of one id that have another name.
    pub renamed: Vec<Renamed>,
    /// Variants of one name that have another id.
    pub changed: Vec<Changed>,
    /// How many are the same in both.
    pub same: usize,
}

/// A variant that has another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// The name before.
    pub from: String,
    /// The name now.
    pub to: String,
}

/// A variant that is built in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// By what: `cflags: -O2 → -O3`, each as its parts.
    pub parts: Vec<ChangedPart>,
}

/// One part of a configuration, before and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedPart {
    /// What it is, such as `flags.cflags` or `tools.cc`.
    pub part: String,
    /// What is only there before.
    pub went: Vec<String>,
    /// What is only there now.
    pub came: Vec<String>,
}

impl VariantRecord {
    /// The variants of a document that `expand --format json` or `--format jsonl`
    /// printed.
    ///
    /// # Errors
    /// It is no such document.
    pub fn read(document: &Document) -> Result<Vec<Self>, Error> {
        #[derive(Deserialize)]
        struct Expansion {
            variants: Vec<VariantRecord>,
        }
        let lines = || {
            let lines = document
                .text()
                .lines()
                .filter(|line| !line.trim().is_empty());
            let records = lines.map(serde_json::from_str::<Self>);
            records.collect::<Result<Vec<_>, _>>()
        };
        // A document of lines is none as a whole.
        match document.json::<Expansion>() {
            Ok(expansion) => Ok(expansion.variants),
            Err(error) => lines().map_err(|_| error),
        }
    }
}

impl From<&Variant<'_>> for VariantRecord {
    fn from(variant: &Variant<'_>) -> Self {
        let configuration = &variant.configuration;
        let flags = &configuration.flags;
        let flags = [
            ("cppflags", &flags.cppflags),
            ("cflags", &flags.cflags),
            ("cxxflags", &flags.cxxflags),
            ("fflags", &flags.fflags),
            ("ldflags", &flags.ldflags),
            ("libs", &flags.libs),
        ];
        Self {
            name: variant.name.clone(),
            id: configuration.id.clone(),
            axes: variant.axes.iter().cloned().collect(),
            tools: configuration.tools.clone(),
            flags: flags
                .into_iter()
                .map(|(name, tokens)| (name.to_owned(), tokens.clone()))
                .collect(),
            env: configuration.env.clone(),
        }
    }
}

impl Difference {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.came.is_empty()
            && self.went.is_empty()
            && self.renamed.is_empty()
            && self.changed.is_empty()
    }

    /// Compares two expansions, in the order of their variants.
    #[must_use]
    pub fn between(before: &[VariantRecord], now: &[VariantRecord]) -> Self {
        fn by_name(records: &[VariantRecord]) -> BTreeMap<&str, &VariantRecord> {
            let pairs = records.iter().map(|record| (record.name.as_str(), record));
            pairs.collect()
        }
        let (old, new) = (by_name(before), by_name(now));
        let mut difference = Self::default();
        let mut gone: Vec<&VariantRecord> = before
            .iter()
            .filter(|record| !new.contains_key(record.name.as_str()))
            .collect();
        for record in now {
            let Some(earlier) = old.get(record.name.as_str()) else {
                match gone.iter().position(|gone| gone.id == record.id) {
                    Some(at) => difference.renamed.push(Renamed {
                        from: gone.remove(at).name.clone(),
                        to: record.name.clone(),
                    }),
                    None => difference.came.push(record.name.clone()),
                }
                continue;
            };
            if earlier.id == record.id {
                difference.same += 1;
            } else {
                difference.changed.push(Changed {
                    name: record.name.clone(),
                    parts: changed_parts(earlier, record),
                });
            }
        }
        difference.went = gone.into_iter().map(|gone| gone.name.clone()).collect();
        difference
    }
}

fn changed_parts(before: &VariantRecord, now: &VariantRecord) -> Vec<ChangedPart> {
    let tokens = |record: &VariantRecord| {
        let flags = record.flags.iter();
        let mut all: BTreeMap<String, Vec<String>> = flags
            .map(|(name, tokens)| (format!("flags.{name}"), tokens.clone()))
            .collect();
        for (prefix, pairs) in [
            ("axes", &record.axes),
            ("env", &record.env),
            ("tools", &record.tools),
        ] {
            let pairs = pairs.iter();
            all.extend(
                pairs.map(|(name, value)| (format!("{prefix}.{name}"), vec![value.clone()])),
            );
        }
        all
    };
    let (old, new) = (tokens(before), tokens(now));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let nothing = Vec::new();
    let mut parts = Vec::new();
    for name in names {
        let (old, new) = (
            old.get(name).unwrap_or(&nothing),
            new.get(name).unwrap_or(&nothing),
        );
        if old == new {
            continue;
        }
        let only = |here: &[String], there: &[String]| -> Vec<String> {
            here.iter()
                .filter(|token| !there.contains(token))
                .cloned()
                .collect()
        };
        let (mut went, mut came) = (only(old, new), only(new, old));
        if went.is_empty() && came.is_empty() {
            // The same tokens in another order, or another number of times.
            (went, came) = (old.clone(), new.clone());
        }
        parts.push(ChangedPart {
            part: name.clone(),
            went,
            came,
        });
    }
    parts
}
