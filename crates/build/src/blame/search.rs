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
    size: u16,
    absences: u16,
    /// How many failures have it.
    pub(super) failures: u32,
    /// How many passing rows have it.
    pub(super) passes: u32,
}

impl Candidate {
    pub(super) fn new(
        problem: &Problem<'_>,
        literals: &[u32],
        failures: usize,
        passes: usize,
    ) -> Self {
        let mut own = [0; MAX_SIZE];
        own[..literals.len()].copy_from_slice(literals);
        Self {
            literals: own,
            size: literals.len() as u16,
            absences: problem.absences(literals) as u16,
            failures: failures as u32,
            passes: passes as u32,
        }
    }

    /// The literals, ascending.
    pub(super) fn literals(&self) -> &[u32] {
        &self.literals[..self.size as usize]
    }

    /// Fewer literals first, fewer absences first, then the order of the axes.
    pub(super) fn compare_simplicity(&self, other: &Self) -> Ordering {
        let numbers = |one: &Self| (one.size, one.absences, one.literals);
        numbers(self).cmp(&numbers(other))
    }
}

/// The minimal combinations that no passing row has, the best first.
pub(super) fn consistent(problem: &Problem<'_>, max_size: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    if problem.failed() == 0 {
        return found;
    }
    if problem.passed() == 0 {
        return vec![Candidate::new(problem, &[], problem.failed(), 0)];
    }
    Walk::new(problem, max_size).run(&mut |literals, failures, passes| {
        if passes == 0 && problem.is_minimal(literals) {
            found.push(Candidate::new(problem, literals, failures, 0));
        }
    });
    found.sort_unstable_by(|one, other| {
        let failures = other.failures.cmp(&one.failures);
        failures.then_with(|| one.compare_simplicity(other))
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
    let mut known = HashMap::new();
    let (failed, passed) = (problem.failed(), problem.passed());
    Walk::new(problem, max_size).run(&mut |literals, failures, passes| {
        if failures * passed > passes * failed {
            let size = literals.len();
            let net = *known
                .entry((size, failures, passes))
                .or_insert_with(|| problem.surprise(size, failures, passes));
            found.push((net, Candidate::new(problem, literals, failures, passes)));
        }
    });
    found.sort_unstable_by(|(net, one), (other_net, other)| {
        let order = other_net.total_cmp(net);
        order
            .then_with(|| other.failures.cmp(&one.failures))
            .then_with(|| one.compare_simplicity(other))
    });
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The most surprising combination that every failure has, where it is more
/// than chance would do: what one cause would be that does not always fail.
pub(super) fn common(problem: &Problem<'_>, max_size: usize) -> Option<Candidate> {
    let failed = problem.failed();
    let shared: Vec<u32> = (0..problem.literals())
        .filter(|&literal| problem.failing(literal).len() == failed)
        .map(|literal| literal as u32)
        .collect();
    let mut best: Option<(f64, Candidate)> = None;
    each_subset(&shared, max_size, 0, &mut Vec::new(), &mut |subset| {
        let passes = problem.passes(subset).len();
        let candidate = Candidate::new(problem, subset, failed, passes);
        let net = problem.surprise(subset.len(), failed, passes);
        let is_better = best.is_none_or(|(most, known)| {
            let order = net.total_cmp(&most);
            order.then(known.compare_simplicity(&candidate)).is_gt()
        });
        if net > 0.0 && is_better {
            best = Some((net, candidate));
        }
    });
    best.map(|(_, candidate)| candidate)
}

/// Visits the subsets of up to `room` members, the empty one too.
pub(super) fn each_subset(
    of: &[u32],
    room: usize,
    from: usize,
    subset: &mut Vec<u32>,
    visit: &mut impl FnMut(&[u32]),
) {
    visit(subset);
    if subset.len() == room {
        return;
    }
    for place in from..of.len() {
        subset.push(of[place]);
        each_subset(of, room, place + 1, subset, visit);
        subset.pop();
    }
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
