//! `cargo-config`: a Cargo configuration a variant, for `cargo --config FILE`.
//!
//! C and C++ in build scripts are compiled by the crate `cc`, which reads the
//! environment; rustc links, with the variant's compiler as its linker.

use std::fmt::Write as _;

use super::environment::environment;
use super::line::{command_words, is_msvc, line};
use super::quote::{toml, toml_key};
use super::spot::{Spot, file_each};
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let name = |variant: &str| format!("{variant}.toml");
    file_each(Format::CargoConfig, expansion, name, config)
}

fn config(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let mut text = format!("# {}\n", comment(Format::CargoConfig));
    let configuration = &variant.configuration;
    let flags = &configuration.flags;
    text.push_str("\n[env]\n");
    let mut variables = environment(variant);
    // Without it, the crate `cc` splits flags at every space.
    if !variables
        .iter()
        .any(|(name, _)| name == "CC_SHELL_ESCAPED_FLAGS")
    {
        variables.push(("CC_SHELL_ESCAPED_FLAGS".to_owned(), "1".to_owned()));
    }
    for (name, value) in variables {
        let value = if configuration.env.contains_key(&name) {
            value
        } else {
            as_cc_reads(variant, &name, value)
        };
        let (name, value) = (toml_key(&name), toml(&value));
        writeln!(text, "{name} = {{ value = {value}, force = true }}")
            .expect("writing to a String works");
    }
    let mut link: Vec<String> = flags
        .ldflags
        .iter()
        .chain(&flags.libs)
        .map(|word| toml(&format!("-Clink-arg={word}")))
        .collect();
    if !link.is_empty() && !is_msvc(variant) {
        // Else rustc says `-nodefaultlibs`, and clang's `-fopenmp` links nothing.
        link.insert(0, toml("-Cdefault-linker-libraries=yes"));
    }
    let linker = linker(variant, spot)?;
    if linker.is_some() || !link.is_empty() {
        text.push_str("\n[target.'cfg(all())']\n");
    }
    if let Some(linker) = linker {
        writeln!(text, "linker = {}", toml(linker)).expect("writing to a String works");
    }
    if !link.is_empty() {
        let words = link.join(",\n  ");
        writeln!(text, "rustflags = [\n  {words},\n]").expect("writing to a String works");
    }
    Ok(text)
}

/// A variable as the crate `cc` reads it: it takes no CPPFLAGS, and an executable
/// as it is, spaces and all.
fn as_cc_reads(variant: &Variant<'_>, name: &str, value: String) -> String {
    let configuration = &variant.configuration;
    let role = match name {
        "CFLAGS" | "CXXFLAGS" => {
            let before = line(variant, &configuration.flags.cppflags);
            return format!("{before} {value}").trim_start().to_owned();
        }
        "CC" => "cc",
        "CXX" => "cxx",
        "FC" => "fc",
        "AR" => "ar",
        "RANLIB" => "ranlib",
        _ => return value,
    };
    match configuration.tools.get(role) {
        Some(tool) if command_words(tool).len() == 1 => tool.clone(),
        _ => value,
    }
}

/// The driver that links: of C, else of C++, else of Fortran. rustc calls
/// Microsoft's linker itself.
fn linker<'a>(variant: &'a Variant<'_>, spot: Spot<'_>) -> Result<Option<&'a str>, Error> {
    if is_msvc(variant) {
        return Ok(None);
    }
    let tools = &variant.configuration.tools;
    let Some(tool) = ["cc", "cxx", "fc"].iter().find_map(|&role| tools.get(role)) else {
        return Ok(None);
    };
    match command_words(tool).as_slice() {
        [linker] => Ok(Some(linker)),
        _ => Err(spot.refuse(
            format_args!("the linker `{tool}`"),
            "Cargo takes an executable without arguments; give the compiler alone as `cc`",
        )),
    }
}
