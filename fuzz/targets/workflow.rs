//! Workflows and conda's variants: what is imported is TOML.

#![no_main]

use cfgmatrix_core::{Document, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(document) = Document::from_bytes("file.yml", data.to_vec()) else {
        return;
    };
    let imports = [
        import::github(&document, None, |word| word == "gcc"),
        import::conda(&document, Some("linux-64")),
    ];
    for imported in imports.into_iter().flatten() {
        let table: Result<toml::Table, _> = imported.toml.parse();
        table.expect("what is written is TOML");
    }
});
