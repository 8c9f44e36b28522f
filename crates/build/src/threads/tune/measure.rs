//! Runs a program and takes the time.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use cfgmatrix_probe::process::{self, Invocation, ProcessError};

use crate::run::{LONGEST_LOG, first_error};

/// Between two looks at a process: a two-thousandth of its time, and no more than
/// a thousandth of a second.
const PART: u32 = 2048;
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// Why a program could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// It is not there.
    #[error("there is no command `{}`", .program.display())]
    Missing {
        /// What was to be started.
        program: PathBuf,
    },
    /// It ended with a failure.
    #[error("`{command}` {}{}", how(*.status), .said.as_ref().map_or_else(String::new, |line| format!(": {line}")))]
    Failed {
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The line that says why, as far as one does.
        said: Option<String>,
        /// What was set for it.
        variables: String,
    },
    /// It printed without end.
    #[error("`{command}` printed more than {} MiB", LONGEST_LOG >> 20)]
    TooMuchOutput {
        /// The command.
        command: String,
    },
    /// It did not end in time, whatever was set.
    #[error("`{command}` never ended within {} s", .limit.as_secs_f64())]
    TimedOut {
        /// The command.
        command: String,
        /// The time it had.
        limit: Duration,
    },
    /// The user ended the whole.
    #[error("interrupted")]
    Interrupted,
    /// It could not be started or waited for.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// There is no room for its output.
    #[error("cannot write {}", .path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl MeasureError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => {
                Some("a command is a program in PATH, or a path; no shell reads it".to_owned())
            }
            Self::Failed { variables, .. } if variables.is_empty() => {
                Some("nothing was set for it".to_owned())
            }
            Self::Failed { variables, .. } => Some(format!("it was started with {variables}")),
            Self::TimedOut { .. } => Some("give it more time with `--timeout`".to_owned()),
            _ => None,
        }
    }
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("failed with exit code {code}"),
        None => "failed".to_owned(),
    }
}

/// A program with what it is started in.
#[derive(Clone, Debug)]
pub struct Program {
    /// A path, or a name to be looked up in PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// All variables that it has.
    pub environment: Vec<(OsString, OsString)>,
    /// What is set for the threads, over these.
    pub variables: Vec<(String, String)>,
    /// Where it is started.
    pub directory: PathBuf,
    /// How long it may take, if that is limited.
    pub limit: Option<Duration>,
}

impl Program {
    /// The program and its arguments, for people.
    #[must_use]
    pub fn title(&self) -> String {
        let words = self.arguments.iter().map(|word| word.to_string_lossy());
        let program = self.program.to_string_lossy();
        std::iter::once(program)
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// How many seconds it takes; nothing where it takes longer than it may, and is
    /// ended. Its output goes to the file `log`.
    ///
    /// # Errors
    /// It cannot be started, it fails, or the user ends the whole.
    pub fn measure(&self, log: &Path) -> Result<Option<f64>, MeasureError> {
        let variables = self.variables.iter();
        let variables: Vec<(OsString, OsString)> = variables
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let invocation = Invocation::new(&self.program)
            .arguments(&self.arguments)
            .alone()
            .environment(&self.environment)
            .environment(&variables);
        let file = self.open(log)?;
        let began = Instant::now();
        let mut started = match invocation.start(&self.directory, &file) {
            Ok(started) => started,
            Err(ProcessError::Interrupted { .. }) => return Err(MeasureError::Interrupted),
            Err(ProcessError::Start { program, source })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                return Err(MeasureError::Missing { program });
            }
            Err(error) => return Err(error.into()),
        };
        let status = loop {
            let ended = started.poll()?;
            let elapsed = began.elapsed();
            if let Some(status) = ended {
                break (status, elapsed);
            }
            if process::interrupted() {
                started.end()?;
                return Err(MeasureError::Interrupted);
            }
            if self.limit.is_some_and(|limit| elapsed > limit) {
                started.end()?;
                return Ok(None);
            }
            if file.metadata().map_or(0, |metadata| metadata.len()) > LONGEST_LOG {
                started.end()?;
                let command = self.title();
                return Err(MeasureError::TooMuchOutput { command });
            }
            std::thread::sleep((elapsed / PART).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        };
        match status {
            _ if process::interrupted() => Err(MeasureError::Interrupted),
            (status, elapsed) if status.success() => Ok(Some(elapsed.as_secs_f64())),
            (status, _) => {
                let variables = self.variables.iter();
                let variables: Vec<String> = variables
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                Err(MeasureError::Failed {
                    command: self.title(),
                    status,
                    said: first_error(log),
                    variables: variables.join(" "),
                })
            }
        }
    }

    /// The file that the output goes to, the command on its first line.
    fn open(&self, log: &Path) -> Result<File, MeasureError> {
        let failed = |source| MeasureError::Log {
            path: log.to_owned(),
            source,
        };
        let mut file = File::create(log).map_err(failed)?;
        writeln!(file, "$ {}", self.title().replace('\n', " ")).map_err(failed)?;
        Ok(file)
    }
}
