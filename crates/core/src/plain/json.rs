//! The project's own plain models, in JSON.

use std::collections::HashMap;
use std::fmt;

use cfgmatrix_cover::{TargetSet, ValueSet};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Parts, PlainAxis, PlainModel, PlainRule, PlainValue, Strength};
use crate::Scalar;
use crate::clauses::Formula;
use crate::document::{Document, UniqueMap};
use crate::error::Error;
use crate::name::{UnknownWord, did_you_mean};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'d> {
    format_version: u32,
    #[serde(borrow)]
    axes: Vec<&'d RawValue>,
    #[serde(borrow, default)]
    constraints: Vec<Vec<&'d RawValue>>,
    #[serde(default)]
    strength: Option<WrittenStrength>,
    #[serde(borrow, default)]
    mixed: Vec<&'d RawValue>,
    #[serde(borrow, default)]
    seeds: Vec<&'d RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAxis {
    name: String,
    values: Vec<WrittenScalar>,
    #[serde(default)]
    weights: Option<Vec<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLiteral {
    axis: String,
    #[serde(default, rename = "in")]
    within: Option<Vec<WrittenScalar>>,
    #[serde(default)]
    not_in: Option<Vec<WrittenScalar>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMixed {
    axes: Vec<String>,
    strength: usize,
}

/// A strength in a document: a number, or `all`.
struct WrittenStrength(Strength);

impl<'de> Deserialize<'de> for WrittenStrength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = WrittenStrength;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 1, or `all`")
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<WrittenStrength, E> {
                match usize::try_from(number) {
                    Ok(strength @ 1..) => Ok(WrittenStrength(Strength::Of(strength))),
                    _ => Err(E::custom("a strength is 1 or more")),
                }
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<WrittenStrength, E> {
                match text {
                    "all" => Ok(WrittenStrength(Strength::All)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A value as it is written.
struct WrittenScalar(Scalar);

impl<'de> Deserialize<'de> for WrittenScalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Plain;
        impl Visitor<'_> for Plain {
            type Value = WrittenScalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a whole number, `true` or `false`")
            }
            fn visit_str<E>(self, text: &str) -> Result<WrittenScalar, E> {
                Ok(WrittenScalar(Scalar::Text(text.to_owned())))
            }
            fn visit_i64<E>(self, number: i64) -> Result<WrittenScalar, E> {
                Ok(WrittenScalar(Scalar::Integer(number)))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<WrittenScalar, E> {
                let number = i64::try_from(number);
                let number = number.map_err(|_| E::custom("a number this large goes in quotes"))?;
                Ok(WrittenScalar(Scalar::Integer(number)))
            }
            fn visit_bool<E>(self, truth: bool) -> Result<WrittenScalar, E> {
                Ok(WrittenScalar(Scalar::Boolean(truth)))
            }
            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<WrittenScalar, E> {
                Err(E::custom(
                    "a number with a fraction loses its last zeros, so that 3.10 would be 3.1: write it in quotes",
                ))
            }
        }
        deserializer.deserialize_any(Plain)
    }
}

impl PlainModel {
    /// The format that is read.
    pub const FORMAT_VERSION: u32 = 1;

    /// Reads the project's own JSON.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_json(document: &Document) -> Result<Self, Error> {
        document.expect_object()?;
        let head: Head<'_> =
            serde_json::from_str(document.text()).map_err(|error| document.json_error(&error))?;
        if head.format_version != Self::FORMAT_VERSION {
            return Err(Error::Invalid {
                message: format!(
                    "format {} is not known, only {}",
                    head.format_version,
                    Self::FORMAT_VERSION
                ),
                hint: None,
                place: document.place_of_key("format_version"),
            });
        }
        let mut reader = Reader {
            document,
            axes: Vec::new(),
            numbers: HashMap::new(),
        };
        for raw in &head.axes {
            reader.axis(raw)?;
        }
        if reader.axes.is_empty() {
            return Err(Error::Invalid {
                message: "the model has no axes".to_owned(),
                hint: None,
                place: document.place_of_key("axes"),
            });
        }
        let rules = head.constraints.iter().enumerate().map(|(number, clause)| {
            if clause.is_empty() {
                return Err(Error::Invalid {
                    message: "a clause without literals holds for no row".to_owned(),
                    hint: None,
                    place: document.place_of_element("constraints", number),
                });
            }
            reader.rule(clause)
        });
        let rules = rules.collect::<Result<_, _>>()?;
        let mixed = head.mixed.iter().map(|raw| reader.mixed(raw));
        let mixed = mixed.collect::<Result<_, _>>()?;
        let seeds = head.seeds.iter().map(|raw| reader.seed(raw));
        let seeds = seeds.collect::<Result<_, _>>()?;
        let strength = head.strength.map(|WrittenStrength(strength)| strength);
        if let Some(Strength::Of(strength)) = strength
            && strength > reader.axes.len()
        {
            return Err(Error::Invalid {
                message: format!(
                    "strength {strength} needs at least {strength} axes, and the model has {}",
                    reader.axes.len()
                ),
                hint: None,
                place: document.place_of_key("strength"),
            });
        }
        Ok(Parts {
            axes: reader.axes,
            rules,
            groups: Vec::new(),
            strength,
            mixed,
            seeds,
            pict: None,
        }
        .into_model())
    }
}

struct Reader<'d> {
    document: &'d Document,
    axes: Vec<PlainAxis>,
    numbers: HashMap<String, usize>,
}

impl<'d> Reader<'d> {
    /// A part of the document; what is wrong with it is told with its place.
    fn part<T: Deserialize<'d>>(&self, raw: &'d RawValue) -> Result<T, Error> {
        let text = raw.get();
        if !text.starts_with('{') {
            return Err(self.invalid(raw, "expected an object, `{…}`".to_owned(), None));
        }
        serde_json::from_str(text).map_err(|error| {
            let above = text
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let within = above.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            self.document
                .json_error_at(&error, self.offset(raw) + within)
        })
    }

    /// A raw value borrows from the document, so their addresses tell the offset.
    fn offset(&self, raw: &RawValue) -> usize {
        raw.get().as_ptr() as usize - self.document.text().as_ptr() as usize
    }

    fn invalid(&self, raw: &RawValue, message: String, hint: Option<String>) -> Error {
        Error::Invalid {
            message,
            hint,
            place: self.document.place_of_offset(self.offset(raw)),
        }
    }

    fn axis(&mut self, raw: &'d RawValue) -> Result<(), Error> {
        let written: WrittenAxis = self.part(raw)?;
        let invalid = |message: String| Err(self.invalid(raw, message, None));
        if self.numbers.contains_key(&written.name) {
            return invalid(format!("axis `{}` is defined twice", written.name));
        }
        if written.values.is_empty() {
            return invalid(format!("axis `{}` has no values", written.name));
        }
        let count = written.values.len();
        let weights = written.weights.unwrap_or_else(|| vec![1; count]);
        if weights.len() != count {
            return invalid(format!(
                "axis `{}` has {count} values and {} weights",
                written.name,
                weights.len()
            ));
        }
        if weights.contains(&0) {
            return invalid(format!(
                "axis `{}` has a weight of 0; weights are 1 or more",
                written.name
            ));
        }
        let mut by_name = HashMap::new();
        for (number, WrittenScalar(value)) in (0..).zip(&written.values) {
            // Rows as text, such as CSV, do not tell `1` from `"1"`.
            if by_name.insert(value.to_string(), number).is_some() {
                return invalid(format!(
                    "axis `{}` has two values that read `{value}`",
                    written.name
                ));
            }
        }
        let values = written.values.into_iter().zip(weights);
        let values = values.map(|(WrittenScalar(value), weight)| PlainValue {
            names: vec![value],
            negative: false,
            weight,
        });
        self.numbers.insert(written.name.clone(), self.axes.len());
        self.axes.push(PlainAxis {
            name: written.name,
            values: values.collect(),
            result: false,
            strength: None,
            by_name,
        });
        Ok(())
    }

    fn rule(&self, clause: &[&'d RawValue]) -> Result<PlainRule, Error> {
        let mut texts = Vec::with_capacity(clause.len());
        let mut literals = Vec::with_capacity(clause.len());
        for raw in clause {
            let (text, literal) = self.literal(raw)?;
            texts.push(text);
            literals.push(literal);
        }
        Ok(PlainRule {
            text: texts.join(" or "),
            formula: Formula::Or(literals),
        })
    }

    fn literal(&self, raw: &'d RawValue) -> Result<(String, Formula), Error> {
        let written: WrittenLiteral = self.part(raw)?;
        let axis = self.number(&written.axis, raw)?;
        let (values, within) = match (written.within, written.not_in) {
            (Some(values), None) => (values, true),
            (None, Some(values)) => (values, false),
            _ => {
                let message = "expected either `in` or `not_in` beside `axis`".to_owned();
                return Err(self.invalid(raw, message, None));
            }
        };
        let count = self.axes[axis].values.len() as u32;
        let mut set = ValueSet::empty(count);
        let mut names = Vec::with_capacity(values.len());
        for WrittenScalar(value) in &values {
            set.insert(self.value(axis, value, raw)?);
            names.push(value.to_string());
        }
        let word = if within { "in" } else { "not in" };
        let text = format!("{} {word} [{}]", written.axis, names.join(", "));
        let allowed = if within { set } else { set.complement(count) };
        Ok((text, Formula::Literal { axis, allowed }))
    }

    fn mixed(&self, raw: &'d RawValue) -> Result<TargetSet, Error> {
        let written: WrittenMixed = self.part(raw)?;
        let axes = written.axes.iter().map(|name| self.number(name, raw));
        let mut axes = axes.collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        axes.dedup();
        if written.strength == 0 || written.strength > axes.len() {
            let message = match (written.strength, axes.len()) {
                (0, _) => "a strength is 1 or more".to_owned(),
                (strength, named) => {
                    format!(
                        "strength {strength} needs at least {strength} axes, and here are {named}"
                    )
                }
            };
            return Err(self.invalid(raw, message, None));
        }
        Ok(TargetSet {
            axes,
            strength: written.strength,
        })
    }

    fn seed(&self, raw: &'d RawValue) -> Result<Vec<Option<u32>>, Error> {
        let written: UniqueMap<String, WrittenScalar> = self.part(raw)?;
        let mut seed = vec![None; self.axes.len()];
        for (name, WrittenScalar(value)) in written.iter() {
            let axis = self.number(name, raw)?;
            seed[axis] = Some(self.value(axis, value, raw)?);
        }
        Ok(seed)
    }

    fn number(&self, name: &str, raw: &RawValue) -> Result<usize, Error> {
        self.numbers.get(name).copied().ok_or_else(|| {
            let known = self.axes.iter().map(|axis| axis.name.as_str());
            self.unknown(&UnknownWord::new("axis", name, known), raw)
        })
    }

    fn value(&self, axis: usize, value: &Scalar, raw: &RawValue) -> Result<u32, Error> {
        let axis = &self.axes[axis];
        let number = axis.by_name.get(&value.to_string()).copied();
        // `1` is not `"1"` where the model itself speaks.
        let exact = number.filter(|&number| axis.values[number as usize].names[0] == *value);
        exact.ok_or_else(|| match number {
            Some(number) => {
                let (own, meant) = (&axis.values[number as usize].names[0], value);
                let message = format!(
                    "axis `{}` has no value {}: its value {} is of another type",
                    axis.name,
                    serde_json::json!(meant),
                    serde_json::json!(own)
                );
                self.invalid(raw, message, None)
            }
            None => {
                let known: Vec<String> = axis
                    .values
                    .iter()
                    .map(|value| value.names[0].to_string())
                    .collect();
                let known = known.iter().map(String::as_str);
                let word = UnknownWord::new("value", &value.to_string(), known);
                self.unknown(&word, raw)
            }
        })
    }

    fn unknown(&self, word: &UnknownWord, raw: &RawValue) -> Error {
        // The question is a line of its own.
        let message = word.to_string();
        let message = message.split("; did you mean ").next().unwrap_or(&message);
        self.invalid(raw, message.to_owned(), did_you_mean(&word.suggestions))
    }
}
