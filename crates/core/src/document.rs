//! Texts that are read: their limits, and errors that show the place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::{Error, Place};
use crate::name::{did_you_mean, nearest};

/// A text with the name it is known by in messages.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    text: Cow<'static, str>,
}

impl Document {
    /// No document that people write comes near this size, in bytes.
    pub const MAX_BYTES: usize = 16 << 20;

    /// A text that is part of the program.
    #[must_use]
    pub fn embedded(name: &str, text: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            text: Cow::Borrowed(text),
        }
    }

    /// A text that was read from outside.
    ///
    /// # Errors
    /// More than [`Self::MAX_BYTES`], or not UTF-8.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Error> {
        let name = name.into();
        if bytes.len() > Self::MAX_BYTES {
            return Err(Error::TooLarge {
                document: name,
                limit_mib: Self::MAX_BYTES >> 20,
            });
        }
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                Ok(Self {
                    name,
                    text: Cow::Owned(text),
                })
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes();
                let line = 1 + bytes[..at].iter().filter(|&&byte| byte == b'\n').count();
                let start = bytes[..at]
                    .iter()
                    .rposition(|&byte| byte == b'\n')
                    .map_or(0, |end| end + 1);
                let column = 1 + String::from_utf8_lossy(&bytes[start..at]).chars().count();
                let end = bytes[at..]
                    .iter()
                    .position(|&byte| byte == b'\n')
                    .map_or(bytes.len(), |length| at + length);
                let text = String::from_utf8_lossy(&bytes[start..end]);
                Err(Error::NotUtf8 {
                    byte: bytes[at],
                    place: Place::new(&name, line, column, &text),
                })
            }
        }
    }

    /// The name used in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as JSON.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.expect_object()?;
        serde_json::from_str(&self.text).map_err(|error| self.json_error(&error))
    }

    /// serde would read a list as the fields of a struct, in order.
    pub(crate) fn expect_object(&self) -> Result<(), Error> {
        let begins = self.text.find(|c: char| !c.is_whitespace());
        match begins.map(|offset| (offset, self.text[offset..].starts_with('{'))) {
            Some((_, true)) => Ok(()),
            Some((offset, false)) => {
                let place = self.place_of_offset(offset);
                Err(self.invalid("expected an object, `{…}`", place))
            }
            None => Err(self.invalid(
                "the document is empty, expected an object",
                self.place(1, 1),
            )),
        }
    }

    pub(crate) fn json_error(&self, error: &serde_json::Error) -> Error {
        self.json_error_in(error, self.place(error.line(), error.column()))
    }

    /// What is wrong with a part of the document that was read by itself.
    #[cfg(feature = "matrix")]
    pub(crate) fn json_error_at(&self, error: &serde_json::Error, offset: usize) -> Error {
        self.json_error_in(error, self.place_of_offset(offset))
    }

    fn json_error_in(&self, error: &serde_json::Error, place: Place) -> Error {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        self.invalid(message, place)
    }

    /// The text as TOML.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    #[cfg(feature = "matrix")]
    pub fn toml<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(&self.toml_tree()?).map_err(|fault| self.fault(fault))
    }

    /// The text as TOML, each part with its place.
    #[cfg(feature = "matrix")]
    pub(crate) fn toml_tree(&self) -> Result<crate::tree::Tree, Error> {
        crate::tree::Tree::of_toml(&self.text).map_err(|fault| self.fault(fault))
    }

    /// The text as JSON, each part with its place.
    #[cfg(feature = "matrix")]
    pub(crate) fn json_tree(&self) -> Result<crate::tree::Tree, Error> {
        use crate::tree::JsonFault;
        self.expect_object()?;
        crate::tree::Tree::of_json(&self.text).map_err(|fault| match fault {
            JsonFault::Syntax(error) => self.json_error(&error),
            JsonFault::Content(fault) => self.fault(fault),
        })
    }

    /// A fault as an error with line and column.
    #[cfg(feature = "matrix")]
    pub(crate) fn fault(&self, fault: crate::tree::Fault) -> Error {
        let offset = fault.span.map_or(0, |span| span.start);
        self.invalid(&fault.message, self.place_of_offset(offset))
    }

    fn invalid(&self, message: &str, place: Place) -> Error {
        // The program's own words ask at once; elsewhere that is a line of its own.
        let (message, hint) = match message.split_once("; did you mean ") {
            Some((message, words)) => (message, Some(format!("did you mean {words}"))),
            None => (message, suggestion_in(message)),
        };
        Error::Invalid {
            message: reworded(&lower_first(message)),
            hint,
            place,
        }
    }

    /// Line and column, both from 1, with the text that stands there.
    #[must_use]
    pub fn place(&self, line: usize, column: usize) -> Place {
        let text = self.text.lines().nth(line.saturating_sub(1)).unwrap_or("");
        Place::new(&self.name, line.max(1), column.max(1), text)
    }

    /// The place of a byte offset.
    #[must_use]
    pub fn place_of_offset(&self, offset: usize) -> Place {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
        let column = 1 + before
            .rsplit('\n')
            .next()
            .map_or(0, |tail| tail.chars().count());
        self.place(line, column)
    }

    /// The place of the value of the top-level `key`; the top of the document
    /// where it has none. Scans the document: for messages only.
    #[must_use]
    pub fn place_of_key(&self, key: &str) -> Place {
        self.place_of_raw(self.raw_value(key))
    }

    /// The place of element `index` of the top-level array `key`; likewise.
    #[must_use]
    pub fn place_of_element(&self, key: &str, index: usize) -> Place {
        let elements = self
            .raw_value(key)
            .and_then(|value| serde_json::from_str::<Vec<&RawValue>>(value).ok());
        self.place_of_raw(elements.and_then(|elements| Some(elements.get(index)?.get())))
    }

    fn raw_value(&self, key: &str) -> Option<&str> {
        let top: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(&self.text).ok()?;
        top.get(key).map(|value| value.get())
    }

    fn place_of_raw(&self, value: Option<&str>) -> Place {
        // A raw value borrows from the text, so their addresses tell the offset.
        let offset = value.map(|value| value.as_ptr() as usize - self.text.as_ptr() as usize);
        offset.map_or_else(|| self.place(1, 1), |offset| self.place_of_offset(offset))
    }
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    let second_is_lower = message.chars().nth(1).is_some_and(char::is_lowercase);
    match chars.next() {
        Some(first) if second_is_lower => first.to_lowercase().chain(chars).collect(),
        _ => message.to_owned(),
    }
}

/// serde's messages in the words of documents: this program's types, fields and
/// variants mean nothing to their readers.
fn reworded(message: &str) -> String {
    const BEGINNINGS: [(&str, &str); 5] = [
        ("unknown field ", "unknown key "),
        ("missing field ", "missing key "),
        ("duplicate field ", "duplicate key "),
        ("unknown variant ", "unknown word "),
        ("EOF while parsing ", "the document ends within "),
    ];
    let beginning = BEGINNINGS.iter().find_map(|(theirs, ours)| {
        let rest = message.strip_prefix(theirs)?;
        Some(format!("{ours}{rest}"))
    });
    let message = beginning.unwrap_or_else(|| message.to_owned());
    let Some((said, expected)) = message.rsplit_once("expected ") else {
        return message;
    };
    let expected = match expected {
        "usize" | "u32" | "u64" => "a whole number",
        "a sequence" => "a list",
        "a map" => "a table of keys and values",
        "a boolean" => "`true` or `false`",
        _ if expected.starts_with("struct ") => "a table of keys and values",
        _ => return message,
    };
    format!("{said}expected {expected}")
}

/// serde names the unknown field and the known ones, all in backticks.
fn suggestion_in(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let name = quoted.next()?;
    did_you_mean(&nearest(name, quoted))
}

/// Deserializes through `FromStr`, so that documents and command line agree.
pub(crate) fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = Cow::<str>::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

/// A struct of a document, written as an object: serde would also read a list
/// as its fields in order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(access)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

/// A list of structs, each written as an object.
pub(crate) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(object)| object).collect())
}

/// A map of a document; a key that comes twice is an error, where serde's own
/// maps would silently keep the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueMap<K, V>(pub(crate) BTreeMap<K, V>);

impl<K, V> Default for UniqueMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K, V> std::ops::Deref for UniqueMap<K, V> {
    type Target = BTreeMap<K, V>;
    fn deref(&self) -> &BTreeMap<K, V> {
        &self.0
    }
}

impl<'de, K, V> Deserialize<'de> for UniqueMap<K, V>
where
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Unique<K, V>(std::marker::PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de> + Ord + fmt::Display, V: Deserialize<'de>> Visitor<'de>
            for Unique<K, V>
        {
            type Value = UniqueMap<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some(key) = access.next_key::<K>()? {
                    if map.contains_key(&key) {
                        return Err(A::Error::custom(format!("duplicate key `{key}`")));
                    }
                    map.insert(key, access.next_value()?);
                }
                Ok(UniqueMap(map))
            }
        }
        deserializer.deserialize_map(Unique(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_is_an_error() {
        let document = Document::embedded("x.json", "{\"a\": \"1\",\n \"a\": \"2\"}");
        let error = document.json::<UniqueMap<String, String>>().unwrap_err();
        assert!(error.to_string().contains("duplicate key `a`"), "{error}");
    }

    #[test]
    fn elements_are_found_by_line() {
        let document =
            Document::embedded("x.json", "{\n\"rows\": [\n  {\"a\": 1},\n  {\"a\": 2}\n]}");
        assert_eq!(document.place_of_element("rows", 1).line(), 4);
        assert_eq!(document.place_of_element("rows", 7).line(), 1);
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let error = Document::from_bytes("x", b"ok\n\xff".to_vec()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "x:2:1: byte 0xff is no UTF-8, which documents are written in"
        );
        let error = Document::from_bytes("x", vec![b' '; Document::MAX_BYTES + 1]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "x is larger than 16 MiB, which no document of this kind is"
        );
    }
}
