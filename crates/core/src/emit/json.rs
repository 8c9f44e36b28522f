//! JSON as the command-line contract has it.

use std::borrow::Borrow;
use std::convert::Infallible;

use cfgmatrix_cover::Natural;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::configuration::{Configuration, Flags, Library, MpiIdentity, ToolchainIdentity};
use crate::matrix::{Excluded, Expansion, Scalar, Variant};
use crate::name::Language;

/// The version of every JSON document that the command prints. Fields may be
/// added within it, never renamed.
pub const FORMAT_VERSION: u32 = 1;

/// Pairs as a JSON object, in their own order.
pub(super) struct Ordered<'a>(pub(super) &'a [(String, String)]);

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
    toolchain: &'a Option<ToolchainIdentity>,
    libraries: &'a [Library],
    #[serde(skip_serializing_if = "Option::is_none")]
    mpi: &'a Option<MpiIdentity>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    own_axes: &'a std::collections::BTreeMap<String, Scalar>,
    features: Vec<FeatureJson<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    runner: &'a [String],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    vars: &'a std::collections::BTreeMap<String, Scalar>,
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
            library_flags: _,
            libraries,
            mpi,
            own_axes,
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
            own_axes,
            features: variant
                .answers
                .iter()
                .map(|answer| FeatureJson {
                    feature: &answer.feature.id,
                    language: answer.language,
                    support: answer.support,
                })
                .collect(),
            tags: &variant.tags,
            runner: &variant.runner,
            vars: &variant.vars,
            warnings: variant.warnings(),
        }
    }
}

#[derive(Serialize)]
struct ExcludedJson<'a> {
    name: &'a str,
    axes: Ordered<'a>,
    rule: &'a str,
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

/// A whole number of any size as JSON has it.
#[must_use]
pub fn number(natural: &Natural) -> Box<RawValue> {
    RawValue::from_string(natural.to_string()).expect("digits are JSON")
}

/// The whole expansion as one document.
#[must_use]
pub fn expansion_json(expansion: &Expansion<'_>) -> String {
    let variants = expansion.variants.iter().map(Ok::<_, Infallible>);
    let (name, candidates) = (&expansion.name, &expansion.candidates);
    let chunks = expansion_chunks(name, candidates, variants, &expansion.excluded);
    chunks
        .map(|chunk| {
            let Ok(chunk) = chunk;
            chunk
        })
        .collect()
}

/// The same document in pieces, its variants made one by one.
pub fn expansion_chunks<'a, 'k, V, E>(
    name: &str,
    candidates: &Natural,
    variants: impl Iterator<Item = Result<V, E>> + 'a,
    excluded: &[Excluded],
) -> impl Iterator<Item = Result<String, E>> + 'a
where
    V: Borrow<Variant<'k>> + 'a,
    E: 'a,
{
    let text = serde_json::to_string(name).expect("a text is always JSON");
    let head = format!(
        "{{\n  \"format_version\": {FORMAT_VERSION},\n  \"name\": {text},\n  \"candidates\": {candidates},\n  \"variants\": ["
    );
    let excluded = excluded.iter().map(ExcludedJson::new);
    let excluded = excluded
        .map(|excluded| element(&excluded))
        .collect::<Vec<_>>();
    let mut first = true;
    let variants = variants.map(move |variant| {
        let comma = if std::mem::take(&mut first) { "" } else { "," };
        Ok(format!(
            "{comma}\n{}",
            element(&VariantJson::new(variant?.borrow()))
        ))
    });
    let mut any = false;
    let variants = variants.map(Some).chain(std::iter::once_with(|| None));
    let variants = variants.map(move |chunk| match chunk {
        Some(chunk) => {
            any = true;
            chunk
        }
        None if any => Ok("\n  ],".to_owned()),
        None => Ok("],".to_owned()),
    });
    let excluded = match excluded.is_empty() {
        true => "\n  \"excluded\": []\n}\n".to_owned(),
        false => format!("\n  \"excluded\": [\n{}\n  ]\n}}\n", excluded.join(",\n")),
    };
    std::iter::once(Ok(head))
        .chain(variants)
        .chain(std::iter::once(Ok(excluded)))
}

/// An element of a list of the document, indented as it stands there.
fn element<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value)
        .expect("texts, lists and maps with text keys are always JSON");
    // No text of JSON has a line break in it.
    let lines = text.lines().map(|line| format!("    {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A variant as one document on a line, the line ended.
#[must_use]
pub fn variant_line(variant: &Variant<'_>) -> String {
    let mut line = serde_json::to_string(&VariantJson::new(variant))
        .expect("texts, lists and maps with text keys are always JSON");
    line.push('\n');
    line
}
