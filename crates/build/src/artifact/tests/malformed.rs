//! What is no artifact, or is one no longer.

use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::super::{Artifact, ArtifactError, LoaderPaths, closure};
use super::{PROGRAM, Workshop, have_programs};

/// Whole files of each format that compilers are there for.
fn files() -> &'static Vec<Vec<u8>> {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        let shop = Workshop::new();
        shop.write("a.c", PROGRAM);
        let mut names = Vec::new();
        let mut make = |program: &str, line: &str, name: &'static str| {
            if have_programs(&[program]) {
                shop.run(line);
                names.push(name);
            }
        };
        make("gcc", "gcc -g3 -O2 a.c -o a", "a");
        make("gcc", "gcc -g3 -O2 -gz -c a.c -o a.o", "a.o");
        make("ar", "ar rcs a.a a.o", "a.a");
        make(
            "clang-14",
            "clang-14 -g -O2 -shared -fPIC a.c -o a.so",
            "a.so",
        );
        make(
            "clang-14",
            "clang-14 -g -target x86_64-apple-macos11 -ffreestanding -c -x c /dev/null -o m.o",
            "m.o",
        );
        make(
            "x86_64-w64-mingw32-gcc",
            "x86_64-w64-mingw32-gcc -s a.c -o a.exe",
            "a.exe",
        );
        names
            .iter()
            .map(|name| std::fs::read(shop.path().join(name)).unwrap())
            .collect()
    })
}

fn parse(bytes: Vec<u8>) {
    let _whatever_it_is = Artifact::of_bytes(Path::new("damaged"), bytes);
}

#[test]
fn cut_files_never_panic() {
    for file in files() {
        for end in (0..file.len()).step_by(64) {
            parse(file[..end].to_vec());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_never_panic(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        front in any::<bool>(),
    ) {
        let files = files();
        prop_assume!(!files.is_empty());
        let mut file = files[which.index(files.len())].clone();
        // Headers are where damage is understood wrongly.
        let length = if front { file.len().min(1024) } else { file.len() };
        for (at, byte) in damage {
            file[at.index(length)] = byte;
        }
        parse(file);
    }

    #[test]
    fn noise_never_panics(start in 0usize..7, noise in prop::collection::vec(any::<u8>(), 0..600)) {
        let starts: [&[u8]; 7] = [
            b"",
            b"\x7fELF\x02\x01\x01\0",
            b"\x7fELF\x01\x02\x01\0",
            b"!<arch>\n",
            b"MZ",
            b"\xcf\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
        ];
        let mut bytes = starts[start].to_vec();
        bytes.extend(noise);
        parse(bytes);
    }
}

#[test]
fn damaged_programs_have_closures_or_errors() {
    let Some(program) = files().first() else {
        return;
    };
    let shop = Workshop::new();
    let path = shop.path().join("damaged");
    let system = LoaderPaths::of_this_machine(shop.path());
    for end in (0..program.len()).step_by(256) {
        std::fs::write(&path, &program[..end]).unwrap();
        let _whatever_it_is = closure(&path, &Default::default(), &system);
    }
}

/// The message and the hint for a file.
fn refusal(path: &Path) -> (String, Option<String>) {
    let error = Artifact::read(path).expect_err("it is no artifact");
    (
        error
            .to_string()
            .replace(&path.display().to_string(), "FILE"),
        error.hint(),
    )
}

#[test]
fn what_is_no_artifact_is_named() {
    let shop = Workshop::new();
    assert_eq!(
        refusal(&shop.write("a.sh", "#!/bin/sh\necho\n")),
        (
            "`FILE` is not an ELF, PE, COFF or Mach-O file nor an archive of them: it starts with `#!/bin/sh`".to_owned(),
            Some("this is a script: name the program that it starts".to_owned())
        )
    );
    assert_eq!(
        refusal(&shop.write("libc.so", "INPUT(libc.so.6)\n"))
            .1
            .as_deref(),
        Some("this is a linker script: name the library that it points to")
    );
    assert_eq!(
        refusal(&shop.write("empty", "")).0,
        "`FILE` is not an ELF, PE, COFF or Mach-O file nor an archive of them: it starts with nothing: it is empty"
    );
    assert_eq!(
        refusal(shop.path()).0,
        "`FILE` is not a regular file: expected an executable, library, archive or object"
    );
    let (message, hint) = refusal(&shop.write("cut", "\x7fELF\x02\x01\x01 and then no more"));
    assert_eq!(
        message,
        "`FILE` is a malformed ELF file: Invalid ELF header size or alignment"
    );
    assert_eq!(
        hint.as_deref(),
        Some("it may be cut off: build it again, or copy it again")
    );
    let absent = shop.path().join("absent");
    assert!(matches!(
        Artifact::read(&absent),
        Err(ArtifactError::Read { .. })
    ));
    assert_eq!(refusal(&absent).0, "cannot read `FILE`");
    let system = LoaderPaths::of_this_machine(shop.path());
    let refused = |path: &Path| {
        let error = closure(path, &Default::default(), &system).expect_err("it is not loaded");
        error
            .to_string()
            .replace(&path.display().to_string(), "FILE")
    };
    assert_eq!(
        refused(&shop.write("a.py", "print()\n")),
        "`FILE` is not an ELF file: expected a program or library whose loader can be followed"
    );
    assert_eq!(
        refused(shop.path()),
        "`FILE` is not a regular file: expected an executable, library, archive or object"
    );
    assert_eq!(refused(&absent), "cannot read `FILE`");
    let mut bitcode = b"BC\xc0\xde".to_vec();
    bitcode.resize(64, 0);
    let error = Artifact::of_bytes(Path::new("a.o"), bitcode).unwrap_err();
    assert_eq!(
        error.hint().as_deref(),
        Some("this is LLVM bitcode, which is compiled at the link: name what was linked from it")
    );
}
