//! Layers of documents: what they are, what they are called, and reading them
//! when they are needed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::document::Document;
use crate::error::{Error, Place};
use crate::name::{UnknownWord, did_you_mean};

/// The format of knowledge-base documents that this version reads.
const FORMAT_VERSION: u32 = 1;

pub(super) fn check_format(document: &Document, found: u32) -> Result<(), Error> {
    if found == FORMAT_VERSION {
        return Ok(());
    }
    let message = format!("format_version is {found}, and this version reads {FORMAT_VERSION}");
    Err(invalid_key(document, "format_version", message))
}

/// What is wrong with the value of a top-level key.
pub(super) fn invalid_key(document: &Document, key: &str, message: String) -> Error {
    Error::Invalid {
        message,
        hint: None,
        place: document.place_of_key(key),
    }
}

/// What is wrong with one element of a top-level list.
pub(super) fn invalid(document: &Document, key: &str, index: usize, message: String) -> Error {
    Error::Invalid {
        message,
        hint: None,
        place: document.place_of_element(key, index),
    }
}

/// A word at some place of a document that names nothing.
pub(super) fn unknown(word: &UnknownWord, place: Place) -> Error {
    Error::Invalid {
        message: format!(
            "unknown {} `{}`{}",
            word.what,
            word.name,
            word.expectation()
        ),
        hint: did_you_mean(&word.suggestions),
        place,
    }
}

/// The documents of one layer. Their paths tell what they are:
/// `features.json`, `march.json`, `blas/<library>.json`, `<family>.json`.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub(super) documents: Vec<(String, Document)>,
}

impl Sources {
    /// Adds a document under its path within the layer, parts joined by `/`.
    pub fn add(&mut self, path: &str, document: Document) {
        self.documents.push((path.to_owned(), document));
    }

    /// The documents with their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.documents
            .iter()
            .map(|(path, document)| (path.as_str(), document))
    }
}

impl FromIterator<(String, Document)> for Sources {
    fn from_iter<I: IntoIterator<Item = (String, Document)>>(documents: I) -> Self {
        Self {
            documents: documents.into_iter().collect(),
        }
    }
}

/// What a document says of itself before its rows.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) id: Option<String>,
    pub(super) extends: Option<String>,
    pub(super) aliases: Vec<String>,
}

impl Header {
    /// Reads no further than it must: starting the program costs the reading of
    /// forty headers, not of a megabyte. What follows is read, and held to the
    /// rules, when it is needed.
    pub(super) fn read(document: &Document) -> Result<Self, Error> {
        struct UntilKnown<'a>(&'a mut Header, &'a mut bool);
        impl<'de> Visitor<'de> for UntilKnown<'_> {
            type Value = ();
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match &*key {
                        "id" => self.0.id = map.next_value()?,
                        "extends" => self.0.extends = map.next_value()?,
                        "aliases" => self.0.aliases = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                    *self.1 = self.0.extends.is_some() || self.0.id.is_some() && &*key == "aliases";
                    if *self.1 {
                        return Ok(());
                    }
                }
                Ok(())
            }
        }
        document.expect_object()?;
        let (mut header, mut known) = (Self::default(), false);
        let mut deserializer = serde_json::Deserializer::from_str(document.text());
        let read = deserializer.deserialize_map(UntilKnown(&mut header, &mut known));
        // Stopping early leaves the parser inside the object, which it reports.
        match read {
            Err(error) if !known => Err(document.json_error(&error)),
            _ => Ok(header),
        }
    }
}

#[derive(Debug)]
pub(super) struct Slot<T> {
    pub(super) document: Document,
    pub(super) id: String,
    pub(super) aliases: Vec<String>,
    pub(super) origin: Origin,
    pub(super) body: OnceLock<T>,
}

/// Whose document it is; a user's is checked when it is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Embedded,
    Layer,
}

impl<T> Slot<T> {
    pub(super) fn new(document: Document, header: Header, origin: Origin) -> Self {
        Self {
            document,
            id: header.id.unwrap_or_default(),
            aliases: header.aliases,
            origin,
            body: OnceLock::new(),
        }
    }

    /// Reads the document on first use. Two threads may both read it; they get
    /// the same.
    pub(super) fn get(
        &self,
        parse: impl FnOnce(&Document) -> Result<T, Error>,
    ) -> Result<&T, Error> {
        if let Some(body) = self.body.get() {
            return Ok(body);
        }
        let body = parse(&self.document)?;
        Ok(self.body.get_or_init(|| body))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub struct RowSource<'k> {
    document: &'k Document,
    number: usize,
}

impl<'k> RowSource<'k> {
    pub(crate) fn new(document: &'k Document, number: usize) -> Self {
        Self { document, number }
    }

    /// `toolchains/gcc.json:31`. Scans the document.
    #[must_use]
    pub fn location(&self) -> String {
        let place = self.document.place_of_element("rows", self.number);
        format!("{}:{}", place.document(), place.line())
    }
}

/// The slots by all of their names, which no two may share.
pub(super) fn unique_names<T>(
    slots: &[Slot<T>],
    what: &'static str,
) -> Result<HashMap<String, usize>, Error> {
    let mut names: HashMap<String, usize> = HashMap::new();
    // Layers last: a clash is for the user's document to mend.
    for origin in [Origin::Embedded, Origin::Layer] {
        let numbered = slots.iter().enumerate();
        for (number, slot) in numbered.filter(|(_, slot)| slot.origin == origin) {
            for name in slot.names() {
                if let Some(other) = names.insert(name.to_lowercase(), number)
                    && other != number
                {
                    let key = if name == slot.id { "id" } else { "aliases" };
                    return Err(Error::DuplicateName {
                        what,
                        name: name.to_owned(),
                        other: slots[other].id.clone(),
                        place: slot.document.place_of_key(key),
                    });
                }
            }
        }
    }
    Ok(names)
}

pub(super) fn put<T>(slots: &mut Vec<Slot<T>>, slot: Slot<T>) {
    match slots.iter_mut().find(|known| known.id == slot.id) {
        Some(known) => *known = slot,
        None => slots.push(slot),
    }
}

/// A word that names nothing, shown where it stands.
pub(super) fn placed(error: Error, place: impl FnOnce() -> Place) -> Error {
    match error {
        Error::Unknown(word) => unknown(&word, place()),
        other => other,
    }
}
