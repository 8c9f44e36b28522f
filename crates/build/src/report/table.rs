//! A report for a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::date;
use super::escape::terminal;
use super::log::shortened;
use super::summary::{Report, Row};

/// How many names a line has.
const NAMES: usize = 10;
/// Characters of an error.
const WIDTH: usize = 160;
/// The column of the memory.
const MEMORY: usize = 4;

/// The report as text for a terminal, without colours: a line for each variant,
/// then what the failures have in common, and what changed.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut lines = vec![heading(report), String::new()];
    lines.extend(rows(&report.rows));
    if report.blame.failed > 0 {
        lines.push(String::new());
        let sentences = report.blame.summary.iter();
        lines.extend(sentences.map(|sentence| terminal(sentence)));
        if !report.run.further.is_empty() {
            let further = listed(&report.run.further);
            lines.push(format!("to tell what explains it, build {further}"));
        }
    }
    lines.extend(notes(report));
    lines.extend(comparison(report));
    for lot in &report.run.duplicates {
        lines.push(format!("one and the same build: {}", listed(lot)));
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn heading(report: &Report) -> String {
    let totals = report.totals();
    let counts: Vec<String> = totals
        .words()
        .into_iter()
        .map(|(end, count, words)| format!("{} {count} {words}", end.sign()))
        .collect();
    format!(
        "{}: {} of {} variants, {} in all",
        terminal(&report.run.name),
        counts.join(", "),
        totals.variants,
        date::duration(report.seconds())
    )
}

fn rows(rows: &[Row]) -> Vec<String> {
    let cells = rows.iter().map(|row| {
        let end = row.end();
        let outcome = row.outcome.as_ref();
        let steps = outcome.map_or(Vec::new(), |outcome| {
            let steps = outcome.steps.iter();
            let steps = steps
                .map(|step| format!("{} {}", step.name.as_str(), date::duration(step.seconds)));
            steps.collect()
        });
        [
            end.sign().to_owned(),
            terminal(&row.variant.name),
            end.readable().to_owned(),
            outcome.map_or(String::new(), |outcome| date::duration(outcome.seconds)),
            row.peak_memory().map_or(String::new(), date::memory),
            steps.join(", "),
            terminal(&shortened(&row.trouble().unwrap_or_default(), WIDTH)),
        ]
    });
    let header = ["", "variant", "ended", "time", "memory", "steps", "why"].map(str::to_owned);
    let cells: Vec<[String; 7]> = std::iter::once(header).chain(cells).collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        let widths = cells.iter().map(|row| row[column].width());
        widths.max().unwrap_or(0)
    });
    // Of what was too short to be looked at, there is nothing to say.
    let has_memory = rows.iter().any(|row| row.peak_memory().is_some());
    let is_shown = |column: usize| column != MEMORY || has_memory;
    let lines = cells.iter().map(|row| {
        let mut line = String::new();
        let columns = row.iter().zip(widths).enumerate();
        for (_, (cell, width)) in columns.filter(|(column, _)| is_shown(*column)) {
            line.push_str("  ");
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width()));
        }
        line
    });
    lines.collect()
}

/// What is to be known of steps, and what was proved.
fn notes(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for (step, note, rows) in report.notes() {
        let names: Vec<String> = rows
            .iter()
            .map(|&row| report.rows[row].variant.name.clone())
            .collect();
        let names = listed(&names);
        lines.push(format!("{}, {}: {names}", step.as_str(), terminal(note)));
    }
    let evidence = report.evidence();
    if evidence.claims() > 0 {
        lines.push(format!("claims: {}", evidence.words()));
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

fn comparison(report: &Report) -> Vec<String> {
    let Some(comparison) = &report.comparison else {
        return Vec::new();
    };
    let before = date::readable(comparison.earlier_unix);
    let mut lines = vec![String::new(), format!("since the run of {before}")];
    for (what, names) in comparison.lots() {
        if !names.is_empty() {
            lines.push(format!("  {what}: {}", listed(names)));
        }
    }
    if comparison.still_failing > 0 {
        lines.push(format!("  Still failing: {}", comparison.still_failing));
    }
    for (what, changes) in comparison.changes() {
        for one in changes.iter().take(NAMES) {
            lines.push(format!(
                "  {what}: {}, {} → {} ({:.2} ×)",
                terminal(&one.variant),
                date::duration(one.before),
                date::duration(one.now),
                one.ratio
            ));
        }
        if let Some(more @ 1..) = changes.len().checked_sub(NAMES) {
            lines.push(format!("  {what}: {more} more"));
        }
    }
    lines.push(format!("  {}", comparison.times()));
    lines
}

fn listed(names: &[String]) -> String {
    let mut listed: Vec<String> = names
        .iter()
        .take(NAMES)
        .map(|name| terminal(name))
        .collect();
    if let Some(more @ 1..) = names.len().checked_sub(NAMES) {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}
