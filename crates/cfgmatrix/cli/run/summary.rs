//! What came of a run.

use cfgmatrix_build::blame::{Axis, Observation, Observations, Settings, explain};
use cfgmatrix_build::outcome::{Outcome, Status};
use cfgmatrix_build::run::Record;
use cfgmatrix_core::Excluded;
use cfgmatrix_core::emit::FORMAT_VERSION;
use serde::Serialize;

use super::super::Error;
use super::super::output::{BAD, FAINT, GOOD, Output, styled};
use super::Format;

#[derive(Serialize)]
struct RunJson<'a> {
    format_version: u32,
    directory: String,
    counts: CountsJson,
    /// What explains the failures, for people.
    blame: Vec<String>,
    /// Groups of variants that are the same program under several names.
    duplicates: Vec<Vec<&'a str>>,
    /// In the order of the matrix; what was not begun is left out.
    outcomes: Vec<&'a Outcome>,
    excluded: Vec<ExcludedJson<'a>>,
}

#[derive(Default, Serialize)]
struct CountsJson {
    passed: usize,
    /// Those of the passed of which nothing was tested.
    untested: usize,
    failed: usize,
    timed_out: usize,
    refuted: usize,
    interrupted: usize,
    not_begun: usize,
}

#[derive(Serialize)]
struct ExcludedJson<'a> {
    name: &'a str,
    reason: &'a str,
}

pub(super) fn write(
    format: Format,
    record: &Record,
    outcomes: &[Option<Outcome>],
    excluded: &[Excluded],
    output: &mut Output,
) -> Result<(), Error> {
    let counts = CountsJson::new(outcomes);
    let ended: Vec<&Outcome> = outcomes.iter().flatten().collect();
    let blame = blame(&ended);
    match format {
        Format::Text => {
            write_text(&counts, &blame, &duplicates(&ended), output)?;
            if let Some(first) = excluded.first() {
                let count = excluded.len();
                let text = format!("{count} excluded: {}: {}", first.name, first.reason);
                output.line(styled(FAINT, &text))?;
            }
            output.line(styled(FAINT, record.directory().display().to_string()))
        }
        Format::Jsonl => Ok(()),
        Format::Json => output.json(&RunJson {
            format_version: FORMAT_VERSION,
            directory: record.directory().display().to_string(),
            counts,
            blame,
            duplicates: duplicates(&ended),
            outcomes: ended,
            excluded: excluded
                .iter()
                .map(|excluded| ExcludedJson {
                    name: &excluded.name,
                    reason: &excluded.reason,
                })
                .collect(),
        }),
    }
}

fn write_text(
    counts: &CountsJson,
    blame: &[String],
    duplicates: &[Vec<&str>],
    output: &mut Output,
) -> Result<(), Error> {
    let untested = match counts.untested {
        0 => String::new(),
        count => format!(" ({count} without tests)"),
    };
    let mut parts = vec![format!("{} passed{untested}", counts.passed)];
    for (count, word) in [
        (counts.failed, "failed"),
        (counts.timed_out, "timed out"),
        (counts.refuted, "not what they are said to be"),
        (counts.interrupted, "interrupted"),
        (counts.not_begun, "not begun"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let style = if parts.len() == 1 { GOOD } else { BAD };
    output.line(styled(style, parts.join(", ")))?;
    for line in blame {
        output.line(format!("  {line}"))?;
    }
    for names in duplicates {
        output.line(format!("  the same program: {}", names.join(", ")))?;
    }
    Ok(())
}

/// Variants that are one program under several names.
fn duplicates<'a>(outcomes: &[&'a Outcome]) -> Vec<Vec<&'a str>> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for outcome in outcomes {
        let Some(fingerprint) = outcome.fingerprint.as_deref() else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == fingerprint) {
            Some((_, names)) => names.push(&outcome.variant),
            None => groups.push((fingerprint, vec![&outcome.variant])),
        }
    }
    let groups = groups.into_iter().map(|(_, names)| names);
    groups.filter(|names| names.len() > 1).collect()
}

impl CountsJson {
    fn new(outcomes: &[Option<Outcome>]) -> Self {
        let mut counts = Self::default();
        let ended = outcomes.iter().flatten();
        counts.untested = ended.filter(|outcome| outcome.is_untested()).count();
        for outcome in outcomes {
            let count = match outcome.as_ref().map(|outcome| outcome.status) {
                Some(Status::Passed) => &mut counts.passed,
                Some(Status::Failed) => &mut counts.failed,
                Some(Status::TimedOut) => &mut counts.timed_out,
                Some(Status::Refuted) => &mut counts.refuted,
                Some(Status::Interrupted) | Some(_) => &mut counts.interrupted,
                None => &mut counts.not_begun,
            };
            *count += 1;
        }
        counts
    }
}

/// What the variants that failed have and the others do not, in sentences.
fn blame(outcomes: &[&Outcome]) -> Vec<String> {
    let mut axes: Vec<Axis> = Vec::new();
    for (name, value) in outcomes.iter().flat_map(|outcome| &outcome.axes) {
        let at = axes.iter().position(|axis| axis.name == *name);
        let at = at.unwrap_or_else(|| {
            axes.push(Axis::new(name.clone(), [""; 0]));
            axes.len() - 1
        });
        if !axes[at].values.contains(value) {
            axes[at].values.push(value.clone());
        }
    }
    let ended = outcomes.iter();
    let ended = ended.filter(|outcome| outcome.status != Status::Interrupted);
    let rows = ended.map(|outcome| {
        let values = axes.iter().map(|axis| {
            let own = outcome.axes.iter().find(|(name, _)| *name == axis.name)?;
            axis.values.iter().position(|value| *value == own.1)
        });
        let values: Vec<Option<usize>> = values.collect();
        match outcome.status {
            Status::Passed => Observation::passed(values),
            _ => Observation::failed(values),
        }
    });
    let rows: Vec<Observation> = rows.collect();
    let bad = [Status::Failed, Status::TimedOut, Status::Refuted];
    if !outcomes.iter().any(|outcome| bad.contains(&outcome.status)) {
        return Vec::new();
    }
    // What cannot be explained is no reason to fail.
    Observations::new(axes, rows)
        .ok()
        .and_then(|observations| explain(&observations, &Settings::default()).ok())
        .map_or_else(Vec::new, |blame| blame.summary)
}
