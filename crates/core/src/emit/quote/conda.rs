//! YAML as conda-build and rattler-build read it.

use std::fmt::Write as _;

/// A text in double quotes, all ASCII.
///
/// Both tools look at the lines before they read YAML, whatever is in quotes: for
/// `# [SELECTOR]` at an end, for Jinja's braces, for Python that they rewrite.
/// What they look for is written as escapes.
#[must_use]
pub fn conda(text: &str) -> String {
    /// Texts that rattler-build rewrites.
    const REWRITTEN: [(&str, &str); 2] = [
        (".startswith", "\\x2estartswith"),
        ("os.environ.get", "os\\x2eenviron.get"),
    ];
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '#' | '[' | ']' | '{' | '}' => {
                write!(quoted, "\\x{:02x}", u32::from(c)).expect("writing to a String works");
            }
            ' '..='~' => quoted.push(c),
            c => {
                let code = u32::from(c);
                match code {
                    0..=0xff => write!(quoted, "\\x{code:02x}"),
                    0x100..=0xffff => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                }
                .expect("writing to a String works");
            }
        }
    }
    quoted.push('"');
    for (text, escaped) in REWRITTEN {
        quoted = quoted.replace(text, escaped);
    }
    quoted
}
