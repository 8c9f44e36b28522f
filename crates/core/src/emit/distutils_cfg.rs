//! `distutils-cfg`: a configuration of distutils and setuptools a variant, as
//! `setup.cfg`, `pydistutils.cfg` or the file that `DIST_EXTRA_CONFIG` names.
//!
//! `build_ext` has options for directories, libraries and defines. Compilers and
//! all other flags come by the environment: a comment has them.

use std::fmt::Write as _;

use super::environment::environment;
use super::line::line;
use super::quote::{self, Unquotable};
use super::spot::{Spot, file_each};
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};
use crate::name::Os;

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let name = |variant: &str| format!("{variant}.cfg");
    file_each(Format::DistutilsCfg, expansion, name, config)
}

/// What `build_ext` has options for, and what it has none for.
#[derive(Default)]
struct Options<'a> {
    include_dirs: Vec<&'a str>,
    define: Vec<&'a str>,
    undef: Vec<&'a str>,
    library_dirs: Vec<&'a str>,
    rpath: Vec<&'a str>,
    libraries: Vec<&'a str>,
    preprocess: Vec<&'a str>,
    link: Vec<&'a str>,
    libs: Vec<&'a str>,
}

impl<'a> Options<'a> {
    fn of(variant: &'a Variant<'_>) -> Self {
        let flags = &variant.configuration.flags;
        let mut options = Self::default();
        for word in &flags.cppflags {
            match word.split_at_checked(2) {
                Some(("-I", directory)) if !directory.is_empty() => {
                    options.include_dirs.push(directory);
                }
                // A define of `build_ext` is 1.
                Some(("-D", name)) if is_macro(name.strip_suffix("=1").unwrap_or(name)) => {
                    options.define.push(name.strip_suffix("=1").unwrap_or(name));
                }
                Some(("-U", name)) if is_macro(name) => options.undef.push(name),
                _ => options.preprocess.push(word),
            }
        }
        for word in &flags.ldflags {
            match word.strip_prefix("-Wl,-rpath,") {
                Some(directory) if !directory.contains(',') => options.rpath.push(directory),
                _ => match word.split_at_checked(2) {
                    Some(("-L", directory)) if !directory.is_empty() => {
                        options.library_dirs.push(directory);
                    }
                    _ => options.link.push(word),
                },
            }
        }
        for word in &flags.libs {
            match word.split_at_checked(2) {
                Some(("-l", name)) if is_library(name) => options.libraries.push(name),
                _ => options.libs.push(word),
            }
        }
        options
    }
}

fn is_macro(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && name.chars().all(is_letter)
}

/// Whether a list of libraries keeps it in one piece.
fn is_library(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == ',' || c.is_whitespace())
}

fn config(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let options = Options::of(variant);
    let mut text = format!("# {}\n", comment(Format::DistutilsCfg));
    text.push_str(&environment_comment(variant, &options, spot)?);
    text.push_str("\n[build_ext]\n");
    let target = variant.configuration.toolchain.as_ref();
    let is_windows = target.is_some_and(|toolchain| toolchain.target.os == Os::Windows);
    let separator = if is_windows { ";" } else { ":" };
    let lists = [
        ("include_dirs", &options.include_dirs, separator),
        ("define", &options.define, ","),
        ("undef", &options.undef, ","),
        ("library_dirs", &options.library_dirs, separator),
        ("rpath", &options.rpath, separator),
        ("libraries", &options.libraries, ","),
    ];
    for (name, values, separator) in lists {
        if values.is_empty() {
            continue;
        }
        let joined = if values.iter().any(|value| value.contains(separator)) {
            Err(Unquotable::new("it has what separates the directories"))
        } else {
            quote::cfg(&values.join(separator))
        };
        let joined = spot.say(format_args!("option `{name}`"), joined)?;
        writeln!(text, "{name} = {joined}").expect("writing to a String works");
    }
    Ok(text)
}

/// What the environment still has to say, as comments.
fn environment_comment(
    variant: &Variant<'_>,
    options: &Options<'_>,
    spot: Spot<'_>,
) -> Result<String, Error> {
    let mut text = String::from("# build_ext has no options for what comes by the environment:\n");
    let rest = [
        ("CPPFLAGS", &options.preprocess),
        ("LDFLAGS", &options.link),
        ("LIBS", &options.libs),
        ("LDLIBS", &options.libs),
    ];
    for (name, value) in environment(variant) {
        let value = match rest.iter().find(|(known, _)| *known == name) {
            Some((_, words)) if words.is_empty() => continue,
            Some((_, words)) => line(variant, words),
            None => value,
        };
        let value = spot.value(&name, one_line(&value))?;
        writeln!(text, "#   {name}={}", quote::posix(value)).expect("writing to a String works");
    }
    Ok(text)
}

fn one_line(value: &str) -> Result<&str, Unquotable> {
    if value.contains(['\n', '\r']) {
        Err(Unquotable::new("it has a line break"))
    } else {
        Ok(value)
    }
}
