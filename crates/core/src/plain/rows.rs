//! Rows that somebody else wrote.

use std::fmt;

use super::PlainModel;
use crate::Scalar;
use crate::name::{did_you_mean, nearest};

/// A row by the names of axes and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenRow {
    /// Where it stands, such as `rows.csv:3`.
    pub place: String,
    /// Axes and values.
    pub cells: Vec<(String, Scalar)>,
}

/// A row by numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedRow {
    /// A value for each axis, or none.
    pub values: Vec<Option<u32>>,
    /// What the model does not know.
    pub unknown: Vec<UnknownCell>,
}

/// A name of a row that the model does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCell {
    /// The axis.
    pub axis: String,
    /// The value, where the axis is known.
    pub value: Option<String>,
    /// What may have been meant, as a line of its own.
    pub hint: Option<String>,
}

impl fmt::Display for UnknownCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "axis `{}` has no value `{value}`", self.axis),
            None => write!(f, "the model has no axis `{}`", self.axis),
        }
    }
}

impl PlainModel {
    /// The numbers of a row's names. A blank cell of a PICT model is no value,
    /// unless the axis has a blank one.
    #[must_use]
    pub fn matched(&self, row: &GivenRow) -> MatchedRow {
        let mut matched = MatchedRow {
            values: vec![None; self.axes.len()],
            unknown: Vec::new(),
        };
        for (name, value) in &row.cells {
            let axis = match self.axis(name) {
                Ok(axis) => axis,
                Err(unknown) => {
                    matched.unknown.push(UnknownCell {
                        axis: name.clone(),
                        value: None,
                        hint: did_you_mean(&unknown.suggestions),
                    });
                    continue;
                }
            };
            let text = value.to_string();
            match self.value(axis, &text) {
                Some(number) => matched.values[axis] = Some(number),
                // What a row leaves open, or a result that no rule determines.
                None if text.is_empty() || (self.axes[axis].result && text == "?") => {}
                None => matched.unknown.push(self.unknown_value(axis, &text)),
            }
        }
        matched
    }

    /// The number of a value by one of its names, negative or not.
    fn value(&self, axis: usize, name: &str) -> Option<u32> {
        let by_name = &self.axes[axis].by_name;
        let bare = self.pict.as_ref().and_then(|options| {
            let bare = name.strip_prefix(options.negative_prefix)?;
            by_name.get(&self.key(bare.trim()))
        });
        bare.or_else(|| by_name.get(&self.key(name))).copied()
    }

    fn unknown_value(&self, axis: usize, text: &str) -> UnknownCell {
        /// More names, or longer ones, are not worth comparing.
        const MOST: usize = 1000;
        const LONGEST: usize = 64;
        let axis = &self.axes[axis];
        let names = axis.values.iter().flat_map(|value| &value.names);
        let names: Vec<String> = names
            .take(MOST)
            .map(ToString::to_string)
            .filter(|name| name.len() <= LONGEST)
            .collect();
        let near = if text.len() <= LONGEST {
            nearest(text, names.iter().map(String::as_str))
        } else {
            Vec::new()
        };
        UnknownCell {
            axis: axis.name.clone(),
            value: Some(text.to_owned()),
            hint: did_you_mean(&near),
        }
    }
}
