//! A matrix file as it was written.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::axis::{self, Axis, split};
use super::decoration::Decoration;
use super::run::RunOptions;
use super::scalar::Scalar;
use crate::emit::EmitOptions;
use crate::name::Language;
use crate::tree::{Fault, Node, Step, Tree};

/// A matrix file, names checked where they stand.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) schema: u32,
    pub(crate) name: String,
    pub(crate) expect: Option<u64>,
    pub(crate) languages: Option<Vec<Language>>,
    pub(crate) axes: Vec<Axis>,
    pub(crate) required_features: Vec<String>,
    pub(crate) zips: Vec<Zip>,
    pub(crate) forbids: Vec<Forbid>,
    pub(crate) requires: Vec<Require>,
    pub(crate) includes: Vec<Include>,
    pub(crate) sets: Vec<Set>,
    pub(crate) profiles: Vec<(String, Profile)>,
    pub(crate) emit: EmitOptions,
    pub(crate) run: RunOptions,
}

/// The parts that serde can read by itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    schema: u32,
    name: String,
    #[serde(default)]
    expect: Option<u64>,
    #[serde(default)]
    languages: Option<Vec<Language>>,
    #[serde(rename = "axes")]
    _axes: IgnoredAny,
    #[serde(default, rename = "require-features")]
    require_features: RequireFeatures,
    #[serde(default)]
    zip: Vec<Zip>,
    #[serde(default)]
    forbid: Vec<Forbid>,
    #[serde(default)]
    require: Vec<Require>,
    #[serde(default)]
    include: Vec<Include>,
    #[serde(default, rename = "set")]
    _set: Option<IgnoredAny>,
    #[serde(default)]
    profile: Pairs<Profile>,
    #[serde(default)]
    emit: EmitOptions,
    #[serde(default)]
    run: RunOptions,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequireFeatures {
    features: Vec<String>,
}

/// Axes that turn together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Zip {
    pub(crate) axes: Vec<String>,
    /// The values of all axes, row by row; the axes' own lists where it is left out.
    #[serde(default)]
    pub(crate) rows: Option<Vec<Vec<Scalar>>>,
    #[serde(default)]
    pub(crate) when: Option<String>,
    #[serde(default)]
    pub(crate) optional: bool,
    /// The row that names and ids leave out.
    #[serde(default)]
    pub(crate) default: Option<Vec<Scalar>>,
}

/// Combinations that may not be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forbid {
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// Read again where it stands, for the places of its parts.
    #[serde(rename = "if")]
    _condition: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// What combinations must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Require {
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// Everywhere, where it is left out.
    #[serde(default, rename = "if")]
    pub(crate) condition: Option<String>,
    /// Read again where it stands.
    #[serde(rename = "then")]
    _then: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// One more row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Include {
    pub(crate) row: Pairs<Scalar>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// Even where a rule of the matrix forbids it.
    #[serde(default)]
    pub(crate) force: bool,
}

/// What rows get for which something holds.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    /// Everywhere, where it is left out.
    pub(crate) condition: Option<String>,
    pub(crate) decoration: Decoration,
}

/// A way to expand the same matrix.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profile {
    /// Optional axes that turn.
    pub(crate) activate: Vec<String>,
    /// Every tuple of so many values occurs; the whole product where it is left out.
    pub(crate) strength: Option<Strength>,
    pub(crate) mixed: Vec<Mixed>,
    pub(crate) seed_rows: Option<SeedRows>,
    /// Rows of these tags, beside those without.
    pub(crate) tags: Vec<String>,
    pub(crate) expect: Option<u64>,
}

/// A covering strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// The full product.
    All,
    /// Every feasible tuple of so many values.
    Of(usize),
}

/// Axes whose tuples are covered at a strength of their own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mixed {
    pub(crate) axes: Vec<String>,
    pub(crate) strength: usize,
}

/// Rows that a covering array begins with.
#[derive(Clone, Debug)]
pub(crate) enum SeedRows {
    /// A file of rows, which the caller reads.
    File(String),
    Rows(Vec<Pairs<Scalar>>),
}

/// A table in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct Pairs<V>(pub(crate) Vec<(String, V)>);

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
            type Value = Pairs<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of keys and values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

impl Strength {
    /// The highest that is computed.
    pub const MAX: usize = 6;

    /// A strength by its number.
    ///
    /// # Errors
    /// It is not from 1 to [`Self::MAX`].
    pub fn of(number: u64) -> Result<Self, String> {
        match usize::try_from(number) {
            Ok(strength @ 1..=Self::MAX) => Ok(Self::Of(strength)),
            _ => Err(format!(
                "`{number}` is no covering strength: expected 1 to {}, or `all` for the full product",
                Self::MAX
            )),
        }
    }
}

impl std::str::FromStr for Strength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let number = text.parse();
        number.map_or_else(
            |_| {
                Err(format!(
                    "`{text}` is no covering strength: expected 1 to {}, or `all` for the full product",
                    Self::MAX
                ))
            },
            Self::of,
        )
    }
}

impl<'de> Deserialize<'de> for Strength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrAll;
        impl Visitor<'_> for NumberOrAll {
            type Value = Strength;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or \"all\"")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Strength, E> {
                Strength::of(u64::try_from(number).unwrap_or(0)).map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Strength, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(NumberOrAll)
    }
}

impl<'de> Deserialize<'de> for SeedRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FileOrRows;
        impl<'de> Visitor<'de> for FileOrRows {
            type Value = SeedRows;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a file, or a list of rows")
            }
            fn visit_str<E>(self, name: &str) -> Result<SeedRows, E> {
                Ok(SeedRows::File(name.to_owned()))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<SeedRows, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = seq.next_element()? {
                    rows.push(row);
                }
                Ok(SeedRows::Rows(rows))
            }
        }
        deserializer.deserialize_any(FileOrRows)
    }
}

impl Spec {
    pub(crate) fn read(tree: &Tree) -> Result<Self, Fault> {
        let head = Head::deserialize(tree)?;
        let axes = tree
            .at(&[Step::Key("axes")])
            .expect("serde demands the key `axes`");
        let sets = match tree.at(&[Step::Key("set")]) {
            None => Vec::new(),
            Some(Tree {
                node: Node::List(sets),
                ..
            }) => sets.iter().map(set).collect::<Result<_, _>>()?,
            Some(other) => {
                let message = "`set` is a list of tables: write `[[set]]`";
                return Err(Fault::new(message, &other.span));
            }
        };
        Ok(Self {
            schema: head.schema,
            name: head.name,
            expect: head.expect,
            languages: head.languages,
            axes: axis::axes(axes)?,
            required_features: head.require_features.features,
            zips: head.zip,
            forbids: head.forbid,
            requires: head.require,
            includes: head.include,
            sets,
            profiles: head.profile.0,
            emit: head.emit,
            run: head.run,
        })
    }
}

fn set(tree: &Tree) -> Result<Set, Fault> {
    #[derive(Deserialize)]
    struct Condition {
        #[serde(default, rename = "if")]
        condition: Option<String>,
    }
    let (condition, decoration) = split(tree, &["if"], &Decoration::KEYS)?;
    Ok(Set {
        condition: Condition::deserialize(&condition)?.condition,
        decoration: Decoration::deserialize(&decoration)?,
    })
}
