//! From text to conditions: `=>` binds least and to the right, then `||`, `&&`,
//! `!`, and comparisons most.

use std::ops::Range;

use super::ExpressionError;
use super::syntax::{Literal, Node, Operand, Operator, Placed, Side, Test};
use super::token::{Lexer, Token, shown};
use crate::name::did_you_mean;

/// No expression that people write comes near this size, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// How deep conditions may stand in each other. Each level costs stack, here and
/// wherever they are walked, and is up to five levels of a formula, whose own
/// limit no expression may reach.
const MAX_DEPTH: usize = 40;

/// What other languages write for the signs between conditions.
const FOREIGN_WORDS: [(&str, &str); 5] = [
    ("and", "&&"),
    ("or", "||"),
    ("implies", "=>"),
    ("is", "=="),
    ("eq", "=="),
];

const CONDITION: &str = "a condition, such as `compiler == \"gcc\"`";

pub(super) fn parse(text: &str) -> Result<Node, ExpressionError> {
    if text.len() > MAX_BYTES {
        let message = format!(
            "the expression has {} bytes, and more than {MAX_BYTES} are never read",
            text.len()
        );
        return Err(ExpressionError::new(message, 0..0));
    }
    let mut lexer = Lexer::new(text);
    let (token, span) = lexer.next()?;
    if token == Token::End {
        return Err(ExpressionError::new(
            format!("the expression is empty, expected {CONDITION}"),
            span,
        ));
    }
    let mut parser = Parser {
        lexer,
        token,
        span,
        end: 0,
    };
    let node = parser.implication(0)?;
    match parser.token {
        Token::End => Ok(node),
        _ => Err(parser.unexpected_after_condition(None)),
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    /// The next token and its place.
    token: Token,
    span: Range<usize>,
    /// Where the token before it ends.
    end: usize,
}

type Parsed<T> = Result<T, ExpressionError>;

impl Parser<'_> {
    /// Takes the next token.
    fn take(&mut self) -> Parsed<Token> {
        let (token, span) = self.lexer.next()?;
        self.end = self.span.end;
        self.span = span;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(found) if found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(found) if found == word)
    }

    /// Takes the sign if it is next.
    fn takes_sign(&mut self, sign: &str) -> Parsed<bool> {
        let is_next = self.is_sign(sign);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn implication(&mut self, depth: usize) -> Parsed<Node> {
        self.check_depth(depth)?;
        let left = self.disjunction(depth)?;
        if !self.takes_sign("=>")? {
            return Ok(left);
        }
        let right = self.implication(depth + 1)?;
        Ok(Node::Implies(Box::new(left), Box::new(right)))
    }

    fn disjunction(&mut self, depth: usize) -> Parsed<Node> {
        let mut parts = vec![self.conjunction(depth)?];
        while self.takes_sign("||")? {
            parts.push(self.conjunction(depth)?);
        }
        Ok(Node::any(parts))
    }

    fn conjunction(&mut self, depth: usize) -> Parsed<Node> {
        let mut parts = vec![self.single(depth)?];
        while self.takes_sign("&&")? {
            parts.push(self.single(depth)?);
        }
        Ok(Node::all(parts))
    }

    fn single(&mut self, depth: usize) -> Parsed<Node> {
        if self.is_sign("!") {
            self.check_depth(depth + 1)?;
            self.take()?;
            // The parentheses after `!` are no level of their own: a comparison
            // is written out with them, whether it was read with them or not.
            let inner = if self.is_sign("(") {
                self.parenthesized(depth)?
            } else {
                self.single(depth + 1)?
            };
            return Ok(Node::Not(Box::new(inner)));
        }
        if self.is_sign("(") {
            return self.parenthesized(depth);
        }
        self.test()
    }

    fn parenthesized(&mut self, depth: usize) -> Parsed<Node> {
        let open = self.span.clone();
        self.take()?;
        let inner = self.implication(depth + 1)?;
        if self.takes_sign(")")? {
            return Ok(inner);
        }
        Err(self.unexpected_after_condition(Some(&open)))
    }

    fn check_depth(&self, depth: usize) -> Parsed<()> {
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("conditions stand in each other more than {MAX_DEPTH} deep");
        Err(ExpressionError::new(message, self.span.clone()).hint("split the rule into several"))
    }

    fn test(&mut self) -> Parsed<Node> {
        let start = self.span.start;
        let left = match self.side(CONDITION)? {
            Side::Operand(Operand {
                axis,
                attribute: None,
            }) if axis.what == "active" && self.is_sign("(") && self.is_bare(&axis.span) => {
                let test = self.active()?;
                return Ok(self.placed(test, start));
            }
            side => side,
        };
        let left = Placed {
            what: left,
            span: start..self.end,
        };
        let test = if let Some(operator) = self.operator() {
            self.take()?;
            let from = self.span.start;
            let right = self.side("an axis or a value")?;
            Test::Compare {
                left,
                operator,
                right: Placed {
                    what: right,
                    span: from..self.end,
                },
            }
        } else if self.is_word("in") || self.is_word("not") {
            let within = self.is_word("in");
            self.take()?;
            if !within && !self.is_word("in") {
                return Err(self.unexpected("`in`"));
            }
            if !within {
                self.take()?;
            }
            let list = self.list()?;
            Test::Among { left, within, list }
        } else {
            Test::Alone(left.what)
        };
        Ok(self.placed(test, start))
    }

    fn placed(&self, test: Test, start: usize) -> Node {
        Node::Test(Placed {
            what: test,
            span: start..self.end,
        })
    }

    /// Whether a name stands without backticks.
    fn is_bare(&self, span: &Range<usize>) -> bool {
        !self.lexer.text()[span.clone()].starts_with('`')
    }

    fn operator(&self) -> Option<Operator> {
        Operator::ALL
            .into_iter()
            .find(|operator| self.is_sign(operator.sign()))
    }

    /// The parentheses of `active(axis)`.
    fn active(&mut self) -> Parsed<Test> {
        let open = self.span.clone();
        self.take()?;
        let axis = self.name("the name of an axis")?;
        if self.takes_sign(")")? {
            return Ok(Test::Active(axis));
        }
        Err(self.unclosed("`)` after the axis", &open))
    }

    fn side(&mut self, expected: &str) -> Parsed<Side> {
        let literal = self.literal()?;
        if let Some(literal) = literal {
            return Ok(Side::Literal(literal.what));
        }
        let axis = self.name(expected)?;
        let attribute = if self.takes_sign(".")? {
            Some(self.name("the name of an attribute")?)
        } else {
            None
        };
        Ok(Side::Operand(Operand { axis, attribute }))
    }

    /// Takes the next token where it is a literal.
    fn literal(&mut self) -> Parsed<Option<Placed<Literal>>> {
        let literal = match &self.token {
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Integer(number) => Literal::Integer(*number),
            Token::Version(version) => Literal::Version(version.clone()),
            Token::Word(word) if word == "true" => Literal::Boolean(true),
            Token::Word(word) if word == "false" => Literal::Boolean(false),
            _ => return Ok(None),
        };
        let span = self.span.clone();
        self.take()?;
        Ok(Some(Placed {
            what: literal,
            span,
        }))
    }

    fn name(&mut self, expected: &str) -> Parsed<Placed<String>> {
        let span = self.span.clone();
        let name = match &self.token {
            Token::Name(name) => name.clone(),
            Token::Word(word) if !matches!(word.as_str(), "true" | "false" | "in" | "not") => {
                word.clone()
            }
            _ => return Err(self.unexpected(expected)),
        };
        self.take()?;
        Ok(Placed { what: name, span })
    }

    /// The literals in brackets after `in`.
    fn list(&mut self) -> Parsed<Vec<Placed<Literal>>> {
        let open = self.span.clone();
        if !self.is_sign("[") {
            let error = self.unexpected("a list of values in brackets");
            return Err(match &self.token {
                Token::Text(_) | Token::Integer(_) | Token::Version(_) => {
                    error.hint(format!("write `[{}]`", self.written()))
                }
                _ => error,
            });
        }
        self.take()?;
        let mut list: Vec<Placed<Literal>> = Vec::new();
        while !self.is_sign("]") {
            let Some(literal) = self.literal()? else {
                let word = matches!(self.token, Token::Word(_) | Token::Name(_));
                return Err(if word {
                    let hint = format!("write a text in quotes: `\"{}\"`", self.written());
                    self.unexpected("a value").hint(hint)
                } else {
                    self.unclosed("a value or `]`", &open)
                });
            };
            list.push(literal);
            if !self.takes_sign(",")? && !self.is_sign("]") {
                return Err(self.unclosed("`,` or `]`", &open));
            }
        }
        self.take()?;
        if list.is_empty() {
            let span = open.start..self.end;
            return Err(ExpressionError::new(
                "the list is empty, so that no value is in it",
                span,
            ));
        }
        Ok(list)
    }

    /// The next token as it is written.
    fn written(&self) -> String {
        shown(&self.lexer.text()[self.span.clone()])
    }

    /// The next token is not what should stand there.
    fn unexpected(&self, expected: &str) -> ExpressionError {
        let error = |message: String| ExpressionError::new(message, self.span.clone());
        match &self.token {
            Token::End => error(format!("the expression ends here, expected {expected}")),
            Token::Word(word) if word == "not" => {
                error(format!("expected {expected}, found `not`"))
                    .hint("negation is written `!`: `!(compiler == \"gcc\")`")
            }
            _ => error(format!("expected {expected}, found `{}`", self.written())),
        }
    }

    /// As [`Self::unexpected`], within what `open` opened.
    fn unclosed(&self, expected: &str, open: &Range<usize>) -> ExpressionError {
        if self.token != Token::End {
            return self.unexpected(expected);
        }
        let sign = &self.lexer.text()[open.clone()];
        let message = format!("`{sign}` is not closed, expected {expected}");
        ExpressionError::new(message, open.clone())
    }

    /// What follows a whole condition, within the parenthesis `open` or outside
    /// of any, is neither a sign nor its end.
    fn unexpected_after_condition(&self, open: Option<&Range<usize>>) -> ExpressionError {
        let closing = if open.is_some() { "`)`" } else { "the end" };
        let expected = format!("`&&`, `||`, `=>` or {closing}");
        if let (Token::End, Some(open)) = (&self.token, open) {
            return self.unclosed("`)`", open);
        }
        let error = self.unexpected(&expected);
        let before = self.lexer.text()[..self.end].chars().next_back();
        match &self.token {
            Token::Word(word) => {
                let lower = word.to_lowercase();
                let known = FOREIGN_WORDS.iter().find(|(theirs, _)| lower == *theirs);
                match known {
                    Some((_, ours)) => error.hint_of(did_you_mean(&[(*ours).to_owned()])),
                    None => error,
                }
            }
            Token::Sign("(") => error.hint("only `active(…)` takes parentheses"),
            Token::Sign(")") => ExpressionError::new("`)` closes nothing", self.span.clone()),
            Token::Sign(".") => {
                error.hint("an attribute is written after its axis: `compiler.version`")
            }
            Token::Sign(_) if self.operator().is_some() && before == Some(')') => {
                error.hint("conditions are not compared; leave out the parentheses around an axis")
            }
            Token::Sign(_) if self.operator().is_some() => {
                error.hint("a comparison has two sides; join two comparisons with `&&`")
            }
            _ => error,
        }
    }
}
