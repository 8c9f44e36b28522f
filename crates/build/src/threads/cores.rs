//! The cores that this process may use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::cgroup::{self, Quota};

/// A NUMA node with those of its CPUs that may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its number.
    pub node: usize,
    /// How many of its CPUs may be used.
    pub cpus: usize,
}

/// The cores that this process may use, and what is not known of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cores {
    /// Logical CPUs that the process may run on, by its affinity.
    pub allowed: usize,
    /// Physical cores that these belong to; nothing where the system does not tell.
    pub physical: Option<usize>,
    /// The tightest CPU quota of the control groups that it is in.
    pub quota: Option<Quota>,
    /// NUMA nodes with CPUs that may be used; empty where there is no telling.
    pub nodes: Vec<Node>,
    /// What could not be found out, and why.
    pub unknown: Vec<String>,
}

impl Cores {
    /// Those of this machine.
    #[must_use]
    pub fn here() -> Self {
        let counted = std::thread::available_parallelism().ok();
        let counted = counted.map(std::num::NonZeroUsize::get);
        if cfg!(target_os = "linux") {
            return Self::read(Path::new("/"), counted);
        }
        let mut cores = Self::counted(counted);
        let message = "physical cores, CPU quota and NUMA nodes: they are read on Linux only";
        cores.unknown.push(message.to_owned());
        cores
    }

    /// Those of the Linux system whose `proc` and `sys` are below `root`;
    /// `counted` is how many logical CPUs there are where `proc` does not tell.
    #[must_use]
    pub fn read(root: &Path, counted: Option<usize>) -> Self {
        // Not sched_getaffinity: the kernel's list is the same mask, has no limit
        // of 1024 CPUs, and can be replayed from a recorded tree.
        let allowed = match allowed_cpus(root) {
            Ok(allowed) => allowed,
            Err(reason) => {
                let mut cores = Self::counted(counted);
                cores.unknown.push(format!("affinity: {reason}"));
                cores.unknown.push(
                    "physical cores and NUMA nodes: which CPUs are allowed is not known".to_owned(),
                );
                cores.quota = cgroup::read(root, &mut cores.unknown);
                return cores;
            }
        };
        let mut unknown = Vec::new();
        let physical = match physical_cores(root, &allowed) {
            Ok(physical) => Some(physical),
            Err(reason) => {
                unknown.push(format!("physical cores: {reason}"));
                None
            }
        };
        let quota = cgroup::read(root, &mut unknown);
        Self {
            allowed: allowed.len(),
            physical,
            quota,
            nodes: nodes(root, &allowed),
            unknown,
        }
    }

    fn counted(counted: Option<usize>) -> Self {
        let mut unknown = Vec::new();
        if counted.is_none() {
            unknown.push("logical CPUs: the system does not tell; one is assumed".to_owned());
        }
        Self {
            allowed: counted.unwrap_or(1).max(1),
            physical: None,
            quota: None,
            nodes: Vec::new(),
            unknown,
        }
    }

    /// Logical CPUs that are worth a thread: those allowed, and no more than the
    /// quota pays for.
    #[must_use]
    pub fn usable(&self) -> usize {
        self.within_quota(self.allowed)
    }

    /// The same of physical cores.
    #[must_use]
    pub fn usable_physical(&self) -> Option<usize> {
        self.physical.map(|physical| self.within_quota(physical))
    }

    fn within_quota(&self, cpus: usize) -> usize {
        let quota = self.quota.as_ref();
        quota.map_or(cpus, |quota| cpus.min(quota.whole_cpus()))
    }
}

/// The numbers in a list such as `0-3,8,10-11`.
fn numbers(list: &str) -> Option<BTreeSet<usize>> {
    // More than any kernel is built for: a broken file is not worth the memory.
    const MOST: usize = 1 << 16;
    let mut numbers = BTreeSet::new();
    for part in list.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= MOST {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// The logical CPUs that the process may run on.
fn allowed_cpus(root: &Path) -> Result<BTreeSet<usize>, String> {
    let path = root.join("proc/self/status");
    let status = fs::read_to_string(&path)
        .map_err(|error| format!("/proc/self/status cannot be read ({error})"))?;
    let mut lines = status.lines();
    let list = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let list = list.ok_or("/proc/self/status has no Cpus_allowed_list")?;
    match numbers(list) {
        Some(allowed) if !allowed.is_empty() => Ok(allowed),
        _ => Err(format!(
            "`{}` of /proc/self/status is no list of CPUs",
            list.trim()
        )),
    }
}

/// How many cores these CPUs belong to.
fn physical_cores(root: &Path, allowed: &BTreeSet<usize>) -> Result<usize, String> {
    let mut by_siblings = BTreeSet::new();
    let mut by_number = BTreeSet::new();
    for &cpu in allowed {
        let topology = root.join(format!("sys/devices/system/cpu/cpu{cpu}/topology"));
        let read = |name: &str| fs::read_to_string(topology.join(name)).ok();
        // Siblings first: a core's number need not be its own on every processor.
        let siblings = read("thread_siblings_list").and_then(|list| numbers(&list));
        let siblings = siblings.filter(|siblings| siblings.contains(&cpu));
        if let Some(siblings) = siblings {
            by_siblings.insert(siblings);
            continue;
        }
        let number = |name: &str| read(name)?.trim().parse::<i64>().ok();
        match (number("physical_package_id"), number("core_id")) {
            (Some(package), Some(core)) => by_number.insert((package, core)),
            _ => {
                return Err(format!(
                    "/sys/devices/system/cpu/cpu{cpu}/topology does not tell the core of CPU {cpu}"
                ));
            }
        };
    }
    Ok(by_siblings.len() + by_number.len())
}

/// The nodes that these CPUs are on. They only inform, so that none is no gap.
fn nodes(root: &Path, allowed: &BTreeSet<usize>) -> Vec<Node> {
    let directory = root.join("sys/devices/system/node");
    let Ok(entries) = fs::read_dir(&directory) else {
        return Vec::new();
    };
    let found = entries.flatten().filter_map(|entry| {
        let name = entry.file_name();
        let node: usize = name.to_str()?.strip_prefix("node")?.parse().ok()?;
        let list = fs::read_to_string(entry.path().join("cpulist")).ok()?;
        let cpus = numbers(&list)?.intersection(allowed).count();
        (cpus > 0).then_some((node, cpus))
    });
    let found: BTreeMap<usize, usize> = found.collect();
    let nodes = found.into_iter().map(|(node, cpus)| Node { node, cpus });
    nodes.collect()
}

// The trees are Linux systems, whose paths only Unix has.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A tree of files below a temporary directory.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn read(files: &[(&str, &str)]) -> Cores {
        Cores::read(tree(files).path(), None)
    }

    const FOUR: (&str, &str) = (
        "proc/self/status",
        "Name:\tcat\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n",
    );

    /// Four CPUs, two a core, the siblings apart as on Intel's processors.
    const SIBLINGS: [(&str, &str); 4] = [
        (
            "sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
            "0,2\n",
        ),
        (
            "sys/devices/system/cpu/cpu1/topology/thread_siblings_list",
            "1,3\n",
        ),
        (
            "sys/devices/system/cpu/cpu2/topology/thread_siblings_list",
            "0,2\n",
        ),
        (
            "sys/devices/system/cpu/cpu3/topology/thread_siblings_list",
            "1,3\n",
        ),
    ];

    const V2: [(&str, &str); 2] = [
        ("proc/self/cgroup", "0::/user/job\n"),
        (
            "proc/self/mountinfo",
            "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
        ),
    ];

    fn with<'a>(parts: &[&[(&'a str, &'a str)]]) -> Vec<(&'a str, &'a str)> {
        parts.concat()
    }

    #[test]
    fn lists_of_cpus_are_read_and_broken_ones_are_not() {
        assert_eq!(
            numbers("0-2,5\n"),
            Some([0, 1, 2, 5].into_iter().collect::<BTreeSet<_>>())
        );
        for broken in ["3-1", "a", "0-99999999", "1-", "-1"] {
            assert_eq!(numbers(broken), None, "{broken}");
        }
    }

    #[test]
    fn siblings_are_one_core() {
        let cores = read(&with(&[&[FOUR], &SIBLINGS, &V2]));
        assert_eq!((cores.allowed, cores.physical), (4, Some(2)));
        assert_eq!((cores.usable(), cores.usable_physical()), (4, Some(2)));
    }

    #[test]
    fn a_core_counts_though_only_one_of_its_threads_is_allowed() {
        let status = ("proc/self/status", "Cpus_allowed_list:\t0,3\n");
        let cores = read(&with(&[&[status], &SIBLINGS, &V2]));
        assert_eq!((cores.allowed, cores.physical), (2, Some(2)));
        let status = ("proc/self/status", "Cpus_allowed_list:\t0,2\n");
        let cores = read(&with(&[&[status], &SIBLINGS, &V2]));
        assert_eq!((cores.allowed, cores.physical), (2, Some(1)));
    }

    #[test]
    fn without_siblings_package_and_core_tell() {
        let mut files = vec![("proc/self/status", "Cpus_allowed_list:\t0-2\n")];
        for (cpu, package, core) in [(0, 0, 0), (1, 1, 0), (2, 1, 0)] {
            let name = |file: &str| -> &'static str {
                let path = format!("sys/devices/system/cpu/cpu{cpu}/topology/{file}");
                Box::leak(path.into_boxed_str())
            };
            let text = |number: i32| -> &'static str { ["0\n", "1\n"][number as usize] };
            files.push((name("physical_package_id"), text(package)));
            files.push((name("core_id"), text(core)));
        }
        // Core 0 of package 0 is another one than core 0 of package 1.
        assert_eq!(read(&files).physical, Some(2));
    }

    #[test]
    fn what_cannot_be_read_is_said_and_not_guessed() {
        let cores = read(&[FOUR]);
        assert_eq!(
            (cores.allowed, cores.physical, cores.quota),
            (4, None, None)
        );
        assert_eq!(
            cores.unknown,
            [
                "physical cores: /sys/devices/system/cpu/cpu0/topology does not tell the core of CPU 0",
                "CPU quota: /proc/self/cgroup cannot be read",
            ]
        );
        let cores = read(&[]);
        assert_eq!(cores.allowed, 1);
        assert!(
            cores.unknown[0].starts_with("logical CPUs: the system does not tell"),
            "{:?}",
            cores.unknown
        );
        assert!(
            cores.unknown[1].starts_with("affinity: /proc/self/status cannot be read"),
            "{:?}",
            cores.unknown
        );
        let broken = read(&[("proc/self/status", "Cpus_allowed_list:\tall\n")]);
        let said = "affinity: `all` of /proc/self/status is no list of CPUs";
        assert!(
            broken.unknown.iter().any(|text| text == said),
            "{:?}",
            broken.unknown
        );
    }

    #[test]
    fn a_quota_of_version_2_holds_from_any_group_above() {
        for (path, text, usable) in [
            (
                "sys/fs/cgroup/user/job/cpu.max",
                "250000 100000\n",
                (2, Some(2)),
            ),
            ("sys/fs/cgroup/user/cpu.max", "50000 100000\n", (1, Some(1))),
            (
                "sys/fs/cgroup/user/job/cpu.max",
                "max 100000\n",
                (4, Some(2)),
            ),
            ("sys/fs/cgroup/user/job/cpu.max", "300000\n", (3, Some(2))),
        ] {
            let directory = ("sys/fs/cgroup/user/job/cgroup.procs", "1\n");
            let cores = read(&with(&[
                &[FOUR],
                &SIBLINGS,
                &V2,
                &[directory, (path, text)],
            ]));
            assert_eq!(
                (cores.usable(), cores.usable_physical()),
                usable,
                "{path} {text} {cores:?}"
            );
            assert_eq!(cores.unknown, [""; 0], "{path} {text}");
        }
    }

    #[test]
    fn the_tightest_quota_wins_whatever_its_period() {
        let cores = read(&with(&[
            &[FOUR],
            &V2,
            &[
                ("sys/fs/cgroup/user/job/cpu.max", "3000000 1000000\n"),
                ("sys/fs/cgroup/user/cpu.max", "20000 10000\n"),
            ],
        ]));
        let quota = cores.quota.unwrap();
        assert_eq!((quota.quota_us, quota.period_us), (20000, 10000));
        assert_eq!(quota.from, "/sys/fs/cgroup/user");
    }

    #[test]
    fn a_quota_of_version_1_is_found_below_the_mounts_root() {
        let cores = read(&[
            FOUR,
            (
                "proc/self/cgroup",
                "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc/step\n0::/\n",
            ),
            (
                "proc/self/mountinfo",
                "34 31 0:31 /docker/abc /sys/fs/cgroup/my\\040cpu ro - cgroup cgroup rw,cpu,cpuacct\n",
            ),
            ("sys/fs/cgroup/my cpu/step/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/my cpu/step/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/my cpu/cpu.cfs_quota_us", "150000\n"),
            ("sys/fs/cgroup/my cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(
            (cores.usable(), cores.quota.unwrap().from.as_str()),
            (1, "/sys/fs/cgroup/my cpu")
        );
    }

    #[test]
    fn a_group_that_is_not_mounted_here_is_said() {
        let cores = read(&[
            FOUR,
            ("proc/self/cgroup", "0::/../outside\n"),
            (
                "proc/self/mountinfo",
                "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            ),
            ("sys/fs/cgroup/cgroup.procs", "1\n"),
        ]);
        assert!(
            cores
                .unknown
                .iter()
                .any(|text| text.starts_with("CPU quota: the group /../outside")),
            "{:?}",
            cores.unknown
        );
        let broken = read(&with(&[
            &[FOUR],
            &V2,
            &[("sys/fs/cgroup/user/job/cpu.max", "many\n")],
        ]));
        assert!(
            broken
                .unknown
                .iter()
                .any(|text| text.contains("`many` is no quota")),
            "{:?}",
            broken.unknown
        );
    }

    #[test]
    fn nodes_count_what_is_allowed() {
        let cores = read(&[
            FOUR,
            ("sys/devices/system/node/node0/cpulist", "0-1,8\n"),
            ("sys/devices/system/node/node1/cpulist", "2-3\n"),
            ("sys/devices/system/node/node2/cpulist", "9\n"),
            ("sys/devices/system/node/possible", "0-2\n"),
        ]);
        let nodes: Vec<_> = cores
            .nodes
            .iter()
            .map(|node| (node.node, node.cpus))
            .collect();
        assert_eq!(nodes, [(0, 2), (1, 2)]);
    }

    #[test]
    fn this_machine_has_a_core() {
        let cores = Cores::here();
        assert!(cores.usable() >= 1, "{cores:?}");
        assert!(
            cores
                .usable_physical()
                .is_none_or(|physical| (1..=cores.usable()).contains(&physical)),
            "{cores:?}"
        );
    }
}
