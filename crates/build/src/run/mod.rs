//! Builds and tests variants side by side.
//!
//! Each variant is a [`Job`]. Jobs share one GNU jobserver, so that `make`, `ninja`
//! and `cargo` inside of them do not multiply the load: a job that runs has one of
//! its tokens. What came of a job is written when it is known, whole, so that a run
//! that was killed goes on where it was.

mod attempt;
mod change;
mod environment;
mod error;
mod family;
mod job;
#[cfg(unix)]
mod keeper;
mod log;
mod memory;
mod programs;
mod queue;
mod record;
mod running;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cfgmatrix_probe::process;

use crate::outcome::{Outcome, Status, StepName, StepOutcome};
use attempt::{Attempt, PutBack, Setting};
use memory::Census;
use programs::Programs;
use queue::Queue;
use running::Hand;

pub use crate::step::Step;
pub use change::{Change, changes};
pub use environment::{passed, passes};
pub use error::RunError;
pub use job::{Job, file_name};
#[cfg(unix)]
pub use keeper::{KEEPER, keep};
pub use log::LONGEST_LOG;
pub(crate) use log::first_error;
pub use memory::{MemoryLimit, NoMemoryLimit};
pub use record::Record;
pub use sources::state;

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
    /// A program that calls [`keep`] when its only argument is [`KEEPER`], such as
    /// `cfgmatrix`: steps are started by it and not by this process, which they
    /// could end otherwise. Without it, and on Windows, they are children of this
    /// process.
    pub keeper: Option<PathBuf>,
    /// Bytes of memory that all that runs may have together; no bound where it is
    /// nothing, or where memory is not known ([`MemoryLimit::is_known`]).
    pub memory: Option<u64>,
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
    /// There is not enough memory for a variant: it is built again later.
    PutBack(&'a Job),
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
    let mut largest = 0;
    for (number, job) in jobs.iter().enumerate() {
        let earlier = record.outcome(&job.variant)?;
        let same = earlier.filter(|outcome| outcome.job == job.identity());
        let steps = same.iter().flat_map(|outcome| &outcome.steps);
        let had = steps.filter_map(|step| step.peak_memory).max();
        largest = largest.max(had.unwrap_or(0));
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
    let order = waiting.iter().map(|(number, _)| *number);
    let work = Work {
        jobs,
        record,
        conduct,
        server: &server,
        settings,
        tokens: workers,
        queue: Queue::new(order, settings.memory, largest),
        census: Census::new(settings.memory.is_some()),
        programs: Programs::new(record.directory()),
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
    /// How many tokens the jobserver has.
    tokens: usize,
    queue: Queue,
    census: Census,
    programs: Programs,
    stop: AtomicBool,
    failed: Mutex<Option<RunError>>,
    outcomes: Mutex<Vec<Option<Outcome>>>,
}

/// What came of a job that was begun.
enum Done {
    Ended(Box<Outcome>),
    /// It is to be begun again.
    PutBack,
    /// The run ended before.
    NotBegun,
}

impl<C: Conduct> Work<'_, C> {
    fn is_over(&self) -> bool {
        process::interrupted() || self.stop.load(Ordering::SeqCst)
    }

    /// Does one job after the other until none waits.
    fn go_on(&self) {
        let mut hand = Hand::new(self.settings.keeper.as_deref(), self.record);
        while let Some(number) = self.queue.next(|| self.is_over(), || self.mend()) {
            let done = self.do_one(number, &mut hand);
            let again = matches!(done, Ok(Done::PutBack));
            match done {
                Ok(Done::Ended(outcome)) => {
                    if self.settings.fail_fast && outcome.status != Status::Passed {
                        self.stop.store(true, Ordering::SeqCst);
                    }
                    let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                    outcomes[number] = Some(*outcome);
                }
                Ok(Done::PutBack | Done::NotBegun) => {}
                Err(error) => {
                    self.stop.store(true, Ordering::SeqCst);
                    let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.get_or_insert(error);
                }
            }
            self.queue.done(number, again);
        }
    }

    /// Gives the jobserver the tokens again that were lost with processes that had
    /// them when they were ended. Nothing runs, so that all must be there.
    fn mend(&self) {
        let available = self.server.available().unwrap_or(self.tokens);
        for _ in available..self.tokens {
            // What cannot be given back makes the run slower, not wrong.
            let _ = self.server.release_raw();
        }
    }

    /// Does one job, with a token of the jobserver in hand.
    fn do_one(&self, number: usize, hand: &mut Hand<'_>) -> Result<Done, RunError> {
        let token = self
            .server
            .acquire()
            .map_err(|source| RunError::Jobs { source })?;
        if self.is_over() {
            return Ok(Done::NotBegun);
        }
        let job = &self.jobs[number];
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
        let made = match self.conduct.steps(job, &build) {
            Ok(steps) => self.make_steps(number, &steps, hand, &mut outcome),
            Err(reason) => {
                outcome.status = Status::Failed;
                outcome.steps.push(StepOutcome::not_started(reason));
                Ok(())
            }
        };
        if let Err(PutBack) = made {
            self.conduct.tell(Event::PutBack(job));
            return Ok(Done::PutBack);
        }
        match outcome.status {
            Status::Passed => self.conduct.examine(job, &build, &mut outcome),
            Status::Failed => make_room(&build, &mut outcome),
            _ => {}
        }
        outcome.seconds = began.elapsed().as_secs_f64();
        self.write(&outcome)?;
        drop(token);
        self.conduct.tell(Event::Ended(&outcome));
        Ok(Done::Ended(Box::new(outcome)))
    }

    fn make_steps(
        &self,
        number: usize,
        steps: &[Step],
        hand: &mut Hand<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), PutBack> {
        let job = &self.jobs[number];
        let setting = Setting {
            passed: &self.settings.passed,
            jobs: self.server,
            tokens: self.tokens,
            queue: &self.queue,
            census: &self.census,
            programs: &self.programs,
            stop: &self.stop,
        };
        for (place, step) in steps.iter().enumerate() {
            self.conduct.tell(Event::Step(job, step));
            let (log, shown) = self.record.log(&job.variant, place, step.name);
            let attempt = Attempt {
                job,
                number,
                setting: &setting,
                log: &log,
            };
            let done = attempt.run(step, hand, shown)?;
            outcome.status = done.status;
            outcome.steps.push(done);
            if outcome.status != Status::Passed {
                break;
            }
        }
        Ok(())
    }

    /// Writes an outcome. On a full disk it waits a while: the build that fills it
    /// may be ended by that, and another outcome must not be lost with it.
    fn write(&self, outcome: &Outcome) -> Result<(), RunError> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let began = Instant::now();
        loop {
            match self.record.write_outcome(outcome) {
                Err(RunError::Write { source, .. })
                    if source.kind() == std::io::ErrorKind::StorageFull
                        && began.elapsed() < PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(50));
                }
                written => return written,
            }
        }
    }
}

/// Empties what a variant was built in that failed on a full disk: the others need
/// the room, and what it had built is not whole.
fn make_room(build: &Path, outcome: &mut Outcome) {
    if !log::is_full(build) {
        return;
    }
    // What cannot be removed stays; the next variant says so.
    let emptied = std::fs::remove_dir_all(build).and_then(|()| std::fs::create_dir_all(build));
    if let (Ok(()), Some(step)) = (emptied, outcome.steps.last_mut()) {
        let note = "what it had built was removed to make room on the disk";
        step.notes.push(note.to_owned());
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
            peak_memory: None,
            notes: Vec::new(),
        }
    }
}
