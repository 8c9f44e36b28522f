//! The one way by which text from outside enters a format.
//!
//! Markup is written by [`Markup`], which takes only literals of this program
//! as they are: everything else is escaped.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text of HTML or XML in the making.
pub(super) struct Markup {
    text: String,
    language: Language,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Html,
    Xml,
}

impl Markup {
    pub(super) fn html() -> Self {
        Self {
            text: String::new(),
            language: Language::Html,
        }
    }

    pub(super) fn xml() -> Self {
        Self {
            text: String::new(),
            language: Language::Xml,
        }
    }

    /// Adds markup: a literal of this program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    /// Adds text, escaped for content and for quoted attributes alike.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        match self.language {
            Language::Html => {
                for c in text.chars() {
                    push_shown(&mut self.text, c, push_escaped);
                }
            }
            Language::Xml => {
                for c in text.chars().filter(|&c| is_xml(c)) {
                    push_escaped(&mut self.text, c);
                }
            }
        }
        self
    }

    /// Adds an attribute, with the space before it.
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// Adds an element of text alone.
    pub(super) fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(name).raw(">").text(text);
        self.raw("</").raw(name).raw(">")
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(c),
    }
}

/// Whether a character may be in XML 1.0 and is no control character.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Adds a character so that it is seen: control characters have pictures, and
/// what would turn the direction of the text around it is named.
fn push_shown(out: &mut String, c: char, push: impl Fn(&mut String, char)) {
    match c {
        '\n' | '\t' => push(out, c),
        '\0'..='\x1f' => push(
            out,
            char::from_u32(0x2400 + c as u32).expect("each of the 32 has a picture"),
        ),
        '\x7f' => push(out, '\u{2421}'),
        '\u{80}'..='\u{9f}' => push(out, '\u{fffd}'),
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            write!(out, "⟨U+{:04X}⟩", c as u32).expect("a text takes whatever is written");
        }
        c => push(out, c),
    }
}

/// One line of text for a terminal: nothing in it moves, colours or deletes.
pub(super) fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            c => push_shown(&mut out, c, String::push),
        }
    }
    out
}

/// One line of text for Markdown as GitHub reads it, in a table or out of it.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = plain(text);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = |next: Option<&char>| {
            before.is_alphanumeric() && next.is_some_and(|next| next.is_alphanumeric())
        };
        match c {
            '\n' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // No one is called by a compiler's message, and nothing is linked to.
            '@' => out.push_str("&#64;"),
            ':' if rest.peek() == Some(&'/') => out.push_str("&#58;"),
            '_' if inside(rest.peek()) => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => push_shown(&mut out, c, String::push),
        }
        before = c;
    }
    out
}

/// Text without what a terminal would obey: escape sequences, and what a
/// carriage return was to overwrite.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(['\x1b', '\u{9b}', '\u{9d}', '\r', '\x08']) {
        return Cow::Borrowed(text);
    }
    let shown = without_sequences(text);
    let lines = shown.split('\n').map(|line| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or(line).replace('\x08', "")
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Text without the escape sequences of ECMA-48. One that never ends, ends with
/// its line.
fn without_sequences(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let introducer = match c {
            '\x1b' => match rest.peek() {
                Some(&next @ '\x20'..='\x7e') => {
                    rest.next();
                    next
                }
                _ => continue,
            },
            '\u{9b}' => '[',
            '\u{9d}' => ']',
            c => {
                out.push(c);
                continue;
            }
        };
        match introducer {
            // Parameters, then one character that says what to do.
            '[' => while rest.next_if(|c| matches!(c, '\x20'..='\x3f')).is_some() {},
            // A text, up to the bell or the string terminator.
            ']' | 'P' | 'X' | '^' | '_' => {
                while let Some(c) = rest.next_if(|&c| c != '\n') {
                    if c == '\x07' || c == '\u{9c}' {
                        break;
                    }
                    if c == '\x1b' {
                        rest.next_if_eq(&'\\');
                        break;
                    }
                }
                continue;
            }
            '\x20'..='\x2f' => while rest.next_if(|c| matches!(c, '\x20'..='\x2f')).is_some() {},
            // All of it was these two characters.
            _ => continue,
        }
        rest.next_if(|c| matches!(c, '\x30'..='\x7e'));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(text: &str) -> String {
        let mut markup = Markup::html();
        markup.text(text);
        markup.finish()
    }

    fn xml(text: &str) -> String {
        let mut markup = Markup::xml();
        markup.text(text);
        markup.finish()
    }

    /// As a browser or an XML parser reads it.
    fn read(escaped: &str) -> String {
        let entities = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&amp;", "&"),
        ];
        entities
            .iter()
            .fold(escaped.to_owned(), |text, (from, to)| {
                text.replace(from, to)
            })
    }

    /// Texts that are rich in what matters.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("</script>".to_owned()),
            Just("&lt;".to_owned()),
            Just("\x1b[31m".to_owned()),
            Just("\x1b]0;title\x07".to_owned()),
            "[<>&\"'`|\\\\\\r\\n\\t\x1b\x07\x08\u{9b}\u{202e}a-z\\[;]{0,6}",
            any::<String>(),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn report_html_of_any_text_is_that_text(text in hostile()) {
            let escaped = html(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(!escaped.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            let plain = !text.chars().any(|c| {
                let mut shown = String::new();
                push_shown(&mut shown, c, String::push);
                shown != c.to_string()
            });
            if plain {
                prop_assert_eq!(read(&escaped), text);
            }
        }

        #[test]
        fn report_xml_of_any_text_is_what_xml_can_say_of_it(text in hostile()) {
            let escaped = xml(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let kept: String = text.chars().filter(|&c| is_xml(c)).collect();
            prop_assert_eq!(read(&escaped), kept);
        }

        #[test]
        fn report_terminals_obey_nothing(text in hostile()) {
            let shown = terminal(&text);
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
        }

        #[test]
        fn report_plain_text_stays_as_it_is_and_colours_go(text in "[a-z <>&\\n]{0,40}") {
            prop_assert_eq!(plain(&text), text.clone());
            let coloured: String = text
                .chars()
                .map(|c| format!("\x1b[1;31m{c}\x1b[0m\x1b]8;;file\x1b\\"))
                .collect();
            prop_assert_eq!(plain(&coloured), text);
        }

        #[test]
        fn report_markdown_has_no_markup_of_others(text in hostile()) {
            let escaped = markdown(&text);
            prop_assert!(!escaped.contains(['<', '>', '\n', '@']), "{escaped:?}");
            // Each of these has a backslash before it, which no other one escapes.
            let mut is_escaped = false;
            for c in escaped.chars() {
                if is_escaped {
                    is_escaped = false;
                } else if c == '\\' {
                    is_escaped = true;
                } else {
                    prop_assert!(!"`|*[]~".contains(c), "{escaped:?}");
                }
            }
        }
    }

    #[test]
    fn report_text_says_what_cannot_be_seen() {
        assert_eq!(html("a\x07b\u{202e}c\x7f"), "a\u{2407}b⟨U+202E⟩c\u{2421}");
        assert_eq!(xml("a\x07\0b\u{fffe}"), "ab");
        assert_eq!(plain("10 %\r50 %\r100 %\r\nend"), "100 %\nend");
        assert_eq!(plain("\x1b]0;no end\nnext"), "\nnext");
        assert_eq!(
            markdown("a|b `c` snake_case _x_ <b>@me http://x"),
            "a\\|b \\`c\\` snake_case \\_x\\_ &lt;b&gt;&#64;me http&#58;//x"
        );
    }
}
