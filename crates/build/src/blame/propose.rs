//! Which further variants tell rivals apart.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::MAX_SIZE;
use super::bits::Bits;
use super::explanation::{Explanation, Finding};
use super::observations::Values;

/// How many choices of rows are tried for being fewer than the greedy ones.
const MOST_CHOICES: u64 = 10_000;

/// The fewest of the candidate rows, which are feasible and have not run, that
/// tell the rivals of each finding apart as far as all candidates could:
/// indices of candidates, the most telling first.
///
/// Two rivals are told apart by a row that has one of them and not the other.
/// A row that may fail for the sake of another finding says less, so it is
/// chosen only for what no other row tells. Greedy, and exact where that is
/// cheap; where several rows tell the same, the first is taken. Rivals that
/// are left out of a finding are not thought of. Nothing is proposed where no
/// candidate tells anything, as with axes that always go together.
#[must_use]
pub fn propose(findings: &[Finding], candidates: &[Values]) -> Vec<usize> {
    let trial = Trial::new(findings, candidates);
    let pool: Vec<usize> = (0..trial.rows.len()).collect();
    let full = trial.classes(&pool);
    let mut chosen = trial.greedy(&pool);
    for place in (0..chosen.len()).rev() {
        let mut fewer = chosen.clone();
        fewer.remove(place);
        if trial.classes(&fewer) == full {
            chosen = fewer;
        }
    }
    if let Some(fewer) = trial.fewer(chosen.len(), full) {
        chosen = trial.greedy(&fewer);
    }
    chosen.iter().map(|&row| trial.rows[row].index).collect()
}

/// A candidate that has some hypothesis and not another.
struct Row {
    index: usize,
    has: Bits,
    /// Whether it has hypotheses of one finding only.
    is_clear: bool,
}

/// Hypotheses of all findings, and the rows that could test them.
struct Trial {
    /// By hypothesis: the finding.
    findings: Vec<usize>,
    /// By hypothesis: how likely it is, relative to others.
    weights: Vec<u64>,
    /// One for each different set of hypotheses.
    rows: Vec<Row>,
}

/// Hypotheses that are not told apart have the same class.
type Partition = Vec<usize>;

impl Trial {
    fn new(findings: &[Finding], candidates: &[Values]) -> Self {
        let hypotheses = findings.iter().enumerate();
        let hypotheses: Vec<(usize, &Explanation)> = hypotheses
            .flat_map(|(number, finding)| finding.hypotheses().map(move |one| (number, one)))
            .collect();
        let mut rows = Vec::new();
        let mut known = HashSet::new();
        for (index, values) in candidates.iter().enumerate() {
            let mut has = Bits::empty(hypotheses.len());
            let mut touched = None;
            let mut is_clear = true;
            for (number, (finding, hypothesis)) in hypotheses.iter().enumerate() {
                if hypothesis.is_in(values) {
                    has.insert(number);
                    is_clear &= touched.replace(finding).is_none_or(|one| one == finding);
                }
            }
            if !has.is_empty() && known.insert(has.clone()) {
                rows.push(Row {
                    index,
                    has,
                    is_clear,
                });
            }
        }
        Self {
            findings: hypotheses.iter().map(|(finding, _)| *finding).collect(),
            weights: hypotheses.iter().map(|(_, one)| weight(one)).collect(),
            rows,
        }
    }

    /// How finely rows tell hypotheses apart: by clear rows alone, and by all.
    fn classes(&self, rows: &[usize]) -> (usize, usize) {
        let (mut by_clear, mut by_all) = (self.findings.clone(), self.findings.clone());
        for &row in rows {
            if self.rows[row].is_clear {
                refine(&mut by_clear, &self.rows[row].has);
            }
            refine(&mut by_all, &self.rows[row].has);
        }
        (count(&by_clear), count(&by_all))
    }

    /// Takes the most telling row of the pool until none tells more; the clear
    /// ones first.
    fn greedy(&self, pool: &[usize]) -> Vec<usize> {
        let mut chosen = Vec::new();
        let mut partition = self.findings.clone();
        for only_clear in [true, false] {
            loop {
                let open = pool.iter().copied();
                let open = open.filter(|&row| self.rows[row].is_clear || !only_clear);
                let best = open
                    .map(|row| (self.gain(&partition, &self.rows[row].has), Reverse(row)))
                    .max();
                let Some((1.., Reverse(row))) = best else {
                    break;
                };
                refine(&mut partition, &self.rows[row].has);
                chosen.push(row);
            }
        }
        chosen
    }

    /// The weight of the pairs that a row would tell apart.
    fn gain(&self, partition: &Partition, has: &Bits) -> u64 {
        let classes = partition.iter().max().map_or(0, |class| class + 1);
        let mut inside = vec![0_u64; classes];
        let mut outside = vec![0_u64; classes];
        for (hypothesis, &class) in partition.iter().enumerate() {
            let side = if has.contains(hypothesis) {
                &mut inside
            } else {
                &mut outside
            };
            side[class] += self.weights[hypothesis];
        }
        let both = inside.iter().zip(&outside);
        both.map(|(inside, outside)| inside * outside).sum()
    }

    /// Fewer rows than `most` that tell as much, the fewest and first ones.
    fn fewer(&self, most: usize, full: (usize, usize)) -> Option<Vec<usize>> {
        let mut budget = MOST_CHOICES;
        let mut choices = 1;
        let least = self.least();
        for size in 1..most {
            choices = choices * (self.rows.len() + 1 - size) as u64 / size as u64;
            if size < least {
                continue;
            }
            budget = budget.checked_sub(choices)?;
            let mut chosen = Vec::new();
            if self.choose(size, 0, &mut chosen, full) {
                return Some(chosen);
            }
        }
        None
    }

    /// How many rows it takes at least, as each can but double the classes of
    /// a finding.
    fn least(&self) -> usize {
        let mut partition = self.findings.clone();
        for row in &self.rows {
            refine(&mut partition, &row.has);
        }
        let mut classes: Vec<HashSet<usize>> = Vec::new();
        for (&finding, &class) in self.findings.iter().zip(&partition) {
            classes.resize_with(classes.len().max(finding + 1), HashSet::new);
            classes[finding].insert(class);
        }
        let most = classes.iter().map(HashSet::len).max().unwrap_or(1);
        most.next_power_of_two().ilog2() as usize
    }

    fn choose(
        &self,
        size: usize,
        from: usize,
        chosen: &mut Vec<usize>,
        full: (usize, usize),
    ) -> bool {
        if size == 0 {
            return self.classes(chosen) == full;
        }
        for row in from..self.rows.len() {
            chosen.push(row);
            if self.choose(size - 1, row + 1, chosen, full) {
                return true;
            }
            chosen.pop();
        }
        false
    }
}

/// Simple hypotheses are likelier, and a minimal one likelier than one that is
/// narrower without need.
fn weight(hypothesis: &Explanation) -> u64 {
    let size = hypothesis.literals.len().min(MAX_SIZE);
    (if hypothesis.minimal { 8 } else { 1 }) << (MAX_SIZE - size)
}

/// Splits each class into what is in a set and what is not.
fn refine(partition: &mut Partition, has: &Bits) {
    let classes = partition.iter().max().map_or(0, |class| class + 1);
    let mut has_outside = vec![false; classes];
    for (hypothesis, &class) in partition.iter().enumerate() {
        has_outside[class] |= !has.contains(hypothesis);
    }
    let mut fresh = vec![None; classes];
    let mut next = classes;
    for (hypothesis, class) in partition.iter_mut().enumerate() {
        if has.contains(hypothesis) && has_outside[*class] {
            let own = *class;
            *class = *fresh[own].get_or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
    }
}

fn count(partition: &Partition) -> usize {
    partition.iter().max().map_or(0, |class| class + 1)
}
