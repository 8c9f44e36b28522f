//! One compiler family: what it is called, and what it derives from.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::feature::Features;
use super::identify::Identify;
use super::layer::{check_format, invalid_key, unknown};
use super::row::{Row, RowTable};
use super::search::{Dialect, DialectRow, SearchPlace};
use super::selector::{ArchSet, OsSet};
use crate::document::{Document, UniqueMap};
use crate::error::Error;
use crate::name::{Language, Target, UnknownWord};
use crate::version::{Version, VersionRange};

/// The family whose flags a compiler takes over, and at which of its versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Base {
    pub(crate) family: String,
    #[serde(default)]
    pub(crate) versions: Vec<BaseVersion>,
    #[serde(default)]
    pub(crate) except: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BaseVersion {
    pub(crate) versions: VersionRange,
    pub(crate) base: Version,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultBlas {
    #[serde(default)]
    os: OsSet,
    #[serde(default)]
    arch: ArchSet,
    library: String,
}

/// A compiler family.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub(crate) format_version: u32,
    /// Identifier, such as `intel-classic`.
    pub id: String,
    /// The maker's name of the product.
    pub name: String,
    /// Other words that mean it.
    pub aliases: Vec<String>,
    /// Languages it compiles.
    pub languages: Vec<Language>,
    pub(crate) drivers: UniqueMap<Language, String>,
    /// Names of its drivers' executables, without version and target.
    #[serde(default)]
    pub executables: UniqueMap<Language, Vec<String>>,
    /// Where its maker's installer puts them.
    #[serde(default)]
    pub places: Vec<SearchPlace>,
    /// Package names by package manager, with `{major}` and `{version}` of the
    /// version that is wanted.
    #[serde(default)]
    install: UniqueMap<String, String>,
    #[serde(default)]
    dialects: Vec<DialectRow>,
    /// Systems it exists for; the first is its home.
    pub targets: Vec<Target>,
    /// The newest version that the rows were checked against.
    pub newest: Version,
    /// The last version of a language's compiler, where it ended before the
    /// family did; what is assumed where no version is given.
    #[serde(default)]
    pub(crate) last: UniqueMap<Language, Version>,
    #[serde(default)]
    pub(crate) base: Option<Base>,
    #[serde(default)]
    default_blas: Vec<DefaultBlas>,
    /// The run-time library that its own OpenMP uses.
    #[serde(default)]
    pub openmp_runtime: Option<String>,
    pub(crate) identify: Identify,
    pub(crate) rows: RowTable,
    /// What is worth knowing of the family as a whole.
    #[serde(default)]
    pub note: Option<String>,
}

/// A file that adds rows to a family of another layer; they are asked first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extension {
    format_version: u32,
    pub(crate) extends: String,
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    pub(crate) rows: RowTable,
}

impl Family {
    /// The executable's usual name for a language.
    #[must_use]
    pub fn driver(&self, language: Language) -> Option<&str> {
        self.drivers.get(&language).map(String::as_str)
    }

    /// What to install, by package manager, for a version where one is wanted.
    #[must_use]
    pub fn packages(&self, version: Option<&Version>) -> BTreeMap<String, String> {
        let packages = self.install.iter();
        packages
            .map(|(manager, packages)| (manager.clone(), fill(packages, version)))
            .collect()
    }

    /// How its drivers' command line is shaped on a system.
    #[must_use]
    pub fn dialect(&self, target: Target) -> Dialect {
        let row = self.dialects.iter().find(|row| row.os.has(target.os));
        row.map_or(Dialect::Unix, |row| row.dialect)
    }

    /// The system to assume: `preferred` where the family exists, else its home.
    #[must_use]
    pub fn target_or_home(&self, preferred: Target) -> Target {
        if self.targets.contains(&preferred) {
            preferred
        } else {
            self.home().unwrap_or(preferred)
        }
    }

    /// The system that a target names: a triple, or as MSVC has it the
    /// architecture alone, for the family's home.
    #[must_use]
    pub fn system_of(&self, target: &str) -> Option<Target> {
        Target::from_triple(target).or_else(|| {
            let arch = target.parse().ok()?;
            Some(Target {
                arch,
                ..self.home()?
            })
        })
    }

    /// The system that the family is mostly used on.
    #[must_use]
    pub fn home(&self) -> Option<Target> {
        self.targets.first().copied()
    }

    /// The BLAS library that users of this family expect on a system.
    #[must_use]
    pub fn default_blas(&self, target: Target) -> &str {
        self.default_blas
            .iter()
            .find(|row| row.os.has(target.os) && row.arch.has(target.arch))
            .map_or("openblas", |row| &row.library)
    }

    /// The libraries that [`Self::default_blas`] chooses among.
    pub(crate) fn default_blas_libraries(&self) -> impl Iterator<Item = &str> {
        self.default_blas.iter().map(|row| row.library.as_str())
    }

    /// All rows of the family's own file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        self.rows.all()
    }

    /// The family that this one is built from, and may be taken for by what it writes.
    #[must_use]
    pub fn base_family(&self) -> Option<&str> {
        self.base.as_ref().map(|base| base.family.as_str())
    }

    /// The base family's version that `version` of this family is built from;
    /// for one that is newer than all that is known, that of the newest.
    pub(crate) fn base_version(&self, version: Option<&Version>) -> Option<&Version> {
        let versions = &self.base.as_ref()?.versions;
        let known = versions
            .iter()
            .find(|entry| entry.versions.contains(version));
        let newest = || {
            version.filter(|version| **version >= self.newest)?;
            versions.iter().max_by_key(|entry| entry.versions.min())
        };
        known.or_else(newest).map(|entry| &entry.base)
    }

    pub(crate) fn parse(document: &Document) -> Result<Self, Error> {
        let family: Self = document.json()?;
        check_format(document, family.format_version)?;
        Ok(family)
    }

    /// Whether the document keeps the rules that the types do not.
    pub(crate) fn check(&self, document: &Document, features: &Features) -> Result<(), Error> {
        let wrong = |key: &str, message: String| Err(invalid_key(document, key, message));
        if !self.languages.iter().eq(self.drivers.keys()) {
            let message =
                "`languages` and `drivers` must name the same ones, in the order c, cxx, fortran";
            return wrong("drivers", message.to_owned());
        }
        if self.targets.is_empty() {
            let message = "a family needs at least one target".to_owned();
            return wrong("targets", message);
        }
        let mut map: Vec<&BaseVersion> = Vec::new();
        for entry in self.base.iter().flat_map(|base| &base.versions) {
            if map
                .iter()
                .any(|known| known.versions.overlaps(&entry.versions))
            {
                let message = format!(
                    "the entry of `base.versions` for versions {} overlaps an earlier one",
                    entry.versions
                );
                return wrong("base", message);
            }
            map.push(entry);
        }
        if let Some(name) = self
            .base
            .iter()
            .flat_map(|base| &base.except)
            .find(|name| !features.knows(name))
        {
            let word = UnknownWord::new("feature", name, features.ids());
            return Err(unknown(&word, document.place_of_key("base")));
        }
        self.rows.check(document, &self.languages, features)?;
        self.rows.check_holes(document, &self.targets)
    }
}

impl Extension {
    pub(crate) fn parse(document: &Document) -> Result<Self, Error> {
        let extension: Self = document.json()?;
        check_format(document, extension.format_version)?;
        Ok(extension)
    }

    pub(crate) fn check(
        &self,
        document: &Document,
        family: &Family,
        features: &Features,
    ) -> Result<(), Error> {
        self.rows.check(document, &family.languages, features)
    }
}

/// Puts a version in; without one, a placeholder goes with the mark before it.
fn fill(packages: &str, version: Option<&Version>) -> String {
    let mut filled = packages.to_owned();
    for name in ["{major}", "{version}"] {
        while let Some(at) = filled.find(name) {
            let value = version.map(|version| match name {
                "{major}" => version
                    .parts()
                    .first()
                    .map_or_else(String::new, ToString::to_string),
                _ => version.to_string(),
            });
            let before = filled[..at].trim_end_matches(['-', '@', '=', '/']).len();
            let start = if value.is_some() { at } else { before };
            filled.replace_range(start..at + name.len(), &value.unwrap_or_default());
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_put_in_or_left_out_with_its_mark() {
        let packages = "gcc-{major} g++-{major} libomp-{major}-dev gcc@{version} module/{version}";
        let version: Version = "12.2".parse().unwrap();
        assert_eq!(
            fill(packages, Some(&version)),
            "gcc-12 g++-12 libomp-12-dev gcc@12.2 module/12.2"
        );
        assert_eq!(fill(packages, None), "gcc g++ libomp-dev gcc module");
    }
}
