//! The shipped knowledge base, held to its rules.

use cfgmatrix::core::KnowledgeBase;

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
