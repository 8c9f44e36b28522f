//! From a space to variants: every row that the rules allow, last axis fastest,
//! one at a time; and for rows that they do not allow, which rule that is.

use std::collections::BTreeMap;

use cfgmatrix_cover::{Model, Natural, Rows, ValueSet};

use super::Choice;
use super::combination::Resolved;
use super::include::Included;
use super::rules::Entry;
use super::scalar::Scalar;
use super::selection::Selection;
use super::space::Space;
use crate::configuration::{Configuration, Own};
use crate::error::Error;
use crate::host::packages_text;
use crate::resolve::{Answer, Toolchain};
use crate::toolchain::ResolvedBlas;

/// What a matrix came to.
#[derive(Clone, Debug)]
pub struct Expansion<'k> {
    /// The matrix's name.
    pub name: String,
    /// How many combinations the axes have, those selected away not counted.
    pub candidates: Natural,
    /// Those that can be built.
    pub variants: Vec<Variant<'k>>,
    /// Those that cannot: each by itself while there are few candidates, else
    /// one entry a rule.
    pub excluded: Vec<Excluded>,
}

impl Expansion<'_> {
    /// That of a matrix that has no combinations at all.
    #[must_use]
    pub fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            candidates: Natural::from(0),
            variants: Vec::new(),
            excluded: Vec::new(),
        }
    }
}

/// One value for each axis, resolved.
#[derive(Clone, Debug)]
pub struct Variant<'k> {
    /// Its name: the values that are no defaults, joined by dashes.
    pub name: String,
    /// Axis and value, in the matrix's order; axes that are absent are left out.
    pub axes: Vec<(String, String)>,
    /// What to build it with.
    pub configuration: Configuration,
    /// The answers that its flags are from.
    pub answers: Vec<Answer<'k>>,
    /// Its BLAS.
    pub blas: Option<ResolvedBlas<'k>>,
    /// The compiler that was resolved; nothing where the matrix has no axis `compiler`.
    pub toolchain: Option<Toolchain<'k>>,
    /// Words that profiles and users pick variants by, in order, each once.
    pub tags: Vec<String>,
    /// Labels of the machines that may build it, in CI; empty where the matrix has none.
    pub runner: Vec<String>,
    /// Labels that values of axes give, each with its axis. The last of them, or a
    /// `[[set]]`, decides about [`Self::runner`].
    pub runner_by_axis: Vec<(String, Vec<String>)>,
    /// What the matrix says of it for other tools; no part of the id.
    pub vars: BTreeMap<String, Scalar>,
    /// Whether its tools and libraries are those of a machine; nothing where it
    /// was expanded for none.
    pub installed: Option<bool>,
}

/// The rule that excluded a combination.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// A required feature cannot be had.
    RequireFeatures,
    /// A feature that a value or a `[[set]]` asks for cannot be had.
    Features,
    /// A feature of the mode cannot be had.
    Mode,
    /// The BLAS cannot be had as asked.
    Blas,
    /// The machine does not have it.
    Installed,
    /// A rule of the matrix, by its id.
    Own(String),
    /// Its tags are not those of the profile.
    Tags,
    /// An axis is absent where its condition does not hold, and only there.
    When(String),
}

/// What ends the resolution of one combination.
pub(super) enum Stop {
    /// The matrix is wrong.
    Error(Error),
    /// This combination cannot be built.
    Excluded(Exclusion),
}

/// Why a combination cannot be built.
pub(super) struct Exclusion {
    pub(super) rule: Rule,
    pub(super) reason: String,
    /// Packages by package manager that would mend it.
    pub(super) install: BTreeMap<String, String>,
}

impl Stop {
    /// An exclusion that no package mends.
    pub(super) fn excluded(rule: Rule, reason: String) -> Self {
        Self::Excluded(Exclusion {
            rule,
            reason,
            install: BTreeMap::new(),
        })
    }

    /// An exclusion of something that is not there, with what there is to
    /// install at the end of its reason.
    pub(super) fn missing(reason: &str, install: BTreeMap<String, String>) -> Self {
        let how = if install.is_empty() {
            String::new()
        } else {
            format!("; install it ({})", packages_text(&install))
        };
        Self::Excluded(Exclusion {
            rule: Rule::Installed,
            reason: format!("{reason}{how}"),
            install,
        })
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Rule {
    /// The word used in output: the id of a rule of the matrix, or the part of
    /// the matrix that it is from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::RequireFeatures => "require-features",
            Self::Features => "features",
            Self::Mode => "mode",
            Self::Blas => "blas",
            Self::Installed => "installed",
            Self::Own(id) => id,
            Self::Tags => "tags",
            Self::When(_) => "when",
        }
    }
}

/// A combination that cannot be built, and why.
#[derive(Clone, Debug)]
pub struct Excluded {
    /// What its name would be; empty where it stands for all that a rule excludes.
    pub name: String,
    /// Axis and value, in the matrix's order.
    pub axes: Vec<(String, String)>,
    /// The rule.
    pub rule: Rule,
    /// Why, and what to do about it.
    pub reason: String,
    /// What would mend it: packages by package manager.
    pub install: BTreeMap<String, String>,
}

/// Up to so many candidates, each that is excluded is told by itself.
const LISTED: u64 = 4096;
/// Names of more rows than this are not compared one by one.
const MAX_COMPARED: u64 = 1_000_000;

impl<'a> Space<'a> {
    /// How many rows a selection has, tags and includes counted as the profile
    /// has them, without making any.
    ///
    /// # Errors
    /// An include that is not as it should be, or rules too entangled to count.
    pub fn count(&self, selection: &Selection) -> Result<Natural, Error> {
        let product = self.count_within(&self.model, &selection.domains)?;
        let more = self.included(selection)?.into_iter();
        let more = more.filter(|included| !self.is_of_product(&included.row, selection));
        Ok(product.plus(&Natural::from(more.count() as u64)))
    }

    /// How many rows a plan gives: those of the product, counted without making
    /// any, or those of a covering array, which is made.
    ///
    /// # Errors
    /// As for [`Self::count`] and [`Self::variants`].
    pub fn count_planned(
        &self,
        selection: &Selection,
        plan: &super::Plan,
    ) -> Result<Natural, Error> {
        if self.planned_strength(plan).is_none() {
            return self.count(selection);
        }
        let rows: Vec<Vec<u32>> = self.row_source(selection, plan)?.collect();
        let included = self.included(selection)?.into_iter();
        let more = included.filter(|included| {
            !rows
                .iter()
                .any(|row| row[..included.row.len()] == included.row)
        });
        Ok(Natural::from((rows.len() + more.count()) as u64))
    }

    /// How many combinations the axes have, whatever rules forbid.
    ///
    /// # Errors
    /// As for [`Self::count`].
    pub fn candidates(&self, selection: &Selection) -> Result<Natural, Error> {
        self.count_within(&self.unruled(), &selection.domains)
    }

    pub(super) fn count_within(
        &self,
        model: &Model,
        domains: &[ValueSet],
    ) -> Result<Natural, Error> {
        let domains = &domains[..model.axes().len()];
        cfgmatrix_cover::count_within(model, domains).map_err(|_| Error::TooEntangled {
            matrix: self.matrix.name().to_owned(),
        })
    }

    /// The dimensions with the conditions of axes only.
    fn unruled(&self) -> Model {
        let numbers = self.dimensions.len() + self.rules.when_helpers;
        let axes = self.model.axes()[..numbers].to_vec();
        let clauses = self.model.clauses().iter();
        let of_axes = clauses.filter(|clause| self.rules.entries[clause.rule as usize].is_when());
        Model::new(axes, of_axes.cloned().collect()).expect("it is a part of a model")
    }

    /// Whether a row is in the product under all rules, within a selection.
    pub(super) fn is_of_product(&self, row: &[u32], selection: &Selection) -> bool {
        let within = row
            .iter()
            .zip(&selection.domains)
            .all(|(&value, domain)| domain.contains(value));
        within && self.violated(row).next().is_none() && !self.rules.lacks_active(self, row)
    }

    /// The rules that a row breaks, in order.
    pub(super) fn violated<'s>(&'s self, row: &'s [u32]) -> impl Iterator<Item = &'s Entry> {
        let entries = self.rules.entries.iter();
        entries.filter(|entry| entry.is_broken(&self.axes, &self.dimensions, row))
    }

    /// The variants of the full product, or of the covering array that the
    /// profile wants; includes come last. Each is made when it is asked for.
    ///
    /// # Errors
    /// An include or a seed row that is not as it should be.
    pub fn variants<'s>(
        &'s self,
        selection: &'s Selection,
        plan: &super::Plan,
    ) -> Result<impl Iterator<Item = Result<Variant<'a>, Error>> + 's, Error> {
        let included = self.included(selection)?;
        let rows = self.row_source(selection, plan)?;
        self.check_names(selection)?;
        Ok(Variants {
            space: self,
            rows,
            included,
            next_included: 0,
        })
    }

    /// All of it at once, with what is excluded.
    ///
    /// # Errors
    /// As for [`Self::variants`]; and another number of variants than `expect`.
    pub fn expand(
        &self,
        selection: &Selection,
        plan: &super::Plan,
    ) -> Result<Expansion<'a>, Error> {
        self.check_expectation()?;
        let variants = self.variants(selection, plan)?;
        Ok(Expansion {
            name: self.matrix.name().to_owned(),
            candidates: self.candidates(selection)?,
            variants: variants.collect::<Result<_, _>>()?,
            excluded: self.excluded(selection)?,
        })
    }

    /// What is excluded and why: row by row while there are few candidates, else
    /// one entry a rule.
    ///
    /// # Errors
    /// As for [`Self::count`].
    pub fn excluded(&self, selection: &Selection) -> Result<Vec<Excluded>, Error> {
        let candidates = self.candidates(selection)?;
        if candidates.to_u64().is_none_or(|count| count > LISTED) {
            let entries = self.rules.entries.iter().filter(|entry| !entry.is_when());
            return Ok(entries.map(|entry| self.excluded_by(entry)).collect());
        }
        let unruled = self.unruled();
        let mut rows = Rows::within(&unruled, &selection.domains[..unruled.axes().len()]);
        let mut excluded = Vec::new();
        while let Some(row) = rows.next() {
            let row = &row.values[..self.dimensions.len()];
            if let Some(entry) = self.violated(row).find(|entry| !entry.is_tags()) {
                excluded.push(self.excluded_row(row, entry)?);
            }
        }
        Ok(excluded)
    }

    fn excluded_row(&self, row: &[u32], entry: &Entry) -> Result<Excluded, Error> {
        let mut excluded = Excluded {
            name: self.namer.name(row),
            axes: self.named(row),
            rule: entry.rule.clone(),
            reason: entry.reason(),
            install: BTreeMap::new(),
        };
        if entry.is_refusal() {
            // Asked again: the reason of its own, with what would mend it.
            match self.resolutions.answer(&self.axes, &self.rules, row) {
                Err(Stop::Excluded(exclusion)) => {
                    excluded.rule = exclusion.rule;
                    excluded.reason = exclusion.reason;
                    excluded.install = exclusion.install;
                }
                Err(Stop::Error(error)) => return Err(error),
                Ok(_) => {}
            }
        }
        Ok(excluded)
    }

    fn excluded_by(&self, entry: &Entry) -> Excluded {
        let axes = entry.refused.iter().flat_map(|&(dimension, value)| {
            let members = self.dimensions[dimension].axes.iter();
            members.filter_map(move |&axis| {
                let axis = &self.axes[axis];
                let value = &axis.values[*axis.column.get(value as usize)?];
                Some((axis.name.clone(), value.id.to_string()))
            })
        });
        Excluded {
            name: String::new(),
            axes: axes.collect(),
            rule: entry.rule.clone(),
            reason: entry.reason(),
            install: BTreeMap::new(),
        }
    }

    /// Axis and value of a row, for people and documents.
    pub(super) fn named(&self, row: &[u32]) -> Vec<(String, String)> {
        let values = self.values(row);
        values
            .map(|(axis, value)| (axis.name.clone(), axis.values[value].id.to_string()))
            .collect()
    }

    /// Compares with `expect`, which speaks of the whole matrix, whatever is
    /// selected, and of no machine.
    ///
    /// # Errors
    /// The profile has another number of variants.
    pub fn check_expectation(&self) -> Result<(), Error> {
        let (key, expected) = match (self.profile_name(), self.profile.expect) {
            (Some(_), None) => return Ok(()),
            (Some(name), Some(expected)) => {
                (self.matrix.place_of_profile(name, "expect"), expected)
            }
            (None, _) => match self.matrix.spec.expect {
                Some(expected) => (self.matrix.place_of_key("expect"), expected),
                None => return Ok(()),
            },
        };
        if self.host.is_some() {
            return Ok(());
        }
        let all = self.all();
        let actual = self.count_planned(&all, &super::Plan::default())?;
        if actual == Natural::from(expected) {
            return Ok(());
        }
        let mut by_rule: Vec<(String, usize)> = Vec::new();
        for excluded in self.excluded(&all)? {
            let rule = excluded.rule.as_str();
            match by_rule.iter_mut().find(|(known, _)| known == rule) {
                Some((_, count)) => *count += 1,
                None => by_rule.push((rule.to_owned(), 1)),
            }
        }
        Err(Error::Expectation {
            expected,
            actual: actual.to_string(),
            candidates: self.candidates(&all)?.to_string(),
            by_rule,
            place: key,
        })
    }

    /// Two variants of one name would write over each other.
    fn check_names(&self, selection: &Selection) -> Result<(), Error> {
        if self.namer.is_ambiguous() == Some(false) {
            return Ok(());
        }
        let count = self.count_within(&self.model, &selection.domains)?;
        if count.to_u64().is_none_or(|count| count > MAX_COMPARED) {
            return Ok(());
        }
        let mut names = std::collections::HashSet::new();
        let mut rows = Rows::within(&self.model, &selection.domains);
        while let Some(row) = rows.next() {
            let row = &row.values[..self.dimensions.len()];
            let name = self.namer.name(row);
            if names.contains(&name) {
                let message = format!(
                    "two variants would have the name `{name}`: give one of their values another `id`"
                );
                let (axis, value) = self.named(row).into_iter().next().unwrap_or_default();
                return Err(self.matrix.wrong_value(&axis, &value, 0, message));
            }
            names.insert(name);
        }
        Ok(())
    }

    /// A row with everything that a build needs to be told.
    pub(super) fn variant(&self, row: &[u32], more_tags: &[String]) -> Result<Variant<'a>, Error> {
        let answer = self.resolutions.answer(&self.axes, &self.rules, row);
        let resolved: Option<Resolved<'a>> = match answer {
            Ok(resolved) => resolved,
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Excluded(exclusion)) => {
                return Err(Error::IncludeRefused {
                    name: self.namer.name(row),
                    reason: exclusion.reason,
                });
            }
        };
        let of_values = self
            .values(row)
            .map(|(axis, value)| &axis.values[value].decoration);
        let of_sets = self
            .rules
            .sets
            .iter()
            .filter(|set| set.applies(&self.axes, row));
        let decorations: Vec<_> = of_values
            .chain(of_sets.map(|set| &set.decoration))
            .collect();
        let mut own_axes = BTreeMap::new();
        let mut runner_by_axis = Vec::new();
        for (axis, value) in self.values(row) {
            let labels = &axis.values[value].decoration.runner.0;
            if !labels.is_empty() {
                runner_by_axis.push((axis.name.clone(), labels.clone()));
            }
            let own = matches!(axis.values[value].choice, Choice::Own);
            if own && axis.default != Some(value) {
                own_axes.insert(axis.name.clone(), axis.values[value].id.clone());
            }
        }
        let mut tags: Vec<String> = Vec::new();
        let mut runner = Vec::new();
        let mut vars = BTreeMap::new();
        for decoration in &decorations {
            tags.extend(decoration.tags.iter().cloned());
            if !decoration.runner.0.is_empty() {
                runner.clone_from(&decoration.runner.0);
            }
            let pairs = decoration.vars.iter();
            vars.extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
        }
        for tag in more_tags {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        let own = Own {
            axes: own_axes,
            decorations: &decorations,
        };
        let (parts, answers, blas, toolchain) = match resolved {
            Some(resolved) => (
                resolved.parts,
                resolved.answers,
                resolved.blas,
                Some(resolved.toolchain),
            ),
            None => Default::default(),
        };
        Ok(Variant {
            name: self.namer.name(row),
            axes: self.named(row),
            configuration: Configuration::new(parts, &answers, own),
            answers,
            blas,
            installed: self.host.and(toolchain.as_ref()).map(|_| true),
            toolchain,
            tags,
            runner,
            runner_by_axis,
            vars,
        })
    }
}

/// Rows as they come: those of the product or of a covering array, then includes.
struct Variants<'s, 'a> {
    space: &'s Space<'a>,
    rows: super::covering::RowSource,
    included: Vec<Included>,
    next_included: usize,
}

impl<'a> Iterator for Variants<'_, 'a> {
    type Item = Result<Variant<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.rows.next() {
            let row = &row[..self.space.dimensions.len()];
            let same = self
                .included
                .iter_mut()
                .find(|included| included.row == row);
            let tags = same.map_or_else(Vec::new, |included| {
                included.done = true;
                included.tags.clone()
            });
            return Some(self.space.variant(row, &tags));
        }
        while let Some(included) = self.included.get(self.next_included) {
            self.next_included += 1;
            if !included.done {
                return Some(self.space.variant(&included.row, &included.tags));
            }
        }
        None
    }
}

impl Variant<'_> {
    /// What a user should know of this variant though it can be built.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let compiler = self.toolchain.as_ref().and_then(Toolchain::warning);
        let mut warnings: Vec<String> = compiler.into_iter().collect();
        let conflicts = self.blas.iter().flat_map(|blas| &blas.warnings);
        warnings.extend(conflicts.map(|conflict| conflict.explanation()));
        warnings
    }
}
