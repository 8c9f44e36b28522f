//! Each variant: its steps, what was proved of it, its logs, flags and
//! environment.

use std::collections::{BTreeMap, BTreeSet};

use super::super::date;
use super::super::escape::Markup;
use super::super::input::Flag;
use super::super::log::Excerpt;
use super::super::summary::{Report, Row, ending, is_failure};
use super::{anchor, chip, command, evidence, heat};
use crate::outcome::{Outcome, Status, StepName, StepOutcome};

/// All variants, each to be opened.
pub(super) fn variants(page: &mut Markup, report: &Report) {
    page.raw("<section id=\"variants\">\n<h2>Variants</h2>\n<p id=\"search\" hidden></p>\n");
    let outcomes = || report.rows.iter().filter_map(|row| row.outcome.as_ref());
    let common = common(outcomes());
    if !common.is_empty() {
        page.raw("<details><summary>Environment of all variants</summary>\n");
        environment(page, common.iter().map(|(name, value)| (*name, *value)));
        page.raw("</details>\n");
    }
    let most = outcomes()
        .map(|outcome| outcome.seconds)
        .fold(0.0, f64::max);
    legend(page, outcomes());
    let positions = heat::positions(report);
    for (place, (row, position)) in report.rows.iter().zip(&positions).enumerate() {
        let end = row.end();
        page.raw("<details");
        page.attribute("class", &format!("variant {}", end.word()));
        page.attribute("data-at", position);
        page.attribute("data-status", end.word());
        if let Some(outcome) = &row.outcome {
            page.attribute("data-seconds", &format!("{:.3}", outcome.seconds));
        }
        page.raw("><summary><span class=\"sign\">").text(end.sign());
        page.raw("</span> <span class=\"name\">")
            .text(&row.variant.name);
        page.raw("</span> <span class=\"ended\">")
            .text(end.readable())
            .raw("</span>");
        if let Some(outcome) = &row.outcome {
            bar(page, outcome, most);
        }
        page.raw("</summary>\n");
        // A link to what is inside opens it, in any browser and without script.
        page.raw("<p class=\"axes\"")
            .attribute("id", &anchor(place))
            .raw(">");
        body(page, row, &common);
        page.raw("</details>\n");
    }
    page.raw("</section>\n");
}

/// The time as a length, in parts for the steps.
fn bar(page: &mut Markup, outcome: &Outcome, most: f64) {
    page.raw(" <span class=\"time\"><b>")
        .text(&date::duration(outcome.seconds));
    page.raw("</b><span class=\"parts\" aria-hidden=\"true\">");
    for step in &outcome.steps {
        let width = if most > 0.0 {
            100.0 * step.seconds / most
        } else {
            0.0
        };
        let title = format!("{} {}", step.name.as_str(), date::duration(step.seconds));
        page.raw("<i").attribute("class", step.name.as_str());
        page.attribute("title", &title);
        page.attribute("style", &format!("width:{:.1}%", width.clamp(0.0, 100.0)));
        page.raw("></i>");
    }
    page.raw("</span></span>");
}

/// What the colours of the times are.
fn legend<'a>(page: &mut Markup, outcomes: impl Iterator<Item = &'a Outcome>) {
    let steps = outcomes.flat_map(|outcome| &outcome.steps);
    let names: BTreeSet<StepName> = steps.map(|step| step.name).collect();
    if names.is_empty() {
        return;
    }
    page.raw("<p class=\"quiet legend\">Time: ");
    for name in names {
        page.raw("<span><i")
            .attribute("class", name.as_str())
            .raw("></i>");
        page.text(name.as_str()).raw("</span> ");
    }
    page.raw("</p>\n");
}

/// What all outcomes' environments agree in; of a single one, nothing.
fn common<'a>(mut outcomes: impl Iterator<Item = &'a Outcome>) -> BTreeMap<&'a str, &'a str> {
    let Some(first) = outcomes.next() else {
        return BTreeMap::new();
    };
    let mut common: BTreeMap<&str, &str> = first
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut count = 1;
    for outcome in outcomes {
        count += 1;
        common.retain(|name, value| {
            outcome.environment.get(*name).map(String::as_str) == Some(*value)
        });
    }
    if count == 1 {
        common.clear();
    }
    common
}

fn body(page: &mut Markup, row: &Row, common: &BTreeMap<&str, &str>) {
    let variant = &row.variant;
    // What only repeats an axis is said once.
    let more = variant
        .attributes
        .iter()
        .filter(|one| !variant.axes.contains(one));
    for (axis, value) in variant.axes.iter().chain(more) {
        page.raw("<span><span class=\"quiet\">")
            .text(axis)
            .raw("</span> ");
        page.text(value).raw("</span> ");
    }
    page.raw("<span class=\"id\"><span class=\"quiet\">id</span> <code");
    page.attribute("title", &row.variant.id).raw(">");
    let id: String = row.variant.id.chars().take(12).collect();
    page.text(&id).raw("</code></span></p>\n");
    let Some(outcome) = &row.outcome else {
        page.raw("<p>It did not run.</p>\n");
        flags(page, &row.variant.flags_once());
        return;
    };
    if !outcome.steps.is_empty() {
        steps(page, outcome);
    }
    for (place, excerpt) in &row.excerpts {
        log(page, &outcome.steps[*place], excerpt);
    }
    if !outcome.claims.is_empty() {
        evidence::claims(page, row, &outcome.claims);
    }
    flags(page, &row.variant.flags_once());
    let own = outcome.environment.iter();
    let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
    let own: Vec<(&str, &str)> = own.filter(|(name, _)| !common.contains_key(name)).collect();
    if !own.is_empty() {
        page.raw("<details><summary>Environment</summary>");
        environment(page, own.into_iter());
        page.raw("</details>\n");
    }
}

fn steps(page: &mut Markup, outcome: &Outcome) {
    page.raw("<div class=\"wide\"><table class=\"list stack\"><thead><tr><th scope=\"col\">Step</th><th scope=\"col\">Ended</th><th scope=\"col\">Time</th><th scope=\"col\">Memory</th><th scope=\"col\">Command and log</th></tr></thead><tbody>");
    for step in &outcome.steps {
        page.raw("<tr><th scope=\"row\">")
            .text(step.name.as_str())
            .raw("</th><td>");
        chip(page, step.status.into());
        for note in &step.notes {
            page.raw("<br><small>").text(note).raw("</small>");
        }
        page.raw("</td><td class=\"number\">")
            .text(&date::duration(step.seconds));
        if step.attempts > 1 {
            page.text(&format!(" in {} attempts", step.attempts));
        }
        page.raw("</td><td class=\"number\">").text(
            &step
                .peak_memory
                .map_or_else(|| "–".to_owned(), date::memory),
        );
        page.raw("</td><td><code>")
            .text(&command(&step.command))
            .raw("</code>");
        if step.status != Status::Passed {
            page.raw("<br>").text(&ending(step));
        }
        page.raw("<br><small>").text(&step.log).raw("</small>");
        page.raw("</td></tr>");
    }
    page.raw("</tbody></table></div>\n");
}

fn log(page: &mut Markup, step: &StepOutcome, excerpt: &Excerpt) {
    let open = if is_failure(step.status) {
        "<details open"
    } else {
        "<details"
    };
    page.raw(open)
        .raw("><summary>End of the log of ")
        .text(step.name.as_str());
    page.raw("</summary>\n");
    if let Some(error) = &step.first_error {
        page.raw("<p class=\"error\">First error: <code>");
        page.text(&super::super::log::shortened(error, 1000))
            .raw("</code></p>\n");
    }
    if excerpt.left_out > 0 {
        page.raw("<p class=\"quiet\">")
            .text(&excerpt.left_out.to_string());
        page.raw(" bytes before are in <code>")
            .text(&step.log)
            .raw("</code>.</p>\n");
    }
    // A line feed right after the tag is none of the text.
    page.raw("<pre tabindex=\"0\">\n");
    for line in &excerpt.lines {
        let is_first_error = step
            .first_error
            .as_deref()
            .is_some_and(|error| !error.is_empty() && line.contains(error.trim()));
        page.raw(if is_first_error { "<mark>" } else { "" })
            .text(line);
        page.raw(if is_first_error { "</mark>\n" } else { "\n" });
    }
    page.raw("</pre></details>\n");
}

fn flags(page: &mut Markup, flags: &[&Flag]) {
    if flags.is_empty() {
        return;
    }
    page.raw("<details><summary>Flags and where they are known from</summary><div class=\"wide\"><table class=\"list\"><thead><tr><th scope=\"col\">Flags</th><th scope=\"col\">For</th><th scope=\"col\">Feature</th><th scope=\"col\">Source</th></tr></thead><tbody>");
    for flag in flags {
        page.raw("<tr><th scope=\"row\"><code>")
            .text(&command(&flag.tokens));
        page.raw("</code></th><td>").text(flag.part.as_str());
        page.raw("</td><td>").text(&flag.feature);
        page.raw("</td><td>");
        for (place, source) in flag.source.split("; ").enumerate() {
            page.raw(if place > 0 { "<br>" } else { "" }).text(source);
        }
        page.raw("</td></tr>");
    }
    page.raw("</tbody></table></div></details>\n");
}

fn environment<'a>(page: &mut Markup, variables: impl Iterator<Item = (&'a str, &'a str)>) {
    page.raw("<pre tabindex=\"0\">\n");
    for (name, value) in variables {
        page.raw("<b>")
            .text(name)
            .raw("</b>=")
            .text(value)
            .raw("\n");
    }
    page.raw("</pre>");
}
