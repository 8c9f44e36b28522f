//! Conditions of rules, in a matrix whose axes they may speak of: read, checked,
//! and made into clauses whose rows are those that the condition leaves.

#![no_main]

use std::sync::LazyLock;

use cfgmatrix_core::{Document, KnowledgeBase, Matrix, Plan, Sources, Space};
use libfuzzer_sys::fuzz_target;

const AXES: &str = "\
schema = 1
name = \"fuzz\"
[axes.tool]
values = [\"a\", \"b\", { id = \"new\", vars = { speed = 3, old = false } }]
[axes.python]
values = [\"3.9\", \"3.10\"]
[axes.cuda]
values = [true, false]
[axes.jobs]
values = [1, 2, 4]
when = 'cuda'
[[forbid]]
if = '''";

static KNOWN: LazyLock<KnowledgeBase> = LazyLock::new(|| {
    let mut sources = Sources::default();
    let features = r#"{"format_version": 1, "features": [{"id": "openmp", "meaning": "threads", "languages": ["c"], "prove": "two threads seen"}]}"#;
    sources.add("features.json", Document::embedded("features.json", features));
    KnowledgeBase::new(sources, []).expect("this document is well formed")
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // What ends the text of TOML is no part of an expression.
    if text.contains("'''") || text.ends_with('\'') {
        return;
    }
    let matrix = format!("{AXES}{text}'''\n");
    let Ok(document) = Document::from_bytes("cfgmatrix.toml", matrix.into_bytes()) else {
        return;
    };
    let Ok(matrix) = Matrix::parse(document) else {
        return;
    };
    let Ok(space) = Space::new(&matrix, &KNOWN, None, None) else {
        return;
    };
    let all = space.all();
    let (Ok(count), Ok(excluded)) = (space.count(&all), space.excluded(&all)) else {
        return;
    };
    let candidates = space.candidates(&all).expect("they were counted just now");
    let variants = space.variants(&all, &Plan::default()).expect("nothing is included");
    let made = variants.map_while(Result::ok).count() as u64;
    // Clauses and the reading of the condition agree on every row.
    assert_eq!(count.to_u64(), Some(made));
    assert_eq!(candidates.to_u64(), Some(made + excluded.len() as u64));
});
