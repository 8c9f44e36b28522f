//! YAML as a tree with lines, for files that other tools own.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::Scalar;
use crate::document::Document;
use crate::error::Error;

/// A value and the line and column that it begins at.
#[derive(Clone, Debug)]
pub(super) struct Yaml {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) node: Node,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A scalar without quotes, whose text decides what it is.
    Plain(String),
    /// A scalar in quotes or a block, which is text.
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(Yaml, Yaml)>),
}

/// What a scalar is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Scalar(Scalar),
    /// A number with a fraction, as it is written and as tools read it.
    Fraction(String, f64),
}

/// More nodes than this come from aliases of aliases only.
const MAX_NODES: usize = 1 << 18;
const MAX_DEPTH: usize = 64;

impl Yaml {
    /// The first document of a file; None for an empty one.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub(super) fn parse(document: &Document) -> Result<Option<Self>, Error> {
        let mut builder = Builder {
            document,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
        };
        for event in Parser::new_from_str(document.text()) {
            let (event, span) = event.map_err(|error| {
                let marker = error.marker();
                Error::Invalid {
                    message: format!("the file is no YAML: {}", error.info()),
                    hint: None,
                    place: document.place(marker.line(), marker.col() + 1),
                }
            })?;
            if let Some(root) = builder.take(event, &span)? {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }

    /// The member of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name.text() == Some(key))
            .map(|(_, value)| value)
    }

    pub(super) fn entries(&self) -> &[(Self, Self)] {
        match &self.node {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn elements(&self) -> Option<&[Self]> {
        match &self.node {
            Node::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text of a scalar, whatever it is.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Plain(text) | Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a scalar is by YAML 1.2: `yes` and `on` are texts.
    pub(super) fn value(&self) -> Option<Value> {
        let text = match &self.node {
            Node::Plain(text) => text,
            Node::Text(text) => return Some(Value::Scalar(Scalar::Text(text.clone()))),
            _ => return None,
        };
        Some(match text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Scalar(Scalar::Boolean(true)),
            "false" | "False" | "FALSE" => Value::Scalar(Scalar::Boolean(false)),
            _ => number(text).unwrap_or_else(|| Value::Scalar(Scalar::Text(text.clone()))),
        })
    }

    /// An error at this place.
    pub(super) fn invalid(&self, document: &Document, message: impl Into<String>) -> Error {
        Error::Invalid {
            message: message.into(),
            hint: None,
            place: document.place(self.line, self.column),
        }
    }

    /// The same as a line of text.
    pub(super) fn shown(&self) -> String {
        match &self.node {
            Node::Plain(text) | Node::Text(text) => text.clone(),
            Node::List(elements) => {
                let elements: Vec<String> = elements.iter().map(Self::shown).collect();
                format!("[{}]", elements.join(", "))
            }
            Node::Map(entries) => {
                let entries = entries.iter();
                let entries: Vec<String> = entries
                    .map(|(key, value)| format!("{}: {}", key.shown(), value.shown()))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// Whether both say the same, wherever they stand; the order of a map says
    /// nothing.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (&self.node, &other.node) {
            (Node::List(own), Node::List(theirs)) => {
                own.len() == theirs.len() && own.iter().zip(theirs).all(|(one, two)| one.same(two))
            }
            (Node::Map(own), Node::Map(theirs)) => {
                own.len() == theirs.len()
                    && own.iter().all(|(key, value)| {
                        let key = key.text();
                        key.and_then(|key| other.get(key))
                            .is_some_and(|their| value.same(their))
                    })
            }
            _ => match (self.value(), other.value()) {
                (Some(Value::Fraction(_, own)), Some(Value::Fraction(_, their))) => own == their,
                (Some(own), Some(their)) => own == their,
                _ => false,
            },
        }
    }
}

fn number(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(unsigned) {
        let number = text.strip_prefix('+').unwrap_or(text).parse().ok()?;
        return Some(Value::Scalar(Scalar::Integer(number)));
    }
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text.parse().ok().filter(|_| begins)?;
    Some(Value::Fraction(text.to_owned(), number))
}

struct Builder<'d> {
    document: &'d Document,
    open: Vec<Open>,
    anchors: HashMap<usize, (Yaml, usize)>,
    nodes: usize,
}

/// A list or a map whose end has not come.
struct Open {
    yaml: Yaml,
    anchor: usize,
    key: Option<Yaml>,
    /// How many nodes there were before it.
    before: usize,
}

impl Builder<'_> {
    /// The whole document, when an event ends it.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<Option<Yaml>, Error> {
        let (line, column) = (span.start.line(), span.start.col() + 1);
        let yaml = |node| Yaml { line, column, node };
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let node = match style {
                    ScalarStyle::Plain => Node::Plain(text.into_owned()),
                    _ => Node::Text(text.into_owned()),
                };
                self.finished(yaml(node), anchor, 1)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let Some((found, nodes)) = known else {
                    return Err(yaml(Node::List(Vec::new()))
                        .invalid(self.document, "an alias stands within what it names"));
                };
                self.finished(
                    Yaml {
                        line,
                        column,
                        ..found
                    },
                    0,
                    nodes,
                )
            }
            Event::SequenceStart(anchor, _) => self.begin(yaml(Node::List(Vec::new())), anchor),
            Event::MappingStart(anchor, _) => self.begin(yaml(Node::Map(Vec::new())), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop().expect("each end has its beginning");
                let nodes = self.nodes - open.before;
                self.nodes = open.before;
                self.finished(open.yaml, open.anchor, nodes)
            }
            _ => Ok(None),
        }
    }

    fn begin(&mut self, yaml: Yaml, anchor: usize) -> Result<Option<Yaml>, Error> {
        if self.open.len() == MAX_DEPTH {
            let message = format!("the file is nested deeper than {MAX_DEPTH} levels");
            return Err(yaml.invalid(self.document, message));
        }
        let before = self.nodes;
        self.nodes += 1;
        self.open.push(Open {
            yaml,
            anchor,
            key: None,
            before,
        });
        Ok(None)
    }

    fn finished(&mut self, yaml: Yaml, anchor: usize, nodes: usize) -> Result<Option<Yaml>, Error> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(yaml.invalid(
                self.document,
                "the file has more values than any that is written",
            ));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (yaml.clone(), nodes));
        }
        let Some(open) = self.open.last_mut() else {
            return Ok(Some(yaml));
        };
        match &mut open.yaml.node {
            Node::List(elements) => elements.push(yaml),
            Node::Map(entries) => match open.key.take() {
                None => open.key = Some(yaml),
                Some(key) => {
                    if let Some(name) = key.text()
                        && entries.iter().any(|(other, _)| other.text() == Some(name))
                    {
                        let message = format!("the key `{name}` comes twice");
                        return Err(key.invalid(self.document, message));
                    }
                    entries.push((key, yaml));
                }
            },
            Node::Plain(_) | Node::Text(_) => unreachable!("scalars are never open"),
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Yaml>, Error> {
        Yaml::parse(&Document::from_bytes("f.yml", text.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn scalars_are_what_yaml_1_2_says() {
        let yaml = parse("[yes, true, 3, 3.10, '3', ~, -2, v1, 1e3, .5]")
            .unwrap()
            .unwrap();
        let values: Vec<Value> = yaml
            .elements()
            .unwrap()
            .iter()
            .map(|one| one.value().unwrap())
            .collect();
        let text = |text: &str| Value::Scalar(Scalar::Text(text.to_owned()));
        assert_eq!(
            values,
            [
                text("yes"),
                Value::Scalar(Scalar::Boolean(true)),
                Value::Scalar(Scalar::Integer(3)),
                Value::Fraction("3.10".to_owned(), 3.1),
                text("3"),
                Value::Null,
                Value::Scalar(Scalar::Integer(-2)),
                text("v1"),
                Value::Fraction("1e3".to_owned(), 1000.0),
                Value::Fraction(".5".to_owned(), 0.5),
            ]
        );
    }

    #[test]
    fn aliases_are_values_and_are_bounded() {
        let yaml = parse("a: &x [1, 2]\nb: *x\n").unwrap().unwrap();
        assert!(yaml.get("a").unwrap().same(yaml.get("b").unwrap()));
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let previous = format!("*a{}, ", level - 1).repeat(8);
            text.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
        }
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains("more values than any"), "{error}");
        let deep = "[".repeat(5000);
        assert!(parse(&deep).is_err());
    }

    #[test]
    fn faults_have_their_place() {
        let error = parse("a: 1\nb: [1\nc: 2\n").unwrap_err();
        assert_eq!(error.place().unwrap().document(), "f.yml");
        let error = parse("a: 1\na: 2\n").unwrap_err().to_string();
        assert_eq!(error, "f.yml:2:1: the key `a` comes twice");
    }
}
