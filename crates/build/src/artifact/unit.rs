//! What one compiler was told about one source file.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A compilation unit, as its debug information tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Unit {
    /// The source file, as the compiler was given it.
    pub name: Option<String>,
    /// The directory in which the compiler ran.
    pub directory: Option<String>,
    /// `DW_AT_producer`, unchanged.
    pub producer: Option<String>,
    /// The language, such as `c11` or `fortran08`.
    pub language: Option<String>,
    /// Whether source lines are told.
    pub lines: bool,
    /// The optimisation level that the producer recorded.
    pub optimisation: Optimisation,
    /// Whether `NDEBUG` was defined at the end of the file; told by `-g3` only,
    /// and in linked files only.
    pub ndebug: Option<bool>,
    /// The file that holds the rest, where the debug information is split.
    pub split: Option<String>,
}

impl Unit {
    /// The source file with its directory, `.` and `..` resolved by their text.
    #[must_use]
    pub fn source(&self) -> Option<PathBuf> {
        let name = self.name.as_deref()?;
        let path = Path::new(self.directory.as_deref().unwrap_or("")).join(name);
        Some(normal(&path))
    }

    /// Where the compiler wrote the rest of the debug information, if it is split.
    #[must_use]
    pub fn split_file(&self) -> Option<PathBuf> {
        let name = self.split.as_deref()?;
        Some(Path::new(self.directory.as_deref().unwrap_or("")).join(name))
    }

    /// The part of the producer that names the compiler: `GNU C17 12.2.0`.
    #[must_use]
    pub fn tool(&self) -> Option<&str> {
        self.producer.as_deref().map(|text| split_producer(text).0)
    }

    /// The flags that the producer recorded; none where it recorded none.
    #[must_use]
    pub fn flags(&self) -> Vec<&str> {
        let text = self.producer.as_deref().unwrap_or("");
        split_producer(text).1.split_whitespace().collect()
    }

    /// Whether the source lies below one of these directories.
    #[must_use]
    pub fn is_below<P: AsRef<Path>>(&self, directories: &[P]) -> bool {
        self.source().is_some_and(|source| {
            directories
                .iter()
                .any(|directory| source.starts_with(normal(directory.as_ref())))
        })
    }
}

/// How much a compiler was told to optimise.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimisation {
    /// What stands behind `-O`: `0`, `1`, `2`, `3`, `s`, `z`, `g`, `fast`.
    Level(String),
    /// The compiler does not write it down unless it is told to.
    #[default]
    Unknown,
}

impl Optimisation {
    /// What a recorded command line says: the last `-O` wins.
    ///
    /// A compiler that records its flags and was given no `-O` did not
    /// optimise; one that records no flags says nothing.
    #[must_use]
    pub fn of_command_line(line: &str) -> Self {
        let (_, flags) = split_producer(line);
        let mut recorded = false;
        let mut last = None;
        for flag in flags.split_whitespace() {
            recorded |= flag.starts_with('-');
            if let Some(level) = flag.strip_prefix("-O") {
                match level {
                    "" => last = Some("1"),
                    "0" | "1" | "2" | "3" | "4" | "s" | "z" | "g" | "fast" => last = Some(level),
                    _ => {}
                }
            }
        }
        match last {
            Some(level) => Self::Level(level.to_owned()),
            None if recorded => Self::Level("0".to_owned()),
            None => Self::Unknown,
        }
    }
}

/// A producer as the compiler's name and what it recorded of its command line.
///
/// GNU compilers record flags alone; clang records its own path before them.
fn split_producer(text: &str) -> (&str, &str) {
    let mut start = 0;
    for word in text.split(' ') {
        let path = word.starts_with('/') && text.contains("clang version");
        if word.starts_with('-') || path {
            let (tool, flags) = text.split_at(start);
            return (tool.trim_end(), flags);
        }
        start += word.len() + 1;
    }
    (text.trim_end(), "")
}

/// A path without `.` and `..`, by its text alone: the directory may be gone.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !parts.pop() {
                    parts.push("..");
                }
            }
            part => parts.push(part),
        }
    }
    parts
}

/// The units whose source lies below one of these directories.
///
/// What the C library and the compiler put into every program was compiled
/// elsewhere, with flags of its own.
pub fn units_below<'a, P: AsRef<Path>>(
    units: impl IntoIterator<Item = &'a Unit>,
    directories: &[P],
) -> Vec<&'a Unit> {
    units
        .into_iter()
        .filter(|unit| unit.is_below(directories))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(line: &str) -> Optimisation {
        Optimisation::of_command_line(line)
    }

    #[test]
    fn last_level_wins() {
        let gcc = "GNU C17 12.2.0 -mtune=generic -march=x86-64 -g -O3 -O0 -fopenmp";
        assert_eq!(level(gcc), Optimisation::Level("0".into()));
        assert_eq!(level("GNU C17 12.2.0 -O"), Optimisation::Level("1".into()));
        let fast = "GNU Fortran2008 12.2.0 -Ofast -fintrinsic-modules-path x";
        assert_eq!(level(fast), Optimisation::Level("fast".into()));
    }

    #[test]
    fn no_flags_are_not_level_zero() {
        assert_eq!(level("Debian clang version 14.0.6"), Optimisation::Unknown);
        assert_eq!(level("GNU C17 12.2.0"), Optimisation::Unknown);
        assert_eq!(
            level("GNU C17 12.2.0 -g"),
            Optimisation::Level("0".to_owned())
        );
    }

    #[test]
    fn clang_records_its_path() {
        let unit = Unit {
            producer: Some("Debian clang version 14.0.6 /usr/lib/llvm-14/bin/clang -O2 -c".into()),
            ..Unit::default()
        };
        assert_eq!(unit.tool(), Some("Debian clang version 14.0.6"));
        assert_eq!(unit.flags(), ["/usr/lib/llvm-14/bin/clang", "-O2", "-c"]);
    }

    #[test]
    fn sources_are_filtered_by_directory() {
        let unit = |name: &str, directory: &str| Unit {
            name: Some(name.into()),
            directory: Some(directory.into()),
            ..Unit::default()
        };
        let units = [
            unit("../src/a.c", "/home/me/build"),
            unit("/home/me/src-other/b.c", "/home/me"),
            unit("../sysdeps/x86_64/start.S", "./csu"),
        ];
        let kept = units_below(&units, &["/home/me/build/../src"]);
        assert_eq!(kept, [&units[0]]);
    }
}
