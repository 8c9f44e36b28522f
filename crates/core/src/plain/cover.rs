//! Covering arrays of plain models: what is to be covered, and in which steps.

use std::collections::HashMap;

use std::collections::HashSet;

use cfgmatrix_cover::{Axis, Effort, Model, Request, Solver, TargetSet, ValueSet};

use super::{Group, PlainError, PlainModel, Strength, negatives, restricted};
use crate::clauses::{Clauses, Formula};

/// What is asked for beside what the model says.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The strength; the model's own, or pairs, where it is left out.
    pub strength: Option<usize>,
    /// Axes with a strength of their own, beside the model's.
    pub mixed: Vec<(Vec<usize>, usize)>,
    /// Rows to begin with, beside the model's.
    pub seeds: Vec<Vec<Option<u32>>>,
    /// How much work to spend.
    pub effort: Effort,
    /// What chance begins with.
    pub seed: u64,
    /// How many threads to use; 0 for as many as there are.
    pub threads: usize,
}

/// A model to cover: the plain model's, or what a step makes of it.
pub(super) struct Step {
    pub(super) model: Model,
    pub(super) targets: Vec<TargetSet>,
}

impl PlainModel {
    /// Rows in which every tuple that is asked for occurs, and each of the rows
    /// to begin with.
    ///
    /// Where there are negative values, rows without them cover what is
    /// possible without, and each tuple with one is in a row with no other.
    ///
    /// # Errors
    /// The strength is more than there are axes, or no row satisfies the rules.
    pub fn cover(&self, wanted: &Wanted) -> Result<Vec<Vec<u32>>, PlainError> {
        if Solver::new(&self.model).solve(&[]).is_none() {
            return Err(self.nothing_left());
        }
        let mut seeds: Vec<Vec<Option<u32>>> = self.seeds.clone();
        seeds.extend_from_slice(&wanted.seeds);
        let mut rows = if self.has_negative() {
            self.in_two_runs(wanted, &seeds)?
        } else {
            self.one_run(&self.model, wanted, &seeds)?
        };
        self.leave_results_open(&mut rows);
        Ok(rows)
    }

    /// How many tuples [`Self::cover`] covers.
    ///
    /// # Errors
    /// As for [`Self::cover`].
    pub fn required(&self, wanted: &Wanted) -> Result<u64, PlainError> {
        let rows = self.cover(wanted)?;
        let given: Vec<Vec<Option<u32>>> = rows.iter().map(|row| self.given(row)).collect();
        Ok(self.check(&given, wanted)?.required)
    }

    fn in_two_runs(
        &self,
        wanted: &Wanted,
        seeds: &[Vec<Option<u32>>],
    ) -> Result<Vec<Vec<u32>>, PlainError> {
        let positive = self.positive();
        let (with, without): (Vec<_>, Vec<_>) = seeds.iter().cloned().partition(|seed| {
            let mut values = seed.iter().enumerate();
            values.any(|(axis, value)| value.is_some_and(|value| self.is_negative(axis, value)))
        });
        let mut rows = if Solver::new(&positive).solve(&[]).is_some() {
            self.one_run(&positive, wanted, &without)?
        } else {
            Vec::new()
        };
        // What the first run covers is covered; what is left has a negative value, or a
        // row of a submodel that is there for the sake of one.
        let complete = rows
            .iter()
            .map(|row| row.iter().copied().map(Some).collect());
        let seeds: Vec<Vec<Option<u32>>> = complete.chain(with).collect();
        let more = self.one_run(&self.model, wanted, &seeds)?;
        let known: HashSet<Vec<u32>> = rows.iter().cloned().collect();
        rows.extend(more.into_iter().filter(|row| !known.contains(row)));
        Ok(rows)
    }

    /// The model without its negative values.
    pub(super) fn positive(&self) -> Model {
        let positive = negatives(&self.axes).into_iter().map(|(axis, negative)| {
            let values = self.axes[axis].values.len() as u32;
            (axis, negative.complement(values))
        });
        restricted(&self.model, positive, self.rules.len() as u32)
    }

    fn one_run(
        &self,
        model: &Model,
        wanted: &Wanted,
        seeds: &[Vec<Option<u32>>],
    ) -> Result<Vec<Vec<u32>>, PlainError> {
        let mut groups = Vec::new();
        for (group, strength) in self.group_strengths(wanted)? {
            let within = seeds.iter().map(|seed| {
                let mut within = vec![None; seed.len()];
                for &axis in &group.axes {
                    within[axis] = seed[axis];
                }
                within
            });
            let targets = vec![TargetSet {
                axes: group.axes.clone(),
                strength,
            }];
            let seeds: Vec<_> = within.collect();
            let rows = self.generate(model, targets, &seeds, wanted)?;
            groups.push(GroupRows::of(group.axes.clone(), &rows, &seeds));
        }
        self.keep_possible(model, &mut groups);
        let step = self.step(model, &groups, wanted)?;
        let seeds = seeds.iter().map(|seed| {
            let mut seed = seed.clone();
            seed.resize(model.axes().len(), None);
            let numbers: Vec<_> = groups.iter().map(|group| group.number(&seed)).collect();
            seed.extend(numbers);
            seed
        });
        let seeds: Vec<_> = seeds.collect();
        let mut rows = self.generate(&step.model, step.targets, &seeds, wanted)?;
        for row in &mut rows {
            row.truncate(self.axes.len());
        }
        Ok(rows)
    }

    /// Adds rows to groups, so that each row of a group and each value outside
    /// goes with some rows of the others, as far as the rules allow it: the
    /// groups' rows were made without regard to each other.
    fn keep_possible(&self, model: &Model, groups: &mut [GroupRows]) {
        if groups.is_empty() {
            return;
        }
        let first = model.axes().len();
        let mut within = Solver::new(&with_groups(model, groups, self.rules.len() as u32 + 1));
        let mut whole = Solver::new(model);
        let mut more = Vec::new();
        for (number, group) in (first..).zip(groups.iter()) {
            for row in 0..group.rows.len() as u32 {
                if !within.is_feasible(&[(number, row)]) {
                    let values: Vec<(usize, u32)> = group.values(row).collect();
                    more.extend(whole.solve(&values));
                }
            }
        }
        for axis in self.outside() {
            for value in 0..self.axes[axis].values.len() as u32 {
                if !within.is_feasible(&[(axis, value)]) {
                    more.extend(whole.solve(&[(axis, value)]));
                }
            }
        }
        for row in more {
            for group in groups.iter_mut() {
                group.add(group.axes.iter().map(|&axis| row[axis]).collect());
            }
        }
    }

    fn generate(
        &self,
        model: &Model,
        targets: Vec<TargetSet>,
        seeds: &[Vec<Option<u32>>],
        wanted: &Wanted,
    ) -> Result<Vec<Vec<u32>>, PlainError> {
        let axes = model.axes().len();
        let seeds = seeds.iter().map(|seed| {
            let mut seed = seed.clone();
            seed.resize(axes, None);
            seed
        });
        let request = Request {
            targets,
            seeds: seeds.collect(),
            effort: wanted.effort,
            seed: wanted.seed,
            threads: wanted.threads,
            ..Request::default()
        };
        let covering = cfgmatrix_cover::cover(model, &request)
            .map_err(|source| PlainError::Cover { source })?;
        Ok(covering.rows)
    }

    /// The groups, each with the strength that it is covered with.
    pub(super) fn group_strengths(
        &self,
        wanted: &Wanted,
    ) -> Result<Vec<(&Group, usize)>, PlainError> {
        let strength = self.strength_of(wanted)?;
        let groups = self.groups.iter().map(|group| {
            let own = group.strength.unwrap_or(strength);
            (group, own.min(group.axes.len()))
        });
        Ok(groups.collect())
    }

    /// The strength that is asked for, of at most as many items as there are.
    fn strength_of(&self, wanted: &Wanted) -> Result<usize, PlainError> {
        let own = match self.strength {
            Some(Strength::Of(strength)) => Some(strength),
            Some(Strength::All) | None => None,
        };
        let items = self.items();
        match wanted.strength.or(own) {
            Some(0) => Err(PlainError::StrengthZero),
            Some(strength) if strength > items => Err(PlainError::StrengthAboveAxes {
                strength,
                items,
                what: if self.groups.is_empty() {
                    "axes"
                } else {
                    "submodels and axes outside of them"
                },
            }),
            Some(strength) => Ok(strength),
            None => Ok(Self::STRENGTH.min(items)),
        }
    }

    /// How many things are combined: axes, or groups and the axes outside.
    fn items(&self) -> usize {
        self.groups.len() + self.outside().len()
    }

    /// The choices that are in no group.
    fn outside(&self) -> Vec<usize> {
        let mut grouped = vec![false; self.axes.len()];
        for &axis in self.groups.iter().flat_map(|group| &group.axes) {
            grouped[axis] = true;
        }
        let inputs = self.inputs().into_iter();
        inputs.filter(|&axis| !grouped[axis]).collect()
    }

    /// What the last run covers: axes with each other, or the rows of groups
    /// with each other and with the axes outside.
    pub(super) fn step(
        &self,
        model: &Model,
        groups: &[GroupRows],
        wanted: &Wanted,
    ) -> Result<Step, PlainError> {
        let strength = self.strength_of(wanted)?;
        let mut targets = self.mixed.clone();
        targets.extend(wanted.mixed.iter().map(|(axes, strength)| TargetSet {
            axes: axes.clone(),
            strength: *strength,
        }));
        let results = (0..self.axes.len()).filter(|&axis| self.axes[axis].result);
        targets.extend(results.map(|axis| TargetSet {
            axes: vec![axis],
            strength: 1,
        }));
        if groups.is_empty() {
            targets.extend(self.by_own_strength(strength));
            return Ok(Step {
                model: model.clone(),
                targets,
            });
        }
        let first = model.axes().len();
        let mut items = self.outside();
        items.extend(first..first + groups.len());
        targets.push(TargetSet {
            axes: items,
            strength,
        });
        Ok(Step {
            model: with_groups(model, groups, self.rules.len() as u32 + 1),
            targets,
        })
    }

    /// Axes may have a strength of their own: each takes part in tuples of that
    /// many with axes of the same strength or a greater one.
    fn by_own_strength(&self, strength: usize) -> Vec<TargetSet> {
        let own = |axis: &usize| self.axes[*axis].strength.unwrap_or(strength);
        let inputs = self.inputs();
        let mut strengths: Vec<usize> = inputs.iter().map(own).collect();
        strengths.sort_unstable();
        strengths.dedup();
        let sets = strengths.into_iter().map(|strength| {
            let axes = inputs.iter().copied();
            let axes: Vec<usize> = axes.filter(|axis| own(axis) >= strength).collect();
            TargetSet {
                strength: strength.min(axes.len()),
                axes,
            }
        });
        sets.collect()
    }

    /// Marks results that the rules leave open.
    fn leave_results_open(&self, rows: &mut [Vec<u32>]) {
        let inputs = self.inputs();
        if inputs.len() == self.axes.len() {
            return;
        }
        let mut solver = Solver::new(&self.model);
        for row in rows {
            let fixed: Vec<(usize, u32)> = inputs.iter().map(|&axis| (axis, row[axis])).collect();
            for (number, axis) in self.axes.iter().enumerate().filter(|(_, axis)| axis.result) {
                let possible = (0..axis.undetermined()).filter(|&value| {
                    let mut fixed = fixed.clone();
                    fixed.push((number, value));
                    solver.solve(&fixed).is_some()
                });
                if possible.count() != 1 {
                    row[number] = axis.undetermined();
                }
            }
        }
    }
}

/// The rows of a group's axes.
pub(super) struct GroupRows {
    axes: Vec<usize>,
    rows: Vec<Vec<u32>>,
    numbers: HashMap<Vec<u32>, u32>,
}

impl GroupRows {
    /// The different ones of `rows`, and those of `seeds` that are whole.
    pub(super) fn of(axes: Vec<usize>, rows: &[Vec<u32>], seeds: &[Vec<Option<u32>>]) -> Self {
        let mut group = Self {
            axes,
            rows: Vec::new(),
            numbers: HashMap::new(),
        };
        for row in rows {
            group.add(group.axes.iter().map(|&axis| row[axis]).collect());
        }
        for seed in seeds {
            if let Some(whole) = group.whole(seed) {
                group.add(whole);
            }
        }
        group
    }

    fn add(&mut self, row: Vec<u32>) {
        let next = self.rows.len() as u32;
        self.numbers.entry(row).or_insert_with_key(|row| {
            self.rows.push(row.clone());
            next
        });
    }

    fn whole(&self, seed: &[Option<u32>]) -> Option<Vec<u32>> {
        self.axes.iter().map(|&axis| seed[axis]).collect()
    }

    /// The number of the part of a row that is of this group; the row is one of
    /// those that the group was made of.
    pub(super) fn number_of(&self, row: &[u32]) -> u32 {
        let part: Vec<u32> = self.axes.iter().map(|&axis| row[axis]).collect();
        self.numbers[&part]
    }

    /// What a row of the group has.
    pub(super) fn values(&self, number: u32) -> impl Iterator<Item = (usize, u32)> + '_ {
        let row = self.rows[number as usize].iter().copied();
        self.axes.iter().copied().zip(row)
    }

    /// The number of the row that a seed has of this group, if it has one.
    fn number(&self, seed: &[Option<u32>]) -> Option<u32> {
        self.numbers.get(&self.whole(seed)?).copied()
    }
}

/// The model with an axis more for each group: its values are the group's rows.
fn with_groups(model: &Model, groups: &[GroupRows], rule: u32) -> Model {
    let mut axes = model.axes().to_vec();
    axes.extend(
        groups
            .iter()
            .map(|group| Axis::new(group.rows.len() as u32)),
    );
    let mut clauses = Clauses::new(axes.iter().map(|axis| axis.values));
    for (number, group) in (model.axes().len()..).zip(groups) {
        for (position, &axis) in group.axes.iter().enumerate() {
            let values = model.axes()[axis].values;
            let allowed = group
                .rows
                .iter()
                .map(|row| ValueSet::single(values, row[position]));
            let same = Formula::Related {
                left: number,
                right: axis,
                allowed: allowed.collect(),
            };
            clauses.require(&same, rule).expect("it is not deep");
        }
    }
    let (_, more) = clauses.into_parts();
    let all = model.clauses().iter().cloned().chain(more);
    Model::new(axes, all.collect()).expect("the clauses are of its axes")
}
