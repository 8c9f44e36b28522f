//! Matrix files, in TOML or JSON: read, and what they mean told.

#![no_main]

use std::sync::LazyLock;

use cfgmatrix_core::{Document, KnowledgeBase, Matrix, Plan, Sources, Space};
use libfuzzer_sys::fuzz_target;

static KNOWN: LazyLock<KnowledgeBase> = LazyLock::new(|| {
    let mut sources = Sources::default();
    let features = r#"{"format_version": 1, "features": [{"id": "openmp", "meaning": "threads", "languages": ["c"], "prove": "two threads seen"}]}"#;
    sources.add("features.json", Document::embedded("features.json", features));
    let gcc = r#"{"format_version": 1, "id": "gcc", "name": "GCC", "aliases": [], "languages": ["c"],
      "drivers": {"c": "gcc"}, "targets": [{"os": "linux", "arch": "x86_64"}], "newest": "15", "identify": {},
      "rows": [{"feature": "openmp", "languages": ["c"], "compile": ["-fopenmp"], "source": "manual"}]}"#;
    sources.add("gcc.json", Document::embedded("gcc.json", gcc));
    KnowledgeBase::new(sources, []).expect("these documents are well formed")
});

fuzz_target!(|data: &[u8]| {
    let Ok(document) = Document::from_bytes("cfgmatrix.toml", data.to_vec()) else {
        return;
    };
    let Ok(matrix) = Matrix::parse(document) else {
        return;
    };
    let Ok(space) = Space::new(&matrix, &KNOWN, None, None) else {
        return;
    };
    let all = space.all();
    let count = space.count(&all).ok().and_then(|count| count.to_u64());
    if let (Some(0..=1000), Ok(variants)) = (count, space.variants(&all, &Plan::default())) {
        let made = variants.map_while(Result::ok).count() as u64;
        assert_eq!(count, Some(made), "as many are counted as made");
    }
});
