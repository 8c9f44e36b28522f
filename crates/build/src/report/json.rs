//! A report as one document.

use serde::Serialize;

use super::compare::Comparison;
use super::end::End;
use super::evidence::Evidence;
use super::input::{Axis, Flag, RunStep};
use super::summary::{Report, Totals};
use crate::blame::Blame;
use crate::outcome::{Outcome, Status};

/// The version of the document's format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    name: &'a str,
    started_unix: u64,
    totals: Totals,
    axes: &'a [Axis],
    steps: &'a [RunStep],
    with: Option<&'a str>,
    source: &'a str,
    sources: Option<&'a str>,
    install: Option<&'a str>,
    /// The verdicts on the claims of all variants.
    evidence: Evidence,
    variants: Vec<Variant<'a>>,
    /// The variants that the blame's rows are, in order.
    blamed: Vec<&'a str>,
    blame: &'a Blame,
    /// Variants that have not run and would tell explanations apart.
    further: &'a [String],
    duplicates: &'a [Vec<String>],
    comparison: Option<&'a Comparison>,
}

#[derive(Serialize)]
struct Variant<'a> {
    name: &'a str,
    id: &'a str,
    #[serde(serialize_with = "tuple_vec_map::serialize")]
    axes: &'a [(String, String)],
    #[serde(serialize_with = "tuple_vec_map::serialize")]
    attributes: &'a [(String, String)],
    flags: Vec<&'a Flag>,
    /// `missing`, or the status of the outcome.
    status: &'static str,
    /// Whether it passed and yet nothing was tested.
    untested: bool,
    trouble: Option<String>,
    outcome: Option<&'a Outcome>,
}

/// The report as one JSON document, pretty.
#[must_use]
pub fn json(report: &Report) -> String {
    let variants = report.rows.iter().map(|row| Variant {
        name: &row.variant.name,
        id: &row.variant.id,
        axes: &row.variant.axes,
        attributes: &row.variant.attributes,
        flags: row.variant.flags_once(),
        status: row.status().map_or("missing", Status::as_str),
        untested: row.end() == End::Untested,
        trouble: row.trouble(),
        outcome: row.outcome.as_ref(),
    });
    let blamed = report.blamed.iter();
    let document = Document {
        format_version: FORMAT_VERSION,
        name: &report.run.name,
        started_unix: report.run.started_unix,
        totals: report.totals(),
        axes: &report.run.axes,
        steps: &report.run.steps,
        with: report.run.with.as_deref(),
        source: &report.run.source,
        sources: report.run.sources.as_deref(),
        install: report.run.install.as_deref(),
        evidence: report.evidence(),
        variants: variants.collect(),
        blamed: blamed
            .map(|&row| report.rows[row].variant.name.as_str())
            .collect(),
        blame: &report.blame,
        further: &report.run.further,
        duplicates: &report.run.duplicates,
        comparison: report.comparison.as_ref(),
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("texts, numbers, lists and structures are always JSON");
    text.push('\n');
    text
}
