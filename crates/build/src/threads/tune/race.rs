//! Rounds of runs, from which slow cells are left out.

use serde::Serialize;

use super::order::Order;
use super::ranks::{above_zero, median_interval};
use crate::median::median;

/// The probability with which anything at all that is said to differ may be equal.
pub const ERROR: f64 = 0.05;
/// Cells that differ by less than this factor are as good as equal.
pub(super) const SAME: f64 = 1.02;
/// A cell all of whose runs take so many times as long as any of another one is
/// out of the race without a test.
const OUTCLASSED: f64 = 2.0;
/// After so many rounds.
const OUTCLASSED_ROUNDS: usize = 3;
/// Less than a clock tells, so that logarithms are finite. In seconds.
const TICK: f64 = 1e-9;

/// What runs a cell and knows the time.
pub trait Measure {
    /// Why nothing can be measured.
    type Error;

    /// Runs a cell once: how many seconds it took; nothing where it took longer
    /// than it may.
    ///
    /// # Errors
    /// It cannot be run, or it fails.
    fn run(&mut self, cell: usize, round: usize) -> Result<Option<f64>, Self::Error>;

    /// Seconds since the whole began.
    fn spent(&self) -> f64;
}

/// When a race ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Seconds; one round is made in any case.
    pub budget: f64,
    /// Rounds.
    pub rounds: usize,
    /// Decides the order of the cells in each round.
    pub seed: u64,
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// The round, from 1.
    pub round: usize,
    /// Which run of its round it was, from 1.
    pub position: usize,
    /// How long it took.
    pub seconds: f64,
}

/// Why a cell was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The test tells it from a faster one.
    Slower,
    /// Each of its runs took more than twice as long as any of a faster one.
    Outclassed,
    /// A run took longer than it may.
    TimedOut,
}

/// A cell that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dropped {
    /// After this round.
    pub round: usize,
    /// Why.
    pub reason: Reason,
    /// The cell that is faster; nothing for one that took too long.
    pub by: Option<usize>,
    /// What the test found, where there was one.
    pub p: Option<f64>,
    /// Below which the test had to be.
    pub level: Option<f64>,
}

/// Why a race ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum End {
    /// One cell is left.
    Separated,
    /// All that are left are as good as equal.
    Equal,
    /// The time was up.
    Budget,
    /// All rounds were made.
    Rounds,
    /// No cell ended in time.
    TimedOut,
}

/// What a race was.
#[derive(Clone, Debug, PartialEq)]
pub struct Race {
    /// Runs by cell, in the order of the rounds.
    pub samples: Vec<Vec<Sample>>,
    /// By cell; nothing for those that are left.
    pub dropped: Vec<Option<Dropped>>,
    /// Rounds that were made whole.
    pub rounds: usize,
    /// Why it ended.
    pub end: End,
    /// What the last test had to be below.
    pub(super) level: f64,
}

impl Race {
    /// Runs the cells, which are numbered from 0.
    ///
    /// # Errors
    /// That of the first run that has one.
    pub fn run<M: Measure>(
        cells: usize,
        limits: &Limits,
        measure: &mut M,
    ) -> Result<Self, M::Error> {
        let mut race = Self {
            samples: vec![Vec::new(); cells],
            dropped: vec![None; cells],
            rounds: 0,
            end: End::Rounds,
            level: ERROR,
        };
        race.level = race.last_level();
        let mut looks = 0;
        let mut order = Order::new(limits.seed);
        let mut next_look = Self::rounds_below(race.level_of(1));
        race.end = loop {
            if race.rounds >= limits.rounds {
                break race.last_look(End::Rounds);
            }
            if !race.round(limits, &mut order, measure)? {
                break race.last_look(End::Budget);
            }
            race.drop_outclassed();
            if race.rounds == next_look {
                // Each look costs certainty: few are made, ever further apart.
                next_look = (next_look + 1).max(next_look.saturating_add(next_look / 2));
                looks += 1;
                if race.look(race.level_of(looks)) {
                    break End::Equal;
                }
            }
            match race.left().count() {
                0 => break End::TimedOut,
                1 => break End::Separated,
                _ => {}
            }
        };
        Ok(race)
    }

    /// The cells that are left.
    pub fn left(&self) -> impl Iterator<Item = usize> {
        (0..self.dropped.len()).filter(|&cell| self.dropped[cell].is_none())
    }

    /// Runs each cell that is left once; false where the time was up before all had
    /// their turn.
    fn round<M: Measure>(
        &mut self,
        limits: &Limits,
        order: &mut Order,
        measure: &mut M,
    ) -> Result<bool, M::Error> {
        let number = self.rounds + 1;
        let mut turns: Vec<usize> = self.left().collect();
        order.shuffle(&mut turns);
        for (position, cell) in turns.into_iter().enumerate() {
            if number > 1 && measure.spent() >= limits.budget {
                return Ok(false);
            }
            match measure.run(cell, number)? {
                Some(seconds) => self.samples[cell].push(Sample {
                    round: number,
                    position: position + 1,
                    seconds,
                }),
                None => {
                    self.dropped[cell] = Some(Dropped {
                        round: number,
                        reason: Reason::TimedOut,
                        by: None,
                        p: None,
                        level: None,
                    });
                }
            }
        }
        self.rounds = number;
        Ok(true)
    }

    /// The cell with the lowest median of those that are left.
    pub(super) fn leader(&self) -> Option<usize> {
        let with_median = self
            .left()
            .filter_map(|cell| Some((cell, self.median(cell)?)));
        let fastest = with_median.min_by(|(_, a), (_, b)| a.total_cmp(b));
        fastest.map(|(cell, _)| cell)
    }

    /// The median of a cell's runs, in seconds.
    #[must_use]
    pub fn median(&self, cell: usize) -> Option<f64> {
        let seconds = self.samples[cell].iter().map(|sample| sample.seconds);
        median(seconds)
    }

    /// How many ordered pairs of cells there are.
    fn pairs(&self) -> f64 {
        let cells = self.dropped.len() as f64;
        (cells * (cells - 1.0)).max(1.0)
    }

    /// What a test has to be below at the `look`th time on the way. All of these
    /// have half of the error together.
    fn level_of(&self, look: u32) -> f64 {
        let look = f64::from(look);
        ERROR / 2.0 / (look * (look + 1.0)) / self.pairs()
    }

    /// What it has to be below at the end, which has the other half.
    fn last_level(&self) -> f64 {
        ERROR / 2.0 / self.pairs()
    }

    /// Rounds before the last test can tell anything.
    pub(super) fn rounds_to_tell(&self) -> usize {
        Self::rounds_below(self.last_level())
    }

    /// Rounds before a test can be below a level: with fewer, even a cell that is
    /// slower each time may be so by chance.
    fn rounds_below(level: f64) -> usize {
        let mut rounds = (1..).zip(std::iter::successors(Some(0.5), |p: &f64| Some(p / 2.0)));
        let enough = rounds.find(|(_, least)| *least <= level);
        enough.map_or(usize::MAX, |(rounds, _)| rounds)
    }

    /// Logarithms of how many times as long as `than` a cell took, in each round
    /// in which both ran.
    pub(super) fn ratios(&self, cell: usize, than: usize) -> Vec<f64> {
        let others = &self.samples[than];
        let pairs = self.samples[cell].iter().filter_map(|sample| {
            let other = others.binary_search_by_key(&sample.round, |other| other.round);
            let other = others[other.ok()?];
            Some((sample.seconds.max(TICK) / other.seconds.max(TICK)).ln())
        });
        pairs.collect()
    }

    fn drop_outclassed(&mut self) {
        if self.rounds < OUTCLASSED_ROUNDS {
            return;
        }
        let Some(leader) = self.leader() else { return };
        let seconds = |cell: usize| self.samples[cell].iter().map(|sample| sample.seconds);
        let slowest = seconds(leader).fold(TICK, f64::max);
        let others: Vec<usize> = self.left().filter(|&cell| cell != leader).collect();
        for cell in others {
            let fastest = self.samples[cell].iter().map(|sample| sample.seconds);
            if fastest.fold(f64::INFINITY, f64::min) > OUTCLASSED * slowest {
                self.dropped[cell] = Some(Dropped {
                    round: self.rounds,
                    reason: Reason::Outclassed,
                    by: Some(leader),
                    p: None,
                    level: None,
                });
            }
        }
    }

    /// Leaves out what the test tells from the fastest cell; true where the others
    /// are as good as equal to it.
    fn look(&mut self, level: f64) -> bool {
        let Some(leader) = self.leader() else {
            return false;
        };
        self.level = level;
        let mut equal = true;
        let others: Vec<usize> = self.left().filter(|&cell| cell != leader).collect();
        let several = !others.is_empty();
        for cell in others {
            let ratios = self.ratios(cell, leader);
            let Some(interval) = median_interval(&ratios, level) else {
                continue;
            };
            let p = above_zero(&ratios);
            if p <= level && interval.estimate > SAME.ln() {
                self.dropped[cell] = Some(Dropped {
                    round: self.rounds,
                    reason: Reason::Slower,
                    by: Some(leader),
                    p: Some(p),
                    level: Some(level),
                });
                continue;
            }
            let within = |bound: Option<f64>| bound.is_some_and(|bound| bound.abs() <= SAME.ln());
            equal &= within(interval.low) && within(interval.high);
        }
        several && equal && self.left().nth(1).is_some()
    }

    /// Looks once more before the race ends for want of time.
    fn last_look(&mut self, end: End) -> End {
        if self.rounds >= self.rounds_to_tell() && self.look(self.last_level()) {
            return End::Equal;
        }
        match self.left().count() {
            0 => End::TimedOut,
            1 => End::Separated,
            _ => end,
        }
    }
}
