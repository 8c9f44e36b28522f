//! How much memory the builds may have, and how much they have.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::family::{self, Process};

/// How much memory the builds may have together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MemoryLimit {
    /// So many bytes.
    Bytes(u64),
    /// This share, above 0 and at most 1, of what there is.
    Share(f64),
}

impl MemoryLimit {
    /// In bytes; nothing for a share where it is not known how much there is.
    #[must_use]
    pub fn bytes(self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Share(share) => Some((there_is()? as f64 * share) as u64),
        }
    }

    /// What holds where nobody has said anything: nine tenths of what the control
    /// group of this process may have, so that a build is put off before the
    /// kernel ends whatever it likes. Nothing where the group has no limit.
    #[must_use]
    pub fn of_group() -> Option<u64> {
        group_limit(Path::new("/")).map(|bytes| bytes / 10 * 9)
    }

    /// Whether it can be seen here how much memory processes have.
    #[must_use]
    pub fn is_known() -> bool {
        family::is_known()
    }
}

/// Why a text is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoMemoryLimit;

impl fmt::Display for NoMemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a size such as `4GiB` or `500MB`, or a share such as `80%`")
    }
}

impl std::error::Error for NoMemoryLimit {}

impl FromStr for MemoryLimit {
    type Err = NoMemoryLimit;

    fn from_str(text: &str) -> Result<Self, NoMemoryLimit> {
        const UNITS: [(&str, u64); 17] = [
            ("", 1),
            ("b", 1),
            ("k", 1 << 10),
            ("kb", 1000),
            ("kib", 1 << 10),
            ("m", 1 << 20),
            ("mb", 1_000_000),
            ("mib", 1 << 20),
            ("g", 1 << 30),
            ("gb", 1_000_000_000),
            ("gib", 1 << 30),
            ("t", 1 << 40),
            ("tb", 1_000_000_000_000),
            ("tib", 1 << 40),
            ("p", 1 << 50),
            ("pb", 1_000_000_000_000_000),
            ("pib", 1 << 50),
        ];
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = text.split_at(end.unwrap_or(text.len()));
        let number: f64 = number.parse().map_err(|_| NoMemoryLimit)?;
        let unit = unit.trim().to_ascii_lowercase();
        if unit == "%" {
            return if number > 0.0 && number <= 100.0 {
                Ok(Self::Share(number / 100.0))
            } else {
                Err(NoMemoryLimit)
            };
        }
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, factor) = known.ok_or(NoMemoryLimit)?;
        let bytes = number * *factor as f64;
        if bytes >= 1.0 && bytes < u64::MAX as f64 {
            Ok(Self::Bytes(bytes as u64))
        } else {
            Err(NoMemoryLimit)
        }
    }
}

/// Bytes as people read them.
pub(super) fn shown(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut number = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next().expect("there are units");
    while number >= 1000.0
        && let Some(next) = units.next()
    {
        number /= 1024.0;
        unit = next;
    }
    if number < 10.0 {
        format!("{number:.1} {unit}")
    } else {
        format!("{number:.0} {unit}")
    }
}

/// Bytes of memory that this process can have at most.
fn there_is() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.as_deref().and_then(machine_total);
    let group = group_limit(Path::new("/"));
    machine.into_iter().chain(group).min()
}

fn machine_total(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The tightest limit of the control groups that this process is in. In a
/// container the group's path may be that outside; its top is then what is seen.
fn group_limit(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (mounted, file) = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let path = Path::new(path.trim_start_matches('/'));
        for group in path.ancestors() {
            let file = root.join(mounted).join(group).join(file);
            let text = fs::read_to_string(file).unwrap_or_default();
            limits.extend(text.trim().parse::<u64>());
        }
    }
    // Version 1 says so where there is none.
    const NONE: u64 = 1 << 60;
    limits.into_iter().filter(|&limit| limit < NONE).min()
}

/// What processes there are, looked at rarely enough to cost nothing.
#[derive(Debug)]
pub(super) struct Census {
    /// Between two looks, at least.
    pause: Duration,
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    /// What the look took.
    cost: Duration,
    all: Vec<Process>,
}

impl Census {
    /// A look is taken often where something depends on it.
    pub(super) fn new(is_bounded: bool) -> Self {
        let pause = Duration::from_millis(if is_bounded { 50 } else { 250 });
        Self {
            pause,
            seen: Mutex::new(None),
        }
    }

    /// Bytes that the descendants of a process have together, and it with them if
    /// so `included`, by a look that is not much older than the pause.
    pub(super) fn resident(&self, root: u32, included: bool) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // At most two hundredths of a core, however many processes there are.
        let is_fresh = |seen: &&Seen| seen.at.elapsed() < self.pause.max(seen.cost * 50);
        if seen.as_ref().filter(is_fresh).is_none() {
            let at = Instant::now();
            let all = family::all();
            *seen = Some(Seen {
                at,
                cost: at.elapsed(),
                all,
            });
        }
        let all = seen.as_ref().map_or(&[][..], |seen| &seen.all);
        let mut family = family::descendants(all, root);
        if included {
            family.extend(all.iter().find(|process| process.id == root));
        }
        family::resident(&family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_others_are_not() {
        for (text, bytes) in [
            ("4GiB", 4 << 30),
            ("4g", 4 << 30),
            ("500MB", 500_000_000),
            ("1.5 KiB", 1536),
            ("77", 77),
        ] {
            assert_eq!(text.parse(), Ok(MemoryLimit::Bytes(bytes)), "{text}");
        }
        assert_eq!("80%".parse(), Ok(MemoryLimit::Share(0.8)));
        for text in [
            "", "GiB", "4 GiBB", "-1", "0", "0%", "101%", "1e3", "nan", "9999999P",
        ] {
            assert_eq!(text.parse::<MemoryLimit>(), Err(NoMemoryLimit), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_short() {
        assert_eq!(shown(500 << 20), "500 MiB");
        assert_eq!(shown(3 << 30), "3.0 GiB");
        assert_eq!(shown(512), "0.5 KiB");
    }

    #[test]
    fn groups_limit_with_all_that_are_above_them() {
        let write = |root: &Path, files: &[(&str, &str)]| {
            for (name, text) in files {
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        };
        let limit = |files: &[(&str, &str)]| {
            let root = tempfile::tempdir().unwrap();
            write(root.path(), files);
            group_limit(root.path())
        };
        let two = [
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/a/memory.max", "1000\n"),
            ("sys/fs/cgroup/a/b/memory.max", "max\n"),
        ];
        assert_eq!(limit(&two), Some(1000));
        let one = [
            (
                "proc/self/cgroup",
                "3:cpu:/x\n4:memory:/outside/only\n0::/\n",
            ),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000\n"),
        ];
        assert_eq!(limit(&one), Some(2000));
        let none = [
            ("proc/self/cgroup", "4:memory:/\n"),
            (
                "sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
        ];
        assert_eq!(limit(&none), None);
        assert_eq!(limit(&[]), None);
    }
}
