//! Pipelines of CI services: one job a variant.
//!
//! Each service has limits and a language of its own within YAML's texts. What a
//! service cannot be told is refused; what is too much for it is split, and never
//! left out.

pub(super) mod azure;
pub(super) mod buildkite;
pub(super) mod circleci;
pub(super) mod github;
pub(super) mod gitlab;

mod limit;
mod pattern;
mod yaml;

use std::num::NonZeroU32;

use super::{EmitOptions, Format, MARK};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// The comment at the top of a file: what wrote it, and from which matrix.
fn heading(format: Format, expansion: &Expansion<'_>, more: &[String]) -> String {
    let name = expansion.name.escape_debug();
    let mut text =
        format!("# {MARK}; `cfgmatrix emit {format}` writes it anew\n# matrix: {name}\n");
    for line in more {
        text.push_str("# ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The matrix's name as a part of a file's or a workflow's.
fn stem(expansion: &Expansion<'_>) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "_-.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let stem: String = expansion.name.chars().take(100).map(plain).collect();
    let stem = stem.trim_matches(|c| c == '-' || c == '.');
    if stem.is_empty() {
        "cfgmatrix".to_owned()
    } else {
        stem.to_owned()
    }
}

/// What a job runs: lines of setup, and those that build and test.
struct Work<'a> {
    setup: &'a [String],
    commands: &'a [String],
}

impl<'a> Work<'a> {
    /// What one service's table says, else what stands for all.
    ///
    /// # Errors
    /// There is nothing to run.
    fn new(
        format: Format,
        options: &'a EmitOptions,
        setup: Option<&'a Vec<String>>,
        commands: Option<&'a Vec<String>>,
    ) -> Result<Self, Error> {
        let commands = commands.unwrap_or(&options.commands);
        if commands.is_empty() {
            return Err(Error::NoCommands { format });
        }
        Ok(Self {
            setup: setup.unwrap_or(&options.setup),
            commands,
        })
    }
}

/// Lines of a shell as one text.
fn script(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |text, line| {
        text + line.trim_end_matches('\n') + "\n"
    })
}

/// Where all variants have the same, what they have.
fn common<T: PartialEq + Clone>(all: &[T]) -> Option<T> {
    let first = all.first()?;
    all.iter().all(|one| one == first).then(|| first.clone())
}

/// What tells one of several files from the others; nothing where there is one.
fn numbered(at: usize, several: bool) -> String {
    if several {
        format!("-{}", at + 1)
    } else {
        String::new()
    }
}

/// The most jobs at a time of each of several parts, so that together they stay
/// within what all may have, if there are not more parts than that.
fn share(max_parallel: Option<NonZeroU32>, parts: usize) -> Option<u32> {
    let parts = u32::try_from(parts.max(1)).unwrap_or(u32::MAX);
    max_parallel.map(|most| (most.get() / parts).max(1))
}

/// Names of variants as names of a language with fewer letters: the rest becomes
/// `joint`, and where that makes two the same, each has a digest of its own name.
fn names(
    variants: &[Variant<'_>],
    longest: usize,
    joint: char,
    is_letter: impl Fn(char) -> bool,
) -> Vec<String> {
    use sha2::{Digest as _, Sha256};
    let plain: Vec<String> = variants
        .iter()
        .map(|variant| {
            let letters = variant.name.chars();
            let name: String = letters
                .map(|c| if is_letter(c) { c } else { joint })
                .collect();
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                name
            } else {
                format!("v{joint}{name}")
            }
        })
        .collect();
    let mut counts = std::collections::HashMap::new();
    for name in &plain {
        *counts.entry(name.to_ascii_lowercase()).or_insert(0) += 1;
    }
    let digest = |name: &str| -> String {
        let digest = Sha256::digest(name.as_bytes());
        digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
    };
    let named = plain.iter().zip(variants);
    named
        .map(|(name, variant)| {
            if name.len() <= longest && counts[&name.to_ascii_lowercase()] == 1 {
                return name.clone();
            }
            let digest = digest(&variant.name);
            // All of it is ASCII by now.
            let kept = &name[..name.len().min(longest - digest.len() - 1)];
            format!("{kept}{joint}{digest}")
        })
        .collect()
}
