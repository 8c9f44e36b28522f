//! The knowledge base as a whole: embedded documents, the user's layers over
//! them, and finding things by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::blas::Blas;
use super::family::{Extension, Family};
use super::feature::{Feature, Features, Mode};
use super::layer::{
    Header, Origin, Slot, Sources, invalid_key, placed, put, unique_names, unknown,
};
use super::march::{MARCH, March};
use super::mpi::Mpi;
use super::row::Row;
use super::search::check_launchers;
use crate::document::Document;
use crate::error::Error;
use crate::name::{Arch, Language, UnknownWord};

/// What is known about compilers and BLAS libraries.
///
/// Embedded documents are read when they are first asked for and are trusted
/// (the project's tests read them all); those of a user's layer are read and
/// checked at once.
#[derive(Debug)]
pub struct KnowledgeBase {
    features: Features,
    feature_index: HashMap<String, usize>,
    families: Vec<Slot<Family>>,
    family_names: HashMap<String, usize>,
    extensions: Vec<(Document, Extension)>,
    march_document: Option<Document>,
    march_origin: Origin,
    march: OnceLock<March>,
    blas: Vec<Slot<Blas>>,
    mpi: Vec<Slot<Mpi>>,
    launchers: Option<Document>,
    proofs: BTreeMap<String, Document>,
}

impl KnowledgeBase {
    /// The embedded documents with the user's layers over them, last on top. A
    /// layer's file replaces the family, library or feature of the same id, or
    /// adds one; a file with `extends` adds rows, which are asked before the
    /// family's own.
    ///
    /// # Errors
    /// Any document of a user's layer that is not as it should be.
    pub fn new(
        embedded: Sources,
        layers: impl IntoIterator<Item = Sources>,
    ) -> Result<Self, Error> {
        let mut base = Self {
            features: Features::default(),
            feature_index: HashMap::new(),
            families: Vec::new(),
            family_names: HashMap::new(),
            extensions: Vec::new(),
            march_document: None,
            march_origin: Origin::Embedded,
            march: OnceLock::new(),
            blas: Vec::new(),
            mpi: Vec::new(),
            launchers: None,
            proofs: BTreeMap::new(),
        };
        base.add(embedded, Origin::Embedded)?;
        for layer in layers {
            base.add(layer, Origin::Layer)?;
        }
        base.index_names()?;
        base.check_layers()?;
        Ok(base)
    }

    fn add(&mut self, layer: Sources, origin: Origin) -> Result<(), Error> {
        // Features first: the rows of the same layer may use them.
        let (features, others): (Vec<_>, Vec<_>) = layer
            .documents
            .into_iter()
            .partition(|(path, _)| path == "features.json");
        for (_, document) in features {
            self.features.add(&document)?;
        }
        self.feature_index = self
            .features
            .ids()
            .enumerate()
            .map(|(index, id)| (id.to_owned(), index))
            .collect();
        for (path, document) in others {
            if path == "march.json" {
                self.march_document = Some(document);
                self.march_origin = origin;
                continue;
            }
            if let Some(file) = path.strip_prefix("proofs/") {
                self.proofs.insert(file.to_owned(), document);
                continue;
            }
            if path == "launchers.json" {
                if origin == Origin::Layer {
                    check_launchers(&document)?;
                }
                self.launchers = Some(document);
                continue;
            }
            let header = Header::read(&document)?;
            if header.extends.is_some() {
                self.extensions
                    .push((document.clone(), Extension::parse(&document)?));
            } else if header.id.is_none() {
                let message = "a document needs an `id` (a whole family or library) or `extends` (rows for one)".to_owned();
                return Err(invalid_key(&document, "id", message));
            } else if path.starts_with("blas/") {
                put(&mut self.blas, Slot::new(document, header, origin));
            } else if path.starts_with("mpi/") {
                put(&mut self.mpi, Slot::new(document, header, origin));
            } else {
                put(&mut self.families, Slot::new(document, header, origin));
            }
        }
        self.families.sort_by(|a, b| a.id.cmp(&b.id));
        self.blas.sort_by(|a, b| a.id.cmp(&b.id));
        self.mpi.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(())
    }

    fn index_names(&mut self) -> Result<(), Error> {
        let mut names = unique_names(&self.families, "compiler family")?;
        unique_names(&self.blas, "BLAS library")?;
        unique_names(&self.mpi, "MPI implementation")?;
        for (document, extension) in &mut self.extensions {
            let Some(&number) = names.get(&extension.extends.to_lowercase()) else {
                let known = names.keys().map(String::as_str);
                let word = UnknownWord::new("compiler family", &extension.extends, known);
                return Err(unknown(&word, document.place_of_key("extends")));
            };
            // Rows are found by the family's id, whichever of its names was written.
            extension.extends.clone_from(&self.families[number].id);
            for alias in &extension.aliases {
                if let Some(other) = names.insert(alias.to_lowercase(), number)
                    && other != number
                {
                    return Err(Error::DuplicateName {
                        what: "compiler family",
                        name: alias.clone(),
                        other: self.families[other].id.clone(),
                        place: document.place_of_key("aliases"),
                    });
                }
            }
        }
        self.family_names = names;
        Ok(())
    }

    fn check_layers(&self) -> Result<(), Error> {
        for (document, extension) in &self.extensions {
            let family = self.family(&extension.extends)?;
            extension.check(document, family, &self.features)?;
        }
        for slot in self
            .families
            .iter()
            .filter(|slot| slot.origin == Origin::Layer)
        {
            self.check_family(slot)?;
        }
        for slot in self.blas.iter().filter(|slot| slot.origin == Origin::Layer) {
            slot.get(Blas::parse)?.check(&slot.document, self)?;
        }
        for slot in self.mpi.iter().filter(|slot| slot.origin == Origin::Layer) {
            slot.get(Mpi::parse)?.check(&slot.document, self)?;
        }
        if self.march_origin == Origin::Layer {
            self.march()?;
        }
        Ok(())
    }

    /// Reads every document and holds it to the rules: what the project's tests
    /// do with the embedded ones.
    ///
    /// # Errors
    /// The first document that breaks a rule.
    pub fn check(&self) -> Result<(), Error> {
        for slot in &self.families {
            self.check_family(slot)?;
        }
        for slot in &self.blas {
            slot.get(Blas::parse)?.check(&slot.document, self)?;
        }
        for slot in &self.mpi {
            slot.get(Mpi::parse)?.check(&slot.document, self)?;
        }
        if let Some(document) = &self.launchers {
            check_launchers(document)?;
        }
        self.march().map(|_| ())
    }

    fn check_family(&self, slot: &Slot<Family>) -> Result<(), Error> {
        let family = slot.get(Family::parse)?;
        family.check(&slot.document, &self.features)?;
        let document = &slot.document;
        let wrong = |message: String| invalid_key(document, "identify", message);
        family.identify.check().map_err(wrong)?;
        for name in &family.identify.masks {
            if !self.family_ids().any(|id| id == name) {
                let word = UnknownWord::new("compiler family", name, self.family_ids());
                return Err(unknown(&word, document.place_of_key("identify")));
            }
        }
        for (index, library) in family.default_blas_libraries().enumerate() {
            self.blas(library).map_err(|error| {
                placed(error, || document.place_of_element("default_blas", index))
            })?;
        }
        let mut seen = vec![family.id.clone()];
        let mut at = family;
        while let Some(base) = &at.base {
            if seen.contains(&base.family) {
                return Err(Error::BaseCycle {
                    family: family.id.clone(),
                    through: at.id.clone(),
                    place: document.place_of_key("base"),
                });
            }
            seen.push(base.family.clone());
            let document = self.family_document(&at.id).unwrap_or(document);
            at = self
                .family(&base.family)
                .map_err(|error| placed(error, || document.place_of_key("base")))?;
        }
        Ok(())
    }

    /// The family of this id or alias, in any case of letters.
    ///
    /// # Errors
    /// No such family, with the nearest names; or its document does not load.
    pub fn family(&self, name: &str) -> Result<&Family, Error> {
        let number = self
            .family_names
            .get(name)
            .or_else(|| self.family_names.get(&name.to_lowercase()));
        match number {
            Some(&number) => self.families[number].get(Family::parse),
            None => Err(UnknownWord::new(
                "compiler family",
                name,
                self.family_names.keys().map(String::as_str),
            )
            .into()),
        }
    }

    /// The ids of all families, in order.
    pub fn family_ids(&self) -> impl Iterator<Item = &str> {
        self.families.iter().map(|slot| slot.id.as_str())
    }

    /// Reads what telling compilers apart will need, so that it is there when the
    /// first compiler has answered.
    ///
    /// # Errors
    /// A document that does not load.
    pub fn read_families(&self) -> Result<(), Error> {
        self.loaded_families().map(|_| ())
    }

    pub(crate) fn loaded_families(&self) -> Result<Vec<(&Family, &Document)>, Error> {
        self.families
            .iter()
            .map(|slot| Ok((slot.get(Family::parse)?, &slot.document)))
            .collect()
    }

    pub(super) fn family_documents(&self) -> impl Iterator<Item = (&str, &Document)> {
        let slots = self.families.iter();
        slots.map(|slot| (slot.id.as_str(), &slot.document))
    }

    pub(super) fn launchers_document(&self) -> Option<&Document> {
        self.launchers.as_ref()
    }

    /// The programs that prove a feature: file name and source. A part of the
    /// name between feature and suffix tells what is expected of it.
    pub fn proofs<'k>(&'k self, feature: &'k str) -> impl Iterator<Item = (&'k str, &'k str)> {
        let files = self.proofs.iter();
        files.filter_map(move |(file, document)| {
            let rest = file.strip_prefix(feature)?.strip_prefix('.')?;
            // `opt.0.c` is not a proof of a feature `opt`.
            let parts = rest.split('.').count();
            let special = ["fails.", "warns.", "aborts."];
            let whole =
                parts == 1 || parts == 2 && special.iter().any(|word| rest.starts_with(word));
            whole.then(|| (file.as_str(), document.text()))
        })
    }

    /// The MPI implementation of this id or alias.
    ///
    /// # Errors
    /// No such implementation, with the nearest names; or its document does not load.
    pub fn mpi(&self, name: &str) -> Result<&Mpi, Error> {
        let lower = name.to_lowercase();
        let slot = self
            .mpi
            .iter()
            .find(|slot| slot.names().any(|known| known.to_lowercase() == lower));
        match slot {
            Some(slot) => slot.get(Mpi::parse),
            None => {
                let known = self.mpi.iter().flat_map(Slot::names);
                Err(UnknownWord::new("MPI implementation", name, known).into())
            }
        }
    }

    /// The ids of all MPI implementations, in order.
    pub fn mpi_ids(&self) -> impl Iterator<Item = &str> {
        self.mpi.iter().map(|slot| slot.id.as_str())
    }

    pub(crate) fn family_document(&self, id: &str) -> Option<&Document> {
        self.families
            .iter()
            .find(|slot| slot.id == id)
            .map(|slot| &slot.document)
    }

    pub(crate) fn extensions_of<'k>(
        &'k self,
        id: &'k str,
    ) -> impl Iterator<Item = &'k (Document, Extension)> {
        // The last layer is on top.
        self.extensions
            .iter()
            .rev()
            .filter(move |(_, extension)| extension.extends == id)
    }

    /// The feature of this id.
    ///
    /// # Errors
    /// No such feature, with the nearest names.
    pub fn feature(&self, id: &str) -> Result<&Feature, Error> {
        if let Some(&index) = self.feature_index.get(id) {
            return Ok(&self.features.features[index]);
        }
        if id.starts_with(MARCH) {
            if let Some((feature, _)) = self
                .march()?
                .features
                .iter()
                .find(|(feature, _)| feature.id == id)
            {
                return Ok(feature);
            }
            let known = self
                .march()?
                .features
                .iter()
                .map(|(feature, _)| feature.id.as_str());
            return Err(UnknownWord::new("feature", id, known).into());
        }
        Err(UnknownWord::new("feature", id, self.features.ids()).into())
    }

    /// All features in canonical order, without the `march.*` ones.
    pub fn features(&self) -> impl Iterator<Item = &Feature> {
        self.features.features.iter()
    }

    /// The `march.*` features.
    ///
    /// # Errors
    /// The document does not load.
    pub fn march_features(&self) -> Result<impl Iterator<Item = &Feature>, Error> {
        Ok(self.march()?.features.iter().map(|(feature, _)| feature))
    }

    /// Where a feature stands in the canonical order of flags.
    pub(crate) fn rank(&self, feature: &Feature) -> usize {
        // All of the march group stand where `native` does.
        let id = if feature.id.starts_with(MARCH) {
            "native"
        } else {
            &feature.id
        };
        self.feature_index.get(id).copied().unwrap_or(usize::MAX)
    }

    pub(crate) fn group_reason(&self, id: &str) -> &str {
        self.features
            .groups
            .iter()
            .find(|group| group.id == id)
            .map_or("only one of them at a time", |group| &group.reason)
    }

    /// The mode of this id.
    ///
    /// # Errors
    /// No such mode, with the nearest names.
    pub fn mode(&self, id: &str) -> Result<&Mode, Error> {
        let known = || self.features.modes.iter().map(|mode| mode.id.as_str());
        self.features
            .modes
            .iter()
            .find(|mode| mode.id == id)
            .ok_or_else(|| UnknownWord::new("mode", id, known()).into())
    }

    pub(crate) fn march(&self) -> Result<&March, Error> {
        if let Some(march) = self.march.get() {
            return Ok(march);
        }
        let march = match &self.march_document {
            Some(document) => March::parse(document, |id| {
                match self.families.iter().find(|slot| slot.id == id) {
                    Some(slot) => Ok(slot.get(Family::parse)?.languages.clone()),
                    None => Err(UnknownWord::new("compiler family", id, self.family_ids()).into()),
                }
            })?,
            None => March::default(),
        };
        Ok(self.march.get_or_init(|| march))
    }

    pub(crate) fn march_row(
        &self,
        family: &str,
        feature: &str,
        version: Option<&crate::version::Version>,
    ) -> Option<(&Document, usize, &Row)> {
        let document = self.march_document.as_ref()?;
        let (number, row) = self.march().ok()?.find(family, feature, version)?;
        Some((document, number, row))
    }

    pub(crate) fn march_arch(&self, feature: &str) -> Option<Arch> {
        self.march()
            .ok()?
            .features
            .iter()
            .find(|(known, _)| known.id == feature)
            .map(|(_, arch)| *arch)
    }

    pub(crate) fn march_has_rows(&self, family: &str, feature: &str) -> bool {
        self.march()
            .is_ok_and(|march| march.has_rows(family, feature))
    }

    /// The BLAS library of this id or alias.
    ///
    /// # Errors
    /// No such library, with the nearest names; or its document does not load.
    pub fn blas(&self, name: &str) -> Result<&Blas, Error> {
        let lower = name.to_lowercase();
        match self
            .blas
            .iter()
            .find(|slot| slot.names().any(|known| known.to_lowercase() == lower))
        {
            Some(slot) => slot.get(Blas::parse),
            None => {
                Err(
                    UnknownWord::new("BLAS library", name, self.blas.iter().flat_map(Slot::names))
                        .into(),
                )
            }
        }
    }

    pub(crate) fn blas_document(&self, id: &str) -> Option<&Document> {
        self.blas
            .iter()
            .find(|slot| slot.id == id)
            .map(|slot| &slot.document)
    }

    /// The ids of all BLAS libraries, in order.
    pub fn blas_ids(&self) -> impl Iterator<Item = &str> {
        self.blas.iter().map(|slot| slot.id.as_str())
    }

    /// Whether every language of a family answers a feature, by its own rows or
    /// its base's; the languages that do not.
    ///
    /// # Errors
    /// A document that does not load.
    pub fn unanswered(&self, family: &Family, feature: &Feature) -> Result<Vec<Language>, Error> {
        let mut missing = Vec::new();
        for &language in family
            .languages
            .iter()
            .filter(|language| feature.languages.contains(language))
        {
            let mut at = family;
            loop {
                if at.rows.has(&feature.id, language) {
                    break;
                }
                match &at.base {
                    Some(base) if !base.except.contains(&feature.id) => {
                        at = self.family(&base.family)?;
                    }
                    _ => {
                        missing.push(language);
                        break;
                    }
                }
            }
        }
        Ok(missing)
    }
}
