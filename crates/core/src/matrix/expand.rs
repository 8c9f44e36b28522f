//! From axes to variants: every combination, last axis fastest, each either a
//! configuration or excluded with the reason.

use std::collections::{BTreeMap, BTreeSet};

use super::{AxisValue, Matrix, Selection};
use crate::configuration::Configuration;
use crate::error::Error;
use crate::host::{HostReport, packages_text};
use crate::resolve::{Answer, Toolchain};
use crate::toolchain::{KnowledgeBase, ResolvedBlas};

/// What a matrix came to.
#[derive(Clone, Debug)]
pub struct Expansion<'k> {
    /// The matrix's name.
    pub name: String,
    /// How many combinations the axes have, those selected away not counted.
    pub candidates: usize,
    /// Those that can be built.
    pub variants: Vec<Variant<'k>>,
    /// Those that cannot.
    pub excluded: Vec<Excluded>,
}

/// One value for each axis, resolved.
#[derive(Clone, Debug)]
pub struct Variant<'k> {
    /// Its name: the values joined by dashes.
    pub name: String,
    /// Axis and value, in the matrix's order.
    pub axes: Vec<(String, String)>,
    /// What to build it with.
    pub configuration: Configuration,
    /// The answers that its flags are from.
    pub answers: Vec<Answer<'k>>,
    /// Its BLAS.
    pub blas: Option<ResolvedBlas<'k>>,
    /// The compiler that was resolved.
    pub toolchain: Toolchain<'k>,
    /// Whether its tools and libraries are those of a machine; nothing where it
    /// was expanded for none.
    pub installed: Option<bool>,
}

/// The rule that excluded a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// A required feature cannot be had.
    RequireFeatures,
    /// A feature of the mode cannot be had.
    Mode,
    /// The BLAS cannot be had as asked.
    Blas,
    /// The machine does not have it.
    Installed,
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
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequireFeatures => "require-features",
            Self::Mode => "mode",
            Self::Blas => "blas",
            Self::Installed => "installed",
        }
    }
}

/// A combination that cannot be built, and why.
#[derive(Clone, Debug)]
pub struct Excluded {
    /// What its name would be.
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

/// Every combination of `sizes`, the last position fastest, one at a time.
struct Odometer {
    sizes: Vec<usize>,
    at: Option<Vec<usize>>,
}

impl Odometer {
    fn new(sizes: Vec<usize>) -> Self {
        let at = sizes
            .iter()
            .all(|&size| size > 0)
            .then(|| vec![0; sizes.len()]);
        Self { sizes, at }
    }
}

impl Iterator for Odometer {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let current = self.at.clone()?;
        let turning = current
            .iter()
            .zip(&self.sizes)
            .rposition(|(digit, size)| digit + 1 < *size);
        self.at = turning.map(|position| {
            let mut next = current.clone();
            next[position] += 1;
            next[position + 1..].fill(0);
            next
        });
        Some(current)
    }
}

/// Letters, digits and a few marks stay; the rest could mean something to a
/// shell, a file system or another tool.
fn slug(id: &str) -> String {
    id.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._+@".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect()
}

impl Matrix {
    /// All variants of the matrix that `selection` takes, in order.
    ///
    /// # Errors
    /// A name that the knowledge base does not know; features that contradict
    /// each other; two variants of one name; another number than `expect`; or
    /// the matrix leaves its compilers to a machine.
    pub fn expand<'k>(
        &self,
        known: &'k KnowledgeBase,
        selection: &Selection,
    ) -> Result<Expansion<'k>, Error> {
        if self.needs_host() {
            return Err(Error::Invalid {
                message:
                    "this matrix takes the compilers that are installed, and no machine is given"
                        .to_owned(),
                hint: Some("expand it with `--installed`, or with `--host FILE`".to_owned()),
                place: self.place_of_key("compiler"),
            });
        }
        if let Some(expected) = self.spec.expect {
            // It speaks of the whole, whatever is selected.
            let whole = self.expand_selected(known, &Selection::all(), None)?;
            let actual = whole.variants.len();
            if actual != expected {
                let place = self.place_of_key("expect");
                return Err(Error::Expectation {
                    expected,
                    actual,
                    place,
                });
            }
            if selection.takes_all() {
                return Ok(whole);
            }
        }
        self.expand_selected(known, selection, None)
    }

    /// The same on a machine: each variant has the compilers and libraries that
    /// were found there; what is not there excludes it. `expect` speaks of the
    /// matrix, not of a machine, and is not checked. A matrix that
    /// [needs a host](Self::needs_host) is given one by [`Self::on_host`] before.
    ///
    /// # Errors
    /// As for [`Self::expand`].
    pub fn expand_on<'k>(
        &self,
        known: &'k KnowledgeBase,
        selection: &Selection,
        host: &HostReport,
    ) -> Result<Expansion<'k>, Error> {
        self.expand_selected(known, selection, Some(host))
    }

    fn expand_selected<'k>(
        &self,
        known: &'k KnowledgeBase,
        selection: &Selection,
        host: Option<&HostReport>,
    ) -> Result<Expansion<'k>, Error> {
        let axes = &self.spec.axes.0;
        let mut expansion = Expansion {
            name: self.spec.name.clone(),
            candidates: 0,
            variants: Vec::new(),
            excluded: Vec::new(),
        };
        let mut names = BTreeSet::new();
        for combination in Odometer::new(axes.iter().map(|axis| axis.values.len()).collect()) {
            let values: Vec<&AxisValue> = axes
                .iter()
                .zip(&combination)
                .map(|(axis, &index)| &axis.values[index])
                .collect();
            let ids: Vec<&str> = values.iter().map(|value| value.id()).collect();
            if !selection.takes(&ids) {
                continue;
            }
            expansion.candidates += 1;
            let name = ids.iter().map(|id| slug(id)).collect::<Vec<_>>().join("-");
            if !names.insert(name.clone()) {
                let message = format!(
                    "two variants would have the name `{name}`: give one of their values another `id`"
                );
                return Err(self.wrong_value(&axes[0].name, ids[0], 0, message));
            }
            let named = axes
                .iter()
                .zip(&ids)
                .map(|(axis, id)| (axis.name.clone(), (*id).to_owned()))
                .collect();
            match self.resolve(known, host, &values) {
                Ok(resolved) => expansion.variants.push(resolved.into_variant(name, named)),
                Err(Stop::Excluded(exclusion)) => expansion.excluded.push(Excluded {
                    name,
                    axes: named,
                    rule: exclusion.rule,
                    reason: exclusion.reason,
                    install: exclusion.install,
                }),
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        Ok(expansion)
    }
}

impl Variant<'_> {
    /// What a user should know of this variant though it can be built.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self.toolchain.warning().into_iter().collect();
        let conflicts = self.blas.iter().flat_map(|blas| &blas.warnings);
        warnings.extend(conflicts.map(|conflict| conflict.explanation()));
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_axis_turns_fastest() {
        let all: Vec<Vec<usize>> = Odometer::new(vec![2, 2]).collect();
        assert_eq!(all, [[0, 0], [0, 1], [1, 0], [1, 1]]);
        assert_eq!(Odometer::new(vec![3, 0, 2]).count(), 0);
    }

    proptest! {
        #[test]
        fn every_combination_comes_once_and_in_order(sizes in prop::collection::vec(1usize..4, 0..5)) {
            let all: Vec<Vec<usize>> = Odometer::new(sizes.clone()).collect();
            prop_assert_eq!(all.len(), sizes.iter().product::<usize>());
            prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
