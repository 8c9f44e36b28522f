//! Ninja.

use super::{Unquotable, one_line};

/// The value of a variable, after `name = `.
///
/// # Errors
/// The text has a line break.
pub fn ninja(text: &str) -> Result<String, Unquotable> {
    let escaped = one_line(text)?.replace('$', "$$");
    // Space before a value is no part of it.
    Ok(if escaped.starts_with(' ') {
        format!("${escaped}")
    } else {
        escaped
    })
}

/// A path of a build statement.
///
/// # Errors
/// The text has a line break, or a `|`, for which there is no escape.
pub fn ninja_path(text: &str) -> Result<String, Unquotable> {
    let text = one_line(text)?;
    if text.contains('|') {
        return Err(Unquotable::new("it has a `|`"));
    }
    Ok(text
        .replace('$', "$$")
        .replace(' ', "$ ")
        .replace(':', "$:"))
}
