//! Texts in pipelines that `buildkite-agent pipeline upload` reads.

/// A backslash that a dollar sign may follow: the default of a variable that
/// nobody sets.
const BACKSLASH: &str = r"${CFGMATRIX_BACKSLASH:-\}";

/// A text in which no variable is looked up.
///
/// Two dollar signs stand for one. Two backslashes stand for two, and `\$` for a
/// dollar sign: an odd one before it has to come from elsewhere. YAML is not its
/// matter.
#[must_use]
pub fn buildkite(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        let odd = backslashes % 2 == 1;
        quoted.push_str(&r"\".repeat(backslashes - usize::from(odd)));
        backslashes = 0;
        match (odd, c) {
            (true, '$') => quoted.push_str(BACKSLASH),
            (true, _) => quoted.push('\\'),
            (false, _) => {}
        }
        quoted.push_str(if c == '$' { "$$" } else { "" });
        if c != '$' {
            quoted.push(c);
        }
    }
    quoted.push_str(&r"\".repeat(backslashes));
    quoted
}
