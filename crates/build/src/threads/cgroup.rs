//! CPU quotas of Linux control groups, versions 1 and 2.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// How much CPU time a control group may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Microseconds of CPU time in each period.
    pub quota_us: u64,
    /// Length of a period in microseconds; never 0.
    pub period_us: u64,
    /// Directory of the group that says so.
    pub from: String,
}

impl Quota {
    /// Whole CPUs that it pays for; a group that has less than one has one.
    #[must_use]
    pub fn whole_cpus(&self) -> usize {
        let cpus = (self.quota_us / self.period_us).max(1);
        usize::try_from(cpus).unwrap_or(usize::MAX)
    }

    fn is_tighter(&self, other: &Self) -> bool {
        let share =
            |quota: &Self, period: &Self| u128::from(quota.quota_us) * u128::from(period.period_us);
        share(self, other) < share(other, self)
    }
}

/// A hierarchy of groups: where this process is in it, and where it is mounted.
struct Hierarchy {
    version: Version,
    /// The mount point, as the process sees it.
    mounted: PathBuf,
    /// The group below the mount point.
    group: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The tightest quota of the groups that the process is in, up to the top;
/// what cannot be read is added to `unknown`.
pub(super) fn read(root: &Path, unknown: &mut Vec<String>) -> Option<Quota> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let Some(groups) = read("proc/self/cgroup") else {
        unknown.push("CPU quota: /proc/self/cgroup cannot be read".to_owned());
        return None;
    };
    let Some(mounts) = read("proc/self/mountinfo") else {
        unknown.push("CPU quota: /proc/self/mountinfo cannot be read".to_owned());
        return None;
    };
    let mut tightest: Option<Quota> = None;
    for (version, path) in groups.lines().filter_map(group_line) {
        let Some(hierarchy) = find_mount(&mounts, version, path, unknown) else {
            continue;
        };
        for quota in hierarchy.quotas(root, unknown) {
            if tightest
                .as_ref()
                .is_none_or(|other| quota.is_tighter(other))
            {
                tightest = Some(quota);
            }
        }
    }
    tightest
}

/// The group of a line such as `3:cpu,cpuacct:/a` or `0::/a`, if it is one that
/// may limit CPU time.
fn group_line(line: &str) -> Option<(Version, &str)> {
    let mut fields = line.splitn(3, ':');
    let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    if number == "0" && controllers.is_empty() {
        return Some((Version::Two, path));
    }
    let limits = controllers.split(',').any(|name| name == "cpu");
    limits.then_some((Version::One, path))
}

/// Where the hierarchy is mounted.
fn find_mount(
    mounts: &str,
    version: Version,
    path: &str,
    unknown: &mut Vec<String>,
) -> Option<Hierarchy> {
    let mount = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        let file_system = after.next()?;
        let options = after.nth(1).unwrap_or("");
        let is_it = match version {
            Version::Two => file_system == "cgroup2",
            Version::One => file_system == "cgroup" && options.split(',').any(|name| name == "cpu"),
        };
        let mut before = before.split(' ').skip(3);
        let (top, point) = (before.next()?, before.next()?);
        is_it.then(|| (unescape(top), unescape(point)))
    });
    let Some((top, point)) = mount else {
        unknown.push(format!("CPU quota: the group {path} is not mounted"));
        return None;
    };
    let below = match top.as_str() {
        "/" => path.strip_prefix('/'),
        top => path
            .strip_prefix(top)
            .filter(|rest| rest.is_empty() || rest.starts_with('/')),
    };
    let below = below.map(|below| below.trim_start_matches('/'));
    // Above the top of a namespace there is `..`, and no way to look there.
    let seen = below.filter(|below| !below.split('/').any(|part| part == ".."));
    if seen.is_none() {
        unknown.push(format!(
            "CPU quota: the group {path} lies outside of what is mounted on {point}"
        ));
    }
    Some(Hierarchy {
        version,
        mounted: PathBuf::from(point),
        group: PathBuf::from(seen.unwrap_or("")),
    })
}

/// A path of mountinfo, in which some characters are `\` and three octal digits.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let code = part.get(..3);
        match code.and_then(|code| u8::from_str_radix(code, 8).ok()) {
            Some(byte) if byte.is_ascii() => {
                plain.push(char::from(byte));
                plain.push_str(&part[3..]);
            }
            _ => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

impl Hierarchy {
    /// The quotas of the group and of those above it.
    fn quotas(&self, root: &Path, unknown: &mut Vec<String>) -> Vec<Quota> {
        let mut quotas = Vec::new();
        for group in self.group.ancestors() {
            let directory = if group.as_os_str().is_empty() {
                self.mounted.clone()
            } else {
                self.mounted.join(group)
            };
            match self.version.quota(root, &directory) {
                Ok(quota) => quotas.extend(quota),
                Err(reason) => unknown.push(format!("CPU quota: {reason}")),
            }
        }
        quotas
    }
}

impl Version {
    /// The quota of one group; none where its files are not there, which means
    /// that the controller is off.
    fn quota(self, root: &Path, directory: &Path) -> Result<Option<Quota>, String> {
        let from = directory.display().to_string();
        let read = |name: &str| {
            let below = directory.strip_prefix("/").unwrap_or(directory);
            match fs::read_to_string(root.join(below).join(name)) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(format!("{from}/{name} cannot be read ({error})")),
            }
        };
        let (name, quota, period) = match self {
            Self::Two => {
                let Some(text) = read("cpu.max")? else {
                    return Ok(None);
                };
                let mut words = text.split_whitespace().map(str::to_owned);
                let quota = words.next().unwrap_or_default();
                // The kernel's own period, where the file has the quota alone.
                let period = words.next().unwrap_or_else(|| "100000".to_owned());
                ("cpu.max", quota, period)
            }
            Self::One => {
                let pair = (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?);
                let (Some(quota), Some(period)) = pair else {
                    return Ok(None);
                };
                let trimmed = |text: String| text.trim().to_owned();
                ("cpu.cfs_quota_us", trimmed(quota), trimmed(period))
            }
        };
        if quota == "max" || quota == "-1" {
            return Ok(None);
        }
        match (quota.parse(), period.parse()) {
            (Ok(quota_us), Ok(period_us)) if quota_us > 0 && period_us > 0 => Ok(Some(Quota {
                quota_us,
                period_us,
                from,
            })),
            _ => Err(format!("{from}/{name}: `{quota}` is no quota")),
        }
    }
}
