//! Command lines without repetition.

/// A command line that is built up: what is already there is not put twice.
///
/// A switch and its separate argument (`-h omp`) are one unit, so that `-h omp
/// -h pic` keeps both `-h`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<Vec<String>>);

impl Tokens {
    /// Appends what is not there yet.
    pub fn extend<S: AsRef<str>>(&mut self, tokens: impl IntoIterator<Item = S>) {
        let mut unit: Vec<String> = Vec::new();
        for token in tokens {
            let token = token.as_ref();
            let joins = unit
                .last()
                .is_some_and(|last| takes_argument(last) || !token.starts_with(['-', '/', '+']));
            if !joins {
                self.put(std::mem::take(&mut unit));
            }
            unit.push(token.to_owned());
        }
        self.put(unit);
    }

    fn put(&mut self, unit: Vec<String>) {
        if !unit.is_empty() && !self.0.contains(&unit) {
            self.0.push(unit);
        }
    }

    /// The tokens in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<String> {
        self.0.into_iter().flatten().collect()
    }
}

/// Switches whose argument is the next token, even if it begins with a dash.
fn takes_argument(token: &str) -> bool {
    const SWITCHES: [&str; 11] = [
        "-h",
        "-Xpreprocessor",
        "-Xclang",
        "-Xcompiler",
        "-Xlinker",
        "-MF",
        "-MT",
        "-MQ",
        "-module",
        "-framework",
        "-e",
    ];
    SWITCHES.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_keeps_its_argument() {
        let mut tokens = Tokens::default();
        tokens.extend(["-h", "omp"]);
        tokens.extend(["-h", "PIC"]);
        tokens.extend(["-h", "omp"]);
        tokens.extend(["-Xpreprocessor", "-fopenmp", "-O3", "-O3"]);
        assert_eq!(
            tokens.into_vec(),
            [
                "-h",
                "omp",
                "-h",
                "PIC",
                "-Xpreprocessor",
                "-fopenmp",
                "-O3"
            ]
        );
    }
}
