//! What values are, and how two of them compare.

use std::cmp::Ordering;
use std::fmt;

use super::Attribute;
use super::syntax::{Literal, Operator};
use crate::matrix::Scalar;
use crate::version::Version;

/// The sorts of values. Values of one sort compare; of two they do as
/// [`compare`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Integer,
    Boolean,
    Version,
}

impl Type {
    pub(super) fn of(value: &Attribute) -> Self {
        match value {
            Attribute::Scalar(Scalar::Text(_)) => Self::Text,
            Attribute::Scalar(Scalar::Integer(_)) => Self::Integer,
            Attribute::Scalar(Scalar::Boolean(_)) => Self::Boolean,
            Attribute::Version(_) => Self::Version,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Version => "a version",
        })
    }
}

impl From<&Literal> for Attribute {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Text(text) => Self::Scalar(Scalar::Text(text.clone())),
            Literal::Integer(number) => Self::Scalar(Scalar::Integer(*number)),
            Literal::Boolean(truth) => Self::Scalar(Scalar::Boolean(*truth)),
            Literal::Version(version) => Self::Version(version.clone()),
        }
    }
}

/// A value as an expression would write it.
pub(super) fn written(value: &Attribute) -> String {
    match value {
        Attribute::Scalar(Scalar::Text(text)) => Literal::Text(text.clone()).to_string(),
        Attribute::Scalar(scalar) => scalar.to_string(),
        Attribute::Version(version) => version.to_string(),
    }
}

/// A value as messages name it.
pub(super) fn named(value: &Attribute) -> String {
    match value {
        Attribute::Scalar(scalar) => scalar.to_string(),
        Attribute::Version(version) => version.to_string(),
    }
}

/// A literal as it compares with a value. A whole number beside a version is a
/// version of one part, and so it is in an order with a text that may be one.
/// But the number `2` and the text `"2"` are not the same.
pub(super) fn beside(literal: &Attribute, operator: Operator, value: &Attribute) -> Attribute {
    let is_number = matches!(literal, Attribute::Scalar(Scalar::Integer(_)));
    let as_one = match Type::of(value) {
        Type::Version => is_number,
        Type::Text => is_number && operator.is_of_order(),
        Type::Integer | Type::Boolean => false,
    };
    match as_version(literal) {
        Some(version) if as_one => Attribute::Version(version),
        _ => literal.clone(),
    }
}

/// Whether the comparison holds; `None` where the two do not compare. Texts are
/// ordered as the versions that they are, if they are.
pub(super) fn compare(left: &Attribute, operator: Operator, right: &Attribute) -> Option<bool> {
    use Attribute::Scalar as Plain;
    let by_version = || Some(as_version(left)?.cmp(&as_version(right)?));
    let ordering = match (left, right) {
        (Plain(Scalar::Integer(left)), Plain(Scalar::Integer(right))) => left.cmp(right),
        (Plain(Scalar::Text(_)), Plain(Scalar::Text(_))) if operator.is_of_order() => by_version()?,
        (Plain(Scalar::Text(_)), Plain(Scalar::Text(_)))
        | (Plain(Scalar::Boolean(_)), Plain(Scalar::Boolean(_)))
            if !operator.is_of_order() =>
        {
            return Some((left == right) == (operator == Operator::Equal));
        }
        (Attribute::Version(_), _) | (_, Attribute::Version(_)) => by_version()?,
        _ => return None,
    };
    Some(match operator {
        Operator::Equal => ordering == Ordering::Equal,
        Operator::Unequal => ordering != Ordering::Equal,
        Operator::Less => ordering == Ordering::Less,
        Operator::AtMost => ordering != Ordering::Greater,
        Operator::Greater => ordering == Ordering::Greater,
        Operator::AtLeast => ordering != Ordering::Less,
    })
}

/// The version that a value is or says.
pub(super) fn as_version(value: &Attribute) -> Option<Version> {
    match value {
        Attribute::Version(version) => Some(version.clone()),
        Attribute::Scalar(Scalar::Text(text)) => text.parse().ok(),
        Attribute::Scalar(Scalar::Integer(number)) => {
            Some(Version::new([u32::try_from(*number).ok()?]))
        }
        Attribute::Scalar(Scalar::Boolean(_)) => None,
    }
}
