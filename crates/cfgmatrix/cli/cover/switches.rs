//! PICT's switches, so that its users change one word of their command.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;

use cfgmatrix_core::pict::PictOptions;
use cfgmatrix_core::plain::Strength;

use super::{Error, Format, usage};

/// What `--help` says of them.
pub(super) const HELP: &str = "\
PICT's switches are understood after the model:
  /o:N|max   order of combinations        --strength
  /e:FILE    seeding rows                 --seed-rows
  /r[:N]     another beginning of chance  --seed
  /f:FORMAT  text or json                 --format pict, pict-json
  /d:C /a:C  separator of values (`,`), of aliases (`|`); `space` and `tab` are words for them
  /n:C       prefix of negative values (`~`)
  /c         names and values in other case are others
  /s         statistics instead of rows

Rows that `--check` is given have axes by name: JSON, JSON lines, CSV with a header, or PICT's table.
It ends with 5 if a row is invalid or a tuple is missing.";

/// PICT's switches as they were given.
#[derive(Debug, Default)]
pub(in crate::cli) struct Switches {
    pub(super) strength: Option<Strength>,
    pub(super) seed_rows: Option<PathBuf>,
    /// What chance begins with.
    pub(super) seed: Option<u64>,
    /// The same, where chance chose it.
    pub(super) chance: Option<u64>,
    pub(super) format: Option<Format>,
    pub(super) statistics: bool,
    pub(in crate::cli) options: PictOptions,
    given: Vec<char>,
}

impl Switches {
    /// Switches, and what is none.
    pub(in crate::cli) fn split(arguments: &[OsString]) -> Result<(Self, Vec<PathBuf>), Error> {
        let mut switches = Self::default();
        let mut rest = Vec::new();
        for argument in arguments {
            match argument.to_str().and_then(Self::letter) {
                Some((letter, value)) => switches.add(letter, value)?,
                None => rest.push(PathBuf::from(argument)),
            }
        }
        Ok((switches, rest))
    }

    /// The first switch that is about how a model is written.
    pub(super) fn about_model(&self) -> Option<char> {
        let mut given = self.given.iter().copied();
        given.find(|&letter| Self::is_about_model(letter))
    }

    /// The first switch that is not.
    pub(in crate::cli) fn beside_model(&self) -> Option<char> {
        let mut given = self.given.iter().copied();
        given.find(|&letter| !Self::is_about_model(letter))
    }

    fn is_about_model(letter: char) -> bool {
        matches!(letter, 'd' | 'a' | 'n' | 'c')
    }

    /// The letter and value of `/o`, `/o:` or `/o:3`. Anything else that begins
    /// with `/` is a path.
    fn letter(argument: &str) -> Option<(char, Option<&str>)> {
        let rest = argument.strip_prefix('/')?;
        let letter = rest.chars().next().filter(char::is_ascii_alphabetic)?;
        match &rest[1..] {
            "" => Some((letter.to_ascii_lowercase(), None)),
            value => Some((letter.to_ascii_lowercase(), Some(value.strip_prefix(':')?))),
        }
    }

    fn add(&mut self, letter: char, value: Option<&str>) -> Result<(), Error> {
        if self.given.contains(&letter) {
            return Err(usage(format!("`/{letter}` is given twice")));
        }
        self.given.push(letter);
        match letter {
            'o' => self.strength = Some(order(value)?),
            'e' => self.seed_rows = Some(text(letter, value)?.into()),
            'r' => self.randomize(value)?,
            'f' => {
                self.format = Some(match text(letter, value)? {
                    "text" => Format::Pict,
                    "json" => Format::PictJson,
                    other => {
                        let message = format!("`/f:{other}`: expected `/f:text` or `/f:json`");
                        return Err(usage(message));
                    }
                });
            }
            'd' => self.options.value_separator = mark(letter, value)?,
            'a' => self.options.alias_separator = mark(letter, value)?,
            'n' => self.options.negative_prefix = mark(letter, value)?,
            'c' => self.options.case_sensitive = alone(letter, value)?,
            's' => self.statistics = alone(letter, value)?,
            _ => {
                return Err(Error::Usage {
                    message: format!("unknown switch `/{letter}`"),
                    hint: Some("PICT's switches are listed in `cfgmatrix cover --help`".to_owned()),
                });
            }
        }
        Ok(())
    }

    fn randomize(&mut self, value: Option<&str>) -> Result<(), Error> {
        let seed = match value {
            Some(value) => value
                .parse()
                .map_err(|_| usage(format!("`/r:{value}`: expected a whole number")))?,
            None => {
                // PICT's seeds are this small, and easy to type again.
                let seed = RandomState::new().build_hasher().finish() & 0xffff;
                self.chance = Some(seed);
                seed
            }
        };
        self.seed = Some(seed);
        Ok(())
    }
}

fn order(value: Option<&str>) -> Result<Strength, Error> {
    let value = text('o', value)?;
    super::strength(value).map_err(|_| {
        usage(format!(
            "`/o:{value}`: expected a whole number from 1, or `max`"
        ))
    })
}

fn text(letter: char, value: Option<&str>) -> Result<&str, Error> {
    match value {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(usage(format!(
            "`/{letter}` needs a value, as `/{letter}:…`"
        ))),
    }
}

fn mark(letter: char, value: Option<&str>) -> Result<char, Error> {
    let value = text(letter, value)?;
    match value {
        "space" if letter != 'n' => return Ok(' '),
        "tab" if letter != 'n' => return Ok('\t'),
        _ => {}
    }
    let mut chars = value.chars();
    match (chars.next(), chars.next()) {
        (Some(mark), None) => Ok(mark),
        _ => Err(usage(format!(
            "`/{letter}:{value}`: expected one character"
        ))),
    }
}

fn alone(letter: char, value: Option<&str>) -> Result<bool, Error> {
    match value {
        None => Ok(true),
        Some(_) => Err(usage(format!("`/{letter}` takes no value"))),
    }
}
