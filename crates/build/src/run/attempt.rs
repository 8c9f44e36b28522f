//! One step of one variant: started, watched, and ended if it must be.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cfgmatrix_probe::process;

use super::job::Job;
use super::log::{self, LONGEST_LOG};
use super::memory::{self, Census};
use super::programs::Programs;
use super::queue::{Queue, Verdict};
use super::running::{Gone, Hand, Refusal, Running, Start};
use crate::backend::finds_no_tests;
use crate::outcome::{Status, StepName, StepOutcome};
use crate::step::Step;

/// A step that ends sooner has no memory worth a look.
const FIRST_LOOK: Duration = Duration::from_millis(20);
/// How many processes that were left behind are named.
const NAMED: usize = 5;
/// GNU make prints each command before it runs it, even those after `@`: a file
/// without debug information does not tell how it was compiled. Releases before 4.0
/// and other makes do not look at this variable, and would refuse the option.
const PRINTED_COMMANDS: (&str, &str) = ("GNUMAKEFLAGS", "--trace");

/// What all steps of a run share.
pub(super) struct Setting<'a> {
    pub(super) passed: &'a [(OsString, OsString)],
    pub(super) jobs: &'a jobserver::Client,
    /// How many tokens it has.
    pub(super) tokens: usize,
    pub(super) queue: &'a Queue,
    pub(super) census: &'a Census,
    pub(super) programs: &'a Programs,
    /// No more is to be done.
    pub(super) stop: &'a AtomicBool,
}

impl Setting<'_> {
    fn is_over(&self) -> bool {
        process::interrupted() || self.stop.load(Ordering::SeqCst)
    }

    /// What a program starts with.
    fn start(&self, step: &Step, job: &Job, log: &Path) -> Start {
        let variables = job.environment.iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let own = step.environment.iter();
        let own = own.map(|(name, value)| (name.into(), value.clone()));
        let passed = self.passed.iter().cloned();
        let builds = matches!(step.name, StepName::Build | StepName::Command);
        let printed = builds.then(|| (PRINTED_COMMANDS.0.into(), PRINTED_COMMANDS.1.into()));
        let environment: Vec<(OsString, OsString)> = printed
            .into_iter()
            .chain(passed)
            .chain(variables)
            .chain(own)
            .collect();
        let path = environment.iter().rev().find(|(name, _)| name == "PATH");
        let path = path.map(|(_, value)| value.as_os_str());
        Start {
            program: self.programs.resolve(&step.program, path),
            name: step.program.clone().into_os_string(),
            arguments: step.arguments.clone(),
            environment,
            directory: step.directory.clone(),
            log: log.to_owned(),
        }
    }

    /// The tokens that are free, unless another job is about to take them.
    fn spare(&self) -> Vec<jobserver::Acquired> {
        let mut spare = Vec::new();
        // Where tokens cannot be had without waiting there are none to spare.
        while self.queue.is_empty()
            && let Ok(Some(token)) = self.jobs.try_acquire()
        {
            spare.push(token);
        }
        spare
    }
}

/// There was not enough memory for a job: it is to be begun again.
pub(super) struct PutBack;

/// A step of a job.
pub(super) struct Attempt<'a> {
    pub(super) job: &'a Job,
    /// The job's number.
    pub(super) number: usize,
    pub(super) setting: &'a Setting<'a>,
    /// What it prints goes there, and outlives whatever happens.
    pub(super) log: &'a Path,
}

impl Attempt<'_> {
    /// Runs a step until it passes or its attempts are used up. `shown` is how
    /// documents name its log.
    pub(super) fn run(
        &self,
        step: &Step,
        hand: &mut Hand<'_>,
        shown: String,
    ) -> Result<StepOutcome, PutBack> {
        let began = Instant::now();
        let (step, spare) = self.with_jobs(step);
        let mut outcome = StepOutcome::new(&step, shown);
        let mut last = End::default();
        while outcome.attempts <= self.job.retries {
            outcome.attempts += 1;
            last = self.once(&step, hand, outcome.attempts);
            outcome.peak_memory = outcome.peak_memory.max(last.peak);
            if last.was_killed && self.setting.jobs.available().is_ok() {
                let available = self.setting.jobs.available().unwrap_or(0) + spare.len();
                self.setting.queue.suspect(available, self.setting.tokens);
            }
            if last.is_put_back {
                return Err(PutBack);
            }
            if last.status == Status::Passed || self.setting.is_over() {
                break;
            }
        }
        (outcome.status, outcome.exit_code, outcome.signal) =
            (last.status, last.exit_code, last.signal);
        outcome.first_error = last.reason;
        outcome.seconds = began.elapsed().as_secs_f64();
        if outcome.status == Status::Failed {
            outcome.first_error = self.explain(&outcome);
        }
        outcome.notes.extend(left_behind(&last.left));
        if outcome.status == Status::Passed
            && step.name == StepName::Test
            && log::text(self.log).is_some_and(|text| finds_no_tests(&text))
        {
            outcome.notes.push(StepOutcome::NO_TESTS.to_owned());
        }
        Ok(outcome)
    }

    /// The step with its number of jobs, where its program must be told one, and
    /// the tokens for those beside the first.
    fn with_jobs(&self, step: &Step) -> (Step, Vec<jobserver::Acquired>) {
        let mut step = step.clone();
        let mut spare = Vec::new();
        if let Some(argument) = step.jobs_at.and_then(|at| step.arguments.get_mut(at)) {
            spare = self.setting.spare();
            *argument = (1 + spare.len()).to_string().into();
        }
        (step, spare)
    }

    /// Why a step failed.
    fn explain(&self, outcome: &StepOutcome) -> Option<String> {
        let signal = || {
            outcome
                .signal
                .map(|signal| format!("ended by signal {signal}"))
        };
        let known = outcome.first_error.clone();
        let said = known.or_else(|| log::first_error(self.log)).or_else(signal);
        let place = self.log.parent().unwrap_or(self.log);
        if !log::is_full(place) {
            return said;
        }
        let full = "no room is left on the disk";
        Some(said.map_or(full.to_owned(), |said| format!("{full}: {said}")))
    }

    fn once(&self, step: &Step, hand: &mut Hand<'_>, number: u32) -> End {
        let file = match log::open(self.log, step, number) {
            Ok(file) => file,
            Err(error) => return End::failed(format!("cannot write the log: {error}")),
        };
        let start = self.setting.start(step, self.job, self.log);
        let mut end = match hand.start(&start, &file, self.setting.jobs) {
            Ok(running) => self.watch(running, &file),
            Err(Refusal::Interrupted) => End::new(Status::Interrupted, None),
            Err(Refusal::Lost(signal)) => lost(signal),
            Err(Refusal::Error(reason)) => End::failed(reason),
        };
        if file.metadata().is_ok_and(|log| log.len() > LONGEST_LOG) {
            // Where it stays as long as it was, that is bounded, too.
            let _ = log::shorten(self.log);
            let said = log::first_error_of_ends(self.log);
            if let (Some(reason), Some(said)) = (&mut end.reason, said) {
                reason.push_str(": ");
                reason.push_str(&said);
            }
        }
        end
    }

    /// Waits for a step's end, or ends it.
    fn watch(&self, mut running: Running<'_>, log: &File) -> End {
        let began = Instant::now();
        let mut peak = None;
        let mut end = loop {
            let elapsed = began.elapsed();
            match running.wait(elapsed) {
                Ok(Some(gone)) => break self.ended(gone),
                Ok(None) => {}
                Err(Refusal::Lost(signal)) => break lost(signal),
                Err(Refusal::Interrupted) => break End::new(Status::Interrupted, None),
                Err(Refusal::Error(reason)) => break End::failed(reason),
            }
            let verdict = if elapsed > FIRST_LOOK {
                let resident = running.resident(self.setting.census);
                peak = peak.max(Some(resident).filter(|&resident| resident > 0));
                self.setting.queue.weigh(self.number, resident)
            } else {
                Verdict::GoesOn
            };
            if let Some(mut end) = self.stopped(elapsed, log, verdict) {
                end.was_killed = true;
                match running.end() {
                    Ok(gone) => end.left = gone.left,
                    Err(Refusal::Error(reason)) => end = End::failed(reason),
                    Err(_) => {}
                }
                break end;
            }
        };
        end.peak = peak;
        end
    }

    /// How a step ends that may not go on; nothing where it may.
    fn stopped(&self, elapsed: Duration, log: &File, verdict: Verdict) -> Option<End> {
        if self.setting.is_over() {
            return Some(End::new(Status::Interrupted, None));
        }
        if let Some(limit) = self.job.limit.filter(|&limit| elapsed > limit) {
            let limit = limit.as_secs_f64();
            let reason = format!("it did not end within {limit} s");
            return Some(End::new(Status::TimedOut, reason));
        }
        if log.metadata().is_ok_and(|log| log.len() > LONGEST_LOG) {
            let limit = LONGEST_LOG >> 20;
            return Some(End::failed(format!("it printed more than {limit} MiB")));
        }
        match verdict {
            Verdict::GoesOn => None,
            Verdict::IsPutBack => Some(End {
                is_put_back: true,
                ..End::new(Status::Interrupted, None)
            }),
            Verdict::IsTooLarge(ceiling) => {
                let ceiling = memory::shown(ceiling);
                Some(End::failed(format!(
                    "it used more than {ceiling} of memory"
                )))
            }
        }
    }

    fn ended(&self, gone: Gone) -> End {
        let status = if gone.code == Some(0) {
            Status::Passed
        } else if self.setting.is_over() {
            // It was we who ended it, or it heard of the interruption itself.
            Status::Interrupted
        } else {
            Status::Failed
        };
        End {
            exit_code: gone.code,
            signal: gone.signal,
            was_killed: gone.signal.is_some() || !gone.left.is_empty(),
            left: gone.left,
            ..End::new(status, None)
        }
    }
}

/// How one attempt ended.
struct End {
    status: Status,
    exit_code: Option<i32>,
    signal: Option<i32>,
    reason: Option<String>,
    /// Processes that it left behind.
    left: Vec<String>,
    /// The most bytes of memory that were seen.
    peak: Option<u64>,
    /// It did not give back what it may have had.
    was_killed: bool,
    is_put_back: bool,
}

impl Default for End {
    fn default() -> Self {
        Self::new(Status::Interrupted, None)
    }
}

impl End {
    fn new(status: Status, reason: impl Into<Option<String>>) -> Self {
        Self {
            status,
            exit_code: None,
            signal: None,
            reason: reason.into(),
            left: Vec::new(),
            peak: None,
            was_killed: false,
            is_put_back: false,
        }
    }

    fn failed(reason: String) -> Self {
        Self::new(Status::Failed, reason)
    }
}

/// Of a step that ended what it was started by.
fn lost(signal: Option<i32>) -> End {
    let by = signal.map_or(String::new(), |signal| format!(" (signal {signal})"));
    End {
        signal,
        was_killed: true,
        ..End::failed(format!("it ended the process that had started it{by}"))
    }
}

/// What is to be known of processes that were left behind.
fn left_behind(names: &[String]) -> Option<String> {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let more = names.len() - shown.len();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let shown = shown.join(", ");
    (!names.is_empty()).then(|| format!("left running, and ended: {shown}{more}"))
}

impl StepOutcome {
    /// Of a step that was not yet started.
    fn new(step: &Step, log: String) -> Self {
        Self {
            name: step.name,
            command: step.words(),
            status: Status::Interrupted,
            exit_code: None,
            signal: None,
            seconds: 0.0,
            attempts: 0,
            log,
            first_error: None,
            peak_memory: None,
            notes: Vec::new(),
        }
    }
}
