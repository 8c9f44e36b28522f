//! How variants are built and tested: the table `[run]` of a matrix file.

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer};

use super::expand::Variant;
use super::pattern::fill_list;
use crate::error::Error;

/// How each variant is built and tested on a machine: the table `[run]`, over
/// which the command line has the last word.
///
/// A step is one command or several, each a list of words. In a word `{source}`,
/// `{build}` and `{install}` stand for the directories of the sources, of the
/// variant's build and of what it installs, `{name}` for the variant's name, `{AXIS}` for its value of an axis,
/// `{vars.NAME}` for a word of its `vars`, and `{tools.ROLE}` for a command of its
/// configuration, such as `{tools.cc}` or `{tools.mpiexec}`; by these, steps differ
/// from value to value. No shell reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunOptions {
    /// Prepares a build.
    pub configure: Commands,
    /// Builds.
    pub build: Commands,
    /// Tests what was built.
    pub test: Commands,
    /// Puts what was built where it is used from.
    pub install: Commands,
    /// Variables of the caller's environment that reach the builds.
    pub pass: Vec<String>,
    /// Seconds that a command may take.
    #[serde(deserialize_with = "above_zero")]
    pub timeout: Option<NonZeroU32>,
    /// How often a command that fails is started again.
    pub retry: u32,
}

/// Commands, each a list of words; a file may leave out the list around one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands(pub Vec<Vec<String>>);

/// The directories that commands are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunPlaces<'a> {
    /// Where the sources are.
    pub source: &'a str,
    /// Where the variant is built.
    pub build: &'a str,
    /// Where it is installed.
    pub install: &'a str,
}

impl<'de> Deserialize<'de> for Commands {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "a command is a list of words, and a step one command or a list of them"
        )]
        enum OneOrMore {
            One(Vec<String>),
            More(Vec<Vec<String>>),
        }
        let commands = match OneOrMore::deserialize(deserializer)? {
            OneOrMore::One(words) if words.is_empty() => Vec::new(),
            OneOrMore::One(words) => vec![words],
            OneOrMore::More(commands) => commands,
        };
        if commands
            .iter()
            .any(|words| words.first().is_none_or(String::is_empty))
        {
            return Err(serde::de::Error::custom(
                "a command begins with the program to start, and here is none",
            ));
        }
        Ok(Self(commands))
    }
}

fn above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let above_zero = u32::try_from(number).ok().and_then(NonZeroU32::new);
    above_zero.map(Some).ok_or_else(|| {
        let message = format!("a whole number above 0 is wanted, and {number} is none");
        serde::de::Error::custom(message)
    })
}

impl RunOptions {
    /// The steps that are there, by name, in the order in which they are made.
    #[must_use]
    pub fn steps(&self) -> Vec<(&'static str, &Commands)> {
        let all = [
            ("configure", &self.configure),
            ("build", &self.build),
            ("test", &self.test),
            ("install", &self.install),
        ];
        let all = all.into_iter();
        all.filter(|(_, commands)| !commands.0.is_empty()).collect()
    }
}

impl Commands {
    /// The commands of one variant.
    ///
    /// # Errors
    /// A word has a name in braces that stands for nothing of the variant, or for
    /// not one word.
    pub fn of(
        &self,
        step: &'static str,
        variant: &Variant<'_>,
        places: RunPlaces<'_>,
    ) -> Result<Vec<Vec<String>>, Error> {
        let refuse = |reason: String| Error::RunPattern {
            option: step,
            variant: variant.name.clone(),
            reason,
        };
        let words = |name: &str| match name {
            "source" => Ok(vec![places.source.to_owned()]),
            "build" => Ok(vec![places.build.to_owned()]),
            "install" => Ok(vec![places.install.to_owned()]),
            _ => variant.words(name).ok_or_else(|| {
                let known = variant.word_names().join(", ");
                refuse(format!(
                    "it has no `{name}`; it has source, build, install, {known}"
                ))
            }),
        };
        let several = |name: &str| refuse(format!("`{{{name}}}` is not one word here"));
        let commands = self.0.iter().map(|patterns| {
            let filled = fill_list(patterns, words, several)?;
            if filled.first().is_none_or(String::is_empty) {
                return Err(refuse("its program is nothing here".to_owned()));
            }
            Ok(filled)
        });
        commands.collect()
    }
}
