//! The process between a run and its steps.
//!
//! A test that kills its parent would end the whole run, if that were its parent.
//! So each worker of a run has a *keeper*: this program once more, which starts
//! the worker's steps, one at a time, and says how they ended.
//!
//! ```text
//! run ─ worker ─ keeper ─ step ─ …      (a session of their own)
//!              └ keeper ─ step ─ …
//! ```
//!
//! What a step leaves behind, however it hides, becomes its keeper's child (on
//! Linux, which calls that a subreaper), so that it is found, named and ended. A
//! keeper that is killed leaves its step's processes to the run in the same way. And a
//! keeper whose run is killed ends what it keeps, and holds the lock of the run's
//! directory until that is done: whoever resumes finds nobody at work there.
//!
//! One keeper a worker rather than one a step: a process more for each of a
//! thousand short steps would cost more than the steps.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cfgmatrix_probe::process::{Conversation, Invocation, ProcessError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait, waitpid};

use super::family::{self, Process};
use super::running::{Gone, Start};

/// The argument that makes this program a keeper.
pub const KEEPER: &str = "keep-steps";

/// What ends by itself within this time after its step was not left behind.
const GRACE: Duration = Duration::from_millis(150);
/// How long processes are given to be gone that were ended.
const DYING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// Why it is not known how a step ended.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It could not be started.
    Refused(io::Error),
    /// Its keeper is gone; by this signal, where that is known.
    Lost(Option<i32>),
}

impl Start {
    /// As words, of which none has a null byte: the system takes none that has.
    fn words(&self) -> Vec<&[u8]> {
        let mut words = vec![
            self.program.as_os_str().as_bytes(),
            self.name.as_bytes(),
            self.directory.as_os_str().as_bytes(),
            self.log.as_os_str().as_bytes(),
        ];
        for (name, value) in &self.environment {
            words.extend([name.as_bytes(), value.as_bytes()]);
        }
        // Names of variables are never empty.
        words.push(b"");
        words.extend(self.arguments.iter().map(|word| word.as_bytes()));
        words
    }

    fn from_words(words: Vec<Vec<u8>>) -> Option<Self> {
        let mut words = words.into_iter().map(OsString::from_vec);
        let (program, name) = (words.next()?.into(), words.next()?);
        let (directory, log) = (words.next()?.into(), words.next()?.into());
        let mut environment = Vec::new();
        loop {
            let name = words.next()?;
            if name.is_empty() {
                break;
            }
            environment.push((name, words.next()?));
        }
        Some(Self {
            program,
            name,
            arguments: words.collect(),
            environment,
            directory,
            log,
        })
    }
}

/// Words with their lengths before them. No words at all say to end the step.
fn message(words: &[&[u8]]) -> Vec<u8> {
    let length = |length: usize| {
        let length = u32::try_from(length).expect("what is started is shorter than 4 GiB");
        length.to_le_bytes()
    };
    let mut bytes = length(words.len()).to_vec();
    for word in words {
        bytes.extend(length(word.len()));
        bytes.extend_from_slice(word);
    }
    bytes
}

fn receive(stream: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let count = number(stream)?;
    let mut words = Vec::new();
    for _ in 0..count {
        let length = u64::from(number(stream)?);
        let mut word = Vec::new();
        stream.take(length).read_to_end(&mut word)?;
        words.push(word);
    }
    Ok(words)
}

fn number(stream: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Is a keeper until the run that it belongs to ends. What is in `environment`
/// is in that of every step, and wins.
#[must_use]
pub fn keep(environment: &[(OsString, OsString)]) -> ExitCode {
    // It may be the leader of a session already, and then needs no new one.
    let _ = rustix::process::setsid();
    adopt();
    let ending = Arc::new(Ending::default());
    let mut input = io::stdin().lock();
    while let Ok(words) = receive(&mut input) {
        if words.is_empty() {
            *ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(left(true));
            end_family();
            continue;
        }
        let Some(mut request) = Start::from_words(words) else {
            break;
        };
        request.environment.extend(environment.iter().cloned());
        *ending.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match begin(&request) {
            Ok(step) => {
                say("started");
                let ending = Arc::clone(&ending);
                std::thread::spawn(move || {
                    let gone = see_off(step, &ending);
                    let word = |number: Option<i32>| {
                        number.map_or("-".to_owned(), |number| number.to_string())
                    };
                    say(&format!(
                        "ended {} {} {}",
                        word(gone.code),
                        word(gone.signal),
                        gone.left.join("\t")
                    ));
                });
            }
            Err(error) => say(&format!("refused {}", error.raw_os_error().unwrap_or(0))),
        }
    }
    // Whoever hears of it first is none the wiser for it: no more is started.
    let began = Instant::now();
    while began.elapsed() < DYING && end_family() > 0 {
        while matches!(wait(WaitOptions::NOHANG), Ok(Some(_))) {}
        std::thread::sleep(PAUSE);
    }
    ExitCode::SUCCESS
}

fn say(line: &str) {
    let mut stream = io::stdout().lock();
    // Without anybody to hear it there is nothing more to do either.
    let _ = writeln!(stream, "{line}").and_then(|()| stream.flush());
}

fn begin(request: &Start) -> io::Result<Pid> {
    let log = File::options().append(true).open(&request.log)?;
    let invocation = Invocation::new(&request.program)
        .called(&request.name)
        .arguments(&request.arguments)
        .alone()
        .environment(&request.environment);
    match invocation.start(&request.directory, &log) {
        Ok(started) => Ok(pid(started.id()).expect("the system numbers processes from 1")),
        Err(ProcessError::Start { source, .. } | ProcessError::Run { source, .. }) => Err(source),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Waits for a step's end, and then for that of all that it left behind.
fn see_off(step: Pid, ending: &Ending) -> Gone {
    let mut gone = Gone::default();
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((id, status))) if id == step => {
                (gone.code, gone.signal) = how(status);
                break;
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    let began = Instant::now();
    let has_children = || !matches!(wait(WaitOptions::NOHANG), Err(Errno::CHILD));
    while has_children() {
        let is_ending = || {
            ending
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some()
        };
        if is_ending() || began.elapsed() > GRACE {
            if gone.left.is_empty() && !is_ending() {
                gone.left = left(false);
            }
            end_family();
        }
        if began.elapsed() > GRACE + DYING {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    let was_ended = ending.lock().unwrap_or_else(PoisonError::into_inner).take();
    gone.left.extend(was_ended.unwrap_or_default());
    gone
}

/// Who had gone away from a step that is being ended before its end.
type Ending = Mutex<Option<Vec<String>>>;

/// Who is left of a step. One that was ended before its end leaves whatever was at
/// work for it: then those count that had gone away from it.
fn left(was_ended: bool) -> Vec<String> {
    let own = std::process::id();
    let all = family::all();
    let family = family::descendants(&all, own);
    let gone_away = |process: &&&Process| !was_ended || process.session != own;
    let shown = family.iter().filter(gone_away);
    shown.map(|process| process.shown()).collect()
}

/// Ends all that this process has started, and says how many there were.
fn end_family() -> usize {
    let all = family::all();
    let family = family::descendants(&all, std::process::id());
    for process in &family {
        end(process.id);
    }
    family.len()
}

fn end(process: u32) {
    if let Some(process) = pid(process) {
        // It may have ended by itself meanwhile.
        let _ = kill_process(process, Signal::KILL);
    }
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

fn how(status: WaitStatus) -> (Option<i32>, Option<i32>) {
    (status.exit_status(), status.terminating_signal())
}

/// Has the children of those that die become this process's, where the system can.
fn adopt() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// The keepers that are at work. Held by whoever starts one, so that none is taken
/// for what another has left.
static KEEPERS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A keeper, as its run knows it.
#[derive(Debug)]
pub(super) struct Keeper {
    conversation: Conversation,
    /// What it said and nobody has read.
    heard: Vec<u8>,
    is_lost: bool,
}

impl Keeper {
    /// Starts one. It holds `lock` as long as it lives.
    pub(super) fn start(
        program: &Path,
        jobs: &jobserver::Client,
        lock: File,
    ) -> Result<Self, ProcessError> {
        adopt();
        let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        let conversation = Invocation::new(program)
            .called("cfgmatrix".as_ref())
            .arguments([KEEPER])
            .alone()
            .jobs(jobs)
            .converse(Path::new("/"), lock)?;
        keepers.push(conversation.id());
        Ok(Self {
            conversation,
            heard: Vec::new(),
            is_lost: false,
        })
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.conversation.id()
    }

    /// Whether it is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Has it start a step.
    pub(super) fn begin(&mut self, request: &Start) -> Result<(), Trouble> {
        if self.conversation.say(&message(&request.words())).is_err() {
            return Err(self.lost());
        }
        let line = loop {
            if let Some(line) = self.line(DYING)? {
                break line;
            }
        };
        match line.split_once(' ') {
            Some(("refused", number)) => {
                let number = number.parse().unwrap_or(0);
                Err(Trouble::Refused(io::Error::from_raw_os_error(number)))
            }
            // It says nothing else here.
            _ => Ok(()),
        }
    }

    /// How the step ended, if it does within this time.
    pub(super) fn wait(&mut self, time: Duration) -> Result<Option<Gone>, Trouble> {
        let Some(line) = self.line(time)? else {
            return Ok(None);
        };
        let mut words = line.splitn(4, ' ').skip(1);
        let mut number = || words.next().and_then(|word| word.parse().ok());
        let (code, signal) = (number(), number());
        let left = words.next().unwrap_or_default().split('\t');
        Ok(Some(Gone {
            code,
            signal,
            left: left
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        }))
    }

    /// Has it end the step.
    pub(super) fn end(&mut self) -> Result<Gone, Trouble> {
        if self.conversation.say(&message(&[])).is_err() {
            return Err(self.lost());
        }
        match self.wait(DYING * 2)? {
            Some(gone) => Ok(gone),
            // It was stopped, or worse.
            None => Err(self.lost()),
        }
    }

    /// The next line that it says, if it does within this time.
    fn line(&mut self, time: Duration) -> Result<Option<String>, Trouble> {
        let began = Instant::now();
        loop {
            if let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            let Some(left) = time.checked_sub(began.elapsed()) else {
                return Ok(None);
            };
            let timeout = Timespec::try_from(left).ok();
            let output = &mut self.conversation.output;
            let mut ready = [PollFd::from_borrowed_fd(output.as_fd(), PollFlags::IN)];
            match poll(&mut ready, timeout.as_ref()) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(_) => return Err(self.lost()),
            }
            let mut bytes = [0; 4096];
            match output.read(&mut bytes) {
                Ok(length @ 1..) => self.heard.extend(&bytes[..length]),
                _ => return Err(self.lost()),
            }
        }
    }

    /// Ends what a keeper that is gone has left to this process.
    fn lost(&mut self) -> Trouble {
        self.is_lost = true;
        let keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
        let status = self.conversation.end();
        let own = std::process::id();
        let kept: Vec<u32> = keepers
            .iter()
            .copied()
            .filter(|&id| id != self.id())
            .collect();
        let began = Instant::now();
        while began.elapsed() < DYING {
            let all = family::all();
            let strays = family::strays(&all, own, &kept);
            if strays.is_empty() {
                break;
            }
            for stray in strays {
                end(stray.id);
                // Those of them that are no children of ours are their parents' care.
                let _ = pid(stray.id).map(|id| waitpid(Some(id), WaitOptions::NOHANG));
            }
            std::thread::sleep(PAUSE);
        }
        Trouble::Lost(status.ok().and_then(|status| status.signal()))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.conversation.finish();
        let own = self.id();
        KEEPERS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|&id| id != own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_arrives_as_it_was() {
        let request = Start {
            program: "/bin/sh".into(),
            name: "sh".into(),
            arguments: vec!["".into(), OsString::from_vec(vec![0xff, b'\n']), "x".into()],
            environment: vec![("A".into(), "".into()), ("B".into(), "b=c\n".into())],
            directory: "/tmp/a b".into(),
            log: "/tmp/ü.log".into(),
        };
        let mut bytes = message(&request.words());
        bytes.extend(message(&[]));
        let mut stream = bytes.as_slice();
        let words = receive(&mut stream).unwrap();
        assert_eq!(Start::from_words(words), Some(request));
        assert!(receive(&mut stream).unwrap().is_empty());
        assert!(receive(&mut stream).is_err());
    }
}
