//! One object: what its sections and symbols tell.

use object::read::elf::{FileHeader, Sym};
use object::read::{Object, ObjectKind, ObjectSection, ObjectSymbol};
use object::{Endianness, elf};
use serde::Serialize;

use super::dynamic::{self, Dynamic};
use super::source::Data;
use super::symbol::Symbols;
use super::unit::Unit;
use super::{dwarf, foreign};

/// The family of file formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Linux and most Unix systems.
    Elf,
    /// Windows: linked files, and object files (COFF).
    Pe,
    /// Apple's systems.
    MachO,
    /// An archive in which nothing is an object file.
    Unknown,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It can be started.
    Executable,
    /// It is loaded by others.
    SharedLibrary,
    /// Object files for the linker.
    Archive,
    /// One object file for the linker.
    Object,
    /// A core dump, debug information alone, or the like.
    Other,
}

/// One object of a file: the file itself, or a member of an archive, or the
/// part of a Mach-O file for one architecture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Image {
    /// The member's name in the archive.
    pub member: Option<String>,
    /// The format of this object.
    pub format: Format,
    /// What this object is for.
    pub role: Role,
    /// The processor, such as `x86_64`.
    pub architecture: String,
    /// Size of an address, in bits.
    pub bits: u8,
    /// Whether the least significant byte comes first.
    pub little_endian: bool,
    /// What compilers and linkers wrote about themselves, once each.
    pub comments: Vec<String>,
    /// Command lines that `-frecord-gcc-switches` or the like wrote.
    pub command_lines: Vec<String>,
    /// The compilation units of the debug information.
    pub units: Vec<Unit>,
    /// Whether debug sections were compressed.
    pub compressed: bool,
    /// Names of the source files, as the symbols have them.
    pub sources: Vec<String>,
    /// The symbols that tell how the file was built.
    pub symbols: Symbols,
    /// Whether it holds what is compiled when it is linked: GNU's `-flto`.
    pub lto: bool,
    /// What it asks of the loader; nothing in a static program or an object file.
    pub dynamic: Option<Dynamic>,
    /// What could not be read, and why.
    pub problems: Vec<String>,
}

/// Reads one object.
pub(super) fn image(data: Data<'_>, member: Option<&str>) -> object::Result<Image> {
    let file = object::File::parse(data)?;
    let format = match file.format() {
        object::BinaryFormat::Elf => Format::Elf,
        object::BinaryFormat::Pe | object::BinaryFormat::Coff => Format::Pe,
        object::BinaryFormat::MachO => Format::MachO,
        _ => Format::Unknown,
    };
    let told = dwarf::units(&file, data);
    let mut image = Image {
        member: member.map(str::to_owned),
        format,
        role: match file.kind() {
            ObjectKind::Executable => Role::Executable,
            ObjectKind::Dynamic => Role::SharedLibrary,
            ObjectKind::Relocatable => Role::Object,
            _ => Role::Other,
        },
        architecture: format!("{:?}", file.architecture()).to_ascii_lowercase(),
        bits: if file.is_64() { 64 } else { 32 },
        little_endian: file.is_little_endian(),
        comments: strings(&file, ".comment"),
        command_lines: strings(&file, ".GCC.command.line"),
        units: told.units,
        compressed: told.compressed,
        sources: Vec::new(),
        symbols: Symbols::default(),
        lto: false,
        dynamic: None,
        problems: told.problems,
    };
    match &file {
        object::File::Elf32(elf) => {
            image.elf_symbols(elf);
            image.postponed(&file);
            image.elf_dynamic(elf.elf_header(), data);
        }
        object::File::Elf64(elf) => {
            image.elf_symbols(elf);
            image.postponed(&file);
            image.elf_dynamic(elf.elf_header(), data);
        }
        other => {
            image.other_symbols(other);
            foreign::describe(&mut image, other);
        }
    }
    Ok(image)
}

/// The strings of a section that is made of them, once each, in order.
fn strings<'a>(file: &object::File<'a, Data<'a>>, section: &str) -> Vec<String> {
    let bytes = file
        .section_by_name(section)
        .and_then(|section| section.data().ok())
        .unwrap_or(&[]);
    let mut texts: Vec<String> = Vec::new();
    for text in bytes.split(|&byte| byte == 0) {
        let text = String::from_utf8_lossy(text);
        if !text.is_empty() && !texts.iter().any(|known| *known == text) {
            texts.push(text.into_owned());
        }
    }
    texts
}

impl Image {
    /// ELF's tables are read whole: a name at a time would be a search each.
    fn elf_symbols<'a, Elf: FileHeader<Endian = Endianness>>(
        &mut self,
        file: &object::read::elf::ElfFile<'a, Elf, Data<'a>>,
    ) {
        let endian = file.endian();
        let sections = file.elf_section_table();
        self.symbols.complete = !file.elf_symbol_table().is_empty();
        for table in [file.elf_symbol_table(), file.elf_dynamic_symbol_table()] {
            let names = sections
                .section(table.string_section())
                .and_then(|section| {
                    object::read::elf::SectionHeader::data(section, endian, file.data())
                })
                .unwrap_or(&[]);
            for symbol in table.iter() {
                let start = usize::try_from(symbol.st_name(endian)).unwrap_or(usize::MAX);
                let Some(rest) = names.get(start..).filter(|_| start != 0) else {
                    continue;
                };
                let end = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
                let defined = !symbol.is_undefined(endian);
                match symbol.st_type() {
                    // A file's name is a symbol too.
                    elf::STT_FILE => {
                        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
                        self.sources.push(name);
                    }
                    elf::STT_SECTION => {}
                    _ => self.symbols.add(&rest[..end], defined, false),
                }
            }
        }
        self.symbols.settle();
    }

    fn elf_dynamic<Elf: FileHeader<Endian = Endianness>>(&mut self, header: &Elf, data: Data<'_>) {
        match dynamic::of_elf(header, data) {
            Ok(dynamic) => self.dynamic = dynamic,
            // Debug information that was split off keeps the headers alone.
            Err(error) => self.problems.push(format!("dynamic section: {error}")),
        }
        let Some(dynamic) = &self.dynamic else {
            return;
        };
        if self.role == Role::SharedLibrary
            && (dynamic.pie || dynamic.soname.is_none() && dynamic.interpreter.is_some())
        {
            self.role = Role::Executable;
        }
    }

    /// What is compiled at the link has its flags here, and its symbols nowhere.
    fn postponed<'a>(&mut self, file: &object::File<'a, Data<'a>>) {
        for section in file.sections() {
            if !section
                .name_bytes()
                .is_ok_and(|name| name.starts_with(b".gnu.lto_.opts"))
            {
                continue;
            }
            self.lto = true;
            for line in section.data().unwrap_or(&[]).split(|&byte| byte == 0) {
                let line = String::from_utf8_lossy(line).replace('\'', "");
                if !line.is_empty() && !self.command_lines.contains(&line) {
                    self.command_lines.push(line);
                }
            }
        }
    }

    fn other_symbols<'a>(&mut self, file: &object::File<'a, Data<'a>>) {
        let underscore = self.format == Format::MachO
            || self.format == Format::Pe && self.architecture == "i386";
        for symbol in file.symbols() {
            if let Ok(name) = symbol.name_bytes() {
                self.symbols.complete = true;
                self.symbols.add(name, !symbol.is_undefined(), underscore);
            }
        }
        self.symbols.settle();
        // What the loader binds has no symbol in a PE file, or that of a stub.
        if let Ok(imports) = file.imports() {
            for import in imports {
                if let Ok(import) = import
                    && let object::read::NameOrOrdinal::Name(name) = import.name()
                {
                    let marked = self.format == Format::MachO;
                    self.symbols.import(name, marked);
                }
            }
        }
    }
}
