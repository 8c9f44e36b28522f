//! What a file does when it runs, as a number; and the names of sources that
//! are not in its debug information.

use std::fs::File;
use std::io;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::read::{FileKind, Object, ObjectSection, ObjectSymbol, ReadCache, ReadRef};
use object::{SectionKind, SymbolKind};
use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;

/// What was read of a file.
pub(super) struct Content {
    /// SHA-256 of code, data and the names that are taken from others.
    pub(super) digest: String,
    /// File names of sources, as symbols and stabs have them.
    pub(super) sources: Vec<String>,
    /// Whether there is debug information in the form that is older than DWARF.
    pub(super) stabs: bool,
}

impl Content {
    /// Reads a file; what cannot be parsed is taken as it is.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let cache = ReadCache::new(File::open(path)?);
        let mut reader = Reader::default();
        let directory = path.parent().unwrap_or(Path::new(""));
        if reader.file(&cache, directory).is_none() {
            let length = (&cache).len().unwrap_or(0);
            if let Ok(bytes) = (&cache).read_bytes_at(0, length) {
                reader.hasher.update(bytes);
            }
        }
        Ok(Self {
            digest: hexadecimal(&reader.hasher.finalize()),
            sources: reader.sources,
            stabs: reader.stabs,
        })
    }
}

#[derive(Default)]
struct Reader {
    hasher: Sha256,
    sources: Vec<String>,
    stabs: bool,
}

impl Reader {
    /// `directory` is from where a thin archive names its members.
    fn file(&mut self, cache: &ReadCache<File>, directory: &Path) -> Option<()> {
        let length = cache.len().ok()?;
        let data = cache.range(0, length);
        if FileKind::parse(data).ok()? != FileKind::Archive {
            return self.object(&object::File::parse(data).ok()?);
        }
        let archive = ArchiveFile::parse(data).ok()?;
        for member in archive.members() {
            let member = member.ok()?;
            self.hasher.update(member.name());
            if member.is_thin() {
                let name = String::from_utf8_lossy(member.name());
                let path = directory.join(name.as_ref());
                // Something else of that name would be waited for.
                if std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                    let member = ReadCache::new(File::open(&path).ok()?);
                    let data = member.range(0, (&member).len().ok()?);
                    self.object(&object::File::parse(data).ok()?);
                }
                continue;
            }
            let (offset, size) = member.file_range();
            if let Ok(file) = object::File::parse(cache.range(offset, size)) {
                self.object(&file);
            }
        }
        Some(())
    }

    fn object<'a, R: ReadRef<'a>>(&mut self, file: &object::File<'a, R>) -> Option<()> {
        let mut debugged = false;
        for section in file.sections() {
            let name = section.name().unwrap_or_default().to_owned();
            debugged |= name.ends_with("debug_info");
            if name == ".stabstr" {
                self.stabs = true;
                self.sources
                    .extend(section.data().map(sources_of_stabs).unwrap_or_default());
            }
            if counts(section.kind(), &name) {
                self.hasher.update(&name);
                self.hasher.update(section.size().to_le_bytes());
                self.hasher.update(section.data().unwrap_or_default());
            }
        }
        // That it can be looked into by a debugger is not the same program.
        self.hasher.update([u8::from(debugged)]);
        let mut wanted = Vec::new();
        for symbol in file.symbols().chain(file.dynamic_symbols()) {
            let Ok(name) = symbol.name() else {
                continue;
            };
            if symbol.kind() == SymbolKind::File {
                self.sources.push(name.to_owned());
            } else if symbol.is_undefined() && !name.is_empty() {
                wanted.push(name.to_owned());
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        self.hasher.update(wanted.join("\n"));
        Some(())
    }
}

/// Whether a section decides what runs. What is left out holds addresses, which
/// move with the length of a path, or notes.
fn counts(kind: SectionKind, name: &str) -> bool {
    let moves = [
        ".eh_frame",
        ".got",
        ".interp",
        ".note",
        ".gcc_except_table",
        ".plt",
        ".dyn",
        ".gnu",
        ".comment",
        ".stab",
        ".debug",
    ];
    matches!(
        kind,
        SectionKind::Text
            | SectionKind::Data
            | SectionKind::ReadOnlyData
            | SectionKind::ReadOnlyString
            | SectionKind::Tls
    ) && !moves.iter().any(|start| name.starts_with(start))
}

fn sources_of_stabs(strings: &[u8]) -> Vec<String> {
    strings
        .split(|&byte| byte == 0)
        .filter_map(|text| std::str::from_utf8(text).ok())
        .filter(|text| !text.contains(':') && super::source::is_source(Path::new(text)))
        .map(|text| text.rsplit('/').next().unwrap_or(text).to_owned())
        .collect()
}
