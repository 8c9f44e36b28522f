//! Parameters: `Name @ 3: value, other | alias (10), ~negative, <Reused>`.

use std::collections::HashMap;

use super::sections::{Line, beginning};
use super::text::{Comparison, number, trim};
use super::{PictOptions, Reader};
use crate::error::Error;

/// One parameter, which is an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictParameter {
    /// Its name; blank ones are allowed.
    pub name: String,
    /// The order of combinations that it takes part in, where it has its own.
    pub order: Option<u32>,
    /// Its values, at least one of which is no negative one. Names may repeat.
    pub values: Vec<PictValue>,
    /// Where it is defined, in bytes of the document.
    pub(super) offset: usize,
}

impl PictParameter {
    /// Whether it is what is expected of a row rather than a choice: its name
    /// begins with `$`.
    #[must_use]
    pub fn is_result(&self) -> bool {
        self.name.starts_with('$')
    }
}

/// One value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictValue {
    /// Its names: rows show them in turn, constraints mean the first.
    pub names: Vec<String>,
    /// How much it is liked where coverage does not decide; at least 1.
    pub weight: u32,
    /// Whether it is out of range: no row has two such values.
    pub negative: bool,
}

impl PictValue {
    /// The name that constraints mean.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.names[0]
    }
}

/// What all parameters amount to: a few lines that reuse each other would fill
/// any memory.
#[derive(Default)]
struct Size {
    values: usize,
    bytes: usize,
}

impl Size {
    const MAX_VALUES: usize = 1 << 20;
    const MAX_BYTES: usize = 64 << 20;
}

/// The parameters, and each by its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    pub(super) all: Vec<PictParameter>,
    by_name: HashMap<String, usize>,
}

impl Parameters {
    pub(super) fn find(&self, name: &str, comparison: Comparison) -> Option<usize> {
        self.by_name.get(&comparison.key(name)).copied()
    }

    pub(super) fn read(lines: &[Line<'_>], reader: &Reader<'_>) -> Result<Self, Error> {
        let mut parameters = Self::default();
        let mut size = Size::default();
        for &line in lines {
            let parameter = parameters.parameter(line, &mut size, reader)?;
            let key = reader.comparison().key(&parameter.name);
            if let Some(&first) = parameters.by_name.get(&key) {
                return Err(again(&parameter, &parameters.all[first], reader));
            }
            if parameter.values.iter().all(|value| value.negative) {
                return Err(reader.invalid(
                    parameter.offset,
                    format!(
                        "parameter `{}` has negative values only, and rows without one are needed too",
                        parameter.name
                    ),
                    Some(format!(
                        "a value without `{}` is missing",
                        reader.options.negative_prefix
                    )),
                ));
            }
            parameters.by_name.insert(key, parameters.all.len());
            parameters.all.push(parameter);
        }
        Ok(parameters)
    }

    fn parameter(
        &self,
        line: Line<'_>,
        size: &mut Size,
        reader: &Reader<'_>,
    ) -> Result<PictParameter, Error> {
        let options = reader.options;
        let Some((name, values)) = line
            .text
            .split_once(':')
            .or_else(|| line.text.split_once(options.value_separator))
        else {
            return Err(no_values(line, reader));
        };
        let (name, order) = name_and_order(trim(name));
        let mut parameter = PictParameter {
            name: name.to_owned(),
            order,
            values: Vec::new(),
            offset: beginning(line),
        };
        for value in values.split(options.value_separator).map(trim) {
            let one;
            let more = match self.reused(value, reader.comparison()) {
                Some(other) => other.values.as_slice(),
                None => {
                    one = [one_value(value, options)];
                    one.as_slice()
                }
            };
            size.values += more.len();
            size.bytes += more
                .iter()
                .flat_map(|value| &value.names)
                .map(String::len)
                .sum::<usize>();
            if size.values > Size::MAX_VALUES || size.bytes > Size::MAX_BYTES {
                return Err(reader.invalid(
                    parameter.offset,
                    format!(
                        "the parameters up to here have more than {} million values, or names of more than {} MiB",
                        Size::MAX_VALUES >> 20,
                        Size::MAX_BYTES >> 20
                    ),
                    None,
                ));
            }
            parameter.values.extend_from_slice(more);
        }
        Ok(parameter)
    }

    /// The parameter whose values stand for `<Name>`. Where there is none, that
    /// is a value like another.
    fn reused(&self, value: &str, comparison: Comparison) -> Option<&PictParameter> {
        let name = value.strip_prefix('<')?.strip_suffix('>')?;
        Some(&self.all[self.find(name, comparison)?])
    }
}

fn name_and_order(name: &str) -> (&str, Option<u32>) {
    let mut parts = name.split('@');
    let (Some(own), Some(order), None) = (parts.next(), parts.next(), parts.next()) else {
        return (name, None);
    };
    match number(order) {
        // A fraction is cut off, and what is not above 0 is no order.
        Some(order) => (trim(own), (order > 0.0).then_some(order as u32)),
        None => (name, None),
    }
}

fn one_value(text: &str, options: &PictOptions) -> PictValue {
    let (text, weight) = name_and_weight(text);
    let mut names: Vec<String> = text
        .split(options.alias_separator)
        .map(|name| trim(name).to_owned())
        .collect();
    let bare = names[0].strip_prefix(options.negative_prefix);
    let bare = bare.map(|bare| trim(bare).to_owned());
    let negative = bare.is_some();
    if let Some(bare) = bare {
        names[0] = bare;
    }
    PictValue {
        names,
        weight,
        negative,
    }
}

/// Splits off `(10)` at the end, where it is a weight.
fn name_and_weight(text: &str) -> (&str, u32) {
    let weight = || {
        let (name, weight) = text.strip_suffix(')')?.rsplit_once('(')?;
        let weight = number(trim(weight))? as u32;
        (weight > 0).then(|| (trim(name), weight))
    };
    weight().unwrap_or((text, 1))
}

fn again(parameter: &PictParameter, first: &PictParameter, reader: &Reader<'_>) -> Error {
    let line = reader.document.place_of_offset(first.offset).line();
    let message = if parameter.name == first.name {
        format!(
            "parameter `{}` is already defined in line {line}",
            parameter.name
        )
    } else {
        format!(
            "parameter `{}` is already defined in line {line} as `{}`, and case does not tell them apart",
            parameter.name, first.name
        )
    };
    let hint =
        (parameter.name != first.name).then(|| "`/c` makes a model case-sensitive".to_owned());
    reader.invalid(parameter.offset, message, hint)
}

fn no_values(line: Line<'_>, reader: &Reader<'_>) -> Error {
    let text = trim(line.text);
    let any_case = Comparison {
        case_sensitive: false,
    };
    let is_rule = ["NOT*[*]*", "IS*TIVE*(*)*", "THEN*", "ELSE*"]
        .iter()
        .any(|pattern| any_case.like(text, pattern));
    let hint = if is_rule {
        Some("the first constraint begins with `IF`, `[` or `(`".to_owned())
    } else if text.starts_with('{') {
        Some("a submodel ends with `}` in the same line".to_owned())
    } else {
        None
    };
    reader.invalid(
        beginning(line),
        format!(
            "expected a parameter, `NAME: VALUE{} VALUE …`, and there is no `:`",
            reader.options.value_separator
        ),
        hint,
    )
}
