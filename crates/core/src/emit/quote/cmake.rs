//! CMake: its language, and its presets.

/// A quoted argument.
#[must_use]
pub fn cmake(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text of a preset, before it becomes a JSON string: no macro is left in it.
#[must_use]
pub fn preset(text: &str) -> String {
    text.replace('$', "${dollar}")
}
