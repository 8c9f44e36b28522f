//! From names to numbers: what an expression means for the axes of a matrix.

use std::ops::Range;

use cfgmatrix_cover::ValueSet;

use super::column::{Column, Columns};
use super::compare::{Type, compare, written};
use super::condition::{Atom, Comparison, Condition};
use super::syntax::{Literal, Node, Operand, Operator, Placed, Side, Test};
use super::token::shown;
use super::{Attribute, ExpressionError, Scope};
use crate::clauses::Formula;
use crate::matrix::Scalar;

/// More pairs of values than this are not compared with each other.
const MAX_PAIRS: usize = 1 << 24;

type Checked<T> = Result<T, ExpressionError>;

pub(super) fn check<S: Scope>(node: &Node, scope: &S) -> Checked<Condition> {
    let mut checker = Checker {
        columns: Columns::new(scope),
        comparisons: Vec::new(),
    };
    let formula = checker.node(node)?;
    Ok(Condition {
        formula,
        comparisons: checker.comparisons,
    })
}

struct Checker<'s, S> {
    columns: Columns<'s, S>,
    comparisons: Vec<Comparison>,
}

impl<S: Scope> Checker<'_, S> {
    fn node(&mut self, node: &Node) -> Checked<Formula> {
        Ok(match node {
            Node::Implies(left, right) => {
                if let Node::Test(test) = &**right
                    && let Test::Alone(Side::Literal(literal)) = &test.what
                {
                    let error = lone_literal(literal, &test.span);
                    let ordered = matches!(literal, Literal::Integer(_) | Literal::Version(_));
                    let hint = "`=>` is \"implies\"; \"at least\" is written `>=`";
                    return Err(error.hint_of(ordered.then(|| hint.to_owned())));
                }
                Formula::implies(self.node(left)?, self.node(right)?)
            }
            Node::Or(parts) => Formula::Or(self.nodes(parts)?),
            Node::And(parts) => Formula::And(self.nodes(parts)?),
            Node::Not(inner) => Formula::Not(Box::new(self.node(inner)?)),
            Node::Test(test) => self.test(test)?.into(),
        })
    }

    fn nodes(&mut self, nodes: &[Node]) -> Checked<Vec<Formula>> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    fn test(&mut self, test: &Placed<Test>) -> Checked<Atom> {
        let span = &test.span;
        let atom = match &test.what {
            Test::Alone(Side::Literal(literal)) => return Err(lone_literal(literal, span)),
            Test::Alone(Side::Operand(operand)) => self.alone(operand, span)?,
            Test::Active(axis) => self.active(axis, span)?,
            Test::Among { left, within, list } => self.among(left, *within, list)?,
            Test::Compare {
                left,
                operator,
                right,
            } => self.compare(left, *operator, right, span)?,
        };
        let columns = &self.columns;
        self.comparisons.push(Comparison {
            span: span.clone(),
            axes: atom.axes(),
            truth: atom.truth_of_any(|axis| columns.states(axis)),
        });
        Ok(atom)
    }

    /// An axis or attribute that is itself yes or no.
    fn alone(&mut self, operand: &Operand, span: &Range<usize>) -> Checked<Atom> {
        let column = self.columns.column(operand, span)?;
        column.expect_values()?;
        let other = column
            .present()
            .find(|value| Type::of(value) != Type::Boolean);
        if let Some(other) = other {
            let message = format!(
                "a condition is expected, and {} is {}",
                column.named(),
                column.types()
            );
            let example = shown(&format!("{} == {}", column.written(), written(other)));
            return Err(ExpressionError::new(message, span.clone())
                .hint(format!("compare it with a value, such as `{example}`")));
        }
        let truth = Attribute::Scalar(Scalar::Boolean(true));
        Ok(column.atom(column.states_where(|_, value| *value == truth)))
    }

    fn active(&self, name: &Placed<String>, span: &Range<usize>) -> Checked<Atom> {
        let axis = self.columns.axis(name)?;
        let states = self.columns.states(axis);
        if !self.columns.scope.is_conditional(axis) {
            let name = shown(&name.what);
            let message = format!("axis `{name}` is never absent, so that this always holds");
            return Err(ExpressionError::new(message, span.clone())
                .hint("leave it out; only an axis with `when` can be absent"));
        }
        let mut allowed = ValueSet::full(states);
        allowed.remove(states - 1);
        Ok(Atom::Values { axis, allowed })
    }

    fn among(
        &mut self,
        left: &Placed<Side>,
        within: bool,
        list: &[Placed<Literal>],
    ) -> Checked<Atom> {
        let Side::Operand(operand) = &left.what else {
            let message = "an axis or an attribute is expected before `in`, and this is a value";
            return Err(ExpressionError::new(message, left.span.clone()));
        };
        let column = self.columns.column(operand, &left.span)?;
        column.expect_values()?;
        let mut among = ValueSet::empty(column.states());
        for literal in list {
            let same = column.same_as(&literal.what, &literal.span)?;
            if same.iter().any(|state| among.contains(state)) {
                let twice = shown(&literal.what.to_string());
                let message = format!("`{twice}` comes twice in the list");
                return Err(ExpressionError::new(message, literal.span.clone()));
            }
            among.unite(&same);
        }
        Ok(column.atom_of_same(among, within))
    }

    fn compare(
        &mut self,
        left: &Placed<Side>,
        operator: Operator,
        right: &Placed<Side>,
        span: &Range<usize>,
    ) -> Checked<Atom> {
        match (&left.what, &right.what) {
            (Side::Literal(_), Side::Literal(_)) => {
                let message = "two values are compared, expected an axis on one side";
                Err(ExpressionError::new(message, span.clone()))
            }
            (Side::Operand(first), Side::Operand(second)) => {
                let first = self.columns.column(first, &left.span);
                let second = self.columns.column(second, &right.span);
                match (first, second) {
                    (Ok(first), Ok(second)) => between(&first, operator, &second, span),
                    (Ok(column), Err(error)) => Err(quotes_forgotten(&column, &right.what, error)),
                    (Err(error), Ok(column)) => Err(quotes_forgotten(&column, &left.what, error)),
                    (Err(error), Err(_)) => Err(error),
                }
            }
            (Side::Operand(operand), Side::Literal(literal)) => {
                let column = self.columns.column(operand, &left.span)?;
                with_literal(&column, operator, literal, &right.span)
            }
            (Side::Literal(literal), Side::Operand(operand)) => {
                let column = self.columns.column(operand, &right.span)?;
                with_literal(&column, operator.mirrored(), literal, &left.span)
            }
        }
    }
}

/// The error that a literal stands where a condition is expected.
fn lone_literal(literal: &Literal, span: &Range<usize>) -> ExpressionError {
    let written = shown(&literal.to_string());
    let message = match literal {
        Literal::Boolean(true) => format!("`{written}` always holds, expected a condition"),
        Literal::Boolean(false) => format!("`{written}` never holds, expected a condition"),
        other => {
            let sort = Type::of(&Attribute::from(other));
            format!("a condition is expected, and `{written}` is {sort}")
        }
    };
    ExpressionError::new(message, span.clone())
}

/// An unknown axis that is a value of the other side's axis was meant as a text.
fn quotes_forgotten(column: &Column, side: &Side, error: ExpressionError) -> ExpressionError {
    let Side::Operand(operand) = side else {
        return error;
    };
    let word = &operand.axis.what;
    let is_value = operand.attribute.is_none()
        && error.span == operand.axis.span
        && column
            .present()
            .any(|value| matches!(value, Attribute::Scalar(Scalar::Text(text)) if text == word));
    if is_value {
        let quoted = shown(&Literal::Text(word.clone()).to_string());
        ExpressionError::new(format!("unknown axis `{}`", shown(word)), error.span)
            .hint(format!("write a text in quotes: `{quoted}`"))
    } else {
        error
    }
}

fn with_literal(
    column: &Column,
    operator: Operator,
    literal: &Literal,
    span: &Range<usize>,
) -> Checked<Atom> {
    column.expect_values()?;
    if operator.is_of_order() {
        return Ok(column.atom(column.ordered_with(operator, literal, span)?));
    }
    let same = column.same_as(literal, span)?;
    Ok(column.atom_of_same(same, operator == Operator::Equal))
}

/// Two operands compared with each other.
fn between(
    left: &Column,
    operator: Operator,
    right: &Column,
    span: &Range<usize>,
) -> Checked<Atom> {
    left.expect_values()?;
    right.expect_values()?;
    let (first, second) = (left.named(), right.named());
    let wrong = |message: String| Err(ExpressionError::new(message, span.clone()));
    if left.is_same_as(right) {
        return wrong(format!("{first} is compared with itself"));
    }
    let same_axis = left.axis == right.axis;
    let (rows, columns) = (left.values.len(), right.values.len());
    if !same_axis && rows.saturating_mul(columns) > MAX_PAIRS {
        return wrong(format!(
            "{first} has {rows} values and {second} {columns}, which are too many to compare each with each"
        ));
    }
    let mut pairs = Pairs {
        left,
        operator,
        right,
        span,
        any: false,
        compares: false,
        same: false,
    };
    let atom = if same_axis {
        let mut allowed = ValueSet::empty(left.states());
        for (state, value) in (0..).zip(left.values.iter()) {
            if pairs.hold(value.as_ref(), right.values[state as usize].as_ref())? {
                allowed.insert(state);
            }
        }
        left.atom(allowed)
    } else {
        let mut allowed = vec![ValueSet::empty(right.states()); left.states() as usize];
        for (value, row) in left.values.iter().zip(&mut allowed) {
            for (state, other) in (0..).zip(right.values.iter()) {
                if pairs.hold(value.as_ref(), other.as_ref())? {
                    row.insert(state);
                }
            }
        }
        Atom::Pairs {
            first: left.axis,
            second: right.axis,
            allowed,
        }
    };
    if pairs.any && !pairs.compares {
        let (mine, theirs) = (left.types(), right.types());
        return wrong(format!("{first} is {mine}, and {second} is {theirs}"));
    }
    if !operator.is_of_order() && !pairs.same && !left.is_open && !right.is_open {
        return wrong(format!("{first} and {second} are never the same"));
    }
    Ok(atom)
}

/// What was seen while the values of two operands were compared.
struct Pairs<'c> {
    left: &'c Column,
    operator: Operator,
    right: &'c Column,
    span: &'c Range<usize>,
    /// Some pair is there.
    any: bool,
    /// Some pair is of sorts that compare.
    compares: bool,
    /// Some pair is the same.
    same: bool,
}

impl Pairs<'_> {
    fn hold(&mut self, mine: Option<&Attribute>, theirs: Option<&Attribute>) -> Checked<bool> {
        let (Some(mine), Some(theirs)) = (mine, theirs) else {
            return Ok(false);
        };
        self.any = true;
        match compare(mine, self.operator, theirs) {
            Some(holds) => {
                self.compares = true;
                self.same |= holds == (self.operator == Operator::Equal);
                Ok(holds)
            }
            None if self.operator.is_of_order() => Err(self.without_order(mine, theirs)),
            // Values of two sorts are not the same.
            None => Ok(self.operator == Operator::Unequal),
        }
    }

    fn without_order(&self, mine: &Attribute, theirs: &Attribute) -> ExpressionError {
        let ordered = self.left.expect_order(mine, self.operator);
        let ordered = ordered.and_then(|()| self.right.expect_order(theirs, self.operator));
        ordered.err().unwrap_or_else(|| {
            let message = format!(
                "{} is {}, and {} is {}",
                self.left.named(),
                Type::of(mine),
                self.right.named(),
                Type::of(theirs)
            );
            ExpressionError::new(message, self.span.clone())
        })
    }
}
