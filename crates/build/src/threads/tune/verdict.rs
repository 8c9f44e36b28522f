//! What the samples of a race allow to say.

use serde::Serialize;

use super::cells::{BlasThreads, Cell};
use super::race::Race;
use super::ranks::{Interval, above_zero, median_interval};

/// Which layer should have the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Answer {
    /// BLAS.
    Blas,
    /// The application.
    Application,
    /// Both at a time.
    Both,
    /// Both in turn, from one pool that one variable counts.
    Shared,
    /// Neither: one thread is the fastest.
    Neither,
    /// As the libraries have it where nothing is set.
    Default,
    /// Threads help, and no matter which layer has them.
    Either,
    /// Threads do not help: what differs is noise.
    NoDifference,
}

/// A cell beside the fastest one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The median of its runs, in seconds; nothing where none ended in time.
    pub median: Option<f64>,
    /// How many times as long it takes as the fastest.
    pub ratio: Option<Interval>,
    /// How likely its ratios are if it is as fast.
    pub p: Option<f64>,
    /// Whether it may be as fast as the fastest.
    pub tied: bool,
}

/// What came of a race.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The cell with the lowest median.
    pub fastest: usize,
    /// The cell to take: of those that may be as fast as the fastest the one with
    /// the fewest threads.
    pub recommended: usize,
    /// Each cell beside the fastest.
    pub comparisons: Vec<Comparison>,
    /// Whether there were rounds enough to tell cells apart.
    pub proven: bool,
    /// Whether the recommended cell differs from others by no more than noise.
    pub noise: bool,
    /// Which layer should have the threads.
    pub answer: Answer,
}

impl Verdict {
    /// The verdict on a race of these cells; nothing where no cell ended in time.
    #[must_use]
    pub fn new(cells: &[Cell], race: &Race) -> Option<Self> {
        let fastest = race.leader()?;
        let left: Vec<usize> = race.left().collect();
        let proven = left.len() == 1 || race.rounds >= race.rounds_to_tell();
        let tied: Vec<usize> = left
            .into_iter()
            .filter(|&cell| proven || overlaps(race, cell, fastest))
            .collect();
        let recommended = tied.iter().copied().min_by(|&a, &b| {
            let rank = |cell: usize| cells[cell].threads.unwrap_or(usize::MAX);
            let medians = race.median(a).zip(race.median(b));
            let by_median = medians.map_or(std::cmp::Ordering::Equal, |(a, b)| a.total_cmp(&b));
            rank(a).cmp(&rank(b)).then(by_median)
        })?;
        let compared = (0..cells.len()).map(|cell| {
            let ratios = race.ratios(cell, fastest);
            let interval = median_interval(&ratios, race.level);
            Comparison {
                median: race.median(cell),
                ratio: interval.map(
                    |Interval {
                         estimate,
                         low,
                         high,
                     }| Interval {
                        estimate: estimate.exp(),
                        low: low.map(f64::exp),
                        high: high.map(f64::exp),
                    },
                ),
                p: (cell != fastest && !ratios.is_empty()).then(|| above_zero(&ratios)),
                tied: tied.contains(&cell),
            }
        });
        Some(Self {
            fastest,
            recommended,
            comparisons: compared.collect(),
            proven,
            noise: tied.len() > 1,
            answer: answer(cells, recommended, &tied),
        })
    }
}

/// Whether the runs of two cells took about as long, as far as a few can tell.
fn overlaps(race: &Race, cell: usize, fastest: usize) -> bool {
    let seconds = |cell: usize| race.samples[cell].iter().map(|sample| sample.seconds);
    let slowest = seconds(fastest).fold(0.0, f64::max);
    seconds(cell).fold(f64::INFINITY, f64::min) <= slowest
}

fn answer(cells: &[Cell], recommended: usize, tied: &[usize]) -> Answer {
    let has = |layer: Answer| tied.iter().any(|&cell| layer_of(&cells[cell]) == layer);
    match layer_of(&cells[recommended]) {
        Answer::Neither if tied.len() > 1 => Answer::NoDifference,
        Answer::Application | Answer::Blas if has(Answer::Application) && has(Answer::Blas) => {
            Answer::Either
        }
        layer => layer,
    }
}

/// The layer that has more than one thread in a cell.
fn layer_of(cell: &Cell) -> Answer {
    match (cell.application, cell.blas) {
        (None, _) => Answer::Default,
        (Some(1), BlasThreads::Shared | BlasThreads::Counted(1)) => Answer::Neither,
        (Some(_), BlasThreads::Shared) => Answer::Shared,
        (Some(1), _) => Answer::Blas,
        (Some(_), BlasThreads::Counted(1)) => Answer::Application,
        (Some(_), _) => Answer::Both,
    }
}
