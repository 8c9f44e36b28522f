//! `features.json`: what each feature means, which exclude each other, and the modes.

use serde::Deserialize;

use super::layer::unknown;
use crate::document::{Document, objects};
use crate::error::Error;
use crate::name::{Language, UnknownWord};

/// The portable name of a capability.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Identifier, such as `openmp` or `std.c17`.
    pub id: String,
    /// What a build that has it promises.
    pub meaning: String,
    /// Languages it exists in.
    pub languages: Vec<Language>,
    /// Features of one group exclude each other.
    #[serde(default)]
    pub group: Option<String>,
    /// The name of the value it takes (`rpath` takes a `dir`).
    #[serde(default)]
    pub parameter: Option<String>,
    /// Who reads its flags.
    #[serde(default)]
    pub stage: Stage,
    /// Whether what is built runs on other machines of the same target.
    #[serde(default = "yes")]
    pub redistributable: bool,
    /// How to prove that a build has it: never "the flag was accepted".
    pub prove: String,
}

fn yes() -> bool {
    true
}

/// Who reads a feature's compile flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stage {
    /// The preprocessor: they belong to `CPPFLAGS`.
    Preprocess,
    /// The compiler: they belong to `CFLAGS` and its like.
    #[default]
    Compile,
}

/// A set of features under one name, as users choose them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Identifier, such as `debug`.
    pub id: String,
    /// What it is for.
    pub meaning: String,
    /// The features it asks for.
    pub features: Vec<String>,
    /// The features that it rules out.
    #[serde(default)]
    pub never: Vec<String>,
}

/// Features that exclude each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) reason: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeaturesFile {
    format_version: u32,
    #[serde(default, deserialize_with = "objects")]
    groups: Vec<Group>,
    #[serde(default, deserialize_with = "objects")]
    modes: Vec<Mode>,
    #[serde(default, deserialize_with = "objects")]
    features: Vec<Feature>,
}

/// Features, groups and modes of all layers; a later layer replaces by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    pub(crate) features: Vec<Feature>,
    pub(crate) groups: Vec<Group>,
    pub(crate) modes: Vec<Mode>,
}

impl Features {
    pub(crate) fn get(&self, id: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.id == id)
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|feature| feature.id.as_str())
    }
}

impl Features {
    pub(crate) fn add(&mut self, document: &Document) -> Result<(), Error> {
        let file: FeaturesFile = document.json()?;
        super::layer::check_format(document, file.format_version)?;
        unique_ids(
            document,
            "features",
            file.features.iter().map(|feature| feature.id.as_str()),
        )?;
        unique_ids(
            document,
            "modes",
            file.modes.iter().map(|mode| mode.id.as_str()),
        )?;
        unique_ids(
            document,
            "groups",
            file.groups.iter().map(|group| group.id.as_str()),
        )?;
        self.check(document, &file)?;
        replace(&mut self.features, file.features, |feature| &feature.id);
        replace(&mut self.groups, file.groups, |group| &group.id);
        replace(&mut self.modes, file.modes, |mode| &mode.id);
        Ok(())
    }

    /// Whether what a document adds names only what it has, or earlier ones have.
    fn check(&self, document: &Document, file: &FeaturesFile) -> Result<(), Error> {
        let groups = self.groups.iter().chain(&file.groups);
        let groups: Vec<&str> = groups.map(|group| group.id.as_str()).collect();
        let features = self.features.iter().chain(&file.features);
        let features: Vec<&str> = features.map(|feature| feature.id.as_str()).collect();
        for (index, feature) in file.features.iter().enumerate() {
            if let Some(group) = &feature.group
                && !groups.contains(&group.as_str())
            {
                let word = UnknownWord::new("group", group, groups);
                return Err(unknown(&word, document.place_of_element("features", index)));
            }
        }
        for (index, mode) in file.modes.iter().enumerate() {
            for name in mode.features.iter().chain(&mode.never) {
                if !features.contains(&name.as_str()) {
                    let word = UnknownWord::new("feature", name, features);
                    return Err(unknown(&word, document.place_of_element("modes", index)));
                }
            }
        }
        Ok(())
    }
}

fn unique_ids<'a>(
    document: &Document,
    key: &'static str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for (index, id) in ids.enumerate() {
        if !seen.insert(id) {
            let message = format!("id `{id}` comes twice among the {key}");
            return Err(super::layer::invalid(document, key, index, message));
        }
    }
    Ok(())
}

fn replace<T>(have: &mut Vec<T>, new: Vec<T>, id: impl Fn(&T) -> &String) {
    for item in new {
        match have.iter_mut().find(|known| id(known) == id(&item)) {
            Some(known) => *known = item,
            None => have.push(item),
        }
    }
}
