//! The combinations that occur among failures.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::MAX_SIZE;
use super::bits::Bits;
use super::problem::Problem;

/// A combination, in numbers of a problem's literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    literals: [u32; MAX_SIZE],
    size: u32,
    /// How many failures have it.
    pub(super) failures: u32,
    /// How many passing rows have it.
    pub(super) passes: u32,
}

impl Candidate {
    pub(super) fn new(literals: &[u32], failures: usize, passes: usize) -> Self {
        let mut own = [0; MAX_SIZE];
        own[..literals.len()].copy_from_slice(literals);
        Self {
            literals: own,
            size: literals.len() as u32,
            failures: failures as u32,
            passes: passes as u32,
        }
    }

    /// The literals, ascending.
    pub(super) fn literals(&self) -> &[u32] {
        &self.literals[..self.size as usize]
    }

    /// Fewer literals first, fewer absences first, then the order of the axes.
    pub(super) fn compare_simplicity(&self, other: &Self, problem: &Problem<'_>) -> Ordering {
        let absences = |candidate: &Self| problem.absences(candidate.literals());
        let size = self.size.cmp(&other.size);
        size.then_with(|| absences(self).cmp(&absences(other)))
            .then_with(|| self.literals().cmp(other.literals()))
    }
}

/// The minimal combinations that no passing row has, the best first.
pub(super) fn consistent(problem: &Problem<'_>, max_size: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    if problem.failed() == 0 {
        return found;
    }
    if problem.passed() == 0 {
        return vec![Candidate::new(&[], problem.failed(), 0)];
    }
    Walk::new(problem, max_size).run(&mut |literals, failures, passes| {
        if passes == 0 && problem.is_minimal(literals) {
            found.push(Candidate::new(literals, failures, 0));
        }
    });
    found.sort_unstable_by(|one, other| {
        let failures = other.failures.cmp(&one.failures);
        failures.then_with(|| one.compare_simplicity(other, problem))
    });
    found
}

/// The combinations that are more frequent among failures than among passing
/// rows, the most surprising first; for failures that no consistent
/// combination explains.
pub(super) fn suspicious(problem: &Problem<'_>, max_size: usize) -> Vec<Candidate> {
    if problem.failed() == 0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    let surprise = problem.surprise();
    let mut known = HashMap::new();
    let choices: Vec<f64> = (0..=max_size)
        .map(|size| surprise.choice(problem.literals(), size))
        .collect();
    let (failed, passed) = (problem.failed(), problem.passed());
    Walk::new(problem, max_size).run(&mut |literals, failures, passes| {
        if failures * passed > passes * failed {
            let bits = known
                .entry((failures, passes))
                .or_insert_with(|| surprise.bits(failures, passes));
            let net = *bits - choices[literals.len()];
            found.push((net, Candidate::new(literals, failures, passes)));
        }
    });
    found.sort_unstable_by(|(net, one), (other_net, other)| {
        let order = other_net.total_cmp(net);
        order
            .then_with(|| other.failures.cmp(&one.failures))
            .then_with(|| one.compare_simplicity(other, problem))
    });
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// A walk over the combinations that some failure has, smaller before larger
/// along each path.
struct Walk<'a> {
    problem: &'a Problem<'a>,
    max_size: usize,
    literals: Vec<u32>,
    /// By size: the failures and the passing rows that have the combination.
    failing: Vec<Bits>,
    passing: Vec<Bits>,
}

impl<'a> Walk<'a> {
    fn new(problem: &'a Problem<'a>, max_size: usize) -> Self {
        Self {
            problem,
            max_size,
            literals: Vec::with_capacity(max_size),
            failing: vec![Bits::full(problem.failed()); max_size + 1],
            passing: vec![Bits::full(problem.passed()); max_size + 1],
        }
    }

    fn run(&mut self, visit: &mut impl FnMut(&[u32], usize, usize)) {
        self.extend(0, self.problem.passed(), visit);
    }

    fn extend(
        &mut self,
        from: usize,
        passes_before: usize,
        visit: &mut impl FnMut(&[u32], usize, usize),
    ) {
        let size = self.literals.len();
        for literal in from..self.problem.literals() {
            let (before, after) = self.passing.split_at_mut(size + 1);
            let passes = after[0].become_common(&before[size], self.problem.passing(literal));
            // A literal that rules out no passing row explains nothing, nor
            // would anything larger that has it.
            if passes == passes_before {
                continue;
            }
            let (before, after) = self.failing.split_at_mut(size + 1);
            let failures = after[0].become_common(&before[size], self.problem.failing(literal));
            if failures == 0 {
                continue;
            }
            self.literals.push(literal as u32);
            visit(&self.literals, failures, passes);
            if passes > 0 && size + 1 < self.max_size {
                self.extend(self.problem.next_axis(literal), passes, visit);
            }
            self.literals.pop();
        }
    }
}
