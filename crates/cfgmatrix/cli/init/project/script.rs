//! The words, strings and calls of a script: enough of Meson's language, Python
//! and Rust to find what a build file asks for. A call is found wherever it stands.

use std::ops::Range;

/// How a language writes comments, strings and named arguments.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) comment: &'static str,
    /// Quotes of strings; three of one sort may go over several lines.
    pub(super) quotes: &'static [char],
    /// What stands between an argument's name and its value.
    pub(super) names: char,
}

pub(super) const MESON: Dialect = Dialect {
    comment: "#",
    quotes: &['\''],
    names: ':',
};

pub(super) const PYTHON: Dialect = Dialect {
    comment: "#",
    quotes: &['\'', '"'],
    names: '=',
};

pub(super) const RUST: Dialect = Dialect {
    comment: "//",
    quotes: &['"'],
    names: ':',
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Name(String),
    Text(String),
    Sign(char),
}

/// A word and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) at: usize,
}

impl Token {
    pub(super) fn is(&self, sign: char) -> bool {
        self.word == Word::Sign(sign)
    }

    /// The string, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.word {
            Word::Text(text) => Some(text),
            Word::Name(_) | Word::Sign(_) => None,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match &self.word {
            Word::Name(name) => Some(name),
            Word::Text(_) | Word::Sign(_) => None,
        }
    }
}

/// The tokens of a script, and where a string begins that has no end.
pub(super) fn tokens(script: &str, dialect: Dialect) -> (Vec<Token>, Option<usize>) {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = script[at..].chars().next() {
        let rest = &script[at..];
        if rest.starts_with(dialect.comment) {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if dialect.quotes.contains(&c) {
            let Some((text, length)) = string(rest, c) else {
                return (tokens, Some(at));
            };
            tokens.push(Token {
                word: Word::Text(text),
                at,
            });
            at += length;
        } else if c.is_alphabetic() || c == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            tokens.push(Token {
                word: Word::Name(rest[..end].to_owned()),
                at,
            });
            at += end;
        } else {
            if !c.is_whitespace() {
                tokens.push(Token {
                    word: Word::Sign(c),
                    at,
                });
            }
            at += c.len_utf8();
        }
    }
    (tokens, None)
}

/// The content of a string at the beginning of `rest`, and its whole length.
fn string(rest: &str, quote: char) -> Option<(String, usize)> {
    let three: String = [quote; 3].iter().collect();
    let closing = if rest.starts_with(&three) {
        three
    } else {
        quote.to_string()
    };
    let mut content = String::new();
    let mut at = closing.len();
    loop {
        let inner = &rest[at..];
        if inner.starts_with(&closing) {
            return Some((content, at + closing.len()));
        }
        let c = inner.chars().next()?;
        if c == '\n' && closing.len() == 1 && quote == '\'' {
            return None;
        }
        at += c.len_utf8();
        if c != '\\' {
            content.push(c);
            continue;
        }
        let escaped = rest[at..].chars().next()?;
        at += escaped.len_utf8();
        content.push(match escaped {
            'n' => '\n',
            't' => '\t',
            other => other,
        });
    }
}

/// An argument of a call: a string, or a name such as `true`.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// What it is given as; `None` where it is told by its position.
    pub(super) name: Option<String>,
    pub(super) token: Token,
}

/// No call in a build file comes near this number of tokens.
const MAX_TOKENS: usize = 10_000;

/// A call of a function.
pub(super) struct Call {
    /// The number of the token that names the function.
    pub(super) name: usize,
    /// From there to the end of the arguments.
    pub(super) span: Range<usize>,
    /// The strings and names among its arguments, those within lists too.
    pub(super) arguments: Vec<Argument>,
}

/// The calls of a function; none within another one's arguments, which belong to
/// that one.
pub(super) fn calls(tokens: &[Token], function: &str, dialect: Dialect) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut at = 0;
    while let Some(pair) = tokens.get(at..at + 2) {
        if pair[0].name() != Some(function) || !pair[1].is('(') {
            at += 1;
            continue;
        }
        let (arguments, end) = arguments(tokens, at + 1, dialect);
        let closes = |token: &&Token| [')', ']', '}'].iter().any(|&sign| token.is(sign));
        let last = tokens.get(end).filter(closes);
        calls.push(Call {
            name: at,
            // One that is not closed is shown by its beginning.
            span: pair[0].at..last.unwrap_or(&pair[1]).at + 1,
            arguments,
        });
        at = end;
    }
    calls
}

/// The arguments of the call whose `(` is at `open`, and the number of the token
/// that ends it.
fn arguments(tokens: &[Token], open: usize, dialect: Dialect) -> (Vec<Argument>, usize) {
    let mut arguments = Vec::new();
    let mut name: Option<String> = None;
    let mut depth = 0_usize;
    let mut at = open;
    let tokens = &tokens[..tokens.len().min(open + MAX_TOKENS)];
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        match &token.word {
            Word::Sign('(' | '[' | '{') => depth += 1,
            Word::Sign(')' | ']' | '}') => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            Word::Sign(',') if depth == 1 => name = None,
            Word::Name(own) if depth == 1 && next.is_some_and(|next| next.is(dialect.names)) => {
                name = Some(own.clone());
                at += 1;
            }
            Word::Name(_) | Word::Text(_) => arguments.push(Argument {
                name: name.clone(),
                token: token.clone(),
            }),
            Word::Sign(_) => {}
        }
        at += 1;
    }
    (arguments, at)
}
