//! Texts in configurations of CircleCI.

use super::Unquotable;

/// A text in which no `<< parameter >>` is seen. YAML is not its matter.
///
/// # Errors
/// A backslash stands before `<<`: nothing says what is read there.
pub fn circleci(text: &str) -> Result<String, Unquotable> {
    if text.contains(r"\<<") {
        return Err(Unquotable::new(r"it has `\<<`"));
    }
    Ok(text.replace("<<", r"\<<"))
}
