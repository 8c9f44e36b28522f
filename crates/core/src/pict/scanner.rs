//! Constraints as a text that is read from the left.

use super::sections::Joined;
use super::text::{is_space, number_at_start};

/// What is wrong with a constraint, and where in its text.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(constraints: &'t Joined) -> Self {
        Self {
            text: &constraints.text,
            at: 0,
        }
    }

    /// Where the next word begins.
    pub(super) fn next_at(&mut self) -> usize {
        let rest = self.rest();
        let words = rest.trim_start_matches(|c: char| is_space(c) || c.is_control());
        self.at += rest.len() - words.len();
        self.at
    }

    /// Where the last word ended.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.next_at() == self.text.len()
    }

    /// Whether a word or a mark comes next, in any case. PICT asks for no space
    /// after a word: `THEN[A]` and `1AND` are two words each.
    pub(super) fn sees(&mut self, word: &str) -> bool {
        self.next_at();
        let next = self.rest().get(..word.len());
        next.is_some_and(|next| next.eq_ignore_ascii_case(word))
    }

    /// The same, and goes past it.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        let sees = self.sees(word);
        if sees {
            self.at += word.len();
        }
        sees
    }

    /// A fault at the next word: what was expected in its place.
    pub(super) fn expected(&mut self, what: &str) -> Fault {
        let at = self.next_at();
        let found = if self.rest().is_empty() {
            "the end of the constraints".to_owned()
        } else {
            format!("`{}`", self.word())
        };
        Fault::new(at, format!("expected {what}, found {found}"))
    }

    /// The text up to a mark, which is gone past; `\` takes the meaning from
    /// `\`, `"` and `]`.
    pub(super) fn text_until(&mut self, end: char, what: &str) -> Result<String, Fault> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((offset, c)) = chars.next() {
            if c == end {
                self.at += offset + c.len_utf8();
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, escaped @ ('\\' | '"' | ']'))) => text.push(escaped),
                Some((_, other)) => {
                    let message = format!("`\\{other}` means nothing");
                    return Err(Fault::new(start + offset, message)
                        .with_hint(r#"`\\`, `\"` and `\]` are what `\` is for"#));
                }
                None => break,
            }
        }
        // The mark that opened it is where to look.
        let opened = start.saturating_sub(1);
        Err(Fault::new(
            opened,
            format!("{what} is not closed by `{end}`"),
        ))
    }

    /// A number, if one comes next.
    pub(super) fn number(&mut self) -> Option<f64> {
        self.next_at();
        let (number, length) = number_at_start(self.rest())?;
        self.at += length;
        Some(number)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// What comes next, for a message.
    fn word(&self) -> &'t str {
        const LONGEST: usize = 20;
        let rest = self.rest();
        let mut chars = rest.char_indices();
        let first = chars.next().map_or(' ', |(_, c)| c);
        let end = if first.is_alphanumeric() {
            chars
                .take(LONGEST)
                .take_while(|&(_, c)| c.is_alphanumeric() || c == '_')
                .last()
        } else {
            None
        };
        let length = end.map_or(first.len_utf8(), |(at, c)| at + c.len_utf8());
        &rest[..length]
    }
}
