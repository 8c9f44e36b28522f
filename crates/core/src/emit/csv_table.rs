//! Rows for CSV: a header, then one row a variant.

use crate::matrix::Expansion;

/// The cells of each row, header first. Flags of one cell are joined by
/// spaces: CSV is for looking and sorting; programs read the JSON.
pub fn csv_rows(expansion: &Expansion<'_>) -> impl Iterator<Item = Vec<String>> {
    let axes = expansion.variants.first().map(|variant| {
        variant
            .axes
            .iter()
            .map(|(axis, _)| axis.clone())
            .collect::<Vec<_>>()
    });
    let fixed = [
        "cc", "cxx", "fc", "cppflags", "cflags", "cxxflags", "fflags", "ldflags", "libs",
    ];
    let header = ["name", "id"]
        .map(str::to_owned)
        .into_iter()
        .chain(axes.unwrap_or_default())
        .chain(fixed.map(str::to_owned))
        .collect();
    let rows = expansion.variants.iter().map(|variant| {
        let configuration = &variant.configuration;
        let flags = &configuration.flags;
        let tool = |role: &str| configuration.tools.get(role).cloned().unwrap_or_default();
        let mut row = vec![variant.name.clone(), configuration.id.clone()];
        row.extend(variant.axes.iter().map(|(_, value)| value.clone()));
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
    });
    std::iter::once(header).chain(rows)
}
