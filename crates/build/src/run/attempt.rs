//! One step of one variant: started, watched, and ended if it must be.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cfgmatrix_probe::process::{self, Invocation, ProcessError};

use super::job::Job;
use crate::outcome::{Status, StepOutcome};
use crate::step::Step;

/// A log longer than this, in bytes, ends its step: what writes a gigabyte is in
/// a loop, and fills the disk.
pub const LONGEST_LOG: u64 = 256 << 20;

/// Between two looks at a step. Short ones are seen to end at once.
const SHORTEST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Bytes of a log's end in which the error is looked for.
const TAIL: u64 = 256 << 10;

/// What all steps of a run share.
pub(super) struct Setting<'a> {
    pub(super) passed: &'a [(OsString, OsString)],
    pub(super) jobs: &'a jobserver::Client,
    /// No more is to be done.
    pub(super) stop: &'a AtomicBool,
}

impl Setting<'_> {
    fn is_over(&self) -> bool {
        process::interrupted() || self.stop.load(Ordering::SeqCst)
    }
}

/// Runs a step until it passes or its attempts are used up. What it prints goes
/// to `log`, which outlives whatever happens.
pub(super) fn run(
    step: &Step,
    job: &Job,
    setting: &Setting<'_>,
    log: &Path,
    shown: String,
) -> StepOutcome {
    let began = Instant::now();
    let mut outcome = StepOutcome::new(step, shown);
    while outcome.attempts <= job.retries {
        outcome.attempts += 1;
        let end = attempt(step, job, setting, log, outcome.attempts);
        (outcome.status, outcome.exit_code, outcome.signal) =
            (end.status, end.exit_code, end.signal);
        outcome.first_error = end.reason;
        if outcome.status == Status::Passed || setting.is_over() {
            break;
        }
    }
    outcome.seconds = began.elapsed().as_secs_f64();
    if outcome.status == Status::Failed && outcome.first_error.is_none() {
        outcome.first_error = first_error(log);
    }
    outcome
}

/// How one attempt ended.
struct End {
    status: Status,
    exit_code: Option<i32>,
    signal: Option<i32>,
    reason: Option<String>,
}

impl End {
    fn new(status: Status, reason: impl Into<Option<String>>) -> Self {
        Self {
            status,
            exit_code: None,
            signal: None,
            reason: reason.into(),
        }
    }
}

fn attempt(step: &Step, job: &Job, setting: &Setting<'_>, log: &Path, number: u32) -> End {
    let file = match open(log, step, number) {
        Ok(file) => file,
        Err(error) => return End::new(Status::Failed, format!("cannot write the log: {error}")),
    };
    let variables = job.environment.iter();
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    let own = step.environment.iter();
    let own = own.map(|(name, value)| (name.into(), value.clone()));
    let variables: Vec<(OsString, OsString)> = variables.chain(own).collect();
    let invocation = Invocation::new(&step.program)
        .arguments(&step.arguments)
        .alone()
        .environment(setting.passed)
        .environment(&variables)
        .jobs(setting.jobs);
    let mut started = match invocation.start(&step.directory, &file) {
        Ok(started) => started,
        Err(ProcessError::Interrupted { .. }) => return End::new(Status::Interrupted, None),
        Err(error) => return End::new(Status::Failed, said(&error)),
    };
    let began = Instant::now();
    loop {
        match started.poll() {
            Ok(Some(status)) => return ended(status, setting),
            Ok(None) => {}
            Err(error) => return End::new(Status::Failed, said(&error)),
        }
        let elapsed = began.elapsed();
        let written = file.metadata().map_or(0, |metadata| metadata.len());
        let stopped = if setting.is_over() {
            Some(End::new(Status::Interrupted, None))
        } else if job.limit.is_some_and(|limit| elapsed > limit) {
            let limit = job.limit.unwrap_or_default().as_secs_f64();
            Some(End::new(
                Status::TimedOut,
                format!("it did not end within {limit} s"),
            ))
        } else if written > LONGEST_LOG {
            let limit = LONGEST_LOG >> 20;
            Some(End::new(
                Status::Failed,
                format!("it printed more than {limit} MiB"),
            ))
        } else {
            None
        };
        if let Some(end) = stopped {
            return match started.end() {
                Ok(_) => end,
                Err(error) => End::new(Status::Failed, said(&error)),
            };
        }
        std::thread::sleep((elapsed / 32).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
    }
}

fn ended(status: std::process::ExitStatus, setting: &Setting<'_>) -> End {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let word = if status.success() {
        Status::Passed
    } else if setting.is_over() {
        // It was we who ended it, or it heard of the interruption itself.
        Status::Interrupted
    } else {
        Status::Failed
    };
    End {
        status: word,
        exit_code: status.code(),
        signal,
        reason: None,
    }
}

/// An error and what it comes from.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// The log of a step: new for the first attempt, and longer for each further one.
fn open(log: &Path, step: &Step, number: u32) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    if number == 1 && log.exists() {
        fs::remove_file(log)?;
    }
    let mut file = options.open(log)?;
    writeln!(file, "$ {}", step.words().join(" "))?;
    Ok(file)
}

/// The line of a log's end that most likely says what went wrong: the first that
/// speaks of an error, else the last one.
pub(crate) fn first_error(log: &Path) -> Option<String> {
    const MARKS: [&str; 9] = [
        "error:",
        "Error:",
        "ERROR",
        "fatal:",
        "FAILED",
        "Error ",
        "undefined reference",
        "Assertion",
        "error[",
    ];
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line is the command, as we wrote it.
    let lines = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let marked = lines().find(|line| MARKS.iter().any(|mark| line.contains(mark)));
    let line = marked.or_else(|| lines().last())?;
    Some(quoted(line))
}

/// A line as a document may quote it: short, and without what would move a
/// terminal's cursor.
fn quoted(line: &str) -> String {
    const LONGEST: usize = 300;
    let shown = line.trim().chars().take(LONGEST);
    let shown: String = shown
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    shown.trim().to_owned()
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
        }
    }
}
