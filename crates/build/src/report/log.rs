//! What is shown of logs: their last lines.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::escape;

/// The last lines of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The lines, without colours.
    pub lines: Vec<String>,
    /// Bytes of the log that come before them.
    pub left_out: u64,
}

/// How much of a log is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// Bytes of it that are looked at, from its end.
    bytes: u64,
    lines: usize,
}

impl Limit {
    /// Bytes of all excerpts together.
    const ALL: u64 = 2 << 20;
    /// Characters of a line.
    const WIDTH: usize = 400;

    /// What each of so many logs may have.
    pub(super) fn of_each(logs: usize) -> Self {
        let share = Self::ALL / logs.max(1) as u64;
        Self {
            bytes: share.clamp(512, 8 << 10),
            lines: 40,
        }
    }
}

/// Reads the end of a log; nothing where there is none. A log is named by what
/// may come from elsewhere: it must be a file below the run's directory.
pub(super) fn excerpt(directory: &Path, log: &str, limit: Limit) -> Option<Excerpt> {
    let mut file = File::open(inside(directory, log)?).ok()?;
    let length = file.metadata().ok()?.len();
    let start = length.saturating_sub(limit.bytes);
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = Vec::new();
    // It may be growing still.
    file.take(limit.bytes).read_to_end(&mut bytes).ok()?;
    Some(last_lines(&bytes, start, limit))
}

/// The file, if it is one and is below the directory even with links followed.
fn inside(directory: &Path, log: &str) -> Option<PathBuf> {
    let parts = Path::new(log).components();
    let is_down = |part| matches!(part, Component::Normal(_));
    if log.is_empty() || !parts.into_iter().all(is_down) {
        return None;
    }
    let path = dunce::canonicalize(directory.join(log)).ok()?;
    let top = dunce::canonicalize(directory).ok()?;
    (path.starts_with(top) && path.is_file()).then_some(path)
}

fn last_lines(bytes: &[u8], start: u64, limit: Limit) -> Excerpt {
    let mut begin = 0;
    if start > 0 {
        // The first line is a part of one, unless it is all there is.
        begin = bytes
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        if begin == bytes.len() {
            begin = 0;
        }
    }
    let kept = &bytes[begin..];
    let ends: Vec<usize> = kept
        .iter()
        .enumerate()
        .filter(|(at, byte)| **byte == b'\n' && at + 1 < kept.len())
        .map(|(at, _)| at + 1)
        .collect();
    let cut = match (ends.len() + 1).checked_sub(limit.lines) {
        Some(more @ 1..) => ends[more - 1],
        _ => 0,
    };
    let text = String::from_utf8_lossy(&kept[cut..]);
    let lines = escape::plain(&text);
    let lines = lines.lines().map(|line| shortened(line, Limit::WIDTH));
    Excerpt {
        lines: lines.collect(),
        left_out: start + (begin + cut) as u64,
    }
}

/// At most so many characters of a line, and a mark where more were.
pub(super) fn shortened(line: &str, width: usize) -> String {
    match line.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn report_excerpts_are_the_last_lines_and_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let text: String = (0..100_000).map(|line| format!("line {line}\n")).collect();
        std::fs::write(directory.path().join("log"), &text).unwrap();
        let excerpt = excerpt(directory.path(), "log", Limit::of_each(1)).unwrap();
        assert_eq!(excerpt.lines.len(), 40);
        assert_eq!(excerpt.lines[39], "line 99999");
        let shown: usize = excerpt.lines.iter().map(|line| line.len() + 1).sum();
        assert_eq!(excerpt.left_out + shown as u64, text.len() as u64);
    }

    #[test]
    fn report_excerpts_are_of_logs_below_the_directory_only() {
        let directory = tempfile::tempdir().unwrap();
        let run = directory.path().join("run");
        std::fs::create_dir_all(run.join("logs")).unwrap();
        std::fs::write(directory.path().join("secret"), "secret").unwrap();
        let limit = Limit::of_each(1);
        let secret = directory.path().join("secret").display().to_string();
        for log in ["../secret", "logs/../../secret", "", "logs", &secret] {
            assert_eq!(excerpt(&run, log, limit), None, "{log}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&secret, run.join("logs/link")).unwrap();
            assert_eq!(excerpt(&run, "logs/link", limit), None);
        }
    }

    proptest! {
        #[test]
        fn report_excerpts_of_any_bytes_are_bounded(
            bytes in proptest::collection::vec(any::<u8>(), 0..2000),
            start in 0_u64..2,
        ) {
            let limit = Limit { bytes: 2000, lines: 5 };
            let excerpt = last_lines(&bytes, start, limit);
            prop_assert!(excerpt.lines.len() <= 5);
            for line in &excerpt.lines {
                prop_assert!(line.chars().count() <= Limit::WIDTH + 1);
                prop_assert!(!line.contains('\x1b'));
            }
        }
    }
}
