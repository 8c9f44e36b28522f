//! What is seen while variants are built: a line for each that is at work where
//! a person watches, else a line for each that has ended.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cfgmatrix_build::outcome::{Outcome, Status, StepOutcome, Verdict};
use cfgmatrix_build::run::Event;
use cfgmatrix_build::verify::sentence;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::output::{BAD, FAINT, GOOD, styled};
use super::Format;

/// Tells what happens.
pub(super) struct Progress {
    format: Format,
    all: usize,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Variants that have ended, by how.
    passed: usize,
    failed: usize,
    /// Seconds of work that the ended ones took.
    worked: f64,
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
    pub(super) fn new(format: Format, all: usize) -> Self {
        let watched = format == Format::Text && io::stderr().is_terminal();
        Self {
            format,
            all,
            began: Instant::now(),
            state: Mutex::new(State {
                bars: watched.then(Bars::new),
                ..State::default()
            }),
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
                let text = format!("… {}  put off: not enough memory", job.variant);
                state.print(&job.variant, vec![styled(FAINT, &text)]);
            }
            Event::Ended(outcome) => {
                state.count(outcome);
                state.worked += outcome.seconds;
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
        let running = state.bars.as_ref().map_or(0, |bars| bars.running.len());
        let ended = state.passed + state.failed;
        let mut text = format!(
            "✓ {}  ✗ {}  … {running} running",
            state.passed, state.failed
        );
        let left = self.all.saturating_sub(ended);
        if state.worked > 0.0 && left > 0 {
            // As fast as until now.
            let built = ended.max(1) as f64;
            let estimate = self.began.elapsed().as_secs_f64() / built * left as f64;
            text.push_str(&format!("  about {estimate:.0} s left"));
        }
        text
    }
}

impl State {
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
            "{} {name}  {}{untested}",
            styled(GOOD, "✓"),
            styled(FAINT, &time)
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
    let mut stream = io::stdout().lock();
    // A closed stream ends nothing: the outcomes are kept all the same.
    let _ = writeln!(stream, "{document}").and_then(|()| stream.flush());
}
