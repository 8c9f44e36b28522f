//! The conditions of rules: `compiler.version >= 12.2 && mpi in ["openmpi", "mpich"]`.
//!
//! ```text
//! text ─► Expression::parse ─► Expression ─► check(scope) ─► Condition ─► evaluate, formula
//! ```
//!
//! A comparison holds only where both its sides have a value. So none holds on
//! an axis that is absent, or on a value that lacks the attribute, `!=` and
//! `not in` included; and a rule about an axis says nothing where the axis is
//! absent. `!(mpi == "mpich")` is the negation of a comparison, and holds there.
#![allow(
    dead_code,
    unused_imports,
    reason = "the rules of the matrix language are its users"
)]

mod check;
mod column;
mod compare;
mod condition;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::Scalar;
use crate::version::Version;
pub(crate) use condition::{Comparison, Condition};

/// What the value of an axis, or an attribute of it, is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// A text, a whole number, or yes or no.
    Scalar(Scalar),
    /// A version, which has an order of its own.
    Version(Version),
}

/// The axes that an expression may speak of.
pub(crate) trait Scope {
    /// The names of the axes, by number.
    fn axes(&self) -> Vec<&str>;

    /// The number of an axis.
    fn axis(&self, name: &str) -> Option<usize> {
        self.axes().iter().position(|&known| known == name)
    }

    /// How many values an axis has; "absent" is none of them.
    fn values(&self, axis: usize) -> usize;

    /// What a value is called.
    fn value_id(&self, axis: usize, value: usize) -> Scalar;

    /// The names of the attributes that values of an axis may have.
    fn attributes(&self, axis: usize) -> Vec<&str>;

    /// An attribute of a value; `None` where this value does not have it.
    fn attribute(&self, axis: usize, value: usize, name: &str) -> Option<Attribute>;

    /// Whether an axis can be absent: then the number after its last value
    /// stands for that.
    fn is_conditional(&self, axis: usize) -> bool;

    /// Whether the values are those of a machine, so that an expression may
    /// name one that is not there: the comparison never holds. On other axes
    /// that is an error.
    fn is_open(&self, axis: usize) -> bool {
        let _ = axis;
        false
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ExpressionError {
    /// What is wrong and what was expected.
    pub(crate) message: String,
    /// What may have been meant, or what to do.
    pub(crate) hint: Option<String>,
    /// Where, in bytes of the expression's text.
    pub(crate) span: Range<usize>,
}

impl ExpressionError {
    fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            span,
        }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        self.hint_of(Some(hint.into()))
    }

    fn hint_of(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}

/// A condition as it was written. Two are equal where they say the same in the
/// same words, wherever those stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression(syntax::Node);

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// It is malformed, deeper or longer than any that is written on purpose.
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        parse::parse(text).map(Self)
    }

    /// What it means for the axes of a scope.
    ///
    /// # Errors
    /// It names what is not there, or compares what does not compare.
    pub(crate) fn check(&self, scope: &impl Scope) -> Result<Condition, ExpressionError> {
        check::check(&self.0, scope)
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::parse(text)
    }
}

/// The canonical form, which reads as the same expression.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a condition while axes are still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds, whatever the open axes become.
    True,
    /// It does not hold, whatever they become.
    False,
    /// That depends on them, as far as can be told.
    Unknown,
}
