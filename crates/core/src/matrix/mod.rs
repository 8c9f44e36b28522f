//! Matrix files: axes of choices, expanded into variants.

mod bind;
mod combination;
mod expand;
mod selection;

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::document::{Document, from_text};
use crate::error::{Error, Place};
use crate::host::HostToolchain;
use crate::name::{Arch, Language, Os, UnknownWord};
use crate::toolchain::{Interface, Linkage, Provides};

pub use expand::{Excluded, Expansion, Rule, Variant};
pub use selection::Selection;

/// The version of the matrix language that this version reads.
const SCHEMA: u32 = 1;

/// A matrix file as it was written, names checked where they stand.
#[derive(Clone, Debug)]
pub struct Matrix {
    document: Document,
    spec: Spec,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    schema: u32,
    name: String,
    #[serde(default)]
    expect: Option<usize>,
    #[serde(default)]
    languages: Option<Vec<Language>>,
    axes: Axes,
    #[serde(default, rename = "require-features")]
    require_features: RequireFeatures,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequireFeatures {
    features: Vec<String>,
}

/// The axes in the order of the file.
#[derive(Clone, Debug, Default)]
struct Axes(Vec<Axis>);

#[derive(Clone, Debug)]
struct Axis {
    name: String,
    values: Vec<AxisValue>,
    /// Its values are what a machine has.
    installed: Option<Installed>,
}

/// The compilers that a machine has: `{ installed = true }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Installed {
    installed: bool,
    /// Only of these families, with `@VERSION` where it matters.
    #[serde(default)]
    families: Vec<String>,
    /// System built for; the machine's own where it is left out.
    #[serde(default)]
    os: Option<Os>,
    #[serde(default)]
    arch: Option<Arch>,
}

/// One value of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AxisValue {
    /// Of the axis `compiler`.
    Compiler(CompilerValue),
    /// Of the axis `blas`.
    Blas(BlasValue),
    /// Of the axis `mpi`: an implementation's id, or `none`.
    Mpi(String),
    /// Of the axis `mode`: a mode's id.
    Mode(String),
}

impl AxisValue {
    /// The name of the value in variants' names and selections.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Compiler(value) => &value.id,
            Self::Blas(value) => &value.id,
            Self::Mode(id) | Self::Mpi(id) => id,
        }
    }

    fn compiler(&self) -> Option<&CompilerValue> {
        if let Self::Compiler(value) = self {
            Some(value)
        } else {
            None
        }
    }

    fn blas(&self) -> Option<&BlasValue> {
        if let Self::Blas(value) = self {
            Some(value)
        } else {
            None
        }
    }

    fn mpi(&self) -> Option<&str> {
        if let Self::Mpi(id) = self {
            Some(id)
        } else {
            None
        }
    }

    fn mode(&self) -> Option<&str> {
        if let Self::Mode(id) = self {
            Some(id)
        } else {
            None
        }
    }
}

/// A compiler of a matrix: `"gcc"`, `"gcc@12"`, or a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompilerValue {
    /// Its name in the matrix.
    pub id: String,
    /// Family, with `@VERSION` where it matters; the id where it is left out.
    #[serde(default)]
    family: Option<String>,
    /// Commands that differ from the family's usual ones.
    #[serde(default)]
    cc: Option<String>,
    #[serde(default)]
    cxx: Option<String>,
    #[serde(default)]
    fc: Option<String>,
    /// Separately installed parts that are there.
    #[serde(default)]
    with: Vec<String>,
    /// System built for; the family's home where it is left out.
    #[serde(default)]
    os: Option<Os>,
    #[serde(default)]
    arch: Option<Arch>,
}

/// A BLAS of a matrix: `"sequential"`, `"threaded"`, a kind of threading, or a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlasValue {
    /// Its name in the matrix.
    pub id: String,
    /// Library; the compiler family's usual one where it is left out.
    #[serde(default)]
    library: Option<String>,
    /// Threading; the id where it is left out.
    #[serde(default)]
    threading: Option<String>,
    #[serde(default)]
    interface: Interface,
    #[serde(default)]
    linkage: Linkage,
    /// What must be provided; BLAS where it is left out.
    #[serde(default)]
    provides: Vec<Provides>,
}

impl BlasValue {
    fn provides(&self) -> Vec<Provides> {
        if self.provides.is_empty() {
            vec![Provides::Blas]
        } else {
            self.provides.clone()
        }
    }
}

impl CompilerValue {
    /// The value for a compiler of a machine.
    fn of_host(id: String, toolchain: &HostToolchain) -> Self {
        let family = match &toolchain.version {
            Some(version) => format!("{}@{version}", toolchain.family),
            None => toolchain.family.clone(),
        };
        let path = |language| {
            toolchain
                .drivers
                .get(&language)
                .map(|driver| driver.path.clone())
        };
        Self {
            id,
            family: Some(family),
            cc: path(Language::C),
            cxx: path(Language::Cxx),
            fc: path(Language::Fortran),
            with: Vec::new(),
            os: toolchain.system.map(|system| system.os),
            arch: toolchain.system.map(|system| system.arch),
        }
    }
}

/// A value that is a word, or a table where a word does not say enough.
trait Spelled: for<'de> Deserialize<'de> {
    fn from_word(word: String) -> Self;
}

impl Spelled for CompilerValue {
    fn from_word(word: String) -> Self {
        Self {
            id: word,
            family: None,
            cc: None,
            cxx: None,
            fc: None,
            with: Vec::new(),
            os: None,
            arch: None,
        }
    }
}

impl Spelled for BlasValue {
    fn from_word(word: String) -> Self {
        Self {
            id: word,
            library: None,
            threading: None,
            interface: Interface::default(),
            linkage: Linkage::default(),
            provides: Vec::new(),
        }
    }
}

struct Value<T>(T);

impl<'de, T: Spelled> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrTable<T>(PhantomData<T>);
        impl<'de, T: Spelled> Visitor<'de> for WordOrTable<T> {
            type Value = Value<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or a table with an `id`")
            }
            fn visit_str<E>(self, word: &str) -> Result<Self::Value, E> {
                Ok(Value(T::from_word(word.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Value)
            }
        }
        deserializer.deserialize_any(WordOrTable(PhantomData))
    }
}

/// The axes that exist. Own axes come with the full matrix language.
const AXES: [&str; 4] = ["compiler", "mpi", "blas", "mode"];

struct AxisName(&'static str);

impl FromStr for AxisName {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = AXES.into_iter().find(|&name| name == text);
        known
            .map(Self)
            .ok_or_else(|| UnknownWord::new("axis", text, AXES))
    }
}

impl<'de> Deserialize<'de> for AxisName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Axes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of axes, each a list of values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Axes, A::Error> {
                let mut axes: Vec<Axis> = Vec::new();
                while let Some(AxisName(name)) = map.next_key()? {
                    if axes.iter().any(|axis| axis.name == name) {
                        return Err(A::Error::custom(format!("axis `{name}` comes twice")));
                    }
                    let mut installed = None;
                    let values: Vec<AxisValue> = match name {
                        "compiler" => match map.next_value::<Compilers>()? {
                            Compilers::Named(values) => {
                                values.into_iter().map(AxisValue::Compiler).collect()
                            }
                            Compilers::Installed(which) => {
                                installed = Some(which);
                                Vec::new()
                            }
                        },
                        "blas" => map
                            .next_value::<List<BlasValue>>()?
                            .0
                            .into_iter()
                            .map(AxisValue::Blas)
                            .collect(),
                        words => {
                            let of = if words == "mpi" {
                                AxisValue::Mpi
                            } else {
                                AxisValue::Mode
                            };
                            map.next_value::<Vec<String>>()?
                                .into_iter()
                                .map(of)
                                .collect()
                        }
                    };
                    axes.push(Axis {
                        name: name.to_owned(),
                        values,
                        installed,
                    });
                }
                Ok(Axes(axes))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The values of the axis `compiler`: a list, or what a machine has.
enum Compilers {
    Named(Vec<CompilerValue>),
    Installed(Installed),
}

impl<'de> Deserialize<'de> for Compilers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrTable;
        impl<'de> Visitor<'de> for ListOrTable {
            type Value = Compilers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Compilers, A::Error> {
                let mut values = Vec::new();
                while let Some(Value(value)) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Compilers::Named(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Compilers, A::Error> {
                let installed = Installed::deserialize(MapAccessDeserializer::new(map))?;
                if installed.installed {
                    Ok(Compilers::Installed(installed))
                } else {
                    Err(A::Error::custom(
                        "`installed` can only be true; name the compilers in a list instead",
                    ))
                }
            }
        }
        deserializer.deserialize_any(ListOrTable)
    }
}

struct List<T>(Vec<T>);

impl<'de, T: Spelled> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Spelled> Visitor<'de> for Elements<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(Value(value)) = seq.next_element()? {
                    values.push(value);
                }
                Ok(List(values))
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

impl Matrix {
    /// Reads a matrix file: JSON where its name ends in `.json` or it begins
    /// with a brace, as no TOML does, else TOML.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn parse(document: Document) -> Result<Self, Error> {
        let begins_with_brace = document.text().trim_start().starts_with('{');
        let spec: Spec = if document.name().ends_with(".json") || begins_with_brace {
            document.json()?
        } else {
            document.toml()?
        };
        let matrix = Self { document, spec };
        matrix.check()?;
        Ok(matrix)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The languages that it names; none stands for all that a compiler has.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        self.spec.languages.as_deref().unwrap_or_default()
    }

    /// The features that every variant must have, without their values.
    pub fn required_features(&self) -> impl Iterator<Item = &str> {
        let features = self.spec.require_features.features.iter();
        features.map(|text| text.split('=').next().unwrap_or(text))
    }

    /// The axes in order, each with its values' ids.
    pub fn axes(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str> + Clone)> {
        self.spec
            .axes
            .0
            .iter()
            .map(|axis| (axis.name.as_str(), axis.values.iter().map(AxisValue::id)))
    }

    fn check(&self) -> Result<(), Error> {
        if self.spec.schema != SCHEMA {
            return Err(self.wrong(
                "schema",
                format!(
                    "schema is {}, and this version reads {SCHEMA}",
                    self.spec.schema
                ),
            ));
        }
        if !self.spec.axes.0.iter().any(|axis| axis.name == "compiler") {
            return Err(self.wrong("axes", "a matrix needs the axis `compiler`".to_owned()));
        }
        for axis in &self.spec.axes.0 {
            if axis.values.is_empty() && axis.installed.is_none() {
                return Err(self.wrong(&axis.name, format!("axis `{}` has no values", axis.name)));
            }
            for (number, value) in axis.values.iter().enumerate() {
                let wrong = |nth, message| self.wrong_value(&axis.name, value.id(), nth, message);
                if value.id().is_empty() {
                    let message = format!("a value of axis `{}` has an empty name", axis.name);
                    return Err(wrong(0, message));
                }
                let earlier = &axis.values[..number];
                if earlier.iter().any(|other| other.id() == value.id()) {
                    let message =
                        format!("value `{}` of axis `{}` comes twice", value.id(), axis.name);
                    return Err(wrong(1, message));
                }
            }
        }
        Ok(())
    }

    /// An error at a key.
    fn wrong(&self, key: &str, message: String) -> Error {
        Error::Invalid {
            message,
            hint: None,
            place: self.place_of_key(key),
        }
    }

    /// An error where a value of `key` stands for the `nth` time, from 0.
    fn wrong_value(&self, key: &str, value: &str, nth: usize, message: String) -> Error {
        Error::Invalid {
            message,
            hint: None,
            place: self.place_of_value(key, value, nth),
        }
    }

    fn place_of_key(&self, key: &str) -> Place {
        self.document.place_of_offset(self.offset_of_key(key))
    }

    fn place_of_value(&self, key: &str, value: &str, nth: usize) -> Place {
        let from = self.offset_of_key(key);
        // A feature may have a value of its own: `rpath=/opt/lib`.
        let spellings = ["\"{}\"", "'{}'", "\"{}=", "'{}="].map(|form| form.replace("{}", value));
        let offset = spellings
            .iter()
            .find_map(|spelling| self.offsets_of(spelling, from).nth(nth));
        self.document.place_of_offset(offset.unwrap_or(from))
    }

    /// Where a key stands, in either notation; the top where it does not. For
    /// messages only: what was read no longer knows where it stood.
    fn offset_of_key(&self, key: &str) -> usize {
        let text = self.document.text();
        let is_key = |&at: &usize| {
            let rest = &text[at + key.len()..];
            let unquoted = rest.trim_start_matches(['"', '\'']).trim_start();
            let in_header = text[..at].ends_with('[') && rest.starts_with(']');
            in_header || unquoted.starts_with(['=', ':'])
        };
        let at = self.offsets_of(key, 0).find(is_key).unwrap_or(0);
        at - usize::from(text[..at].ends_with(['"', '\'']))
    }

    /// Where a text stands, whole-line comments aside.
    fn offsets_of<'m>(&'m self, what: &'m str, from: usize) -> impl Iterator<Item = usize> + 'm {
        let text = self.document.text();
        let in_comment = move |at: usize| {
            let line = text[..at].rsplit('\n').next().unwrap_or_default();
            line.trim_start().starts_with('#')
        };
        let found = text[from..]
            .match_indices(what)
            .map(move |(at, _)| from + at);
        found.filter(move |&at| !in_comment(at))
    }

    /// An error about `value` of `key`, or about another value that it names,
    /// shown where that stands.
    fn placed(&self, error: Error, key: &str, value: &str) -> Error {
        let (key, value) = match &error {
            Error::Unknown(_) | Error::CompilerSpec { .. } | Error::RangeForVersion { .. } => {
                (key, value)
            }
            Error::Contradiction {
                second: feature, ..
            }
            | Error::ModeExcludes { feature, .. }
            | Error::Parameter { feature, .. } => ("features", feature.as_str()),
            _ => return error,
        };
        Error::Invalid {
            message: error.to_string(),
            hint: error.hint(),
            place: self.place_of_value(key, value, 0),
        }
    }
}
