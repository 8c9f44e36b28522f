//! What a linked file asks of the loader.

use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, elf};
use serde::Serialize;

use super::finding::openmp_runtime;
use super::source::Data;

/// What a linked file asks of the loader, as it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Dynamic {
    /// The libraries that it needs, in order.
    pub needed: Vec<String>,
    /// Libraries that are loaded when they are first called; PE only.
    pub delayed: Vec<String>,
    /// The name by which others need it: `SONAME`, or a Mach-O install name.
    pub soname: Option<String>,
    /// `DT_RPATH`, or Mach-O's rpaths.
    pub rpath: Vec<String>,
    /// `DT_RUNPATH`.
    pub runpath: Vec<String>,
    /// Whether there is a `DT_RUNPATH`: even an empty one silences `DT_RPATH`.
    pub has_runpath: bool,
    /// The loader that the program names.
    pub interpreter: Option<String>,
    /// Whether the system's directories are closed to it (`-z nodefaultlib`).
    pub no_default_directories: bool,
    /// Whether it is a position independent executable.
    pub pie: bool,
}

impl Dynamic {
    /// The needed libraries that are OpenMP runtimes, such as `libgomp.so.1`.
    #[must_use]
    pub fn openmp_libraries(&self) -> Vec<&str> {
        self.needed
            .iter()
            .chain(&self.delayed)
            .map(String::as_str)
            // Apple's loader is given a path.
            .filter(|name| openmp_runtime(name.rsplit('/').next().unwrap_or(name)).is_some())
            .collect()
    }
}

/// How much of the dynamic string table is believed, in bytes.
const STRINGS: u64 = 64 << 20;

/// What the loader would read; nothing in a file that is not linked dynamically.
///
/// The segments are read and not the sections, as the loader does.
pub(super) fn of_elf<'a, Elf: FileHeader<Endian = Endianness>>(
    header: &'a Elf,
    data: Data<'a>,
) -> object::Result<Option<Dynamic>> {
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    let mut told = Dynamic::default();
    let mut entries: Option<&[Elf::Dyn]> = None;
    for segment in segments {
        if entries.is_none() {
            entries = segment.dynamic(endian, data)?;
        }
        // Debug information that was split off has this header, and nothing behind it.
        if let Ok(Some(name)) = segment.interpreter(endian, data) {
            told.interpreter = Some(String::from_utf8_lossy(name).into_owned());
        }
    }
    let Some(entries) = entries else {
        return Ok(None);
    };
    let strings = strings(endian, segments, entries, data);
    let text = |at: u64| -> String {
        let bytes = usize::try_from(at)
            .ok()
            .and_then(|at| strings.get(at..))
            .unwrap_or(&[]);
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    let list = |at| text(at).split(':').map(str::to_owned).collect();
    for entry in entries {
        let value = entry.val(endian);
        match entry.tag(endian) {
            elf::DT_NULL => break,
            elf::DT_NEEDED => told.needed.push(text(value)),
            elf::DT_SONAME => told.soname = Some(text(value)),
            elf::DT_RPATH => told.rpath = list(value),
            elf::DT_RUNPATH => {
                told.runpath = list(value);
                told.has_runpath = true;
            }
            elf::DT_FLAGS_1 => {
                told.no_default_directories = value & NODEFLIB != 0;
                told.pie = value & PIE != 0;
            }
            _ => {}
        }
    }
    Ok(Some(told))
}

/// `DF_1_NODEFLIB`.
const NODEFLIB: u64 = 0x800;

/// `DF_1_PIE`.
const PIE: u64 = 0x0800_0000;

fn strings<'a, Segment: ProgramHeader<Endian = Endianness>, D: Dyn<Endian = Endianness>>(
    endian: Endianness,
    segments: &'a [Segment],
    entries: &[D],
    data: Data<'a>,
) -> &'a [u8] {
    let value = |tag| {
        entries
            .iter()
            .take_while(|entry| entry.tag(endian) != elf::DT_NULL)
            .find(|entry| entry.tag(endian) == tag)
            .map(|entry| entry.val(endian))
    };
    let (Some(address), Some(size)) = (value(elf::DT_STRTAB), value(elf::DT_STRSZ)) else {
        return &[];
    };
    segments
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
        .find_map(|segment| {
            let start: u64 = segment.p_vaddr(endian).into();
            let offset: u64 = segment.p_offset(endian).into();
            let length: u64 = segment.p_filesz(endian).into();
            let within = address.checked_sub(start).filter(|&w| w < length)?;
            let size = size.min(length - within).min(STRINGS);
            object::ReadRef::read_bytes_at(data, offset.checked_add(within)?, size).ok()
        })
        .unwrap_or(&[])
}
