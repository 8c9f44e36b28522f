//! A report as JUnit XML, which CI systems show as tests: a suite for each
//! variant, a case for each step and each claim.

use super::date;
use super::end::End;
use super::escape::Markup;
use super::log::Excerpt;
use super::summary::{Report, Row, contradiction, ending, is_failure};
use crate::outcome::{Claim, Outcome, Status, StepOutcome, Verdict};

/// How many cases came to which end.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// The report as JUnit XML.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut all = Counts::default();
    for row in &report.rows {
        let counts = Counts::of(row);
        all.tests += counts.tests;
        all.failures += counts.failures;
        all.errors += counts.errors;
        all.skipped += counts.skipped;
    }
    let mut xml = Markup::xml();
    xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    xml.attribute("name", &report.run.name);
    all.write(&mut xml);
    xml.attribute("time", &seconds(report.seconds()));
    xml.raw(">\n");
    for row in &report.rows {
        suite(&mut xml, report, row);
    }
    xml.raw("</testsuites>\n");
    xml.finish()
}

impl Counts {
    fn of(row: &Row) -> Self {
        let Some(outcome) = &row.outcome else {
            return Self {
                tests: 1,
                skipped: 1,
                ..Self::default()
            };
        };
        let mut counts = Self::default();
        for step in &outcome.steps {
            counts.tests += 1;
            if is_failure(step.status) {
                counts.failures += 1;
            } else if step.status != Status::Passed {
                counts.errors += 1;
            }
        }
        for claim in &outcome.claims {
            counts.tests += 1;
            match claim.verdict {
                Verdict::Proved => {}
                Verdict::Refuted => counts.failures += 1,
                Verdict::Unknown => counts.skipped += 1,
            }
        }
        if is_untold(outcome) {
            counts.tests += 1;
            counts.errors += 1;
        }
        counts
    }

    fn write(self, xml: &mut Markup) {
        xml.attribute("tests", &self.tests.to_string())
            .attribute("failures", &self.failures.to_string())
            .attribute("errors", &self.errors.to_string())
            .attribute("skipped", &self.skipped.to_string());
    }
}

/// Whether no step and no claim says that the variant did not pass.
fn is_untold(outcome: &Outcome) -> bool {
    let is_told = outcome.failed_step().is_some()
        || outcome
            .claims
            .iter()
            .any(|claim| claim.verdict == Verdict::Refuted);
    outcome.status != Status::Passed && !is_told
}

fn suite(xml: &mut Markup, report: &Report, row: &Row) {
    let name = &row.variant.name;
    let time = row.outcome.as_ref().map_or(0.0, |outcome| outcome.seconds);
    xml.raw("  <testsuite").attribute("name", name);
    Counts::of(row).write(xml);
    xml.attribute("time", &seconds(time));
    xml.attribute(
        "timestamp",
        date::iso(report.run.started_unix).trim_end_matches('Z'),
    );
    xml.raw(">\n    <properties>\n");
    property(xml, "cfgmatrix.id", &row.variant.id);
    for (name, fact) in report.facts() {
        property(xml, &format!("cfgmatrix.{name}"), fact);
    }
    for (axis, value) in &row.variant.axes {
        property(xml, &format!("axis.{axis}"), value);
    }
    for (name, value) in &row.variant.attributes {
        property(xml, &format!("attribute.{name}"), value);
    }
    if row.end() == End::Untested {
        property(xml, "cfgmatrix.untested", "true");
    }
    xml.raw("    </properties>\n");
    match &row.outcome {
        None => {
            case(xml, name, "run", 0.0);
            xml.raw("><skipped message=\"did not run\"/></testcase>\n");
        }
        Some(outcome) => {
            for (place, one) in outcome.steps.iter().enumerate() {
                let excerpt = row.excerpts.iter().find(|(at, _)| *at == place);
                step(xml, name, one, excerpt.map(|(_, excerpt)| excerpt));
            }
            for one in &outcome.claims {
                claim(xml, name, one);
            }
            if is_untold(outcome) {
                case(xml, name, "run", outcome.seconds);
                xml.raw("><error")
                    .attribute("message", outcome.status.as_str());
                xml.raw("/></testcase>\n");
            }
        }
    }
    xml.raw("  </testsuite>\n");
}

fn property(xml: &mut Markup, name: &str, value: &str) {
    xml.raw("      <property").attribute("name", name);
    xml.attribute("value", value).raw("/>\n");
}

fn case(xml: &mut Markup, variant: &str, name: &str, time: f64) {
    xml.raw("    <testcase").attribute("classname", variant);
    xml.attribute("name", name);
    xml.attribute("time", &seconds(time));
}

fn step(xml: &mut Markup, variant: &str, step: &StepOutcome, excerpt: Option<&Excerpt>) {
    case(xml, variant, step.name.as_str(), step.seconds);
    if step.status == Status::Passed {
        if step.notes.is_empty() && step.peak_memory.is_none() {
            xml.raw("/>\n");
            return;
        }
        xml.raw(">");
        notes(xml, step);
        xml.raw("</testcase>\n");
        return;
    }
    let how = ending(step);
    let message = step.first_error.as_deref().unwrap_or(&how);
    let (open, close) = if is_failure(step.status) {
        ("><failure", "</failure>")
    } else {
        ("><error", "</error>")
    };
    xml.raw(open).attribute("type", step.status.as_str());
    xml.attribute("message", message).raw(">");
    xml.text(&format!(
        "{how}: {}\nlog: {}\n",
        step.command.join(" "),
        step.log
    ));
    for line in excerpt.iter().flat_map(|excerpt| &excerpt.lines) {
        xml.text(line).raw("\n");
    }
    xml.raw(close);
    notes(xml, step);
    xml.raw("</testcase>\n");
}

/// What is to be known of a step however it ended.
fn notes(xml: &mut Markup, step: &StepOutcome) {
    let memory = step.peak_memory.map(|bytes| {
        let words = date::memory(bytes);
        format!("most memory: {words} ({bytes} bytes)")
    });
    let lines: Vec<&str> = step
        .notes
        .iter()
        .chain(&memory)
        .map(String::as_str)
        .collect();
    if !lines.is_empty() {
        xml.element("system-out", &lines.join("\n"));
    }
}

fn claim(xml: &mut Markup, variant: &str, claim: &Claim) {
    let name = match &claim.artifact {
        Some(artifact) => format!("{} of {artifact}", claim.about),
        None => claim.about.clone(),
    };
    case(xml, variant, &name, 0.0);
    match claim.verdict {
        Verdict::Proved => xml.raw("/>\n"),
        Verdict::Refuted => xml
            .raw("><failure type=\"refuted\"")
            .attribute("message", &contradiction(claim))
            .raw(">")
            .text(&claim.evidence)
            .raw("</failure></testcase>\n"),
        Verdict::Unknown => xml
            .raw("><skipped")
            .attribute("message", &format!("not seen: {}", claim.evidence))
            .raw("/></testcase>\n"),
    };
}

fn seconds(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds } else { 0.0 };
    format!("{seconds:.3}")
}
