//! The one place that starts processes.
//!
//! Arguments are lists, never a shell's text. Standard input is closed, the
//! working directory is a new temporary one (`gcc -openmp` leaves a file
//! `penmp`), output goes to files rather than pipes (a grandchild that keeps a
//! pipe open cannot hold us up), and time and output are bounded.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Why a process gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// It could not be started.
    #[error("cannot start {}", .program.display())]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A temporary file, or waiting, failed.
    #[error("cannot run {}", .program.display())]
    Run {
        /// What was running.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It did not end in time, and was ended.
    #[error("{} did not end within {} s", .program.display(), .limit.as_secs())]
    Timeout {
        /// What was running.
        program: PathBuf,
        /// The time it had.
        limit: Duration,
    },
    /// The user ended the whole.
    #[error("{} was interrupted", .program.display())]
    Interrupted {
        /// What was running, or was to be started.
        program: PathBuf,
    },
    /// It wrote more than any compiler says, and was ended.
    #[error("{} wrote more than {} MiB", .program.display(), .limit >> 20)]
    TooMuchOutput {
        /// What was running.
        program: PathBuf,
        /// The bound, in bytes.
        limit: u64,
    },
}

/// What a process said and how it ended.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Both streams as text, standard output first; bytes that are no UTF-8
    /// become replacement characters.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}",
            String::from_utf8_lossy(&self.stdout),
            String::from_utf8_lossy(&self.stderr)
        )
    }
}

/// A line as a message may quote it: short, and without what would move a
/// terminal's cursor.
#[must_use]
pub fn quoted(line: &str) -> String {
    let shown = line.trim().chars().take(Invocation::QUOTED);
    let shown = shown.map(|c| if c.is_control() { ' ' } else { c });
    shown.collect::<String>().trim().to_owned()
}

/// A process to be started.
#[derive(Clone, Debug)]
pub struct Invocation {
    program: PathBuf,
    name: Option<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    removed: Vec<&'static str>,
    alone: bool,
    time_limit: Duration,
    #[cfg(feature = "jobs")]
    jobs: Option<jobserver::Client>,
}

/// How many processes were started so far.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// The processes that run now, each the leader of a group of its own.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// How many processes this program has started so far.
#[must_use]
pub fn started() -> usize {
    STARTED.load(Ordering::Relaxed)
}

/// Whether the user ended the whole.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether [`interrupt`] was called.
#[must_use]
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Ends every process that runs now, and what those have started, and starts no
/// more. For a program that is interrupted: the groups of its processes do not
/// hear of it.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    for leader in RUNNING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .drain(..)
    {
        end_group(leader);
    }
}

/// Ends a process and all that it started.
#[cfg(unix)]
fn end_group(leader: u32) {
    let leader = i32::try_from(leader).ok();
    if let Some(leader) = leader.and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself meanwhile: nothing is to be done then.
        let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
    }
}

/// Ends a process and all that it started.
#[cfg(windows)]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts processes"
)]
fn end_group(leader: u32) {
    // It may have ended by itself meanwhile: nothing is to be done then.
    let _ = Command::new("taskkill")
        .args(["/T", "/F", "/PID", &leader.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// A process in the list of those that run; taken out when this ends.
#[derive(Debug)]
struct Running(u32);

impl Running {
    fn new(leader: u32) -> Self {
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(leader);
        Self(leader)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|&leader| leader != self.0);
    }
}

impl Invocation {
    /// How long a compiler may take to say what it is.
    const TIME_LIMIT: Duration = Duration::from_secs(30);
    /// Characters of a line that a message quotes.
    const QUOTED: usize = 300;
    const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
    const LONGEST_PAUSE: Duration = Duration::from_millis(10);
    /// More output than any compiler's predefined macros, in bytes.
    const OUTPUT_LIMIT: u64 = 8 << 20;

    /// `program` with no arguments, in the environment of this process with
    /// messages in English.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            name: None,
            arguments: Vec::new(),
            environment: vec![("LC_ALL".into(), "C".into())],
            removed: Vec::new(),
            alone: false,
            time_limit: Self::TIME_LIMIT,
            #[cfg(feature = "jobs")]
            jobs: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Tells the program that it is called something else than its path.
    #[must_use]
    pub fn called(mut self, name: &OsStr) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Adds environment variables.
    #[must_use]
    pub fn environment(mut self, variables: &[(OsString, OsString)]) -> Self {
        self.environment.extend_from_slice(variables);
        self
    }

    /// Takes environment variables away.
    #[must_use]
    pub fn without(mut self, variables: &[&'static str]) -> Self {
        self.removed.extend_from_slice(variables);
        self
    }

    /// Keeps the variables of this process from it, and English messages: it has
    /// the variables that are added after this.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self.environment.clear();
        self
    }

    /// Lets `make`, `cargo` and their like below it share the jobs of a server.
    #[cfg(feature = "jobs")]
    #[must_use]
    pub fn jobs(mut self, server: &jobserver::Client) -> Self {
        self.jobs = Some(server.clone());
        self
    }

    /// The command as a list of words, for people to repeat.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let program = self.program.display().to_string();
        let arguments = self.arguments.iter();
        std::iter::once(program)
            .chain(arguments.map(|argument| argument.to_string_lossy().into_owned()))
            .collect()
    }

    /// Bounds the time it may take.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The process as the system is told of it, but for where its output goes.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that starts processes"
    )]
    fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(directory)
            .stdin(Stdio::null());
        if self.alone {
            command.env_clear();
        }
        for name in &self.removed {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        #[cfg(feature = "jobs")]
        if let Some(jobs) = &self.jobs {
            jobs.configure_make(&mut command);
        }
        #[cfg(unix)]
        if let Some(name) = &self.name {
            std::os::unix::process::CommandExt::arg0(&mut command, name);
        }
        command
    }

    /// The same as the leader of a group, which is ended as a whole.
    fn leader(&self, directory: &Path) -> Command {
        #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no groups"))]
        let mut command = self.command(directory);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    /// Starts it in `directory` with pipes to and from it; what it says of errors
    /// goes to a file. It leads no group, so that it may begin a session, and
    /// [`interrupt`] leaves it alone: it ends when its input does.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn converse(&self, directory: &Path, errors: File) -> Result<Conversation, ProcessError> {
        let mut command = self.command(directory);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut child = command.spawn().map_err(|source| ProcessError::Start {
            program: self.program.clone(),
            source,
        })?;
        STARTED.fetch_add(1, Ordering::Relaxed);
        let input = child.stdin.take().expect("its input is a pipe");
        let output = child.stdout.take().expect("its output is a pipe");
        Ok(Conversation {
            child,
            input: Some(input),
            output,
        })
    }

    /// Starts it in `directory` with both streams going to a file, and returns at
    /// once. Its time and its output are the caller's to bound.
    ///
    /// # Errors
    /// It cannot be started, or the user has ended the whole.
    pub fn start(&self, directory: &Path, log: &File) -> Result<Started, ProcessError> {
        let failed = |source| ProcessError::Run {
            program: self.program.clone(),
            source,
        };
        if self::interrupted() {
            return Err(ProcessError::Interrupted {
                program: self.program.clone(),
            });
        }
        let mut command = self.leader(directory);
        command
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log.try_clone().map_err(failed)?);
        let family = Family::start(command).map_err(|source| ProcessError::Start {
            program: self.program.clone(),
            source,
        })?;
        STARTED.fetch_add(1, Ordering::Relaxed);
        let started = Started {
            running: Running::new(family.id()),
            family,
            program: self.program.clone(),
        };
        if self::interrupted() {
            // The call that ended all others may have come too early for this one.
            end_group(started.running.0);
        }
        Ok(started)
    }

    /// Starts it in `directory` and waits for its end.
    ///
    /// # Errors
    /// It cannot be started, takes too long, or writes without end.
    pub fn run_in(&self, directory: &Path) -> Result<Output, ProcessError> {
        let failed = |source| ProcessError::Run {
            program: self.program.clone(),
            source,
        };
        let interrupted = || ProcessError::Interrupted {
            program: self.program.clone(),
        };
        if self::interrupted() {
            return Err(interrupted());
        }
        let (mut stdout, mut stderr) = (
            tempfile::tempfile().map_err(failed)?,
            tempfile::tempfile().map_err(failed)?,
        );
        let mut command = self.leader(directory);
        command
            .stdout(stdout.try_clone().map_err(failed)?)
            .stderr(stderr.try_clone().map_err(failed)?);
        let mut child = command.spawn().map_err(|source| ProcessError::Start {
            program: self.program.clone(),
            source,
        })?;
        STARTED.fetch_add(1, Ordering::Relaxed);
        let running = Running::new(child.id());
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                break status;
            }
            let elapsed = started.elapsed();
            let written = size(&stdout).max(size(&stderr));
            let stop = if elapsed > self.time_limit {
                Some(ProcessError::Timeout {
                    program: self.program.clone(),
                    limit: self.time_limit,
                })
            } else if written > Self::OUTPUT_LIMIT {
                Some(ProcessError::TooMuchOutput {
                    program: self.program.clone(),
                    limit: Self::OUTPUT_LIMIT,
                })
            } else {
                None
            };
            if let Some(error) = stop {
                end_group(child.id());
                // Where there are no groups, at least the process itself ends.
                let _ = child.kill();
                child.wait().map_err(failed)?;
                return Err(error);
            }
            // A small part of what it took so far: short runs are seen to end at
            // once, and long ones cost nothing.
            std::thread::sleep((elapsed / 32).clamp(Self::SHORTEST_PAUSE, Self::LONGEST_PAUSE));
        };
        drop(running);
        // How it ended is then our doing, and no answer.
        if self::interrupted() {
            return Err(interrupted());
        }
        Ok(Output {
            status,
            stdout: read(&mut stdout).map_err(failed)?,
            stderr: read(&mut stderr).map_err(failed)?,
        })
    }

    /// Starts it in a new temporary directory and waits for its end.
    ///
    /// # Errors
    /// As for [`Self::run_in`].
    pub fn run(&self) -> Result<Output, ProcessError> {
        let directory = tempfile::tempdir().map_err(|source| ProcessError::Run {
            program: self.program.clone(),
            source,
        })?;
        self.run_in(directory.path())
    }
}

/// A process that runs.
#[derive(Debug)]
pub struct Started {
    running: Running,
    family: Family,
    program: PathBuf,
}

impl Started {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.0
    }

    /// How it ended; nothing while it runs. When it has ended, so has all that it
    /// started and that did not leave its group.
    ///
    /// # Errors
    /// The system does not say.
    pub fn poll(&mut self) -> Result<Option<ExitStatus>, ProcessError> {
        let status = self.family.poll();
        status.map_err(|source| self.failed(source))
    }

    /// Ends it and all that it started.
    ///
    /// # Errors
    /// The system does not say how it ended.
    pub fn end(&mut self) -> Result<ExitStatus, ProcessError> {
        let status = self.family.end();
        status.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> ProcessError {
        ProcessError::Run {
            program: self.program.clone(),
            source,
        }
    }
}

/// A process that is talked with.
#[derive(Debug)]
pub struct Conversation {
    child: Child,
    /// Nothing once it was told that no more comes.
    input: Option<ChildStdin>,
    /// What it says.
    pub output: ChildStdout,
}

impl Conversation {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Says something to it.
    ///
    /// # Errors
    /// It is gone.
    pub fn say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let input = self.input.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        input.write_all(bytes)?;
        input.flush()
    }

    /// Ends it at once, itself alone.
    ///
    /// # Errors
    /// The system does not say how it ended.
    pub fn end(&mut self) -> std::io::Result<ExitStatus> {
        // It may have ended by itself, or have been waited for.
        let _ = self.child.kill();
        self.child.wait()
    }

    /// Tells it that no more comes, and waits for its end.
    pub fn finish(&mut self) {
        self.input = None;
        // One that was waited for already has nothing more to say.
        let _ = self.child.wait();
    }
}

/// A process and all that it starts: the group that it leads.
#[cfg(not(all(windows, feature = "jobs")))]
#[derive(Debug)]
struct Family(Child);

#[cfg(not(all(windows, feature = "jobs")))]
impl Family {
    fn start(mut leader: Command) -> std::io::Result<Self> {
        leader.spawn().map(Self)
    }

    fn id(&self) -> u32 {
        self.0.id()
    }

    /// How its leader ended, and all others with it; nothing while it runs.
    fn poll(&mut self) -> std::io::Result<Option<ExitStatus>> {
        // While it is not reaped, its number is no other process's.
        if !has_ended(&mut self.0)? {
            return Ok(None);
        }
        end_group(self.0.id());
        self.0.wait().map(Some)
    }

    fn end(&mut self) -> std::io::Result<ExitStatus> {
        end_group(self.0.id());
        // Where there are no groups, at least the process itself ends.
        let _ = self.0.kill();
        self.0.wait()
    }
}

/// A process and all that it starts: a job object, which holds even those whose
/// parent has ended.
#[cfg(all(windows, feature = "jobs"))]
#[derive(Debug)]
struct Family(Box<dyn process_wrap::std::ChildWrapper>);

#[cfg(all(windows, feature = "jobs"))]
impl Family {
    fn start(leader: Command) -> std::io::Result<Self> {
        let mut command = process_wrap::std::CommandWrap::from(leader);
        command.wrap(process_wrap::std::JobObject).spawn().map(Self)
    }

    fn id(&self) -> u32 {
        self.0.id()
    }

    /// How its leader ended, and all others with it; nothing while it runs.
    fn poll(&mut self) -> std::io::Result<Option<ExitStatus>> {
        // The whole is not waited for: it may have a daemon.
        let status = self.0.inner_mut().try_wait()?;
        if status.is_some() {
            self.0.start_kill()?;
        }
        Ok(status)
    }

    fn end(&mut self) -> std::io::Result<ExitStatus> {
        self.0.start_kill()?;
        self.0.inner_mut().wait()
    }
}

/// Whether a process has ended; it stays there to be waited for.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let id = id.expect("the system numbers processes from 1");
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    Ok(waitid(WaitId::Pid(id), options)?.is_some())
}

/// Whether a process has ended.
#[cfg(all(windows, not(feature = "jobs")))]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    Ok(child.try_wait()?.is_some())
}

fn size(file: &File) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

fn read(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(Invocation::OUTPUT_LIMIT)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn invocation(program: &str, arguments: &[&str]) -> Invocation {
        Invocation::new(Path::new(program)).arguments(arguments)
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let started = Instant::now();
        let limit = Duration::from_millis(100);
        let error = invocation("/bin/sleep", &["60"])
            .time_limit(limit)
            .run()
            .unwrap_err();
        assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_it_started_is_ended_too() {
        let directory = tempfile::tempdir().unwrap();
        let mark = directory.path().join("mark");
        let script = format!("(sleep 2; : >'{}') & wait", mark.display());
        let error = invocation("/bin/sh", &["-c", &script])
            .time_limit(Duration::from_millis(200))
            .run()
            .unwrap_err();
        assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
        std::thread::sleep(Duration::from_millis(2500));
        assert!(!mark.exists(), "the grandchild went on");
    }

    #[test]
    fn variables_are_taken_away() {
        let output = invocation("/usr/bin/env", &[])
            .without(&["PATH"])
            .run()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let has = |start: &str| said.lines().any(|line| line.starts_with(start));
        assert!(has("LC_ALL=C") && !has("PATH="), "{said}");
    }

    #[test]
    fn what_writes_without_end_is_ended() {
        let error = invocation("/bin/cat", &["/dev/zero"]).run().unwrap_err();
        assert!(
            matches!(error, ProcessError::TooMuchOutput { .. }),
            "{error}"
        );
    }

    #[test]
    fn standard_input_is_closed_and_the_streams_are_kept_apart() {
        let output = invocation("/bin/cat", &["-", "/nonexistent"])
            .run()
            .unwrap();
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("/nonexistent") && said.contains("No such file"),
            "{said}"
        );
    }

    #[test]
    fn arguments_reach_the_program_as_they_are() {
        let arguments = ["a b", "$HOME", "it's", "\"", "\\", "*", "ü\n;"];
        let output = invocation("/bin/echo", &[])
            .arguments(arguments)
            .run()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("{}\n", arguments.join(" "))
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = invocation("/nonexistent/cc", &[]).run().unwrap_err();
        assert_eq!(error.to_string(), "cannot start /nonexistent/cc");
    }
}
