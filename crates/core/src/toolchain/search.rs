//! Where compilers are looked for, and which files may be compilers.

use std::collections::HashMap;

use regex_lite::Regex;
use serde::Deserialize;

use super::identify::check_pattern;
use super::knowledge::KnowledgeBase;
use super::layer::check_format;
use super::selector::{ArchSet, OsSet};
use crate::document::{Document, UniqueMap, objects};
use crate::error::Error;
use crate::name::{Arch, Language, Target};
use crate::version::Version;

/// Directories in which a maker's installer puts programs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchPlace {
    #[serde(default)]
    os: OsSet,
    #[serde(default)]
    arch: ArchSet,
    /// The directories; `*` stands for anything within one component, and a
    /// leading `{NAME}` for the value of an environment variable.
    pub directories: Vec<String>,
    /// What says so.
    pub source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

impl SearchPlace {
    /// Whether it is there on a system.
    #[must_use]
    pub fn is_for(&self, target: Target) -> bool {
        self.os.has(target.os) && self.arch.has(target.arch)
    }
}

/// How a driver's command line is shaped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Dialect {
    /// `-o FILE`, `-c`, `-I`.
    #[default]
    Unix,
    /// `/Fe:FILE`, `/c`, and the linker's options after `/link`.
    Msvc,
}

/// The dialect of a family on some systems.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DialectRow {
    #[serde(default)]
    pub(crate) os: OsSet,
    pub(crate) dialect: Dialect,
}

/// What finding needs of a family's document; the rest is passed over.
#[derive(Clone, Debug, Deserialize)]
struct FamilySearch {
    #[serde(default)]
    executables: UniqueMap<Language, Vec<String>>,
    #[serde(default)]
    places: Vec<SearchPlace>,
}

/// How a program tells what it is: arguments, and what it prints then.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintedMark {
    /// Arguments.
    pub arguments: Vec<String>,
    /// Regular expression, with the group `version` where there is one.
    pub pattern: String,
    /// What says so.
    #[serde(default)]
    pub source: Option<String>,
}

impl PrintedMark {
    /// The version that a text tells, `Some(None)` where it is there without
    /// one, `None` where the text is not this program's.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Option<Version>> {
        let captures = Regex::new(&self.pattern).ok()?.captures(text)?;
        let version = captures.name("version");
        Some(version.and_then(|found| Version::from_printed(found.as_str())))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        check_pattern(&self.pattern, None)
    }
}

/// What tells a wrapper apart by where it is and what is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marks {
    /// Directories, as in [`SearchPlace::directories`].
    #[serde(default)]
    pub directories: Vec<String>,
    /// Environment variables that are set where it is in use.
    #[serde(default)]
    pub variables: Vec<String>,
}

/// A program that stands before a compiler.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launcher {
    /// Identifier, such as `ccache`.
    pub id: String,
    /// Its maker's name for it.
    pub name: String,
    /// Names of its executable.
    pub executables: Vec<String>,
    /// What it prints.
    #[serde(default)]
    pub banner: Option<PrintedMark>,
    /// Where it is.
    #[serde(default)]
    pub marks: Option<Marks>,
    /// What says so.
    pub source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LaunchersDocument {
    format_version: u32,
    #[serde(default)]
    generic: UniqueMap<Language, Vec<String>>,
    #[serde(default, deserialize_with = "objects")]
    launchers: Vec<Launcher>,
    #[serde(default, deserialize_with = "objects")]
    drivers: Vec<Launcher>,
}

/// A name that a driver may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverName {
    /// The executable's name without prefix, version and `.exe`.
    pub base: String,
    /// Arguments that are part of the name (`zig cc`).
    pub arguments: Vec<String>,
    /// The language it is a driver of.
    pub language: Language,
    /// Whether any family may have it (`cc`), so that another name says more.
    pub generic: bool,
}

/// Everything that finding compilers goes by.
#[derive(Clone, Debug, Default)]
pub struct SearchRules {
    names: Vec<DriverName>,
    /// Where the names of a base stand among all.
    index: HashMap<String, Vec<usize>>,
    /// Directories beside those of `PATH`.
    pub places: Vec<SearchPlace>,
    /// Programs that start the compiler they are given (`ccache gcc`), or pass
    /// for it under a link of its name.
    pub launchers: Vec<Launcher>,
    /// Programs that choose a compiler themselves and answer as it does.
    pub drivers: Vec<Launcher>,
}

/// The parts of an executable's file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutableName<'a> {
    /// `x86_64-w64-mingw32` of `x86_64-w64-mingw32-gcc`; empty where there is none.
    pub prefix: &'a str,
    /// `gcc`.
    pub base: &'a str,
    /// `12` of `gcc-12`, `posix` of `…-gcc-posix`; empty where there is none.
    pub suffix: &'a str,
}

impl<'a> ExecutableName<'a> {
    /// Suffixes that stand for a thread model or a binary interface.
    const MODELS: [&'static str; 3] = ["posix", "win32", "mcf"];

    /// Takes a file name apart around `base`, or `None` where it is not
    /// `[TRIPLE-]BASE[-VERSION][.exe]`.
    #[must_use]
    pub fn around(file: &'a str, base: &str) -> Option<Self> {
        let stem = without_suffix(file);
        for (at, found) in stem.match_indices(base) {
            let (before, after) = (&stem[..at], &stem[at + base.len()..]);
            let prefix = match before.strip_suffix('-') {
                Some(prefix) if is_prefix(prefix) => prefix,
                None if before.is_empty() => "",
                _ => continue,
            };
            let suffix = match after.strip_prefix('-') {
                Some(suffix) if is_suffix(suffix) => suffix,
                None if after.is_empty() => "",
                // `gcc12` of FreeBSD's ports, `clang15`.
                None if is_version(after) => after,
                _ => continue,
            };
            return Some(Self {
                prefix,
                base: found,
                suffix,
            });
        }
        None
    }
}

/// A name without what Windows appends to it.
fn without_suffix(file: &str) -> &str {
    let suffixes = [".exe", ".EXE"].iter();
    suffixes
        .into_iter()
        .find_map(|suffix| file.strip_suffix(suffix))
        .unwrap_or(file)
}

fn is_prefix(prefix: &str) -> bool {
    let arch = prefix.split('-').next().unwrap_or_default();
    // `musl-gcc` is a compiler for another C library, not for another machine.
    prefix == "musl" || prefix.contains('-') && is_arch(arch)
}

fn is_arch(word: &str) -> bool {
    word.parse::<Arch>().is_ok()
        || [
            "arm",
            "mips",
            "riscv",
            "powerpc",
            "sparc",
            "loongarch",
            "wasm",
            "avr",
            "m68k",
            "alpha",
            "hppa",
            "sh",
        ]
        .iter()
        .any(|stem| word.starts_with(stem))
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !text.ends_with('.')
}

fn is_suffix(suffix: &str) -> bool {
    match suffix.rsplit_once('-') {
        Some((version, model)) => is_version(version) && ExecutableName::MODELS.contains(&model),
        None => is_version(suffix) || ExecutableName::MODELS.contains(&suffix),
    }
}

impl SearchRules {
    /// The driver names that a file name may stand for, the longest base first:
    /// `clang-cl-14` is `clang-cl`, and `x86_64-linux-gnu-gcc-12` is `gcc`.
    #[must_use]
    pub fn drivers_of<'a>(&'a self, file: &'a str) -> Vec<(&'a DriverName, ExecutableName<'a>)> {
        let stem = without_suffix(file);
        // Only what begins the name or follows a dash, and ends it or precedes one,
        // can be a base: most of a directory's names are looked up once or twice.
        let dashes = || stem.match_indices('-').map(|(at, _)| at);
        let mut found: Vec<(usize, ExecutableName<'_>)> = Vec::new();
        for start in std::iter::once(0).chain(dashes().map(|at| at + 1)) {
            let rest = &stem[start..];
            let numbered = rest
                .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
            let ends = dashes().filter(|&at| at > start).map(|at| at - start);
            let mut tried = [None; 2];
            for end in ends.chain([rest.len(), numbered]) {
                if end == 0 || tried.contains(&Some(end)) {
                    continue;
                }
                tried = [Some(end), tried[0]];
                let Some(numbers) = self.index.get(&rest[..end]) else {
                    continue;
                };
                if let Some(name) = ExecutableName::around(file, &rest[..end]) {
                    found.extend(numbers.iter().map(|&number| (number, name)));
                }
            }
        }
        found.sort_by_key(|(number, _)| *number);
        found.dedup_by_key(|(number, _)| *number);
        let names = found.into_iter();
        names
            .map(|(number, name)| (&self.names[number], name))
            .collect()
    }
}

impl KnowledgeBase {
    /// What finding compilers goes by. Reads of the families no more than it needs.
    ///
    /// # Errors
    /// A document that does not load.
    pub fn search_rules(&self) -> Result<SearchRules, Error> {
        let mut rules = SearchRules::default();
        for (_, document) in self.family_documents() {
            let family: FamilySearch = document.json()?;
            for (&language, executables) in family.executables.iter() {
                for executable in executables {
                    rules.add(executable, language, false);
                }
            }
            rules.places.extend(family.places);
        }
        if let Some(document) = self.launchers_document() {
            let launchers: LaunchersDocument = document.json()?;
            check_format(document, launchers.format_version)?;
            for (&language, executables) in launchers.generic.iter() {
                for executable in executables {
                    rules.add(executable, language, true);
                }
            }
            rules.launchers = launchers.launchers;
            rules.drivers = launchers.drivers;
        }
        rules.names.sort_by(|a, b| {
            (b.base.len(), &a.base, a.language).cmp(&(a.base.len(), &b.base, b.language))
        });
        rules.names.dedup();
        rules.make_index();
        Ok(rules)
    }
}

impl SearchRules {
    fn make_index(&mut self) {
        for (number, name) in self.names.iter().enumerate() {
            let numbers = self.index.entry(name.base.clone()).or_default();
            numbers.push(number);
        }
    }

    fn add(&mut self, executable: &str, language: Language, generic: bool) {
        let mut words = executable.split(' ').map(str::to_owned);
        let base = words.next().unwrap_or_default();
        self.names.push(DriverName {
            base,
            arguments: words.collect(),
            language,
            generic,
        });
    }
}

/// Reads the launchers' document only to hold it to the rules.
pub(super) fn check_launchers(document: &Document) -> Result<(), Error> {
    let launchers: LaunchersDocument = document.json()?;
    check_format(document, launchers.format_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_come_apart() {
        for (file, base, expected) in [
            ("gcc", "gcc", Some(("", ""))),
            ("gcc-12", "gcc", Some(("", "12"))),
            ("gcc12", "gcc", Some(("", "12"))),
            ("gcc-12.exe", "gcc", Some(("", "12"))),
            ("clang-14.0.6", "clang", Some(("", "14.0.6"))),
            ("flang-new-19", "flang-new", Some(("", "19"))),
            (
                "aarch64-linux-gnu-gcc",
                "gcc",
                Some(("aarch64-linux-gnu", "")),
            ),
            (
                "x86_64-w64-mingw32-gcc-posix",
                "gcc",
                Some(("x86_64-w64-mingw32", "posix")),
            ),
            (
                "x86_64-w64-mingw32-gcc-12-win32",
                "gcc",
                Some(("x86_64-w64-mingw32", "12-win32")),
            ),
            ("musl-gcc", "gcc", Some(("musl", ""))),
            ("gcc-ar-12", "gcc", None),
            ("gcc-nm", "gcc", None),
            ("c++filt", "c++", None),
            ("clang-cpp-14", "clang", None),
            ("clang-format-14", "clang", None),
            ("clang-cl-14", "clang", None),
            ("clang-cl-14", "clang-cl", Some(("", "14"))),
            ("c89-gcc", "gcc", None),
            ("afl-gcc", "gcc", None),
            ("g++", "gcc", None),
            ("gcc-12.", "gcc", None),
        ] {
            let found = ExecutableName::around(file, base);
            assert_eq!(
                found.map(|name| (name.prefix, name.suffix)),
                expected,
                "{file} as {base}"
            );
        }
    }

    #[test]
    fn the_index_finds_what_the_parts_say() {
        let mut rules = SearchRules::default();
        for base in [
            "gcc",
            "g++",
            "clang",
            "clang-cl",
            "clang++",
            "flang-new",
            "flang",
            "c++",
            "cc",
        ] {
            rules.add(base, Language::C, false);
        }
        rules.make_index();
        for file in [
            "gcc",
            "gcc-12",
            "gcc12",
            "x86_64-w64-mingw32-gcc-12-posix",
            "musl-gcc",
            "clang-cl-14",
            "clang++-14",
            "flang-new-19",
            "flang-19",
            "c++filt",
            "gcc-ar-12",
            "clang-format",
            "cc",
            "c++-12",
            "aarch64-linux-gnu-g++",
            "gcc-12.exe",
            "-gcc",
            "gcc-",
            "-",
            "",
            "12",
            "ccc",
        ] {
            let mut slow: Vec<&str> = rules
                .names
                .iter()
                .filter(|name| ExecutableName::around(file, &name.base).is_some())
                .map(|name| name.base.as_str())
                .collect();
            slow.sort_unstable();
            let found = rules.drivers_of(file);
            let mut fast: Vec<&str> = found.iter().map(|(name, _)| name.base.as_str()).collect();
            fast.sort_unstable();
            assert_eq!(fast, slow, "{file}");
        }
    }
}
