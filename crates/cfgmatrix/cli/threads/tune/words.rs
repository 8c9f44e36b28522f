//! The answer as people say it.

use cfgmatrix_build::threads::tune::{Answer, End};

use super::{Tuning, threads};

/// Which layer should have the threads.
pub(super) fn answer(tuning: &Tuning) -> &'static str {
    match tuning.verdict.answer {
        Answer::Blas => "let BLAS be threaded",
        Answer::Application => "let the application be threaded",
        Answer::Both => "let both be threaded",
        Answer::Shared => "let both be threaded, in turn",
        Answer::Neither => "let neither be threaded: one thread is the fastest",
        Answer::Default => "set nothing: what the libraries do by themselves is the fastest",
        _ if !tuning.verdict.proven => {
            "not known yet: the runs are too few, or too unlike each other"
        }
        Answer::Either => {
            "let one of them be threaded: which one makes no difference that could be measured"
        }
        _ if tuning.race.end == End::Equal => {
            "makes no difference: more threads bring less than 2 %"
        }
        _ => "makes no difference that could be measured: the machine's noise is larger",
    }
}

/// How sure it is.
pub(super) fn certainty(tuning: &Tuning) -> String {
    let verdict = &tuning.verdict;
    let rounds = match tuning.race.rounds {
        1 => "1 round".to_owned(),
        rounds => format!("{rounds} rounds"),
    };
    if tuning.entries.len() == 1 {
        return "there is one way to share the cores: nothing was to be compared".to_owned();
    }
    let tied = verdict.comparisons.iter().filter(|one| one.tied).count();
    let fastest = || {
        let fastest = &tuning.entries[verdict.fastest].cell;
        let variant = variant(tuning, verdict.fastest);
        format!("{variant}{}", threads(fastest))
    };
    if !verdict.proven {
        let what = if verdict.noise {
            format!(
                "{tied} of the cells may be equally fast; the one with the fewest threads is taken"
            )
        } else {
            "it was the fastest so far".to_owned()
        };
        return format!(
            "not proven: {rounds} are too few to tell ({what}; a larger `--budget` makes more)"
        );
    }
    match (verdict.noise, tuning.race.end) {
        (false, _) => format!("it differs from all others by more than noise, after {rounds}"),
        (true, _) if verdict.recommended == verdict.fastest => format!(
            "it is the fastest, and {} others differ from it by no more than noise, after {rounds}",
            tied - 1
        ),
        (true, End::Equal) => format!(
            "noise: {} is faster by less than 2 %, after {rounds}; the fewest threads are taken",
            fastest()
        ),
        (true, _) => format!(
            "noise: {} seems faster, and {rounds} do not tell it from chance; the fewest threads are taken",
            fastest()
        ),
    }
}

/// The variant of a cell, as it stands before other words.
pub(super) fn variant(tuning: &Tuning, entry: usize) -> String {
    let name = tuning.candidate(entry).variant.as_ref();
    name.map_or_else(String::new, |name| format!("{name}: "))
}
