//! Bazel's rc files.

use super::{Unquotable, one_line};

/// A word of a line.
///
/// # Errors
/// The text has a line break: lines are split before quotes are seen.
pub fn bazelrc(word: &str) -> Result<String, Unquotable> {
    one_line(word)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:@%+=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Ok(word.to_owned());
    }
    let mut quoted = String::from('"');
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '"' || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
        // Before words are split, `${NAME}` is taken from the environment.
        if c == '$' && rest.peek() == Some(&'{') {
            quoted.push('\\');
        }
    }
    quoted.push('"');
    Ok(quoted)
}
