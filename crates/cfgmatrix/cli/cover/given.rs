//! Rows that are given: JSON, JSON lines, CSV, or PICT's table.

use std::path::Path;

use cfgmatrix_core::plain::{GivenRow, MatchedRow, PlainModel};
use cfgmatrix_core::{Document, Scalar, UniqueMap};
use serde_json::Value;

use super::{Error, document};
use crate::cli::output::print_warning;

/// Reads rows from a file, or from standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Vec<GivenRow>, Error> {
    let document = document(path)?;
    let begins = document.text().trim_start();
    if begins.starts_with(['{', '[']) {
        return match serde_json::from_str::<Value>(document.text()) {
            Ok(Value::Array(rows)) => of_list(&rows, &document),
            Ok(Value::Object(members)) => match members.get("rows") {
                Some(Value::Array(rows)) => of_list(rows, &document),
                _ => of_lines(&document),
            },
            _ => of_lines(&document),
        };
    }
    let header = document.text().lines().next().unwrap_or_default();
    if !header.contains('\t') && header.contains(',') {
        of_csv(&document)
    } else {
        of_table(&document)
    }
}

fn invalid(document: &Document, line: usize, column: usize, message: impl Into<String>) -> Error {
    Error::Core(cfgmatrix_core::Error::Invalid {
        message: message.into(),
        hint: None,
        place: document.place(line, column),
    })
}

/// A list of objects; or of lists of keys and values, which is PICT's JSON.
fn of_list(rows: &[Value], document: &Document) -> Result<Vec<GivenRow>, Error> {
    let rows = (1..).zip(rows).map(|(number, row)| {
        let place = format!("{}: row {number}", document.name());
        let wrong = || {
            invalid(
                document,
                1,
                1,
                format!("row {number}: expected an object of axes and values"),
            )
        };
        let mut cells = Vec::new();
        match row {
            Value::Object(members) => {
                for (axis, value) in members {
                    cells.extend(cell(axis, value).ok_or_else(wrong)?);
                }
            }
            Value::Array(pairs) => {
                for pair in pairs {
                    let axis = pair.get("key").and_then(Value::as_str).ok_or_else(wrong)?;
                    let value = pair.get("value").ok_or_else(wrong)?;
                    cells.extend(cell(axis, value).ok_or_else(wrong)?);
                }
            }
            _ => return Err(wrong()),
        }
        Ok(GivenRow { place, cells })
    });
    rows.collect()
}

fn of_lines(document: &Document) -> Result<Vec<GivenRow>, Error> {
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(document.text().lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let members: UniqueMap<String, Value> = serde_json::from_str(line).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message);
            let message = message.replace("EOF while parsing ", "the line ends within ");
            invalid(document, number, error.column(), message)
        })?;
        let mut cells = Vec::new();
        for (axis, value) in members.iter() {
            cells.extend(cell(axis, value).ok_or_else(|| {
                let message =
                    format!("`{axis}`: expected a text, a whole number, `true` or `false`");
                invalid(document, number, 1, message)
            })?);
        }
        rows.push(GivenRow {
            place: format!("{}:{number}", document.name()),
            cells,
        });
    }
    Ok(rows)
}

/// A cell, or none for `null`; None for what is no value.
fn cell(axis: &str, value: &Value) -> Option<Option<(String, Scalar)>> {
    let scalar = match value {
        Value::Null => return Some(None),
        Value::Bool(truth) => Scalar::Boolean(*truth),
        Value::Number(number) => Scalar::Integer(number.as_i64()?),
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => return None,
    };
    Some(Some((axis.to_owned(), scalar)))
}

fn of_csv(document: &Document) -> Result<Vec<GivenRow>, Error> {
    let mut reader = csv::ReaderBuilder::new().from_reader(document.text().as_bytes());
    let wrong = |error: &csv::Error| {
        let line = error
            .position()
            .map_or(1, |position| position.line() as usize);
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("expected {expected_len} cells, as the header has, found {len}"),
            _ => "the line is not CSV".to_owned(),
        };
        invalid(document, line, 1, message)
    };
    let header = reader.headers().map_err(|error| wrong(&error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        let cells = header.iter().zip(&record);
        rows.push(GivenRow {
            place: format!("{}:{line}", document.name()),
            cells: cells
                .map(|(axis, value)| (axis.to_owned(), Scalar::Text(value.to_owned())))
                .collect(),
        });
    }
    Ok(rows)
}

/// Cells are separated by tabs; a blank line ends the table.
fn of_table(document: &Document) -> Result<Vec<GivenRow>, Error> {
    let mut lines = (1..).zip(document.text().lines());
    let Some((_, header)) = lines.next().filter(|(_, line)| !line.trim().is_empty()) else {
        return Err(invalid(
            document,
            1,
            1,
            "expected a header with the axes' names",
        ));
    };
    let header: Vec<&str> = header.split('\t').collect();
    let rows = lines.take_while(|(_, line)| !line.trim().is_empty());
    let rows = rows.map(|(number, line)| {
        let values: Vec<&str> = line.split('\t').collect();
        if values.len() > header.len() {
            let message = format!(
                "expected at most {} cells, as the header has, found {}",
                header.len(),
                values.len()
            );
            return Err(invalid(document, number, 1, message));
        }
        let cells = header.iter().zip(values);
        Ok(GivenRow {
            place: format!("{}:{number}", document.name()),
            cells: cells
                .map(|(&axis, value)| (axis.to_owned(), Scalar::Text(value.to_owned())))
                .collect(),
        })
    });
    rows.collect()
}

/// The rows to begin with. As in PICT, what the model does not know is left
/// out, and so is a row that breaks a rule; all of it is warned of.
pub(super) fn seeds(rows: &[GivenRow], model: &PlainModel) -> Result<Vec<Vec<Option<u32>>>, Error> {
    /// As many as a person reads.
    const SHOWN: usize = 20;
    let mut warnings: Vec<String> = Vec::new();
    let matched: Vec<MatchedRow> = rows.iter().map(|row| model.matched(row)).collect();
    let values: Vec<Vec<Option<u32>>> = matched.iter().map(|row| row.values.clone()).collect();
    let possible = model.possible(&values);
    let mut seeds = Vec::new();
    for ((row, matched), possible) in rows.iter().zip(matched).zip(possible) {
        for unknown in &matched.unknown {
            // A column that is not known is not known in each row.
            let hint = unknown.hint.iter().map(|hint| format!("\n  {hint}"));
            let hint: String = hint.collect();
            let warning = match &unknown.value {
                Some(_) => format!("{}: {unknown}, and it is left out{hint}", row.place),
                None => format!("{unknown}, and its column is left out{hint}"),
            };
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        if !possible {
            warnings.push(format!(
                "{}: the row breaks a rule, and is left out",
                row.place
            ));
        } else if matched.values.iter().any(Option::is_some) {
            seeds.push(matched.values);
        }
    }
    for warning in warnings.iter().take(SHOWN) {
        print_warning(warning);
    }
    if warnings.len() > SHOWN {
        print_warning(format!("{} more like these", warnings.len() - SHOWN));
    }
    Ok(seeds)
}
