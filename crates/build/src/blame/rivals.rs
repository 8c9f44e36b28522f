//! Explanations that have the very same failures.

use super::explanation::Explanation;
use super::problem::Problem;
use super::search::{Candidate, each_subset};

/// The consistent combinations other than this one that have the same
/// failures, as many as there is room for, and how many more there are.
pub(super) fn rivals(
    problem: &Problem<'_>,
    candidate: &Candidate,
    max_size: usize,
    room: usize,
    all_failures: usize,
) -> (Vec<Explanation>, usize) {
    let failures = problem.failures(candidate.literals());
    // Whatever has the same failures is made of what they all have.
    let shared: Vec<u32> = (0..problem.literals())
        .filter(|&literal| failures.is_subset(problem.failing(literal)))
        .map(|literal| literal as u32)
        .collect();
    let mut found = Vec::new();
    each_subset(&shared, max_size, 0, &mut Vec::new(), &mut |subset| {
        let is_rival = subset != candidate.literals()
            && !problem.repeats(subset)
            && problem.passes(subset).is_empty()
            && problem.failures(subset) == failures;
        if is_rival {
            let rival = Candidate::new(problem, subset, failures.len(), 0);
            found.push((!problem.is_minimal(subset), rival));
        }
    });
    found.sort_unstable_by(|(narrower, one), (other_narrower, other)| {
        let order = narrower.cmp(other_narrower);
        order.then_with(|| one.compare_simplicity(other))
    });
    let left_out = found.len().saturating_sub(room);
    let told = found.iter().take(room);
    let told = told.map(|(_, rival)| problem.explanation(rival, all_failures));
    (told.collect(), left_out)
}
