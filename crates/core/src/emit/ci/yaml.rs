//! Documents in block style, in the order that they are put together.

use crate::emit::quote;

/// Longer keys need a sign of their own, or readers look no further.
const LONGEST_KEY: usize = 1000;

/// A value of a document.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    /// One line, ready to be written.
    Line(String),
    /// Lines of a shell.
    Script(String),
    /// A list.
    List(Vec<Yaml>),
    /// Keys and values.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        Self::Line(quote::yaml(text.as_ref()))
    }

    /// A number, or yes or no.
    pub(super) fn bare(value: &impl std::fmt::Display) -> Self {
        Self::Line(value.to_string())
    }

    /// An expression in a service's own language, in which nothing needs quotes.
    pub(super) fn expression(text: &str) -> Self {
        Self::Line(text.to_owned())
    }

    /// Lines of a shell: one as a text, several as a block.
    pub(super) fn script(text: &str) -> Self {
        let line = text.strip_suffix('\n').unwrap_or(text);
        if line.contains('\n') {
            Self::Script(text.to_owned())
        } else {
            Self::text(line)
        }
    }

    pub(super) fn texts<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// One text as itself, several as a list.
    pub(super) fn one_or_more(texts: &[String]) -> Self {
        match texts {
            [one] => Self::text(one),
            more => Self::texts(more),
        }
    }

    pub(super) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter();
        Self::Map(entries.map(|(key, value)| (key.into(), value)).collect())
    }

    /// The document, with an empty line between parts of several lines.
    pub(super) fn document(&self) -> String {
        let Self::Map(entries) = self else {
            return self.lines(0);
        };
        let mut text = String::new();
        let mut was_long = false;
        for entry in entries {
            let part = Self::Map(vec![entry.clone()]).lines(0);
            let is_long = part.lines().nth(1).is_some();
            if !text.is_empty() && (is_long || was_long) {
                text.push('\n');
            }
            was_long = is_long;
            text.push_str(&part);
        }
        text
    }

    /// Bytes of it as an item of a list whose items are indented by so many spaces.
    pub(super) fn size(&self, indent: usize) -> usize {
        self.lines(indent).len()
    }

    /// The lines of a list or a map, each indented by so many spaces.
    fn lines(&self, indent: usize) -> String {
        let space = " ".repeat(indent);
        let mut text = String::new();
        match self {
            Self::Line(line) => text = format!("{space}{line}\n"),
            Self::Script(script) => text = format!("{space}{}", inline_script(script, indent)),
            Self::List(items) => {
                for item in items {
                    // Its first line stands beside the dash.
                    let lines = item.lines(indent + 2);
                    text.push_str(&space);
                    text.push_str("- ");
                    text.push_str(&lines[indent + 2..]);
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries {
                    let key = quote::yaml(key);
                    if key.len() > LONGEST_KEY {
                        text.push_str(&format!("{space}? {key}\n{space}"));
                    } else {
                        text.push_str(&format!("{space}{key}"));
                    }
                    text.push(':');
                    text.push_str(&value.after_key(indent));
                }
            }
        }
        text
    }

    /// What follows the colon of a key that is indented by so many spaces.
    fn after_key(&self, indent: usize) -> String {
        match self {
            Self::Line(line) => format!(" {line}\n"),
            Self::Script(script) => format!(" {}", inline_script(script, indent)),
            Self::List(items) if items.is_empty() => " []\n".to_owned(),
            Self::Map(entries) if entries.is_empty() => " {}\n".to_owned(),
            Self::List(_) | Self::Map(_) => format!("\n{}", self.lines(indent + 2)),
        }
    }
}

/// Lines of a shell as a block that goes on deeper than its key, or in quotes
/// where a block could change them.
fn inline_script(script: &str, indent: usize) -> String {
    let Some((sign, lines)) = quote::yaml_block(script) else {
        return format!("{}\n", quote::yaml(script));
    };
    let mut text = format!("{sign}\n");
    for line in lines {
        if !line.is_empty() {
            text.push_str(&" ".repeat(indent + 2));
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}
