//! A document as a tree that remembers where each part of it stands: TOML and
//! JSON alike, so that every error has a line and a column.

use std::ops::Range;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

/// A value and the bytes that it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) span: Range<usize>,
    pub(crate) node: Node,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    Boolean(bool),
    Integer(i64),
    /// As it was written: `3.10` is not 3.1 to who wrote it.
    Float(String),
    /// A date or time of TOML, as it was written.
    Date(String),
    Text(String),
    List(Vec<Tree>),
    Table(Vec<(Key, Tree)>),
}

/// A key of a table.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) span: Range<usize>,
    pub(crate) name: String,
}

/// What is wrong, and where if that is known.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) span: Option<Range<usize>>,
}

/// One step of the way to a part of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Nobody nests a document deeper than this on purpose.
const MAX_DEPTH: usize = 64;

impl Fault {
    pub(crate) fn new(message: impl Into<String>, span: &Range<usize>) -> Self {
        Self {
            message: message.into(),
            span: Some(span.clone()),
        }
    }

    /// The same, at `span` where no place is known yet.
    pub(crate) fn at(mut self, span: &Range<usize>) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            span: None,
        }
    }
}

impl Tree {
    /// Reads TOML.
    pub(crate) fn of_toml(text: &str) -> Result<Self, Fault> {
        let table = DeTable::parse(text).map_err(|error| {
            let key = error.span().and_then(|span| text.get(span));
            let message = match (error.message(), key) {
                (message @ "duplicate key", Some(key)) => format!("{message} `{key}`"),
                (message, _) => message.to_owned(),
            };
            Fault {
                message,
                span: error.span(),
            }
        })?;
        Ok(Self {
            span: 0..0,
            node: toml_table(table.get_ref(), 1)?,
        })
    }

    /// Reads JSON, of which it is known that it begins with an object.
    pub(crate) fn of_json(text: &str) -> Result<Self, JsonFault> {
        // Its parts are read one by one below, and would tell less of what is wrong.
        serde_json::from_str::<serde_json::Value>(text).map_err(JsonFault::Syntax)?;
        let raw: &RawValue = serde_json::from_str(text).map_err(JsonFault::Syntax)?;
        json_tree(text, raw.get(), 1)
    }

    /// The part that the way leads to.
    pub(crate) fn at(&self, way: &[Step<'_>]) -> Option<&Self> {
        let mut here = self;
        for step in way {
            here = match (step, &here.node) {
                (Step::Key(name), Node::Table(entries)) => {
                    &entries.iter().find(|(key, _)| key.name == **name)?.1
                }
                (Step::Index(index), Node::List(elements)) => elements.get(*index)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// The text that it is, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where the key at the end of the way stands.
    pub(crate) fn key_span(&self, way: &[Step<'_>]) -> Option<Range<usize>> {
        let (Step::Key(name), parent) = way.split_last()? else {
            return None;
        };
        let Node::Table(entries) = &self.at(parent)?.node else {
            return None;
        };
        let (key, _) = entries.iter().find(|(key, _)| key.name == *name)?;
        Some(key.span.clone())
    }

    /// Every text that is `wanted`, in the order of the document.
    pub(crate) fn texts(&self, wanted: impl Fn(&str) -> bool) -> Vec<&Self> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(tree) = open.pop() {
            match &tree.node {
                Node::Text(text) if wanted(text) => found.push(tree),
                Node::List(elements) => open.extend(elements.iter().rev()),
                Node::Table(entries) => open.extend(entries.iter().rev().map(|(_, tree)| tree)),
                _ => {}
            }
        }
        found
    }
}

fn too_deep(span: &Range<usize>) -> Fault {
    Fault::new(
        format!("nested deeper than {MAX_DEPTH} levels, which no matrix needs"),
        span,
    )
}

fn toml_table(table: &DeTable<'_>, depth: usize) -> Result<Node, Fault> {
    let entries = table.iter().map(|(key, value)| {
        let key = Key {
            span: key.span(),
            name: key.get_ref().to_string(),
        };
        let tree = toml_value(value.get_ref(), value.span(), depth + 1)?;
        Ok((key, tree))
    });
    Ok(Node::Table(entries.collect::<Result<_, Fault>>()?))
}

fn toml_value(value: &DeValue<'_>, span: Range<usize>, depth: usize) -> Result<Tree, Fault> {
    if depth > MAX_DEPTH {
        return Err(too_deep(&span));
    }
    let node = match value {
        DeValue::String(text) => Node::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Node::Integer(number),
            Err(_) => {
                return Err(Fault::new(
                    "this number is larger than any that is used here",
                    &span,
                ));
            }
        },
        DeValue::Float(number) => Node::Float(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Node::Boolean(*truth),
        DeValue::Datetime(date) => Node::Date(date.to_string()),
        DeValue::Array(elements) => {
            let elements = elements
                .iter()
                .map(|element| toml_value(element.get_ref(), element.span(), depth + 1));
            Node::List(elements.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => toml_table(table, depth)?,
    };
    Ok(Tree { span, node })
}

/// What is wrong with JSON: its syntax, as serde_json has it, or what it says.
pub(crate) enum JsonFault {
    Syntax(serde_json::Error),
    Content(Fault),
}

impl From<Fault> for JsonFault {
    fn from(fault: Fault) -> Self {
        Self::Content(fault)
    }
}

/// The members of an object in their order, each with its raw key and value.
struct Members<'a>(Vec<(RawKey<'a>, &'a RawValue)>);

struct RawKey<'a>(&'a RawValue);

impl<'de> serde::Deserialize<'de> for RawKey<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(Self)
    }
}

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn json_tree(whole: &str, raw: &str, depth: usize) -> Result<Tree, JsonFault> {
    // A raw value borrows from the text, so their addresses tell the offset.
    let start = raw.as_ptr() as usize - whole.as_ptr() as usize;
    let span = start..start + raw.len();
    if depth > MAX_DEPTH {
        return Err(too_deep(&span).into());
    }
    let read = |raw: &str| serde_json::from_str::<String>(raw).map_err(JsonFault::Syntax);
    let node = match raw.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(raw).map_err(JsonFault::Syntax)?;
            let mut entries: Vec<(Key, Tree)> = Vec::new();
            for (RawKey(key), value) in members {
                let at = key.get().as_ptr() as usize - whole.as_ptr() as usize;
                let key_span = at..at + key.get().len();
                let name = read(key.get())?;
                if entries.iter().any(|(earlier, _)| earlier.name == name) {
                    return Err(Fault::new(format!("duplicate key `{name}`"), &key_span).into());
                }
                let key = Key {
                    span: key_span,
                    name,
                };
                entries.push((key, json_tree(whole, value.get(), depth + 1)?));
            }
            Node::Table(entries)
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(raw).map_err(JsonFault::Syntax)?;
            let elements = elements
                .into_iter()
                .map(|element| json_tree(whole, element.get(), depth + 1));
            Node::List(elements.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Node::Text(read(raw)?),
        Some(b't') => Node::Boolean(true),
        Some(b'f') => Node::Boolean(false),
        Some(b'n') => Node::Null,
        _ if raw.contains(['.', 'e', 'E']) => Node::Float(raw.to_owned()),
        _ => match raw.parse() {
            Ok(number) => Node::Integer(number),
            Err(_) => {
                return Err(
                    Fault::new("this number is larger than any that is used here", &span).into(),
                );
            }
        },
    };
    Ok(Tree { span, node })
}

impl<'de> Deserializer<'de> for &'de Tree {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let result = match &self.node {
            Node::Null => visitor.visit_unit(),
            Node::Boolean(truth) => visitor.visit_bool(*truth),
            Node::Integer(number) => visitor.visit_i64(*number),
            Node::Float(number) => visitor.visit_f64(number.parse().unwrap_or(f64::NAN)),
            Node::Date(text) | Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::List(elements) => visitor.visit_seq(Elements(elements.iter())),
            Node::Table(entries) => visitor.visit_map(Entries {
                rest: entries.iter(),
                value: None,
            }),
        };
        result.map_err(|fault| fault.at(&self.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // serde would also read a list as the fields in order.
        match &self.node {
            Node::List(_) => Err(Fault::invalid_type(Unexpected::Seq, &visitor).at(&self.span)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = match &self.node {
            Node::Text(text) => visitor.visit_enum(Word(text)),
            _ => self.deserialize_any(visitor),
        };
        result.map_err(|fault| fault.at(&self.span))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Elements<'de>(std::slice::Iter<'de, Tree>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(tree) = self.0.next() else {
            return Ok(None);
        };
        let value = seed.deserialize(tree).map_err(|fault| fault.at(&tree.span));
        value.map(Some)
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, (Key, Tree)>,
    value: Option<&'de Tree>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        let name: StrDeserializer<'de, Fault> = key.name.as_str().into_deserializer();
        let key = seed.deserialize(name).map_err(|fault| fault.at(&key.span));
        key.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let tree = self
            .value
            .take()
            .expect("a value is asked for after its key");
        seed.deserialize(tree).map_err(|fault| fault.at(&tree.span))
    }
}

/// A text as a variant without content.
struct Word<'de>(&'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: StrDeserializer<'de, Fault> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, Fault> {
        Err(Fault::custom(format!("`{}` takes no value", self.0)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, Fault> {
        Err(Fault::custom(format!("`{}` takes no value", self.0)))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Fault> {
        Err(Fault::custom(format!("`{}` takes no value", self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "what counts is whether it can be read")]
        list: Vec<u32>,
    }

    fn fault(text: &str) -> (String, String) {
        let tree = if text.starts_with('{') {
            Tree::of_json(text).ok().expect("it is JSON")
        } else {
            Tree::of_toml(text).expect("it is TOML")
        };
        let fault = Small::deserialize(&tree).expect_err("it is not as it should be");
        let span = fault.span.expect("every fault has a place");
        (fault.message, text[span].to_owned())
    }

    #[test]
    fn faults_stand_where_they_are_in_either_notation() {
        for text in ["list = [1, 'x']", r#"{"list": [1, "x"]}"#] {
            let (message, at) = fault(text);
            assert_eq!(message, "invalid type: string \"x\", expected u32");
            assert_eq!(at.trim_matches(['"', '\'']), "x");
        }
        let (message, at) = fault("list = []\nlits = 1");
        assert_eq!(
            (message.as_str(), at.as_str()),
            ("unknown field `lits`, expected `list`", "lits")
        );
    }

    #[test]
    fn a_key_of_json_comes_once() {
        let fault = Tree::of_json(r#"{"a": 1, "b": {"c": 1, "c": 2}}"#);
        assert!(
            matches!(fault, Err(JsonFault::Content(fault)) if fault.message == "duplicate key `c`")
        );
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Tree::of_json(&deep).is_err());
        let deep = format!("a = {}1{}", "[".repeat(70), "]".repeat(70));
        assert!(Tree::of_toml(&deep).is_err());
    }
}
