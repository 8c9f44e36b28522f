//! `march.json`: flags for each microarchitecture, by family and version.

use std::collections::HashMap;

use serde::Deserialize;

use super::feature::{Feature, Stage};
use super::layer::{check_format, invalid, placed, unknown};
use super::row::{Row, Support};
use super::selector::{ArchSet, OsSet};
use crate::document::{Document, objects};
use crate::error::Error;
use crate::name::{Arch, Language, UnknownWord};
use crate::version::{Version, VersionRange};

/// How the features of microarchitectures begin.
pub(crate) const MARCH: &str = "march.";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Microarchitecture {
    id: String,
    arch: Arch,
    meaning: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarchRow {
    microarchitecture: String,
    family: String,
    #[serde(default)]
    versions: VersionRange,
    #[serde(default)]
    support: Support,
    #[serde(default)]
    compile: Vec<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarchFile {
    format_version: u32,
    source: String,
    #[serde(default, deserialize_with = "objects")]
    microarchitectures: Vec<Microarchitecture>,
    #[serde(deserialize_with = "objects")]
    rows: Vec<MarchRow>,
}

/// The `march.*` features and their rows.
#[derive(Debug, Default)]
pub(crate) struct March {
    pub(crate) features: Vec<(Feature, Arch)>,
    /// Family → feature → rows with their number in the document.
    rows: HashMap<String, HashMap<String, Vec<(usize, Row)>>>,
}

impl March {
    pub(crate) fn parse(
        document: &Document,
        languages_of: impl Fn(&str) -> Result<Vec<Language>, Error>,
    ) -> Result<Self, Error> {
        let file: MarchFile = document.json()?;
        check_format(document, file.format_version)?;
        let mut march = Self::default();
        for (number, unit) in file.microarchitectures.into_iter().enumerate() {
            let id = format!("{MARCH}{}", unit.id);
            if march.features.iter().any(|(known, _)| known.id == id) {
                return Err(invalid(
                    document,
                    "microarchitectures",
                    number,
                    format!("`{}` comes twice", unit.id),
                ));
            }
            let feature = Feature {
                id,
                meaning: format!("generate code for {} and later processors that include it", unit.meaning),
                languages: Language::ALL.to_vec(),
                group: Some("march".to_owned()),
                parameter: None,
                stage: Stage::Compile,
                redistributable: true,
                prove: "the compiler's predefined macros name the instruction sets of the microarchitecture".to_owned(),
            };
            march.features.push((feature, unit.arch));
        }
        for (number, row) in file.rows.into_iter().enumerate() {
            let wrong = |message: String| Err(invalid(document, "rows", number, message));
            let feature = format!("{MARCH}{}", row.microarchitecture);
            let Some(&(_, arch)) = march.features.iter().find(|(known, _)| known.id == feature)
            else {
                let known = march
                    .features
                    .iter()
                    .map(|(known, _)| &known.id[MARCH.len()..]);
                let word = UnknownWord::new("microarchitecture", &row.microarchitecture, known);
                return Err(unknown(&word, document.place_of_element("rows", number)));
            };
            let languages = languages_of(&row.family)
                .map_err(|error| placed(error, || document.place_of_element("rows", number)))?;
            let rows = march
                .rows
                .entry(row.family)
                .or_default()
                .entry(feature.clone())
                .or_default();
            if rows
                .iter()
                .any(|(_, other)| other.versions.overlaps(&row.versions))
            {
                return wrong(format!(
                    "the row for `{feature}` ({}) overlaps an earlier one",
                    row.versions
                ));
            }
            if row.support.is_available() == row.compile.is_empty()
                || !row.support.is_available() && row.reason.is_none()
            {
                return wrong("a row has either tokens, or `support` with a `reason`".to_owned());
            }
            let full = Row {
                feature,
                languages,
                versions: row.versions,
                os: OsSet::default(),
                arch: ArchSet::only(arch),
                with: Vec::new(),
                without: Vec::new(),
                support: row.support,
                compile: row.compile,
                link: Vec::new(),
                libs: Vec::new(),
                tools: Default::default(),
                reason: row.reason,
                hint: None,
                source: file.source.clone(),
                note: row.note,
            };
            rows.push((number, full));
        }
        Ok(march)
    }

    pub(crate) fn find(
        &self,
        family: &str,
        feature: &str,
        version: Option<&Version>,
    ) -> Option<(usize, &Row)> {
        let rows = self.rows.get(family)?.get(feature)?;
        rows.iter()
            .find(|(_, row)| row.versions.contains(version))
            .map(|(number, row)| (*number, row))
    }

    pub(crate) fn has_rows(&self, family: &str, feature: &str) -> bool {
        self.rows
            .get(family)
            .is_some_and(|rows| rows.contains_key(feature))
    }
}
