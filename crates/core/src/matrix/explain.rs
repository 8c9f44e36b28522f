//! Why rows are not there: the smallest set of rules that exclude them.

use cfgmatrix_cover::{Rows, ValueSet};
use serde::Serialize;

use super::rules::Entry;
use super::selection::Selection;
use super::space::Space;
use crate::error::Error;

/// A rule that takes part in an exclusion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedRule {
    /// The id of a rule of the matrix, or the part of the matrix that it is from.
    pub rule: String,
    /// Why it is.
    pub reason: String,
    /// Where it stands, as `FILE:LINE:COLUMN`; nothing for what the knowledge base says.
    pub place: Option<String>,
    /// The values that the knowledge base refuses together, as `AXIS=VALUE`.
    pub values: Vec<String>,
}

impl<'a> Space<'a> {
    /// The smallest set of rules that together exclude every row of a selection;
    /// nothing where a row is left.
    #[must_use]
    pub fn conflict(&self, selection: &Selection) -> Option<Vec<ExplainedRule>> {
        let fixed = self.fixed_elsewhere(selection);
        if !fixed.is_empty() {
            return Some(fixed);
        }
        let rules = cfgmatrix_cover::smallest_conflict(&self.model, &selection.domains)?;
        let entries = rules.iter().map(|&rule| &self.rules.entries[rule as usize]);
        Some(entries.map(|entry| self.explained(entry)).collect())
    }

    /// The optional axes that a selection wants at values which only a profile
    /// that activates them has.
    fn fixed_elsewhere(&self, selection: &Selection) -> Vec<ExplainedRule> {
        let mut fixed = Vec::new();
        for (number, dimension) in self.dimensions.iter().enumerate() {
            let wanted = &selection.asked[number];
            if !selection.domains[number].is_empty() || wanted.is_empty() {
                continue;
            }
            let axis = &self.axes[dimension.axes[0]];
            let state = match axis.default {
                Some(default) => format!("fixed at `{}`", axis.values[default].id),
                None => "absent".to_owned(),
            };
            let profiles = self.matrix.spec.profiles.iter();
            let activating = profiles.filter(|(_, profile)| profile.activate.contains(&axis.name));
            let names: Vec<String> = activating.map(|(name, _)| format!("`{name}`")).collect();
            let how = match names.as_slice() {
                [] => "no profile does".to_owned(),
                names => format!("`--profile` {}", names.join(" or ")),
            };
            fixed.push(ExplainedRule {
                rule: "profile".to_owned(),
                reason: format!(
                    "the optional axis `{}` is {state} until a profile activates it ({how})",
                    axis.name
                ),
                place: Some(self.matrix.place_of_key(&axis.name).to_string()),
                values: Vec::new(),
            });
        }
        fixed
    }

    /// That nothing of a selection is left, with the rules that say so.
    #[must_use]
    pub fn nothing_left(&self, selection: &Selection) -> Error {
        let rules = self.conflict(selection).unwrap_or_default();
        let reason = match rules.as_slice() {
            [] => "nothing is selected".to_owned(),
            [rule] if rule.place.is_none() => rule.reason.clone(),
            [rule] => format!("rule `{}` excludes all: {}", rule.rule, rule.reason),
            rules => {
                let rules = rules
                    .iter()
                    .map(|rule| format!("`{}` ({})", rule.rule, rule.reason));
                format!(
                    "these rules contradict each other: {}",
                    rules.collect::<Vec<_>>().join("; ")
                )
            }
        };
        Error::NothingLeft {
            matrix: self.name().to_owned(),
            reason,
            hint: rules
                .iter()
                .find_map(|rule| rule.place.as_ref())
                .map(|place| format!("the first of them stands at {place}")),
        }
    }

    pub(super) fn explained(&self, entry: &Entry) -> ExplainedRule {
        let values = entry.refused.iter().flat_map(|&(dimension, value)| {
            let members = self.dimensions[dimension].axes.iter();
            members.filter_map(move |&axis| {
                let axis = &self.axes[axis];
                let value = &axis.values[*axis.column.get(value as usize)?];
                Some(format!("{}={}", axis.name, value.id))
            })
        });
        ExplainedRule {
            rule: entry.rule.as_str().to_owned(),
            reason: entry.reason(),
            place: entry.place.as_ref().map(ToString::to_string),
            values: values.collect(),
        }
    }

    /// The rows that have a name, whether the rules allow them or not, each as a
    /// selection of its own.
    #[must_use]
    pub fn select_name(&self, name: &str) -> Vec<Selection> {
        const MOST: usize = 16;
        let rows = self.namer.rows(name, MOST).into_iter();
        rows.map(|row| {
            let mut selection = self.all();
            for (number, (&value, dimension)) in row.iter().zip(&self.dimensions).enumerate() {
                let only = ValueSet::single(dimension.size(), value);
                selection.domains[number].intersect(&only);
                selection.asked[number] = only;
            }
            selection
        })
        .collect()
    }

    /// Names of variants of the product, at most `limit`, for suggestions.
    #[must_use]
    pub fn names(&self, limit: usize) -> Vec<String> {
        let mut rows = Rows::within(&self.model, &self.domains);
        let mut names = Vec::new();
        while names.len() < limit
            && let Some(row) = rows.next()
        {
            names.push(self.namer.name(&row.values[..self.dimensions.len()]));
        }
        names
    }
}
