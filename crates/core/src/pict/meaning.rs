//! What constraints mean for the values of the parameters: types are checked
//! as PICT does, and each constraint becomes a formula.

use cfgmatrix_cover::ValueSet;

use super::constraint::{Condition, Constraint, Name, Relation, Says, Term, Value};
use super::parameter::{Parameters, PictParameter, PictValue};
use super::scanner::Fault;
use super::text::number;
use super::{PictRequirement, Reader, Warnings};
use crate::clauses::Formula;
use crate::name::{did_you_mean, nearest};

/// What a parameter's values are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
}

impl Kind {
    fn of<'v>(mut names: impl Iterator<Item = &'v str>) -> Self {
        if names.all(|name| number(name).is_some()) {
            Self::Number
        } else {
            Self::Text
        }
    }

    fn article(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Text => "texts",
        }
    }
}

/// A parameter as constraints see it.
struct Column {
    /// Without its negative values, and with them: rows of either kind are
    /// generated, and PICT asks for the types in both.
    kinds: [Kind; 2],
    /// Its values, where all are numbers.
    numbers: Vec<f64>,
    /// Their first names, equal where PICT calls them equal.
    keys: Vec<String>,
    negative: ValueSet,
}

/// Why a constraint has no formula.
pub(super) enum Trouble {
    /// It names what is no parameter: it is left out.
    Unknown(Name),
    /// It cannot be meant.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

pub(super) struct Meanings<'m> {
    parameters: &'m Parameters,
    reader: &'m Reader<'m>,
    text: &'m str,
    columns: Vec<Column>,
    /// How many values may still be compared.
    budget: usize,
}

impl<'m> Meanings<'m> {
    /// No model that is written on purpose compares so many values.
    const BUDGET: usize = 1 << 26;

    pub(super) fn new(parameters: &'m Parameters, reader: &'m Reader<'m>, text: &'m str) -> Self {
        let columns = parameters.all.iter().map(|parameter| {
            let names = || parameter.values.iter().map(PictValue::name);
            let positive = parameter.values.iter().filter(|value| !value.negative);
            let mut negative = ValueSet::empty(parameter.values.len() as u32);
            for (number, _) in (0..)
                .zip(&parameter.values)
                .filter(|(_, value)| value.negative)
            {
                negative.insert(number);
            }
            Column {
                kinds: [Kind::of(positive.map(PictValue::name)), Kind::of(names())],
                numbers: names().map_while(number).collect(),
                keys: names().map(|name| reader.comparison().key(name)).collect(),
                negative,
            }
        });
        Self {
            parameters,
            reader,
            text,
            columns: columns.collect(),
            budget: Self::BUDGET,
        }
    }

    /// What a constraint means. Parts that name what is no parameter are left
    /// out, as PICT does, and warned of.
    pub(super) fn of(
        &mut self,
        constraint: &Constraint,
        warnings: &mut Warnings,
        offset: impl Fn(usize) -> usize,
    ) -> Result<Vec<PictRequirement>, Fault> {
        let Constraint {
            condition,
            then,
            otherwise,
            ..
        } = constraint;
        let mut requirements = Vec::new();
        for (part, negated) in [(Some(then), false), (otherwise.as_ref(), true)] {
            let Some(part) = part else { continue };
            match self.verify_all(condition.iter().chain([part])) {
                Ok(()) => {}
                Err(Trouble::Fault(fault)) => return Err(fault),
                Err(Trouble::Unknown(name)) => {
                    let place = offset(name.at);
                    warnings.add(self.reader, place, || self.unknown(&name));
                    continue;
                }
            }
            let condition = condition.as_ref();
            let condition = condition.map(|condition| self.formula(condition, negated));
            // PICT excludes rows for which the contrary holds, which differs for
            // what has no order.
            let contrary = self.formula(part, true)?;
            requirements.push(PictRequirement {
                condition: condition.transpose()?,
                then: Formula::Not(Box::new(contrary)),
            });
        }
        for condition in condition.iter().chain([then]).chain(otherwise) {
            self.warn_of_idle(condition, warnings, &offset);
        }
        Ok(requirements)
    }

    fn unknown(&self, name: &Name) -> (String, Option<String>) {
        (
            format!(
                "the constraint is left out: `{}` is no parameter",
                name.text
            ),
            self.reader.suggestion(&name.text, self.parameters),
        )
    }

    fn verify_all<'c>(
        &self,
        conditions: impl Iterator<Item = &'c Condition>,
    ) -> Result<(), Trouble> {
        for condition in conditions {
            terms(condition).try_for_each(|term| self.verify(term))?;
        }
        Ok(())
    }

    /// What PICT asks of a term, in its order.
    fn verify(&self, term: &Term) -> Result<(), Trouble> {
        let find = |name: &Name| {
            self.find(name)
                .ok_or_else(|| Trouble::Unknown(name.clone()))
        };
        match &term.says {
            Says::Sign { parameter, .. } => {
                parameter.as_ref().map(find).transpose()?;
            }
            Says::Values {
                parameter,
                relation,
                values,
            } => {
                let number = find(parameter)?;
                self.verify_pattern(number, *relation, term)?;
                for kind in self.columns[number].kinds {
                    if let Some(value) = values.iter().find(|value| value.kind() != kind) {
                        return Err(self.mismatch(number, kind, value, term).into());
                    }
                }
            }
            Says::Parameters {
                parameter,
                relation,
                other,
            } => {
                let left = find(parameter)?;
                self.verify_pattern(left, *relation, term)?;
                let right = find(other)?;
                self.verify_kinds(left, right, term)?;
            }
        }
        Ok(())
    }

    fn verify_pattern(&self, number: usize, relation: Relation, term: &Term) -> Result<(), Fault> {
        let pattern = matches!(relation, Relation::Like | Relation::NotLike);
        if pattern && self.columns[number].kinds.contains(&Kind::Number) {
            return Err(Fault::new(
                term.span.start,
                format!(
                    "the values of `{}` are numbers, and `LIKE` is for texts",
                    self.parameters.all[number].name
                ),
            ));
        }
        Ok(())
    }

    fn verify_kinds(&self, left: usize, right: usize, term: &Term) -> Result<(), Fault> {
        let name = |number: usize| &self.parameters.all[number].name;
        if left == right {
            return Err(Fault::new(
                term.span.start,
                format!("`{}` is compared to itself", name(left)),
            ));
        }
        let kinds = [left, right].map(|number| self.columns[number].kinds);
        let different = kinds[0]
            .iter()
            .zip(kinds[1])
            .find(|&(&one, other)| one != other);
        match different {
            Some((one, other)) => Err(Fault::new(
                term.span.start,
                format!(
                    "the values of `{}` are {}, and those of `{}` are {}",
                    name(left),
                    one.plural(),
                    name(right),
                    other.plural()
                ),
            )),
            None => Ok(()),
        }
    }

    fn mismatch(&self, number: usize, kind: Kind, value: &Value, term: &Term) -> Fault {
        let parameter = &self.parameters.all[number];
        let fault = Fault::new(
            term.span.start,
            format!(
                "the values of `{}` are {}, and {} is compared",
                parameter.name,
                kind.plural(),
                value.kind().article()
            ),
        );
        if self.columns[number].kinds[0] != self.columns[number].kinds[1] {
            return fault.with_hint("its negative values are of another type than the others");
        }
        match (kind, value) {
            (Kind::Text, Value::Number(_)) => fault.with_hint("a text stands in quotes: \"…\""),
            _ => fault.with_hint("a number stands without quotes"),
        }
    }

    fn find(&self, name: &Name) -> Option<usize> {
        self.parameters.find(&name.text, self.reader.comparison())
    }

    /// The formula of a condition that was verified, or of its contrary: PICT
    /// carries a `NOT` down to the relations, which matters for what has no order.
    fn formula(&mut self, condition: &Condition, negated: bool) -> Result<Formula, Fault> {
        let parts = |this: &mut Self, parts: &[Condition]| {
            let parts = parts.iter();
            parts
                .map(|part| this.formula(part, negated))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::Not(inner) => self.formula(inner, !negated)?,
            Condition::And(all) if negated => Formula::Or(parts(self, all)?),
            Condition::And(all) => Formula::And(parts(self, all)?),
            Condition::Or(any) if negated => Formula::And(parts(self, any)?),
            Condition::Or(any) => Formula::Or(parts(self, any)?),
            Condition::Term(term) => self.term(term, negated)?,
        })
    }

    fn term(&mut self, term: &Term, negated: bool) -> Result<Formula, Fault> {
        let turned = |relation: Relation| {
            if negated {
                relation.opposite()
            } else {
                relation
            }
        };
        match &term.says {
            Says::Values {
                parameter,
                relation,
                values,
            } => {
                let axis = self.find(parameter).expect("the term is verified");
                let allowed = self.allowed(axis, turned(*relation), values, term)?;
                Ok(Formula::Literal { axis, allowed })
            }
            Says::Parameters {
                parameter,
                relation,
                other,
            } => {
                let left = self.find(parameter).expect("the term is verified");
                let right = self.find(other).expect("the term is verified");
                self.related(left, right, turned(*relation), term)
            }
            Says::Sign {
                negative,
                parameter,
            } => {
                let one = parameter
                    .as_ref()
                    .map(|name| self.find(name).expect("the term is verified"));
                self.sign(one, negative ^ negated, term)
            }
        }
    }

    fn allowed(
        &mut self,
        axis: usize,
        relation: Relation,
        values: &[Value],
        term: &Term,
    ) -> Result<ValueSet, Fault> {
        let count = self.columns[axis].keys.len();
        self.spend(count.saturating_mul(values.len()), term)?;
        let mut allowed = ValueSet::empty(count as u32);
        let keys: Vec<Value> = values
            .iter()
            .map(|value| match value {
                Value::Text(text) => Value::Text(self.reader.comparison().key(text)),
                Value::Number(number) => Value::Number(*number),
            })
            .collect();
        for own in 0..count {
            let mut holds = relation == Relation::NotIn;
            for value in &keys {
                match relation {
                    Relation::In => {
                        holds |= self.compare(axis, own, Relation::Equal, value, term)?;
                    }
                    Relation::NotIn => {
                        holds &= !self.compare(axis, own, Relation::Equal, value, term)?;
                    }
                    _ => holds = self.compare(axis, own, relation, value, term)?,
                }
            }
            if holds {
                allowed.insert(own as u32);
            }
        }
        Ok(allowed)
    }

    fn related(
        &mut self,
        left: usize,
        right: usize,
        relation: Relation,
        term: &Term,
    ) -> Result<Formula, Fault> {
        let lefts = self.columns[left].keys.len();
        let rights = self.columns[right].keys.len();
        self.spend(lefts.saturating_mul(rights), term)?;
        let others: Vec<Value> = (0..rights)
            .map(|other| match self.columns[right].kinds[1] {
                Kind::Number => Value::Number(self.columns[right].numbers[other]),
                Kind::Text => Value::Text(self.columns[right].keys[other].clone()),
            })
            .collect();
        let mut allowed = Vec::with_capacity(lefts);
        for own in 0..lefts {
            let mut partners = ValueSet::empty(rights as u32);
            for (number, other) in (0..).zip(&others) {
                if self.compare(left, own, relation, other, term)? {
                    partners.insert(number);
                }
            }
            allowed.push(partners);
        }
        Ok(Formula::Related {
            left,
            right,
            allowed,
        })
    }

    fn sign(&mut self, one: Option<usize>, negative: bool, term: &Term) -> Result<Formula, Fault> {
        let literal = |this: &Self, axis: usize| {
            let allowed = &this.columns[axis].negative;
            let count = this.columns[axis].keys.len() as u32;
            Formula::Literal {
                axis,
                allowed: if negative {
                    allowed.clone()
                } else {
                    allowed.complement(count)
                },
            }
        };
        if let Some(axis) = one {
            self.spend(self.columns[axis].keys.len(), term)?;
            return Ok(literal(self, axis));
        }
        // Parameters without negative values say nothing here.
        let with_negative = |&axis: &usize| {
            !self.columns[axis].negative.is_empty() && !self.parameters.all[axis].is_result()
        };
        let axes: Vec<usize> = (0..self.columns.len()).filter(with_negative).collect();
        let values = axes.iter().map(|&axis| self.columns[axis].keys.len());
        self.spend(self.columns.len() + values.sum::<usize>(), term)?;
        let each = axes.iter().map(|&axis| literal(self, axis)).collect();
        Ok(if negative {
            Formula::Or(each)
        } else {
            Formula::And(each)
        })
    }

    /// Whether a value of a parameter has a relation to another value; texts
    /// are given as keys.
    fn compare(
        &mut self,
        axis: usize,
        own: usize,
        relation: Relation,
        other: &Value,
        term: &Term,
    ) -> Result<bool, Fault> {
        let column = &self.columns[axis];
        let order = match other {
            Value::Number(other) => {
                // PICT looks at the difference, which infinities do not have.
                (column.numbers[own] - other).partial_cmp(&0.0)
            }
            Value::Text(other) => {
                let own = &column.keys[own];
                let like = match relation {
                    Relation::Like => true,
                    Relation::NotLike => false,
                    _ => return Ok(relation.holds(Some(own.as_str().cmp(other)))),
                };
                let holds = super::text::Comparison {
                    case_sensitive: true,
                }
                .like(own, other);
                let cost = own.len().saturating_mul(other.len()) / 16;
                self.spend(cost, term)?;
                return Ok(holds == like);
            }
        };
        Ok(relation.holds(order))
    }

    fn spend(&mut self, comparisons: usize, term: &Term) -> Result<(), Fault> {
        match self.budget.checked_sub(comparisons) {
            Some(rest) => {
                self.budget = rest;
                Ok(())
            }
            None => Err(Fault::new(
                term.span.start,
                format!(
                    "the constraints up to here compare values more than {} million times",
                    Self::BUDGET >> 20
                ),
            )),
        }
    }

    /// Warns of terms that hold for all values or for none.
    fn warn_of_idle(
        &mut self,
        condition: &Condition,
        warnings: &mut Warnings,
        offset: &impl Fn(usize) -> usize,
    ) {
        for term in terms(condition) {
            let Says::Values {
                parameter,
                relation,
                values,
            } = &term.says
            else {
                continue;
            };
            // One that is unknown or of another type has been dealt with.
            let Some(axis) = self.find(parameter) else {
                continue;
            };
            if self.verify(term).is_err() {
                continue;
            }
            let Ok(allowed) = self.allowed(axis, *relation, values, term) else {
                continue;
            };
            let count = self.columns[axis].keys.len() as u32;
            if allowed.is_empty() || allowed.len() == count {
                let none = allowed.is_empty();
                warnings.add(self.reader, offset(term.span.start), || {
                    self.idle(axis, none, term, values)
                });
            }
        }
    }

    fn idle(
        &self,
        axis: usize,
        none: bool,
        term: &Term,
        values: &[Value],
    ) -> (String, Option<String>) {
        let parameter: &PictParameter = &self.parameters.all[axis];
        let said = &self.text[term.span.clone()];
        let every = if none { "no value" } else { "every value" };
        let names = parameter.values.iter().map(PictValue::name);
        let unknown = values.iter().find_map(|value| match value {
            Value::Text(text) => {
                let key = self.reader.comparison().key(text);
                (!self.columns[axis].keys.contains(&key)).then_some(text)
            }
            Value::Number(_) => None,
        });
        let short = |name: &&str| name.len() <= Reader::LONGEST_SUGGESTED;
        let hint = unknown
            .filter(|unknown| unknown.len() <= Reader::LONGEST_SUGGESTED)
            .and_then(|unknown| {
                let names = names.filter(short).take(Reader::MOST_SUGGESTED);
                did_you_mean(&nearest(unknown, names))
            });
        (
            format!("{every} of `{}` satisfies `{said}`", parameter.name),
            hint,
        )
    }
}

impl Value {
    fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
        }
    }
}

/// The terms of a condition, in the order that they are written in.
fn terms(condition: &Condition) -> impl Iterator<Item = &Term> {
    let mut pending = vec![condition];
    std::iter::from_fn(move || {
        loop {
            match pending.pop()? {
                Condition::Term(term) => return Some(term),
                Condition::Not(inner) => pending.push(inner),
                Condition::And(parts) | Condition::Or(parts) => pending.extend(parts.iter().rev()),
            }
        }
    })
}
