//! What is in a matrix and has no effect, or not the one that was meant.

use cfgmatrix_cover::{Model, dead_values, infeasible_tuples, smallest_conflict};
use serde::Serialize;

use super::Choice;
use super::rules::{Entry, compiled};
use super::space::Space;
use crate::error::Place;

/// Something that a matrix would lose nothing without, or that its author would
/// want to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub finding: FindingType,
    /// What was found, and why it is so.
    pub message: String,
    /// Where, as `FILE:LINE:COLUMN`.
    pub place: Option<String>,
    /// The values that it is about, as `AXIS=VALUE`.
    pub values: Vec<String>,
    /// The rules that make it so.
    pub rules: Vec<String>,
}

/// What a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingType {
    /// A value that no variant has.
    DeadValue,
    /// A rule that excludes nothing.
    IdleRule,
    /// A rule that excludes only what others exclude.
    ShadowedRule,
    /// An axis that changes nothing: its values say nothing, and no rule asks it.
    UnusedAxis,
    /// An optional axis that no profile activates.
    NeverActive,
    /// Values that no variant has together, though each is in one.
    InfeasibleTuple,
    /// A `[[set]]` that no variant takes.
    IdleSet,
}

impl FindingType {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeadValue => "dead-value",
            Self::IdleRule => "idle-rule",
            Self::ShadowedRule => "shadowed-rule",
            Self::UnusedAxis => "unused-axis",
            Self::NeverActive => "never-active",
            Self::InfeasibleTuple => "infeasible-tuple",
            Self::IdleSet => "idle-set",
        }
    }
}

/// So many infeasible tuples are named.
const MAX_TUPLES: usize = 200;

impl Space<'_> {
    /// What the matrix would lose nothing without, in the order of the types;
    /// tuples of `strength` values are looked at.
    #[must_use]
    pub fn lint(&self, strength: usize) -> Vec<Finding> {
        let mut findings = self.dead();
        findings.extend(self.rules_without_effect());
        findings.extend(self.unused_axes());
        findings.extend(self.infeasible(strength));
        findings.extend(self.idle_sets());
        findings
    }

    fn value_names(&self, values: &[(usize, u32)]) -> Vec<String> {
        let members = values.iter().flat_map(|&(dimension, row)| {
            let members = self.dimensions[dimension].axes.iter();
            members.filter_map(move |&axis| {
                let axis = &self.axes[axis];
                let value = &axis.values[*axis.column.get(row as usize)?];
                Some(format!("{}={}", axis.name, value.id))
            })
        });
        members.collect()
    }

    /// The rules that exclude these values, the smallest set of them.
    fn excluding(&self, values: &[(usize, u32)]) -> Vec<&Entry> {
        let mut domains = self.domains.clone();
        for &(dimension, row) in values {
            let size = self.dimensions[dimension].size();
            domains[dimension].intersect(&cfgmatrix_cover::ValueSet::single(size, row));
        }
        let rules = smallest_conflict(&self.model, &domains).unwrap_or_default();
        rules
            .iter()
            .map(|&rule| &self.rules.entries[rule as usize])
            .collect()
    }

    fn because(entries: &[&Entry]) -> String {
        let reasons = entries
            .iter()
            .map(|entry| format!("`{}` ({})", entry.rule.as_str(), entry.reason()));
        reasons.collect::<Vec<_>>().join(" and ")
    }

    fn dead(&self) -> Vec<Finding> {
        let dead = dead_values(&self.model, &self.domains).into_iter();
        let own = dead.filter(|&(dimension, row)| {
            self.dimensions
                .get(dimension)
                .is_some_and(|own| (row as usize) < own.rows)
        });
        let findings = own.map(|(dimension, row)| {
            let values = self.value_names(&[(dimension, row)]);
            let entries = self.excluding(&[(dimension, row)]);
            Finding {
                finding: FindingType::DeadValue,
                message: format!(
                    "no variant has {}: {}",
                    values.join(", "),
                    Self::because(&entries)
                ),
                place: self.place_of(dimension, row).map(|place| place.to_string()),
                values,
                rules: names(&entries),
            }
        });
        findings.collect()
    }

    fn place_of(&self, dimension: usize, row: u32) -> Option<Place> {
        let axis = &self.axes[*self.dimensions[dimension].axes.first()?];
        let value = &axis.values[*axis.column.get(row as usize)?];
        Some(
            self.matrix
                .place_of_value(&axis.name, &value.id.to_string(), 0),
        )
    }

    /// A rule excludes something by itself if, without it, a row that it excludes
    /// is left.
    fn rules_without_effect(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (number, entry) in self.rules.entries.iter().enumerate() {
            let Some(violation) = entry.violation(&self.scope()) else {
                continue;
            };
            let rule = number as u32;
            // The rows that it excludes, under all other rules.
            let mut axes = self.model.axes().to_vec();
            let sizes = axes.iter().map(|axis| axis.values).collect();
            let (helpers, clauses) = compiled(sizes, &violation, rule);
            axes.extend(helpers.iter().cloned());
            let others = self.model.clauses().iter();
            let others = others.filter(|clause| clause.rule != rule).cloned();
            let model = Model::new(axes, others.chain(clauses).collect());
            let model = model.expect("clauses speak of the axes and their helpers");
            let mut domains = self.domains.clone();
            domains.extend(
                helpers
                    .iter()
                    .map(|helper| cfgmatrix_cover::ValueSet::full(helper.values)),
            );
            let Some(conflict) = smallest_conflict(&model, &domains) else {
                continue;
            };
            let entries: Vec<&Entry> = conflict
                .iter()
                .filter(|&&other| other != rule)
                .map(|&other| &self.rules.entries[other as usize])
                .collect();
            let id = entry.rule.as_str();
            let idle = entries.iter().all(|entry| entry.is_when());
            findings.push(Finding {
                finding: match idle {
                    true => FindingType::IdleRule,
                    false => FindingType::ShadowedRule,
                },
                message: match idle {
                    true => {
                        format!("rule `{id}` excludes nothing: no row of this profile breaks it")
                    }
                    false => format!(
                        "rule `{id}` excludes only what is excluded without it, by {}",
                        Self::because(&entries)
                    ),
                },
                place: entry.place.as_ref().map(ToString::to_string),
                values: Vec::new(),
                rules: names(&entries),
            });
        }
        findings
    }

    fn unused_axes(&self) -> Vec<Finding> {
        let asked: std::collections::BTreeSet<usize> = self.rules.asked_axes();
        let mut findings = Vec::new();
        for (number, axis) in self.axes.iter().enumerate() {
            let own = axis.values.iter().all(|value| {
                matches!(value.choice, Choice::Own)
                    && value.decoration == super::decoration::Decoration::default()
            });
            let place = || Some(self.matrix.place_of_key(&axis.name).to_string());
            let dimension = &self.dimensions[axis.dimension];
            if own && !asked.contains(&number) && dimension.axes.len() == 1 {
                findings.push(Finding {
                    finding: FindingType::UnusedAxis,
                    message: format!(
                        "axis `{}` changes no flag, no variable and no rule: it only multiplies the variants",
                        axis.name
                    ),
                    place: place(),
                    values: Vec::new(),
                    rules: Vec::new(),
                });
            }
            let mut profiles = self.matrix.spec.profiles.iter();
            let activated = profiles.any(|(_, profile)| profile.activate.contains(&axis.name));
            if dimension.optional && dimension.axes.first() == Some(&number) && !activated {
                findings.push(Finding {
                    finding: FindingType::NeverActive,
                    message: format!("no profile activates the optional axis `{}`", axis.name),
                    place: place(),
                    values: Vec::new(),
                    rules: Vec::new(),
                });
            }
        }
        findings
    }

    fn infeasible(&self, strength: usize) -> Vec<Finding> {
        let model = self.selected(&self.all());
        let turning: Vec<usize> = (0..self.dimensions.len())
            .filter(|&number| self.domains[number].len() > 1)
            .collect();
        let tuples = infeasible_tuples(&model, &turning, strength, MAX_TUPLES);
        let findings = tuples.into_iter().filter_map(|tuple| {
            let values = self.value_names(&tuple);
            let entries = self.excluding(&tuple);
            // That an axis is absent where its condition does not hold is no news.
            let meant = entries.iter().all(|entry| entry.is_when());
            (!meant).then(|| Finding {
                finding: FindingType::InfeasibleTuple,
                message: format!(
                    "no variant has {}: {}",
                    values.join(" with "),
                    Self::because(&entries)
                ),
                place: entries
                    .iter()
                    .find_map(|entry| entry.place.as_ref())
                    .map(ToString::to_string),
                values,
                rules: names(&entries),
            })
        });
        findings.collect()
    }

    fn idle_sets(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for set in &self.rules.sets {
            let Some(statement) = &set.statement else {
                continue;
            };
            let formula = statement.formula(&self.scope());
            let mut axes = self.model.axes().to_vec();
            let sizes = axes.iter().map(|axis| axis.values).collect();
            let rule = self.rules.entries.len() as u32;
            let (helpers, clauses) = compiled(sizes, &formula, rule);
            let mut domains = self.domains.clone();
            domains.extend(
                helpers
                    .iter()
                    .map(|helper| cfgmatrix_cover::ValueSet::full(helper.values)),
            );
            axes.extend(helpers);
            let all = self.model.clauses().iter().cloned().chain(clauses);
            let model = Model::new(axes, all.collect());
            let model = model.expect("clauses speak of the axes and their helpers");
            if cfgmatrix_cover::Solver::within(&model, &domains)
                .solve(&[])
                .is_none()
            {
                findings.push(Finding {
                    finding: FindingType::IdleSet,
                    message: format!(
                        "no variant of this profile takes the `[[set]]` for {}",
                        statement.text
                    ),
                    place: Some(statement.place.to_string()),
                    values: Vec::new(),
                    rules: Vec::new(),
                });
            }
        }
        findings
    }
}

fn names(entries: &[&Entry]) -> Vec<String> {
    let names = entries.iter().map(|entry| entry.rule.as_str().to_owned());
    names.collect()
}
