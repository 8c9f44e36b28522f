//! A report as one document.

use serde::Serialize;

use super::compare::Comparison;
use super::input::{Axis, RunStep};
use super::summary::{Report, Totals, word};
use crate::blame::Blame;
use crate::outcome::Outcome;

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
    variants: Vec<Variant<'a>>,
    /// The variants that the blame's rows are, in order.
    blamed: Vec<&'a str>,
    blame: &'a Blame,
    duplicates: &'a [Vec<String>],
    comparison: Option<&'a Comparison>,
}

#[derive(Serialize)]
struct Variant<'a> {
    name: &'a str,
    id: &'a str,
    axes: &'a [(String, String)],
    /// `missing`, or the status of the outcome.
    status: &'static str,
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
        status: word(row.status()),
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
        variants: variants.collect(),
        blamed: blamed
            .map(|&row| report.rows[row].variant.name.as_str())
            .collect(),
        blame: &report.blame,
        duplicates: &report.run.duplicates,
        comparison: report.comparison.as_ref(),
    };
    let mut text = serde_json::to_string_pretty(&document)
        .expect("texts, numbers, lists and structures are always JSON");
    text.push('\n');
    text
}
