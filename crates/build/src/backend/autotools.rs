//! A `configure` script, run from the build directory with the variables as its
//! arguments, which it remembers for when it runs itself again.

use std::path::Path;

use cfgmatrix_core::emit::quote;

use super::hook::Hook;
use super::{BackendError, Step};
use crate::outcome::StepName;

/// What scripts made by autoconf take. `LDLIBS` is none of them.
const VARIABLES: [&str; 19] = [
    "CC",
    "CXX",
    "FC",
    "F77",
    "CPPFLAGS",
    "CFLAGS",
    "CXXFLAGS",
    "FFLAGS",
    "FCFLAGS",
    "LDFLAGS",
    "LIBS",
    "AR",
    "RANLIB",
    "NM",
    "MPICC",
    "MPICXX",
    "MPIFC",
    "MPIEXEC",
    "PKG_CONFIG_PATH",
];

/// Whether the script is there already.
pub(super) fn has_script(source: &Path) -> bool {
    source.join("configure").is_file()
}

pub(super) fn steps(hook: &Hook<'_, '_>) -> Result<Vec<Step>, BackendError> {
    if hook.source().join("config.status").is_file() && hook.build() != hook.source() {
        return Err(BackendError::ConfiguredInPlace {
            path: hook.source().to_owned(),
        });
    }
    let mut steps = Vec::new();
    if !has_script(hook.source()) {
        let make_script = Step::new(StepName::Configure, "autoreconf", hook.source())
            .args(["--install", "--force"]);
        steps.push(make_script);
    }
    let script = hook.source().join("configure");
    let mut configure = Step::new(StepName::Configure, script, hook.build());
    if let Some(prefix) = hook.install() {
        configure = configure.joined("--prefix=", prefix);
    }
    for (name, value) in hook.variables(&VARIABLES) {
        let value = match flag_words(hook, name)? {
            Some(words) => words,
            None => value.to_owned(),
        };
        configure = configure.arg(format!("{name}={value}"));
    }
    steps.push(configure);
    let make = |name| {
        let step = Step::new(name, super::make::PROGRAM, hook.build());
        match hook.jobs.own() {
            Some(jobs) => step.arg(format!("-j{jobs}")),
            None => step,
        }
    };
    steps.push(make(StepName::Build));
    steps.push(make(StepName::Test).arg("check"));
    if hook.install().is_some() {
        steps.push(make(StepName::Install).arg("install"));
    }
    Ok(steps)
}

/// Flags as both of their readers take them; nothing for what are no flags, or
/// are said by the configuration's own environment.
///
/// The script's trials split them at spaces and take quotes for letters, so that a
/// word in quotes would be a file to them; what they see of a backslash does no
/// harm. Then make expands them, and a shell takes the backslashes away.
fn flag_words(hook: &Hook<'_, '_>, name: &str) -> Result<Option<String>, BackendError> {
    let configuration = &hook.variant.configuration;
    let flags = &configuration.flags;
    let refuse = |what: String| BackendError::Inexpressible {
        backend: hook.backend,
        what,
        reason: "its trials of the compiler split commands and flags at every space",
    };
    if configuration.env.contains_key(name) || configuration.run_env.contains_key(name) {
        return Ok(None);
    }
    let words = match name {
        "CPPFLAGS" => &flags.cppflags,
        "CFLAGS" => &flags.cflags,
        "CXXFLAGS" => &flags.cxxflags,
        "FFLAGS" | "FCFLAGS" => &flags.fflags,
        "LDFLAGS" => &flags.ldflags,
        "LIBS" => &flags.libs,
        _ => {
            let value = hook.variable(name).unwrap_or_default();
            return if value.contains(['\'', '"', '\\']) {
                Err(refuse(format!("{name}={value}")))
            } else {
                Ok(None)
            };
        }
    };
    let mut quoted = Vec::new();
    for word in words {
        if word.contains(char::is_whitespace) {
            return Err(refuse(format!("`{}` in {name}", quote::posix(word))));
        }
        quoted.push(backslashed(word));
    }
    Ok(Some(quoted.join(" ")))
}

/// A word of a shell within a makefile, without quotes.
fn backslashed(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            '$' => text.push_str("\\$$"),
            _ if c.is_alphanumeric() || "-_./,:@%+=^".contains(c) => text.push(c),
            _ => text.extend(['\\', c]),
        }
    }
    text
}
