//! Rows for CSV: a header, then one row a variant.

use crate::matrix::Variant;

/// The header, for a matrix with these axes.
#[must_use]
pub fn csv_header(axes: &[&str]) -> Vec<String> {
    let fixed = [
        "cc", "cxx", "fc", "cppflags", "cflags", "cxxflags", "fflags", "ldflags", "libs",
    ];
    let cells = ["name", "id"].iter().chain(axes).chain(&fixed);
    cells.map(|&cell| cell.to_owned()).collect()
}

/// The cells of a variant; an axis that is absent leaves its cell empty. Flags
/// of one cell are joined by spaces: CSV is for looking and sorting; programs
/// read the JSON.
#[must_use]
pub fn csv_row(axes: &[&str], variant: &Variant<'_>) -> Vec<String> {
    let configuration = &variant.configuration;
    let flags = &configuration.flags;
    let tool = |role: &str| configuration.tools.get(role).cloned().unwrap_or_default();
    let mut row = vec![variant.name.clone(), configuration.id.clone()];
    row.extend(axes.iter().map(|&axis| {
        let mut values = variant.axes.iter();
        let value = values.find(|(name, _)| name == axis);
        value.map_or_else(String::new, |(_, value)| value.clone())
    }));
    row.extend([tool("cc"), tool("cxx"), tool("fc")]);
    row.extend(
        [
            &flags.cppflags,
            &flags.cflags,
            &flags.cxxflags,
            &flags.fflags,
            &flags.ldflags,
            &flags.libs,
        ]
        .map(|tokens| tokens.join(" ")),
    );
    row
}
