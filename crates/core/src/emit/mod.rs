//! Expansions as documents for other tools: text out, no I/O.

mod csv_table;
mod json;

pub use csv_table::csv_rows;
pub use json::{FORMAT_VERSION, expansion_json, expansion_lines};
