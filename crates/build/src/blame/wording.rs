//! The answer in sentences.

use super::explanation::{Blame, Explanation, Finding, Literal, Standing};

/// How many rivals a sentence names.
const NAMED_RIVALS: usize = 3;

/// How many findings a summary tells.
const TOLD_FINDINGS: usize = 10;

/// The failures that a sentence speaks of.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// How many failures there are to explain.
    pub(super) failures: usize,
    /// Whether others are explained already.
    pub(super) is_rest: bool,
    /// How many variants passed.
    pub(super) passed: usize,
}

/// One explanation.
pub(super) fn sentence(explanation: &Explanation, scope: Scope) -> String {
    if explanation.literals.is_empty() {
        let whom = match scope.failures {
            1 => "the only failure".to_owned(),
            failures => format!("the {failures} failures"),
        };
        return format!("nothing passed, so nothing sets {whom} apart");
    }
    let subject = subject(explanation.failures, scope);
    let what = combination(&explanation.literals);
    match explanation.standing {
        Standing::Consistent => {
            let all = match explanation.literals.len() {
                1 => "it",
                2 => "both",
                3 => "all three",
                _ => "all four",
            };
            format!("{subject} {what}; no passing variant has {all}")
        }
        Standing::Suspicious => {
            let have = verb(explanation.passes);
            let of = format!("{} of {}", explanation.passes, scope.passed);
            let variants = plural(scope.passed, "passing variant");
            let worth = if explanation.surprise > 0.0 {
                "suspicious, no proof"
            } else {
                "may well be chance"
            };
            format!("{subject} {what}, and so {have} {of} {variants}: {worth}")
        }
    }
}

/// `3 of 4 failures have`.
fn subject(failures: usize, scope: Scope) -> String {
    let left = if scope.is_rest { " left" } else { "" };
    let all = scope.failures;
    if failures < all {
        let the = if scope.is_rest { "the " } else { "" };
        return format!("{failures} of {the}{all} failures{left} {}", verb(failures));
    }
    match all {
        1 => format!("the only failure{left} has"),
        2 => format!("both failures{left} have"),
        _ => format!("all {all} failures{left} have"),
    }
}

fn verb(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}

/// `compiler=clang-19 & blas=threaded`.
fn combination(literals: &[Literal]) -> String {
    let literals: Vec<String> = literals.iter().map(ToString::to_string).collect();
    literals.join(" & ")
}

/// All of it, one sentence a line.
pub(super) fn summary(blame: &Blame) -> Vec<String> {
    if blame.failed == 0 {
        let what = match blame.passed {
            0 => "nothing ran to its end".to_owned(),
            1 => "the only variant passed".to_owned(),
            passed => format!("all {passed} variants passed"),
        };
        return vec![what];
    }
    let mut lines = Vec::new();
    let explained = blame.failed - blame.unexplained.len();
    if blame.cover.len() > 1 {
        let failures = if blame.unexplained.is_empty() {
            format!("all {explained} failures")
        } else {
            format!("{explained} of {} failures", blame.failed)
        };
        let count = blame.cover.len();
        lines.push(format!(
            "{count} explanations together account for {failures}:"
        ));
    }
    lines.extend(blame.cover.iter().take(TOLD_FINDINGS).flat_map(finding));
    if let Some(more @ 1..) = blame.cover.len().checked_sub(TOLD_FINDINGS) {
        lines.push(format!("and {more} more {}", plural(more, "explanation")));
    }
    if let Some(common) = &blame.common {
        let what = "or it is one cause that does not always fail";
        lines.push(format!("{what}: {}", common.sentence));
    }
    if !blame.cover_is_minimal {
        lines.push("fewer explanations might do".to_owned());
    }
    lines.extend(unexplained(blame));
    lines.extend(also_passed(blame));
    lines.extend(by_signature(blame));
    lines
}

/// A finding, and what it is not told apart from.
fn finding(finding: &Finding) -> Vec<String> {
    let mut lines = vec![finding.explanation.sentence.clone()];
    let rivals = finding.rivals.len() + finding.rivals_left_out;
    if rivals > 0 {
        let named = finding.rivals.iter().take(NAMED_RIVALS);
        let mut named: Vec<String> = named.map(|rival| combination(&rival.literals)).collect();
        let more = rivals - named.len();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let last = named.pop().unwrap_or_default();
        let named = if named.is_empty() {
            last
        } else {
            format!("{} and {last}", named.join(", "))
        };
        lines.push(format!("  not told apart from {named}"));
    }
    lines
}

fn unexplained(blame: &Blame) -> Option<String> {
    let count = blame.unexplained.len();
    let failures = match count {
        0 => return None,
        1 if blame.failed == 1 => "the only failure is".to_owned(),
        1 => "1 failure is".to_owned(),
        _ => format!("{count} failures are"),
    };
    let values = plural(blame.max_size, "value");
    let of = match blame.max_size {
        1 => format!("1 {values}"),
        size => format!("up to {size} {values}"),
    };
    Some(format!(
        "{failures} not explained: no combination of {of} is more frequent there than among passing variants"
    ))
}

fn also_passed(blame: &Blame) -> Option<String> {
    match blame.also_passed.len() {
        0 => None,
        1 => Some("1 failure is of a variant that also passed".to_owned()),
        count => Some(format!("{count} failures are of variants that also passed")),
    }
}

/// What each signature adds, where one alone is explained otherwise than all
/// together.
fn by_signature(blame: &Blame) -> Vec<String> {
    let told = |cover: &[Finding]| -> Vec<String> {
        let literals = cover.iter().map(|one| &one.explanation.literals);
        let mut told: Vec<String> = literals.map(|literals| combination(literals)).collect();
        told.sort_unstable();
        told
    };
    let together = told(&blame.cover);
    let mut apart: Vec<String> = blame
        .by_signature
        .iter()
        .flat_map(|one| told(&one.cover))
        .collect();
    apart.sort_unstable();
    apart.dedup();
    if apart == together {
        return Vec::new();
    }
    let lines = blame.by_signature.iter().flat_map(|one| {
        let name = match &one.signature {
            Some(signature) => format!("of the failures with {signature:?} alone:"),
            None => "of the failures without a signature alone:".to_owned(),
        };
        let findings = one.cover.iter();
        let findings = findings.map(|one| format!("  {}", one.explanation.sentence));
        std::iter::once(name).chain(findings).collect::<Vec<_>>()
    });
    lines.collect()
}
