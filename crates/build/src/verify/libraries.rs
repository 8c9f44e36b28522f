//! Libraries that are missing.

use super::scene::Stage;
use super::{Judgement, file_name, some_of};
use crate::artifact::Closure;
use crate::outcome::Claim;

pub(super) fn judge(stage: &Stage<'_>, claims: &mut Vec<Claim>) {
    for seen in &stage.artifacts {
        let Some(followed) = &seen.closure else {
            continue;
        };
        let judgement = match followed {
            Ok(closure) => missing(closure),
            Err(reason) => Judgement::unknown(reason.clone()),
        };
        claims.push(judgement.of("libraries", Some(&seen.name), "all libraries"));
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
