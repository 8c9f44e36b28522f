//! Rows as lines of JSON, the values alone: for as many rows as there are.

use super::Plan;
use super::covering::RowSource;
use super::selection::Selection;
use super::space::Space;
use crate::error::Error;

/// A line that is changed from the first value that differs from the row before.
struct Line {
    /// `"axis":"value"` by dimension and row; empty where it is absent.
    parts: Vec<Vec<String>>,
    text: String,
    /// Where each dimension's part begins.
    starts: Vec<usize>,
}

impl Line {
    fn write(&mut self, row: &[u32], changed_from: usize) -> &str {
        let from = changed_from.min(self.starts.len());
        self.text
            .truncate(self.starts.get(from).copied().unwrap_or(self.text.len()));
        if from == self.starts.len() && !self.starts.is_empty() {
            return &self.text;
        }
        self.starts.truncate(from);
        if self.text.is_empty() {
            self.text.push('{');
        }
        for (parts, &value) in self.parts.iter().zip(row).skip(from) {
            self.starts.push(self.text.len());
            let part = &parts[value as usize];
            if !part.is_empty() {
                if self.text.len() > 1 {
                    self.text.push(',');
                }
                self.text.push_str(part);
            }
        }
        self.text.push_str("}\n");
        &self.text
    }
}

impl Space<'_> {
    /// Hands every row to `sink` as an object on a line, `{"compiler":"gcc",…}`;
    /// how many there were. Memory does not grow with the rows of a product.
    ///
    /// # Errors
    /// As for [`Self::variants`], and those of `sink`.
    pub fn value_lines<E: From<Error>>(
        &self,
        selection: &Selection,
        plan: &Plan,
        mut sink: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut included = self.included(selection)?;
        let mut line = self.line();
        let mut written = 0;
        match self.row_source(selection, plan)? {
            RowSource::Product(mut rows) => {
                while let Some(row) = rows.next() {
                    for other in &mut included {
                        other.done |= row.values[..other.row.len()] == other.row;
                    }
                    sink(line.write(row.values, row.changed_from))?;
                    written += 1;
                }
            }
            RowSource::Covering(rows) => {
                for row in rows {
                    for other in &mut included {
                        other.done |= row[..other.row.len()] == other.row;
                    }
                    sink(line.write(&row, 0))?;
                    written += 1;
                }
            }
        }
        for other in included.iter().filter(|included| !included.done) {
            sink(line.write(&other.row, 0))?;
            written += 1;
        }
        Ok(written)
    }

    fn line(&self) -> Line {
        let quoted = |text: &str| serde_json::to_string(text).expect("a text is always JSON");
        let part = |dimension: &super::space::SpaceDimension, row: usize| {
            let members = dimension.axes.iter().filter_map(|&axis| {
                let axis = &self.axes[axis];
                let value = &axis.values[*axis.column.get(row)?];
                Some(format!(
                    "{}:{}",
                    quoted(&axis.name),
                    quoted(&value.id.to_string())
                ))
            });
            members.collect::<Vec<_>>().join(",")
        };
        let parts = self.dimensions.iter().map(|dimension| {
            let rows = 0..dimension.size() as usize;
            rows.map(|row| part(dimension, row)).collect()
        });
        Line {
            parts: parts.collect(),
            text: String::new(),
            starts: Vec::new(),
        }
    }
}
