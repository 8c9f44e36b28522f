//! What is to be done for one variant.

use std::time::Duration;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::digest::{digest_of, hexadecimal};

/// What is to be done for one variant, in an environment of its own.
#[derive(Clone, Debug)]
pub struct Job {
    /// The variant's name.
    pub variant: String,
    /// The id of its configuration.
    pub id: String,
    /// Its value of each axis.
    pub axes: Vec<(String, String)>,
    /// What decides the steps beside the configuration: the commands, or the back
    /// end and the sources that it builds.
    pub recipe: String,
    /// The configuration's variables, over what the caller's passes.
    pub environment: Vec<(String, String)>,
    /// How long each step may take; for ever where it is nothing.
    pub limit: Option<Duration>,
    /// How often a step that fails is started again.
    pub retries: u32,
}

impl Job {
    /// What decides the outcome, as one id: the configuration, what is done with
    /// it, and its variables. An outcome with another one is of something else.
    #[must_use]
    pub fn identity(&self) -> String {
        let document = json!([self.id, self.recipe, self.environment]);
        digest_of(document.to_string().as_bytes())
    }
}

/// A variant's name as the name of a file: what file systems do not take is
/// spelled out. Different names stay different, on file systems that do not tell
/// case apart too.
#[must_use]
pub fn file_name(variant: &str) -> String {
    /// Longer names are cut, and told apart by a digest.
    const LONGEST: usize = 120;
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '+' | '.' | '@');
    let is_plain = !variant.is_empty()
        && variant.len() <= LONGEST
        && variant.chars().all(plain)
        && !variant.starts_with('.')
        && !variant.ends_with('.');
    if is_plain {
        return variant.to_owned();
    }
    let shown: String = variant
        .chars()
        .take(LONGEST / 2)
        .map(|c| if plain(c) && c != '.' { c } else { '_' })
        .collect();
    let digest = Sha256::digest(variant);
    // Plain names have no `~`, so that none of them is taken for this one.
    format!("{shown}~{}", hexadecimal(&digest[..8]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_are_kept_and_others_cannot_leave_the_directory() {
        assert_eq!(file_name("gcc@12-threaded"), "gcc@12-threaded");
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "../x",
            "A",
            "con:",
            "ü",
            "a.",
            &"x".repeat(500),
        ] {
            let file = file_name(name);
            assert!(file.contains('~') && file.len() < 150, "{name}: {file}");
            assert!(!file.contains(['/', '\\', ':']), "{file}");
        }
    }

    proptest! {
        #[test]
        fn different_names_are_different_files(one in "\\PC{0,12}", other in "\\PC{0,12}") {
            prop_assume!(one != other);
            prop_assert_ne!(file_name(&one).to_lowercase(), file_name(&other).to_lowercase());
        }
    }
}
