//! Processes and what they have started, as `/proc` tells.

use std::fs;

/// A process that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    parent: u32,
    pub(super) session: u32,
    name: String,
    /// Bytes of memory that it has, those that it shares counted.
    resident: u64,
}

impl Process {
    /// Its name and number, for people.
    #[cfg_attr(
        not(any(unix, test)),
        expect(dead_code, reason = "keepers name what is left")
    )]
    pub(super) fn shown(&self) -> String {
        let name: String = self
            .name
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        format!("{name} ({})", self.id)
    }

    /// From the text of `/proc/N/stat`; nothing of one that has ended and waits
    /// to be asked how.
    fn parse(text: &str) -> Option<Self> {
        // A name may have spaces and parentheses of its own.
        let (before, after) = text.rsplit_once(')')?;
        let (id, name) = before.split_once(" (")?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        if matches!(fields.first(), Some(&("Z" | "X"))) {
            return None;
        }
        let pages: u64 = fields.get(21)?.parse().ok()?;
        Some(Self {
            id: id.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            name: name.to_owned(),
            resident: pages * page_size(),
        })
    }
}

#[cfg(unix)]
fn page_size() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(not(unix))]
fn page_size() -> u64 {
    4096
}

/// Whether processes can be looked at here.
pub(super) fn is_known() -> bool {
    fs::metadata("/proc/self/stat").is_ok()
}

/// All that are there; none where there is no `/proc`.
pub(super) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    });
    // One that ended meanwhile has no text. A name need not be UTF-8.
    let texts = numbers.filter_map(|entry| fs::read(entry.path().join("stat")).ok());
    texts
        .filter_map(|text| Process::parse(&String::from_utf8_lossy(&text)))
        .collect()
}

/// Those of `all` that descend from one process, which is not among them.
pub(super) fn descendants(all: &[Process], root: u32) -> Vec<&Process> {
    let mut found: Vec<&Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            found.push(process);
            parents.push(process.id);
        }
    }
    found
}

/// Bytes of memory that some processes have together.
pub(super) fn resident(processes: &[&Process]) -> u64 {
    processes.iter().map(|process| process.resident).sum()
}

/// Whose parent is this one, and whether it is in its session.
#[cfg(unix)]
pub(super) fn strays<'a>(all: &'a [Process], own: u32, kept: &[u32]) -> Vec<&'a Process> {
    let session = all.iter().find(|process| process.id == own);
    let session = session.map(|process| process.session);
    let children = all.iter().filter(|process| process.parent == own);
    let left = children.filter(|child| Some(child.session) != session && !kept.contains(&child.id));
    left.flat_map(|child| {
        let mut family = descendants(all, child.id);
        family.push(child);
        family
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_read_whatever_they_are_called() {
        let line = |name: &str, state: &str| {
            format!(
                "42 ({name}) {state} 7 42 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 11 1844"
            )
        };
        for name in ["cc1", "a b", "x) S 1 (y", "", "ü"] {
            let process = Process::parse(&line(name, "S")).unwrap();
            assert_eq!(
                (process.id, process.parent, process.session),
                (42, 7, 3),
                "{name}"
            );
            assert_eq!(process.name, name);
            assert_eq!(process.resident, 11 * page_size());
        }
        assert_eq!(Process::parse(&line("cc1", "Z")), None);
        assert_eq!(Process::parse("42 (cc1"), None);
        assert_eq!(Process::parse(""), None);
        let shown = Process::parse(&line("a\u{1b}[2J", "R")).unwrap().shown();
        assert_eq!(shown, "a?[2J (42)");
    }

    #[test]
    fn descendants_are_all_below_and_nobody_else() {
        let process = |id, parent| Process {
            id,
            parent,
            session: id,
            name: String::new(),
            resident: u64::from(id),
        };
        let all = [
            process(1, 0),
            process(5, 1),
            process(6, 5),
            process(7, 6),
            process(8, 1),
        ];
        let found = descendants(&all, 5);
        let ids: Vec<u32> = found.iter().map(|process| process.id).collect();
        assert_eq!(ids, [6, 7]);
        assert_eq!(resident(&found), 13);
    }
}
