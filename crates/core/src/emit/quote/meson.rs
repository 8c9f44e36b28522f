//! Machine files of Meson.
//!
//! They are read by Python's configparser first and as Meson's language then, but
//! with every backslash doubled before: a string has no escapes. A single quote
//! can only stand inside three, where backslashes stay doubled.

use super::{Unquotable, one_line};

/// What is replaced in the whole file before it is read.
const PLACEHOLDERS: [&str; 2] = ["@DIRNAME@", "@GLOBAL_SOURCE_ROOT@"];

/// An expression whose value is the text.
///
/// # Errors
/// The text has a line break; ends with a single quote; or has one before a
/// backslash, or three in a row.
pub fn meson(text: &str) -> Result<String, Unquotable> {
    one_line(text)?;
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\'' {
            plain.push(c);
            // Joined, the halves of a placeholder are what was meant.
            if PLACEHOLDERS
                .iter()
                .any(|name| plain.ends_with(&name[..name.len() - 1]))
            {
                parts.push(format!("'{}'", std::mem::take(&mut plain)));
            }
            continue;
        }
        let mut quotes = String::from(c);
        while let Some(quote) = rest.next_if_eq(&'\'') {
            quotes.push(quote);
        }
        match rest.next() {
            _ if quotes.len() > 2 => {
                return Err(Unquotable::new("it has three single quotes in a row"));
            }
            None => return Err(Unquotable::new("it ends with a single quote")),
            Some('\\') => {
                return Err(Unquotable::new("it has a backslash after a single quote"));
            }
            Some(next) => {
                if !plain.is_empty() {
                    parts.push(format!("'{}'", std::mem::take(&mut plain)));
                }
                parts.push(format!("'''{quotes}{next}'''"));
            }
        }
    }
    if !plain.is_empty() || parts.is_empty() {
        parts.push(format!("'{plain}'"));
    }
    Ok(parts.join(" + "))
}
