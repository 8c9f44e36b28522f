//! Compiles the library with `CC` and `FC`, and links what `LDLIBS` names.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=include");
    cc::Build::new()
        .files(["src/nodes.c", "src/solve.c"])
        .object(fortran(Path::new("src/assemble.f90")))
        .include("include")
        .flag("-fopenmp")
        .compile("capacitor");
    // `-L` and `-l` of the library are for all that depend on it.
    for word in variable("LDLIBS", "-lopenblas").split_whitespace() {
        match (word.strip_prefix("-l"), word.strip_prefix("-L")) {
            (Some(name), _) => println!("cargo::rustc-link-lib={name}"),
            (_, Some(directory)) => println!("cargo::rustc-link-search={directory}"),
            _ => println!("cargo::rustc-link-arg={word}"),
        }
    }
    println!("cargo::rustc-link-lib=gfortran");
    println!("cargo::rustc-link-arg=-fopenmp");
}

/// Compiles a Fortran source, for which `cc` has no compiler.
fn fortran(source: &Path) -> PathBuf {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let object = out.join("assemble.o");
    let compiler = variable("FC", "gfortran");
    let level = format!("-O{}", env::var("OPT_LEVEL").expect("cargo sets it"));
    let mut command = Command::new(&compiler);
    command
        .arg(level)
        .args(variable("FFLAGS", "").split_whitespace())
        .args(["-fopenmp", "-fPIC", "-J"])
        .arg(&out)
        .arg("-c")
        .arg(source)
        .arg("-o")
        .arg(&object);
    println!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => object,
        Ok(status) => panic!("{compiler} failed: {status}"),
        Err(error) => panic!("cannot start {compiler}: {error}"),
    }
}

fn variable(name: &str, default: &str) -> String {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
