//! The command interpreter of Windows, in a batch file.

use super::{Unquotable, one_line};

/// The longest line that it reads.
const LINE: usize = 8191;

/// What stands between `set "` and `"` for a variable to hold the text, while
/// delayed expansion is off.
///
/// # Errors
/// The text has a line break or another control character, is empty (the variable
/// would not be there), or is longer than a line.
pub fn cmd(text: &str) -> Result<String, Unquotable> {
    one_line(text)?;
    if text.is_empty() {
        return Err(Unquotable::new(
            "it is empty, which would remove the variable",
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Unquotable::new("it has a control character"));
    }
    let mut quoted = String::with_capacity(text.len());
    // `set` takes what is before the last quote; the parser before it counts each.
    let mut in_quotes = true;
    for c in text.chars() {
        match c {
            '%' => quoted.push_str("%%"),
            '"' => {
                in_quotes = !in_quotes;
                quoted.push(c);
            }
            '&' | '|' | '<' | '>' | '^' | '(' | ')' if !in_quotes => {
                quoted.push('^');
                quoted.push(c);
            }
            _ => quoted.push(c),
        }
    }
    if quoted.len() > LINE / 2 {
        return Err(Unquotable::new("it is longer than a line may be"));
    }
    Ok(quoted)
}
