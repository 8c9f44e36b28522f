//! What of the caller's environment a build may see.

use std::ffi::{OsStr, OsString};

/// Variables that say who and where the user is and how to reach the network:
/// without them programs do not work. None of them changes what is built.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CCACHE_DIR",
    "SCCACHE_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSH_AUTH_SOCK",
    "SOURCE_DATE_EPOCH",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    // Windows
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATHEXT",
    "APPDATA",
    "LOCALAPPDATA",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "USERPROFILE",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
    // macOS
    "DEVELOPER_DIR",
    "__CF_USER_TEXT_ENCODING",
];

/// Compilers that are paid for ask a server whether they may run, and variables
/// that end so say where it is: `INTEL_LICENSE_FILE`, `LM_LICENSE_FILE`.
const LICENCE: &str = "_LICENSE_FILE";

/// Whether a variable of the caller's reaches a build: one of those that are
/// passed always, or one that the user names. Windows does not tell case apart.
#[must_use]
pub fn passes(name: &OsStr, named: &[String]) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let same = |other: &str| {
        if cfg!(windows) {
            other.eq_ignore_ascii_case(name)
        } else {
            other == name
        }
    };
    PASSED.iter().copied().any(same)
        || name.ends_with(LICENCE)
        || named.iter().map(String::as_str).any(same)
}

/// The variables that reach a build, of all that the caller has.
pub fn passed<'a>(
    variables: impl IntoIterator<Item = (&'a OsStr, &'a OsStr)>,
    named: &[String],
) -> Vec<(OsString, OsString)> {
    let variables = variables.into_iter();
    variables
        .filter(|(name, _)| passes(name, named))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_build_does_not_pass_unless_it_is_named() {
        let passes = |name: &str, named: &[&str]| {
            let named: Vec<String> = named.iter().map(|&name| name.to_owned()).collect();
            super::passes(OsStr::new(name), &named)
        };
        for name in ["PATH", "HOME", "LM_LICENSE_FILE", "https_proxy"] {
            assert!(passes(name, &[]), "{name}");
        }
        for name in [
            "CFLAGS",
            "CC",
            "CPATH",
            "LIBRARY_PATH",
            "LD_LIBRARY_PATH",
            "LD_PRELOAD",
            "MAKEFLAGS",
            "OMP_NUM_THREADS",
            "PKG_CONFIG_PATH",
            "PYTHONPATH",
            "LC_ALL",
            "RUSTFLAGS",
        ] {
            assert!(!passes(name, &[]), "{name}");
            assert!(passes(name, &["X", name]), "{name}");
        }
    }
}
