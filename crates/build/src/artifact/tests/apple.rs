//! Files for Apple's systems; no linker for them is at hand.

use std::path::Path;

use super::super::{Artifact, Assertions, Format, Role};
use super::{Workshop, have_programs};

#[test]
fn mach_o_objects_are_read() {
    if !have_programs(&["clang-14"]) {
        return;
    }
    let shop = Workshop::new();
    shop.write(
        "a.c",
        "void __assert_rtn(void); void dgemm_(void); void f(void) { __assert_rtn(); dgemm_(); }\n",
    );
    for (target, architecture) in [
        ("x86_64-apple-macos11", "x86_64"),
        ("arm64-apple-macos11", "aarch64"),
    ] {
        shop.run(&format!("clang-14 -target {target} -g -O2 -c a.c -o a.o"));
        let a = shop.read("a.o");
        assert_eq!((a.format, a.role), (Format::MachO, Role::Object));
        assert_eq!(a.images[0].architecture, architecture);
        let unit = a.units().next().unwrap();
        assert!(
            unit.producer
                .as_deref()
                .unwrap()
                .contains("clang version 14")
        );
        assert_eq!(unit.name.as_deref(), Some("a.c"));
        assert_eq!(a.assertions().answer, Assertions::Present);
        assert!(
            a.symbols().blas.undefined.contains("dgemm_"),
            "{:?}",
            a.symbols()
        );
    }
}

/// A load command with a text behind its fixed part, padded to eight bytes.
fn command(number: u32, fixed: &[u32], text: &str) -> Vec<u8> {
    let offset = 12 + fixed.len() * 4;
    let size = (offset + text.len() + 1).next_multiple_of(8);
    let mut bytes = Vec::new();
    for word in [
        number,
        u32::try_from(size).unwrap(),
        u32::try_from(offset).unwrap(),
    ] {
        bytes.extend(word.to_le_bytes());
    }
    for word in fixed {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(text.as_bytes());
    bytes.resize(size, 0);
    bytes
}

/// A library with no code, for a processor; written by the format's rules.
fn library(processor: u32) -> Vec<u8> {
    let mut build = Vec::new();
    // LC_BUILD_VERSION for macOS 11, made with clang 15.0.0.
    for word in [0x32, 32, 1, 11 << 16, 11 << 16, 1, 1, 15 << 16] {
        build.extend(u32::to_le_bytes(word));
    }
    let commands = [
        command(0xd, &[0, 0, 0], "@rpath/libapp.dylib"),
        command(0xc, &[0, 0, 0], "/opt/openblas/lib/libopenblas.0.dylib"),
        command(0xc, &[0, 0, 0], "@rpath/libomp.dylib"),
        command(0x8000_001c, &[], "@loader_path/../lib"),
        build,
    ];
    let size: usize = commands.iter().map(Vec::len).sum();
    let mut bytes = Vec::new();
    // MH_MAGIC_64, processor, its kind, MH_DYLIB, commands, their size, flags, nothing.
    for word in [
        0xfeed_facf,
        processor,
        3,
        6,
        5,
        u32::try_from(size).unwrap(),
        0,
        0,
    ] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(commands.concat());
    bytes
}

const X86_64: u32 = 0x0100_0007;
const ARM64: u32 = 0x0100_000c;

#[test]
fn load_commands_are_told() {
    let library = Artifact::of_bytes(Path::new("libapp.dylib"), library(ARM64)).unwrap();
    assert_eq!(
        (library.format, library.role),
        (Format::MachO, Role::SharedLibrary)
    );
    let dynamic = library.dynamic().unwrap();
    assert_eq!(dynamic.soname.as_deref(), Some("@rpath/libapp.dylib"));
    assert_eq!(
        dynamic.needed,
        [
            "/opt/openblas/lib/libopenblas.0.dylib",
            "@rpath/libomp.dylib"
        ]
    );
    assert_eq!(dynamic.rpath, ["@loader_path/../lib"]);
    assert_eq!(dynamic.openmp_libraries(), ["@rpath/libomp.dylib"]);
    assert_eq!(library.comments(), ["clang 15.0.0"]);
    assert!(library.images[0].problems.is_empty(), "{library:?}");
}

#[test]
fn a_file_for_two_processors_has_two_images() {
    let parts = [(X86_64, library(X86_64)), (ARM64, library(ARM64))];
    // FAT_MAGIC, and where each part is; big-endian whatever the parts are.
    let mut bytes = Vec::new();
    bytes.extend(0xcafe_babe_u32.to_be_bytes());
    bytes.extend(2u32.to_be_bytes());
    let mut at = 4096;
    for (processor, part) in &parts {
        for word in [*processor, 3, at, u32::try_from(part.len()).unwrap(), 12] {
            bytes.extend(word.to_be_bytes());
        }
        at += 4096;
    }
    for (number, (_, part)) in parts.iter().enumerate() {
        bytes.resize(4096 * (number + 1), 0);
        bytes.extend(part);
    }
    let both = Artifact::of_bytes(Path::new("libapp.dylib"), bytes).unwrap();
    assert_eq!(both.role, Role::SharedLibrary);
    let processors: Vec<_> = both
        .images
        .iter()
        .map(|image| image.architecture.as_str())
        .collect();
    assert_eq!(processors, ["x86_64", "aarch64"]);
}
