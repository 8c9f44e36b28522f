//! Rows as text.

use cfgmatrix_core::Scalar;
use cfgmatrix_core::plain::{PlainAxis, PlainModel, Strength};
use unicode_width::UnicodeWidthStr as _;

use super::{FORMAT_VERSION, Format};

/// Writes rows in one format. What a row has in common with the one before is
/// not written anew: a million rows take no longer than copying them.
pub(super) struct RowText {
    head: String,
    tail: &'static str,
    /// What is between rows.
    between: &'static str,
    /// What ends a row.
    end: &'static str,
    axes: Vec<AxisText>,
    /// Whether rows show names in turn, so that no row is like the one before.
    rotates: bool,
    line: String,
    /// Where each axis ends in the line.
    ends: Vec<usize>,
    /// How many rows there were, of which the first two begin differently.
    begun: u8,
}

/// The texts of an axis, with what stands before them in a row.
struct AxisText {
    /// By value and name; the last value is "not determined".
    values: Vec<Vec<String>>,
    /// Which name of a value is next.
    turns: Vec<usize>,
}

impl RowText {
    pub(super) fn new(model: &PlainModel, strength: Strength, format: Format) -> Self {
        let prefix = model.pict_options().map(|options| options.negative_prefix);
        let axes: Vec<AxisText> = model
            .axes()
            .iter()
            .enumerate()
            .map(|(number, axis)| {
                let last = number + 1 == model.axes().len();
                AxisText::new(axis, prefix, format, number == 0, last)
            })
            .collect();
        let (between, end, tail) = match format {
            Format::Table | Format::Csv | Format::Pict => ("", "\n", ""),
            Format::Jsonl => ("", "}\n", ""),
            Format::Json => (",\n", "}", "\n  ]\n}\n"),
            Format::PictJson => (",\n", "\n  ]", "\n]\n"),
        };
        Self {
            head: head(model, strength, format),
            tail,
            between,
            end,
            rotates: axes.iter().any(AxisText::rotates),
            line: String::new(),
            ends: vec![0; axes.len()],
            axes,
            begun: 0,
        }
    }

    pub(super) fn head(&self) -> &str {
        &self.head
    }

    pub(super) fn tail(&self) -> &'static str {
        self.tail
    }

    /// The text of a row whose values before `changed_from` are those of the
    /// row before.
    pub(super) fn row(&mut self, values: &[u32], changed_from: usize) -> &str {
        let other_start = self.begun == 0 || (self.begun == 1 && !self.between.is_empty());
        let from = if other_start || self.rotates {
            0
        } else {
            changed_from
        };
        if from == 0 {
            self.line.clear();
            if self.begun > 0 {
                self.line.push_str(self.between);
            }
        } else {
            self.line.truncate(self.ends[from - 1]);
        }
        self.begun = (self.begun + 1).min(2);
        let rest = self.axes.iter_mut().zip(values).zip(&mut self.ends);
        for ((axis, &value), end) in rest.skip(from) {
            self.line.push_str(axis.next(value));
            *end = self.line.len();
        }
        self.line.push_str(self.end);
        &self.line
    }
}

impl AxisText {
    fn new(
        axis: &PlainAxis,
        prefix: Option<char>,
        format: Format,
        first: bool,
        last: bool,
    ) -> Self {
        let width = Self::width(axis, prefix);
        let plain = Self::names(axis, prefix.filter(|_| format != Format::PictJson));
        let values = plain.iter().map(|names| {
            let names = names.iter();
            names
                .map(|name| cell(&axis.name, name, format, first, last, width))
                .collect()
        });
        Self {
            turns: vec![0; plain.len()],
            values: values.collect(),
        }
    }

    /// The names by value, negative ones with their mark, and what stands for
    /// "not determined".
    fn names(axis: &PlainAxis, prefix: Option<char>) -> Vec<Vec<Scalar>> {
        let values = axis.values.iter().map(|value| {
            let names = value.names.iter();
            let marked = names.map(|name| match prefix {
                Some(prefix) if value.negative => Scalar::Text(format!("{prefix}{name}")),
                _ => name.clone(),
            });
            marked.collect()
        });
        values.chain([vec![Scalar::Text("?".to_owned())]]).collect()
    }

    /// How many columns the widest text of an axis takes.
    fn width(axis: &PlainAxis, prefix: Option<char>) -> usize {
        let names = Self::names(axis, prefix);
        let widths = names
            .iter()
            .flatten()
            .map(|name| printable(&name.to_string()).width());
        widths
            .chain([printable(&axis.name).width()])
            .max()
            .unwrap_or(0)
    }

    fn rotates(&self) -> bool {
        self.values.iter().any(|names| names.len() > 1)
    }

    /// The text of a value: its names take turns.
    fn next(&mut self, value: u32) -> &str {
        let names = &self.values[value as usize];
        let turn = &mut self.turns[value as usize];
        let name = &names[*turn];
        *turn = (*turn + 1) % names.len();
        name
    }
}

fn head(model: &PlainModel, strength: Strength, format: Format) -> String {
    let axes = model.axes();
    let cells = |format: Format| {
        let cells = axes.iter().enumerate().map(|(number, axis)| {
            let name = Scalar::Text(axis.name.clone());
            let last = number + 1 == axes.len();
            // The width of a header is that of its values.
            let prefix = model.pict_options().map(|options| options.negative_prefix);
            let width = AxisText::width(axis, prefix);
            cell(&axis.name, &name, format, number == 0, last, width)
        });
        cells.collect::<String>()
    };
    match format {
        Format::Jsonl => String::new(),
        Format::Table | Format::Csv | Format::Pict => format!("{}\n", cells(format)),
        Format::PictJson => "[\n".to_owned(),
        Format::Json => {
            let names: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
            let strength = match strength {
                Strength::Of(strength) => strength.to_string(),
                Strength::All => "\"all\"".to_owned(),
            };
            format!(
                "{{\n  \"format_version\": {FORMAT_VERSION},\n  \"strength\": {strength},\n  \"axes\": {},\n  \"rows\": [\n",
                json(&names)
            )
        }
    }
}

/// A cell with what stands before it.
fn cell(
    axis: &str,
    value: &Scalar,
    format: Format,
    first: bool,
    last: bool,
    width: usize,
) -> String {
    match format {
        Format::Table => {
            let text = printable(&value.to_string());
            let filled = if last {
                text
            } else {
                let fill = width.saturating_sub(text.width());
                format!("{text}{}", " ".repeat(fill))
            };
            format!("  {filled}")
        }
        Format::Csv => format!(
            "{}{}",
            if first { "" } else { "," },
            csv_cell(&value.to_string())
        ),
        Format::Pict => format!("{}{value}", if first { "" } else { "\t" }),
        Format::Json => {
            let open = if first { "    {" } else { "," };
            format!("{open}{}:{}", json(&axis), json(value))
        }
        Format::Jsonl => {
            let open = if first { "{" } else { "," };
            format!("{open}{}:{}", json(&axis), json(value))
        }
        Format::PictJson => {
            let open = if first { "  [\n" } else { ",\n" };
            format!(
                "{open}    {{\n      \"key\": {},\n      \"value\": {}\n    }}",
                json(&axis),
                json(value)
            )
        }
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON")
}

/// Text without what would break a table for people.
fn printable(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

fn csv_cell(text: &str) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer
        .write_record([text])
        .expect("one cell goes into memory");
    let bytes = writer.into_inner().expect("it was written to memory");
    let line = String::from_utf8(bytes).expect("the cell is text");
    let cell = line.strip_suffix('\n').unwrap_or(&line);
    // A record of one empty cell is quoted, to be no empty line.
    if text.is_empty() {
        String::new()
    } else {
        cell.to_owned()
    }
}
