//! Submodels: `{ Name, Other } @ 3`.

use super::parameter::Parameters;
use super::sections::{Line, beginning};
use super::text::{is_space, number, trim};
use super::{Reader, Warnings};
use crate::error::Error;

/// Parameters that are combined by themselves first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictSubmodel {
    /// The parameters, by number, ascending.
    pub parameters: Vec<usize>,
    /// The order of combinations within, where it has its own; at least 1.
    pub order: Option<u32>,
}

const FORM: &str = "a submodel is written `{ NAME, NAME … } @ ORDER`";

impl PictSubmodel {
    /// None where it names what is no parameter, which is warned of.
    pub(super) fn read(
        line: Line<'_>,
        parameters: &Parameters,
        reader: &Reader<'_>,
        warnings: &mut Warnings,
    ) -> Result<Option<Self>, Error> {
        let start = beginning(line);
        let text = trim(line.text);
        let malformed =
            |offset, message: String| Err(reader.invalid(offset, message, Some(FORM.to_owned())));
        let Some(rest) = text.strip_prefix('{') else {
            return malformed(
                start,
                "expected a submodel or a constraint after the first submodel".to_owned(),
            );
        };
        let Some((inside, after)) = rest.split_once('}') else {
            return malformed(start, "the submodel has no `}`".to_owned());
        };
        if trim(inside).is_empty() {
            return malformed(start, "the submodel has no parameters".to_owned());
        }
        let order = match order_after(after) {
            Ok(order) => order,
            Err(message) => return malformed(start + text.len() - after.len(), message),
        };
        let mut numbers = match names(trim(inside), parameters, reader) {
            Ok(numbers) => numbers,
            Err(unknown) => {
                let offset = start + 1 + (unknown.as_ptr() as usize - inside.as_ptr() as usize);
                warnings.add(reader, offset, || {
                    (
                        format!("the submodel is left out: `{unknown}` is no parameter"),
                        reader.suggestion(unknown, parameters),
                    )
                });
                return Ok(None);
            }
        };
        let named = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() < named {
            warnings.add(reader, start, || {
                ("the submodel names a parameter twice".to_owned(), None)
            });
        }
        if let Some(order) = order.filter(|&order| order as usize > numbers.len()) {
            let message = format!(
                "the submodel has {} parameters, and its order is {order}",
                numbers.len()
            );
            return Err(reader.invalid(start, message, None));
        }
        Ok(Some(Self {
            parameters: numbers,
            order,
        }))
    }
}

/// The parameters, or the first name that is none. A comma separates them, or
/// what separates values.
fn names<'t>(
    inside: &'t str,
    parameters: &Parameters,
    reader: &Reader<'_>,
) -> Result<Vec<usize>, &'t str> {
    let split_at = |separator: char| -> Result<Vec<usize>, &'t str> {
        let names = inside.split(separator).map(trim);
        names
            .map(|name| parameters.find(name, reader.comparison()).ok_or(name))
            .collect()
    };
    split_at(',').or_else(|unknown| split_at(reader.options.value_separator).map_err(|_| unknown))
}

fn order_after(text: &str) -> Result<Option<u32>, String> {
    let text = trim(text);
    if text.is_empty() {
        return Ok(None);
    }
    let Some(order) = text.strip_prefix('@') else {
        return Err("expected `@ ORDER` or the end of the line after `}`".to_owned());
    };
    let order = order.trim_start_matches(is_space);
    match number(order).map(|order| order as u32) {
        Some(order) if order > 0 => Ok(Some(order)),
        _ => Err(format!(
            "`{order}` is no order of combinations, a number from 1"
        )),
    }
}
