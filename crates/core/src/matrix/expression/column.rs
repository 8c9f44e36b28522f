//! What `axis` and `axis.attribute` are for each value of the axis.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use cfgmatrix_cover::ValueSet;

use super::compare::{Type, as_version, beside, compare, named, written};
use super::condition::Atom;
use super::syntax::{Literal, Operand, Operator, Placed, write_name};
use super::token::shown;
use super::{Attribute, ExpressionError, Scope};
use crate::matrix::Scalar;
use crate::name::{UnknownWord, did_you_mean};
use crate::version::Version;

/// Longer words, in bytes, are not searched for what they may have been meant as.
const MAX_WORD: usize = 64;

/// More words than this are no help in a message.
const FEW: usize = 12;

/// By value of an axis; `None` where a value does not have the attribute.
type Values = Rc<[Option<Attribute>]>;

/// An operand with its values.
pub(super) struct Column {
    pub(super) axis: usize,
    pub(super) axis_name: String,
    pub(super) attribute: Option<String>,
    pub(super) values: Values,
    pub(super) is_conditional: bool,
    pub(super) is_open: bool,
    pub(super) span: Range<usize>,
}

impl Column {
    /// As an expression writes it.
    pub(super) fn written(&self) -> String {
        const FITS: &str = "a string takes all that is written to it";
        let mut text = String::new();
        write_name(&mut text, &self.axis_name).expect(FITS);
        if let Some(attribute) = &self.attribute {
            text.push('.');
            write_name(&mut text, attribute).expect(FITS);
        }
        text
    }

    /// As messages name it: in backticks, once.
    pub(super) fn named(&self) -> String {
        let written = shown(&self.written());
        if written.contains('`') {
            written
        } else {
            format!("`{written}`")
        }
    }

    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        (self.axis, &self.attribute) == (other.axis, &other.attribute)
    }

    pub(super) fn present(&self) -> impl Iterator<Item = &Attribute> {
        self.values.iter().flatten()
    }

    /// What its values are, as the end of "it is …".
    pub(super) fn types(&self) -> String {
        let mut types: Vec<Type> = Vec::new();
        for value in self.present() {
            let own = Type::of(value);
            if !types.contains(&own) {
                types.push(own);
            }
        }
        let words: Vec<String> = types.iter().map(ToString::to_string).collect();
        words.join(" or ")
    }

    /// The number of the axis's states, "absent" included.
    pub(super) fn states(&self) -> u32 {
        states(self.values.len(), self.is_conditional)
    }

    /// The states for which something holds; "absent" is never one.
    pub(super) fn states_where(&self, holds: impl Fn(usize, &Attribute) -> bool) -> ValueSet {
        let mut set = ValueSet::empty(self.states());
        for (state, (number, value)) in (0..).zip(self.values.iter().enumerate()) {
            if value.as_ref().is_some_and(|value| holds(number, value)) {
                set.insert(state);
            }
        }
        set
    }

    /// "It has one of these states".
    pub(super) fn atom(&self, allowed: ValueSet) -> Atom {
        Atom::Values {
            axis: self.axis,
            allowed,
        }
    }

    /// "It is one of the same", or else "it is there, and none of them".
    pub(super) fn atom_of_same(&self, same: ValueSet, wanted: bool) -> Atom {
        if wanted {
            return self.atom(same);
        }
        let mut others = self.states_where(|_, _| true);
        others.intersect(&same.complement(self.states()));
        self.atom(others)
    }

    /// The states that are the same as a literal.
    ///
    /// # Errors
    /// It is of another sort, or none of them.
    pub(super) fn same_as(
        &self,
        literal: &Literal,
        span: &Range<usize>,
    ) -> Result<ValueSet, ExpressionError> {
        let wanted = Attribute::from(literal);
        let compares = |value: &Attribute| {
            let sameness = Operator::Equal;
            compare(value, sameness, &beside(&wanted, sameness, value))
        };
        let same = self.states_where(|_, value| compares(value) == Some(true));
        if same.is_empty() {
            let of_another_sort = self.present().all(|value| compares(value).is_none());
            if of_another_sort && self.present().next().is_some() {
                return Err(self.mismatch(&wanted, span));
            }
            if !self.is_open {
                return Err(self.never(&wanted, span));
            }
        }
        Ok(same)
    }

    /// The states that stand in an order to a literal.
    ///
    /// # Errors
    /// There is no order between them.
    pub(super) fn ordered_with(
        &self,
        operator: Operator,
        literal: &Literal,
        span: &Range<usize>,
    ) -> Result<ValueSet, ExpressionError> {
        let wanted = Attribute::from(literal);
        for value in self.present() {
            if compare(value, operator, &beside(&wanted, operator, value)).is_some() {
                continue;
            }
            self.expect_order(value, operator)?;
            return Err(
                if as_version(&wanted).is_some() || Type::of(value) == Type::Version {
                    self.mismatch(&wanted, span)
                } else {
                    let message = format!(
                        "`{}` orders numbers and versions, and `{}` is {}",
                        operator.sign(),
                        shown(&literal.to_string()),
                        Type::of(&wanted)
                    );
                    ExpressionError::new(message, span.clone())
                },
            );
        }
        Ok(self.states_where(|_, value| {
            compare(value, operator, &beside(&wanted, operator, value)) == Some(true)
        }))
    }

    /// An error unless a value of this column has an order.
    pub(super) fn expect_order(
        &self,
        value: &Attribute,
        operator: Operator,
    ) -> Result<(), ExpressionError> {
        if as_version(value).is_some() || Type::of(value) == Type::Integer {
            return Ok(());
        }
        let message = format!(
            "`{}` orders numbers and versions, and {} can be `{}`, which is {}",
            operator.sign(),
            self.named(),
            shown(&written(value)),
            Type::of(value)
        );
        Err(ExpressionError::new(message, self.span.clone()))
    }

    /// The error that a literal is of another sort than the values.
    fn mismatch(&self, literal: &Attribute, span: &Range<usize>) -> ExpressionError {
        let name = self.named();
        let sort = Type::of(literal);
        let literal_shown = shown(&written(literal));
        if let (Attribute::Scalar(Scalar::Text(text)), "a version") = (literal, &*self.types()) {
            let reason = text
                .parse::<Version>()
                .err()
                .map_or_else(String::new, |error| {
                    let reason = error.to_string();
                    let expected = reason
                        .rsplit_once(": ")
                        .map_or("", |(_, expected)| expected);
                    expected.to_owned()
                });
            let message = format!("{name} is a version, and `{literal_shown}` is none: {reason}");
            return ExpressionError::new(message, span.clone());
        }
        let message = format!(
            "{name} is {}, and `{literal_shown}` is {sort}",
            self.types()
        );
        let quoted = Literal::Text(named(literal)).to_string();
        let unquoted = named(literal);
        let has = |wanted: &str| self.present().any(|value| written(value) == wanted);
        let hint = if sort == Type::Text && has(&unquoted) {
            Some(format!("write it without quotes: `{}`", shown(&unquoted)))
        } else if sort != Type::Text && has(&quoted) {
            Some(format!("write a text in quotes: `{}`", shown(&quoted)))
        } else {
            None
        };
        ExpressionError::new(message, span.clone()).hint_of(hint)
    }

    /// An error unless some value can be compared at all.
    pub(super) fn expect_values(&self) -> Result<(), ExpressionError> {
        if self.is_open || self.present().next().is_some() {
            return Ok(());
        }
        let message = match &self.attribute {
            Some(attribute) => format!(
                "no value of axis `{}` has `{}`, so that this never holds",
                shown(&self.axis_name),
                shown(attribute)
            ),
            None => format!("axis `{}` has no values", shown(&self.axis_name)),
        };
        Err(ExpressionError::new(message, self.span.clone()))
    }

    /// The error that no value is `wanted`.
    fn never(&self, wanted: &Attribute, span: &Range<usize>) -> ExpressionError {
        let name = named(wanted);
        let mut known: Vec<String> = Vec::new();
        for value in self.present().map(named) {
            if known.last() != Some(&value) && !known.contains(&value) {
                known.push(value);
            }
        }
        let (expected, mut hint) = match Type::of(wanted) {
            Type::Text => suggest(&name, known.iter().map(String::as_str)),
            // Another number is no misspelling.
            Type::Integer | Type::Version | Type::Boolean => (expectation(known), None),
        };
        if let Some(series) = as_version(wanted)
            && self.has_of_series(&series)
        {
            let own = shown(&self.written());
            let next = Version::new(series.parts().iter().enumerate().map(|(index, &part)| {
                part.saturating_add(u32::from(index + 1 == series.parts().len()))
            }));
            hint = Some(format!(
                "for each {series} write `{own} >= {series} && {own} < {next}`"
            ));
        }
        let message = match &self.attribute {
            Some(_) => format!("{} is never `{}`", self.named(), shown(&name)),
            None => format!(
                "axis `{}` has no value `{}`",
                shown(&self.axis_name),
                shown(&name)
            ),
        };
        ExpressionError::new(format!("{message}{expected}"), span.clone()).hint_of(hint)
    }

    /// Whether a version begins with all parts of another.
    fn has_of_series(&self, series: &Version) -> bool {
        self.present().any(|value| match value {
            Attribute::Version(version) => version.parts().starts_with(series.parts()),
            Attribute::Scalar(_) => false,
        })
    }
}

fn states(values: usize, is_conditional: bool) -> u32 {
    u32::try_from(values + usize::from(is_conditional))
        .expect("2^32 values do not fit into a matrix file")
}

/// The few words that there are, as the continuation of a message.
fn expectation(known: Vec<String>) -> String {
    let few = known.len() <= FEW && known.iter().all(|word| word.len() <= MAX_WORD);
    let word = UnknownWord {
        what: "value",
        name: String::new(),
        suggestions: Vec::new(),
        expected: if few { known } else { Vec::new() },
    };
    word.expectation()
}

/// What a word may have been meant as: the continuation of the message, and the hint.
pub(super) fn suggest<'k>(
    name: &str,
    known: impl Iterator<Item = &'k str>,
) -> (String, Option<String>) {
    if name.len() > MAX_WORD {
        return (String::new(), None);
    }
    let short = known.filter(|word| word.len() <= MAX_WORD);
    let word = UnknownWord::new("value", name, short);
    (word.expectation(), did_you_mean(&word.suggestions))
}

/// Finds the operands of an expression in a scope.
pub(super) struct Columns<'s, S> {
    pub(super) scope: &'s S,
    read: HashMap<(usize, Option<String>), Values>,
}

impl<'s, S: Scope> Columns<'s, S> {
    pub(super) fn new(scope: &'s S) -> Self {
        Self {
            scope,
            read: HashMap::new(),
        }
    }

    /// The number of the axis.
    ///
    /// # Errors
    /// There is none of that name.
    pub(super) fn axis(&self, name: &Placed<String>) -> Result<usize, ExpressionError> {
        self.scope.axis(&name.what).ok_or_else(|| {
            let (expected, mut hint) = suggest(&name.what, self.scope.axes().into_iter());
            let of_axes = self.axes_with_attribute(&name.what);
            if !of_axes.is_empty() {
                hint = did_you_mean(&of_axes);
            }
            let message = format!("unknown axis `{}`{expected}", shown(&name.what));
            ExpressionError::new(message, name.span.clone()).hint_of(hint)
        })
    }

    /// The number of an axis's states, "absent" included.
    pub(super) fn states(&self, axis: usize) -> u32 {
        states(self.scope.values(axis), self.scope.is_conditional(axis))
    }

    /// `axis.attribute` for the first axes that have it.
    fn axes_with_attribute(&self, attribute: &str) -> Vec<String> {
        let axes = self.scope.axes().into_iter().enumerate();
        axes.filter(|&(axis, _)| self.scope.attributes(axis).contains(&attribute))
            .map(|(_, name)| format!("{}.{attribute}", shown(name)))
            .take(3)
            .collect()
    }

    /// The values of an operand.
    ///
    /// # Errors
    /// There is no such axis, or it has no such attribute.
    pub(super) fn column(
        &mut self,
        operand: &Operand,
        span: &Range<usize>,
    ) -> Result<Column, ExpressionError> {
        let axis = self.axis(&operand.axis)?;
        if let Some(attribute) = &operand.attribute {
            self.expect_attribute(axis, &operand.axis.what, attribute)?;
        }
        let attribute = operand.attribute.as_ref().map(|name| name.what.clone());
        let scope = self.scope;
        let values = self
            .read
            .entry((axis, attribute.clone()))
            .or_insert_with(|| {
                let of = |value| match &attribute {
                    Some(name) => scope.attribute(axis, value, name),
                    None => Some(Attribute::Scalar(scope.value_id(axis, value))),
                };
                (0..scope.values(axis)).map(of).collect()
            });
        Ok(Column {
            axis,
            axis_name: operand.axis.what.clone(),
            attribute,
            values: Rc::clone(values),
            is_conditional: scope.is_conditional(axis),
            is_open: scope.is_open(axis),
            span: span.clone(),
        })
    }

    fn expect_attribute(
        &self,
        axis: usize,
        axis_name: &str,
        attribute: &Placed<String>,
    ) -> Result<(), ExpressionError> {
        let known = self.scope.attributes(axis);
        if known.contains(&attribute.what.as_str()) {
            return Ok(());
        }
        let wrong = format!(
            "axis `{}` has no attribute `{}`",
            shown(axis_name),
            shown(&attribute.what)
        );
        let (expected, hint) = if known.is_empty() {
            (", nor any other".to_owned(), None)
        } else {
            suggest(&attribute.what, known.into_iter())
        };
        let message = format!("{wrong}{expected}");
        Err(ExpressionError::new(message, attribute.span.clone()).hint_of(hint))
    }
}
