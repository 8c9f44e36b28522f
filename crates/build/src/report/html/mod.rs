//! A report as one HTML file, which needs nothing else.
//!
//! It says everything without its script. The script lets any two axes be
//! laid across each other, and variants be searched; it reads the page alone.

mod evidence;
mod header;
mod heat;
mod variant;

use std::collections::HashMap;

use super::date;
use super::end::End;
use super::escape::Markup;
use super::summary::{Report, Row, is_failure};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The SHA-256 of the script, so that no other one may run in the page, and
/// nothing may be loaded from anywhere; tested to be that.
const POLICY: &str = concat!(
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ",
    "style-src 'unsafe-inline'; script-src 'sha256-ziLjO61s+Pt+Rwyg5cFVKOexc/Edr3OcIsoHc4MQkDo='; ",
    "base-uri 'none'; form-action 'none'\">\n"
);

/// How many names a list has before the rest is counted.
const NAMES: usize = 100;

/// How many failures are listed without being asked for.
const OPEN: usize = 50;

/// The report as one HTML file.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut page = Markup::html();
    head(&mut page, report);
    header::header(&mut page, report);
    page.raw("<main>\n");
    heat::matrix(&mut page, report);
    blame(&mut page, report);
    failures(&mut page, report);
    evidence::evidence(&mut page, report);
    notes(&mut page, report);
    comparison(&mut page, report);
    duplicates(&mut page, report);
    heat::values(&mut page, report);
    variant::variants(&mut page, report);
    page.raw("</main>\n<script>").raw(SCRIPT);
    page.raw("</script>\n</body>\n</html>\n");
    page.finish()
}

fn head(page: &mut Markup, report: &Report) {
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw(POLICY);
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page.text(&report.run.name).raw(": ").text(&counts(report));
    page.raw("</title>\n<style>")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n");
}

/// `14 passed, 2 failed`.
fn counts(report: &Report) -> String {
    let words = report.totals().words().into_iter();
    let words = words.map(|(_, count, words)| format!("{count} {words}"));
    words.collect::<Vec<_>>().join(", ")
}

/// Words of a command so that it is seen where each begins.
fn command(words: &[String]) -> String {
    let words = words.iter().map(|word| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_=+./:,@%".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn has_failures(report: &Report) -> bool {
    report
        .rows
        .iter()
        .any(|row| row.status().is_some_and(is_failure))
}

/// The place on the page of a row.
fn anchor(row: usize) -> String {
    format!("v{row}")
}

fn link(page: &mut Markup, row: usize, name: &str) {
    page.raw("<a")
        .attribute("href", &format!("#{}", anchor(row)));
    page.raw(">").text(name).raw("</a>");
}

fn failures(page: &mut Markup, report: &Report) {
    let failed: Vec<(usize, &Row)> = report
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.status().is_some_and(is_failure))
        .collect();
    if failed.is_empty() {
        return;
    }
    page.raw("<section id=\"failures\">\n<h2>Failures</h2>\n");
    let is_long = failed.len() > OPEN;
    if is_long {
        let count = failed.len().to_string();
        page.raw("<details><summary>All ")
            .text(&count)
            .raw("</summary>\n");
    }
    page.raw("<div class=\"wide\"><table class=\"list stack\"><thead><tr>");
    page.raw("<th scope=\"col\">Variant</th><th scope=\"col\">Ended</th><th scope=\"col\">In</th>");
    page.raw("<th scope=\"col\">After</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    for (place, row) in &failed {
        let seconds = row.outcome.as_ref().map_or(0.0, |outcome| outcome.seconds);
        page.raw("<tr><th scope=\"row\">");
        link(page, *place, &row.variant.name);
        page.raw("</th><td>");
        chip(page, row.end());
        page.raw("</td><td>")
            .text(row.where_it_ended().unwrap_or("–"));
        page.raw("</td><td class=\"number\">")
            .text(&date::duration(seconds));
        page.raw("</td><td><code>").text(&super::log::shortened(
            &row.trouble().unwrap_or_default(),
            300,
        ));
        page.raw("</code></td></tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    page.raw(if is_long { "</details>\n" } else { "" });
    page.raw("</section>\n");
}

fn chip(page: &mut Markup, end: End) {
    page.raw("<span")
        .attribute("class", &format!("chip {}", end.word()));
    page.raw(">")
        .text(end.sign())
        .raw(" ")
        .text(end.readable())
        .raw("</span>");
}

fn blame(page: &mut Markup, report: &Report) {
    if report.blame.failed == 0 {
        return;
    }
    page.raw(
        "<section id=\"blame\">\n<h2>What the failures have in common</h2>\n<ul class=\"blame\">\n",
    );
    for sentence in &report.blame.summary {
        let item = match sentence.as_str() {
            deeper if deeper.starts_with("  ") => "<li class=\"deeper\">",
            lead if lead.ends_with(':') => "<li class=\"lead\">",
            _ => "<li>",
        };
        page.raw(item);
        page.text(sentence.trim_start()).raw("</li>\n");
    }
    page.raw("</ul>\n");
    let further = &report.run.further;
    if !further.is_empty() {
        page.raw("<p>To tell what explains it, build <span class=\"names\">");
        names_of(page, further, &places(report));
        page.raw("</span>: <code>cfgmatrix run --bisect</code> does.</p>\n");
    }
    page.raw("</section>\n");
}

/// Where each variant is, by its name.
fn places(report: &Report) -> HashMap<&str, usize> {
    let rows = report.rows.iter().enumerate();
    rows.map(|(place, row)| (row.variant.name.as_str(), place))
        .collect()
}

/// What is to be known of steps, whether or not they passed.
fn notes(page: &mut Markup, report: &Report) {
    let notes = report.notes();
    if notes.is_empty() {
        return;
    }
    page.raw("<section id=\"notes\">\n<h2>Notes</h2>\n<dl class=\"changes\">\n");
    let places = places(report);
    for (step, note, rows) in notes.into_iter().take(NAMES) {
        page.raw("<dt>").text(step.as_str()).raw(": ").text(note);
        page.raw(" <b>").text(&rows.len().to_string());
        page.raw("</b></dt><dd>");
        let names: Vec<String> = rows
            .iter()
            .map(|&row| report.rows[row].variant.name.clone())
            .collect();
        names_of(page, &names, &places);
        page.raw("</dd>\n");
    }
    page.raw("</dl>\n</section>\n");
}

fn comparison(page: &mut Markup, report: &Report) {
    let Some(comparison) = &report.comparison else {
        return;
    };
    page.raw("<section id=\"comparison\">\n<h2>Since the run of ");
    page.text(&date::readable(comparison.earlier_unix))
        .raw("</h2>\n<dl class=\"changes\">\n");
    let places = places(report);
    for (what, names) in comparison.lots() {
        if names.is_empty() {
            continue;
        }
        page.raw("<dt>")
            .text(what)
            .raw(" <b>")
            .text(&names.len().to_string());
        page.raw("</b></dt><dd>");
        names_of(page, names, &places);
        page.raw("</dd>\n");
    }
    if comparison.still_failing > 0 {
        page.raw("<dt>Still failing <b>")
            .text(&comparison.still_failing.to_string());
        page.raw("</b></dt><dd></dd>\n");
    }
    for (what, changes) in comparison.changes() {
        if changes.is_empty() {
            continue;
        }
        page.raw("<dt>")
            .text(what)
            .raw(" <b>")
            .text(&changes.len().to_string());
        page.raw("</b></dt><dd><ul>");
        for one in changes.iter().take(NAMES) {
            page.raw("<li>");
            names_of(page, std::slice::from_ref(&one.variant), &places);
            let (before, now) = (date::duration(one.before), date::duration(one.now));
            page.text(&format!(": {before} → {now} ({:.2} ×)", one.ratio))
                .raw("</li>");
        }
        if let Some(more @ 1..) = changes.len().checked_sub(NAMES) {
            page.raw("<li>and ")
                .text(&more.to_string())
                .raw(" more</li>");
        }
        page.raw("</ul></dd>\n");
    }
    page.raw("</dl>\n<p class=\"quiet\">")
        .text(&comparison.times())
        .raw("</p>\n</section>\n");
}

/// Names in a row, with links to those that are on the page.
fn names_of(page: &mut Markup, names: &[String], places: &HashMap<&str, usize>) {
    for (place, name) in names.iter().take(NAMES).enumerate() {
        page.raw(if place > 0 { ", " } else { "" });
        match places.get(name.as_str()) {
            Some(&row) => link(page, row, name),
            None => {
                page.text(name);
            }
        }
    }
    if let Some(more @ 1..) = names.len().checked_sub(NAMES) {
        page.raw(" and ").text(&more.to_string()).raw(" more");
    }
}

fn duplicates(page: &mut Markup, report: &Report) {
    if report.run.duplicates.is_empty() {
        return;
    }
    page.raw("<section id=\"duplicates\">\n<h2>The same build more than once</h2>\n");
    page.raw(
        "<p class=\"quiet\">What these variants built, and what it loads, is the same.</p>\n<ul>\n",
    );
    for lot in &report.run.duplicates {
        page.raw("<li>");
        page.text(&lot.join(" = ")).raw("</li>\n");
    }
    page.raw("</ul>\n</section>\n");
}

#[cfg(test)]
pub(super) const SCRIPT_AND_POLICY: (&str, &str) = (SCRIPT, POLICY);
