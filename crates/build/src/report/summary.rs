//! A run, made sense of.

use std::collections::HashMap;
use std::path::Path;

use super::compare::Comparison;
use super::input::{Run, RunVariant};
use super::log::{self, Excerpt, Limit};
use crate::blame::{self, Blame, Observation, Observations, Settings};
use crate::outcome::{Claim, Outcome, Status, StepOutcome, Verdict};

/// What is told of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What was to be done.
    pub run: Run,
    /// What came of each variant, in the order of the matrix.
    pub rows: Vec<Row>,
    /// What the failures have in common.
    pub blame: Blame,
    /// The rows that the blame counts, as places in [`Report::rows`]: those that
    /// ran to their end.
    pub blamed: Vec<usize>,
    /// What changed since an earlier run.
    pub comparison: Option<Comparison>,
}

/// What came of a variant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// What it was to be.
    pub variant: RunVariant,
    /// What happened; nothing where it has not run.
    pub outcome: Option<Outcome>,
    /// The ends of the logs of steps that did not pass, by place in the outcome.
    pub excerpts: Vec<(usize, Excerpt)>,
}

/// How many variants came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// All there are.
    pub variants: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those of which a step failed.
    pub failed: usize,
    /// Those of which a step took too long.
    pub timed_out: usize,
    /// Those that are not what they are said to be.
    pub refuted: usize,
    /// Those that the user ended.
    pub interrupted: usize,
    /// Those that have not run.
    pub missing: usize,
}

impl Report {
    /// Makes sense of what [`Run::read`] gave. Ends of logs are read from the
    /// run's directory; those that are not there are left out.
    #[must_use]
    pub fn new(run: Run, outcomes: Vec<Outcome>, directory: &Path) -> Self {
        let failed = outcomes.iter().filter_map(Outcome::failed_step).count();
        let limit = Limit::of_each(failed);
        let mut outcomes: HashMap<String, Outcome> = outcomes
            .into_iter()
            .map(|outcome| (outcome.variant.clone(), outcome))
            .collect();
        let rows: Vec<Row> = run
            .variants
            .iter()
            .map(|variant| Row::new(variant, outcomes.remove(&variant.name), directory, limit))
            .collect();
        let (blame, blamed) = blame(&run, &rows);
        Self {
            run,
            rows,
            blame,
            blamed,
            comparison: None,
        }
    }

    /// Adds what changed since an earlier run.
    #[must_use]
    pub fn against(mut self, earlier: &Run, outcomes: &[Outcome]) -> Self {
        self.comparison = Some(Comparison::new(earlier, outcomes, &self));
        self
    }

    /// How many variants came to which end.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            variants: self.rows.len(),
            ..Totals::default()
        };
        for row in &self.rows {
            let count = match row.status() {
                Some(Status::Passed) => &mut totals.passed,
                Some(Status::Failed) => &mut totals.failed,
                Some(Status::TimedOut) => &mut totals.timed_out,
                Some(Status::Refuted) => &mut totals.refuted,
                Some(Status::Interrupted) => &mut totals.interrupted,
                None => &mut totals.missing,
            };
            *count += 1;
        }
        totals
    }

    /// Seconds of all variants together.
    pub(super) fn seconds(&self) -> f64 {
        let outcomes = self.rows.iter().filter_map(|row| row.outcome.as_ref());
        outcomes.map(|outcome| outcome.seconds).sum()
    }
}

impl Totals {
    /// Each number with its word, without those that are nothing.
    pub(super) fn words(&self) -> Vec<(Option<Status>, usize)> {
        let all = [
            (Some(Status::Passed), self.passed),
            (Some(Status::Failed), self.failed),
            (Some(Status::TimedOut), self.timed_out),
            (Some(Status::Refuted), self.refuted),
            (Some(Status::Interrupted), self.interrupted),
            (None, self.missing),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

impl Row {
    fn new(variant: &RunVariant, outcome: Option<Outcome>, directory: &Path, limit: Limit) -> Self {
        let steps = outcome.iter().flat_map(|outcome| &outcome.steps);
        let failed = steps
            .enumerate()
            .filter(|(_, step)| step.status != Status::Passed);
        let excerpts = failed
            .filter_map(|(place, step)| Some((place, log::excerpt(directory, &step.log, limit)?)));
        Self {
            variant: variant.clone(),
            excerpts: excerpts.collect(),
            outcome,
        }
    }

    /// How it ended; nothing where it has not run.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.outcome.as_ref().map(|outcome| outcome.status)
    }

    /// What went wrong, in a line; nothing where nothing did.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let outcome = self.outcome.as_ref()?;
        match outcome.status {
            Status::Passed => None,
            Status::Refuted => {
                let refuted = refuted(outcome).map(contradiction);
                Some(refuted.collect::<Vec<_>>().join("; "))
            }
            _ => Some(outcome.failed_step().map_or_else(
                || "ended before its first step".to_owned(),
                |step| step.first_error.clone().unwrap_or_else(|| ending(step)),
            )),
        }
    }

    /// The step in which it ended, where it did not pass.
    #[must_use]
    pub fn where_it_ended(&self) -> Option<&'static str> {
        let outcome = self.outcome.as_ref()?;
        match outcome.status {
            Status::Passed => None,
            Status::Refuted => Some("proof"),
            _ => outcome.failed_step().map(|step| step.name.as_str()),
        }
    }

    /// The trouble without what is of this variant alone, so that the same
    /// failure of another is known to be the same.
    fn signature(&self) -> Option<String> {
        if self.status() == Some(Status::TimedOut) {
            // What it was at when its time was over is chance.
            let step = self.where_it_ended().unwrap_or("no step");
            return Some(format!("timed out in {step}"));
        }
        let trouble = log::shortened(&self.trouble()?, 200);
        Some(trouble.replace(&self.variant.name, "VARIANT"))
    }
}

/// The claims that are not true.
pub(super) fn refuted(outcome: &Outcome) -> impl Iterator<Item = &Claim> {
    let claims = outcome.claims.iter();
    claims.filter(|claim| claim.verdict == Verdict::Refuted)
}

/// What a claim says against what was seen.
pub(super) fn contradiction(claim: &Claim) -> String {
    let observed = claim.observed.as_deref().unwrap_or("something else");
    format!(
        "{}: asked for {}, is {observed}",
        claim.about, claim.claimed
    )
}

/// How a step that did not pass ended.
pub(super) fn ending(step: &StepOutcome) -> String {
    match (step.status, step.signal, step.exit_code) {
        (Status::TimedOut, _, _) => {
            format!(
                "took longer than it may: {}",
                super::date::duration(step.seconds)
            )
        }
        (Status::Interrupted, _, _) => "was interrupted".to_owned(),
        (_, Some(signal), _) => format!("ended by signal {signal}"),
        (_, None, Some(code)) => format!("exit status {code}"),
        (_, None, None) => "did not start".to_owned(),
    }
}

/// The word for an end, as documents have it, and `missing` for none.
pub(super) fn word(status: Option<Status>) -> &'static str {
    status.map_or("missing", Status::as_str)
}

/// The word for an end as people read it.
pub(super) fn readable(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::TimedOut) => "timed out",
        None => "did not run",
        Some(status) => status.as_str(),
    }
}

/// A sign for an end, so that no colour is needed.
pub(super) fn sign(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Passed) => "✓",
        Some(Status::Failed) => "✗",
        Some(Status::TimedOut) => "◷",
        Some(Status::Refuted) => "≠",
        Some(Status::Interrupted) => "◌",
        None => "–",
    }
}

/// Whether an end is a failure: what the user ended is none.
pub(super) fn is_failure(status: Status) -> bool {
    matches!(status, Status::Failed | Status::TimedOut | Status::Refuted)
}

/// The place of each of a variant's values in the axes of its run; a value that
/// the axes do not list comes after those that they do.
pub(super) fn coordinates(run: &Run) -> (Vec<blame::Axis>, Vec<Vec<Option<usize>>>) {
    let mut axes: Vec<blame::Axis> = run
        .axes
        .iter()
        .map(|axis| blame::Axis::new(&axis.name, axis.values.iter().cloned()))
        .collect();
    let mut places: Vec<HashMap<String, usize>> = axes
        .iter()
        .map(|axis| axis.values.iter().cloned().zip(0..).collect())
        .collect();
    let names: HashMap<String, usize> =
        axes.iter().map(|axis| axis.name.clone()).zip(0..).collect();
    let mut all = Vec::with_capacity(run.variants.len());
    for variant in &run.variants {
        let mut coordinates = vec![None; axes.len()];
        for (name, value) in &variant.axes {
            let Some(&axis) = names.get(name) else {
                continue;
            };
            let next = axes[axis].values.len();
            let place = *places[axis].entry(value.clone()).or_insert(next);
            if place == next {
                axes[axis].values.push(value.clone());
            }
            coordinates[axis] = Some(place);
        }
        all.push(coordinates);
    }
    (axes, all)
}

fn blame(run: &Run, rows: &[Row]) -> (Blame, Vec<usize>) {
    let (axes, coordinates) = coordinates(run);
    let mut blamed = Vec::new();
    let mut observations = Vec::new();
    for (place, (row, values)) in rows.iter().zip(coordinates).enumerate() {
        let observation = match row.status() {
            Some(Status::Passed) => Observation::passed(values),
            Some(status) if is_failure(status) => match row.signature() {
                Some(signature) => Observation::failed_with(values, signature),
                None => Observation::failed(values),
            },
            _ => continue,
        };
        blamed.push(place);
        observations.push(observation);
    }
    let observations = Observations::new(axes, observations)
        .expect("every row has a place in each axis, made for it where there was none");
    let blame = blame::explain(&observations, &Settings::default())
        .expect("the default settings are valid");
    (blame, blamed)
}
