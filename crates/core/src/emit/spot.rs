//! Where a text stands that is written for another tool, for the message when
//! that tool's language has no words for it.

use std::fmt::Display;

use super::quote::Unquotable;
use super::{EmittedFile, Format};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// A variant in a format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    format: Format,
    variant: &'a str,
}

impl<'a> Spot<'a> {
    pub(super) fn new(format: Format, variant: &'a Variant<'_>) -> Self {
        Self {
            format,
            variant: &variant.name,
        }
    }

    /// What all variants of a format have in common.
    pub(super) fn of_all(format: Format) -> Self {
        Self {
            format,
            variant: "",
        }
    }

    /// That `what` cannot be said, because of `reason`.
    pub(super) fn refuse(self, what: impl Display, reason: impl Display) -> Error {
        Error::Inexpressible {
            format: self.format,
            variant: self.variant.to_owned(),
            what: what.to_string(),
            reason: reason.to_string(),
        }
    }

    /// `what`, quoted, or why it cannot be.
    pub(super) fn say<T>(
        self,
        what: impl Display,
        quoted: Result<T, Unquotable>,
    ) -> Result<T, Error> {
        quoted.map_err(|error| self.refuse(what, error))
    }

    /// The value of a variable, quoted, or why it cannot be.
    pub(super) fn value<T>(self, name: &str, quoted: Result<T, Unquotable>) -> Result<T, Error> {
        self.say(format_args!("variable `{name}`"), quoted)
    }

    /// The name of a variable where names are letters, digits and underscores.
    pub(super) fn identifier(self, name: &'a str) -> Result<&'a str, Error> {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.chars().all(is_letter) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(name);
        }
        let reason = "its name has more than letters, digits and underscores";
        Err(self.refuse(format_args!("variable `{}`", name.escape_debug()), reason))
    }

    /// Refuses what no tool can be told: no environment and no command line has it.
    pub(super) fn check(self, variant: &Variant<'_>) -> Result<(), Error> {
        const NUL: &str =
            "it has the character NUL, which no environment and no command line holds";
        let configuration = &variant.configuration;
        for (name, value) in configuration.env.iter().chain(&configuration.run_env) {
            if name.is_empty() || name.contains(|c: char| c == '=' || c.is_control()) {
                let reason = "no environment has a variable of that name";
                return Err(self.refuse(format_args!("variable `{}`", name.escape_debug()), reason));
            }
            if value.contains('\0') {
                return Err(self.refuse(format_args!("variable `{name}`"), NUL));
            }
        }
        if let Some((role, _)) = configuration
            .tools
            .iter()
            .find(|(_, tool)| tool.contains('\0'))
        {
            return Err(self.refuse(format_args!("tool `{role}`"), NUL));
        }
        let flags = &configuration.flags;
        let words = [
            ("cppflags", &flags.cppflags),
            ("cflags", &flags.cflags),
            ("cxxflags", &flags.cxxflags),
            ("fflags", &flags.fflags),
            ("ldflags", &flags.ldflags),
            ("libs", &flags.libs),
        ];
        for (what, words) in words {
            if words.iter().any(|word| word.contains('\0')) {
                return Err(self.refuse(format_args!("a word of `{what}`"), NUL));
            }
        }
        // A name becomes a file's, a preset's, a target's.
        if is_part(self.variant) {
            Ok(())
        } else {
            Err(self.refuse("the name", "no file can have it"))
        }
    }
}

/// One file a variant: `name` of the variant's name, and its text.
pub(super) fn file_each(
    format: Format,
    expansion: &Expansion<'_>,
    name: impl Fn(&str) -> String,
    text: impl Fn(&Variant<'_>, Spot<'_>) -> Result<String, Error>,
) -> Result<Vec<EmittedFile>, Error> {
    let files = expansion.variants.iter().map(|variant| {
        Ok(EmittedFile {
            path: name(&variant.name),
            text: text(variant, Spot::new(format, variant))?,
        })
    });
    files.collect()
}

/// Whether a text can be one part of a path, on every system, and stays where it
/// is put.
pub(super) fn is_part(text: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !"/\\:*?\"<>|".contains(c);
    !text.is_empty() && text != "." && text != ".." && text.chars().all(is_plain)
}

/// A comment about what of the variant's environment a format has no place for,
/// in a line that begins with `sign`; nothing where it has all.
pub(super) fn left_out(
    variant: &Variant<'_>,
    sign: &str,
    has_place: impl Fn(&str) -> bool,
) -> String {
    let configuration = &variant.configuration;
    let all = configuration.env.keys().chain(configuration.run_env.keys());
    let names: Vec<&str> = all
        .map(String::as_str)
        .filter(|name| !has_place(name))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "{sign} there is no place here for {}; `cfgmatrix emit env` has it\n",
        names.join(", ")
    )
}
