//! What is seen while variants are built: a line for each that is at work where
//! a person watches, else a line for each that has ended.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cfgmatrix_build::outcome::{Outcome, Status, StepOutcome, Verdict};
use cfgmatrix_build::run::{Change, Event};
use cfgmatrix_build::verify::sentence;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::output::{BAD, FAINT, GOOD, styled};
use super::Format;

/// Tells what happens.
pub(super) struct Progress {
    format: Format,
    workers: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Variants that are to be built, or were.
    all: usize,
    /// Those that have ended, by how.
    passed: usize,
    failed: usize,
    /// How many of the ended ones were built now, and the seconds that took, one
    /// after the other.
    built: usize,
    worked: f64,
    /// When those began that are at work.
    running: BTreeMap<String, Instant>,
    bars: Option<Bars>,
}

struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<String, ProgressBar>,
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new_spinner());
        total.set_style(style("{msg}"));
        Self {
            all,
            total,
            running: BTreeMap::new(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is one")
}

impl Progress {
    pub(super) fn new(format: Format, workers: usize) -> Self {
        let watched = format == Format::Text && io::stderr().is_terminal();
        Self {
            format,
            workers,
            state: Mutex::new(State {
                bars: watched.then(Bars::new),
                ..State::default()
            }),
        }
    }

    /// So many variants more are to be built.
    pub(super) fn expect(&self, more: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.all += more;
    }

    /// Tells what is another than in the run before.
    pub(super) fn tell_changes(&self, changes: &[(String, Vec<Change>)]) {
        match self.format {
            Format::Json => {}
            Format::Jsonl => {
                for (variant, what) in changes {
                    say_line(&json!({"event": "changed", "variant": variant, "changes": what}));
                }
            }
            Format::Text => {
                let mut stream = anstream::stderr().lock();
                for (text, variants) in by_text(changes) {
                    let names = match variants.as_slice() {
                        [one] => (*one).to_owned(),
                        [one, other] => format!("{one}, {other}"),
                        [first, .., last] => {
                            format!("{} variants, {first} to {last}", variants.len())
                        }
                        [] => continue,
                    };
                    let _ = writeln!(stream, "{names}: {text}");
                }
            }
        }
    }

    pub(super) fn tell(&self, event: Event<'_>) {
        match self.format {
            Format::Json => {}
            Format::Jsonl => say_document(&event),
            Format::Text => self.say(event),
        }
    }

    /// Takes the lines of what is at work away.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bars) = state.bars.take() {
            bars.total.finish_and_clear();
        }
    }

    fn say(&self, event: Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Kept(outcome) => state.count(outcome),
            Event::Started(job) => {
                state.running.insert(job.variant.clone(), Instant::now());
                if let Some(bars) = &mut state.bars {
                    let bar = bars
                        .all
                        .insert_before(&bars.total, ProgressBar::new_spinner());
                    bar.set_style(style("  {prefix}  {msg}  {elapsed}"));
                    bar.set_prefix(job.variant.clone());
                    bar.enable_steady_tick(Duration::from_millis(200));
                    bars.running.insert(job.variant.clone(), bar);
                }
            }
            Event::Step(job, step) => {
                let bars = state.bars.as_ref();
                if let Some(bar) = bars.and_then(|bars| bars.running.get(&job.variant)) {
                    bar.set_message(step.name.as_str());
                }
            }
            Event::PutBack(job) => {
                state.running.remove(&job.variant);
                let text = format!("… {}  put off: not enough memory", job.variant);
                state.print(&job.variant, vec![styled(FAINT, &text)]);
            }
            Event::Ended(outcome) => {
                state.count(outcome);
                state.built += 1;
                state.worked += outcome.seconds;
                state.running.remove(&outcome.variant);
                state.print(&outcome.variant, lines(outcome));
            }
        }
        let total = self.total(&state);
        if let Some(bars) = &state.bars {
            bars.total.set_message(total);
        }
    }

    /// How far it is.
    fn total(&self, state: &State) -> String {
        let mut text = format!(
            "✓ {}  ✗ {}  … {} running",
            state.passed,
            state.failed,
            state.running.len()
        );
        if let Some(seconds) = state.left(self.workers) {
            text.push_str(&format!("  about {seconds:.0} s left"));
        }
        text
    }
}

impl State {
    /// About how many seconds are left, if each that is not done takes as long as
    /// those did that are; nothing while that is not known.
    fn left(&self, workers: usize) -> Option<f64> {
        let open = self.all.saturating_sub(self.passed + self.failed);
        if self.built == 0 || open == 0 {
            return None;
        }
        let each = self.worked / self.built as f64;
        let done = self.running.values();
        let done = done.map(|began| began.elapsed().as_secs_f64().min(each));
        let work = each * open as f64 - done.sum::<f64>();
        Some(work / workers.min(open).max(1) as f64)
    }

    /// Prints what is to be said of a variant that is no longer at work.
    fn print(&mut self, variant: &str, lines: Vec<String>) {
        match &mut self.bars {
            Some(bars) => {
                if let Some(bar) = bars.running.remove(variant) {
                    bar.finish_and_clear();
                }
                for line in lines {
                    // What cannot be printed is in the outcome all the same.
                    let _ = bars.all.println(line);
                }
            }
            None => {
                let mut stream = anstream::stderr().lock();
                for line in lines {
                    let _ = writeln!(stream, "{line}");
                }
            }
        }
    }

    fn count(&mut self, outcome: &Outcome) {
        if outcome.status == Status::Passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }
}

/// How a variant ended, for people: one line, and for one that did not pass what
/// is wrong and where to read on.
pub(super) fn lines(outcome: &Outcome) -> Vec<String> {
    let time = format!("{:.1} s", outcome.seconds);
    let name = &outcome.variant;
    let notes = outcome.steps.iter().flat_map(|step| {
        let notes = step.notes.iter();
        let notes = notes.filter(|note| *note != StepOutcome::NO_TESTS);
        notes.map(|note| format!("    {}: {note}", step.name.as_str()))
    });
    if outcome.status == Status::Passed {
        let untested = if outcome.is_untested() {
            "  no tests"
        } else {
            ""
        };
        let line = format!(
            "{} {name}  {}{untested}{}",
            styled(GOOD, "✓"),
            styled(FAINT, &time),
            proof(outcome)
        );
        return std::iter::once(line).chain(notes).collect();
    }
    let step = outcome.failed_step();
    let at = step.map_or("proof", |step| step.name.as_str());
    let status = outcome.status.as_str();
    let mut lines = vec![format!(
        "{} {name}  {at} {status}  {}",
        styled(BAD, "✗"),
        styled(FAINT, &time)
    )];
    let reason = step.and_then(|step| step.first_error.clone());
    lines.extend(reason.map(|reason| format!("    {reason}")));
    let claims = outcome.claims.iter();
    let refuted = claims.filter(|claim| claim.verdict == Verdict::Refuted);
    lines.extend(refuted.map(|claim| format!("    {}", sentence(claim))));
    lines.extend(notes);
    let log = step
        .map(|step| step.log.as_str())
        .filter(|log| !log.is_empty());
    lines.extend(log.map(|log| format!("    {}", styled(FAINT, log))));
    lines
}

/// How much of what a variant is said to be was seen; nothing where nothing was
/// looked at.
fn proof(outcome: &Outcome) -> String {
    let count = |verdict: Verdict| {
        let claims = outcome.claims.iter();
        claims.filter(|claim| claim.verdict == verdict).count()
    };
    match (count(Verdict::Proved), count(Verdict::Unknown)) {
        (0, 0) => String::new(),
        (proved, 0) => format!("  {proved} proved"),
        (proved, unknown) => format!("  {proved} proved, {unknown} unknown"),
    }
}

/// An event as a document on a line of its own.
fn say_document(event: &Event<'_>) {
    let document = match event {
        Event::Kept(outcome) => {
            json!({"event": "kept", "variant": outcome.variant, "outcome": outcome})
        }
        Event::Started(job) => json!({"event": "started", "variant": job.variant, "id": job.id}),
        Event::Step(job, step) => {
            json!({"event": "step", "variant": job.variant, "step": step.name, "command": step.words()})
        }
        Event::PutBack(job) => json!({"event": "put-back", "variant": job.variant}),
        Event::Ended(outcome) => {
            json!({"event": "ended", "variant": outcome.variant, "outcome": outcome})
        }
    };
    say_line(&document);
}

fn say_line(document: &serde_json::Value) {
    let mut stream = io::stdout().lock();
    // A closed stream ends nothing: the outcomes are kept all the same.
    let _ = writeln!(stream, "{document}").and_then(|()| stream.flush());
}

/// What changed in words, each once, with the variants of which it is true.
fn by_text(changes: &[(String, Vec<Change>)]) -> Vec<(String, Vec<&str>)> {
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    for (variant, what) in changes {
        let text: Vec<String> = what.iter().map(Change::text).collect();
        let text = text.join("; ");
        match all.iter_mut().find(|(known, _)| *known == text) {
            Some((_, variants)) => variants.push(variant),
            None => all.push((text, vec![variant])),
        }
    }
    all
}
