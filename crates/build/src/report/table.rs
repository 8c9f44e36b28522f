//! A report for a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::date;
use super::escape::terminal;
use super::log::shortened;
use super::summary::{Report, Row, readable, sign};

/// How many names a line has.
const NAMES: usize = 10;
/// Characters of an error.
const WIDTH: usize = 160;

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
    }
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
        .map(|(status, count)| format!("{} {count} {}", sign(status), readable(status)))
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
        let status = row.status();
        let outcome = row.outcome.as_ref();
        let steps = outcome.map_or(Vec::new(), |outcome| {
            let steps = outcome.steps.iter();
            let steps = steps
                .map(|step| format!("{} {}", step.name.as_str(), date::duration(step.seconds)));
            steps.collect()
        });
        [
            sign(status).to_owned(),
            terminal(&row.variant.name),
            readable(status).to_owned(),
            outcome.map_or(String::new(), |outcome| date::duration(outcome.seconds)),
            steps.join(", "),
            terminal(&shortened(&row.trouble().unwrap_or_default(), WIDTH)),
        ]
    });
    let header = ["", "variant", "ended", "time", "steps", "why"].map(str::to_owned);
    let cells: Vec<[String; 6]> = std::iter::once(header).chain(cells).collect();
    let widths: [usize; 6] = std::array::from_fn(|column| {
        let widths = cells.iter().map(|row| row[column].width());
        widths.max().unwrap_or(0)
    });
    let lines = cells.iter().map(|row| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str("  ");
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width()));
        }
        line
    });
    lines.collect()
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
