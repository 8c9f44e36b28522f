//! Texts of the options in which words of a variant stand.

use crate::emit::quote::Unquotable;
use crate::emit::spot::Spot;
use crate::error::Error;
use crate::matrix::{Variant, fill, fill_list};

/// How a word of a variant is written in the language around it.
pub(super) type Quote = fn(&str) -> Result<String, Unquotable>;

/// A language in which nothing of a word means anything.
pub(super) fn plain(text: &str) -> Result<String, Unquotable> {
    Ok(text.to_owned())
}

/// Patterns of one option, and the variant that they are filled from.
#[derive(Clone, Copy)]
pub(super) struct Filler<'a> {
    pub(super) spot: Spot<'a>,
    pub(super) variant: &'a Variant<'a>,
    /// The option, as a matrix file has it.
    pub(super) option: &'static str,
    pub(super) quote: Quote,
}

impl Filler<'_> {
    /// A list of words. A pattern that is a list itself is all of it.
    pub(super) fn list(self, patterns: &[String]) -> Result<Vec<String>, Error> {
        fill_list(patterns, |name| self.words(name), |name| self.several(name))
    }

    /// One text.
    pub(super) fn text(self, pattern: &str) -> Result<String, Error> {
        fill(pattern, |name| self.words(name), |name| self.several(name))
    }

    fn words(self, name: &str) -> Result<Vec<String>, Error> {
        let words = self.variant.words(name).ok_or_else(|| {
            let known = self.variant.word_names().join(", ");
            self.refuse(format_args!("it has no `{name}`; it has {known}"))
        })?;
        let quoted = words.iter().map(|word| {
            let what = format_args!("`{{{name}}}` of `{}`", self.option);
            self.spot.say(what, (self.quote)(word))
        });
        quoted.collect()
    }

    fn several(self, name: &str) -> Error {
        self.refuse(format_args!("`{{{name}}}` is not one word here"))
    }

    fn refuse(self, reason: impl std::fmt::Display) -> Error {
        self.spot.refuse(format_args!("`{}`", self.option), reason)
    }
}
