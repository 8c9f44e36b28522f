//! OpenMP: whether it is on, and how many runtimes there are.

use cfgmatrix_core::{CompilerSpec, KnowledgeBase, Support, Variant};

use super::compiler::{Made, Recogniser, observed};
use super::scene::{Seen, Stage};
use super::{Judgement, some_of};
use crate::artifact::openmp_runtimes;
use crate::outcome::Claim;

pub(super) fn judge(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    recogniser: &Recogniser,
    stage: &Stage<'_>,
    claims: &mut Vec<Claim>,
) {
    let asked = variant
        .answers
        .iter()
        .any(|answer| answer.feature.id == "openmp");
    let mut traced = false;
    for seen in &stage.artifacts {
        if asked && let Some(judgement) = trace(seen) {
            traced = true;
            claims.push(judgement.of("openmp", Some(&seen.name), "OpenMP"));
        }
        if let Some(judgement) = runtimes(seen) {
            claims.push(judgement.of("openmp.runtimes", Some(&seen.name), "one OpenMP runtime"));
        }
    }
    if asked && !traced && !stage.artifacts.is_empty() {
        let made = observed(known, recogniser, stage);
        let judgement = untraced(variant, known, &made, stage);
        claims.push(judgement.of("openmp", None, "OpenMP"));
    }
}

/// What compilers write where a source uses OpenMP; a source that asks for the
/// number of threads calls the runtime even where its pragmas were ignored.
const WRITTEN: [&str; 5] = ["GOMP_", "__kmpc_", "_mp_", "__tgt_", "__xlsmp"];

fn trace(seen: &Seen) -> Option<Judgement> {
    let symbols = seen.artifact.symbols();
    let called = symbols
        .openmp
        .undefined
        .iter()
        .find(|name| WRITTEN.iter().any(|start| name.starts_with(start)));
    if let Some(name) = called {
        return Some(Judgement::proved("OpenMP", format!("`{name}` is called")));
    }
    let needed = seen.artifact.dynamic().map(|dynamic| {
        let names = dynamic.openmp_libraries().into_iter();
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    let needed = needed.filter(|names| !names.is_empty())?;
    Some(Judgement::proved(
        "OpenMP",
        format!("{} is needed", some_of(&needed)),
    ))
}

fn untraced(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    made: &[Made],
    stage: &Stage<'_>,
) -> Judgement {
    let claimed = variant.toolchain.as_ref();
    let claimed = claimed.map(|toolchain| (toolchain.family.id.clone(), toolchain.version.clone()));
    let seen = made
        .iter()
        .map(|made| (made.family.clone(), made.version.clone()));
    for (family, version) in claimed.into_iter().chain(seen) {
        let spec = CompilerSpec { family, version };
        if let Some(reason) = unsupported(variant, known, &spec) {
            return Judgement::refuted("no OpenMP", format!("{}: {reason}", spec.family));
        }
    }
    let sources = &stage.sources().parallel;
    if !sources.is_empty() {
        return Judgement::refuted(
            "no OpenMP",
            format!(
                "{} has `omp parallel`, and nothing calls an OpenMP runtime: the flag was not given, or the compiler ignores it",
                some_of(sources)
            ),
        );
    }
    Judgement::unknown(
        "nothing calls an OpenMP runtime, and no source was found that would have to: the code may not use it",
    )
}

/// Why a compiler cannot do OpenMP, where it is known that it cannot.
fn unsupported(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    spec: &CompilerSpec,
) -> Option<String> {
    let feature = known.feature("openmp").ok()?;
    let target = variant.toolchain.as_ref().map(|toolchain| toolchain.target);
    let parts = variant.toolchain.as_ref().map(|t| t.parts.clone());
    let toolchain = known
        .toolchain(spec, target, &parts.unwrap_or_default())
        .ok()?;
    let languages = toolchain.family.languages.iter();
    let answers = languages.map(|&language| known.answer(&toolchain, language, feature));
    let answers: Vec<_> = answers.collect::<Result<_, _>>().ok()?;
    let first = answers.first()?;
    answers
        .iter()
        .all(|answer| answer.support == Support::Unsupported)
        .then(|| first.explanation())
}

/// How many runtimes are loaded; nothing where there is none.
fn runtimes(seen: &Seen) -> Option<Judgement> {
    let closure = seen.closure.as_ref()?.as_ref().ok()?;
    let found = openmp_runtimes(closure);
    let first = found.first()?;
    let others = found.iter().any(|other| other.file != first.file);
    if !others {
        return Some(Judgement::proved(
            first.runtime,
            first.file.display().to_string(),
        ));
    }
    let names: Vec<String> = found.iter().map(|found| found.runtime.to_owned()).collect();
    let files: Vec<String> = found
        .iter()
        .map(|found| match &found.needed_by {
            Some(by) => format!(
                "{} needed by {}",
                found.file.display(),
                super::file_name(by)
            ),
            None => found.file.display().to_string(),
        })
        .collect();
    Some(Judgement::refuted(some_of(&names), some_of(&files)))
}
