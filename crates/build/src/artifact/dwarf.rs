//! DWARF: which compiler made what, and how it was told to.

use std::borrow::Cow;
use std::collections::HashSet;

use gimli::{
    AttributeValue, DebugMacroOffset, DebuggingInformationEntry, Dwarf, DwarfFileType, MacroEntry,
    MacroIter, Relocate, RunTimeEndian, SectionId, UnitRef,
};
use object::read::{CompressionFormat, Object, ObjectSection, RelocationMap};

use super::source::Data;
use super::unit::{Optimisation, Unit};
use super::window::{Section, Window};

/// How large a section may become when it is decompressed, in bytes.
const DECOMPRESSED: u64 = 1 << 30;

/// What each byte of compressed data may become; zlib cannot exceed 1,032.
const RATIO: u64 = 2048;

/// How many pieces of macro information are followed for one unit.
const IMPORTS: usize = 4096;

/// What the debug information of one object told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) units: Vec<Unit>,
    pub(super) compressed: bool,
    pub(super) problems: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Moves<'a>(&'a RelocationMap);

impl Relocate for Moves<'_> {
    fn relocate_address(&self, offset: usize, value: u64) -> gimli::Result<u64> {
        Ok(self.0.relocate(offset as u64, value))
    }

    fn relocate_offset(&self, offset: usize, value: usize) -> gimli::Result<usize> {
        gimli::ReaderOffset::from_u64(self.0.relocate(offset as u64, value as u64))
    }
}

type Reader<'a> = gimli::RelocateReader<Window<'a>, Moves<'a>>;

/// A section that is held while it is read.
struct Held<'a> {
    section: Section<'a>,
    unpacked: Vec<u8>,
    moves: RelocationMap,
}

/// The units of an object, without what is inside them.
pub(super) fn units<'a>(file: &object::File<'a, Data<'a>>, data: Data<'a>) -> Told {
    let mut told = Told::default();
    if file.section_by_name(".debug_info").is_some() {
        read(file, data, DwarfFileType::Main, &mut told);
    } else if file.section_by_name(".debug_info.dwo").is_some() {
        read(file, data, DwarfFileType::Dwo, &mut told);
    }
    told
}

fn read<'a>(
    file: &object::File<'a, Data<'a>>,
    data: Data<'a>,
    file_type: DwarfFileType,
    told: &mut Told,
) {
    let endian = if file.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    // An absent section is an empty one.
    let sections = gimli::DwarfSections::load(|id| {
        let name = match file_type {
            DwarfFileType::Main => Some(id.name()),
            DwarfFileType::Dwo => id.dwo_name(),
        };
        Ok::<_, std::convert::Infallible>(
            wanted(id)
                .then_some(name)
                .flatten()
                .map_or_else(Held::empty, |name| held(file, data, name, told)),
        )
    });
    let Ok(sections) = sections;
    let mut dwarf = sections.borrow(|held| {
        let section = match held.section {
            Section::Memory(_) => Section::Memory(&held.unpacked),
            file => file,
        };
        Reader::new(Window::new(section, endian), Moves(&held.moves))
    });
    dwarf.file_type = file_type;
    if let Err(error) = walk(&dwarf, told) {
        told.problems.push(format!("debug information: {error}"));
    }
    // An object file has its macros in several sections of one name, and what
    // one imports of another is known when they are linked.
    if file.kind() == object::ObjectKind::Relocatable && has_parted_macros(file) {
        for unit in &mut told.units {
            unit.ndebug = None;
        }
    }
}

fn has_parted_macros<'a>(file: &object::File<'a, Data<'a>>) -> bool {
    file.sections()
        .filter(|section| section.name_bytes() == Ok(b".debug_macro"))
        .nth(1)
        .is_some()
}

/// Whether a section says anything of what is asked here.
fn wanted(id: SectionId) -> bool {
    matches!(
        id,
        SectionId::DebugAbbrev
            | SectionId::DebugAddr
            | SectionId::DebugInfo
            | SectionId::DebugLine
            | SectionId::DebugLineStr
            | SectionId::DebugMacro
            | SectionId::DebugMacinfo
            | SectionId::DebugStr
            | SectionId::DebugStrOffsets
    )
}

impl Held<'_> {
    fn empty() -> Self {
        Self {
            section: Section::Memory(&[]),
            unpacked: Vec::new(),
            moves: RelocationMap::default(),
        }
    }
}

fn held<'a>(
    file: &object::File<'a, Data<'a>>,
    data: Data<'a>,
    name: &str,
    told: &mut Told,
) -> Held<'a> {
    let mut held = Held::empty();
    let Some(section) = file.section_by_name(name) else {
        return held;
    };
    let Ok(range) = section.compressed_file_range() else {
        told.problems.push(format!("{name}: no such bytes"));
        return held;
    };
    if range.format == CompressionFormat::None {
        let len = usize::try_from(range.uncompressed_size).unwrap_or(0);
        held.section = Section::File(data, range.offset, len);
    } else {
        told.compressed = true;
        let limit = DECOMPRESSED.min(range.compressed_size.saturating_mul(RATIO));
        if range.uncompressed_size > limit {
            let size = range.uncompressed_size;
            told.problems
                .push(format!("{name}: {size} bytes when decompressed, not read"));
            return held;
        }
        match section.uncompressed_data().map(Cow::into_owned) {
            Ok(bytes) => held.unpacked = bytes,
            Err(error) => told.problems.push(format!("{name}: {error}")),
        }
    }
    // Linked files have nothing to move, and thousands of sections to look through.
    if file.kind() == object::ObjectKind::Relocatable {
        for (offset, relocation) in section.relocations() {
            // What cannot be applied is an address, and no address is asked for.
            let _unsupported = held.moves.add(file, offset, relocation);
        }
    }
    held
}

fn walk<'a>(dwarf: &Dwarf<Reader<'a>>, told: &mut Told) -> gimli::Result<()> {
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let offset = header.offset();
        match dwarf.unit(header) {
            Ok(unit) => match describe(unit.unit_ref(dwarf)) {
                Ok(Some(unit)) => told.units.push(unit),
                Ok(None) => {}
                Err(error) => told.problems.push(format!("unit at {offset:?}: {error}")),
            },
            Err(error) => told.problems.push(format!("unit at {offset:?}: {error}")),
        }
        // A file of noise has one complaint for every few bytes.
        if told.problems.len() > 16 {
            return Ok(());
        }
    }
    Ok(())
}

fn describe<'a>(unit: UnitRef<'_, Reader<'a>>) -> gimli::Result<Option<Unit>> {
    let mut entries = unit.entries();
    let Some(root) = entries.next_dfs()? else {
        return Ok(None);
    };
    if !matches!(
        root.tag(),
        gimli::DW_TAG_compile_unit | gimli::DW_TAG_skeleton_unit
    ) {
        return Ok(None);
    }
    let text = |name| -> Option<String> {
        let value = root.attr_value(name)?;
        let text = unit.attr_string(value).ok()?;
        gimli::Reader::to_string_lossy(&text)
            .ok()
            .map(Cow::into_owned)
    };
    let producer = text(gimli::DW_AT_producer);
    let macros = macros(unit, root);
    let language = match root.attr_value(gimli::DW_AT_language) {
        Some(AttributeValue::Language(language)) => language
            .static_string()
            .and_then(|name| name.strip_prefix("DW_LANG_"))
            .map(str::to_ascii_lowercase),
        _ => None,
    };
    Ok(Some(Unit {
        name: text(gimli::DW_AT_name),
        directory: text(gimli::DW_AT_comp_dir),
        optimisation: producer
            .as_deref()
            .map_or(Optimisation::Unknown, Optimisation::of_command_line),
        producer,
        language,
        lines: unit.line_program.is_some(),
        ndebug: macros.and_then(|macros| ndebug(unit, macros)),
        split: text(gimli::DW_AT_dwo_name).or_else(|| text(gimli::DW_AT_GNU_dwo_name)),
    }))
}

/// The macro information of a unit, in DWARF 5's form, GNU's or the oldest.
fn macros<'a>(
    unit: UnitRef<'_, Reader<'a>>,
    root: &DebuggingInformationEntry<Reader<'a>>,
) -> Option<MacroIter<Reader<'a>>> {
    for name in [gimli::DW_AT_macros, gimli::DW_AT_GNU_macros] {
        match root.attr_value(name) {
            Some(AttributeValue::DebugMacroRef(offset)) => return unit.macros(offset).ok(),
            Some(AttributeValue::SecOffset(offset)) => {
                return unit.macros(DebugMacroOffset(offset)).ok();
            }
            _ => {}
        }
    }
    match root.attr_value(gimli::DW_AT_macro_info)? {
        AttributeValue::DebugMacinfoRef(offset) => unit.macinfo(offset).ok(),
        _ => None,
    }
}

/// Whether `NDEBUG` is defined when the file ends; nothing where the macro
/// information is there and cannot be read to its end.
fn ndebug<'a>(unit: UnitRef<'_, Reader<'a>>, start: MacroIter<Reader<'a>>) -> Option<bool> {
    let mut defined = false;
    let mut seen = HashSet::new();
    // Imports stand where they are imported, so what waits is what comes after them.
    let mut waiting = vec![start];
    while let Some(mut entries) = waiting.pop() {
        while let Some(entry) = entries.next().ok()? {
            match entry {
                MacroEntry::Define { text, .. } => {
                    let text = text.string(unit).ok()?;
                    if starts_with_word(text, b"NDEBUG") {
                        defined = true;
                    }
                }
                MacroEntry::Undef { name, .. } => {
                    let name = name.string(unit).ok()?;
                    if starts_with_word(name, b"NDEBUG") {
                        defined = false;
                    }
                }
                // What is imported twice says the same twice.
                MacroEntry::Import { offset } if seen.insert(offset) => {
                    if seen.len() > IMPORTS {
                        return None;
                    }
                    waiting.push(entries);
                    entries = unit.macros(offset).ok()?;
                }
                _ => {}
            }
        }
    }
    Some(defined)
}

fn starts_with_word<'a>(mut text: Reader<'a>, word: &[u8; 6]) -> bool {
    use gimli::Reader as _;
    let mut start = [0; 6];
    if text.read_slice(&mut start).is_err() || start != *word {
        return false;
    }
    text.is_empty() || matches!(text.read_u8(), Ok(b' ' | b'('))
}
