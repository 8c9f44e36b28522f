//! An expression as it was written, and how it is written out again.

use std::fmt;
use std::ops::Range;

use crate::version::Version;

/// Something with its place in the text. Two are equal where they say the same,
/// wherever they stand.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub(super) what: T,
    pub(super) span: Range<usize>,
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// The first does not hold, or the second holds.
    Implies(Box<Node>, Box<Node>),
    /// At least two, none of them an `Or`.
    Or(Vec<Node>),
    /// At least two, none of them an `And`.
    And(Vec<Node>),
    Not(Box<Node>),
    Test(Placed<Test>),
}

/// A condition without conditions within.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// `cuda`, of an axis that is yes or no.
    Alone(Side),
    /// `active(cuda)`.
    Active(Placed<String>),
    /// `compiler == "gcc"`.
    Compare {
        left: Placed<Side>,
        operator: Operator,
        right: Placed<Side>,
    },
    /// `compiler in ["gcc", "clang"]`, or `not in`.
    Among {
        left: Placed<Side>,
        within: bool,
        list: Vec<Placed<Literal>>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Operator {
    pub(super) const ALL: [Self; 6] = [
        Self::Equal,
        Self::Unequal,
        Self::Less,
        Self::AtMost,
        Self::Greater,
        Self::AtLeast,
    ];

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// The same with its sides exchanged.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            Self::Equal | Self::Unequal => self,
        }
    }

    /// Whether it needs an order, and not only sameness.
    pub(super) fn is_of_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Side {
    Operand(Operand),
    Literal(Literal),
}

/// `compiler`, or `compiler.version`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    pub(super) axis: Placed<String>,
    pub(super) attribute: Option<Placed<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Integer(i64),
    Boolean(bool),
    /// Of at least two parts: one alone is a whole number.
    Version(Version),
}

/// Words that are names only in backticks.
const RESERVED: [&str; 4] = ["true", "false", "in", "not"];

pub(super) fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a name is written without backticks.
fn is_plain(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let parts = name.chars().all(|c| is_name_part(c) || c == '-');
    begins && parts && !name.ends_with('-') && !RESERVED.contains(&name)
}

/// A name as expressions write it: in backticks where it must be.
pub(super) fn write_name(f: &mut impl fmt::Write, name: &str) -> fmt::Result {
    if is_plain(name) {
        f.write_str(name)
    } else {
        write_quoted(f, name, '`')
    }
}

fn write_quoted(f: &mut impl fmt::Write, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\\' => f.write_str("\\\\")?,
            _ if c == quote => write!(f, "\\{c}")?,
            _ if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}

/// How tightly a condition binds its parts; what binds less stands in
/// parentheses within.
fn strength(node: &Node) -> u8 {
    match node {
        Node::Implies(..) => 0,
        Node::Or(_) => 1,
        Node::And(_) => 2,
        Node::Not(_) | Node::Test(_) => 3,
    }
}

impl Node {
    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if strength(self) < least {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match self {
            Self::Implies(left, right) => {
                left.write(f, 1)?;
                f.write_str(" => ")?;
                right.write(f, 0)
            }
            Self::Or(parts) => Self::write_joined(f, parts, " || ", 2),
            Self::And(parts) => Self::write_joined(f, parts, " && ", 3),
            Self::Not(inner) => {
                f.write_str("!")?;
                match &**inner {
                    // `!a == b` would read as if it were `(!a) == b`.
                    Self::Test(test) if test.what.is_comparison() => write!(f, "({})", test.what),
                    inner => inner.write(f, 3),
                }
            }
            Self::Test(test) => write!(f, "{}", test.what),
        }
    }

    fn write_joined(
        f: &mut fmt::Formatter<'_>,
        parts: &[Self],
        sign: &str,
        least: u8,
    ) -> fmt::Result {
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                f.write_str(sign)?;
            }
            part.write(f, least)?;
        }
        Ok(())
    }

    /// All of at least one; what is `&&` already is not nested.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        Self::And(flat)
    }

    /// Any of at least one; what is `||` already is not nested.
    pub(super) fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        Self::Or(flat)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Test {
    fn is_comparison(&self) -> bool {
        matches!(self, Self::Compare { .. } | Self::Among { .. })
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone(side) => side.fmt(f),
            Self::Active(axis) => {
                f.write_str("active(")?;
                write_name(f, &axis.what)?;
                f.write_str(")")
            }
            Self::Compare {
                left,
                operator,
                right,
            } => write!(f, "{} {} {}", left.what, operator.sign(), right.what),
            Self::Among { left, within, list } => {
                let sign = if *within { "in" } else { "not in" };
                write!(f, "{} {sign} [", left.what)?;
                for (number, literal) in list.iter().enumerate() {
                    let comma = if number > 0 { ", " } else { "" };
                    write!(f, "{comma}{}", literal.what)?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operand(operand) => operand.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, &self.axis.what)?;
        if let Some(attribute) = &self.attribute {
            f.write_str(".")?;
            write_name(f, &attribute.what)?;
        }
        Ok(())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write_quoted(f, text, '"'),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Version(version) => version.fmt(f),
        }
    }
}
