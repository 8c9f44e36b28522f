//! The shipped knowledge base, held to its rules.

use std::collections::BTreeSet;
use std::fs;

use cfgmatrix::core::KnowledgeBase;
use cfgmatrix::probe::is_in;

use crate::support::{files_in, repository};

pub(crate) fn known() -> KnowledgeBase {
    cfgmatrix::knowledge_base(&[]).expect("the embedded documents load")
}

#[test]
fn every_document_keeps_the_rules() {
    if let Err(error) = known().check() {
        panic!("{error}");
    }
}

#[test]
fn every_family_answers_every_feature_in_every_language_it_has() {
    let known = known();
    let mut missing = Vec::new();
    for id in known.family_ids() {
        let family = known.family(id).unwrap();
        for feature in known.features() {
            for language in known.unanswered(family, feature).unwrap() {
                missing.push(format!("{id}: {} for {language}", feature.id));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no row answers:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_document_is_embedded() {
    let toolchains = repository().join("toolchains");
    let mut files = BTreeSet::new();
    for (prefix, directory) in [
        ("", ""),
        ("blas/", "blas"),
        ("mpi/", "mpi"),
        ("proofs/", "proofs"),
    ] {
        for path in files_in(&toolchains.join(directory)) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_file() && !name.ends_with(".md") {
                files.insert(format!("{prefix}{name}"));
            }
        }
    }
    let source = fs::read_to_string(repository().join("crates/cfgmatrix/data.rs")).unwrap();
    let list = source
        .split_once("toolchains! {")
        .unwrap()
        .1
        .split_once('}')
        .unwrap()
        .0;
    let embedded: BTreeSet<String> = list
        .lines()
        .filter_map(|line| {
            Some(
                line.trim()
                    .strip_prefix('"')?
                    .strip_suffix("\",")?
                    .to_owned(),
            )
        })
        .collect();
    assert_eq!(embedded, files);
}

#[test]
fn every_proof_is_of_a_feature_in_a_language_that_it_has() {
    let known = known();
    let mut files: BTreeSet<String> = files_in(&repository().join("toolchains").join("proofs"))
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !name.ends_with(".md"))
        .collect();
    assert!(!files.is_empty());
    for feature in known.features() {
        for (file, _) in known.proofs(&feature.id) {
            let language = feature
                .languages
                .iter()
                .find(|&&language| is_in(file, language));
            assert!(
                language.is_some(),
                "{file}: {} has no such language",
                feature.id
            );
            files.remove(file);
        }
    }
    assert!(files.is_empty(), "of no feature: {files:?}");
}
