//! JSON as the command-line contract has it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::configuration::{Configuration, Flags, Library, MpiIdentity, ToolchainIdentity};
use crate::matrix::{Excluded, Expansion, Variant};
use crate::name::Language;

/// The version of every JSON document that the command prints. Fields may be
/// added within it, never renamed.
pub const FORMAT_VERSION: u32 = 1;

/// Pairs as a JSON object, in their own order.
struct Ordered<'a>(&'a [(String, String)]);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct VariantJson<'a> {
    name: &'a str,
    id: &'a str,
    axes: Ordered<'a>,
    tools: &'a std::collections::BTreeMap<String, String>,
    flags: &'a Flags,
    env: &'a std::collections::BTreeMap<String, String>,
    run_env: &'a std::collections::BTreeMap<String, String>,
    /// Null where it was expanded for no machine.
    installed: Option<bool>,
    toolchain: &'a ToolchainIdentity,
    libraries: &'a [Library],
    #[serde(skip_serializing_if = "Option::is_none")]
    mpi: &'a Option<MpiIdentity>,
    features: Vec<FeatureJson<'a>>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct FeatureJson<'a> {
    feature: &'a str,
    language: Language,
    support: crate::toolchain::Support,
}

impl<'a> VariantJson<'a> {
    fn new(variant: &'a Variant<'_>) -> Self {
        let Configuration {
            id,
            toolchain,
            tools,
            flags,
            libraries,
            mpi,
            env,
            run_env,
        } = &variant.configuration;
        Self {
            name: &variant.name,
            id,
            axes: Ordered(&variant.axes),
            tools,
            flags,
            env,
            run_env,
            installed: variant.installed,
            toolchain,
            libraries,
            mpi,
            features: variant
                .answers
                .iter()
                .map(|answer| FeatureJson {
                    feature: &answer.feature.id,
                    language: answer.language,
                    support: answer.support,
                })
                .collect(),
            warnings: variant.warnings(),
        }
    }
}

#[derive(Serialize)]
struct ExcludedJson<'a> {
    name: &'a str,
    axes: Ordered<'a>,
    rule: &'static str,
    reason: &'a str,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    install: &'a std::collections::BTreeMap<String, String>,
}

impl<'a> ExcludedJson<'a> {
    fn new(excluded: &'a Excluded) -> Self {
        Self {
            name: &excluded.name,
            axes: Ordered(&excluded.axes),
            rule: excluded.rule.as_str(),
            reason: &excluded.reason,
            install: &excluded.install,
        }
    }
}

#[derive(Serialize)]
struct ExpansionJson<'a> {
    format_version: u32,
    name: &'a str,
    candidates: usize,
    variants: Vec<VariantJson<'a>>,
    excluded: Vec<ExcludedJson<'a>>,
}

/// The whole expansion as one document.
#[must_use]
pub fn expansion_json(expansion: &Expansion<'_>) -> String {
    let document = ExpansionJson {
        format_version: FORMAT_VERSION,
        name: &expansion.name,
        candidates: expansion.candidates,
        variants: expansion.variants.iter().map(VariantJson::new).collect(),
        excluded: expansion.excluded.iter().map(ExcludedJson::new).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("texts, lists and maps with text keys are always JSON");
    text.push('\n');
    text
}

/// The variants, one document a line, each line ended.
pub fn expansion_lines(expansion: &Expansion<'_>) -> impl Iterator<Item = String> {
    expansion.variants.iter().map(|variant| {
        let mut line = serde_json::to_string(&VariantJson::new(variant))
            .expect("texts, lists and maps with text keys are always JSON");
        line.push('\n');
        line
    })
}
