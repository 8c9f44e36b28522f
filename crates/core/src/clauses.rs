//! Rules as clauses: what a rule says of axes, in any nesting of and, or and
//! not, becomes clauses that a [`cfgmatrix_cover::Model`] takes.
//!
//! A disjunction of conjunctions multiplies out. Where that would grow without
//! bound, a part of the rule gets an auxiliary axis of two values that says
//! whether the part holds. It is defined in both directions, so that every row
//! has exactly one value for it and counts stay what they were.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cfgmatrix_cover::{Axis, Clause, Literal, ValueSet};

/// What a rule says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    /// Holds for every row.
    True,
    /// Holds for none.
    False,
    /// The axis has one of these values.
    Literal {
        /// The axis, by number.
        axis: usize,
        /// The values.
        allowed: ValueSet,
    },
    /// The values of two axes go together.
    Related {
        /// One axis, by number.
        left: usize,
        /// The other, by number.
        right: usize,
        /// For each value of `left`, the values of `right` that go with it.
        allowed: Vec<ValueSet>,
    },
    /// All of them hold.
    And(Vec<Formula>),
    /// At least one of them holds.
    Or(Vec<Formula>),
    /// It does not hold.
    Not(Box<Formula>),
}

impl Formula {
    /// Whether a row satisfies it.
    pub(crate) fn holds(&self, row: &[u32]) -> bool {
        match self {
            Self::True => true,
            Self::False => false,
            Self::Literal { axis, allowed } => allowed.contains(row[*axis]),
            Self::Related {
                left,
                right,
                allowed,
            } => allowed[row[*left] as usize].contains(row[*right]),
            Self::And(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Not(inner) => !inner.holds(row),
        }
    }
}

/// Values of one axis with the same partners among those of another, by these
/// partners: the ones that are allowed, or those that are not.
pub(crate) fn by_partners(
    allowed: &[ValueSet],
    rights: u32,
    holds: bool,
) -> BTreeMap<ValueSet, ValueSet> {
    let mut alike: BTreeMap<ValueSet, ValueSet> = BTreeMap::new();
    for (value, partners) in (0..).zip(allowed) {
        let partners = if holds {
            partners.clone()
        } else {
            partners.complement(rights)
        };
        alike
            .entry(partners)
            .or_insert_with(|| ValueSet::empty(allowed.len() as u32))
            .insert(value);
    }
    alike
}

impl Formula {
    /// The formula holds where `condition` does not, or `conclusion` does.
    #[must_use]
    pub fn implies(condition: Self, conclusion: Self) -> Self {
        Self::Or(vec![Self::Not(Box::new(condition)), conclusion])
    }

    /// The formula's parts, one level down.
    fn parts(&self) -> &[Self] {
        match self {
            Self::And(parts) | Self::Or(parts) => parts,
            Self::Not(inner) => std::slice::from_ref(inner),
            Self::True | Self::False | Self::Literal { .. } | Self::Related { .. } => &[],
        }
    }

    /// Whether no part of it is nested deeper than `limit`.
    fn within(&self, limit: usize) -> bool {
        let mut pending = vec![(self, 0)];
        while let Some((formula, depth)) = pending.pop() {
            if depth > limit {
                return false;
            }
            pending.extend(formula.parts().iter().map(|part| (part, depth + 1)));
        }
        true
    }
}

/// A rule that is nested deeper than any that is written on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rule is nested deeper than {limit} levels")]
pub struct TooDeep {
    /// How deep a rule may be.
    pub limit: usize,
}

/// One clause under construction: the allowed values by axis.
type Disjunction = BTreeMap<usize, ValueSet>;

/// The clauses of rules over given axes, and the auxiliary axes that they need.
#[derive(Clone, Debug)]
pub struct Clauses {
    /// How many values each axis has, the auxiliary ones last.
    values: Vec<u32>,
    /// How many of them are not auxiliary.
    own: usize,
    /// How many clauses a disjunction may multiply out to.
    limit: usize,
    clauses: Vec<Clause>,
}

impl Clauses {
    /// How deep rules may be nested.
    pub const MAX_DEPTH: usize = 256;

    /// More clauses than this for one disjunction cost more than an auxiliary axis.
    const MULTIPLIED: usize = 64;

    /// No rules yet, over axes with so many values each.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = u32>) -> Self {
        let values: Vec<u32> = values.into_iter().collect();
        Self {
            own: values.len(),
            values,
            limit: Self::MULTIPLIED,
            clauses: Vec::new(),
        }
    }

    /// Every row satisfies the formula; `rule` is what conflicts are told by.
    ///
    /// # Errors
    /// The formula is nested deeper than [`Self::MAX_DEPTH`].
    ///
    /// # Panics
    /// The formula speaks of an axis that is not there, or relates another
    /// number of values than the axis has.
    pub fn require(&mut self, formula: &Formula, rule: u32) -> Result<(), TooDeep> {
        let mut parts = self.parts(formula, rule)?;
        let conjunction = parts.conjunctive(formula, true);
        for disjunction in conjunction {
            parts.add(disjunction);
        }
        Ok(())
    }

    /// An auxiliary axis that has value 1 in rows where the formula holds, and
    /// 0 in others; the number of the axis.
    ///
    /// # Errors
    /// As for [`Self::require`].
    ///
    /// # Panics
    /// As for [`Self::require`].
    pub fn define(&mut self, formula: &Formula, rule: u32) -> Result<usize, TooDeep> {
        Ok(self.parts(formula, rule)?.define(formula))
    }

    fn parts(&mut self, formula: &Formula, rule: u32) -> Result<Parts<'_>, TooDeep> {
        if !formula.within(Self::MAX_DEPTH) {
            return Err(TooDeep {
                limit: Self::MAX_DEPTH,
            });
        }
        Ok(Parts {
            clauses: self,
            rule,
            defined: HashMap::new(),
        })
    }

    /// How many auxiliary axes the rules needed. They follow the axes that the
    /// rules are about.
    #[must_use]
    pub fn auxiliary(&self) -> usize {
        self.values.len() - self.own
    }

    /// The auxiliary axes, whose values no tuple needs, and the clauses.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Axis>, Vec<Clause>) {
        let auxiliary = self.values[self.own..].iter().map(|&values| Axis {
            targets: 0,
            ..Axis::new(values)
        });
        (auxiliary.collect(), self.clauses)
    }
}

/// The parts of one rule on the way to clauses.
struct Parts<'c> {
    clauses: &'c mut Clauses,
    rule: u32,
    /// The auxiliary axis of a part, by the part's address: the formula stays
    /// where it is while its rule is added.
    defined: HashMap<*const Formula, usize>,
}

impl Parts<'_> {
    fn add(&mut self, disjunction: Disjunction) {
        let literals = disjunction
            .into_iter()
            .map(|(axis, allowed)| Literal { axis, allowed });
        self.clauses.clauses.push(Clause {
            literals: literals.collect(),
            rule: self.rule,
        });
    }

    /// Disjunctions that hold together where the formula does, or where it
    /// does not.
    fn conjunctive(&mut self, formula: &Formula, holds: bool) -> Vec<Disjunction> {
        match (formula, holds) {
            (Formula::True, true) | (Formula::False, false) => Vec::new(),
            (Formula::True, false) | (Formula::False, true) => vec![Disjunction::new()],
            (Formula::Literal { axis, allowed }, _) => self.literal(*axis, allowed, holds),
            (
                Formula::Related {
                    left,
                    right,
                    allowed,
                },
                _,
            ) => self.related(*left, *right, allowed, holds),
            (Formula::Not(inner), _) => self.conjunctive(inner, !holds),
            (Formula::And(parts), true) | (Formula::Or(parts), false) => {
                let parts = parts.iter();
                let all = parts.flat_map(|part| self.conjunctive(part, holds));
                simplified(all.collect())
            }
            (Formula::Or(parts), true) | (Formula::And(parts), false) => self.any(parts, holds),
        }
    }

    fn literal(&self, axis: usize, allowed: &ValueSet, holds: bool) -> Vec<Disjunction> {
        let values = self.clauses.values[axis];
        let allowed = if holds {
            allowed.clone()
        } else {
            allowed.complement(values)
        };
        if allowed.len() == values {
            Vec::new()
        } else if allowed.is_empty() {
            vec![Disjunction::new()]
        } else {
            vec![Disjunction::from([(axis, allowed)])]
        }
    }

    fn related(
        &self,
        left: usize,
        right: usize,
        allowed: &[ValueSet],
        holds: bool,
    ) -> Vec<Disjunction> {
        let (lefts, rights) = (self.clauses.values[left], self.clauses.values[right]);
        assert_eq!(allowed.len(), lefts as usize, "one set for each value");
        if left == right {
            let mut own = ValueSet::empty(lefts);
            for value in (0..lefts).filter(|&value| allowed[value as usize].contains(value)) {
                own.insert(value);
            }
            return self.literal(left, &own, holds);
        }
        let mut disjunctions = Vec::new();
        // Values of the left axis with the same partners share a clause.
        for (partners, group) in by_partners(allowed, rights, holds) {
            if partners.len() == rights {
                continue;
            }
            let mut disjunction = Disjunction::new();
            let others = group.complement(lefts);
            if !others.is_empty() {
                disjunction.insert(left, others);
            }
            if !partners.is_empty() {
                disjunction.insert(right, partners);
            }
            disjunctions.push(disjunction);
        }
        simplified(disjunctions)
    }

    /// At least one of the parts holds, or does not hold.
    fn any(&mut self, parts: &[Formula], holds: bool) -> Vec<Disjunction> {
        // What is one clause joins the common one; what is several multiplies.
        let mut common = Disjunction::new();
        let mut several: Vec<(&Formula, Vec<Disjunction>)> = Vec::new();
        for part in parts {
            let mut conjunction = self.conjunctive(part, holds);
            match conjunction.len() {
                0 => return Vec::new(),
                1 => {
                    let only = conjunction.pop().expect("it has one");
                    if !self.join(&mut common, &only) {
                        return Vec::new();
                    }
                }
                _ => several.push((part, conjunction)),
            }
        }
        while several.len() > 1 && product(&several) > self.clauses.limit {
            let largest = (0..several.len())
                .rev()
                .max_by_key(|&index| several[index].1.len())
                .expect("there are several");
            let (part, _) = several.remove(largest);
            let axis = self.define(part);
            common.insert(axis, ValueSet::single(2, u32::from(holds)));
        }
        let mut multiplied = vec![common];
        for (_, conjunction) in &several {
            let mut next = Vec::with_capacity(multiplied.len() * conjunction.len());
            for one in &multiplied {
                for other in conjunction {
                    let mut joined = one.clone();
                    if self.join(&mut joined, other) {
                        next.push(joined);
                    }
                }
            }
            multiplied = simplified(next);
        }
        multiplied
    }

    /// Adds the literals of another disjunction. False where the result always
    /// holds.
    fn join(&self, disjunction: &mut Disjunction, other: &Disjunction) -> bool {
        for (&axis, allowed) in other {
            let values = self.clauses.values[axis];
            let joined = disjunction
                .entry(axis)
                .or_insert_with(|| ValueSet::empty(values));
            joined.unite(allowed);
            if joined.len() == values {
                return false;
            }
        }
        true
    }

    /// The auxiliary axis that has value 1 where the part holds, else 0.
    fn define(&mut self, part: &Formula) -> usize {
        let address = std::ptr::from_ref(part);
        if let Some(&axis) = self.defined.get(&address) {
            return axis;
        }
        let meanings = [true, false].map(|holds| self.conjunctive(part, holds));
        let axis = self.clauses.values.len();
        self.clauses.values.push(2);
        self.defined.insert(address, axis);
        for (otherwise, conjunction) in (0..).zip(meanings) {
            for mut disjunction in conjunction {
                disjunction.insert(axis, ValueSet::single(2, otherwise));
                self.add(disjunction);
            }
        }
        axis
    }
}

/// How many clauses the conjunctions multiply out to.
fn product(conjunctions: &[(&Formula, Vec<Disjunction>)]) -> usize {
    conjunctions
        .iter()
        .fold(1, |product, (_, each)| product.saturating_mul(each.len()))
}

/// The same conjunction without what follows from the rest of it.
fn simplified(mut conjunction: Vec<Disjunction>) -> Vec<Disjunction> {
    /// Comparing each with each is for short ones.
    const SHORT: usize = 128;
    if conjunction.iter().any(Disjunction::is_empty) {
        return vec![Disjunction::new()];
    }
    if conjunction.len() > SHORT {
        let mut seen = BTreeSet::new();
        conjunction.retain(|disjunction| seen.insert(disjunction.clone()));
        return conjunction;
    }
    let mut kept: Vec<Disjunction> = Vec::new();
    // A merged one is looked at again: it may merge once more.
    while let Some(mut disjunction) = conjunction.pop() {
        if kept.iter().any(|other| implies(other, &disjunction)) {
            continue;
        }
        kept.retain(|other| !implies(&disjunction, other));
        let partner = kept.iter().position(|other| merge(&mut disjunction, other));
        match partner {
            Some(_) if disjunction.is_empty() => return vec![disjunction],
            Some(index) => {
                kept.remove(index);
                conjunction.push(disjunction);
            }
            None => kept.push(disjunction),
        }
    }
    kept.reverse();
    kept
}

/// Whether each row that satisfies the one satisfies the other.
fn implies(one: &Disjunction, other: &Disjunction) -> bool {
    one.iter().all(|(axis, allowed)| {
        other.get(axis).is_some_and(|theirs| {
            let mut words = allowed.words().iter().zip(theirs.words());
            words.all(|(own, their)| own & !their == 0)
        })
    })
}

/// Makes `one` say what both say, where they differ in one axis only.
fn merge(one: &mut Disjunction, other: &Disjunction) -> bool {
    if !one.keys().eq(other.keys()) {
        return false;
    }
    let mut different = one.iter().filter(|&(axis, own)| other[axis] != *own);
    let (Some((&axis, _)), None) = (different.next(), different.next()) else {
        return false;
    };
    let own = one.get_mut(&axis).expect("it is one of its axes");
    own.intersect(&other[&axis]);
    if own.is_empty() {
        one.remove(&axis);
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALUES: [u32; 5] = [1, 2, 3, 4, 2];

    /// How many ways there are to go on with a row through the auxiliary axes.
    fn extensions(row: &mut Vec<u32>, values: &[u32], clauses: &[Clause]) -> usize {
        let broken = clauses.iter().any(|clause| {
            clause.literals.iter().all(|literal| {
                row.get(literal.axis)
                    .is_some_and(|&value| !literal.allowed.contains(value))
            })
        });
        if broken {
            return 0;
        }
        if row.len() == values.len() {
            return 1;
        }
        let mut count = 0;
        for value in 0..values[row.len()] {
            row.push(value);
            count += extensions(row, values, clauses);
            row.pop();
        }
        count
    }

    fn rows(values: &[u32]) -> Vec<Vec<u32>> {
        values.iter().fold(vec![Vec::new()], |rows, &values| {
            let longer = rows
                .iter()
                .flat_map(|row| (0..values).map(move |value| [row.as_slice(), &[value]].concat()));
            longer.collect()
        })
    }

    fn set(values: u32, bits: u32) -> ValueSet {
        let mut set = ValueSet::empty(values);
        for value in (0..values).filter(|value| (bits >> value) & 1 == 1) {
            set.insert(value);
        }
        set
    }

    fn formulas() -> impl Strategy<Value = Formula> {
        let axis = 0..VALUES.len();
        let literal = (axis.clone(), any::<u32>()).prop_map(|(axis, bits)| Formula::Literal {
            axis,
            allowed: set(VALUES[axis], bits),
        });
        let related = (axis.clone(), axis, prop::array::uniform4(any::<u32>())).prop_map(
            |(left, right, bits)| Formula::Related {
                left,
                right,
                allowed: (0..VALUES[left] as usize)
                    .map(|value| set(VALUES[right], bits[value]))
                    .collect(),
            },
        );
        let leaf = prop_oneof![
            1 => Just(Formula::True),
            1 => Just(Formula::False),
            12 => literal,
            6 => related,
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Formula::And),
                prop::collection::vec(inner.clone(), 0..5).prop_map(Formula::Or),
                inner.prop_map(|inner| Formula::Not(Box::new(inner))),
            ]
        })
    }

    fn compiled(rules: &[Formula], limit: usize) -> (Vec<u32>, Vec<Clause>) {
        let mut clauses = Clauses::new(VALUES);
        clauses.limit = limit;
        for (number, rule) in (0..).zip(rules) {
            clauses.require(rule, number).unwrap();
        }
        let (auxiliary, clauses) = clauses.into_parts();
        assert!(auxiliary.iter().all(|axis| axis.targets == 0));
        let values: Vec<u32> = VALUES
            .into_iter()
            .chain(auxiliary.iter().map(|axis| axis.values))
            .collect();
        let axes = values.iter().map(|&values| Axis::new(values)).collect();
        cfgmatrix_cover::Model::new(axes, clauses.clone()).expect("the clauses are well-formed");
        (values, clauses)
    }

    proptest! {
        #[test]
        fn clauses_say_what_the_rules_say_and_each_row_stays_one_row(
            rules in prop::collection::vec(formulas(), 1..4),
            limit in prop_oneof![Just(1), Just(2), Just(4), Just(Clauses::MULTIPLIED)],
        ) {
            let (values, clauses) = compiled(&rules, limit);
            for row in rows(&VALUES) {
                let expected = rules.iter().all(|rule| rule.holds(&row));
                let count = extensions(&mut row.clone(), &values, &clauses);
                prop_assert_eq!(count, usize::from(expected), "{:?} {:?}", row, &clauses);
            }
        }
    }

    #[test]
    fn a_defined_axis_says_whether_its_formula_holds() {
        let formula = Formula::Related {
            left: 2,
            right: 3,
            allowed: vec![set(4, 1), set(4, 6), set(4, 8)],
        };
        let mut clauses = Clauses::new(VALUES);
        let axis = clauses.define(&formula, 0).unwrap();
        assert_eq!(axis, VALUES.len());
        let (_, clauses) = clauses.into_parts();
        for mut row in rows(&VALUES) {
            row.push(u32::from(formula.holds(&row)));
            let values: Vec<u32> = VALUES.into_iter().chain([2]).collect();
            assert_eq!(extensions(&mut row, &values, &clauses), 1);
            row[axis] = 1 - row[axis];
            assert_eq!(extensions(&mut row, &values, &clauses), 0);
        }
    }

    #[test]
    fn literals_of_one_axis_are_one_literal() {
        let value = |value| Formula::Literal {
            axis: 3,
            allowed: ValueSet::single(4, value),
        };
        let (values, clauses) = compiled(&[Formula::Or(vec![value(0), value(2)])], 64);
        assert_eq!(values.len(), VALUES.len());
        assert_eq!(clauses.len(), 1);
        assert_eq!(clauses[0].literals.len(), 1);
        assert_eq!(clauses[0].literals[0].allowed, set(4, 0b101));
        let not = |number| Formula::Not(Box::new(value(number)));
        let (_, clauses) = compiled(&[Formula::And(vec![not(0), not(1), not(3)])], 64);
        assert_eq!(clauses.len(), 1);
        assert_eq!(clauses[0].literals[0].allowed, set(4, 0b100));
    }

    #[test]
    fn a_large_disjunction_of_conjunctions_stays_small() {
        // 2^200 clauses if multiplied out.
        let values = vec![2_u32; 400];
        let one = |axis| Formula::Literal {
            axis,
            allowed: ValueSet::single(2, 1),
        };
        let pairs = (0..200).map(|pair| Formula::And(vec![one(2 * pair), one(2 * pair + 1)]));
        let mut clauses = Clauses::new(values);
        clauses.require(&Formula::Or(pairs.collect()), 0).unwrap();
        assert!(clauses.auxiliary() <= 200, "{}", clauses.auxiliary());
        assert!(clauses.clauses.len() <= 700, "{}", clauses.clauses.len());
    }

    #[test]
    fn alternating_levels_do_not_multiply_the_work() {
        // Each level says the level below twice as much in both directions.
        let mut formula = Formula::Related {
            left: 2,
            right: 3,
            allowed: vec![set(4, 1), set(4, 2), set(4, 4)],
        };
        for level in 0..80 {
            let other = Formula::Related {
                left: 3,
                right: 2,
                allowed: (0..4)
                    .map(|value| set(3, 1 << ((value + level) % 3)))
                    .collect(),
            };
            formula = if level % 2 == 0 {
                Formula::Or(vec![other, Formula::Not(Box::new(formula))])
            } else {
                Formula::And(vec![other, Formula::Not(Box::new(formula))])
            };
        }
        let (values, clauses) = compiled(std::slice::from_ref(&formula), 4);
        assert!(
            values.len() < 200 && clauses.len() < 4000,
            "{}",
            clauses.len()
        );
        for row in rows(&VALUES) {
            let count = extensions(&mut row.clone(), &values, &clauses);
            assert_eq!(count, usize::from(formula.holds(&row)));
        }
    }

    #[test]
    fn a_deep_rule_is_an_error_and_no_overflow() {
        let mut formula = Formula::True;
        for _ in 0..2 * Clauses::MAX_DEPTH {
            formula = Formula::Not(Box::new(formula));
        }
        let error = Clauses::new([]).require(&formula, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the rule is nested deeper than 256 levels"
        );
    }
}
