//! Libraries that are missing, and the MPI that runs.

use cfgmatrix_core::{KnowledgeBase, Variant};

use super::scene::Stage;
use super::{Judgement, file_name, some_of};
use crate::artifact::Closure;
use crate::outcome::Claim;

pub(super) fn judge(
    variant: &Variant<'_>,
    known: &KnowledgeBase,
    stage: &Stage<'_>,
    claims: &mut Vec<Claim>,
) {
    let mut calls = false;
    for seen in &stage.artifacts {
        let Some(followed) = &seen.closure else {
            continue;
        };
        let artifact = Some(seen.name.as_str());
        let closure = match followed {
            Ok(closure) => closure,
            Err(reason) => {
                let judgement = Judgement::unknown(reason.clone());
                claims.push(judgement.of("libraries", artifact, "all libraries"));
                continue;
            }
        };
        claims.push(missing(closure).of("libraries", artifact, "all libraries"));
        if let Some(mpi) = &variant.configuration.mpi {
            let name = known
                .mpi(&mpi.implementation)
                .map_or(mpi.implementation.as_str(), |mpi| mpi.name.as_str());
            let judgement = judge_mpi(closure, known, &mpi.implementation);
            calls |= judgement.is_some();
            claims.extend(judgement.map(|judgement| judgement.of("mpi", artifact, name)));
        }
    }
    if let Some(mpi) = &variant.configuration.mpi
        && !calls
        && !stage.artifacts.is_empty()
    {
        let judgement = Judgement::unknown("nothing that was built loads an MPI library");
        claims.push(judgement.of("mpi", None, &mpi.implementation));
    }
}

fn missing(closure: &Closure) -> Judgement {
    let missing: Vec<String> = closure
        .missing
        .iter()
        .filter(|missing| !missing.optional)
        .map(|missing| {
            let by = file_name(&missing.needed_by);
            match &missing.problem {
                Some(problem) => format!("{} needed by {by}: {problem}", missing.name),
                None => format!("{} needed by {by}", missing.name),
            }
        })
        .collect();
    if missing.is_empty() {
        let count = closure.loaded.len().saturating_sub(1);
        return Judgement::proved("all libraries", format!("{count} are loaded"));
    }
    let observed = match missing.len() {
        1 => "a library too few".to_owned(),
        count => format!("{count} libraries too few"),
    };
    Judgement::refuted(observed, format!("not found: {}", some_of(&missing)))
}

/// A symbol that libraries of one binary interface have, and no others.
const MARKS: [(&str, &str); 2] = [("ompi_mpi_comm_world", "openmpi"), ("MPIR_Dup_fn", "mpich")];

/// Which MPI is loaded; nothing where none is.
fn judge_mpi(closure: &Closure, known: &KnowledgeBase, claimed: &str) -> Option<Judgement> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (symbol, abi) in MARKS {
        if let Ok(Some(loaded)) = closure.provider_of(symbol) {
            found.push((abi, loaded.file.display().to_string()));
        }
    }
    let mut provided = closure.loaded.iter().flat_map(|loaded| &loaded.provides);
    let has_mpi = provided.any(|name| name == "MPI_Init" || name == "mpi_init_");
    if found.is_empty() {
        return has_mpi.then(|| {
            Judgement::unknown("an MPI is loaded that shows none of the marks that are known")
        });
    }
    let abi = known.mpi(claimed).ok().map(|mpi| mpi.abi.clone());
    let files: Vec<String> = found.iter().map(|(_, file)| file.clone()).collect();
    let observed: Vec<String> = found
        .iter()
        .map(|(abi, _)| {
            known
                .mpi(abi)
                .map_or_else(|_| (*abi).to_owned(), |mpi| mpi.name.clone())
        })
        .collect();
    Some(match (found.as_slice(), abi) {
        ([(seen, _)], Some(abi)) if *seen == abi => {
            Judgement::proved(some_of(&observed), some_of(&files))
        }
        (_, None) => Judgement::unknown(format!("{claimed} is not known")),
        _ => Judgement::refuted(some_of(&observed), some_of(&files)),
    })
}
