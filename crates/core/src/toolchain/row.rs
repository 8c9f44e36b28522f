//! Rows: how one family spells features, and finding the one that answers.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize};

use super::feature::Features;
use super::layer::{invalid, unknown};
use super::selector::{ArchSet, OsSet, Systems};
use crate::document::{Document, UniqueMap, objects};
use crate::error::Error;
use crate::name::{Language, Target, UnknownWord};
use crate::version::{Version, VersionRange};

/// How a compiler stands to a feature. There is no fifth answer, and never a guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Support {
    /// These flags turn it on.
    #[default]
    Flags,
    /// It is on without a flag; flags, where given, only say so.
    Default,
    /// It cannot be had, and the reason is known.
    Unsupported,
    /// No source tells.
    Unknown,
}

impl Support {
    /// Whether a build can have the feature.
    #[must_use]
    pub fn is_available(self) -> bool {
        matches!(self, Self::Flags | Self::Default)
    }
}

/// One fact: how one family spells one feature over a range of versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The feature's id.
    pub feature: String,
    /// Languages it holds for.
    pub languages: Vec<Language>,
    /// Versions it holds for.
    #[serde(default)]
    pub versions: VersionRange,
    #[serde(default)]
    pub(crate) os: OsSet,
    #[serde(default)]
    pub(crate) arch: ArchSet,
    /// Separately installed parts that must be there, or features that must be
    /// asked for beside this one.
    #[serde(default)]
    pub with: Vec<String>,
    /// Parts, or features, that must not.
    #[serde(default)]
    pub without: Vec<String>,
    /// The answer.
    #[serde(default)]
    pub support: Support,
    /// Tokens for compiling.
    #[serde(default)]
    pub compile: Vec<String>,
    /// Tokens for linking, before the objects.
    #[serde(default)]
    pub link: Vec<String>,
    /// Tokens for linking, after the objects.
    #[serde(default)]
    pub libs: Vec<String>,
    /// Tools that must take the place of the usual ones (the archiver that reads LTO objects).
    #[serde(default)]
    pub tools: UniqueMap<String, String>,
    /// Why it cannot be had, or is not known.
    #[serde(default)]
    pub reason: Option<String>,
    /// What to do about that.
    #[serde(default)]
    pub hint: Option<String>,
    /// What says so.
    pub source: String,
    /// Conditions, and why this spelling was chosen where sources disagree.
    #[serde(default)]
    pub note: Option<String>,
}

impl Row {
    pub(crate) fn systems(&self) -> Systems {
        Systems {
            os: self.os,
            arch: self.arch,
        }
    }

    fn holds(&self, version: Option<&Version>, target: Target, parts: &[String]) -> bool {
        self.versions.contains(version) && self.holds_in_some_version(target, parts)
    }

    /// Whether it holds there for the versions it is about.
    pub(crate) fn holds_in_some_version(&self, target: Target, parts: &[String]) -> bool {
        self.systems().has(target)
            && self.with.iter().all(|part| parts.contains(part))
            && !self.without.iter().any(|part| parts.contains(part))
    }

    /// Whether one question could be answered by both rows.
    fn overlaps(&self, other: &Self) -> bool {
        let excluded = |a: &Self, b: &Self| a.with.iter().any(|part| b.without.contains(part));
        self.feature == other.feature
            && self
                .languages
                .iter()
                .any(|language| other.languages.contains(language))
            && self.versions.overlaps(&other.versions)
            && self.systems().meets(other.systems())
            && !excluded(self, other)
            && !excluded(other, self)
    }
}

/// The rows of a document, found by feature and language.
#[derive(Clone, Debug)]
pub(crate) struct RowTable {
    rows: Vec<Row>,
    index: HashMap<String, [Vec<u32>; 3]>,
}

impl<'de> Deserialize<'de> for RowTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows: Vec<Row> = objects(deserializer)?;
        let mut index: HashMap<String, [Vec<u32>; 3]> = HashMap::new();
        for (number, row) in rows.iter().enumerate() {
            if !index.contains_key(&row.feature) {
                index.insert(row.feature.clone(), Default::default());
            }
            let by_language = index.get_mut(&row.feature).expect("it was just put there");
            for &language in &row.languages {
                by_language[language as usize]
                    .push(u32::try_from(number).expect("a document is at most 16 MiB"));
            }
        }
        Ok(Self { rows, index })
    }
}

impl RowTable {
    /// All rows, in order.
    pub(crate) fn all(&self) -> &[Row] {
        &self.rows
    }

    /// Whether any row speaks of a feature in a language.
    pub(crate) fn has(&self, feature: &str, language: Language) -> bool {
        self.index
            .get(feature)
            .is_some_and(|by_language| !by_language[language as usize].is_empty())
    }

    /// The number of the row that answers.
    pub(crate) fn find(
        &self,
        feature: &str,
        language: Language,
        version: Option<&Version>,
        target: Target,
        parts: &[String],
    ) -> Option<usize> {
        let candidates = &self.index.get(feature)?[language as usize];
        candidates
            .iter()
            .map(|&number| number as usize)
            .find(|&number| self.rows[number].holds(version, target, parts))
    }

    /// Whether every row keeps the rules that its type does not. `languages` are
    /// the family's.
    pub(crate) fn check(
        &self,
        document: &Document,
        languages: &[Language],
        features: &Features,
    ) -> Result<(), Error> {
        let rows = &self.rows;
        for (number, row) in rows.iter().enumerate() {
            let wrong = |message: String| invalid(document, "rows", number, message);
            let Some(feature) = features.get(&row.feature) else {
                let word = UnknownWord::new("feature", &row.feature, features.ids());
                return Err(unknown(&word, document.place_of_element("rows", number)));
            };
            if row.languages.is_empty() {
                return Err(wrong("a row needs at least one language".to_owned()));
            }
            for language in &row.languages {
                if !feature.languages.contains(language) {
                    let known = words(&feature.languages);
                    let message =
                        format!("feature `{}` has no {language}; it has {known}", feature.id);
                    return Err(wrong(message));
                }
                if !languages.contains(language) {
                    let known = words(languages);
                    return Err(wrong(format!(
                        "the family has no {language}; it has {known}"
                    )));
                }
            }
            check_tokens(row, feature.parameter.as_deref()).map_err(wrong)?;
            if let Some(earlier) = rows[..number].iter().position(|other| other.overlaps(row)) {
                let line = document.place_of_element("rows", earlier).line();
                return Err(wrong(format!(
                    "the row for `{}` ({}) overlaps the one on line {line} ({}): one question would have two answers",
                    row.feature, row.versions, rows[earlier].versions
                )));
            }
        }
        Ok(())
    }

    /// Every version and set of parts, on every system that the family exists for,
    /// finds a row for each feature and language that the rows mention.
    pub(crate) fn check_holes(&self, document: &Document, targets: &[Target]) -> Result<(), Error> {
        let rows = &self.rows;
        let mut groups: BTreeMap<(&str, Language), Vec<usize>> = BTreeMap::new();
        for (number, row) in rows.iter().enumerate() {
            for &language in &row.languages {
                groups
                    .entry((&row.feature, language))
                    .or_default()
                    .push(number);
            }
        }
        for ((feature, language), numbers) in groups {
            let mut parts: Vec<&String> = numbers
                .iter()
                .flat_map(|&n| rows[n].with.iter().chain(&rows[n].without))
                .collect();
            parts.sort();
            parts.dedup();
            // A change of answer can only happen at a bound, so those versions stand for all.
            let mut versions: Vec<Option<Version>> = vec![None, Some(Version::default())];
            for &n in &numbers {
                let range = &rows[n].versions;
                versions.extend(range.min().cloned().map(Some));
                versions.extend(range.below().cloned().map(Some));
            }
            for set in 0..1usize << parts.len().min(8) {
                let have: Vec<String> = parts
                    .iter()
                    .enumerate()
                    .filter(|(bit, _)| set >> bit & 1 == 1)
                    .map(|(_, part)| (*part).clone())
                    .collect();
                for &target in targets {
                    for version in &versions {
                        if !numbers
                            .iter()
                            .any(|&n| rows[n].holds(version.as_ref(), target, &have))
                        {
                            let version = version.as_ref().map_or_else(
                                || "the newest version".to_owned(),
                                |v| format!("version {v}"),
                            );
                            let message = format!(
                                "no row answers `{feature}` for {language} at {version} on {target}: say `unsupported` or `unknown` with the reason"
                            );
                            return Err(invalid(document, "rows", numbers[0], message));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn words(languages: &[Language]) -> String {
    let words: Vec<&str> = languages.iter().map(|language| language.as_str()).collect();
    words.join(", ")
}

fn check_tokens(row: &Row, parameter: Option<&str>) -> Result<(), String> {
    let mut tokens = row
        .compile
        .iter()
        .chain(&row.link)
        .chain(&row.libs)
        .peekable();
    let has_tokens = tokens.peek().is_some();
    for token in tokens {
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(format!(
                "{token:?} is no token: each argument is one element of the list, without spaces"
            ));
        }
        let mut rest = token.as_str();
        while let Some(start) = rest.find('{') {
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            let name = &rest[start + 1..start + length];
            if Some(name) != parameter {
                return Err(format!(
                    "`{{{name}}}` in {token:?} is not a parameter of the feature"
                ));
            }
            rest = &rest[start + length + 1..];
        }
    }
    if row.source.trim().is_empty() {
        return Err("a row needs a source".to_owned());
    }
    match row.support {
        Support::Flags if !has_tokens => {
            Err("support `flags` needs tokens; say `default` where none is needed".to_owned())
        }
        Support::Unsupported | Support::Unknown if has_tokens => {
            Err("a row without support has no tokens".to_owned())
        }
        Support::Unsupported | Support::Unknown
            if row
                .reason
                .as_deref()
                .is_none_or(|reason| reason.trim().is_empty()) =>
        {
            Err("a row without support needs a reason".to_owned())
        }
        _ => Ok(()),
    }
}
