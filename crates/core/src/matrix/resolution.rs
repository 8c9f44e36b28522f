//! What the knowledge base, or a machine, says of the combinations of those
//! dimensions that it is asked about. What it refuses becomes rules, so that a
//! row is never made to be thrown away, and rows can be counted.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use cfgmatrix_cover::{Clause, Literal, Model, Rows, ValueSet};

use super::Choice;
use super::Matrix;
use super::combination::{Choices, Resolved};
use super::expand::{Exclusion, Rule, Stop};
use super::rules::{Rules, Statement};
use super::space::{SpaceAxis, SpaceDimension};
use crate::error::Error;
use crate::host::HostReport;
use crate::toolchain::KnowledgeBase;

/// The answers so far.
pub(super) struct Resolutions<'a> {
    matrix: &'a Matrix,
    known: &'a KnowledgeBase,
    host: Option<&'a HostReport>,
    /// The dimensions that answers depend on.
    dimensions: Vec<usize>,
    answers: RefCell<HashMap<Vec<u32>, Resolved<'a>>>,
    pub(super) refusals: Vec<Refusal>,
}

/// Values of dimensions that cannot be had together.
pub(super) struct Refusal {
    pub(super) values: Vec<(usize, u32)>,
    pub(super) rule: Rule,
    pub(super) reason: String,
}

/// More combinations are not asked about one by one.
const MAX_COMBINATIONS: u64 = 200_000;
/// So many answers are kept.
const KEPT: usize = 4096;

impl<'a> Resolutions<'a> {
    pub(super) fn new(
        matrix: &'a Matrix,
        known: &'a KnowledgeBase,
        host: Option<&'a HostReport>,
        axes: &[SpaceAxis],
        dimensions: &[SpaceDimension],
        rules: &Rules,
    ) -> Result<Self, Error> {
        let deciding = deciding(axes, rules);
        let mut resolutions = Self {
            matrix,
            known,
            host,
            dimensions: deciding,
            answers: RefCell::default(),
            refusals: Vec::new(),
        };
        if axes.iter().any(|axis| axis.name == "compiler") {
            resolutions.ask_all(axes, dimensions, rules)?;
        }
        Ok(resolutions)
    }

    /// Asks about every combination of the deciding dimensions that rules about
    /// them alone allow.
    fn ask_all(
        &mut self,
        axes: &[SpaceAxis],
        dimensions: &[SpaceDimension],
        rules: &Rules,
    ) -> Result<(), Error> {
        let (model, numbers) = projected(&self.dimensions, dimensions, rules);
        let count = cfgmatrix_cover::count(&model).ok();
        let count = count.and_then(|count| count.to_u64());
        if count.is_none_or(|count| count > MAX_COMBINATIONS) {
            return Err(Error::TooManyCombinations {
                axes: self
                    .dimensions
                    .iter()
                    .flat_map(|&dimension| &dimensions[dimension].axes)
                    .map(|&axis| axes[axis].name.clone())
                    .collect(),
                limit: MAX_COMBINATIONS,
            });
        }
        let mut row = vec![0; dimensions.len()];
        let mut possible: Vec<Vec<u32>> = Vec::new();
        let mut refused: Vec<(Vec<u32>, Exclusion)> = Vec::new();
        let mut rows = Rows::new(&model);
        while let Some(combination) = rows.next() {
            for (&number, &value) in numbers.iter().zip(combination.values) {
                if number < row.len() {
                    row[number] = value;
                }
            }
            let key = self.key(&row);
            match self.answer(axes, rules, &row) {
                Ok(_) => possible.push(key),
                Err(Stop::Excluded(exclusion)) => refused.push((key, exclusion)),
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        self.refusals = smallest(&self.dimensions, &possible, refused);
        Ok(())
    }

    fn key(&self, row: &[u32]) -> Vec<u32> {
        self.dimensions
            .iter()
            .map(|&dimension| row[dimension])
            .collect()
    }

    /// What the knowledge base or the machine says of a row; nothing without a
    /// compiler.
    pub(super) fn answer(
        &self,
        axes: &[SpaceAxis],
        rules: &Rules,
        row: &[u32],
    ) -> Result<Option<Resolved<'a>>, Stop> {
        let key = self.key(row);
        if let Some(known) = self.answers.borrow().get(&key) {
            return Ok(Some(known.clone()));
        }
        let choices = choices(axes, self.matrix, rules, row);
        let answer = self.matrix.resolve(self.known, self.host, &choices)?;
        if let Some(resolved) = &answer {
            let mut answers = self.answers.borrow_mut();
            if answers.len() == KEPT {
                answers.clear();
            }
            answers.insert(key, resolved.clone());
        }
        Ok(answer)
    }
}

/// The dimensions with an axis that the knowledge base knows, or that asks for
/// features, itself or through a `[[set]]`.
fn deciding(axes: &[SpaceAxis], rules: &Rules) -> Vec<usize> {
    let own = axes.iter().filter(|axis| {
        axis.values.iter().any(|value| {
            !matches!(value.choice, Choice::Own) || !value.decoration.features.is_empty()
        })
    });
    let of_sets = rules
        .sets
        .iter()
        .filter(|set| !set.decoration.features.is_empty());
    let of_sets = of_sets.flat_map(|set| set.statement.iter().flat_map(Statement::axes));
    let numbers = own
        .map(|axis| axis.dimension)
        .chain(of_sets.map(|axis| axes[axis].dimension));
    numbers.collect::<BTreeSet<usize>>().into_iter().collect()
}

/// The model of some dimensions, with the rules that speak of no other, and the
/// number in the whole space that each of its axes has.
fn projected(
    deciding: &[usize],
    dimensions: &[SpaceDimension],
    rules: &Rules,
) -> (Model, Vec<usize>) {
    let mut numbers: Vec<usize> = deciding.to_vec();
    let mut clauses: Vec<Clause> = Vec::new();
    for group in rules.clause_groups() {
        let speaks_of: BTreeSet<usize> = group
            .iter()
            .flat_map(|clause| &clause.literals)
            .map(|literal| literal.axis)
            .collect();
        let mut own = speaks_of.iter().filter(|&&axis| axis < dimensions.len());
        if !own.all(|axis| deciding.contains(axis)) {
            continue;
        }
        numbers.extend(speaks_of.iter().filter(|&&axis| axis >= dimensions.len()));
        clauses.extend(group.into_iter().cloned());
    }
    let at = |axis: usize| {
        let at = numbers.iter().position(|&number| number == axis);
        at.expect("a rule is taken with everything that it speaks of")
    };
    for literal in clauses.iter_mut().flat_map(|clause| &mut clause.literals) {
        literal.axis = at(literal.axis);
    }
    let axes = numbers.iter().map(|&number| match dimensions.get(number) {
        Some(dimension) => cfgmatrix_cover::Axis::new(dimension.size()),
        None => rules.helpers[number - dimensions.len()].clone(),
    });
    let model = Model::new(axes.collect(), clauses);
    let model = model.expect("dimensions have values, and clauses speak of them");
    (model, numbers)
}

/// The refusals with as few values as tell them: what is refused with every
/// value of the other dimensions is refused by itself.
fn smallest(
    deciding: &[usize],
    possible: &[Vec<u32>],
    mut refused: Vec<(Vec<u32>, Exclusion)>,
) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    let width = deciding.len();
    for size in 0..=width {
        for positions in subsets(width, size) {
            if refused.is_empty() {
                return refusals;
            }
            let part = |key: &[u32]| -> Vec<u32> {
                positions.iter().map(|&position| key[position]).collect()
            };
            let can: BTreeSet<Vec<u32>> = possible.iter().map(|key| part(key)).collect();
            let mut found: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
            let mut rest = Vec::new();
            for (key, exclusion) in refused {
                let values = part(&key);
                if can.contains(&values) {
                    rest.push((key, exclusion));
                    continue;
                }
                found.entry(values.clone()).or_insert_with(|| {
                    let pairs = positions.iter().map(|&position| deciding[position]);
                    refusals.push(Refusal {
                        values: pairs.zip(values).collect(),
                        rule: exclusion.rule.clone(),
                        reason: exclusion.reason.clone(),
                    });
                    refusals.len()
                });
            }
            refused = rest;
        }
    }
    refusals
}

/// The ways to choose `size` of the first `width` numbers, in order.
fn subsets(width: usize, size: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..size {
        all = all
            .into_iter()
            .flat_map(|chosen: Vec<usize>| {
                let from = chosen.last().map_or(0, |last| last + 1);
                (from..width).map(move |next| {
                    let mut chosen = chosen.clone();
                    chosen.push(next);
                    chosen
                })
            })
            .collect();
    }
    all
}

impl Refusal {
    /// "Not all of these values."
    pub(super) fn clause(&self, dimensions: &[SpaceDimension], rule: u32) -> Clause {
        let literals = self.values.iter().map(|&(dimension, value)| {
            let size = dimensions[dimension].size();
            Literal {
                axis: dimension,
                allowed: ValueSet::single(size, value).complement(size),
            }
        });
        Clause {
            literals: literals.collect(),
            rule,
        }
    }
}

/// What a row says to the knowledge base.
fn choices<'s>(
    axes: &'s [SpaceAxis],
    matrix: &'s Matrix,
    rules: &Rules,
    row: &[u32],
) -> Choices<'s> {
    let mut choices = Choices::default();
    for axis in axes {
        let Some(&value) = axis.column.get(row[axis.dimension] as usize) else {
            continue;
        };
        let value = &axis.values[value];
        match &value.choice {
            Choice::Compiler(compiler) => choices.compiler = Some(compiler),
            Choice::Blas(blas) => choices.blas = Some(blas),
            Choice::Mpi(id) => choices.mpi = Some(id),
            Choice::Ints(interface) => choices.ints = Some(*interface),
            Choice::Mode(id) => choices.mode = Some(id),
            Choice::Own => {}
        }
        let features = value.decoration.features.iter();
        choices.features.extend(features.map(String::as_str));
    }
    for (set, own) in rules.sets.iter().zip(&matrix.spec.sets) {
        if !own.decoration.features.is_empty() && set.applies(axes, row) {
            let features = own.decoration.features.iter();
            choices.features.extend(features.map(String::as_str));
        }
    }
    choices
}
