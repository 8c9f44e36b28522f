//! Texts in workflows of GitHub Actions.

use super::Unquotable;

/// The longest expression, in units of UTF-16.
const LONGEST: usize = 21_000;

/// A text in which nothing is evaluated. YAML is not its matter.
///
/// Where it has `${{`, all of it is one expression that is a text in quotes, and
/// GitHub takes that for the text. With parts of it as expressions, the rest would
/// pass GitHub's function `format`.
///
/// # Errors
/// It would be longer than expressions may be.
pub fn github(text: &str) -> Result<String, Unquotable> {
    if !text.contains("${{") {
        return Ok(text.to_owned());
    }
    let expression = format!("'{}'", text.replace('\'', "''"));
    if expression.encode_utf16().count() > LONGEST {
        let reason = "it has `${{`, and is longer than GitHub's expressions may be";
        return Err(Unquotable::new(reason));
    }
    Ok(format!("${{{{ {expression} }}}}"))
}
