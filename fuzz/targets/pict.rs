//! PICT's models: what is read has clauses, and becomes a matrix file.

#![no_main]

use cfgmatrix_core::Document;
use cfgmatrix_core::import;
use cfgmatrix_core::pict::{PictModel, PictOptions};
use cfgmatrix_core::plain::PlainModel;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&first, text)) = data.split_first() else {
        return;
    };
    let options = PictOptions {
        case_sensitive: first & 1 == 1,
        value_separator: if first & 2 == 2 { ' ' } else { ',' },
        ..PictOptions::default()
    };
    let Ok(document) = Document::from_bytes("model.txt", text.to_vec()) else {
        return;
    };
    match PictModel::parse(&document, &options) {
        Ok(model) => {
            let plain = PlainModel::from_pict(&model);
            assert_eq!(plain.axes().len(), model.parameters().len());
            let imported = import::pict(&document, &options).expect("the model was read");
            let table: Result<toml::Table, _> = imported.toml.parse();
            table.expect("what is written is TOML");
        }
        Err(error) => {
            assert!(error.place().is_some(), "{error}");
        }
    }
});
