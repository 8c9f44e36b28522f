//! GNU make.

use super::{Unquotable, one_line};

/// The value of a variable, after `NAME := `.
///
/// # Errors
/// The text has a line break.
pub fn make(text: &str) -> Result<String, Unquotable> {
    one_line(text)?;
    let mut value = String::with_capacity(text.len());
    // Space before a value is no part of it; an empty reference is.
    if text.starts_with([' ', '\t']) {
        value.push_str("$()");
    }
    let mut backslashes = 0;
    for c in text.chars() {
        match c {
            '$' => value.push('$'),
            // Those before a `#` are halved, and one more makes it a letter.
            '#' => value.extend(std::iter::repeat_n('\\', backslashes + 1)),
            _ => {}
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        value.push(c);
    }
    // The last one would continue the line; space at an end is easily lost.
    if backslashes > 0 || text.ends_with([' ', '\t']) {
        value.push_str("$()");
    }
    Ok(value)
}
