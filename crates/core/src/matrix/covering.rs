//! The rows of a profile: the full product, one at a time, or a covering array
//! of it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cfgmatrix_cover::{Clause, Covering, Effort, Literal, Model, Request, Rows, TargetSet};

use serde::Deserialize;

use super::include::RowFault;
use super::scalar::Scalar;
use super::selection::Selection;
use super::space::Space;
use super::spec::{Pairs, SeedRows, Strength};
use crate::document::Document;
use crate::error::Error;
use crate::name::UnknownWord;
use crate::tree::{Fault, Step, Tree};

/// What a caller wants otherwise than the profile has it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In place of the profile's strength.
    pub strength: Option<Strength>,
    /// How long a covering array is made shorter.
    pub effort: Effort,
    /// Another number gives other rows of a covering array, as good as these.
    pub seed: u64,
    /// Threads that make a covering array; the rows are the same for any number.
    pub threads: usize,
    /// Rows that a covering array begins with, as axes and values, beside the
    /// profile's own.
    pub seed_rows: Vec<Vec<(String, Scalar)>>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            strength: None,
            effort: Effort::Normal,
            seed: 0,
            threads: 1,
            seed_rows: Vec::new(),
        }
    }
}

impl Plan {
    /// Reads rows to begin with: JSON lines, each an object of axes and values,
    /// or what `expand --format jsonl` prints.
    ///
    /// # Errors
    /// A line that is no such object.
    pub fn read_seed_rows(document: &Document) -> Result<Vec<Vec<(String, Scalar)>>, Error> {
        let lines = document.text().lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        let rows = lines.map(|(number, line)| {
            let wrong = |message: &str| Error::Invalid {
                message: message.to_owned(),
                hint: Some("write each row as `{\"axis\": \"value\", …}` on a line".to_owned()),
                place: document.place(number + 1, 1),
            };
            let tree = Tree::of_json(line).map_err(|_| wrong("this line is no row"))?;
            // A line of an expansion has its values in `axes`.
            let row = tree.at(&[Step::Key("axes")]).unwrap_or(&tree);
            let Pairs(row) = Pairs::deserialize(row).map_err(|fault| wrong(&fault.message))?;
            Ok(row)
        });
        rows.collect()
    }
}

/// Covering arrays that were made, by what was asked for: `expect` asks for the
/// same as the expansion after it.
pub(super) type Coverings = RefCell<BTreeMap<String, Vec<Vec<u32>>>>;

/// Rows that exist, and rows that are yet to be made.
pub(super) enum RowSource {
    Product(Box<Rows>),
    Covering(std::vec::IntoIter<Vec<u32>>),
}

impl Iterator for RowSource {
    type Item = Vec<u32>;

    fn next(&mut self) -> Option<Vec<u32>> {
        match self {
            Self::Product(rows) => rows.next().map(|row| row.values.to_vec()),
            Self::Covering(rows) => rows.next(),
        }
    }
}

impl<'a> Space<'a> {
    /// The covering strength of a plan; the full product where it is nothing.
    pub(super) fn planned_strength(&self, plan: &Plan) -> Option<usize> {
        match plan.strength.or(self.profile.strength) {
            Some(Strength::Of(strength)) => Some(strength),
            _ => None,
        }
    }

    pub(super) fn row_source(
        &self,
        selection: &Selection,
        plan: &Plan,
    ) -> Result<RowSource, Error> {
        let Some(strength) = self.planned_strength(plan) else {
            return Ok(RowSource::Product(Box::new(Rows::within(
                &self.model,
                &selection.domains,
            ))));
        };
        let key = format!("{strength} {plan:?} {:?}", selection.domains);
        if let Some(rows) = self.coverings.borrow().get(&key) {
            return Ok(RowSource::Covering(rows.clone().into_iter()));
        }
        let covering = self.covering(selection, strength, plan)?;
        let mut rows = covering.rows;
        rows.sort();
        rows.dedup();
        self.coverings.borrow_mut().insert(key, rows.clone());
        Ok(RowSource::Covering(rows.into_iter()))
    }

    fn covering(
        &self,
        selection: &Selection,
        strength: usize,
        plan: &Plan,
    ) -> Result<Covering, Error> {
        let model = self.selected(selection);
        // Those that are fixed, in this profile or by the selection, have nothing to combine.
        let turning: Vec<usize> = (0..self.dimensions.len())
            .filter(|&number| {
                let values = selection.domains[number].iter();
                values
                    .filter(|&value| Some(value) != self.dimensions[number].absent())
                    .count()
                    > 1
            })
            .collect();
        let profile = self.profile_name();
        if strength > turning.len() && plan.strength.is_some() | profile.is_some() {
            let place = profile.map(|name| self.matrix.place_of_profile(name, "strength"));
            return Err(Error::StrengthAboveAxes {
                strength,
                axes: turning.len(),
                place: place.filter(|_| plan.strength.is_none()),
            });
        }
        let mut targets = vec![TargetSet {
            axes: turning.clone(),
            strength,
        }];
        for (index, mixed) in self.profile.mixed.iter().enumerate() {
            let set = self.mixed(index, &mixed.axes, mixed.strength)?;
            let axes: Vec<usize> = set
                .into_iter()
                .filter(|number| turning.contains(number))
                .collect();
            if axes.len() >= mixed.strength {
                targets.push(TargetSet {
                    axes,
                    strength: mixed.strength,
                });
            }
        }
        let request = Request {
            targets,
            seeds: self.seeds(plan, selection)?,
            effort: plan.effort,
            seed: plan.seed,
            threads: plan.threads.max(1),
            ..Request::default()
        };
        cfgmatrix_cover::cover(&model, &request).map_err(|source| Error::Covering {
            matrix: self.matrix.name().to_owned(),
            source,
        })
    }

    /// The dimensions of a mixed strength, each once.
    fn mixed(&self, index: usize, names: &[String], strength: usize) -> Result<Vec<usize>, Error> {
        let profile = self.profile_name().unwrap_or_default();
        let way = [
            Step::Key("profile"),
            Step::Key(profile),
            Step::Key("mixed"),
            Step::Index(index),
        ];
        let wrong = |message: String| {
            self.matrix.fault(Fault {
                message,
                span: self.matrix.tree.at(&way).map(|tree| tree.span.clone()),
            })
        };
        let mut numbers = Vec::new();
        for name in names {
            let Some(axis) = self.axes.iter().find(|axis| axis.name == *name) else {
                let known = self.axes.iter().map(|axis| axis.name.as_str());
                return Err(wrong(UnknownWord::new("axis", name, known).to_string()));
            };
            if !numbers.contains(&axis.dimension) {
                numbers.push(axis.dimension);
            }
        }
        numbers.sort_unstable();
        if !(1..=Strength::MAX).contains(&strength) || strength > numbers.len() {
            return Err(wrong(format!(
                "strength {strength} of {} axes: expected 1 to {}",
                numbers.len(),
                numbers.len().min(Strength::MAX)
            )));
        }
        Ok(numbers)
    }

    /// The space's model with what is selected as clauses of its own.
    pub(super) fn selected(&self, selection: &Selection) -> Model {
        let axes = self.model.axes().to_vec();
        let mut clauses = self.model.clauses().to_vec();
        let rule = self.rules.entries.len() as u32;
        for (number, domain) in selection.domains.iter().enumerate() {
            if domain.len() < axes[number].values {
                clauses.push(Clause {
                    literals: vec![Literal {
                        axis: number,
                        allowed: domain.clone(),
                    }],
                    rule,
                });
            }
        }
        Model::new(axes, clauses).expect("a selection is of the model's values")
    }

    fn seeds(&self, plan: &Plan, selection: &Selection) -> Result<Vec<Vec<Option<u32>>>, Error> {
        let helpers = self.model.axes().len() - self.dimensions.len();
        let mut seeds = Vec::new();
        let own: &[_] = match &self.profile.seed_rows {
            Some(SeedRows::Rows(rows)) => rows,
            _ => &[],
        };
        let own = own.iter().map(|row| &row.0);
        for (index, row) in own.chain(&plan.seed_rows).enumerate() {
            let mut seed = self
                .partial_row(row)
                .map_err(|fault| self.seed_fault(index, &fault))?;
            let known = seed
                .iter()
                .zip(&selection.domains)
                .all(|(value, domain)| value.is_none_or(|value| domain.contains(value)));
            // A row of before that is not selected now is no row to begin with.
            if known {
                seed.extend(std::iter::repeat_n(None, helpers));
                seeds.push(seed);
            }
        }
        Ok(seeds)
    }

    fn seed_fault(&self, index: usize, fault: &RowFault) -> Error {
        let profile = self.profile_name().unwrap_or_default();
        let way = [
            Step::Key("profile"),
            Step::Key(profile),
            Step::Key("seed_rows"),
            Step::Index(index),
        ];
        match self.matrix.tree.at(&way) {
            Some(tree) => self
                .matrix
                .fault(Fault::new(fault.message.clone(), &tree.span)),
            None => Error::SeedRow {
                number: index + 1,
                message: fault.message.clone(),
            },
        }
    }
}
