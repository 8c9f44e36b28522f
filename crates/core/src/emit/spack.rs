//! `spack`: an environment of Spack 1.0 or newer, as `spack.yaml`.
//!
//! Each variant is a toolchain of Spack's: which compilers, which flags, which
//! BLAS and MPI. What is built is multiplied by them. Libraries come from Spack:
//! of the flags, those for libraries of a machine stay out.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::quote::conda;
use super::spot::{Spot, left_out};
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};
use crate::name::Language;
use crate::toolchain::Interface;

/// What Spack calls the languages, and the role of their compiler here.
const LANGUAGES: [(Language, &str, &str, &str); 3] = [
    (Language::C, "cc", "c", "c"),
    (Language::Cxx, "cxx", "cxx", "c++"),
    (Language::Fortran, "fc", "fortran", "fortran"),
];

/// A part of a toolchain, and what must be there for it to hold.
struct Part {
    spec: String,
    when: Option<&'static str>,
}

/// An external compiler: its spec and directory, with its drivers.
type Externals = BTreeMap<(String, String), BTreeMap<&'static str, String>>;

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let mut toolchains: Vec<(String, Vec<Part>)> = Vec::new();
    let mut externals: BTreeMap<&'static str, Externals> = BTreeMap::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut text = format!("# {}\n", comment(Format::Spack));
    for variant in &expansion.variants {
        let spot = Spot::new(Format::Spack, variant);
        let name = toolchain_name(&variant.name);
        if !names.insert(name.clone()) {
            let reason = format!("another variant would be the toolchain `{name}` too");
            return Err(spot.refuse("the name", reason));
        }
        toolchains.push((name, toolchain(variant, spot)?));
        add_external(variant, spot, &mut externals)?;
        let comment = left_out(variant, "#", |_| false);
        if !text.contains(&comment) {
            text.push_str(&comment);
        }
    }
    text.push_str("spack:\n  definitions:\n  # What is built in each variant.\n");
    let package = package_name(&expansion.name);
    push(
        &mut text,
        format_args!("  - packages: [{}]", conda(&package)),
    );
    text.push_str("  - variants:\n");
    for (name, _) in &toolchains {
        push(
            &mut text,
            format_args!("    - {}", conda(&format!("%{name}"))),
        );
    }
    text.push_str("  specs:\n  - matrix:\n    - [$packages]\n    - [$variants]\n");
    text.push_str("  view: false\n  concretizer:\n    unify: false\n  toolchains:\n");
    for (name, parts) in &toolchains {
        push(&mut text, format_args!("    {}:", conda(name)));
        for part in parts {
            push(&mut text, format_args!("    - spec: {}", conda(&part.spec)));
            if let Some(when) = part.when {
                push(&mut text, format_args!("      when: {}", conda(when)));
            }
        }
    }
    push_externals(&mut text, &externals);
    let path = "spack.yaml".to_owned();
    Ok(vec![EmittedFile { path, text }])
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a String works");
}

fn push_externals(text: &mut String, externals: &BTreeMap<&'static str, Externals>) {
    if !externals.is_empty() {
        text.push_str("  packages:\n");
    }
    for (package, externals) in externals {
        push(text, format_args!("    {package}:\n      externals:"));
        for ((spec, prefix), compilers) in externals {
            push(text, format_args!("      - spec: {}", conda(spec)));
            push(text, format_args!("        prefix: {}", conda(prefix)));
            text.push_str("        extra_attributes:\n          compilers:\n");
            for (language, path) in compilers {
                push(
                    text,
                    format_args!("            {language}: {}", conda(path)),
                );
            }
        }
    }
}

/// Letters, digits, underscores and dashes are what a name after `%` may have.
fn toolchain_name(variant: &str) -> String {
    let dashed = variant.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
    dashed.trim_start_matches('-').to_owned()
}

/// The matrix's name as that of a package.
fn package_name(matrix: &str) -> String {
    let name = toolchain_name(&matrix.to_ascii_lowercase());
    if name.is_empty() {
        "package".to_owned()
    } else {
        name
    }
}

fn toolchain(variant: &Variant<'_>, spot: Spot<'_>) -> Result<Vec<Part>, Error> {
    let configuration = &variant.configuration;
    let mut parts = Vec::new();
    if let Some(identity) = &configuration.toolchain {
        let package = compiler_package(spot, &identity.family)?;
        let version = identity.version.as_ref();
        let version = version.map_or_else(String::new, |version| format!("@{version}"));
        for (_, role, language, _) in LANGUAGES {
            if configuration.tools.contains_key(role) {
                parts.push(Part {
                    spec: format!("%{language}={package}{version}"),
                    when: Some(match role {
                        "cc" => "%c",
                        "cxx" => "%cxx",
                        _ => "%fortran",
                    }),
                });
            }
        }
    }
    parts.extend(flags(variant, spot)?);
    for library in &configuration.libraries {
        let what = format!("the BLAS `{}`", library.id);
        let Some(known) = names::blas(&library.id, library.threading) else {
            let threading = library.threading.as_str();
            return Err(spot.refuse(
                what,
                format!("no package is known for it with {threading} threading"),
            ));
        };
        let interface = match (library.interface, known.ilp64) {
            (Interface::Lp64, true) => " ~ilp64",
            (Interface::Ilp64, true) => " +ilp64",
            (Interface::Lp64, false) => "",
            (Interface::Ilp64, false) => {
                return Err(spot.refuse(what, "the package has no variant for 64-bit integers"));
            }
        };
        let lapack = known.lapack.then_some(("lapack", "%lapack"));
        for (virtual_package, when) in [("blas", "%blas")].into_iter().chain(lapack) {
            parts.push(Part {
                spec: format!("%{virtual_package}={}{interface}", known.spec),
                when: Some(when),
            });
        }
    }
    if let Some(mpi) = &configuration.mpi {
        let Some(package) = names::mpi(&mpi.implementation) else {
            let what = format!("the MPI `{}`", mpi.implementation);
            return Err(spot.refuse(what, "no package is known for it"));
        };
        let version = mpi.version.as_ref();
        let version = version.map_or_else(String::new, |version| format!("@{version}"));
        parts.push(Part {
            spec: format!("%mpi={package}{version}"),
            when: Some("%mpi"),
        });
    }
    Ok(parts)
}

fn compiler_package(spot: Spot<'_>, family: &str) -> Result<&'static str, Error> {
    names::compiler(family).ok_or_else(|| {
        let what = format!("the compiler `{family}`");
        spot.refuse(what, "no package of Spack is known for it")
    })
}

/// The flags that are not for a library.
fn flags(variant: &Variant<'_>, spot: Spot<'_>) -> Result<Vec<Part>, Error> {
    let configuration = &variant.configuration;
    let (all, library) = (&configuration.flags, &configuration.library_flags);
    let lists = [
        ("cppflags", &all.cppflags, &library.cppflags),
        ("cflags", &all.cflags, &library.cflags),
        ("cxxflags", &all.cxxflags, &library.cxxflags),
        ("fflags", &all.fflags, &library.fflags),
        ("ldflags", &all.ldflags, &library.ldflags),
        ("ldlibs", &all.libs, &library.libs),
    ];
    let mut parts = Vec::new();
    for (name, words, library) in lists {
        let of_a_feature = |word: &str| {
            let mut answers = variant.answers.iter();
            answers.any(|answer| {
                let mut own = answer.compile().chain(answer.link()).chain(answer.libs());
                own.any(|token| token == word)
            })
        };
        let own: Vec<&str> = words
            .iter()
            .filter(|word| !library.contains(word) || of_a_feature(word))
            .map(String::as_str)
            .collect();
        if own.is_empty() {
            continue;
        }
        if own
            .iter()
            .any(|word| word.is_empty() || word.contains(char::is_whitespace))
        {
            let reason = "one of its words has space in it, where Spack splits it";
            return Err(spot.refuse(format_args!("`{name}`"), reason));
        }
        parts.push(Part {
            spec: format!("{name}={}", quoted(spot, name, &own.join(" "))?),
            when: None,
        });
    }
    Ok(parts)
}

/// A value of a spec.
fn quoted(spot: Spot<'_>, name: &str, value: &str) -> Result<String, Error> {
    if value.ends_with('\\') {
        let reason = "it ends with a backslash, which would escape the quote";
        return Err(spot.refuse(format_args!("`{name}`"), reason));
    }
    let quote = if value.contains('\'') { '"' } else { '\'' };
    Ok(format!(
        "{quote}{}{quote}",
        value.replace('"', if quote == '"' { "\\\"" } else { "\"" })
    ))
}

/// A compiler that a machine has: where its path and version are known.
fn add_external(
    variant: &Variant<'_>,
    spot: Spot<'_>,
    externals: &mut BTreeMap<&'static str, Externals>,
) -> Result<(), Error> {
    let configuration = &variant.configuration;
    let Some(identity) = &configuration.toolchain else {
        return Ok(());
    };
    let Some(version) = &identity.version else {
        return Ok(());
    };
    let mut compilers = BTreeMap::new();
    let mut names = Vec::new();
    for (_, role, language, name) in LANGUAGES {
        let Some(path) = configuration
            .tools
            .get(role)
            .filter(|tool| tool.starts_with('/'))
        else {
            continue;
        };
        if path.contains(['$', ' ']) {
            let reason = "Spack puts variables into paths, and takes no arguments";
            return Err(spot.refuse(format_args!("the compiler `{path}`"), reason));
        }
        compilers.insert(language, path.clone());
        names.push(name);
    }
    let Some(path) = compilers.values().next() else {
        return Ok(());
    };
    // DIR/bin/gcc is of DIR.
    let mut directories = path.rsplitn(3, '/').skip(2);
    let prefix = directories
        .next()
        .filter(|prefix| !prefix.is_empty())
        .unwrap_or("/");
    let package = compiler_package(spot, &identity.family)?;
    let spec = format!("{package}@{version}{}", names::languages(package, &names));
    let known = externals.entry(package).or_default();
    let external = known.entry((spec, prefix.to_owned())).or_default();
    external.extend(compilers);
    Ok(())
}
