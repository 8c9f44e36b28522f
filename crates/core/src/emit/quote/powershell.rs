//! PowerShell, of Windows and of today.

use super::Unquotable;

/// An expression whose value is the text. All of it is ASCII: Windows PowerShell
/// reads a script in the system's code page, and takes typographic quotes for
/// quotes.
///
/// # Errors
/// The text is empty: a variable of that value would not be there.
pub fn powershell(text: &str) -> Result<String, Unquotable> {
    if text.is_empty() {
        return Err(Unquotable::new(
            "it is empty, which would remove the variable",
        ));
    }
    let mut parts = Vec::new();
    let mut ascii = String::new();
    for c in text.chars() {
        if matches!(c, ' '..='~') {
            ascii.push(c);
            continue;
        }
        // The first part is a text, so that what follows is joined to it.
        if parts.is_empty() || !ascii.is_empty() {
            parts.push(single(&std::mem::take(&mut ascii)));
        }
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        parts.extend(units.map(|unit| format!("[char]0x{unit:04X}")));
    }
    if !ascii.is_empty() {
        parts.push(single(&ascii));
    }
    Ok(parts.join(" + "))
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
