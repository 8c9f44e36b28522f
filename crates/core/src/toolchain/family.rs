//! One compiler family: what it is called, and what it derives from.

use serde::Deserialize;

use super::feature::Features;
use super::identify::Identify;
use super::layer::{check_format, invalid_key, unknown};
use super::row::{Row, RowTable};
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

    /// The system to assume: `preferred` where the family exists, else its home.
    #[must_use]
    pub fn target_or_home(&self, preferred: Target) -> Target {
        if self.targets.contains(&preferred) {
            preferred
        } else {
            self.home().unwrap_or(preferred)
        }
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
