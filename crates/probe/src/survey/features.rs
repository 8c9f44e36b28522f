//! What works of a compiler: its features, each proved once.

use std::path::PathBuf;

use cfgmatrix_core::{Feature, HostFeature, Language, Os, Proof, Support, Target, Toolchain, Want};
use serde::{Deserialize, Serialize};

use super::compilers::{Examined, arguments_key, witnesses_of};
use super::find::Candidate;
use super::{Context, SurveyError, loader_index, text};
use crate::identify::{CompilerCommand, IdentifyError};
use crate::prove::{FeatureTrial, Proved, is_in, openmp_hint, openmp_packages};
use crate::trial::Runner;

/// What was seen of a feature, with everything it depends on.
#[derive(Serialize, Deserialize)]
struct Seen {
    feature: HostFeature,
}

pub(super) fn prove(
    context: &Context<'_>,
    candidate: &Candidate,
    driver: &CompilerCommand,
    examined: &Examined,
    toolchain: &Toolchain<'_>,
    feature: &Feature,
) -> Result<HostFeature, SurveyError> {
    let language = candidate.language;
    let runner = context.runner(Some(toolchain.target));
    let (path, arguments) = (candidate.path.to_string_lossy(), arguments_key(candidate));
    let how = format!("{runner:?}");
    let key = context.key(&[
        "prove",
        &feature.id,
        language.as_str(),
        &path,
        &arguments,
        &how,
    ]);
    let ask = || {
        let mut witnesses = witnesses_of(context, candidate);
        let (seen, settled) = try_feature(
            context,
            driver,
            examined,
            toolchain,
            feature,
            language,
            &runner,
            &mut witnesses,
        )?;
        Ok::<_, SurveyError>((Seen { feature: seen }, settled.then_some(witnesses)))
    };
    Ok(context.cache.remember(&key, ask)?.feature)
}

/// What is seen of a feature, and whether it would be seen again.
#[expect(
    clippy::too_many_arguments,
    reason = "one driver's facts, and where to note what they rest on"
)]
fn try_feature(
    context: &Context<'_>,
    driver: &CompilerCommand,
    examined: &Examined,
    toolchain: &Toolchain<'_>,
    feature: &Feature,
    language: Language,
    runner: &Runner,
    witnesses: &mut Vec<PathBuf>,
) -> Result<(HostFeature, bool), SurveyError> {
    let mut seen = HostFeature {
        feature: feature.id.clone(),
        language,
        proof: Proof::default(),
        value: None,
        parts: Vec::new(),
        compile: Vec::new(),
        link: Vec::new(),
        rpath: None,
        runtime: None,
    };
    let mut toolchain = toolchain.clone();
    let libomp = libomp_root(context, toolchain.target);
    if libomp.is_some() {
        toolchain.parts.push("libomp".to_owned());
        seen.parts.push("libomp".to_owned());
    }
    let want = Want::new(&feature.id);
    let answers = context
        .known
        .resolve(&toolchain, language, std::slice::from_ref(&want))?;
    let Some(answer) = answers.first() else {
        return Ok((seen, true));
    };
    match answer.support {
        Support::Unsupported => {
            seen.proof.works = Some(false);
            seen.proof.evidence = answer.explanation();
            return Ok((seen, true));
        }
        Support::Unknown => {
            seen.proof.evidence = answer.explanation();
            return Ok((seen, true));
        }
        _ => {}
    }
    seen.compile = answer.compile().map(Into::into).collect();
    seen.link = answer.link().chain(answer.libs()).map(Into::into).collect();
    let mut trial = FeatureTrial {
        proofs: context
            .known
            .proofs(&feature.id)
            .filter(|(file, _)| is_in(file, language))
            .collect(),
        language,
        compile: seen.compile.clone(),
        link: seen.link.clone(),
        runtime: toolchain
            .family
            .openmp_runtime
            .as_deref()
            .filter(|_| feature.id == "openmp"),
        runner: runner.clone(),
        dialect: toolchain.family.dialect(toolchain.target),
        // Those that show with -v where they look for headers show where they look for libraries.
        verbose: !examined.include.is_empty(),
    };
    if let Some(root) = libomp.filter(|_| feature.id == "openmp") {
        trial
            .compile
            .push(format!("-I{}", root.join("include").display()));
        trial.link.push(format!("-L{}", root.join("lib").display()));
    }
    if matches!(runner, Runner::Through(_)) && toolchain.target.os == Os::Windows {
        // The emulated loader looks in no directory of the compiler's.
        trial.link.push("-static".to_owned());
    }
    let proved = match trial.prove(driver) {
        Ok(proved) => proved,
        Err(IdentifyError::Process(error)) => {
            seen.proof.works = Some(false);
            seen.proof.evidence = error.to_string();
            seen.proof.error = Some(error.to_string());
            return Ok((seen, false));
        }
        Err(error) => return Err(error.into()),
    };
    let Proved {
        proof,
        value,
        runtime,
        rpath,
        linked,
        searched,
    } = proved;
    // What is linked, and where more was looked for: a library that comes or goes changes it.
    witnesses.extend(linked.into_iter().filter(|file| file.is_file()));
    witnesses.push(loader_index());
    if proof.works != Some(true) {
        witnesses.extend(examined.include.iter().cloned());
        witnesses.extend(searched);
    }
    seen.proof = proof;
    seen.value = value;
    seen.runtime = runtime.as_deref().and_then(text);
    seen.rpath = rpath.as_deref().and_then(text);
    if seen.proof.works == Some(false) && feature.id == "openmp" {
        seen.proof.hint = openmp_hint(&toolchain);
        seen.proof.install = openmp_packages(&toolchain);
    }
    Ok((seen, true))
}

/// Where Homebrew or MacPorts put libomp, which Apple's compiler lacks.
fn libomp_root(context: &Context<'_>, target: Target) -> Option<PathBuf> {
    let variables = ["LIBOMP_ROOT", "OpenMP_ROOT"].iter();
    let named = variables
        .filter_map(|name| context.options.environment.get(name))
        .map(PathBuf::from);
    crate::prove::libomp_root(named, target)
}
