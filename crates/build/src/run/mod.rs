//! Builds and tests variants side by side.
//!
//! Each variant is a [`Job`]. Jobs share one GNU jobserver, so that `make`, `ninja`
//! and `cargo` inside of them do not multiply the load: a job that runs has one of
//! its tokens. What came of a job is written when it is known, whole, so that a run
//! that was killed goes on where it was.

mod attempt;
mod environment;
mod error;
mod job;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cfgmatrix_probe::process;

use crate::outcome::{Outcome, Status, StepName, StepOutcome};
use attempt::Setting;

pub use crate::step::Step;
pub use attempt::LONGEST_LOG;
pub(crate) use attempt::first_error;
pub use environment::{passed, passes};
pub use error::RunError;
pub use job::{Job, file_name};
pub use record::Record;

/// Which outcomes of earlier runs count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// None: everything is built anew.
    #[default]
    Nothing,
    /// Those that passed.
    Passed,
    /// Those that ended by themselves.
    Ended,
}

impl Keep {
    fn takes(self, outcome: &Outcome) -> bool {
        match self {
            Self::Nothing => false,
            Self::Passed => outcome.status == Status::Passed,
            Self::Ended => outcome.status != Status::Interrupted,
        }
    }
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Jobs at a time, and those of `make` and its like within them; at least one.
    pub jobs: usize,
    /// Which outcomes of earlier runs count.
    pub keep: Keep,
    /// Whether the first variant that does not pass ends the run.
    pub fail_fast: bool,
    /// What of the caller's environment reaches the builds.
    pub passed: Vec<(OsString, OsString)>,
}

/// What happens in a run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// An earlier run's outcome counts.
    Kept(&'a Outcome),
    /// A variant begins.
    Started(&'a Job),
    /// One of its steps begins.
    Step(&'a Job, &'a Step),
    /// A variant has ended, and its outcome is written.
    Ended(&'a Outcome),
}

/// What a run leaves to its caller.
pub trait Conduct: Sync {
    /// The steps of a job, whose build directory is empty and waits for what they
    /// need.
    ///
    /// # Errors
    /// What keeps it from being built, for people.
    fn steps(&self, job: &Job, build: &Path) -> Result<Vec<Step>, String>;

    /// Looks at what a job that passed has built: adds claims, and refutes it
    /// where one of them is wrong.
    fn examine(&self, job: &Job, build: &Path, outcome: &mut Outcome);

    /// Is told of what happens, from several threads.
    fn tell(&self, event: Event<'_>);
}

/// Runs all jobs; the outcomes come in their order. One that was not begun, since
/// the run ended before, has none.
///
/// # Errors
/// The run's directory cannot be read or written, or jobs cannot be shared.
pub fn run(
    jobs: &[Job],
    record: &Record,
    settings: &Settings,
    conduct: &impl Conduct,
) -> Result<Vec<Option<Outcome>>, RunError> {
    let workers = settings.jobs.max(1);
    let server = jobserver::Client::new(workers).map_err(|source| RunError::Jobs { source })?;
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    let mut waiting: Vec<(usize, f64)> = Vec::new();
    for (number, job) in jobs.iter().enumerate() {
        let earlier = record.outcome(&job.variant)?;
        let same = earlier.filter(|outcome| outcome.job == job.identity());
        let kept = same.clone().filter(|outcome| settings.keep.takes(outcome));
        if kept.is_none() {
            waiting.push((number, same.map_or(f64::NAN, |outcome| outcome.seconds)));
        }
        if let Some(outcome) = &kept {
            conduct.tell(Event::Kept(outcome));
        }
        outcomes.push(kept);
    }
    longest_first(&mut waiting);
    let work = Work {
        jobs,
        record,
        conduct,
        server: &server,
        settings,
        waiting: &waiting,
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        failed: Mutex::new(None),
        outcomes: Mutex::new(outcomes),
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.min(waiting.len()) {
            scope.spawn(|| work.go_on());
        }
    });
    if let Some(error) = work
        .failed
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        return Err(error);
    }
    Ok(work
        .outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner))
}

/// Puts what took longest before first: begun last, it would keep one job busy
/// while the others wait. What is not known counts as the mean of what is.
fn longest_first(waiting: &mut [(usize, f64)]) {
    let known: Vec<f64> = waiting
        .iter()
        .map(|(_, seconds)| *seconds)
        .filter(|seconds| seconds.is_finite())
        .collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let expected = |seconds: f64| if seconds.is_finite() { seconds } else { mean };
    waiting.sort_by(|(_, one), (_, other)| expected(*other).total_cmp(&expected(*one)));
}

/// What the workers of a run share.
struct Work<'a, C> {
    jobs: &'a [Job],
    record: &'a Record,
    conduct: &'a C,
    server: &'a jobserver::Client,
    settings: &'a Settings,
    /// Jobs by number, in the order in which they are begun.
    waiting: &'a [(usize, f64)],
    next: AtomicUsize,
    stop: AtomicBool,
    failed: Mutex<Option<RunError>>,
    outcomes: Mutex<Vec<Option<Outcome>>>,
}

impl<C: Conduct> Work<'_, C> {
    fn is_over(&self) -> bool {
        process::interrupted() || self.stop.load(Ordering::SeqCst)
    }

    /// Does one job after the other until none waits.
    fn go_on(&self) {
        while !self.is_over() {
            let place = self.next.fetch_add(1, Ordering::SeqCst);
            let Some(&(number, _)) = self.waiting.get(place) else {
                return;
            };
            let done = self.do_one(&self.jobs[number]);
            match done {
                Ok(Some(outcome)) => {
                    if self.settings.fail_fast && outcome.status != Status::Passed {
                        self.stop.store(true, Ordering::SeqCst);
                    }
                    let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                    outcomes[number] = Some(outcome);
                }
                Ok(None) => {}
                Err(error) => {
                    self.stop.store(true, Ordering::SeqCst);
                    let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.get_or_insert(error);
                }
            }
        }
    }

    /// Does one job, with a token of the jobserver in hand; nothing where the run
    /// ended while it waited for one.
    fn do_one(&self, job: &Job) -> Result<Option<Outcome>, RunError> {
        let token = self
            .server
            .acquire()
            .map_err(|source| RunError::Jobs { source })?;
        if self.is_over() {
            return Ok(None);
        }
        self.conduct.tell(Event::Started(job));
        let began = Instant::now();
        let build = self.record.begin(&job.variant)?;
        let mut outcome = Outcome {
            format_version: Outcome::FORMAT_VERSION,
            variant: job.variant.clone(),
            id: job.id.clone(),
            job: job.identity(),
            axes: job.axes.clone(),
            status: Status::Passed,
            steps: Vec::new(),
            claims: Vec::new(),
            fingerprint: None,
            seconds: 0.0,
            environment: job.environment.iter().cloned().collect::<BTreeMap<_, _>>(),
        };
        match self.conduct.steps(job, &build) {
            Ok(steps) => self.make_steps(job, &steps, &mut outcome),
            Err(reason) => {
                outcome.status = Status::Failed;
                outcome.steps.push(StepOutcome::not_started(reason));
            }
        }
        if outcome.status == Status::Passed {
            self.conduct.examine(job, &build, &mut outcome);
        }
        outcome.seconds = began.elapsed().as_secs_f64();
        self.record.write_outcome(&outcome)?;
        drop(token);
        self.conduct.tell(Event::Ended(&outcome));
        Ok(Some(outcome))
    }

    fn make_steps(&self, job: &Job, steps: &[Step], outcome: &mut Outcome) {
        let setting = Setting {
            passed: &self.settings.passed,
            jobs: self.server,
            stop: &self.stop,
        };
        for (number, step) in steps.iter().enumerate() {
            self.conduct.tell(Event::Step(job, step));
            let (log, shown) = self.record.log(&job.variant, number, step.name);
            let done = attempt::run(step, job, &setting, &log, shown);
            outcome.status = done.status;
            outcome.steps.push(done);
            if outcome.status != Status::Passed {
                return;
            }
        }
    }
}

impl StepOutcome {
    /// Of steps that could not be prepared, for this reason.
    fn not_started(reason: String) -> Self {
        Self {
            name: StepName::Configure,
            command: Vec::new(),
            status: Status::Failed,
            exit_code: None,
            signal: None,
            seconds: 0.0,
            attempts: 0,
            log: String::new(),
            first_error: Some(reason),
        }
    }
}
