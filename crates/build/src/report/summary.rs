//! A run, made sense of.

use std::collections::HashMap;
use std::path::Path;

use super::compare::Comparison;
use super::end::End;
use super::evidence::Evidence;
use super::input::{Axis, Run, RunVariant};
use super::log::{self, Excerpt, Limit};
use crate::blame::{self, Blame, Observation, Observations, Settings};
use crate::outcome::{Claim, Outcome, Status, StepName, StepOutcome, Verdict};
use crate::verify::duplicates;

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
    /// Those of the passed of which nothing was tested.
    pub untested: usize,
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
            let outcome = row.outcome.as_ref();
            totals.untested += usize::from(outcome.is_some_and(Outcome::is_untested));
        }
        totals
    }

    /// Lots of variants that are one program under several names, by what was seen
    /// of them.
    #[must_use]
    pub fn find_duplicates(&self) -> Vec<Vec<String>> {
        let outcomes = self.rows.iter().filter_map(|row| row.outcome.as_ref());
        duplicates(outcomes.map(|one| (one.variant.as_str(), one.fingerprint.as_deref())))
    }

    /// The fewest of the candidates, variants that have not run, that tell the
    /// explanations of the failures apart: places in `candidates`, the most telling
    /// first.
    #[must_use]
    pub fn propose(&self, candidates: &[RunVariant]) -> Vec<usize> {
        let mut coordinates = Coordinates::with_attributes(&self.run);
        for row in &self.rows {
            coordinates.of_variant(&row.variant);
        }
        let candidates = candidates.iter();
        let candidates: Vec<blame::Values> = candidates
            .map(|variant| coordinates.of_variant(variant))
            .collect();
        blame::propose(&self.blame.cover, &candidates)
    }

    /// What was built and where it went, each with its name; what is not known is
    /// left out.
    pub(super) fn facts(&self) -> Vec<(&'static str, &str)> {
        let run = &self.run;
        let facts = [
            ("with", run.with.as_deref()),
            ("source", Some(run.source.as_str())),
            ("sources", run.sources.as_deref()),
            ("install", run.install.as_deref()),
        ];
        let known = facts.into_iter();
        let known = known.filter_map(|(name, fact)| Some((name, fact?)));
        known.filter(|(_, fact)| !fact.is_empty()).collect()
    }

    /// The verdicts on claims of all variants together.
    pub(super) fn evidence(&self) -> Evidence {
        let rows = self.rows.iter();
        rows.fold(Evidence::default(), |sum, row| sum + Evidence::of(row))
    }

    /// What is to be known of steps however they ended: each note with its step and
    /// the rows that have it, in the order in which they first occur.
    pub(super) fn notes(&self) -> Vec<(StepName, &str, Vec<usize>)> {
        let mut notes: Vec<(StepName, &str, Vec<usize>)> = Vec::new();
        let mut places: HashMap<(StepName, &str), usize> = HashMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            let outcomes = row.outcome.iter();
            for step in outcomes.flat_map(|outcome| &outcome.steps) {
                for note in &step.notes {
                    let at = *places.entry((step.name, note)).or_insert(notes.len());
                    if at == notes.len() {
                        notes.push((step.name, note, Vec::new()));
                    }
                    if notes[at].2.last() != Some(&place) {
                        notes[at].2.push(place);
                    }
                }
            }
        }
        notes
    }

    /// The row with the step that had most memory, and its bytes; nothing where
    /// none was looked at.
    pub(super) fn most_memory(&self) -> Option<(usize, u64)> {
        let rows = self.rows.iter().enumerate();
        let known = rows.filter_map(|(place, row)| Some((place, row.peak_memory()?)));
        known.rev().max_by_key(|(_, bytes)| *bytes)
    }

    /// Seconds of all variants together.
    pub(super) fn seconds(&self) -> f64 {
        let outcomes = self.rows.iter().filter_map(|row| row.outcome.as_ref());
        outcomes.map(|outcome| outcome.seconds).sum()
    }
}

impl Totals {
    /// Each number with its end and what is said of it, without those that are
    /// nothing.
    pub(super) fn words(&self) -> Vec<(End, usize, String)> {
        let all = [
            (End::Passed, self.passed),
            (End::Failed, self.failed),
            (End::TimedOut, self.timed_out),
            (End::Refuted, self.refuted),
            (End::Interrupted, self.interrupted),
            (End::Missing, self.missing),
        ];
        let counted = all.into_iter().filter(|(_, count)| *count > 0);
        let words = counted.map(|(end, count)| {
            let words = match (end, self.untested) {
                (End::Passed, untested @ 1..) => {
                    format!("{} ({untested} without tests)", end.readable())
                }
                _ => end.readable().to_owned(),
            };
            (end, count, words)
        });
        words.collect()
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

    /// How it ended, with what passed untested told apart.
    pub(super) fn end(&self) -> End {
        match &self.outcome {
            Some(outcome) if outcome.is_untested() => End::Untested,
            Some(outcome) => outcome.status.into(),
            None => End::Missing,
        }
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

    /// The most bytes of memory that one of its steps had.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        let steps = self.outcome.iter().flat_map(|outcome| &outcome.steps);
        steps.filter_map(|step| step.peak_memory).max()
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

/// Whether an end is a failure: what the user ended is none.
pub(super) fn is_failure(status: Status) -> bool {
    matches!(status, Status::Failed | Status::TimedOut | Status::Refuted)
}

/// The place of each of a variant's values in the axes of its run and, after
/// them, its attributes that part the variants otherwise: the same that the blame
/// counts. A value that the axes do not list comes after those that they do; one
/// that no variant of the run has is left out.
pub(super) fn coordinates(run: &Run) -> (Vec<blame::Axis>, Vec<Vec<Option<usize>>>) {
    let mut coordinates = Coordinates::with_attributes(run);
    let variants = run.variants.iter();
    let mut all: Vec<Vec<Option<usize>>> = variants
        .map(|variant| coordinates.of_variant(variant))
        .collect();
    for (axis, own) in coordinates.axes.iter_mut().enumerate() {
        let mut occurs = vec![false; own.values.len()];
        for place in all.iter().filter_map(|places| places[axis]) {
            occurs[place] = true;
        }
        let before = |place: usize| occurs[..place].iter().filter(|occurs| **occurs).count();
        let moved: Vec<usize> = (0..occurs.len()).map(before).collect();
        for places in &mut all {
            places[axis] = places[axis].map(|place| moved[place]);
        }
        let mut kept = occurs.iter();
        own.values
            .retain(|_| *kept.next().expect("each value occurs or does not"));
    }
    (coordinates.axes, all)
}

/// Axes, and where their values are.
struct Coordinates {
    axes: Vec<blame::Axis>,
    /// By axis.
    places: Vec<HashMap<String, usize>>,
    names: HashMap<String, usize>,
}

impl Coordinates {
    fn new(axes: &[Axis]) -> Self {
        let mut coordinates = Self {
            axes: Vec::new(),
            places: Vec::new(),
            names: HashMap::new(),
        };
        for axis in axes {
            coordinates.add(&axis.name, &axis.values);
        }
        coordinates
    }

    fn add(&mut self, name: &str, values: &[String]) {
        self.names.insert(name.to_owned(), self.axes.len());
        self.places.push(values.iter().cloned().zip(0..).collect());
        self.axes
            .push(blame::Axis::new(name, values.iter().cloned()));
    }

    /// The place of each value; a new one where it has none.
    fn of(&mut self, values: &[(String, String)]) -> Vec<Option<usize>> {
        let mut coordinates = vec![None; self.axes.len()];
        for (name, value) in values {
            let Some(&axis) = self.names.get(name) else {
                continue;
            };
            let next = self.axes[axis].values.len();
            let place = *self.places[axis].entry(value.clone()).or_insert(next);
            if place == next {
                self.axes[axis].values.push(value.clone());
            }
            coordinates[axis] = Some(place);
        }
        coordinates
    }

    /// Axes of a run and, after them, the attributes that say more than one of the
    /// axes: `compiler.family`, where several values are of one family.
    fn with_attributes(run: &Run) -> Self {
        let mut coordinates = Self::new(&run.axes);
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in run.variants.iter().flat_map(|one| &one.attributes) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        // How an attribute or axis parts the variants: the first that has its value.
        let parts = |of: &dyn Fn(&RunVariant) -> Option<String>| {
            let mut first: HashMap<Option<String>, usize> = HashMap::new();
            let variants = run.variants.iter().enumerate();
            variants
                .map(|(place, variant)| *first.entry(of(variant)).or_insert(place))
                .collect::<Vec<usize>>()
        };
        let mut known: Vec<Vec<usize>> = Vec::new();
        for axis in &run.axes {
            known.push(parts(&|variant| value_of(&variant.axes, &axis.name)));
        }
        for name in names {
            let own = parts(&|variant| value_of(&variant.attributes, name));
            let differs = own.iter().any(|&part| part != own[0]);
            if differs && !known.contains(&own) {
                coordinates.add(name, &[]);
                known.push(own);
            }
        }
        coordinates
    }

    fn of_variant(&mut self, variant: &RunVariant) -> Vec<Option<usize>> {
        let mut values = variant.axes.clone();
        values.extend_from_slice(&variant.attributes);
        self.of(&values)
    }
}

fn value_of(values: &[(String, String)], name: &str) -> Option<String> {
    let mut values = values.iter();
    let found = values.find(|(own, _)| own == name);
    found.map(|(_, value)| value.clone())
}

fn blame(run: &Run, rows: &[Row]) -> (Blame, Vec<usize>) {
    let mut coordinates = Coordinates::with_attributes(run);
    let mut blamed = Vec::new();
    let mut observations = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let values = coordinates.of_variant(&row.variant);
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
    let observations = Observations::new(coordinates.axes, observations)
        .expect("every row has a place in each axis, made for it where there was none");
    let blame = blame::explain(&observations, &Settings::default())
        .expect("the default settings are valid");
    (blame, blamed)
}
