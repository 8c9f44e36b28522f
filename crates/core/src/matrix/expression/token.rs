//! The words and signs of an expression.

use std::ops::Range;

use super::ExpressionError;
use super::syntax::is_name_part;
use crate::version::Version;

/// What stands at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word as it is.
    Word(String),
    /// A name in backticks, which no word of the language is.
    Name(String),
    /// A text in quotes, its escapes resolved.
    Text(String),
    Integer(i64),
    Version(Version),
    /// One of [`SIGNS`].
    Sign(&'static str),
    End,
}

/// The longer before those that they begin with.
const SIGNS: [&str; 16] = [
    "||", "&&", "=>", "==", "!=", "<=", ">=", "!", "<", ">", "(", ")", "[", "]", ",", ".",
];

/// What other languages write, and what it is here. Read before [`SIGNS`].
const FOREIGN: [(&str, &str); 16] = [
    ("===", "=="),
    ("!==", "!="),
    ("==>", "=>"),
    ("<=>", "=="),
    ("<>", "!="),
    ("=<", "<="),
    ("->", "=>"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("⇒", "=>"),
    ("→", "=>"),
    ("∧", "&&"),
    ("∨", "||"),
    ("¬", "!"),
    ("∈", "in"),
];

/// Beginnings of signs that are none by themselves.
const HALVES: [(&str, &str); 3] = [("=", "=="), ("&", "&&"), ("|", "||")];

/// How much of an expression a message repeats, in characters.
const SHOWN: usize = 40;

/// A part of an expression as messages show it: short, and on one line.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Reads one token after the other.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The next token and where it stands.
    pub(super) fn next(&mut self) -> Result<(Token, Range<usize>), ExpressionError> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok((Token::End, start..start));
        };
        let negative = first == '-' && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit());
        let token = match first {
            '"' | '\'' => Token::Text(self.quoted(first)?),
            '`' => Token::Name(self.quoted_name()?),
            _ if first.is_ascii_digit() || negative => self.number()?,
            _ if first.is_alphabetic() || first == '_' => Token::Word(self.word()),
            _ => Token::Sign(self.sign()?),
        };
        Ok((token, start..self.at))
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|&(at, c)| !(is_name_part(c) || c == '-' && dash_joins(&rest[at..])))
            .map_or(rest.len(), |(at, _)| at);
        self.at += end;
        rest[..end].to_owned()
    }

    /// A whole number or a version.
    fn number(&mut self) -> Result<Token, ExpressionError> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let end = rest[sign..]
            .char_indices()
            .find(|&(at, c)| {
                !(is_name_part(c) || c == '.' || c == '-' && dash_joins(&rest[sign + at..]))
            })
            .map_or(rest.len(), |(at, _)| sign + at);
        let written = &rest[..end];
        let span = self.at..self.at + end;
        self.at += end;
        if written[sign..].bytes().all(|byte| byte.is_ascii_digit()) {
            return written.parse().map(Token::Integer).map_err(|_| {
                let message = format!("`{}` is too large a number", shown(written));
                ExpressionError::new(message, span)
            });
        }
        written.parse().map(Token::Version).map_err(|_| {
            let message = format!("`{}` is neither a number nor a version", shown(written));
            ExpressionError::new(message, span)
                .hint(format!("write a text in quotes: `\"{}\"`", shown(written)))
        })
    }

    fn quoted_name(&mut self) -> Result<String, ExpressionError> {
        let start = self.at;
        let name = self.quoted('`')?;
        if name.is_empty() {
            return Err(ExpressionError::new(
                "the name between backticks is empty",
                start..self.at,
            ));
        }
        Ok(name)
    }

    /// What stands between two quotes of a sort.
    fn quoted(&mut self, quote: char) -> Result<String, ExpressionError> {
        let start = self.at;
        let mut content = String::new();
        self.at += quote.len_utf8();
        while let Some(c) = self.rest().chars().next() {
            match c {
                _ if c == quote => {
                    self.at += c.len_utf8();
                    return Ok(content);
                }
                '\\' if self.rest().len() > 1 => content.push(self.escape()?),
                '\n' => break,
                _ => {
                    self.at += c.len_utf8();
                    content.push(c);
                }
            }
        }
        let (what, sign) = match quote {
            '"' => ("text", "`\"`"),
            '`' => ("name", "a backtick"),
            _ => ("text", "`'`"),
        };
        let message = format!("the {what} that begins here is not closed");
        let error = ExpressionError::new(message, start..self.at);
        Err(if self.rest().starts_with('\n') {
            error.hint(format!(
                "close it on its line with {sign}; a line break within is written `\\n`"
            ))
        } else {
            error.hint(format!("close it with {sign}"))
        })
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<char, ExpressionError> {
        let start = self.at;
        let mut chars = self.rest().chars().skip(1);
        let simple = match chars.next() {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some(c @ ('"' | '\'' | '`' | '\\')) => Some(c),
            Some('u') if chars.next() == Some('{') => return self.character(),
            other => {
                self.at += 1 + other.map_or(0, char::len_utf8);
                None
            }
        };
        if let Some(c) = simple {
            self.at += 2;
            return Ok(c);
        }
        let span = start..self.at;
        let message = format!("`{}` is no escape", shown(&self.text[span.clone()]));
        Err(ExpressionError::new(message, span).hint(
            "a backslash itself is written `\\\\`; the others are `\\\"`, `\\'`, `\\n`, `\\t` and `\\u{…}`",
        ))
    }

    /// The character that `\u{…}` stands for.
    fn character(&mut self) -> Result<char, ExpressionError> {
        let start = self.at;
        let digits = &self.rest()[3..];
        let end = digits
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(digits.len());
        let closed = digits[end..].starts_with('}');
        self.at += 3 + end + usize::from(closed);
        u32::from_str_radix(&digits[..end], 16)
            .ok()
            .filter(|_| closed)
            .and_then(char::from_u32)
            .ok_or_else(|| {
                let span = start..self.at;
                let message = format!("`{}` is no character", shown(&self.text[span.clone()]));
                ExpressionError::new(message, span)
                    .hint("write its number in hexadecimal between braces, such as `\\u{e9}`")
            })
    }

    fn sign(&mut self) -> Result<&'static str, ExpressionError> {
        let rest = self.rest();
        let begins = |sign: &str| rest.starts_with(sign);
        let foreign = FOREIGN.iter().find(|(theirs, _)| begins(theirs));
        if foreign.is_none()
            && let Some(sign) = SIGNS.into_iter().find(|sign| begins(sign))
        {
            self.at += sign.len();
            return Ok(sign);
        }
        let wrong = foreign.or_else(|| HALVES.iter().find(|(half, _)| begins(half)));
        let length = wrong.map_or_else(
            || rest.chars().next().map_or(0, char::len_utf8),
            |(theirs, _)| theirs.len(),
        );
        let span = self.at..self.at + length;
        let message = format!("`{}` has no meaning here", shown(&rest[..length]));
        let error = ExpressionError::new(message, span);
        Err(match wrong {
            Some((_, ours)) => error.hint(format!("did you mean `{ours}`?")),
            None => error,
        })
    }
}

/// Whether a dash stands within a name, as in `c-std`, and not before `->`'s end.
fn dash_joins(from_dash: &str) -> bool {
    from_dash.trim_start_matches('-').starts_with(is_name_part)
}
