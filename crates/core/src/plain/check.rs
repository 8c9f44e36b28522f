//! Anyone's rows against a plain model.

use cfgmatrix_cover::{Model, Report, Solver, TargetSet};

use super::cover::{GroupRows, Wanted};
use super::{PlainError, PlainModel, fixed};

/// What is right and wrong with rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Rows that are not valid.
    pub broken: Vec<BrokenRow>,
    /// How many tuples are to be covered: those that occur in some valid row.
    pub required: u64,
    /// How many of them are in none of the rows.
    pub missing_count: u64,
    /// The first of these: axes and values.
    pub missing: Vec<Vec<(usize, u32)>>,
}

/// A row that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    /// Its number, from 0.
    pub row: usize,
    /// Why.
    pub reason: Broken,
}

/// Why a row is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broken {
    /// It has no value of these axes.
    Incomplete {
        /// The axes' names.
        axes: Vec<String>,
    },
    /// It breaks these rules.
    Rules {
        /// As they are written.
        rules: Vec<String>,
    },
}

impl Verdict {
    /// How many missing tuples are told one by one.
    pub const SHOWN: usize = 10;

    /// Whether all rows are valid and no tuple is missing.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.broken.is_empty() && self.missing_count == 0
    }

    fn miss(&mut self, tuple: Vec<(usize, u32)>) {
        self.missing_count += 1;
        if self.missing.len() < Self::SHOWN {
            self.missing.push(tuple);
        }
    }
}

/// What rows cover of one model.
#[derive(Default)]
struct Coverage {
    feasible: u64,
    covered: u64,
    /// The first tuples that are missing, by axes of the plain model.
    missing: Vec<Vec<(usize, u32)>>,
}

impl Coverage {
    fn add(&mut self, report: &Report, shown: impl Fn(&[(usize, u32)]) -> Vec<(usize, u32)>) {
        self.feasible += report.feasible;
        self.covered += report.covered;
        self.missing
            .extend(report.missing.iter().map(|tuple| shown(tuple)));
    }
}

impl PlainModel {
    /// Whether rows are valid, and cover what [`Self::cover`] would.
    ///
    /// Results need no value. Invalid rows cover nothing. Rows of negative
    /// values cover no tuples without.
    ///
    /// # Errors
    /// The strength is more than there are axes.
    pub fn check(&self, rows: &[Vec<Option<u32>>], wanted: &Wanted) -> Result<Verdict, PlainError> {
        let mut verdict = Verdict::default();
        let mut valid: Vec<Vec<u32>> = Vec::new();
        let mut solver = Solver::new(&self.model);
        for (number, row) in rows.iter().enumerate() {
            match self.completed(row, &mut solver) {
                Ok(row) => valid.push(row),
                Err(reason) => verdict.broken.push(BrokenRow {
                    row: number,
                    reason,
                }),
            }
        }
        let all = self.coverage(&self.model, &valid, wanted, Verdict::SHOWN)?;
        verdict.required = all.feasible;
        verdict.missing_count = all.feasible - all.covered;
        verdict.missing = all.missing;
        verdict.missing.truncate(Verdict::SHOWN);
        if self.has_negative() {
            self.add_masked(&mut verdict, &valid, wanted)?;
        }
        Ok(verdict)
    }

    /// Tuples that rows without negative values could have, and that only rows
    /// with one have: the one masks them.
    fn add_masked(
        &self,
        verdict: &mut Verdict,
        valid: &[Vec<u32>],
        wanted: &Wanted,
    ) -> Result<(), PlainError> {
        let without = valid.iter().filter(|row| {
            let mut values = row.iter().enumerate();
            !values.any(|(axis, &value)| self.is_negative(axis, value))
        });
        let without: Vec<Vec<u32>> = without.cloned().collect();
        let positive = self.coverage(&self.positive(), &without, wanted, usize::MAX)?;
        for tuple in positive.missing {
            let has = |row: &Vec<u32>| tuple.iter().all(|&(axis, value)| row[axis] == value);
            if valid.iter().any(has) {
                verdict.miss(tuple);
            }
        }
        Ok(())
    }

    /// A whole row of the model that has these values: results and what only
    /// rules need are filled in.
    fn completed(&self, row: &[Option<u32>], solver: &mut Solver) -> Result<Vec<u32>, Broken> {
        let absent: Vec<String> = self
            .axes
            .iter()
            .zip(row)
            .filter(|(axis, value)| value.is_none() && !axis.result)
            .map(|(axis, _)| axis.name.clone())
            .collect();
        if !absent.is_empty() {
            return Err(Broken::Incomplete { axes: absent });
        }
        solver.solve(&fixed(row)).ok_or_else(|| Broken::Rules {
            rules: self.broken_rules(row),
        })
    }

    /// The rules that a row breaks, as far as they speak of what it has.
    fn broken_rules(&self, row: &[Option<u32>]) -> Vec<String> {
        let whole: Option<Vec<u32>> = row.iter().copied().collect();
        let Some(whole) = whole else {
            return Vec::new();
        };
        let rules = self.rules.iter();
        let broken = rules.filter(|rule| !rule.formula.holds(&whole));
        let mut broken: Vec<String> = broken.map(|rule| rule.text.clone()).collect();
        let negative = whole.iter().enumerate();
        if negative
            .filter(|&(axis, &value)| self.is_negative(axis, value))
            .count()
            > 1
        {
            broken.push(Self::ONE_NEGATIVE.to_owned());
        }
        broken
    }

    /// What valid rows cover of a model of these axes.
    fn coverage(
        &self,
        model: &Model,
        rows: &[Vec<u32>],
        wanted: &Wanted,
        keep: usize,
    ) -> Result<Coverage, PlainError> {
        let check = |model: &Model, targets: &[TargetSet], rows: &[Vec<u32>]| {
            cfgmatrix_cover::check_naming(model, targets, rows, keep)
        };
        let mut coverage = Coverage::default();
        let mut groups = Vec::new();
        for (group, strength) in self.group_strengths(wanted)? {
            let targets = [TargetSet {
                axes: group.axes.clone(),
                strength,
            }];
            coverage.add(&check(model, &targets, rows), <[_]>::to_vec);
            groups.push(GroupRows::of(group.axes.clone(), rows, &[]));
        }
        if !groups.is_empty() && rows.is_empty() {
            return Ok(coverage);
        }
        let step = self.step(model, &groups, wanted)?;
        let numbered = rows.iter().map(|row| {
            let numbers = groups.iter().map(|group| group.number_of(row));
            row.iter().copied().chain(numbers).collect()
        });
        let numbered: Vec<Vec<u32>> = numbered.collect();
        let is_choice = |axis: &usize| self.axes.get(*axis).is_none_or(|axis| !axis.result);
        let targets = step.targets.into_iter();
        let targets: Vec<TargetSet> = targets
            .filter(|set| set.axes.iter().any(is_choice))
            .collect();
        // A row of a group stands for what it has of the group's axes.
        let first = model.axes().len();
        let shown = |tuple: &[(usize, u32)]| {
            let mut shown = Vec::new();
            for &(axis, value) in tuple {
                match axis.checked_sub(first) {
                    Some(group) => shown.extend(groups[group].values(value)),
                    None => shown.push((axis, value)),
                }
            }
            shown.sort_unstable();
            shown.dedup();
            shown
        };
        coverage.add(&check(&step.model, &targets, &numbered), shown);
        Ok(coverage)
    }
}
