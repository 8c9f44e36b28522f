//! Axes and their values, as a matrix file has them.

use std::ops::Range;

use serde::Deserialize;
use serde::de::Error as _;

use super::decoration::Decoration;
use super::scalar::Scalar;
use crate::host::HostToolchain;
use crate::name::{Arch, Language, Os, UnknownWord, did_you_mean, nearest};
use crate::toolchain::{Interface, Linkage, Provides};
use crate::tree::{Fault, Key, Node, Tree};

/// The axes whose values mean something to the knowledge base.
pub(crate) const BUILT_IN: [&str; 5] = ["compiler", "mpi", "blas", "ints", "mode"];

/// More axes are no matrix that somebody wrote.
const MAX_AXES: usize = 1000;
/// Likewise values of one axis.
const MAX_VALUES: usize = 4096;
/// The longest name of a value, in bytes: it becomes part of names of files.
const MAX_NAME: usize = 1024;

/// A choice, with its values in order.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) name: String,
    pub(crate) values: Vec<AxisValue>,
    /// Its values are what a machine has.
    pub(crate) installed: Option<Installed>,
    /// It has a value only where this holds.
    pub(crate) when: Option<String>,
    /// It is fixed at its default, or absent, until a profile activates it.
    pub(crate) optional: bool,
    /// The value that names and ids leave out.
    pub(crate) default: Option<Scalar>,
}

/// The compilers that a machine has: `{ installed = true }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installed {
    installed: bool,
    /// Only of these families, with `@VERSION` where it matters.
    #[serde(default)]
    pub(crate) families: Vec<String>,
    /// System built for; the machine's own where it is left out.
    #[serde(default)]
    pub(crate) os: Option<Os>,
    #[serde(default)]
    pub(crate) arch: Option<Arch>,
}

/// One value of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AxisValue {
    /// Its name in variants' names, rules and selections.
    pub(crate) id: Scalar,
    pub(crate) choice: Choice,
    pub(crate) decoration: Decoration,
    /// How much it is liked in a covering array, where nothing else decides.
    pub(crate) weight: Option<u32>,
}

/// What a value means to the knowledge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Compiler(Box<CompilerValue>),
    Blas(BlasValue),
    /// An implementation's id, or `none`.
    Mpi(String),
    /// The width of the integers of BLAS.
    Ints(Interface),
    /// A mode's id.
    Mode(String),
    /// An axis of the matrix's own.
    Own,
}

/// A compiler of a matrix: `"gcc"`, `"gcc@12"`, `"gcc@11..13"`, or a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompilerValue {
    /// Its name in the matrix.
    pub(crate) id: String,
    /// Family, with `@VERSION` where it matters; the id where it is left out.
    #[serde(default)]
    pub(crate) family: Option<String>,
    /// The same as `@VERSION` of the family.
    #[serde(default)]
    pub(crate) version: Option<String>,
    /// Commands that differ from the family's usual ones.
    #[serde(default)]
    pub(crate) cc: Option<String>,
    #[serde(default)]
    pub(crate) cxx: Option<String>,
    #[serde(default)]
    pub(crate) fc: Option<String>,
    /// Separately installed parts that are there.
    #[serde(default)]
    pub(crate) with: Vec<String>,
    /// System built for; the family's home where it is left out.
    #[serde(default)]
    pub(crate) os: Option<Os>,
    #[serde(default)]
    pub(crate) arch: Option<Arch>,
}

/// A BLAS of a matrix: `"sequential"`, `"threaded"`, a kind of threading, or a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlasValue {
    /// Its name in the matrix.
    pub(crate) id: String,
    /// Library; the compiler family's usual one where it is left out.
    #[serde(default)]
    pub(crate) library: Option<String>,
    /// Threading; the id where it is left out.
    #[serde(default)]
    pub(crate) threading: Option<String>,
    /// Width of its integers; that of the axis `ints`, else `lp64`, where it is left out.
    #[serde(default)]
    pub(crate) interface: Option<Interface>,
    #[serde(default)]
    pub(crate) linkage: Linkage,
    /// What must be provided; BLAS where it is left out.
    #[serde(default)]
    pub(crate) provides: Vec<Provides>,
}

impl BlasValue {
    pub(crate) fn provides(&self) -> Vec<Provides> {
        if self.provides.is_empty() {
            vec![Provides::Blas]
        } else {
            self.provides.clone()
        }
    }

    fn of_word(id: String) -> Self {
        Self {
            id,
            library: None,
            threading: None,
            interface: None,
            linkage: Linkage::default(),
            provides: Vec::new(),
        }
    }
}

impl CompilerValue {
    /// A value that says no more than this: a family, with a version or without.
    pub(crate) fn of_word(id: String) -> Self {
        Self {
            id,
            family: None,
            version: None,
            cc: None,
            cxx: None,
            fc: None,
            with: Vec::new(),
            os: None,
            arch: None,
        }
    }

    /// The value for a compiler of a machine.
    pub(crate) fn of_host(id: String, toolchain: &HostToolchain) -> Self {
        let family = match &toolchain.version {
            Some(version) => format!("{}@{version}", toolchain.family),
            None => toolchain.family.clone(),
        };
        let path = |language| {
            toolchain
                .drivers
                .get(&language)
                .map(|driver| driver.path.clone())
        };
        Self {
            family: Some(family),
            cc: path(Language::C),
            cxx: path(Language::Cxx),
            fc: path(Language::Fortran),
            os: toolchain.system.map(|system| system.os),
            arch: toolchain.system.map(|system| system.arch),
            ..Self::of_word(id)
        }
    }

    /// Family and version as one text.
    pub(crate) fn spec(&self) -> String {
        let family = self.family.as_deref().unwrap_or(&self.id);
        match &self.version {
            Some(version) => format!("{family}@{version}"),
            None => family.to_owned(),
        }
    }
}

impl AxisValue {
    pub(crate) fn compiler(value: CompilerValue) -> Self {
        Self {
            id: Scalar::Text(value.id.clone()),
            choice: Choice::Compiler(Box::new(value)),
            decoration: Decoration::default(),
            weight: None,
        }
    }
}

/// The keys that a table for a value may have beside its axis' own.
const VALUE_KEYS: [&str; 1] = ["weight"];

/// The keys of a table for an axis.
const AXIS_KEYS: [&str; 4] = ["values", "when", "optional", "default"];

/// A table in two: the keys that are `own`, and those of `others`. Another key is
/// an error.
pub(crate) fn split(tree: &Tree, own: &[&str], others: &[&str]) -> Result<(Tree, Tree), Fault> {
    let Node::Table(entries) = &tree.node else {
        return Err(Fault::new(
            "a table of keys and values is expected",
            &tree.span,
        ));
    };
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        if own.contains(&key.name.as_str()) {
            mine.push((key.clone(), value.clone()));
        } else if others.contains(&key.name.as_str()) {
            theirs.push((key.clone(), value.clone()));
        } else {
            let known = own.iter().chain(others).copied();
            let word = UnknownWord::new("key", &key.name, known);
            return Err(Fault::new(word.to_string(), &key.span));
        }
    }
    let table = |entries| Tree {
        span: tree.span.clone(),
        node: Node::Table(entries),
    };
    Ok((table(mine), table(theirs)))
}

/// The axes of the table `axes`.
pub(crate) fn axes(tree: &Tree) -> Result<Vec<Axis>, Fault> {
    let Node::Table(entries) = &tree.node else {
        let found = match &tree.node {
            Node::List(_) => serde::de::Unexpected::Seq,
            Node::Text(text) => serde::de::Unexpected::Str(text),
            _ => serde::de::Unexpected::Other("another value"),
        };
        let expected = "a table of axes, each a list of values";
        return Err(Fault::invalid_type(found, &expected).at(&tree.span));
    };
    if entries.len() > MAX_AXES {
        let message = format!(
            "{} axes, and a matrix has at most {MAX_AXES}",
            entries.len()
        );
        return Err(Fault::new(message, &tree.span));
    }
    let axes = entries.iter().map(|(key, value)| axis(key, value));
    axes.collect()
}

/// A name that can be written in rules, in files of other tools, and as a key.
pub(crate) fn check_name(name: &str, span: &Range<usize>) -> Result<(), Fault> {
    let first = name.chars().next();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(fits)
        && name.len() <= 64
    {
        return Ok(());
    }
    let message = format!(
        "`{}` is no name of an axis: letters, digits, `_`, `-` and `.`, a letter first, at most 64",
        shortened(name)
    );
    Err(Fault::new(message, span))
}

/// A text that is shown in a message, whatever its length.
pub(crate) fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    text.chars().take(57).chain("…".chars()).collect()
}

fn axis(key: &Key, tree: &Tree) -> Result<Axis, Fault> {
    check_name(&key.name, &key.span)?;
    let built_in = BUILT_IN.contains(&key.name.as_str());
    let mut axis = Axis {
        name: key.name.clone(),
        values: Vec::new(),
        installed: None,
        when: None,
        optional: false,
        default: None,
    };
    match &tree.node {
        Node::Table(entries) if entries.iter().any(|(key, _)| key.name == "installed") => {
            if key.name != "compiler" {
                let message = format!(
                    "only the axis `compiler` can take what is installed, not `{}`",
                    key.name
                );
                return Err(Fault::new(message, &tree.span));
            }
            let installed = Installed::deserialize(tree)?;
            if !installed.installed {
                return Err(Fault::new(
                    "`installed` can only be true; name the compilers in a list instead",
                    &tree.span,
                ));
            }
            axis.installed = Some(installed);
            return Ok(axis);
        }
        Node::Table(_) => {
            #[derive(Deserialize)]
            struct Table {
                when: Option<String>,
                #[serde(default)]
                optional: bool,
                default: Option<Scalar>,
            }
            split(tree, &AXIS_KEYS, &[])?;
            let table = Table::deserialize(tree)?;
            let Some(list) = tree.at(&[crate::tree::Step::Key("values")]) else {
                let message = format!("axis `{}` has no `values`", key.name);
                return Err(Fault::new(message, &key.span));
            };
            axis.values = values(&key.name, list, &key.span)?;
            axis.when = table.when;
            axis.optional = table.optional;
            axis.default = table.default;
        }
        _ => {
            // A slip of the pen would silently become an axis of its own.
            let near = nearest(&key.name, BUILT_IN);
            if let (false, Some(question)) = (built_in, did_you_mean(&near)) {
                return Err(Fault::new(
                    format!("unknown axis `{}`; {question}", key.name),
                    &key.span,
                ));
            }
            axis.values = values(&key.name, tree, &key.span)?;
        }
    }
    if let Some(default) = &axis.default
        && !axis.values.iter().any(|value| value.id == *default)
    {
        let ids: Vec<String> = axis
            .values
            .iter()
            .map(|value| value.id.to_string())
            .collect();
        let word = UnknownWord::new(
            "value",
            &shortened(&default.to_string()),
            ids.iter().map(String::as_str),
        );
        let span = tree
            .at(&[crate::tree::Step::Key("default")])
            .map_or(&tree.span, |tree| &tree.span);
        return Err(Fault::new(word.to_string(), span));
    }
    Ok(axis)
}

fn values(axis: &str, tree: &Tree, key: &Range<usize>) -> Result<Vec<AxisValue>, Fault> {
    let Node::List(elements) = &tree.node else {
        return Vec::<String>::deserialize(tree)
            .map(|_| Vec::new())
            .map_err(|fault| {
                let found = fault
                    .message
                    .split(", expected ")
                    .next()
                    .unwrap_or_default();
                Fault::new(format!("{found}, expected a list of values"), &tree.span)
            });
    };
    if elements.is_empty() {
        return Err(Fault::new(format!("axis `{axis}` has no values"), key));
    }
    if elements.len() > MAX_VALUES {
        let message = format!(
            "axis `{axis}` has {} values, and an axis has at most {MAX_VALUES}",
            elements.len()
        );
        return Err(Fault::new(message, key));
    }
    let mut values: Vec<AxisValue> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for element in elements {
        let value = value(axis, element)?;
        let span = id_span(element);
        check_id(axis, &value.id, span)?;
        if let Some(first) = values.first()
            && first.id.type_name() != value.id.type_name()
        {
            let message = format!(
                "the values of axis `{axis}` are of one type: `{}` is a {}, `{}` a {}",
                first.id,
                first.id.type_name(),
                value.id,
                value.id.type_name()
            );
            return Err(Fault::new(message, span));
        }
        if !seen.insert(value.id.clone()) {
            let message = format!("value `{}` of axis `{axis}` comes twice", value.id);
            return Err(Fault::new(message, span));
        }
        values.push(value);
    }
    Ok(values)
}

/// Where the name of a value stands.
fn id_span(element: &Tree) -> &Range<usize> {
    let id = element.at(&[crate::tree::Step::Key("id")]);
    id.map_or(&element.span, |id| &id.span)
}

pub(crate) fn check_id(axis: &str, id: &Scalar, span: &Range<usize>) -> Result<(), Fault> {
    let Scalar::Text(text) = id else {
        return Ok(());
    };
    if text.is_empty() {
        return Err(Fault::new(
            format!("a value of axis `{axis}` has an empty name"),
            span,
        ));
    }
    if text.len() > MAX_NAME {
        let message = format!(
            "a value of axis `{axis}` has a name of {} bytes, and a name has at most {MAX_NAME}",
            text.len()
        );
        return Err(Fault::new(message, span));
    }
    Ok(())
}

/// A value that is a word, or a table where a word does not say enough.
fn value(axis: &str, tree: &Tree) -> Result<AxisValue, Fault> {
    let Node::Table(entries) = &tree.node else {
        return word(axis, tree);
    };
    let mut others: Vec<&str> = Decoration::KEYS.into();
    others.extend(VALUE_KEYS);
    let own: &[&str] = match axis {
        "compiler" => &[
            "id", "family", "version", "cc", "cxx", "fc", "with", "os", "arch",
        ],
        "blas" => &[
            "id",
            "library",
            "threading",
            "interface",
            "linkage",
            "provides",
        ],
        _ => &["id"],
    };
    let (own, others) = split(tree, own, &others)?;
    let weighed: Vec<(Key, Tree)> = match others.node {
        Node::Table(entries) => entries,
        _ => Vec::new(),
    };
    let (weight, decoration): (Vec<_>, Vec<_>) = weighed
        .into_iter()
        .partition(|(key, _)| key.name == "weight");
    let decoration = Decoration::deserialize(&Tree {
        span: tree.span.clone(),
        node: Node::Table(decoration),
    })?;
    let weight = weight
        .first()
        .map(|(_, weight)| u32::deserialize(weight))
        .transpose()?;
    if !entries.iter().any(|(key, _)| key.name == "id") {
        return Err(Fault::new("missing field `id`", &tree.span));
    }
    let named = |choice: fn(String) -> Choice| -> Result<(Scalar, Choice), Fault> {
        #[derive(Deserialize)]
        struct Named {
            id: String,
        }
        let Named { id } = Named::deserialize(&own)?;
        Ok((Scalar::Text(id.clone()), choice(id)))
    };
    let (id, choice) = match axis {
        "compiler" => {
            let value = CompilerValue::deserialize(&own)?;
            (
                Scalar::Text(value.id.clone()),
                Choice::Compiler(Box::new(value)),
            )
        }
        "blas" => {
            let value = BlasValue::deserialize(&own)?;
            (Scalar::Text(value.id.clone()), Choice::Blas(value))
        }
        "mpi" => named(Choice::Mpi)?,
        "mode" => named(Choice::Mode)?,
        _ => {
            let id = own
                .at(&[crate::tree::Step::Key("id")])
                .expect("it was looked for just now");
            match axis {
                "ints" => ints(id)?,
                _ => (Scalar::deserialize(id)?, Choice::Own),
            }
        }
    };
    Ok(AxisValue {
        id,
        choice,
        decoration,
        weight,
    })
}

/// A value that a row of a zip writes.
///
/// # Errors
/// It is none of this axis, or its name is no name.
pub(crate) fn of_scalar(axis: &str, id: &Scalar) -> Result<AxisValue, String> {
    let node = match id {
        Scalar::Text(text) => Node::Text(text.clone()),
        Scalar::Integer(number) => Node::Integer(*number),
        Scalar::Boolean(truth) => Node::Boolean(*truth),
    };
    let tree = Tree { span: 0..0, node };
    let value = word(axis, &tree).map_err(|fault| fault.message)?;
    check_id(axis, &value.id, &tree.span).map_err(|fault| fault.message)?;
    Ok(value)
}

fn ints(tree: &Tree) -> Result<(Scalar, Choice), Fault> {
    let interface = Interface::deserialize(tree)?;
    Ok((Scalar::deserialize(tree)?, Choice::Ints(interface)))
}

fn word(axis: &str, tree: &Tree) -> Result<AxisValue, Fault> {
    let text = || -> Result<String, Fault> {
        String::deserialize(tree).map_err(|fault| {
            let found = fault
                .message
                .split(", expected ")
                .next()
                .unwrap_or_default();
            Fault::new(
                format!("{found}, expected a name, or a table with an `id`"),
                &tree.span,
            )
        })
    };
    let (id, choice) = match axis {
        "compiler" => {
            let value = CompilerValue::of_word(text()?);
            (
                Scalar::Text(value.id.clone()),
                Choice::Compiler(Box::new(value)),
            )
        }
        "blas" => {
            let value = BlasValue::of_word(text()?);
            (Scalar::Text(value.id.clone()), Choice::Blas(value))
        }
        "mpi" => (Scalar::Text(text()?), Choice::Mpi(text()?)),
        "mode" => (Scalar::Text(text()?), Choice::Mode(text()?)),
        "ints" => ints(tree)?,
        _ => (Scalar::deserialize(tree)?, Choice::Own),
    };
    Ok(AxisValue {
        id,
        choice,
        decoration: Decoration::default(),
        weight: None,
    })
}
