//! What steps print, and the disk that it goes to.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use cfgmatrix_probe::process::quoted;

use crate::step::Step;

/// A log longer than this, in bytes, ends its step: what writes a gigabyte is in
/// a loop, and fills the disk.
pub const LONGEST_LOG: u64 = 256 << 20;

/// Bytes of a log's end in which the error is looked for.
const TAIL: u64 = 256 << 10;

/// Bytes that stay of each end of a log that is too long.
const KEPT: u64 = 1 << 20;

/// A disk with fewer bytes left is full.
#[cfg(unix)]
const ROOM: u64 = 1 << 20;

/// The log of a step: new for the first attempt, and longer for each further one.
pub(super) fn open(log: &Path, step: &Step, number: u32) -> io::Result<File> {
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
    let length = fs::metadata(log).ok()?.len();
    let bytes = part(log, length.saturating_sub(TAIL), TAIL).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = marked(&text).or_else(|| said(&text).last())?;
    Some(quoted(line))
}

/// The first line that speaks of an error in a log that was [`shorten`]ed.
pub(super) fn first_error_of_ends(log: &Path) -> Option<String> {
    let bytes = part(log, 0, 3 * KEPT).ok()?;
    marked(&String::from_utf8_lossy(&bytes)).map(quoted)
}

/// The lines of a log; the first is the command, as we wrote it.
fn said(text: &str) -> impl Iterator<Item = &str> {
    text.lines().skip(1).filter(|line| !line.trim().is_empty())
}

fn marked(text: &str) -> Option<&str> {
    const MARKS: [&str; 10] = [
        "error:",
        "Error:",
        "ERROR",
        "fatal:",
        "FAILED",
        "Error ",
        "undefined reference",
        "Assertion",
        "error[",
        "No space left on device",
    ];
    said(text).find(|line| {
        let before = MARKS.iter().find_map(|mark| line.split_once(mark));
        // A command that could say so is printed before it does.
        before.is_some_and(|(before, _)| !before.contains("echo ") && !before.contains("printf "))
    })
}

/// Some bytes of a log.
fn part(log: &Path, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All that a log says, unless that is too much to look through.
pub(super) fn text(log: &Path) -> Option<String> {
    let length = fs::metadata(log).ok()?.len();
    let bytes = part(log, 0, length).ok().filter(|_| length <= TAIL)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Leaves of a log that is too long what it says first and last. Nobody may write
/// to it any more.
pub(super) fn shorten(log: &Path) -> io::Result<()> {
    let length = fs::metadata(log)?.len();
    let Some(left_out) = length
        .checked_sub(2 * KEPT)
        .filter(|&left_out| left_out > 0)
    else {
        return Ok(());
    };
    let end = part(log, length - KEPT, KEPT)?;
    let mut file = File::options().append(true).open(log)?;
    file.set_len(KEPT)?;
    writeln!(file, "\n[{left_out} bytes are left out here]")?;
    file.write_all(&end)
}

/// Whether a directory is on a disk that has no room left.
#[cfg(unix)]
pub(super) fn is_full(directory: &Path) -> bool {
    let Ok(disk) = rustix::fs::statvfs(directory) else {
        return false;
    };
    // Some of it may be kept for the superuser.
    let free = if rustix::process::geteuid().is_root() {
        disk.f_bfree
    } else {
        disk.f_bavail
    };
    free.saturating_mul(disk.f_frsize) < ROOM
}

/// Elsewhere what the step says itself must do.
#[cfg(not(unix))]
pub(super) fn is_full(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_could_complain_is_no_complaint() {
        let text = "$ make\ntest -e x || { echo 'error: no x'; exit 1; }\nerror: no x\n\
                    make: *** [Makefile:2: all] Error 1\n";
        assert_eq!(marked(text), Some("error: no x"));
    }

    #[test]
    fn a_log_that_is_too_long_keeps_its_ends() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let line = |number: usize| format!("{number:>9}\n");
        let written: String = (0..400_000).map(line).collect();
        fs::write(&log, &written).unwrap();
        shorten(&log).unwrap();
        let text = fs::read_to_string(&log).unwrap();
        assert!(text.starts_with(&line(0)) && text.ends_with(&line(399_999)));
        assert!(text.contains(" bytes are left out here]"));
        assert!(text.len() < 2 * KEPT as usize + 100, "{}", text.len());
        shorten(&log).unwrap();
        fs::write(&log, "short\n").unwrap();
        shorten(&log).unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "short\n");
    }
}
