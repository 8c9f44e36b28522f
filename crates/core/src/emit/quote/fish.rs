//! fish.

/// A word of fish: in single quotes, only they and the backslash are escaped.
#[must_use]
pub fn fish(word: &str) -> String {
    format!("'{}'", word.replace('\\', r"\\").replace('\'', r"\'"))
}
