//! Few explanations for all failures.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::bits::Bits;
use super::problem::Problem;
use super::search::Candidate;

/// Explanations that together cover what can be covered.
pub(super) struct Cover {
    /// In the order of the candidates.
    pub(super) chosen: Vec<Candidate>,
    /// The rows that no candidate covers.
    pub(super) uncovered: Vec<usize>,
    /// Whether fewer certainly cannot do.
    pub(super) is_minimal: bool,
}

/// How many different sets of failures the exact search takes on.
const MOST_SETS: usize = 4096;

/// How many steps the exact search goes before it settles for what it has.
const MOST_STEPS: usize = 50_000;

/// Covers the failures with consistent candidates, which are sorted.
pub(super) fn cover(problem: &Problem<'_>, candidates: &[Candidate]) -> Cover {
    let (greedy, left) = greedy(problem, candidates);
    let uncovered = left.iter().map(|bit| problem.row(bit)).collect();
    let mut coverable = Bits::full(problem.failed());
    coverable.remove_all(&left);
    // Of two greedy ones neither has all: two are the fewest. They may still
    // be replaced by simpler ones.
    let mut chosen = greedy;
    let mut is_minimal = chosen.len() <= 2;
    if chosen.len() > 1
        && let Some(exact) = Exact::new(problem, candidates, &chosen)
    {
        (chosen, is_minimal) = exact.run(&coverable);
    }
    chosen.sort_unstable();
    Cover {
        chosen: chosen.into_iter().map(|rank| candidates[rank]).collect(),
        uncovered,
        is_minimal,
    }
}

/// Takes what covers most of the rest, again and again. Gives the ranks of the
/// chosen and the bits that no candidate covers.
fn greedy(problem: &Problem<'_>, candidates: &[Candidate]) -> (Vec<usize>, Bits) {
    let mut left = Bits::full(problem.failed());
    let mut chosen = Vec::new();
    // What a candidate adds only falls, so an old figure is an upper bound,
    // and few need to be counted again.
    let gains = candidates.iter().enumerate();
    let mut heap: BinaryHeap<(usize, Reverse<usize>)> = gains
        .map(|(rank, candidate)| (candidate.failures as usize, Reverse(rank)))
        .collect();
    while !left.is_empty()
        && let Some((believed, Reverse(rank))) = heap.pop()
    {
        let failures = problem.failures(candidates[rank].literals());
        let gain = failures.common(&left);
        if gain == believed {
            left.remove_all(&failures);
            chosen.push(rank);
        } else if gain > 0 {
            heap.push((gain, Reverse(rank)));
        }
    }
    (chosen, left)
}

/// Takes candidates in their order as long as each adds a failure. Gives them,
/// and the rows that are left, ascending.
pub(super) fn in_order(
    problem: &Problem<'_>,
    candidates: &[Candidate],
) -> (Vec<Candidate>, Vec<usize>) {
    let mut left = Bits::full(problem.failed());
    let mut chosen = Vec::new();
    for candidate in candidates {
        if left.is_empty() {
            break;
        }
        let failures = problem.failures(candidate.literals());
        if failures.common(&left) > 0 {
            left.remove_all(&failures);
            chosen.push(*candidate);
        }
    }
    let mut rows: Vec<usize> = left.iter().map(|bit| problem.row(bit)).collect();
    rows.sort_unstable();
    (chosen, rows)
}

/// A search for the fewest candidates, among those the fewest literals.
struct Exact {
    /// Different sets of failures, each with its best candidate's rank and
    /// its number of literals; in the order of rank.
    sets: Vec<(Bits, usize, usize)>,
    /// By failure: the sets that have it.
    having: Vec<Vec<usize>>,
    largest: usize,
    best: Vec<usize>,
    best_cost: (usize, usize),
    steps: usize,
}

impl Exact {
    /// `None` where there are too many sets to try.
    fn new(problem: &Problem<'_>, candidates: &[Candidate], greedy: &[usize]) -> Option<Self> {
        let mut sets: Vec<(Bits, usize, usize)> = Vec::new();
        let mut known = HashMap::new();
        for (rank, candidate) in candidates.iter().enumerate() {
            let failures = problem.failures(candidate.literals());
            if known.insert(failures.clone(), ()).is_none() {
                sets.push((failures, rank, candidate.literals().len()));
            }
            if sets.len() > MOST_SETS {
                return None;
            }
        }
        let mut having = vec![Vec::new(); problem.failed()];
        for (number, (failures, ..)) in sets.iter().enumerate() {
            for bit in failures.iter() {
                having[bit].push(number);
            }
        }
        let literals = greedy.iter().map(|&rank| candidates[rank].literals().len());
        Some(Self {
            largest: sets.iter().map(|(set, ..)| set.len()).max().unwrap_or(1),
            sets,
            having,
            best: greedy.to_vec(),
            best_cost: (greedy.len(), literals.sum()),
            steps: 0,
        })
    }

    /// The ranks of the best cover, and whether it is surely the smallest.
    fn run(mut self, left: &Bits) -> (Vec<usize>, bool) {
        self.descend(left, &mut Vec::new(), 0);
        let is_minimal = self.steps < MOST_STEPS || self.best.len() <= 2;
        (self.best, is_minimal)
    }

    fn descend(&mut self, left: &Bits, taken: &mut Vec<usize>, literals: usize) {
        if left.is_empty() {
            self.best = taken.iter().map(|&number| self.sets[number].1).collect();
            self.best_cost = (taken.len(), literals);
            return;
        }
        let rarest = left
            .iter()
            .min_by_key(|&bit| self.having[bit].len())
            .expect("some failure is left");
        let needed = left.len().div_ceil(self.largest);
        for place in 0..self.having[rarest].len() {
            self.steps += 1;
            // Each further set has a literal at least.
            let least = (taken.len() + needed, literals + needed);
            if self.steps >= MOST_STEPS || least >= self.best_cost {
                return;
            }
            let number = self.having[rarest][place];
            let mut rest = left.clone();
            rest.remove_all(&self.sets[number].0);
            let literals = literals + self.sets[number].2;
            if (taken.len() + 1, literals) >= self.best_cost {
                continue;
            }
            taken.push(number);
            self.descend(&rest, taken, literals);
            taken.pop();
        }
    }
}
