//! What a value of an axis, or a `[[set]]`, adds to the variants that have it.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::scalar::Scalar;
use crate::configuration::Flags;
use crate::document::UniqueMap;

/// Features, flags, environment, and words for other tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Decoration {
    /// Features, with `=VALUE` where they take one.
    pub(crate) features: Vec<String>,
    /// Macros for the preprocessor, `NAME` or `NAME=VALUE`.
    pub(crate) defines: Vec<String>,
    /// Flags as they are written, after those of features.
    pub(crate) flags: FlagLists,
    /// Environment of the build.
    pub(crate) env: UniqueMap<String, String>,
    /// Environment of the running program.
    pub(crate) run_env: UniqueMap<String, String>,
    /// Labels of the machines that may build it.
    pub(crate) runner: Labels,
    /// For other tools, and for rules.
    pub(crate) vars: UniqueMap<String, Scalar>,
    pub(crate) tags: Vec<String>,
}

impl Decoration {
    /// The keys that a table may have for it.
    pub(crate) const KEYS: [&'static str; 8] = [
        "features", "defines", "flags", "env", "run_env", "runner", "vars", "tags",
    ];

    /// Its flags and macros, added to those of the compiler's features.
    pub(crate) fn add_flags(&self, flags: &mut Flags) {
        let defines = self.defines.iter().map(|define| format!("-D{define}"));
        flags.cppflags.extend(defines);
        let FlagLists {
            cppflags,
            cflags,
            cxxflags,
            fflags,
            ldflags,
            libs,
        } = &self.flags;
        for (into, from) in [
            (&mut flags.cppflags, cppflags),
            (&mut flags.cflags, cflags),
            (&mut flags.cxxflags, cxxflags),
            (&mut flags.fflags, fflags),
            (&mut flags.ldflags, ldflags),
            (&mut flags.libs, libs),
        ] {
            into.extend(from.iter().cloned());
        }
    }
}

/// Flags by who reads them, as lists of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FlagLists {
    cppflags: Vec<String>,
    cflags: Vec<String>,
    cxxflags: Vec<String>,
    fflags: Vec<String>,
    ldflags: Vec<String>,
    libs: Vec<String>,
}

/// One label, or a list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Labels;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label, or a list of labels")
            }
            fn visit_str<E>(self, label: &str) -> Result<Labels, E> {
                Ok(Labels(vec![label.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Labels, A::Error> {
                let mut labels = Vec::new();
                while let Some(label) = seq.next_element()? {
                    labels.push(label);
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}
