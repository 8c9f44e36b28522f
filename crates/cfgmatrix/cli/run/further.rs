//! Variants as the document of a run has them, and further ones that would tell
//! why others fail.

use std::collections::HashSet;

use cfgmatrix_build::report::{Flag, Part, Report, RunVariant};
use cfgmatrix_core::{Answer, Natural, Plan, ResolvedBlas, Selection, Space, Strength, Variant};

use super::Error;

/// Among so many variants that have not run some are looked for.
const CANDIDATES: usize = 20_000;

/// The fewest variants of the whole product that have not run and would tell
/// apart what may explain the failures; none where nothing is open.
pub(super) fn propose<'k>(
    report: &Report,
    space: &Space<'k>,
    selection: &Selection,
) -> Result<Vec<Variant<'k>>, Error> {
    let is_open = report.blame.cover.iter().any(|one| !one.rivals.is_empty());
    if !is_open {
        return Ok(Vec::new());
    }
    // The usual case: the whole product has run.
    if space.count(selection)? <= Natural::from(report.rows.len() as u64) {
        return Ok(Vec::new());
    }
    let rows = report.rows.iter();
    let have: HashSet<&str> = rows.map(|row| row.variant.name.as_str()).collect();
    let plan = Plan {
        strength: Some(Strength::All),
        ..Plan::default()
    };
    let mut candidates = Vec::new();
    for variant in space.variants(selection, &plan)?.take(CANDIDATES) {
        let variant = variant?;
        if !have.contains(variant.name.as_str()) {
            candidates.push(variant);
        }
    }
    let described: Vec<RunVariant> = candidates.iter().map(run_variant).collect();
    let mut chosen = report.propose(&described);
    chosen.sort_unstable();
    let mut number = 0..;
    candidates.retain(|_| {
        let number = number.next().expect("it has no end");
        chosen.binary_search(&number).is_ok()
    });
    Ok(candidates)
}

/// A variant as the document of its run has it.
pub(super) fn run_variant(variant: &Variant<'_>) -> RunVariant {
    let answers = variant.answers.iter().flat_map(flags_of_feature);
    let blas = variant.blas.iter().flat_map(flags_of_blas);
    RunVariant {
        name: variant.name.clone(),
        id: variant.configuration.id.clone(),
        axes: variant.axes.clone(),
        attributes: attributes(variant),
        flags: answers.chain(blas).collect(),
    }
}

/// What its compiler and its libraries are, under the names that rules have for
/// it.
fn attributes(variant: &Variant<'_>) -> Vec<(String, String)> {
    let toolchain = variant.toolchain.iter();
    let family = toolchain.map(|one| ("compiler.family", one.family.id.clone()));
    let blas = variant.blas.iter().flat_map(|blas| {
        [
            ("blas.library", blas.library.id.clone()),
            ("blas.threading", blas.row.threading.as_str().to_owned()),
        ]
    });
    family
        .chain(blas)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn flags_of_feature(answer: &Answer<'_>) -> Vec<Flag> {
    let source = answer.row().map_or("", |row| row.source.as_str());
    let compile = answer.compile().map(Into::into).collect();
    let link = answer.link().chain(answer.libs()).map(Into::into).collect();
    flags(&answer.feature.id, source, compile, link)
}

fn flags_of_blas(blas: &ResolvedBlas<'_>) -> Vec<Flag> {
    let feature = format!("blas.{}", blas.row.threading.as_str());
    let compile = blas.compile_tokens();
    let link = blas.link_tokens().map(str::to_owned);
    flags(
        &feature,
        &blas.row.source,
        compile.collect(),
        link.collect(),
    )
}

fn flags(feature: &str, source: &str, compile: Vec<String>, link: Vec<String>) -> Vec<Flag> {
    let parts = [(Part::Compile, compile), (Part::Link, link)].into_iter();
    let parts = parts.filter(|(_, tokens)| !tokens.is_empty());
    parts
        .map(|(part, tokens)| Flag {
            part,
            tokens,
            feature: feature.to_owned(),
            source: source.to_owned(),
        })
        .collect()
}
