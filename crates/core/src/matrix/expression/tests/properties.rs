//! What holds for every expression, checked against a reading of its own.

use cfgmatrix_cover::ValueSet;
use proptest::prelude::*;

use super::{Axes, Axis};
use crate::clauses::Clauses;
use crate::matrix::Scalar;
use crate::matrix::expression::syntax::{Literal, Node, Operand, Operator, Placed, Side, Test};
use crate::matrix::expression::{Attribute, Expression, Scope, Truth};

/// Choices, made by numbers that proptest makes smaller.
struct Choices<'c> {
    numbers: &'c [u16],
    at: usize,
}

impl Choices<'_> {
    /// A number below `bound`; 0 when the numbers are used up.
    fn below(&mut self, bound: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(number) % bound
    }

    fn one_of<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

const TEXTS: [&str; 8] = ["a", "b", "3.9", "3.10", "3.10.0", "12", "", "ü \"\\`\n"];
const NAMES: [&str; 8] = ["x", "y-2", "in", "active", "ü b", "`q`", "not", "n"];
const ATTRIBUTES: [&str; 3] = ["version", "true", "a b"];

fn any_scalar(choices: &mut Choices<'_>, sort: usize) -> Scalar {
    match sort {
        0 => Scalar::Text((*choices.one_of(&TEXTS)).to_owned()),
        1 => Scalar::Text((*choices.one_of(&TEXTS[2..6])).to_owned()),
        2 => Scalar::Integer(choices.below(4) as i64 - 1),
        _ => Scalar::Boolean(choices.below(2) == 1),
    }
}

fn any_attribute(choices: &mut Choices<'_>, sort: usize) -> Option<Attribute> {
    if choices.below(5) == 4 {
        return None;
    }
    Some(if sort == 4 {
        Attribute::Version(choices.one_of(&TEXTS[2..6]).parse().unwrap())
    } else {
        Attribute::Scalar(any_scalar(choices, sort))
    })
}

fn any_axes(choices: &mut Choices<'_>) -> Axes {
    let axis = |number: usize, choices: &mut Choices<'_>| {
        let sort = choices.below(5);
        let mut ids: Vec<Scalar> = Vec::new();
        for _ in 0..=choices.below(4) {
            // Some axes have values of several sorts.
            let own = if sort == 4 { choices.below(4) } else { sort };
            let id = any_scalar(choices, own);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let mut attributes = Vec::new();
        for name in ATTRIBUTES.iter().take(choices.below(4)) {
            let sort = choices.below(5);
            let values = ids.iter().map(|_| any_attribute(choices, sort));
            attributes.push(((*name).to_owned(), values.collect()));
        }
        Axis {
            name: NAMES[number].to_owned(),
            ids,
            attributes,
            conditional: choices.below(3) == 1,
            open: choices.below(3) == 1,
        }
    };
    let count = 1 + choices.below(4);
    Axes((0..count).map(|number| axis(number, choices)).collect())
}

fn placed<T>(what: T) -> Placed<T> {
    Placed { what, span: 0..0 }
}

fn any_literal(choices: &mut Choices<'_>) -> Literal {
    match choices.below(4) {
        0 => Literal::Text((*choices.one_of(&TEXTS)).to_owned()),
        1 => Literal::Integer(choices.below(6) as i64 - 1),
        2 => Literal::Boolean(choices.below(2) == 1),
        _ => Literal::Version(
            ["3.9", "3.10", "3.10.0", "0.1"][choices.below(4)]
                .parse()
                .unwrap(),
        ),
    }
}

fn any_operand(choices: &mut Choices<'_>, axes: &Axes) -> Operand {
    let axis = choices.one_of(&axes.0);
    let attribute = choices.below(1 + axis.attributes.len()).checked_sub(1);
    Operand {
        axis: placed(axis.name.clone()),
        attribute: attribute.map(|number| placed(axis.attributes[number].0.clone())),
    }
}

/// A literal that an operand is likely to be, or any.
fn likely_literal(choices: &mut Choices<'_>, axes: &Axes, operand: &Operand) -> Literal {
    let axis = axes.axis(&operand.axis.what).unwrap();
    let value = choices.below(axes.values(axis) + 1);
    if value == axes.values(axis) {
        return any_literal(choices);
    }
    match value_of(axes, operand, value) {
        Some(Attribute::Scalar(Scalar::Text(text))) => Literal::Text(text),
        Some(Attribute::Scalar(Scalar::Integer(number))) => Literal::Integer(number),
        Some(Attribute::Scalar(Scalar::Boolean(truth))) => Literal::Boolean(truth),
        Some(Attribute::Version(version)) if version.parts().len() > 1 => Literal::Version(version),
        _ => any_literal(choices),
    }
}

fn any_test(choices: &mut Choices<'_>, axes: &Axes) -> Test {
    let operand = any_operand(choices, axes);
    let operator = *choices.one_of(&Operator::ALL);
    match choices.below(8) {
        0 => Test::Alone(Side::Operand(operand)),
        1 => Test::Active(operand.axis),
        2 | 3 => {
            let count = 1 + choices.below(3);
            let list = (0..count).map(|_| placed(likely_literal(choices, axes, &operand)));
            Test::Among {
                list: list.collect(),
                left: placed(Side::Operand(operand)),
                within: choices.below(2) == 0,
            }
        }
        4 => Test::Compare {
            right: placed(Side::Operand(any_operand(choices, axes))),
            left: placed(Side::Operand(operand)),
            operator,
        },
        5 => Test::Compare {
            left: placed(Side::Literal(likely_literal(choices, axes, &operand))),
            right: placed(Side::Operand(operand)),
            operator,
        },
        _ => Test::Compare {
            right: placed(Side::Literal(likely_literal(choices, axes, &operand))),
            left: placed(Side::Operand(operand)),
            operator,
        },
    }
}

/// A node of tests that `test` makes.
fn any_node(
    choices: &mut Choices<'_>,
    depth: usize,
    test: &mut impl FnMut(&mut Choices<'_>) -> Node,
) -> Node {
    if depth == 0 {
        return test(choices);
    }
    let mut some = |choices: &mut Choices<'_>| {
        let count = 1 + choices.below(3);
        let parts = (0..count).map(|_| any_node(choices, depth - 1, test));
        parts.collect::<Vec<Node>>()
    };
    match choices.below(5) {
        0 => Node::all(some(choices)),
        1 => Node::any(some(choices)),
        2 => Node::Not(Box::new(any_node(choices, depth - 1, test))),
        3 => {
            let left = any_node(choices, depth - 1, test);
            Node::Implies(Box::new(left), Box::new(any_node(choices, depth - 1, test)))
        }
        _ => test(choices),
    }
}

/// A test that can be checked, as most that are made cannot; `None` if none is found.
fn valid_test(choices: &mut Choices<'_>, axes: &Axes) -> Option<Node> {
    (0..20).find_map(|_| {
        let test = Node::Test(placed(any_test(choices, axes)));
        Expression(test.clone()).check(axes).is_ok().then_some(test)
    })
}

fn value_of(axes: &Axes, operand: &Operand, state: usize) -> Option<Attribute> {
    let axis = axes.0.iter().find(|axis| axis.name == operand.axis.what)?;
    let id = axis.ids.get(state)?;
    match &operand.attribute {
        None => Some(Attribute::Scalar(id.clone())),
        Some(name) => {
            let (_, values) = axis
                .attributes
                .iter()
                .find(|(known, _)| *known == name.what)?;
            values[state].clone()
        }
    }
}

/// What the language says, read without sets and without sorts: the value of
/// both sides in this row, compared.
fn holds(node: &Node, axes: &Axes, row: &[u32]) -> bool {
    match node {
        Node::Implies(left, right) => !holds(left, axes, row) || holds(right, axes, row),
        Node::Or(parts) => parts.iter().any(|part| holds(part, axes, row)),
        Node::And(parts) => parts.iter().all(|part| holds(part, axes, row)),
        Node::Not(inner) => !holds(inner, axes, row),
        Node::Test(test) => test_holds(&test.what, axes, row),
    }
}

fn test_holds(test: &Test, axes: &Axes, row: &[u32]) -> bool {
    let state = |axis: &str| row[axes.axis(axis).unwrap()] as usize;
    let value = |side: &Side| match side {
        Side::Operand(operand) => value_of(axes, operand, state(&operand.axis.what)),
        Side::Literal(literal) => Some(Attribute::from(literal)),
    };
    match test {
        Test::Alone(side) => value(side) == Some(Attribute::Scalar(Scalar::Boolean(true))),
        Test::Active(axis) => state(&axis.what) < axes.values(axes.axis(&axis.what).unwrap()),
        Test::Among { left, within, list } => value(&left.what).is_some_and(|mine| {
            let mut literals = list.iter();
            let among = literals.any(|literal| same(&mine, &Attribute::from(&literal.what)));
            among == *within
        }),
        Test::Compare {
            left,
            operator,
            right,
        } => {
            let (Some(mine), Some(theirs)) = (value(&left.what), value(&right.what)) else {
                return false;
            };
            match operator {
                Operator::Equal => same(&mine, &theirs),
                Operator::Unequal => !same(&mine, &theirs),
                Operator::Less => rank(&mine) < rank(&theirs),
                Operator::AtMost => rank(&mine) <= rank(&theirs),
                Operator::Greater => rank(&mine) > rank(&theirs),
                Operator::AtLeast => rank(&mine) >= rank(&theirs),
            }
        }
    }
}

/// Numbers and versions as parts without trailing zeros; -1 before all.
fn rank(value: &Attribute) -> Vec<i64> {
    let text = match value {
        Attribute::Scalar(scalar) => scalar.to_string(),
        Attribute::Version(version) => version.to_string(),
    };
    let mut parts: Vec<i64> = text.split('.').map(|part| part.parse().unwrap()).collect();
    if parts != [-1] {
        parts.insert(0, 0);
        while parts.len() > 1 && parts.last() == Some(&0) {
            parts.pop();
        }
    }
    parts
}

fn same(mine: &Attribute, theirs: &Attribute) -> bool {
    let is_version = |value: &Attribute| matches!(value, Attribute::Version(_));
    if !is_version(mine) && !is_version(theirs) {
        return mine == theirs;
    }
    let says_version = |value: &Attribute| match value {
        Attribute::Version(_) => true,
        Attribute::Scalar(Scalar::Integer(number)) => *number >= 0,
        Attribute::Scalar(Scalar::Text(text)) => {
            !text.is_empty() && text.split('.').all(|part| part.parse::<u32>().is_ok())
        }
        Attribute::Scalar(Scalar::Boolean(_)) => false,
    };
    says_version(mine) && says_version(theirs) && rank(mine) == rank(theirs)
}

/// Each row of these domains.
fn rows(domains: &[ValueSet]) -> Vec<Vec<u32>> {
    domains.iter().fold(vec![Vec::new()], |rows, domain| {
        let extended = rows.iter().flat_map(|row| {
            domain.iter().map(move |state| {
                let mut row = row.clone();
                row.push(state);
                row
            })
        });
        extended.collect()
    })
}

fn singles(axes: &Axes, row: &[u32]) -> Vec<ValueSet> {
    let states = row.iter().enumerate();
    states
        .map(|(axis, &state)| ValueSet::single(axes.states(axis), state))
        .collect()
}

fn any_domains(choices: &mut Choices<'_>, axes: &Axes) -> Vec<ValueSet> {
    let domain = |axis| {
        let states = axes.states(axis);
        let mut domain = ValueSet::single(states, choices.below(states as usize) as u32);
        for state in 0..states {
            if choices.below(2) == 1 {
                domain.insert(state);
            }
        }
        domain
    };
    (0..axes.0.len()).map(domain).collect()
}

fn numbers() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_condition_is_what_the_language_says(numbers in numbers()) {
        let mut choices = Choices { numbers: &numbers, at: 0 };
        let axes = any_axes(&mut choices);
        let Some(first) = valid_test(&mut choices, &axes) else { return Ok(()) };
        let node = any_node(&mut choices, 3, &mut |choices| {
            valid_test(choices, &axes).unwrap_or_else(|| first.clone())
        });
        let condition = Expression(node.clone()).check(&axes).unwrap();
        let all: Vec<ValueSet> = (0..axes.0.len()).map(|axis| ValueSet::full(axes.states(axis))).collect();
        for row in rows(&all) {
            let expected = holds(&node, &axes, &row);
            prop_assert_eq!(condition.holds(&row), expected, "{} in {:?}", node, row);
            let truth = condition.evaluate(&singles(&axes, &row));
            prop_assert_eq!(truth, if expected { Truth::True } else { Truth::False });
        }
        // What is known early stays true; a single comparison is known as early as it can be.
        let domains = any_domains(&mut choices, &axes);
        let completions: Vec<bool> = rows(&domains).iter().map(|row| holds(&node, &axes, row)).collect();
        let exact = match (completions.contains(&true), completions.contains(&false)) {
            (true, false) => Truth::True,
            (false, _) => Truth::False,
            (true, true) => Truth::Unknown,
        };
        let truth = condition.evaluate(&domains);
        prop_assert!(truth == exact || truth == Truth::Unknown, "{node}: {truth:?} for {exact:?}");
        if matches!(node, Node::Test(_)) {
            prop_assert_eq!(truth, exact, "{}", node);
            let used = condition.comparisons()[0].truth;
            prop_assert_eq!(used, condition.evaluate(&all));
        }
    }

    #[test]
    fn the_clauses_of_a_condition_hold_where_it_does(numbers in numbers()) {
        let mut choices = Choices { numbers: &numbers, at: 0 };
        let axes = any_axes(&mut choices);
        let Some(first) = valid_test(&mut choices, &axes) else { return Ok(()) };
        let node = any_node(&mut choices, 3, &mut |choices| {
            valid_test(choices, &axes).unwrap_or_else(|| first.clone())
        });
        let condition = Expression(node.clone()).check(&axes).unwrap();
        let states: Vec<u32> = (0..axes.0.len()).map(|axis| axes.states(axis)).collect();
        let mut clauses = Clauses::new(states.iter().copied());
        clauses.require(condition.formula(), 7).unwrap();
        let (auxiliary, clauses) = clauses.into_parts();
        let own: Vec<ValueSet> = states.iter().map(|&states| ValueSet::full(states)).collect();
        let auxiliary: Vec<ValueSet> = auxiliary.iter().map(|axis| ValueSet::full(axis.values)).collect();
        for row in rows(&own) {
            let domains = [singles(&axes, &row), auxiliary.clone()].concat();
            let satisfying = rows(&domains).into_iter().filter(|row| {
                clauses.iter().all(|clause| {
                    clause.literals.iter().any(|literal| literal.allowed.contains(row[literal.axis]))
                })
            });
            prop_assert_eq!(satisfying.count(), usize::from(holds(&node, &axes, &row)), "{} in {:?}", node, row);
        }
    }

    #[test]
    fn what_is_written_reads_as_the_same(numbers in numbers()) {
        let mut choices = Choices { numbers: &numbers, at: 0 };
        let axes = any_axes(&mut choices);
        let node = any_node(&mut choices, 5, &mut |choices| Node::Test(placed(any_test(choices, &axes))));
        let expression = Expression(node);
        let written = expression.to_string();
        let read = Expression::parse(&written);
        prop_assert_eq!(read.as_ref(), Ok(&expression), "{}", written);
        prop_assert_eq!(read.unwrap().to_string(), written);
    }

    #[test]
    fn each_beginning_is_an_expression_or_an_error_within(numbers in numbers()) {
        let mut choices = Choices { numbers: &numbers, at: 0 };
        let axes = any_axes(&mut choices);
        let node = any_node(&mut choices, 3, &mut |choices| Node::Test(placed(any_test(choices, &axes))));
        let written = node.to_string();
        for (end, _) in written.char_indices() {
            expect_error_within(&written[..end], &axes)?;
        }
    }

    #[test]
    fn any_text_is_an_expression_or_an_error_within(text in "\\PC{0,60}") {
        expect_error_within(&text, &super::sample())?;
    }

    #[test]
    fn any_words_are_an_expression_or_an_error_within(
        words in prop::collection::vec(prop::sample::select(vec![
            "compiler", "cuda", "gpu", "threads", "compiler.version", ".", "active(", "(", ")", "[", "]", ",",
            "==", "!=", "<", "<=", ">", ">=", "=>", "&&", "||", "!", "in", "not", "not in", "true", "false",
            "\"gcc\"", "'x'", "`odd name`", "1", "-2", "12.2", "\"", "\\", "=", "and", "é",
        ]), 0..24),
        between in prop::sample::select(vec!["", " "]),
    ) {
        expect_error_within(&words.join(between), &super::sample())?;
    }
}

/// Reads and checks; an error must point into the text.
fn expect_error_within(text: &str, axes: &Axes) -> Result<(), TestCaseError> {
    let read = Expression::parse(text).and_then(|expression| expression.check(axes).map(|_| ()));
    if let Err(error) = read {
        prop_assert!(
            text.get(error.span.clone()).is_some(),
            "{:?} of {text:?}",
            error.span
        );
        prop_assert!(!error.message.is_empty());
    }
    Ok(())
}
