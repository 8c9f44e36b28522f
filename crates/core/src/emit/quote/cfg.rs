//! Configuration files as Python's configparser reads them, which distutils and
//! setuptools do with interpolation.

use super::{Unquotable, one_line};

/// The value of an option, after `name = `.
///
/// # Errors
/// The text has a line break, or space at its start or end, which is stripped.
pub fn cfg(text: &str) -> Result<String, Unquotable> {
    one_line(text)?;
    // Python counts the separators of ASCII as space, too.
    let is_space = |c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f');
    if text.trim_matches(is_space) != text {
        return Err(Unquotable::new("it has space at its start or end"));
    }
    Ok(text.replace('%', "%%"))
}
