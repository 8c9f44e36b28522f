//! A file as what a compiler and a linker made.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use object::ReadRef;
use object::read::archive::ArchiveFile;
use object::read::{FileKind, ReadCache};
use serde::Serialize;

use super::dynamic::Dynamic;
use super::error::ArtifactError;
use super::foreign;
use super::image::{Format, Image, Role, image};
use super::source::{Blocks, Data, cached};
use super::symbol::Symbols;
use super::unit::{Optimisation, Unit};

/// Whether failed assertions are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assertions {
    /// `assert` was compiled in.
    Present,
    /// `NDEBUG` was defined, as the macro information says.
    Absent,
    /// No `assert` is to be seen: it was compiled out, or there was none.
    Unknown,
}

/// An answer with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Evidence<T> {
    /// The answer.
    pub answer: T,
    /// What in the file says so, as sentences without a full stop.
    pub because: Vec<String>,
}

/// A file that a compiler or linker made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Artifact {
    /// The file, as it was asked for.
    pub path: PathBuf,
    /// Its format; an archive has that of its members.
    pub format: Format,
    /// What it is for.
    pub role: Role,
    /// Its objects; one, unless it is an archive or for several architectures.
    pub images: Vec<Image>,
    /// Members of an archive that are no object files, such as LLVM bitcode.
    pub passed_over: Vec<String>,
    /// Whether it is a thin archive, whose members are files elsewhere.
    pub thin: bool,
}

impl Artifact {
    /// Reads a file. What its headers say it has is read, and nothing else.
    ///
    /// Where its debug information is split, the files that hold the rest are
    /// read too, if they are still where the compiler wrote them; so are the
    /// members of a thin archive.
    ///
    /// # Errors
    /// [`ArtifactError`] if the file cannot be read, or is none of the formats,
    /// or breaks the rules of its format so much that it cannot be told.
    /// What is wrong in one part alone is noted in [`Image::problems`].
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        let failed = |source| ArtifactError::Read {
            path: path.to_owned(),
            source,
        };
        // Before it is opened: opening a pipe waits.
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(ArtifactError::NotAFile {
                path: path.to_owned(),
            });
        }
        let mut artifact = Self::of_stream(path, File::open(path).map_err(failed)?)?;
        artifact.gather();
        artifact.complete();
        Ok(artifact)
    }

    /// Reads bytes that are already in memory; `path` is for messages.
    ///
    /// # Errors
    /// As [`Artifact::read`].
    pub fn of_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        Self::of_stream(path, Cursor::new(bytes))
    }

    /// Reads the members of a thin archive, which are named from where it is.
    fn gather(&mut self) {
        if !self.thin {
            return;
        }
        let directory = self.path.parent().unwrap_or(Path::new("")).to_owned();
        for name in std::mem::take(&mut self.passed_over) {
            match of_file(&directory.join(&name)) {
                Some(file) if file.role != Role::Archive => {
                    let images = file.images.into_iter();
                    self.images.extend(images.map(|image| Image {
                        member: Some(name.clone()),
                        ..image
                    }));
                }
                _ => self.passed_over.push(name),
            }
        }
        if let Some(first) = self.images.first() {
            self.format = first.format;
        }
    }

    /// Fills in what the debug information has elsewhere.
    fn complete(&mut self) {
        for unit in self.images.iter_mut().flat_map(|image| &mut image.units) {
            // A unit that names its source is whole, wherever its types are.
            if unit.name.is_some() {
                continue;
            }
            let Some(path) = unit.split_file() else {
                continue;
            };
            let found = of_file(&path).and_then(|rest| rest.units().next().cloned());
            if let Some(found) = found {
                *unit = Unit {
                    directory: found.directory.or(unit.directory.take()),
                    lines: unit.lines,
                    split: unit.split.take(),
                    ..found
                };
            }
        }
    }

    fn of_stream<S: Read + Seek + 'static>(path: &Path, stream: S) -> Result<Self, ArtifactError> {
        let cache = cached(stream).map_err(|source| ArtifactError::Read {
            path: path.to_owned(),
            source,
        })?;
        let length = (&cache).len().unwrap_or(0);
        let data = cache.range(0, length);
        let malformed = |format, problem: object::Error| ArtifactError::Malformed {
            path: path.to_owned(),
            format,
            problem: problem.to_string(),
        };
        let Ok(kind) = FileKind::parse(data) else {
            return Err(ArtifactError::Unrecognised {
                path: path.to_owned(),
                start: start(data),
            });
        };
        let mut artifact = Self {
            path: path.to_owned(),
            format: Format::Unknown,
            role: Role::Other,
            images: Vec::new(),
            passed_over: Vec::new(),
            thin: false,
        };
        match kind {
            FileKind::Archive => {
                artifact.role = Role::Archive;
                artifact
                    .members(&cache, length)
                    .map_err(|problem| malformed("archive", problem))?;
            }
            FileKind::MachOFat32 | FileKind::MachOFat64 => {
                let parts = foreign::architectures(kind, data)
                    .map_err(|problem| malformed("Mach-O", problem))?;
                for (offset, size) in parts {
                    let part = cache.range(offset, size);
                    artifact
                        .images
                        .push(image(part, None).map_err(|problem| malformed("Mach-O", problem))?);
                }
            }
            kind => {
                let image = image(data, None).map_err(|problem| malformed(name(kind), problem))?;
                artifact.images.push(image);
            }
        }
        if let Some(first) = artifact.images.first() {
            artifact.format = first.format;
            if artifact.role != Role::Archive {
                artifact.role = first.role;
            }
        }
        Ok(artifact)
    }

    fn members(&mut self, cache: &ReadCache<Blocks>, length: u64) -> object::Result<()> {
        let archive = ArchiveFile::parse(cache.range(0, length))?;
        self.thin = archive.is_thin();
        for member in archive.members() {
            let member = member?;
            let name = String::from_utf8_lossy(member.name()).into_owned();
            if member.is_thin() {
                self.passed_over.push(name);
                continue;
            }
            let (offset, size) = member.file_range();
            match image(cache.range(offset, size), Some(&name)) {
                Ok(image) => self.images.push(image),
                Err(_) => self.passed_over.push(name),
            }
        }
        Ok(())
    }

    /// The compilation units of all objects.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.images.iter().flat_map(|image| &image.units)
    }

    /// What compilers and linkers wrote about themselves, once each.
    #[must_use]
    pub fn comments(&self) -> Vec<&str> {
        unique(self.images.iter().flat_map(|image| &image.comments))
    }

    /// The recorded command lines of all objects, once each.
    #[must_use]
    pub fn command_lines(&self) -> Vec<&str> {
        unique(self.images.iter().flat_map(|image| &image.command_lines))
    }

    /// The symbols of all objects; what one needs and another has is not undefined.
    #[must_use]
    pub fn symbols(&self) -> Symbols {
        let mut all = Symbols::default();
        for image in &self.images {
            all.absorb(&image.symbols);
        }
        all.settle();
        all
    }

    /// What the first object asks of the loader.
    #[must_use]
    pub fn dynamic(&self) -> Option<&Dynamic> {
        self.images.iter().find_map(|image| image.dynamic.as_ref())
    }

    /// How many units have source lines.
    #[must_use]
    pub fn units_with_lines(&self) -> usize {
        self.units().filter(|unit| unit.lines).count()
    }

    /// The optimisation levels of these units, or of the recorded command lines
    /// where no unit tells; sorted, once each.
    #[must_use]
    pub fn optimisation<'a>(&self, units: impl IntoIterator<Item = &'a Unit>) -> Vec<Optimisation> {
        let mut levels: Vec<_> = units
            .into_iter()
            .map(|unit| unit.optimisation.clone())
            .collect();
        let told = |level: &Optimisation| *level != Optimisation::Unknown;
        if !levels.iter().any(told) {
            let recorded: Vec<_> = self
                .command_lines()
                .into_iter()
                .map(Optimisation::of_command_line)
                .filter(told)
                .collect();
            if !recorded.is_empty() {
                levels = recorded;
            }
        }
        levels.sort();
        levels.dedup();
        levels
    }

    /// Whether `assert` was compiled in, anywhere in the file: the call of a
    /// failed assertion may also be from a library that was linked statically.
    #[must_use]
    pub fn assertions(&self) -> Evidence<Assertions> {
        let symbols = self.symbols();
        let mut because: Vec<String> = symbols
            .assertion
            .undefined
            .iter()
            .map(|name| format!("`{name}` is called"))
            .collect();
        if !because.is_empty() {
            return Evidence {
                answer: Assertions::Present,
                because,
            };
        }
        let told: Vec<_> = self
            .units()
            .filter_map(|unit| Some((unit, unit.ndebug?)))
            .collect();
        for (unit, ndebug) in &told {
            let name = unit.name.as_deref().unwrap_or("a unit");
            let word = if *ndebug { "has" } else { "does not have" };
            because.push(format!("`{name}` {word} NDEBUG defined"));
        }
        let answer = if !told.is_empty() && told.iter().all(|(_, ndebug)| *ndebug) {
            Assertions::Absent
        } else {
            because.push("no call of a failed assertion".to_owned());
            Assertions::Unknown
        };
        Evidence { answer, because }
    }
}

/// What can be read of a file that another one names.
fn of_file(path: &Path) -> Option<Artifact> {
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let file = is_file.then(|| File::open(path).ok())??;
    Artifact::of_stream(path, file).ok()
}

fn unique<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    texts
        .map(String::as_str)
        .filter(|text| seen.insert(*text))
        .collect()
}

fn name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Elf32 | FileKind::Elf64 => "ELF",
        FileKind::Pe32 | FileKind::Pe64 => "PE",
        FileKind::MachO32 | FileKind::MachO64 => "Mach-O",
        FileKind::Coff | FileKind::CoffBig | FileKind::CoffImport => "COFF",
        _ => "binary",
    }
}

/// The first bytes of a file, for a message.
fn start(data: Data<'_>) -> String {
    let length = data.len().unwrap_or(0).min(12);
    let bytes = data.read_bytes_at(0, length).unwrap_or(&[]);
    if bytes.is_empty() {
        return "nothing: it is empty".to_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => {
            format!("`{}`", text.lines().next().unwrap_or(""))
        }
        _ => bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" "),
    }
}
