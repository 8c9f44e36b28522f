//! POSIX shells: sh, dash, bash, zsh, ksh.

/// What needs no quotes in any of them, wherever it stands. Braces, `!`, `^` and
/// `=` at the start mean something to some of them only.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./,:@%+=".contains(c)
}

/// A word of a POSIX shell.
#[must_use]
pub fn posix(word: &str) -> String {
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Words of a POSIX shell, with spaces between them.
#[must_use]
pub fn posix_words<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| posix(word.as_ref())).collect();
    quoted.join(" ")
}
