//! `conda-variants`: `conda_build_config.yaml`, for conda-build and rattler-build.
//!
//! All keys are zipped: value by value they are the variants, and nothing else is
//! combined. What a variant does not have is an empty text.

use std::fmt::Write as _;

use super::environment::environment;
use super::quote::conda;
use super::spot::Spot;
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// Keys that mean something else to the tools.
const RESERVED: [&str; 7] = [
    "zip_keys",
    "pin_run_as_build",
    "extend_keys",
    "ignore_version",
    "ignore_build_only_deps",
    "replacements",
    "migrator_ts",
];

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let rows: Vec<Vec<(String, String)>> = expansion
        .variants
        .iter()
        .map(row)
        .collect::<Result<_, _>>()?;
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flatten() {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let mut text = format!("# {}\n", comment(Format::CondaVariants));
    for key in &keys {
        writeln!(text, "{key}:").expect("writing to a String works");
        for row in &rows {
            let value = row.iter().find(|(known, _)| known == key);
            let value = value.map_or("", |(_, value)| value.as_str());
            writeln!(text, "  - {}", conda(value)).expect("writing to a String works");
        }
    }
    text.push_str("zip_keys:\n");
    for (at, key) in keys.iter().enumerate() {
        let sign = if at == 0 { "- -" } else { "  -" };
        writeln!(text, "  {sign} {key}").expect("writing to a String works");
    }
    let path = "conda_build_config.yaml".to_owned();
    Ok(vec![EmittedFile { path, text }])
}

/// The axes of a variant and its environment, by key.
fn row(variant: &Variant<'_>) -> Result<Vec<(String, String)>, Error> {
    let spot = Spot::new(Format::CondaVariants, variant);
    let mut row: Vec<(String, String)> = Vec::new();
    for (axis, value) in &variant.axes {
        // A key is a name in Jinja; both tools take the dash for an underscore.
        row.push((key(spot, axis, &axis.replace('-', "_"))?, value.clone()));
    }
    for (name, value) in environment(variant) {
        let key = key(spot, &name, &name)?;
        if row.iter().any(|(known, _)| *known == key) {
            let reason = "an axis has the same name";
            return Err(spot.refuse(format_args!("variable `{name}`"), reason));
        }
        row.push((key, value));
    }
    Ok(row)
}

fn key(spot: Spot<'_>, name: &str, key: &str) -> Result<String, Error> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = !key.is_empty()
        && key.chars().all(is_letter)
        && !key.starts_with(|c: char| c.is_ascii_digit());
    let reason = if !is_name {
        "a key has only letters, digits and underscores"
    } else if RESERVED.contains(&key) {
        "that key means something else there"
    } else {
        return Ok(key.to_owned());
    };
    Err(spot.refuse(format_args!("the key `{}`", name.escape_debug()), reason))
}
