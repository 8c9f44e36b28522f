//! YAML, so that readers of version 1.1 and of 1.2 read the same.

use std::fmt::Write as _;

/// Words that some reader takes for a truth value, for nothing, or for a number.
const WORDS: [&str; 12] = [
    "y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan", ".inf", ".nan",
];

/// A text on one line: as it stands where no reader takes it for anything else,
/// otherwise in double quotes as JSON has them.
#[must_use]
pub fn yaml(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_seen(c) => quoted.push(c),
            // What is not seen has its place below U+10000: above it are only
            // characters that every reader takes as they are.
            c => write!(quoted, "\\u{:04x}", u32::from(c)).expect("writing to a String works"),
        }
    }
    quoted.push('"');
    quoted
}

/// Lines as a block below a key, without the indentation: the sign that begins
/// it, and the lines. Nothing where a reader could change one of them.
#[must_use]
pub fn yaml_block(text: &str) -> Option<(&'static str, Vec<&str>)> {
    let (sign, lines) = match text.strip_suffix('\n') {
        Some(lines) => ("|", lines),
        None => ("|-", text),
    };
    let lines: Vec<&str> = lines.split('\n').collect();
    let is_kept = |line: &&str| {
        line.chars().all(|c| c == '\t' || is_seen(c))
            && !line.starts_with('\t')
            && !line.ends_with([' ', '\t'])
    };
    let (first, last) = (lines.first()?, lines.last()?);
    let begins = !first.is_empty() && !first.starts_with(' ');
    (lines.iter().all(is_kept) && begins && !last.is_empty()).then_some((sign, lines))
}

/// Whether a text is itself without quotes, wherever a value or a key may stand.
fn is_plain(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = text.strip_prefix(['/', '.']);
    let begins =
        text.starts_with(is_letter) || rest.is_some_and(|rest| rest.starts_with(is_letter));
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-./+=@^, ".contains(c);
    // A colon ends a key, if a space or nothing follows.
    let fits_with_colons = || {
        let mut parts = text.split(':');
        let first = parts.next().is_some_and(|part| part.chars().all(fits));
        first
            && parts.all(|part| {
                part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
                    && part.chars().all(fits)
            })
    };
    begins
        && !text.ends_with(' ')
        && fits_with_colons()
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a character is written as it is: one that is seen, and that no reader
/// takes for the end of a line, a mark of the file's encoding or an error.
fn is_seen(c: char) -> bool {
    const HIDDEN: [std::ops::RangeInclusive<char>; 6] = [
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{fdd0}'..='\u{fdef}',
        '\u{feff}'..='\u{feff}',
        '\u{fff0}'..='\u{ffff}',
    ];
    !c.is_control()
        && (c == ' ' || !c.is_whitespace())
        && !HIDDEN.iter().any(|range| range.contains(&c))
}
