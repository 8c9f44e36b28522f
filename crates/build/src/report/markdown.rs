//! A report in Markdown, for the summary of a CI job.

use std::fmt::Write as _;

use super::date;
use super::escape::markdown as escaped;
use super::log::shortened;
use super::summary::{Report, Row, is_failure};
use crate::outcome::Status;

/// How many rows a table has: summaries of CI jobs are limited to a mebibyte.
const ROWS: usize = 200;
/// How many names a line has.
const NAMES: usize = 20;
/// Characters of an error.
const WIDTH: usize = 300;

/// The report in Markdown.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = format!("## {}\n\n", escaped(&report.run.name));
    totals(&mut text, report);
    failures(&mut text, report);
    blame(&mut text, report);
    comparison(&mut text, report);
    duplicates(&mut text, report);
    notes(&mut text, report);
    text
}

/// A line; writing to a text cannot fail.
macro_rules! line {
    ($text:expr $(, $($argument:tt)+)?) => {
        writeln!($text $(, $($argument)+)?).expect("a text takes whatever is written")
    };
}

fn totals(text: &mut String, report: &Report) {
    let totals = report.totals();
    let counts = totals
        .words()
        .into_iter()
        .map(|(end, count, words)| format!("{} {count} {words}", end.sign()));
    let counts: Vec<String> = counts.collect();
    line!(
        text,
        "**{}** of {} variants, {} of building and testing; began {}.",
        counts.join(" · "),
        totals.variants,
        date::duration(report.seconds()),
        date::readable(report.run.started_unix)
    );
    let facts = report.facts().into_iter();
    // A digest says nothing to people.
    let facts = facts.filter(|(name, _)| *name != "sources");
    let mut said: Vec<String> = facts
        .map(|(name, fact)| format!("{name} {}", escaped(fact)))
        .collect();
    let evidence = report.evidence();
    if evidence.claims() > 0 {
        said.push(format!("claims: {}", evidence.words()));
    }
    if let Some((_, bytes)) = report.most_memory() {
        said.push(format!(
            "at most {} of memory in one step",
            date::memory(bytes)
        ));
    }
    if !said.is_empty() {
        line!(text, "\n{}.", said.join("; "));
    }
}

fn failures(text: &mut String, report: &Report) {
    let failed = |row: &&Row| row.status().is_some_and(|status| status != Status::Passed);
    let count = report.rows.iter().filter(failed).count();
    if count == 0 {
        return;
    }
    line!(text, "\n### What did not pass\n");
    line!(text, "| variant | ended | in | after | why |");
    line!(text, "|---|---|---|--:|---|");
    // What failed stands before what was interrupted.
    let (first, then): (Vec<&Row>, Vec<&Row>) = report
        .rows
        .iter()
        .filter(failed)
        .partition(|row| row.status().is_some_and(is_failure));
    for row in first.into_iter().chain(then).take(ROWS) {
        let seconds = row.outcome.as_ref().map_or(0.0, |outcome| outcome.seconds);
        line!(
            text,
            "| {} | {} {} | {} | {} | {} |",
            escaped(&row.variant.name),
            row.end().sign(),
            row.end().readable(),
            row.where_it_ended().unwrap_or("–"),
            date::duration(seconds),
            escaped(&shortened(&row.trouble().unwrap_or_default(), WIDTH))
        );
    }
    if let Some(more @ 1..) = count.checked_sub(ROWS) {
        line!(text, "\n… and {more} more.");
    }
}

fn blame(text: &mut String, report: &Report) {
    if report.blame.failed == 0 {
        return;
    }
    line!(text, "\n### What the failures have in common\n");
    for sentence in &report.blame.summary {
        let deeper = if sentence.starts_with("  ") { "  " } else { "" };
        line!(text, "{deeper}- {}", escaped(sentence.trim_start()));
    }
    if !report.run.further.is_empty() {
        let further = listed(&report.run.further);
        line!(text, "\nTo tell what explains it, build {further}.");
    }
}

fn comparison(text: &mut String, report: &Report) {
    let Some(comparison) = &report.comparison else {
        return;
    };
    let before = date::readable(comparison.earlier_unix);
    line!(text, "\n### Since the run of {before}\n");
    for (what, names) in comparison.lots() {
        if !names.is_empty() {
            line!(text, "- {what}: {}", listed(names));
        }
    }
    if comparison.still_failing > 0 {
        line!(text, "- Still failing: {}", comparison.still_failing);
    }
    for (what, changes) in comparison.changes() {
        for one in changes.iter().take(NAMES) {
            line!(
                text,
                "- {what}: {}, {} → {} ({:.2} ×)",
                escaped(&one.variant),
                date::duration(one.before),
                date::duration(one.now),
                one.ratio
            );
        }
        if let Some(more @ 1..) = changes.len().checked_sub(NAMES) {
            line!(text, "- {what}: {more} more");
        }
    }
    line!(text, "- {}", comparison.times());
}

fn duplicates(text: &mut String, report: &Report) {
    if report.run.duplicates.is_empty() {
        return;
    }
    line!(text, "\n### The same build more than once\n");
    for lot in report.run.duplicates.iter().take(ROWS) {
        line!(text, "- {}", listed(lot));
    }
}

fn notes(text: &mut String, report: &Report) {
    let notes = report.notes();
    if notes.is_empty() {
        return;
    }
    line!(text, "\n### Notes\n");
    for (step, note, rows) in notes.into_iter().take(ROWS) {
        let names: Vec<String> = rows
            .iter()
            .map(|&row| report.rows[row].variant.name.clone())
            .collect();
        let (note, names) = (escaped(note), listed(&names));
        line!(text, "- {}, {note}: {names}", step.as_str());
    }
}

fn listed(names: &[String]) -> String {
    let mut listed: Vec<String> = names.iter().take(NAMES).map(|name| escaped(name)).collect();
    if let Some(more @ 1..) = names.len().checked_sub(NAMES) {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}
