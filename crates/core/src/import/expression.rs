//! Formulas as expressions of the matrix language.

use cfgmatrix_cover::ValueSet;

use super::draft::DraftAxis;
use crate::Scalar;
use crate::clauses::{Formula, by_partners};

/// A formula with `not` carried down to its literals, and nothing in it that
/// always or never holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Simple {
    True,
    False,
    Literal { axis: usize, allowed: ValueSet },
    And(Vec<Simple>),
    Or(Vec<Simple>),
}

impl Simple {
    pub(super) fn of(formula: &Formula, axes: &[DraftAxis], holds: bool) -> Self {
        match (formula, holds) {
            (Formula::True, true) | (Formula::False, false) => Self::True,
            (Formula::True, false) | (Formula::False, true) => Self::False,
            (Formula::Literal { axis, allowed }, _) => {
                let values = axes[*axis].values.len() as u32;
                let allowed = if holds {
                    allowed.clone()
                } else {
                    allowed.complement(values)
                };
                Self::literal(*axis, allowed, values)
            }
            (
                Formula::Related {
                    left,
                    right,
                    allowed,
                },
                _,
            ) => Self::related(*left, *right, allowed, axes, holds),
            (Formula::Not(inner), _) => Self::of(inner, axes, !holds),
            (Formula::And(parts), true) | (Formula::Or(parts), false) => {
                Self::all(parts.iter().map(|part| Self::of(part, axes, holds)))
            }
            (Formula::Or(parts), true) | (Formula::And(parts), false) => {
                Self::any(parts.iter().map(|part| Self::of(part, axes, holds)))
            }
        }
    }

    fn literal(axis: usize, allowed: ValueSet, values: u32) -> Self {
        if allowed.is_empty() {
            Self::False
        } else if allowed.len() == values {
            Self::True
        } else {
            Self::Literal { axis, allowed }
        }
    }

    /// One of the groups of left values that have the same partners.
    fn related(
        left: usize,
        right: usize,
        allowed: &[ValueSet],
        axes: &[DraftAxis],
        holds: bool,
    ) -> Self {
        let lefts = axes[left].values.len() as u32;
        let rights = axes[right].values.len() as u32;
        let mut groups: Vec<(ValueSet, ValueSet)> =
            by_partners(allowed, rights, holds).into_iter().collect();
        groups.sort_by_key(|(_, group)| group.iter().next());
        Self::any(groups.into_iter().map(|(partners, group)| {
            Self::all([
                Self::literal(left, group, lefts),
                Self::literal(right, partners, rights),
            ])
        }))
    }

    fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::True => {}
                Self::False => return Self::False,
                Self::And(more) => kept.extend(more),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::True,
            1 => kept.pop().expect("it has one"),
            _ => Self::And(kept),
        }
    }

    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::False => {}
                Self::True => return Self::True,
                Self::Or(more) => kept.extend(more),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::False,
            1 => kept.pop().expect("it has one"),
            _ => Self::Or(kept),
        }
    }

    /// The axes that it speaks of.
    pub(super) fn speaks_of(&self, wanted: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::True | Self::False => false,
            Self::Literal { axis, .. } => wanted(*axis),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.speaks_of(wanted)),
        }
    }

    /// As the matrix language writes it; it neither always nor never holds.
    pub(super) fn text(&self, axes: &[DraftAxis]) -> String {
        match self {
            Self::True | Self::False => unreachable!("it is no rule"),
            Self::Literal { axis, allowed } => literal_text(&axes[*axis], allowed),
            Self::And(parts) => joined(parts, axes, " && ", |part| matches!(part, Self::Or(_))),
            Self::Or(parts) => joined(parts, axes, " || ", |_| false),
        }
    }
}

fn joined(
    parts: &[Simple],
    axes: &[DraftAxis],
    with: &str,
    nested: impl Fn(&Simple) -> bool,
) -> String {
    let texts = parts.iter().map(|part| {
        let text = part.text(axes);
        if nested(part) {
            format!("({text})")
        } else {
            text
        }
    });
    texts.collect::<Vec<_>>().join(with)
}

fn literal_text(axis: &DraftAxis, allowed: &ValueSet) -> String {
    let name = axis_name(&axis.name);
    let values = axis.values.len() as u32;
    let list = |set: &ValueSet| {
        let ids = set
            .iter()
            .map(|value| value_text(&axis.values[value as usize].id));
        ids.collect::<Vec<_>>()
    };
    let excluded = allowed.complement(values);
    match (list(allowed).as_slice(), list(&excluded).as_slice()) {
        ([one], _) => format!("{name} == {one}"),
        (all, []) => format!("{name} in [{}]", all.join(", ")),
        (_, [one]) => format!("{name} != {one}"),
        (inside, outside) if inside.len() <= outside.len() => {
            format!("{name} in [{}]", inside.join(", "))
        }
        (_, outside) => format!("{name} not in [{}]", outside.join(", ")),
    }
}

/// A name as expressions have it: in backticks where it could be something else.
pub(super) fn axis_name(name: &str) -> String {
    const WORDS: [&str; 5] = ["in", "not", "true", "false", "active"];
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !WORDS.contains(&name) {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

pub(super) fn value_text(value: &Scalar) -> String {
    let Scalar::Text(text) = value else {
        return value.to_string();
    };
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\u{d}"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
