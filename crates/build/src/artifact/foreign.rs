//! What PE and Mach-O files say of themselves and ask of their loaders.

use object::read::macho::{
    FatArch, LoadCommandVariant, MachHeader, MachOFatFile32, MachOFatFile64, MachOFile,
};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::read::{FileKind, Object, ObjectSection};
use object::{Endianness, LittleEndian, macho};

use super::dynamic::Dynamic;
use super::image::Image;
use super::source::Data;

/// Where the parts of a Mach-O file for several architectures are: offset and size.
pub(super) fn architectures(kind: FileKind, data: Data<'_>) -> object::Result<Vec<(u64, u64)>> {
    Ok(if kind == FileKind::MachOFat64 {
        let file = MachOFatFile64::parse(data)?;
        file.arches().iter().map(FatArch::file_range).collect()
    } else {
        let file = MachOFatFile32::parse(data)?;
        file.arches().iter().map(FatArch::file_range).collect()
    })
}

/// Adds what only this format has.
pub(super) fn describe<'a>(image: &mut Image, file: &object::File<'a, Data<'a>>) {
    let failed = match file {
        object::File::Pe32(pe) => {
            identifiers(image, file);
            windows(image, pe)
        }
        object::File::Pe64(pe) => {
            identifiers(image, file);
            windows(image, pe)
        }
        object::File::Coff(_) | object::File::CoffBig(_) => {
            identifiers(image, file);
            Ok(())
        }
        object::File::MachO32(file) => apple(image, file),
        object::File::MachO64(file) => apple(image, file),
        _ => Ok(()),
    };
    if let Err(error) = failed {
        image.problems.push(format!("headers: {error}"));
    }
}

/// GNU compilers for Windows write what is `.comment` elsewhere among the constants.
fn identifiers<'a>(image: &mut Image, file: &object::File<'a, Data<'a>>) {
    const START: &[u8] = b"GCC: (";
    for section in file.sections() {
        let constants = section
            .name_bytes()
            .is_ok_and(|name| name.starts_with(b".rdata"));
        let Some(mut bytes) = constants.then(|| section.data().ok()).flatten() else {
            continue;
        };
        while let Some(at) = bytes.windows(START.len()).position(|found| found == START) {
            bytes = &bytes[at..];
            let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
            let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
            if !image.comments.contains(&text) {
                image.comments.push(text);
            }
            bytes = &bytes[end..];
        }
    }
}

fn windows<'a, Pe: ImageNtHeaders>(
    image: &mut Image,
    file: &PeFile<'a, Pe, Data<'a>>,
) -> object::Result<()> {
    let header = file.nt_headers().optional_header();
    let (major, minor) = (header.major_linker_version(), header.minor_linker_version());
    image.comments.push(format!("linker {major}.{minor}"));
    // Microsoft's tools: product and build, and how many objects it made.
    if let Some(rich) = file.rich_header_info() {
        for entry in rich.unmasked_entries().take(256) {
            let (product, build) = (entry.comp_id >> 16, entry.comp_id & 0xffff);
            image.comments.push(format!(
                "rich header: product {product:#06x}, build {build}"
            ));
        }
    }
    let mut dynamic = Dynamic::default();
    if let Some(table) = file.import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            let name = table.name(descriptor.name.get(LittleEndian))?;
            dynamic
                .needed
                .push(String::from_utf8_lossy(name).into_owned());
        }
    }
    if let Some(table) = file.delay_load_import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            let name = table.name(descriptor.dll_name_rva.get(LittleEndian))?;
            dynamic
                .delayed
                .push(String::from_utf8_lossy(name).into_owned());
        }
    }
    if let Some(table) = file.export_table()? {
        dynamic.soname = table
            .name_from_pointer(table.directory().name.get(LittleEndian))
            .ok()
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .filter(|name| !name.is_empty());
    }
    image.dynamic = Some(dynamic);
    Ok(())
}

fn apple<'a, Mach: MachHeader<Endian = Endianness>>(
    image: &mut Image,
    file: &MachOFile<'a, Mach, Data<'a>>,
) -> object::Result<()> {
    let endian = file.endian();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut dynamic = Dynamic::default();
    let mut linked = false;
    let mut commands = file.macho_load_commands()?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::Dylib(dylib) => {
                linked = true;
                let name = command.string(endian, dylib.dylib.name)?;
                dynamic.needed.push(text(name));
            }
            LoadCommandVariant::IdDylib(dylib) => {
                linked = true;
                dynamic.soname = Some(text(command.string(endian, dylib.dylib.name)?));
            }
            LoadCommandVariant::LoadDylinker(linker) => {
                linked = true;
                dynamic.interpreter = Some(text(command.string(endian, linker.name)?));
            }
            LoadCommandVariant::Rpath(rpath) => {
                dynamic
                    .rpath
                    .push(text(command.string(endian, rpath.path)?));
            }
            LoadCommandVariant::BuildVersion(version, rest) => {
                for tool in version.tools(endian, rest)? {
                    let name = match tool.tool.get(endian) {
                        macho::TOOL_CLANG => "clang",
                        macho::TOOL_SWIFT => "swift",
                        macho::TOOL_LD => "ld",
                        _ => "tool",
                    };
                    let v = tool.version.get(endian).0;
                    image.comments.push(format!(
                        "{name} {}.{}.{}",
                        v >> 16,
                        v >> 8 & 0xff,
                        v & 0xff
                    ));
                }
            }
            _ => {}
        }
    }
    if linked {
        image.dynamic = Some(dynamic);
    }
    Ok(())
}
