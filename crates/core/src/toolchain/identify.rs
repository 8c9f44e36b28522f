//! Telling compilers apart by what they define and what they print. The rules
//! are the families' data; this is only how they are read.

use std::collections::HashMap;

use regex_lite::Regex;
use serde::Deserialize;

use super::family::Family;
use super::knowledge::KnowledgeBase;
use crate::error::Error;
use crate::name::Language;
use crate::version::Version;

/// How one family is recognised.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identify {
    /// Families whose marks this one shows too, so that it wins over them.
    #[serde(default)]
    pub(crate) masks: Vec<String>,
    #[serde(default)]
    pub(crate) macros: Vec<MacroRule>,
    #[serde(default)]
    pub(crate) banners: Vec<BannerRule>,
    /// Patterns that find the target in a banner.
    #[serde(default)]
    pub(crate) targets: Vec<String>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MacroRule {
    pub(crate) languages: Vec<Language>,
    pub(crate) defined: Vec<String>,
    #[serde(default)]
    pub(crate) undefined: Vec<String>,
    pub(crate) version: Vec<VersionRule>,
    #[serde(default)]
    pub(crate) base: Vec<VersionRule>,
    pub(crate) source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

/// One way of reading a version out of macros; of several, the first that
/// applies is taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionRule {
    /// A number whose digits hold several parts.
    #[serde(default, rename = "macro")]
    packed: Option<String>,
    #[serde(default)]
    above: Option<u64>,
    #[serde(default)]
    below: Option<u64>,
    /// Each part is value / first % second (second 0: no remainder taken).
    #[serde(default)]
    fields: Vec<[u64; 2]>,
    /// Macros that each hold one part.
    #[serde(default)]
    parts: Vec<String>,
    /// A macro that holds a text, and where the version is in it.
    #[serde(default)]
    string: Option<String>,
    #[serde(default)]
    pattern: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BannerRule {
    pub(crate) languages: Vec<Language>,
    pub(crate) pattern: String,
    /// The product, where several are sold under one family.
    #[serde(default)]
    pub(crate) product: Option<String>,
    pub(crate) source: String,
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

/// Predefined macros of a compiler, as `-dM -E` prints them.
#[derive(Clone, Debug, Default)]
pub struct MacroSet(HashMap<String, String>);

impl MacroSet {
    /// Reads lines `#define NAME VALUE`; other lines are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let defines = text.lines().filter_map(|line| {
            let rest = line.trim().strip_prefix("#define ")?;
            let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
            Some((name.to_owned(), value.trim().to_owned()))
        });
        Self(defines.collect())
    }

    /// Whether `name` is defined.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text that `name` stands for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<u64> {
        // A macro may be defined as another one.
        let value = self.get(name)?;
        let value = self.get(value).unwrap_or(value);
        let value = value.trim_end_matches(['u', 'U', 'l', 'L']);
        match value.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => value.parse().ok(),
        }
    }
}

impl VersionRule {
    fn read(&self, macros: &MacroSet) -> Option<Version> {
        if let (Some(name), Some(pattern)) = (&self.string, &self.pattern) {
            return captured(pattern, macros.get(name)?, "version");
        }
        let mut parts = Vec::new();
        if let Some(name) = &self.packed {
            let value = macros.number(name)?;
            if self.above.is_some_and(|above| value < above)
                || self.below.is_some_and(|below| value >= below)
            {
                return None;
            }
            for &[divisor, modulus] in &self.fields {
                let part = value / divisor.max(1);
                parts.push(if modulus == 0 { part } else { part % modulus });
            }
        }
        for (position, name) in self.parts.iter().enumerate() {
            match macros.number(name) {
                Some(part) => parts.push(part),
                // A leading part must be there; trailing ones came with later releases.
                None if position == 0 && parts.is_empty() => return None,
                None => break,
            }
        }
        let parts: Option<Vec<u32>> = parts
            .into_iter()
            .map(|part| u32::try_from(part).ok())
            .collect();
        parts.filter(|parts| !parts.is_empty()).map(Version::new)
    }

    fn check(&self) -> Result<(), String> {
        let texts = usize::from(self.string.is_some()) + usize::from(self.pattern.is_some());
        let numbers = self.packed.is_some() || !self.parts.is_empty();
        match (texts, numbers) {
            (2, false) => check_pattern(self.pattern.as_deref().unwrap_or_default(), Some("version")),
            (0, true) if self.packed.is_some() != self.fields.is_empty() => Ok(()),
            _ => Err("a version is read from `parts`, from `macro` with `fields`, or from `string` with `pattern`".to_owned()),
        }
    }
}

impl Identify {
    pub(crate) fn check(&self) -> Result<(), String> {
        for rule in &self.macros {
            if rule.defined.is_empty()
                || rule.version.is_empty()
                || rule.source.is_empty()
                || rule.languages.is_empty()
            {
                return Err(
                    "a macro rule needs `languages`, `defined`, `version` and `source`".to_owned(),
                );
            }
            rule.version
                .iter()
                .chain(&rule.base)
                .try_for_each(VersionRule::check)?;
        }
        for rule in &self.banners {
            if rule.source.is_empty() || rule.languages.is_empty() {
                return Err("a banner rule needs `languages` and `source`".to_owned());
            }
            check_pattern(&rule.pattern, None)?;
        }
        self.targets
            .iter()
            .try_for_each(|pattern| check_pattern(pattern, Some("target")))
    }
}

pub(super) fn check_pattern(pattern: &str, group: Option<&str>) -> Result<(), String> {
    let regex = Regex::new(pattern)
        .map_err(|error| format!("`{pattern}` is no regular expression: {error}"))?;
    if let Some(group) = group
        && !regex.capture_names().flatten().any(|name| name == group)
    {
        return Err(format!("`{pattern}` needs a group `(?P<{group}>…)`"));
    }
    Ok(())
}

fn captured(pattern: &str, text: &str, group: &str) -> Option<Version> {
    let captures = Regex::new(pattern).ok()?.captures(text)?;
    Version::from_printed(captures.name(group)?.as_str())
}

/// What a compiler is, and what told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identification {
    /// Family id.
    pub family: String,
    /// Its own version, where the evidence tells.
    pub version: Option<Version>,
    /// The family it is built from, and at which version where that is known.
    pub base: Option<(String, Option<Version>)>,
    /// Target as the compiler writes it.
    pub target: Option<String>,
    /// The product, where several are sold under one family.
    pub product: Option<String>,
    /// The rule that decided, with its document.
    pub decided_by: String,
}

/// Why a compiler could not be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unidentified {
    /// No family's marks are there.
    #[error("no compiler family is known by this {evidence}")]
    NoMatch {
        /// Banner or macros.
        evidence: &'static str,
    },
    /// Several families' marks are there, and none of them derives from the others.
    #[error("this {evidence} could be of {}", .families.join(" or "))]
    Ambiguous {
        /// Banner or macros.
        evidence: &'static str,
        /// Their ids.
        families: Vec<String>,
    },
}

struct Match<'k> {
    family: &'k Family,
    version: Option<Version>,
    base: Option<Version>,
    target: Option<String>,
    product: Option<String>,
    decided_by: String,
}

impl KnowledgeBase {
    /// Tells a compiler by what it prints (both streams of `--version`, `-V`,
    /// `-qversion`, … together, in any order).
    ///
    /// # Errors
    /// A knowledge base that does not load, or a banner that tells no family.
    pub fn identify_banner(
        &self,
        text: &str,
    ) -> Result<Result<Identification, Unidentified>, Error> {
        let text = text.replace("\r\n", "\n");
        let mut matches = Vec::new();
        for (family, document) in self.loaded_families()? {
            for rule in &family.identify.banners {
                let Some(captures) = Regex::new(&rule.pattern)
                    .ok()
                    .and_then(|regex| regex.captures(&text))
                else {
                    continue;
                };
                let version_of = |group| {
                    captures
                        .name(group)
                        .and_then(|found| Version::from_printed(found.as_str()))
                };
                let target = captures
                    .name("target")
                    .map(|found| found.as_str().to_owned());
                matches.push(Match {
                    family,
                    version: version_of("version"),
                    base: version_of("base"),
                    target: target.or_else(|| printed_target(family, &text)),
                    product: rule.product.clone(),
                    decided_by: format!(
                        "banner: {} ({})",
                        first_line(&captures[0]),
                        document.name()
                    ),
                });
                break;
            }
        }
        Ok(decide(matches, "banner"))
    }

    /// Whether some family passes for `family` by its macros, having none of its
    /// own, so that the banner must be asked too.
    ///
    /// # Errors
    /// A knowledge base that does not load.
    pub fn may_be_another(&self, family: &str, language: Language) -> Result<bool, Error> {
        let passes = |other: &Family| {
            other.identify.masks.iter().any(|masked| masked == family)
                && other.languages.contains(&language)
                && !other
                    .identify
                    .macros
                    .iter()
                    .any(|rule| rule.languages.contains(&language))
                && !other.identify.banners.is_empty()
        };
        Ok(self
            .loaded_families()?
            .into_iter()
            .any(|(other, _)| passes(other)))
    }

    /// Tells a compiler by the macros that it defines.
    ///
    /// # Errors
    /// A knowledge base that does not load, or macros that tell no family.
    pub fn identify_macros(
        &self,
        language: Language,
        macros: &MacroSet,
    ) -> Result<Result<Identification, Unidentified>, Error> {
        let mut matches = Vec::new();
        for (family, document) in self.loaded_families()? {
            let rule = family.identify.macros.iter().find(|rule| {
                rule.languages.contains(&language)
                    && rule.defined.iter().all(|name| macros.has(name))
                    && !rule.undefined.iter().any(|name| macros.has(name))
            });
            // A rule whose version cannot be read does not hold: AOCC is known
            // from clang by nothing but the text of its version.
            if let Some(rule) = rule
                && let Some(version) = rule.version.iter().find_map(|version| version.read(macros))
            {
                matches.push(Match {
                    family,
                    version: Some(version),
                    base: rule.base.iter().find_map(|version| version.read(macros)),
                    target: None,
                    product: None,
                    decided_by: format!("macro: {} ({})", rule.defined.join(", "), document.name()),
                });
            }
        }
        Ok(decide(matches, "set of macros"))
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}

fn printed_target(family: &Family, text: &str) -> Option<String> {
    family.identify.targets.iter().find_map(|pattern| {
        let captures = Regex::new(pattern).ok()?.captures(text)?;
        Some(captures.name("target")?.as_str().to_owned())
    })
}

fn decide(matches: Vec<Match<'_>>, evidence: &'static str) -> Result<Identification, Unidentified> {
    let masked: Vec<String> = matches
        .iter()
        .flat_map(|found| &found.family.identify.masks)
        .cloned()
        .collect();
    let mut left: Vec<Match<'_>> = matches
        .into_iter()
        .filter(|found| !masked.contains(&found.family.id))
        .collect();
    match left.len() {
        0 => Err(Unidentified::NoMatch { evidence }),
        1 => {
            let found = left.remove(0);
            let base = found.family.base.as_ref().map(|base| {
                let mapped = || {
                    found
                        .version
                        .as_ref()
                        .and_then(|own| found.family.base_version(Some(own)).cloned())
                };
                (base.family.clone(), found.base.clone().or_else(mapped))
            });
            Ok(Identification {
                family: found.family.id.clone(),
                version: found.version,
                base,
                target: found.target,
                product: found.product,
                decided_by: found.decided_by,
            })
        }
        _ => Err(Unidentified::Ambiguous {
            evidence,
            families: left.iter().map(|found| found.family.id.clone()).collect(),
        }),
    }
}
