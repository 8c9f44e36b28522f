//! A program that runs: a child of this process, or of a keeper of its own.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cfgmatrix_probe::process::{Invocation, ProcessError, Started};

#[cfg(unix)]
use super::keeper::{Keeper, Trouble};
use super::memory::Census;
use super::record::Record;

/// Between two looks at a step. The end of short ones is seen at once.
const SHORTEST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// What is started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) program: PathBuf,
    /// What the program is told that it is called.
    pub(super) name: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) directory: PathBuf,
    pub(super) log: PathBuf,
}

/// How a program ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    /// Processes that it left behind, which were ended.
    pub(super) left: Vec<String>,
}

/// Why a program does not run, or it is not known how it ended.
#[derive(Debug)]
pub(super) enum Refusal {
    Interrupted,
    /// The process that started it is gone; by this signal, where that is known.
    #[cfg_attr(not(unix), expect(dead_code, reason = "a keeper may be lost"))]
    Lost(Option<i32>),
    Error(String),
}

/// What a worker starts programs by.
#[cfg_attr(not(unix), expect(dead_code, reason = "there are no keepers"))]
pub(super) struct Hand<'a> {
    /// The program that is a keeper; without it they are children of this process.
    program: Option<&'a Path>,
    record: &'a Record,
    #[cfg(unix)]
    keeper: Option<Keeper>,
}

impl<'a> Hand<'a> {
    pub(super) fn new(program: Option<&'a Path>, record: &'a Record) -> Self {
        Self {
            program,
            record,
            #[cfg(unix)]
            keeper: None,
        }
    }

    pub(super) fn start(
        &mut self,
        start: &Start,
        log: &File,
        jobs: &jobserver::Client,
    ) -> Result<Running<'_>, Refusal> {
        #[cfg(unix)]
        if let Some(program) = self.program {
            return self.start_kept(program, start, jobs);
        }
        let invocation = Invocation::new(&start.program)
            .called(&start.name)
            .arguments(&start.arguments)
            .alone()
            .environment(&start.environment)
            .jobs(jobs);
        let started = invocation.start(&start.directory, log);
        started.map(Running::Own).map_err(|error| refusal(&error))
    }

    #[cfg(unix)]
    fn start_kept(
        &mut self,
        program: &Path,
        start: &Start,
        jobs: &jobserver::Client,
    ) -> Result<Running<'_>, Refusal> {
        if self.keeper.as_ref().is_none_or(Keeper::is_lost) {
            let lock = self.record.lock();
            let lock = lock.map_err(|error| Refusal::Error(said(&error)))?;
            let keeper = Keeper::start(program, jobs, lock);
            self.keeper = Some(keeper.map_err(|error| refusal(&error))?);
        }
        let keeper = self.keeper.as_mut().expect("there is one now");
        match keeper.begin(start) {
            Ok(()) => Ok(Running::Kept(keeper)),
            Err(Trouble::Refused(source)) => Err(refusal(&ProcessError::Start {
                program: PathBuf::from(&start.name),
                source,
            })),
            Err(Trouble::Lost(signal)) => Err(Refusal::Lost(signal)),
        }
    }
}

/// A program that runs.
#[cfg_attr(not(unix), expect(dead_code, reason = "there are no keepers"))]
pub(super) enum Running<'a> {
    Own(Started),
    #[cfg(unix)]
    Kept(&'a mut Keeper),
    #[cfg(not(unix))]
    Never(std::convert::Infallible, std::marker::PhantomData<&'a ()>),
}

impl Running<'_> {
    /// How it ended. Waits a small part of the time that it has run.
    pub(super) fn wait(&mut self, elapsed: Duration) -> Result<Option<Gone>, Refusal> {
        match self {
            Self::Own(started) => {
                let ended = started.poll().map_err(|error| refusal(&error))?;
                if ended.is_none() {
                    std::thread::sleep((elapsed / 32).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
                }
                Ok(ended.map(gone))
            }
            // It says so itself.
            #[cfg(unix)]
            Self::Kept(keeper) => keeper.wait(LONGEST_PAUSE).map_err(trouble),
            #[cfg(not(unix))]
            Self::Never(never, _) => match *never {},
        }
    }

    /// Ends it and all that it started.
    pub(super) fn end(&mut self) -> Result<Gone, Refusal> {
        match self {
            Self::Own(started) => {
                let status = started.end().map_err(|error| refusal(&error))?;
                Ok(gone(status))
            }
            #[cfg(unix)]
            Self::Kept(keeper) => keeper.end().map_err(trouble),
            #[cfg(not(unix))]
            Self::Never(never, _) => match *never {},
        }
    }

    /// Bytes of memory that it and all that it started have; 0 where that is not
    /// known.
    pub(super) fn resident(&self, census: &Census) -> u64 {
        match self {
            Self::Own(started) => census.resident(started.id(), true),
            #[cfg(unix)]
            Self::Kept(keeper) => census.resident(keeper.id(), false),
            #[cfg(not(unix))]
            Self::Never(never, _) => match *never {},
        }
    }
}

#[cfg(unix)]
fn trouble(trouble: Trouble) -> Refusal {
    match trouble {
        Trouble::Refused(error) => Refusal::Error(said(&error)),
        Trouble::Lost(signal) => Refusal::Lost(signal),
    }
}

fn gone(status: std::process::ExitStatus) -> Gone {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    Gone {
        code: status.code(),
        signal,
        left: Vec::new(),
    }
}

fn refusal(error: &ProcessError) -> Refusal {
    match error {
        ProcessError::Interrupted { .. } => Refusal::Interrupted,
        error => Refusal::Error(said(error)),
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
