//! Plain models: named axes and rules over them, for `cover`.
//!
//! They come from the project's own JSON or from PICT's files. Here names
//! become numbers for `cfgmatrix-cover`, and its rows become names again.

mod check;
mod cover;
mod from_pict;
mod full;
mod json;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use cfgmatrix_cover::{
    Axis, Clause, CountError, CoverError, Literal, Model, Solver, TargetSet, ValueSet,
};

use crate::Scalar;
use crate::clauses::{Clauses, Formula};
use crate::error::Error;
use crate::name::UnknownWord;
use crate::pict::PictOptions;

pub use cfgmatrix_cover::{Effort, Natural};
pub use check::{Broken, BrokenRow, Verdict};
pub use cover::Wanted;
pub use full::{FullRow, FullRows};
pub use rows::{GivenRow, MatchedRow};

/// One choice of a plain model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainAxis {
    /// Its name.
    pub name: String,
    /// Its values, at least one.
    pub values: Vec<PlainValue>,
    /// Whether it is what is expected of a row rather than a choice: rows have
    /// its value where the rules leave one only.
    pub result: bool,
    /// The strength that it takes part in, where it has its own.
    strength: Option<usize>,
    /// The number of a value by each of its names.
    by_name: HashMap<String, u32>,
}

/// One possibility of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainValue {
    /// Its names, at least one: rows show them in turn.
    pub names: Vec<Scalar>,
    /// Whether it is out of range: no row has two such values.
    pub negative: bool,
    /// How much it is liked where coverage does not decide.
    weight: u32,
}

impl PlainAxis {
    /// How rows say that a result is not determined by the rules: a value after
    /// the last.
    #[must_use]
    pub fn undetermined(&self) -> u32 {
        self.values.len() as u32
    }
}

/// A rule as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRule {
    /// As it is written.
    pub text: String,
    formula: Formula,
}

/// How many values occur together in all combinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Every tuple of so many values.
    Of(usize),
    /// Every row.
    All,
}

/// Axes that are combined by themselves first: PICT's submodels.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    axes: Vec<usize>,
    strength: Option<usize>,
}

/// Axes with names, and rules over them.
#[derive(Clone, Debug)]
pub struct PlainModel {
    axes: Vec<PlainAxis>,
    rules: Vec<PlainRule>,
    groups: Vec<Group>,
    /// What the document asks for, where it does.
    strength: Option<Strength>,
    mixed: Vec<TargetSet>,
    seeds: Vec<Vec<Option<u32>>>,
    /// How PICT's names are compared; None for names as they are written.
    pict: Option<PictOptions>,
    /// The axes, then auxiliary ones of the rules.
    model: Model,
}

/// What a plain model cannot do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlainError {
    /// A document that is not as it should be.
    #[error(transparent)]
    Document(#[from] Error),
    /// Larger tuples than there are axes.
    #[error("strength {strength} needs at least {strength} {what}, and the model has {items}")]
    StrengthAboveAxes {
        /// What was asked for.
        strength: usize,
        /// How many there are.
        items: usize,
        /// Axes, or submodels and axes outside of them.
        what: &'static str,
    },
    /// A strength of no values.
    #[error("strength 0 covers nothing")]
    StrengthZero,
    /// Rules that no row satisfies.
    #[error("no row satisfies {}", rules_text(.rules))]
    NothingLeft {
        /// The smallest set of rules that exclude every row.
        rules: Vec<String>,
    },
    /// A number of rows that cannot be told.
    #[error("the rows cannot be counted: {reason}")]
    Uncountable {
        /// Why.
        reason: String,
    },
    /// Rows that cannot be made.
    #[error("no covering array can be made")]
    Cover {
        /// Why.
        #[source]
        source: CoverError,
    },
}

fn rules_text(rules: &[String]) -> String {
    match rules {
        [] => "the rules".to_owned(),
        [one] => format!("`{one}`"),
        [several @ .., last] => {
            let several: Vec<String> = several.iter().map(|rule| format!("`{rule}`")).collect();
            format!("{} and `{last}` together", several.join(", "))
        }
    }
}

impl PlainError {
    /// What to do, as a line of its own.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Document(error) => error.hint(),
            Self::StrengthAboveAxes { items, .. } => {
                Some(format!("use {items} or less, or `all` for every row"))
            }
            Self::StrengthZero => Some("use 1 or more, or `all` for every row".to_owned()),
            _ => None,
        }
    }
}

impl PlainModel {
    /// The strength where nothing else is asked for, as far as there are axes.
    pub const STRENGTH: usize = 2;

    /// The rule that models with negative values have beside those they say.
    const ONE_NEGATIVE: &str = "no row has two negative values";

    /// The axes, in order.
    #[must_use]
    pub fn axes(&self) -> &[PlainAxis] {
        &self.axes
    }

    /// The strength that the model asks for.
    #[must_use]
    pub fn strength(&self) -> Option<Strength> {
        self.strength
    }

    /// The rows to begin with that the model gives.
    #[must_use]
    pub fn seeds(&self) -> &[Vec<Option<u32>>] {
        &self.seeds
    }

    /// How PICT's files are written, where it is one.
    #[must_use]
    pub fn pict_options(&self) -> Option<&PictOptions> {
        self.pict.as_ref()
    }

    /// The number of an axis by its name.
    ///
    /// # Errors
    /// There is none; with those that may have been meant.
    pub fn axis(&self, name: &str) -> Result<usize, UnknownWord> {
        let key = self.key(name);
        let found = self
            .axes
            .iter()
            .position(|axis| self.key(&axis.name) == key);
        found.ok_or_else(|| {
            UnknownWord::new(
                "axis",
                name,
                self.axes.iter().map(|axis| axis.name.as_str()),
            )
        })
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// The model has results, whose rows are not those of the rules, or the
    /// rules are too entangled.
    pub fn count(&self) -> Result<Natural, PlainError> {
        if self.axes.iter().any(|axis| axis.result) {
            return Err(PlainError::Uncountable {
                reason: "the model has results, which do not make rows".to_owned(),
            });
        }
        cfgmatrix_cover::count(&self.model).map_err(|error: CountError| PlainError::Uncountable {
            reason: error.to_string(),
        })
    }

    /// Which of these rows, whole or in part, some row of the model is.
    #[must_use]
    pub fn possible(&self, rows: &[Vec<Option<u32>>]) -> Vec<bool> {
        let mut solver = Solver::new(&self.model);
        let rows = rows.iter();
        rows.map(|row| solver.is_feasible(&fixed(row))).collect()
    }

    /// The values that no row has, by axis.
    #[must_use]
    pub fn dead_values(&self) -> Vec<(&str, Vec<String>)> {
        let own = cfgmatrix_cover::dead_values(&self.model, &self.model.domains()).into_iter();
        let own = own.filter(|&(axis, _)| axis < self.axes.len());
        let mut dead: Vec<(&str, Vec<String>)> = Vec::new();
        let mut last = None;
        for (axis, value) in own {
            let own = &self.axes[axis];
            if last.replace(axis) != Some(axis) {
                dead.push((&own.name, Vec::new()));
            }
            let name = format!("`{}`", own.values[value as usize].names[0]);
            dead.last_mut().expect("it has just come").1.push(name);
        }
        dead
    }

    /// The error for rules that leave no row.
    #[must_use]
    pub fn nothing_left(&self) -> PlainError {
        let all = self.model.domains();
        let rules = cfgmatrix_cover::smallest_conflict(&self.model, &all).unwrap_or_default();
        PlainError::NothingLeft {
            rules: rules
                .into_iter()
                .map(|rule| self.rule_text(rule).to_owned())
                .collect(),
        }
    }

    fn rule_text(&self, rule: u32) -> &str {
        let rule = self.rules.get(rule as usize);
        rule.map_or(Self::ONE_NEGATIVE, |rule| &rule.text)
    }

    /// The axes that are choices.
    fn inputs(&self) -> Vec<usize> {
        (0..self.axes.len())
            .filter(|&axis| !self.axes[axis].result)
            .collect()
    }

    /// Whether a value is a negative one; no value of the axes is none.
    fn is_negative(&self, axis: usize, value: u32) -> bool {
        let values = self.axes.get(axis).map(|axis| &axis.values);
        let value = values.and_then(|values| values.get(value as usize));
        value.is_some_and(|value| value.negative)
    }

    /// A row as it is given: what the rules leave open has no value.
    fn given(&self, row: &[u32]) -> Vec<Option<u32>> {
        let cells = row.iter().zip(&self.axes);
        cells
            .map(|(&value, axis)| (value < axis.undetermined()).then_some(value))
            .collect()
    }

    fn has_negative(&self) -> bool {
        let mut values = self.axes.iter().flat_map(|axis| &axis.values);
        values.any(|value| value.negative)
    }

    /// Names that are the same have the same key.
    fn key(&self, name: &str) -> String {
        match &self.pict {
            Some(options) => options.key(name),
            None => name.to_owned(),
        }
    }
}

/// A plain model before its rules are clauses.
struct Parts {
    axes: Vec<PlainAxis>,
    rules: Vec<PlainRule>,
    groups: Vec<Group>,
    strength: Option<Strength>,
    mixed: Vec<TargetSet>,
    seeds: Vec<Vec<Option<u32>>>,
    pict: Option<PictOptions>,
}

impl Parts {
    fn into_model(self) -> PlainModel {
        let mut clauses = Clauses::new(self.axes.iter().map(|axis| axis.values.len() as u32));
        for (number, rule) in (0..).zip(&self.rules) {
            clauses
                .require(&rule.formula, number)
                .expect("the readers nest less than clauses may");
        }
        let rule = self.rules.len() as u32;
        at_most_one(&negatives(&self.axes), &mut clauses, rule);
        let own = self.axes.iter().map(|axis| Axis {
            weights: axis.values.iter().map(|value| value.weight).collect(),
            ..Axis::new(axis.values.len() as u32)
        });
        let (auxiliary, clauses) = clauses.into_parts();
        let model = Model::new(own.chain(auxiliary).collect(), clauses)
            .expect("clauses are made for these axes");
        PlainModel {
            axes: self.axes,
            rules: self.rules,
            groups: self.groups,
            strength: self.strength,
            mixed: self.mixed,
            seeds: self.seeds,
            pict: self.pict,
            model,
        }
    }
}

/// The axes that have negative values, with these.
fn negatives(axes: &[PlainAxis]) -> Vec<(usize, ValueSet)> {
    let sets = axes.iter().map(|axis| {
        let mut set = ValueSet::empty(axis.values.len() as u32);
        for (number, value) in (0..).zip(&axis.values) {
            if value.negative {
                set.insert(number);
            }
        }
        set
    });
    sets.enumerate()
        .filter(|(_, set)| !set.is_empty())
        .collect()
}

/// No two of the literals hold together.
fn at_most_one(literals: &[(usize, ValueSet)], clauses: &mut Clauses, rule: u32) {
    /// More literals than this take one auxiliary axis each instead of pairs.
    const PAIRED: usize = 16;
    let literal = |(axis, allowed): &(usize, ValueSet)| Formula::Literal {
        axis: *axis,
        allowed: allowed.clone(),
    };
    let not_both = |one: Formula, other: Formula, clauses: &mut Clauses| {
        clauses
            .require(
                &Formula::Not(Box::new(Formula::And(vec![one, other]))),
                rule,
            )
            .expect("it is not deep");
    };
    if literals.len() <= PAIRED {
        for (number, one) in literals.iter().enumerate() {
            for other in &literals[..number] {
                not_both(literal(one), literal(other), clauses);
            }
        }
        return;
    }
    let mut before = literal(&literals[0]);
    for each in &literals[1..] {
        not_both(before.clone(), literal(each), clauses);
        let either = Formula::Or(vec![before, literal(each)]);
        let axis = clauses.define(&either, rule).expect("it is not deep");
        before = Formula::Literal {
            axis,
            allowed: ValueSet::single(2, 1),
        };
    }
}

/// A model with clauses more: each says one literal.
fn restricted(
    model: &Model,
    literals: impl IntoIterator<Item = (usize, ValueSet)>,
    rule: u32,
) -> Model {
    let more = literals.into_iter().map(|(axis, allowed)| Clause {
        literals: vec![Literal { axis, allowed }],
        rule,
    });
    let clauses = model.clauses().iter().cloned().chain(more);
    Model::new(model.axes().to_vec(), clauses.collect()).expect("the literals are of its axes")
}

/// The values that are given.
fn fixed(values: &[Option<u32>]) -> Vec<(usize, u32)> {
    let values = values.iter().enumerate();
    values
        .filter_map(|(axis, value)| Some((axis, (*value)?)))
        .collect()
}
