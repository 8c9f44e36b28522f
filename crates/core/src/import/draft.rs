//! A matrix file in the making.

use toml::{Table, Value};

use super::Imported;
use super::expression::axis_name;
use crate::Scalar;
use crate::name::nearest;

/// An axis of the matrix file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DraftAxis {
    pub(super) name: String,
    pub(super) values: Vec<DraftValue>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DraftValue {
    pub(super) id: Scalar,
    pub(super) weight: u32,
    /// What else the value stands for.
    pub(super) vars: Vec<(String, Scalar)>,
}

impl DraftValue {
    pub(super) fn new(id: Scalar) -> Self {
        Self {
            id,
            weight: 1,
            vars: Vec::new(),
        }
    }
}

/// What is imported so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Where it is from, such as "`ci.yml`, job `test`".
    pub(super) origin: String,
    pub(super) name: String,
    pub(super) axes: Vec<DraftAxis>,
    /// `[[zip]]`, `[[forbid]]` and so on, in order.
    pub(super) sections: Vec<(&'static str, Table)>,
    /// `[profile.…]` and `[emit.…]`: their names and tables.
    pub(super) tables: Vec<([&'static str; 2], Table)>,
    /// What the matrix language has no words for.
    pub(super) notes: Vec<String>,
}

/// The axes that mean something to the knowledge base.
const BUILT_IN: [&str; 5] = ["compiler", "mpi", "blas", "ints", "mode"];

impl Draft {
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A name that an axis may have, as near to `wanted` as possible; told if it
    /// is another one.
    pub(super) fn axis_name(&mut self, wanted: &str, means_compilers: bool) -> String {
        const LONGEST: usize = 60;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let mut name: String = wanted
            .chars()
            .map(|c| if fits(c) { c } else { '_' })
            .take(LONGEST)
            .collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            name.insert(0, '_');
        }
        if BUILT_IN.contains(&name.as_str()) && !(name == "compiler" && means_compilers) {
            name.push('_');
            self.note(format!(
                "`{wanted}` is an axis that cfgmatrix knows itself, with other values than these: it is called `{name}`"
            ));
        } else if name != wanted {
            self.note(format!(
                "`{}` is no name of an axis: it is called `{name}`",
                one_line(wanted)
            ));
        }
        let free = |name: &String| self.axes.iter().all(|axis| axis.name != *name);
        if !free(&name) {
            let numbered = (2..).map(|number| format!("{name}-{number}"));
            name = numbered.into_iter().find(free).expect("numbers do not end");
            self.note(format!(
                "another axis is called like `{}`: this one is `{name}`",
                one_line(wanted)
            ));
        }
        name
    }

    /// The document.
    pub(super) fn finish(self) -> Imported {
        let mut toml = format!("# Imported from {}.\n", one_line(&self.origin));
        if !self.notes.is_empty() {
            toml.push_str("#\n# What differs from there:\n");
            for note in &self.notes {
                toml.push_str(&format!("# - {}\n", one_line(note)));
            }
        }
        let mut head = Table::new();
        head.insert("schema".to_owned(), Value::Integer(1));
        head.insert("name".to_owned(), Value::String(self.name));
        if self.axes.is_empty() {
            // All of them are of a zip, and the table is asked for all the same.
            head.insert("axes".to_owned(), Value::Table(Table::new()));
        }
        push(&mut toml, &head);
        for axis in self.axes {
            let values = axis.values.iter().map(value).collect();
            let table = Table::from_iter([("values".to_owned(), Value::Array(values))]);
            push(
                &mut toml,
                &nested(&["axes", &axis.name], Value::Table(table)),
            );
        }
        for (section, table) in self.sections {
            let one = Value::Array(vec![Value::Table(table)]);
            push(&mut toml, &nested(&[section], one));
        }
        for (names, table) in self.tables {
            push(&mut toml, &nested(&names, Value::Table(table)));
        }
        Imported {
            toml,
            notes: self.notes,
        }
    }
}

/// Text that stays on its line of comments.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

fn push(toml: &mut String, table: &Table) {
    let text = toml::to_string(table).expect("texts, numbers, lists and tables are always TOML");
    toml.push('\n');
    toml.push_str(&text);
}

fn nested(names: &[&str], value: Value) -> Table {
    let mut value = value;
    for name in names.iter().skip(1).rev() {
        value = Value::Table(Table::from_iter([((*name).to_owned(), value)]));
    }
    Table::from_iter([(names[0].to_owned(), value)])
}

fn value(value: &DraftValue) -> Value {
    if value.weight == 1 && value.vars.is_empty() {
        return scalar(&value.id);
    }
    let mut table = Table::new();
    table.insert("id".to_owned(), scalar(&value.id));
    if value.weight != 1 {
        table.insert("weight".to_owned(), Value::Integer(i64::from(value.weight)));
    }
    if !value.vars.is_empty() {
        table.insert("vars".to_owned(), vars(&value.vars));
    }
    Value::Table(table)
}

pub(super) fn vars(vars: &[(String, Scalar)]) -> Value {
    let vars = vars
        .iter()
        .map(|(name, value)| (name.clone(), scalar(value)));
    Value::Table(vars.collect())
}

pub(super) fn scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Text(text) => Value::String(text.clone()),
        Scalar::Integer(number) => Value::Integer(*number),
        Scalar::Boolean(truth) => Value::Boolean(*truth),
    }
}

/// A section of texts.
pub(super) fn texts<const N: usize>(members: [(&str, &str); N]) -> Table {
    let members = members.into_iter();
    members
        .map(|(key, value)| (key.to_owned(), Value::String(value.to_owned())))
        .collect()
}

/// An id that a value may have: not empty, and not twice in its axis.
pub(super) fn free_id(wanted: &str, taken: &[DraftValue]) -> String {
    let base = if wanted.is_empty() { "blank" } else { wanted };
    let free = |id: &String| taken.iter().all(|value| value.id.to_string() != *id);
    let plain = base.to_owned();
    if free(&plain) {
        return plain;
    }
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    numbered.into_iter().find(free).expect("numbers do not end")
}

/// `axis == value` for each, all of which hold.
pub(super) fn conjunction(axes: &[DraftAxis], pairs: &[(usize, u32)]) -> String {
    let terms = pairs.iter().map(|&(axis, value)| {
        let axis = &axes[axis];
        let id = super::expression::value_text(&axis.values[value as usize].id);
        format!("{} == {id}", axis_name(&axis.name))
    });
    terms.collect::<Vec<_>>().join(" && ")
}

/// The names that may have been meant, as a line for a message.
pub(super) fn near(name: &str, known: &[String]) -> Option<String> {
    crate::name::did_you_mean(&nearest(name, known.iter().map(String::as_str)))
}
