//! Values in other languages, so that nothing in them is read as anything but
//! itself. One file a language: whoever writes that language calls it.
//!
//! No text here may hold the character NUL: [`emit`](super::emit) has refused it
//! before, because no environment and no command line can.

mod azure;
mod bazelrc;
mod buildkite;
mod cfg;
mod circleci;
mod cmake;
mod cmd;
mod conda;
mod fish;
mod github;
mod make;
mod meson;
mod ninja;
mod posix;
mod powershell;
mod toml;
mod windows;
mod yaml;

pub use azure::{AZURE_DOLLAR, azure};
pub use bazelrc::bazelrc;
pub use buildkite::buildkite;
pub use cfg::cfg;
pub use circleci::circleci;
pub use cmake::{cmake, preset};
pub use cmd::cmd;
pub use conda::conda;
pub use fish::fish;
pub use github::github;
pub use make::make;
pub use meson::meson;
pub use ninja::{ninja, ninja_path};
pub use posix::{posix, posix_words};
pub use powershell::powershell;
pub use toml::{toml, toml_key};
pub use windows::{windows, windows_words};
pub use yaml::{yaml, yaml_block};

/// Why a language has no words for a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unquotable {
    /// What in the text it is, as the end of a sentence.
    pub reason: &'static str,
}

impl Unquotable {
    pub(crate) fn new(reason: &'static str) -> Self {
        Self { reason }
    }
}

/// A text of one line, where the language has no other.
fn one_line(text: &str) -> Result<&str, Unquotable> {
    if text.contains(['\n', '\r']) {
        Err(Unquotable::new("it has a line break"))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod ci_tests;
#[cfg(test)]
mod tests;
