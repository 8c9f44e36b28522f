//! The closed word lists: languages, operating systems, processor architectures.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A word that is in no list, with the nearest words that are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{name}`{}{}", self.expectation(), suggest_suffix(.suggestions))]
pub struct UnknownWord {
    /// What the word should have named, such as `language`.
    pub what: &'static str,
    /// The word itself.
    pub name: String,
    /// The nearest known words, best first; may be empty.
    pub suggestions: Vec<String>,
    /// All known words, where none is near and they are few.
    pub expected: Vec<String>,
}

fn suggest_suffix(suggestions: &[String]) -> String {
    did_you_mean(suggestions).map_or_else(String::new, |question| format!("; {question}"))
}

/// The question that a message ends with where a word is near others.
pub(crate) fn did_you_mean(suggestions: &[String]) -> Option<String> {
    let quoted: Vec<String> = suggestions.iter().map(|word| format!("`{word}`")).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

impl UnknownWord {
    /// More words than this are no help in a message.
    const FEW: usize = 12;

    /// `name` was looked for among `known`.
    pub fn new<'a>(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let word = Self {
            what,
            name: name.to_owned(),
            suggestions: nearest(name, known.iter().copied()),
            expected: Vec::new(),
        };
        word.expecting(&known)
    }

    /// The words to show where none is near, if they are few.
    pub(crate) fn expecting(mut self, words: &[&str]) -> Self {
        if self.suggestions.is_empty() && words.len() <= Self::FEW {
            self.expected = words.iter().map(|&word| word.to_owned()).collect();
        }
        self
    }

    /// What was expected, as the continuation of a message.
    pub(crate) fn expectation(&self) -> String {
        let quoted: Vec<String> = self
            .expected
            .iter()
            .map(|word| format!("`{word}`"))
            .collect();
        match quoted.as_slice() {
            [] => String::new(),
            [only] => format!(", expected {only}"),
            [first, second] => format!(", expected {first} or {second}"),
            _ => format!(", expected one of {}", quoted.join(", ")),
        }
    }
}

/// At most three of `known` that `name` may have been meant as, best first.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|word| {
            let distance = strsim::damerau_levenshtein(&name, &word.to_lowercase());
            let close = distance <= 1 + name.chars().count() / 4;
            let inside = name.len() >= 3
                && (word.contains(name.as_str()) || name.contains(word) && word.len() >= 3);
            (close || inside).then_some((distance, word))
        })
        .collect();
    ranked.sort_unstable();
    ranked.dedup_by_key(|(_, word)| *word);
    ranked
        .into_iter()
        .take(3)
        .map(|(_, word)| word.to_owned())
        .collect()
}

/// A closed list of words, as an enum that reads and writes them.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal, { $($(#[$variant_meta:meta])* $variant:ident = $text:literal $(, $alias:literal)* ;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word used in documents and output.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::name::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text.to_ascii_lowercase().as_str() {
                    $($text $(| $alias)* => Ok(Self::$variant),)+
                    _ => Err($crate::name::UnknownWord::new($what, text, [$($text $(, $alias)*),+]).expecting(&[$($text),+])),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::document::from_text(deserializer)
            }
        }
    };
}

#[cfg(feature = "matrix")]
pub(crate) use words;

words! {
    /// A source language.
    Language, "language", {
        /// C.
        C = "c";
        /// C++.
        Cxx = "cxx", "c++", "cpp", "cc";
        /// Fortran, any standard.
        Fortran = "fortran", "f", "fc", "f77", "f90", "f95";
    }
}

words! {
    /// An operating system that programs are built for.
    Os, "operating system", {
        /// Linux with any C library.
        Linux = "linux";
        /// macOS.
        Macos = "macos", "darwin", "osx";
        /// Windows, with either C run-time library.
        Windows = "windows", "win32";
        /// FreeBSD.
        Freebsd = "freebsd";
        /// OpenBSD.
        Openbsd = "openbsd";
        /// NetBSD.
        Netbsd = "netbsd";
        /// Solaris and illumos.
        Solaris = "solaris", "illumos", "sunos";
        /// AIX.
        Aix = "aix";
        /// Android.
        Android = "android";
    }
}

words! {
    /// A processor architecture that programs are built for.
    Arch, "architecture", {
        /// 32-bit x86.
        X86 = "x86", "i386", "i486", "i586", "i686";
        /// 64-bit x86.
        X86_64 = "x86_64", "amd64", "x64", "x86-64";
        /// 32-bit Arm.
        Arm = "arm", "armv7", "armv7l";
        /// 64-bit Arm.
        Aarch64 = "aarch64", "arm64";
        /// POWER, big-endian.
        Ppc64 = "ppc64", "powerpc64", "powerpc";
        /// POWER, little-endian.
        Ppc64le = "ppc64le", "powerpc64le";
        /// 64-bit RISC-V.
        Riscv64 = "riscv64", "riscv64gc";
        /// IBM Z.
        S390x = "s390x";
        /// 64-bit SPARC.
        Sparc64 = "sparc64", "sparcv9", "sparc";
    }
}

/// The system that programs are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Operating system.
    pub os: Os,
    /// Processor architecture.
    pub arch: Arch,
}

impl Target {
    /// The system named by a target triple such as `x86_64-pc-linux-gnu`, or
    /// `None` where a part of it is not known here.
    #[must_use]
    pub fn from_triple(triple: &str) -> Option<Self> {
        let lower = triple.to_ascii_lowercase();
        let arch = lower.split('-').next()?.parse().ok()?;
        let os = if lower.contains("android") {
            Os::Android
        } else if lower.contains("mingw")
            || lower.contains("windows")
            || lower.contains("msvc")
            || lower.contains("cygwin")
        {
            Os::Windows
        } else {
            lower.split('-').skip(1).find_map(|part| {
                let name = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                name.parse().ok()
            })?
        };
        Some(Self { os, arch })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.arch, self.os)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        assert_eq!(nearest("gc", ["gcc", "clang", "nvcc"]), ["gcc"]);
        assert_eq!(
            nearest("opnemp", ["openmp", "openmp-simd", "debug"]),
            ["openmp"]
        );
        assert!(nearest("zzz", ["gcc", "clang"]).is_empty());
    }

    #[test]
    fn triples() {
        for (triple, expected) in [
            ("x86_64-pc-linux-gnu", "x86_64-linux"),
            ("x86_64-linux-gnu", "x86_64-linux"),
            ("x86_64-w64-mingw32", "x86_64-windows"),
            ("x86_64-pc-windows-msvc", "x86_64-windows"),
            ("arm64-apple-darwin22.6.0", "aarch64-macos"),
            ("aarch64--linux-gnu", "aarch64-linux"),
            ("powerpc64le-unknown-linux-gnu", "ppc64le-linux"),
            ("x86_64-unknown-freebsd14.0", "x86_64-freebsd"),
        ] {
            assert_eq!(
                Target::from_triple(triple).unwrap().to_string(),
                expected,
                "{triple}"
            );
        }
        assert_eq!(Target::from_triple("wasm32-unknown-unknown"), None);
    }
}
