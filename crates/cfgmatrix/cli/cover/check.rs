//! `cfgmatrix cover --check`

use std::path::Path;

use cfgmatrix_core::plain::{Broken, GivenRow, PlainModel, Strength, Verdict};
use serde::Serialize;
use serde_json::{Map, Value};

use super::switches::Switches;
use super::{Arguments, Error, FORMAT_VERSION, Format, given, usage, wanted};
use crate::cli::exit;
use crate::cli::output::{BAD, GOOD, Output, print_warning, styled};

#[derive(Serialize)]
struct VerdictJson {
    format_version: u32,
    good: bool,
    rows: usize,
    invalid: Vec<InvalidJson>,
    /// Tuples that some valid row has.
    required: u64,
    missing: u64,
    /// The first missing tuples, by axis.
    missing_tuples: Vec<Map<String, Value>>,
}

#[derive(Serialize)]
struct InvalidJson {
    /// Where it stands.
    row: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
    reason: String,
}

pub(super) fn run(
    arguments: &Arguments,
    switches: &Switches,
    model: &PlainModel,
    path: &Path,
    output: &mut Output,
) -> Result<u8, Error> {
    let format = arguments
        .format
        .or(switches.format)
        .unwrap_or(Format::Table);
    if !matches!(format, Format::Table | Format::Json) {
        return Err(usage(
            "what `--check` finds is printed as `table` or `json`",
        ));
    }
    let (strength, mut wanted) = wanted(arguments, switches, model)?;
    if strength == Strength::All {
        wanted.strength = Some(model.axes().len());
    }
    let rows = given::read(path)?;
    let mut values = Vec::with_capacity(rows.len());
    for row in &rows {
        let matched = model.matched(row);
        if let Some(unknown) = matched.unknown.first() {
            let hint = unknown.hint.iter().map(|hint| format!("\n  {hint}"));
            let hint: String = hint.collect();
            print_warning(format!("{}: {unknown}{hint}", row.place));
        }
        values.push(matched.values);
    }
    let verdict = model.check(&values, &wanted)?;
    match format {
        Format::Json => output.json(&document(&verdict, &rows, model))?,
        _ => write(&verdict, &rows, model, output)?,
    }
    Ok(if verdict.is_good() {
        exit::OK
    } else {
        exit::FAILED
    })
}

fn reason(broken: &Broken) -> String {
    match broken {
        Broken::Incomplete { axes } => {
            let axes: Vec<String> = axes.iter().map(|axis| format!("`{axis}`")).collect();
            format!("no value of {}", axes.join(", "))
        }
        Broken::Rules { rules } if rules.is_empty() => "it breaks the rules".to_owned(),
        Broken::Rules { rules } => {
            let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
            format!("it breaks {}", rules.join(", "))
        }
        _ => "it is not valid".to_owned(),
    }
}

fn document(verdict: &Verdict, rows: &[GivenRow], model: &PlainModel) -> VerdictJson {
    let invalid = verdict.broken.iter().map(|broken| {
        let (absent, rules) = match &broken.reason {
            Broken::Incomplete { axes } => (axes.clone(), Vec::new()),
            Broken::Rules { rules } => (Vec::new(), rules.clone()),
            _ => (Vec::new(), Vec::new()),
        };
        InvalidJson {
            row: rows[broken.row].place.clone(),
            absent,
            rules,
            reason: reason(&broken.reason),
        }
    });
    let tuples = verdict.missing.iter().map(|tuple| {
        let values = tuple.iter().map(|&(axis, value)| {
            let axis = &model.axes()[axis];
            let name = &axis.values[value as usize].names[0];
            (axis.name.clone(), serde_json::json!(name))
        });
        values.collect()
    });
    VerdictJson {
        format_version: FORMAT_VERSION,
        good: verdict.is_good(),
        rows: rows.len(),
        invalid: invalid.collect(),
        required: verdict.required,
        missing: verdict.missing_count,
        missing_tuples: tuples.collect(),
    }
}

fn write(
    verdict: &Verdict,
    rows: &[GivenRow],
    model: &PlainModel,
    output: &mut Output,
) -> Result<(), Error> {
    let covered = verdict.required - verdict.missing_count;
    let style = if verdict.is_good() { GOOD } else { BAD };
    let summary = format!(
        "{} rows, {} invalid; {covered} of {} tuples covered",
        rows.len(),
        verdict.broken.len(),
        verdict.required
    );
    output.line(styled(style, summary))?;
    for broken in &verdict.broken {
        let place = &rows[broken.row].place;
        output.line(format_args!("  {place}: {}", reason(&broken.reason)))?;
    }
    for tuple in &verdict.missing {
        let values = tuple.iter().map(|&(axis, value)| {
            let axis = &model.axes()[axis];
            format!("{} = {}", axis.name, axis.values[value as usize].names[0])
        });
        let values: Vec<String> = values.collect();
        output.line(format_args!("  missing: {}", values.join(", ")))?;
    }
    let more = verdict.missing_count - verdict.missing.len() as u64;
    if more > 0 {
        output.line(format_args!("  and {more} more"))?;
    }
    Ok(())
}
