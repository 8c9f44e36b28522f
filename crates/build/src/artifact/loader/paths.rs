//! Where a system's loader looks.

use std::path::{Path, PathBuf};

use super::linked::Machine;

/// Where the loader of a system looks, and what it knows of the machine.
///
/// What it cannot be told: programs that run with raised privileges are given
/// less, and `LD_AUDIT`, tunables and glibc's hwcap directories of before 2.33
/// (`tls`, `haswell`, …) are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoaderPaths {
    /// `ldconfig`'s list.
    pub cache: PathBuf,
    /// Libraries that every program loads.
    pub preload: PathBuf,
    /// The directories that are searched last. Empty: those of the file's own
    /// processor, as Debian or else as most others have them.
    pub directories: Vec<PathBuf>,
    /// The `glibc-hwcaps` directories that this processor can use, best first.
    pub hwcaps: Vec<String>,
    /// Where musl's list of directories is: the part before `-ARCHITECTURE.path`.
    pub musl: PathBuf,
    /// What relative names are relative to.
    pub working_directory: PathBuf,
}

impl LoaderPaths {
    /// Those of the machine that this runs on.
    #[must_use]
    pub fn of_this_machine(working_directory: &Path) -> Self {
        Self {
            cache: "/etc/ld.so.cache".into(),
            preload: "/etc/ld.so.preload".into(),
            directories: Vec::new(),
            hwcaps: hwcaps().into_iter().map(str::to_owned).collect(),
            musl: "/etc/ld-musl".into(),
            working_directory: working_directory.to_owned(),
        }
    }

    /// The last directories for a machine.
    pub(super) fn last(&self, machine: Machine) -> Vec<PathBuf> {
        if !self.directories.is_empty() {
            return self.directories.clone();
        }
        let library = library(machine);
        // Directories of both manners are harmless: one of them is not there.
        ["/", "/usr"]
            .into_iter()
            .map(|top| Path::new(top).join(&library))
            .chain(["/lib".into(), "/usr/lib".into()])
            .collect()
    }
}

/// What `$LIB` stands for.
pub(super) fn library(machine: Machine) -> String {
    if let Some(tuple) = tuple(machine) {
        let library = format!("lib/{tuple}");
        if Path::new("/").join(&library).is_dir() {
            return library;
        }
    }
    if machine.bits == 64 { "lib64" } else { "lib" }.to_owned()
}

/// What `$PLATFORM` stands for, and what musl calls the processor.
pub(super) fn platform(machine: Machine) -> &'static str {
    match (machine.number, machine.bits, machine.little_endian) {
        (3, _, _) => "i686",
        (62, _, _) => "x86_64",
        (183, _, true) => "aarch64",
        (40, _, _) => "v7l",
        (21, 64, true) => "power8",
        (22, 64, _) => "z13",
        _ => "",
    }
}

/// Debian's name for the processor.
fn tuple(machine: Machine) -> Option<&'static str> {
    Some(
        match (machine.number, machine.bits, machine.little_endian) {
            (3, _, _) => "i386-linux-gnu",
            (62, 64, _) => "x86_64-linux-gnu",
            (62, 32, _) => "x86_64-linux-gnux32",
            (183, 64, true) => "aarch64-linux-gnu",
            (40, 32, true) => "arm-linux-gnueabihf",
            (21, 64, true) => "powerpc64le-linux-gnu",
            (22, 64, false) => "s390x-linux-gnu",
            (243, 64, true) => "riscv64-linux-gnu",
            (258, 64, true) => "loongarch64-linux-gnu",
            _ => return None,
        },
    )
}

#[cfg(target_arch = "x86_64")]
fn hwcaps() -> Vec<&'static str> {
    let v2 = is_x86_feature_detected!("cmpxchg16b")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("sse3")
        && is_x86_feature_detected!("sse4.1")
        && is_x86_feature_detected!("sse4.2")
        && is_x86_feature_detected!("ssse3");
    let v3 = v2
        && is_x86_feature_detected!("avx")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("movbe");
    let v4 = v3
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    [(v4, "x86-64-v4"), (v3, "x86-64-v3"), (v2, "x86-64-v2")]
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect()
}

/// POWER and z have such directories too; which a processor may use is not told here.
#[cfg(not(target_arch = "x86_64"))]
fn hwcaps() -> Vec<&'static str> {
    Vec::new()
}
