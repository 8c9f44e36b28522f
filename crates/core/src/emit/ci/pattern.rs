//! Texts of the options in which words of a variant stand: `{runner}`,
//! `{compiler}`, `{compiler.runner}`, `{vars.NAME}`, `{name}`.

use crate::emit::quote::Unquotable;
use crate::emit::spot::Spot;
use crate::error::Error;
use crate::matrix::Variant;

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
        let mut filled = Vec::new();
        for pattern in patterns {
            let whole = pattern
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
                .filter(|name| is_name(name));
            match whole.map(|name| self.words(name)).transpose()? {
                Some(words) => filled.extend(words),
                None => filled.push(self.text(pattern)?),
            }
        }
        Ok(filled)
    }

    /// One text.
    pub(super) fn text(self, pattern: &str) -> Result<String, Error> {
        let mut filled = String::new();
        let mut rest = pattern;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            filled.push_str(before);
            let name = after[1..].split('}').next().unwrap_or_default();
            // `${NAME}` and `${{ … }}` are of the language around it.
            let is_other = filled.ends_with(['$', '{']);
            if is_other || !after[1..].contains('}') || !is_name(name) {
                filled.push('{');
                rest = &after[1..];
                continue;
            }
            let mut words = self.words(name)?;
            let word = words.pop().filter(|_| words.is_empty());
            filled.push_str(
                &word.ok_or_else(|| {
                    self.refuse(format_args!("`{{{name}}}` is not one word here"))
                })?,
            );
            rest = &after[name.len() + 2..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn words(self, name: &str) -> Result<Vec<String>, Error> {
        let variant = self.variant;
        let axis = |name: &str| variant.axes.iter().find(|(axis, _)| axis == name);
        let words = match (name, name.split_once('.')) {
            ("runner", _) => variant.runner.clone(),
            (_, Some(("vars", key))) => match variant.vars.get(key) {
                Some(word) => vec![word.to_string()],
                None => return Err(self.unknown(name)),
            },
            _ => match (axis(name), name.rsplit_once('.')) {
                (Some((_, value)), _) => vec![value.clone()],
                (None, Some((of, "runner"))) if axis(of).is_some() => {
                    let labels = variant.runner_by_axis.iter().find(|(axis, _)| axis == of);
                    labels.map(|(_, labels)| labels.clone()).unwrap_or_default()
                }
                (None, _) if name == "name" => vec![variant.name.clone()],
                _ => return Err(self.unknown(name)),
            },
        };
        let quoted = words.iter().map(|word| {
            let what = format_args!("`{{{name}}}` of `{}`", self.option);
            self.spot.say(what, (self.quote)(word))
        });
        quoted.collect()
    }

    fn unknown(self, name: &str) -> Error {
        let axes = self.variant.axes.iter().map(|(axis, _)| axis.clone());
        let vars = self.variant.vars.keys().map(|key| format!("vars.{key}"));
        let known: Vec<String> = axes
            .chain(vars)
            .chain(["name", "runner"].map(str::to_owned))
            .collect();
        self.refuse(format_args!(
            "it has no `{name}`; it has {}",
            known.join(", ")
        ))
    }

    fn refuse(self, reason: impl std::fmt::Display) -> Error {
        self.spot.refuse(format_args!("`{}`", self.option), reason)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
