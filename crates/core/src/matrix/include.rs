//! `[[include]]`: one more row, whole.

use super::axis::shortened;
use super::scalar::Scalar;
use super::selection::Selection;
use super::space::Space;
use crate::error::Error;
use crate::name::UnknownWord;
use crate::tree::{Fault, Step};

/// A row that a matrix adds.
#[derive(Clone, Debug)]
pub(super) struct Included {
    pub(super) row: Vec<u32>,
    pub(super) tags: Vec<String>,
    /// It has come as a row of the product.
    pub(super) done: bool,
}

/// What is wrong with a row that somebody wrote: the axis that it is about, and
/// the message.
pub(super) struct RowFault {
    pub(super) axis: Option<String>,
    pub(super) message: String,
}

impl Space<'_> {
    /// The includes that the profile and the selection take, each row once.
    pub(super) fn included(&self, selection: &Selection) -> Result<Vec<Included>, Error> {
        let mut all: Vec<Included> = Vec::new();
        for (index, include) in self.matrix.spec.includes.iter().enumerate() {
            let way = [Step::Key("include"), Step::Index(index), Step::Key("row")];
            let wrong = |fault: RowFault| {
                let mut way = way.to_vec();
                if let Some(axis) = &fault.axis {
                    way.push(Step::Key(axis));
                }
                let tree = self
                    .matrix
                    .tree
                    .at(&way)
                    .or_else(|| self.matrix.tree.at(&way[..3]));
                self.matrix.fault(Fault {
                    message: fault.message,
                    span: tree.map(|tree| tree.span.clone()),
                })
            };
            let row = self.whole_row(&include.row.0).map_err(wrong)?;
            let broken = self
                .violated(&row)
                .find(|entry| !(entry.is_tags() || include.force && entry.is_own()));
            if let Some(entry) = broken {
                let forcible = match entry.is_own() {
                    true => "; `force = true` adds it all the same",
                    false => "",
                };
                return Err(wrong(RowFault {
                    axis: None,
                    message: format!(
                        "this row breaks rule `{}`: {}{forcible}",
                        entry.rule.as_str(),
                        entry.reason()
                    ),
                }));
            }
            let taken = include.tags.is_empty()
                || include
                    .tags
                    .iter()
                    .any(|tag| self.profile.tags.contains(tag));
            let mut within = row.iter().zip(&selection.asked);
            if !taken || !within.all(|(&value, domain)| domain.contains(value)) {
                continue;
            }
            match all.iter_mut().find(|earlier| earlier.row == row) {
                Some(earlier) => earlier.tags.extend(include.tags.iter().cloned()),
                None => all.push(Included {
                    row,
                    tags: include.tags.clone(),
                    done: false,
                }),
            }
        }
        Ok(all)
    }

    /// The values that somebody wrote, by dimension; nothing where they say
    /// nothing of it.
    pub(super) fn partial_row(
        &self,
        values: &[(String, Scalar)],
    ) -> Result<Vec<Option<u32>>, RowFault> {
        let mut row: Vec<Option<u32>> = vec![None; self.dimensions.len()];
        let fault = |axis: &str, message: String| RowFault {
            axis: Some(axis.to_owned()),
            message,
        };
        let mut wanted: Vec<Option<String>> = vec![None; self.axes.len()];
        for (name, value) in values {
            let Some(number) = self.axes.iter().position(|axis| axis.name == *name) else {
                let known = self.axes.iter().map(|axis| axis.name.as_str());
                let word = UnknownWord::new("axis", &shortened(name), known);
                return Err(fault(name, word.to_string()));
            };
            let axis = &self.axes[number];
            let ids: Vec<String> = axis
                .values
                .iter()
                .map(|value| value.id.to_string())
                .collect();
            // Rows of an expansion have all values as texts.
            if !ids.contains(&value.to_string()) {
                let known = ids.iter().map(String::as_str);
                let word = UnknownWord::new("value", &shortened(&value.to_string()), known);
                return Err(fault(name, format!("axis `{name}`: {word}")));
            }
            wanted[number] = Some(value.to_string());
        }
        for (number, dimension) in self.dimensions.iter().enumerate() {
            let members = dimension.axes.iter();
            let asked: Vec<usize> = members
                .copied()
                .filter(|&axis| wanted[axis].is_some())
                .collect();
            if asked.is_empty() {
                continue;
            }
            let fits = |row: &usize| {
                let mut asked = asked.iter();
                asked.all(|&axis| {
                    let own = &self.axes[axis];
                    wanted[axis] == Some(own.values[own.column[*row]].id.to_string())
                })
            };
            row[number] = (0..dimension.rows).find(fits).map(|row| row as u32);
            if row[number].is_none() {
                let name = &self.axes[asked[0]].name;
                let message = "no row of the zip has these values together".to_owned();
                return Err(fault(name, message));
            }
        }
        Ok(row)
    }

    /// A full row: what is not written is the default, or absent where that can be.
    pub(super) fn whole_row(&self, values: &[(String, Scalar)]) -> Result<Vec<u32>, RowFault> {
        let partial = self.partial_row(values)?;
        let mut row = Vec::with_capacity(partial.len());
        for (number, (value, dimension)) in partial.iter().zip(&self.dimensions).enumerate() {
            let only = (dimension.rows == 1).then_some(0);
            let default = dimension.default.map(|row| row as u32);
            let free = dimension.absent().or(default).or(only);
            let Some(value) = value.or(free) else {
                let name = &self.axes[self.dimensions[number].axes[0]].name;
                return Err(RowFault {
                    axis: None,
                    message: format!(
                        "this row says nothing of axis `{name}`, which has no default"
                    ),
                });
            };
            row.push(value);
        }
        // A condition tells of an axis that was not written whether it is there.
        for _ in 0..self.dimensions.len() {
            let lacking = self
                .violated(&row)
                .find_map(|entry| entry.lacks(&row, &self.dimensions));
            let Some(number) = lacking else { break };
            let dimension = &self.dimensions[number];
            let Some(default) = dimension.default.filter(|_| partial[number].is_none()) else {
                break;
            };
            row[number] = default as u32;
        }
        Ok(row)
    }
}
