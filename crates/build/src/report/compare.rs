//! What changed since an earlier run.

use std::collections::HashMap;

use serde::Serialize;

use super::input::Run;
use super::summary::{Report, is_failure};
use crate::median::median;
use crate::outcome::{Outcome, Status};

/// What changed since an earlier run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// When the earlier run began, in seconds since 1970-01-01 00:00 UTC.
    pub earlier_unix: u64,
    /// Variants that passed and now fail.
    pub newly_failed: Vec<String>,
    /// Variants that failed and now pass.
    pub fixed: Vec<String>,
    /// How many failed then and fail now.
    pub still_failing: usize,
    /// Variants that the earlier run had not.
    pub came: Vec<String>,
    /// Variants that only the earlier run had.
    pub went: Vec<String>,
    /// Variants whose configuration has another id than then.
    pub changed: Vec<String>,
    /// How many variants passed both times; times are compared of these.
    pub timed: usize,
    /// The median of their times now, as multiples of the times then; nothing
    /// where none passed both times.
    pub median_ratio: Option<f64>,
    /// How far one variant's ratio has to be from the median to be more than
    /// noise, as a factor: three median absolute deviations, as if the noise
    /// were normal, of the ratios' logarithms, and at least 1.05. Nothing where
    /// fewer than [`Comparison::FEWEST`] tell.
    pub noise: Option<f64>,
    /// Variants that became slower by more than the noise, the most first.
    pub slower: Vec<Changed>,
    /// Variants that became faster by more than the noise, the most first.
    pub faster: Vec<Changed>,
}

/// A variant that takes another time than before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changed {
    /// Its name.
    pub variant: String,
    /// Seconds in the earlier run.
    pub before: f64,
    /// Seconds now.
    pub now: f64,
    /// The time now as a multiple of that before.
    pub ratio: f64,
}

impl Comparison {
    /// The fewest variants whose times tell what noise is.
    pub const FEWEST: usize = 5;
    /// What three deviations are at least: no clock of a build is better.
    const LEAST: f64 = 1.05;
    /// Seconds that a change is at least, whatever its ratio.
    const SECONDS: f64 = 0.05;

    pub(super) fn new(earlier: &Run, outcomes: &[Outcome], report: &Report) -> Self {
        let then: HashMap<&str, &Outcome> = outcomes
            .iter()
            .map(|outcome| (outcome.variant.as_str(), outcome))
            .collect();
        let ids: HashMap<&str, &str> = earlier
            .variants
            .iter()
            .map(|variant| (variant.name.as_str(), variant.id.as_str()))
            .collect();
        let mut comparison = Self {
            earlier_unix: earlier.started_unix,
            newly_failed: Vec::new(),
            fixed: Vec::new(),
            still_failing: 0,
            came: Vec::new(),
            went: Vec::new(),
            changed: Vec::new(),
            timed: 0,
            median_ratio: None,
            noise: None,
            slower: Vec::new(),
            faster: Vec::new(),
        };
        let mut timed = Vec::new();
        for row in &report.rows {
            let name = &row.variant.name;
            match ids.get(name.as_str()) {
                None => comparison.came.push(name.clone()),
                Some(id) if *id != row.variant.id => comparison.changed.push(name.clone()),
                Some(_) => {}
            }
            let (Some(before), Some(now)) = (then.get(name.as_str()), &row.outcome) else {
                continue;
            };
            match (before.status, now.status) {
                (Status::Passed, Status::Passed) => {
                    timed.extend(Changed::new(name, before.seconds, now.seconds));
                }
                (Status::Passed, status) if is_failure(status) => {
                    comparison.newly_failed.push(name.clone());
                }
                (status, Status::Passed) if is_failure(status) => {
                    comparison.fixed.push(name.clone());
                }
                (before, now) if is_failure(before) && is_failure(now) => {
                    comparison.still_failing += 1;
                }
                _ => {}
            }
        }
        let here: std::collections::HashSet<&str> = report
            .rows
            .iter()
            .map(|row| row.variant.name.as_str())
            .collect();
        let went = earlier.variants.iter().map(|variant| &variant.name);
        comparison.went = went
            .filter(|name| !here.contains(name.as_str()))
            .cloned()
            .collect();
        comparison.compare_times(timed);
        comparison
    }

    fn compare_times(&mut self, timed: Vec<Changed>) {
        self.timed = timed.len();
        let logarithms: Vec<f64> = timed.iter().map(|one| one.ratio.ln()).collect();
        let Some(middle) = median(logarithms.iter().copied()) else {
            return;
        };
        self.median_ratio = Some(middle.exp());
        if timed.len() < Self::FEWEST {
            return;
        }
        let deviations: Vec<f64> = logarithms.iter().map(|one| (one - middle).abs()).collect();
        // The factor makes it a standard deviation, were the noise normal.
        let deviation = 1.4826 * median(deviations.iter().copied()).unwrap_or(0.0);
        let noise = (3.0 * deviation).max(Self::LEAST.ln());
        self.noise = Some(noise.exp());
        for one in timed {
            // What all have in common is the machine's doing, or a change of all.
            let beyond = one.ratio.ln() - middle;
            let expected = one.before * middle.exp();
            if beyond.abs() <= noise || (one.now - expected).abs() < Self::SECONDS {
                continue;
            }
            if beyond > 0.0 {
                self.slower.push(one);
            } else {
                self.faster.push(one);
            }
        }
        self.slower.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
        self.faster.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    }

    /// What is said of the times of all.
    pub(super) fn times(&self) -> String {
        let Some(ratio) = self.median_ratio else {
            return "No variant passed both times, so no times are compared.".to_owned();
        };
        let variants = match self.timed {
            1 => "The variant that passed both times takes".to_owned(),
            timed => format!("The {timed} variants that passed both times take"),
        };
        let noise = match self.noise {
            Some(noise) => format!(
                "a variant has to differ from that by more than {:.0} % to be more than noise",
                (noise - 1.0) * 100.0
            ),
            None => format!(
                "they are fewer than {}, too few to tell what is noise",
                Self::FEWEST
            ),
        };
        format!("{variants} {ratio:.2} times as long as before (median); {noise}.")
    }

    /// Lots of names, each with what it is a lot of.
    pub(super) fn lots(&self) -> [(&'static str, &[String]); 5] {
        [
            ("New failures", &self.newly_failed),
            ("Fixed", &self.fixed),
            ("New variants", &self.came),
            ("Variants that are gone", &self.went),
            ("Of another configuration than before", &self.changed),
        ]
    }

    /// Lots of times, each with what it is a lot of.
    pub(super) fn changes(&self) -> [(&'static str, &[Changed]); 2] {
        [
            ("Slower by more than the noise", &self.slower),
            ("Faster by more than the noise", &self.faster),
        ]
    }
}

impl Changed {
    /// Nothing where the times have no ratio.
    fn new(variant: &str, before: f64, now: f64) -> Option<Self> {
        let ratio = now / before;
        (before > 0.0 && now > 0.0 && ratio.is_normal()).then(|| Self {
            variant: variant.to_owned(),
            before,
            now,
            ratio,
        })
    }
}
