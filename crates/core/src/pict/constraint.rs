//! Constraints as they are written: `IF … THEN … ELSE …;` or one condition.

use std::cmp::Ordering;
use std::ops::Range;

use super::scanner::{Fault, Scanner};
use super::sections::Joined;

/// One constraint.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    pub(super) span: Range<usize>,
    /// What is after `IF`.
    pub(super) condition: Option<Condition>,
    /// What is after `THEN`, or all of a constraint without `IF`.
    pub(super) then: Condition,
    pub(super) otherwise: Option<Condition>,
}

/// What holds for a row or does not.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Term(Term),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

/// A condition without parts.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) span: Range<usize>,
    pub(super) says: Says,
}

#[derive(Clone, Debug)]
pub(super) enum Says {
    /// `[parameter] relation value`, where one of the values is enough.
    Values {
        parameter: Name,
        relation: Relation,
        values: Vec<Value>,
    },
    /// `[parameter] relation [other]`.
    Parameters {
        parameter: Name,
        relation: Relation,
        other: Name,
    },
    /// `IsNegative(parameter)` or `IsPositive(parameter)`; of any parameter or
    /// of all where none is named.
    Sign {
        negative: bool,
        parameter: Option<Name>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) at: usize,
    pub(super) text: String,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Like,
    NotLike,
}

impl Relation {
    /// The relation that holds where this one does not.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::Unequal,
            Self::Unequal => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
            Self::Like => Self::NotLike,
            Self::NotLike => Self::Like,
        }
    }

    /// Whether it holds for a value and another that are so ordered; what has
    /// no order, such as not-a-number, is unequal.
    pub(super) fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal | Self::In => order == Some(Ordering::Equal),
            Self::Unequal | Self::NotIn => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Like | Self::NotLike => unreachable!("patterns are not compared by order"),
        }
    }
}

/// Nobody nests conditions deeper on purpose.
const MAX_DEPTH: usize = 100;

/// Reads all constraints.
pub(super) fn read(constraints: &Joined) -> Result<Vec<Constraint>, Fault> {
    let mut parser = Parser {
        scanner: Scanner::new(constraints),
        depth: 0,
    };
    let mut all = Vec::new();
    while !parser.scanner.is_at_end() {
        all.push(parser.constraint()?);
    }
    Ok(all)
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    /// How many parentheses and `NOT`s are open.
    depth: usize,
}

impl Parser<'_> {
    fn constraint(&mut self) -> Result<Constraint, Fault> {
        let start = self.scanner.next_at();
        let condition = if self.scanner.takes("IF") {
            let condition = self.any()?;
            if !self.scanner.takes("THEN") {
                return Err(self.scanner.expected("`THEN`, `AND` or `OR`"));
            }
            Some(condition)
        } else {
            None
        };
        let then = self.any()?;
        let at = self.scanner.next_at();
        let otherwise = if self.scanner.takes("ELSE") {
            if condition.is_none() {
                return Err(Fault::new(at, "`ELSE` without `IF`"));
            }
            Some(self.any()?)
        } else {
            None
        };
        if !self.scanner.takes(";") {
            let what = match (&condition, &otherwise) {
                (Some(_), None) => "`;`, `ELSE`, `AND` or `OR`",
                _ => "`;`, `AND` or `OR`",
            };
            return Err(self.scanner.expected(what));
        }
        Ok(Constraint {
            span: start..self.scanner.at(),
            condition,
            then,
            otherwise,
        })
    }

    fn any(&mut self) -> Result<Condition, Fault> {
        let mut parts = vec![self.all()?];
        while self.scanner.takes("OR") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Or))
    }

    fn all(&mut self) -> Result<Condition, Fault> {
        let mut parts = vec![self.part()?];
        while self.scanner.takes("AND") {
            parts.push(self.part()?);
        }
        Ok(one_or(parts, Condition::And))
    }

    fn part(&mut self) -> Result<Condition, Fault> {
        let at = self.scanner.next_at();
        let opens = self.scanner.takes("(");
        if !opens && !self.scanner.takes("NOT") {
            return self.term().map(Condition::Term);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(
                at,
                format!("the condition is nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        let condition = if opens {
            let inner = self.any()?;
            if !self.scanner.takes(")") {
                return Err(self.scanner.expected("`)`, `AND` or `OR`"));
            }
            inner
        } else {
            Condition::Not(Box::new(self.part()?))
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn term(&mut self) -> Result<Term, Fault> {
        let start = self.scanner.next_at();
        let says = if self.scanner.takes("ISNEGATIVE") {
            self.sign(true)?
        } else if self.scanner.takes("ISPOSITIVE") {
            self.sign(false)?
        } else {
            self.relation()?
        };
        Ok(Term {
            span: start..self.scanner.at(),
            says,
        })
    }

    fn sign(&mut self, negative: bool) -> Result<Says, Fault> {
        if !self.scanner.takes("(") {
            return Err(self.scanner.expected("`(` and a parameter"));
        }
        let at = self.scanner.next_at();
        let text = self.scanner.text_until(')', "the parameter")?;
        let parameter = (!text.is_empty()).then_some(Name { at, text });
        Ok(Says::Sign {
            negative,
            parameter,
        })
    }

    fn relation(&mut self) -> Result<Says, Fault> {
        let parameter = self.parameter()?;
        let relation = self.operator()?;
        if matches!(relation, Relation::In | Relation::NotIn) {
            return Ok(Says::Values {
                parameter,
                relation,
                values: self.set()?,
            });
        }
        if self.scanner.sees("[") {
            return Ok(Says::Parameters {
                parameter,
                relation,
                other: self.parameter()?,
            });
        }
        Ok(Says::Values {
            parameter,
            relation,
            values: vec![self.value("a number, a text in quotes or a `[PARAMETER]`")?],
        })
    }

    fn parameter(&mut self) -> Result<Name, Fault> {
        let at = self.scanner.next_at();
        if !self.scanner.takes("[") {
            return Err(self
                .scanner
                .expected("a condition, such as `[PARAMETER] = 1`"));
        }
        let text = self.scanner.text_until(']', "the parameter")?;
        Ok(Name { at, text })
    }

    fn operator(&mut self) -> Result<Relation, Fault> {
        // The longer of two that begin alike comes first.
        const OPERATORS: [(&str, Relation); 8] = [
            ("=", Relation::Equal),
            ("<>", Relation::Unequal),
            ("<=", Relation::LessOrEqual),
            (">=", Relation::GreaterOrEqual),
            (">", Relation::Greater),
            ("<", Relation::Less),
            ("IN", Relation::In),
            ("LIKE", Relation::Like),
        ];
        let found = OPERATORS
            .into_iter()
            .find(|(word, _)| self.scanner.takes(word));
        if let Some((_, relation)) = found {
            return Ok(relation);
        }
        if self.scanner.takes("NOT") {
            if self.scanner.takes("IN") {
                return Ok(Relation::NotIn);
            }
            if self.scanner.takes("LIKE") {
                return Ok(Relation::NotLike);
            }
            return Err(self.scanner.expected("`IN` or `LIKE` after `NOT`"));
        }
        let what = "one of `=`, `<>`, `<`, `<=`, `>`, `>=`, `IN`, `LIKE`";
        Err(self.expected_hinting(what, "!="))
    }

    /// A fault at the next word, with a hint where another language's operator
    /// stands there.
    fn expected_hinting(&mut self, what: &str, foreign: &str) -> Fault {
        let fault = self.scanner.expected(what);
        if self.scanner.sees(foreign) {
            fault.with_hint("equal is written `=`, and unequal `<>`")
        } else {
            fault
        }
    }

    fn set(&mut self) -> Result<Vec<Value>, Fault> {
        if !self.scanner.takes("{") {
            return Err(self.scanner.expected("`{` and the values"));
        }
        let mut values = vec![self.value("a number or a text in quotes")?];
        while self.scanner.takes(",") {
            values.push(self.value("a number or a text in quotes")?);
        }
        if !self.scanner.takes("}") {
            return Err(self.scanner.expected("`,` or `}`"));
        }
        Ok(values)
    }

    fn value(&mut self, expected: &str) -> Result<Value, Fault> {
        if self.scanner.takes("\"") {
            return Ok(Value::Text(self.scanner.text_until('"', "the text")?));
        }
        match self.scanner.number() {
            Some(number) => Ok(Value::Number(number)),
            None => Err(self.expected_hinting(expected, "=")),
        }
    }
}

fn one_or(mut parts: Vec<Condition>, several: fn(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 {
        parts.pop().expect("it has one")
    } else {
        several(parts)
    }
}
