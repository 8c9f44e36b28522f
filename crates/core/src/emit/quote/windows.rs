//! Command lines of Windows, as its C library splits them.

/// An argument. A POSIX shell reads it as the same where it holds no `"`, no
/// dollar, no backquote and no two backslashes in a row or at its end.
#[must_use]
pub fn windows(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:@%+=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut quoted = String::from('"');
    let mut backslashes = 0;
    for c in word.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                // Those before a quote are halved, and one more makes it a letter.
                quoted.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(c);
    }
    quoted.extend(std::iter::repeat_n('\\', backslashes));
    quoted.push('"');
    quoted
}

/// Arguments, with spaces between them.
#[must_use]
pub fn windows_words<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| windows(word.as_ref())).collect();
    quoted.join(" ")
}
