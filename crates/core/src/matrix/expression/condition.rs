//! A checked condition: names are numbers, comparisons are sets of values.

use std::ops::Range;

use cfgmatrix_cover::ValueSet;

use super::Truth;
use crate::clauses::Formula;

/// A condition of axes and values by number, as the scope numbers them.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(super) formula: Formula,
    pub(super) comparisons: Vec<Comparison>,
}

/// A comparison within a condition, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Where it stands, in bytes of the expression's text.
    pub(crate) span: Range<usize>,
    /// The axes that it is about, ascending.
    pub(crate) axes: Vec<usize>,
    /// Whether it always or never holds, whatever the axes are.
    pub(crate) truth: Truth,
}

impl Condition {
    /// What is known of the condition where each axis has one of the values of
    /// its set, none of them empty. Where every set has one value, that is
    /// `True` or `False`.
    pub(crate) fn evaluate(&self, domains: &[ValueSet]) -> Truth {
        evaluate(&self.formula, domains)
    }

    /// Whether the condition holds for one value an axis.
    pub(crate) fn holds(&self, row: &[u32]) -> bool {
        holds(&self.formula, row)
    }

    /// The condition as clauses are made of it. An axis that can be absent has
    /// one value more than it has values, the last.
    pub(crate) fn formula(&self) -> &Formula {
        &self.formula
    }

    /// The axes that it speaks of, ascending.
    pub(crate) fn axes(&self) -> Vec<usize> {
        let mut axes: Vec<usize> = self
            .comparisons
            .iter()
            .flat_map(|comparison| comparison.axes.iter().copied())
            .collect();
        axes.sort_unstable();
        axes.dedup();
        axes
    }

    /// Its comparisons in the order of the text.
    pub(crate) fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// Of what holds for some, and does not for others.
    fn of(some_hold: bool, some_do_not: bool) -> Self {
        match (some_hold, some_do_not) {
            (true, true) => Self::Unknown,
            (true, false) => Self::True,
            (false, _) => Self::False,
        }
    }
}

fn evaluate(formula: &Formula, domains: &[ValueSet]) -> Truth {
    match formula {
        Formula::True => Truth::True,
        Formula::False => Truth::False,
        Formula::Not(inner) => evaluate(inner, domains).not(),
        Formula::Or(parts) => first(parts, domains, Truth::True),
        Formula::And(parts) => first(parts, domains, Truth::False),
        Formula::Literal { axis, allowed } => {
            let (inside, outside) = split(&domains[*axis], allowed);
            Truth::of(inside, outside)
        }
        Formula::Related {
            left,
            right,
            allowed,
        } => {
            let (mut some_hold, mut some_do_not) = (false, false);
            for value in domains[*left].iter() {
                let (inside, outside) = split(&domains[*right], &allowed[value as usize]);
                some_hold |= inside;
                some_do_not |= outside;
            }
            Truth::of(some_hold, some_do_not)
        }
    }
}

/// `deciding` where any part is that; its opposite where all parts are the opposite.
fn first(parts: &[Formula], domains: &[ValueSet], deciding: Truth) -> Truth {
    let mut all = deciding.not();
    for part in parts {
        match evaluate(part, domains) {
            truth if truth == deciding => return deciding,
            Truth::Unknown => all = Truth::Unknown,
            _ => {}
        }
    }
    all
}

/// Whether a domain has values that are allowed, and others.
fn split(domain: &ValueSet, allowed: &ValueSet) -> (bool, bool) {
    let (mut inside, mut outside) = (false, false);
    for (&domain, &allowed) in domain.words().iter().zip(allowed.words()) {
        inside |= domain & allowed != 0;
        outside |= domain & !allowed != 0;
    }
    (inside, outside)
}

fn holds(formula: &Formula, row: &[u32]) -> bool {
    match formula {
        Formula::True => true,
        Formula::False => false,
        Formula::Not(inner) => !holds(inner, row),
        Formula::Or(parts) => parts.iter().any(|part| holds(part, row)),
        Formula::And(parts) => parts.iter().all(|part| holds(part, row)),
        Formula::Literal { axis, allowed } => allowed.contains(row[*axis]),
        Formula::Related {
            left,
            right,
            allowed,
        } => allowed[row[*left] as usize].contains(row[*right]),
    }
}

/// A condition about one axis, or about two.
#[derive(Clone, Debug)]
pub(super) enum Atom {
    /// The axis has one of the values.
    Values { axis: usize, allowed: ValueSet },
    /// For the value of the first axis, the second has one of the values.
    Pairs {
        first: usize,
        second: usize,
        allowed: Vec<ValueSet>,
    },
}

impl Atom {
    /// The axes that it is about, ascending.
    pub(super) fn axes(&self) -> Vec<usize> {
        match self {
            Self::Values { axis, .. } => vec![*axis],
            Self::Pairs { first, second, .. } => vec![*first.min(second), *first.max(second)],
        }
    }

    /// What is known of it while nothing is chosen; `states` is the number of
    /// an axis's states.
    pub(super) fn truth_of_any(&self, states: impl Fn(usize) -> u32) -> Truth {
        let (sets, states) = match self {
            Self::Values { axis, allowed } => (std::slice::from_ref(allowed), states(*axis)),
            Self::Pairs {
                second, allowed, ..
            } => (allowed.as_slice(), states(*second)),
        };
        Truth::of(
            sets.iter().any(|set| !set.is_empty()),
            sets.iter().any(|set| set.len() < states),
        )
    }
}

impl From<Atom> for Formula {
    fn from(atom: Atom) -> Self {
        match atom {
            Atom::Values { axis, allowed } => Self::Literal { axis, allowed },
            Atom::Pairs {
                first,
                second,
                allowed,
            } => Self::Related {
                left: first,
                right: second,
                allowed,
            },
        }
    }
}
