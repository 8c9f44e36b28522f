//! `cargo-config`, read by Cargo, with a build script that compiles C as the crate
//! `cc` does.

use std::fs;
use std::path::{Path, PathBuf};

use cfgmatrix::core::emit::{Format, environment};

use super::{
    HARDER, TEXTS, emitted, needed, output, program, refusal, sixteen, stdout, texts_of,
    with_environment, written,
};
use crate::support::find_program;

/// The Cargo that built this test.
fn cargo(directory: &Path) -> std::process::Command {
    let own = option_env!("CARGO")
        .map(PathBuf::from)
        .filter(|path| path.exists());
    let path = own
        .or_else(|| find_program("cargo"))
        .expect("cargo built this test");
    let mut cargo = program(path, directory);
    cargo
        .arg("--offline")
        .env("CARGO_TARGET_DIR", directory.join("target"));
    cargo
}

/// A package whose program prints what its build script was told.
fn package(directory: &Path, build: &str, main: &str) {
    let manifest = "[package]\nname = \"probe\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n[workspace]\n";
    fs::create_dir_all(directory.join("src")).unwrap();
    fs::write(directory.join("Cargo.toml"), manifest).unwrap();
    fs::write(directory.join("build.rs"), build).unwrap();
    fs::write(directory.join("src/main.rs"), main).unwrap();
}

const TELL: &str = r#"
use std::os::unix::ffi::OsStrExt;
fn main() {
    let mut all = Vec::new();
    for (name, value) in std::env::vars_os() {
        all.extend_from_slice(name.as_bytes());
        all.push(b'=');
        all.extend_from_slice(value.as_bytes());
        all.push(0);
    }
    let directory = std::env::var_os("OUT_DIR").unwrap();
    std::fs::write(std::path::Path::new(&directory).join("told"), all).unwrap();
}
"#;

const REPEAT: &str = r#"
use std::io::Write;
fn main() {
    let told = include_bytes!(concat!(env!("OUT_DIR"), "/told"));
    std::io::stdout().write_all(told).unwrap();
}
"#;

#[test]
fn build_scripts_are_told_the_environment_whatever_was_there() {
    if needed("gcc").is_none() {
        return;
    }
    let texts: Vec<&str> = TEXTS.into_iter().chain(HARDER).collect();
    let mut expansion = with_environment(&texts);
    let configuration = &mut expansion.variants[0].configuration;
    configuration.flags.cppflags = vec!["-DX=a b".to_owned()];
    configuration.flags.cflags = vec!["-O1".to_owned()];
    let directory = written(&emitted(Format::CargoConfig, &expansion));
    let top = directory.path();
    package(top, TELL, REPEAT);
    let said = output(
        cargo(top)
            .env("V0", "the user's")
            .args(["run", "--quiet", "--config", "gcc.toml"]),
    );
    let said = texts_of(&said.stdout);
    let flags = ["CFLAGS='-DX=a b' -O1", "CC_SHELL_ESCAPED_FLAGS=1"].map(str::to_owned);
    let all = environment(&expansion.variants[0]).into_iter();
    let all = all.filter(|(name, _)| name != "CFLAGS");
    for entry in all
        .map(|(name, value)| format!("{name}={value}"))
        .chain(flags)
    {
        assert!(said.contains(&entry), "{entry}: {said:?}");
    }
}

/// Compiles as the crate `cc` does with these variables, and archives the object.
const COMPILE: &str = r#"
use std::env::var;
use std::process::Command;
fn main() {
    let out = var("OUT_DIR").unwrap();
    let object = format!("{out}/program.o");
    let flags = var("CFLAGS").unwrap();
    assert_eq!(var("CC_SHELL_ESCAPED_FLAGS").unwrap(), "1");
    let status = Command::new(var("CC").unwrap())
        .args(flags.split_whitespace())
        .args(["-fPIC", "-Dmain=program_main", "-c", "program.c", "-o", &object])
        .status()
        .unwrap();
    assert!(status.success());
    let archive = format!("{out}/libprogram.a");
    assert!(Command::new("ar").args(["crs", &archive, &object]).status().unwrap().success());
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=program");
}
"#;

const CALL: &str = "extern \"C\" { fn program_main() -> i32; }\n\
    fn main() { std::process::exit(unsafe { program_main() }) }\n";

#[test]
fn c_and_rust_are_linked_as_the_variant_says() {
    if !sixteen::are_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path();
    package(top, COMPILE, CALL);
    for name in sixteen::write(Format::CargoConfig, top, &[]) {
        // Two that differ in everything.
        if name != "gcc@11-sequential-debug" && name != "clang@19-threaded-release" {
            continue;
        }
        let config = format!("{name}.toml");
        sixteen::assert_is(
            &name,
            &stdout(cargo(top).args(["run", "--quiet", "--config", &config])),
        );
    }
}

#[test]
fn a_compiler_with_spaces_stays_whole_and_one_with_arguments_cannot_link() {
    let mut expansion = with_environment(&[]);
    let tools = &mut expansion.variants[0].configuration.tools;
    tools.insert("cc".to_owned(), "/opt/my tools/gcc".to_owned());
    let text = &emitted(Format::CargoConfig, &expansion)[0].text;
    assert!(
        text.contains("CC = { value = \"/opt/my tools/gcc\", force = true }\n"),
        "{text}"
    );
    assert!(text.contains("linker = \"/opt/my tools/gcc\"\n"), "{text}");
    let tools = &mut expansion.variants[0].configuration.tools;
    tools.insert("cc".to_owned(), "ccache gcc".to_owned());
    assert_eq!(
        refusal(Format::CargoConfig, &expansion),
        "cargo-config cannot express the linker `ccache gcc` of variant `gcc`: Cargo takes an executable without arguments; give the compiler alone as `cc`"
    );
}
