//! From axes to variants: every combination, last axis fastest, each either a
//! configuration or excluded with the reason.

use std::collections::{BTreeMap, BTreeSet};

use super::{AxisValue, BlasValue, CompilerValue, Matrix, Selection};
use crate::configuration::{Configuration, ToolchainIdentity};
use crate::error::Error;
use crate::name::{Language, Target};
use crate::resolve::{Answer, CompilerSpec, Toolchain, Want};
use crate::toolchain::{BlasRequest, KnowledgeBase, ResolvedBlas, WantedThreading};

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
}

impl Rule {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequireFeatures => "require-features",
            Self::Mode => "mode",
            Self::Blas => "blas",
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
    /// each other; two variants of one name; another number than `expect`.
    pub fn expand<'k>(
        &self,
        known: &'k KnowledgeBase,
        selection: &Selection,
    ) -> Result<Expansion<'k>, Error> {
        if let Some(expected) = self.spec.expect {
            // It speaks of the whole, whatever is selected.
            let whole = self.expand_selected(known, &Selection::all())?;
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
        self.expand_selected(known, selection)
    }

    fn expand_selected<'k>(
        &self,
        known: &'k KnowledgeBase,
        selection: &Selection,
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
            match self.resolve(known, name, named, &values)? {
                Ok(variant) => expansion.variants.push(variant),
                Err(excluded) => expansion.excluded.push(excluded),
            }
        }
        Ok(expansion)
    }

    /// A variant, or the rule that excludes the combination.
    fn resolve<'k>(
        &self,
        known: &'k KnowledgeBase,
        name: String,
        axes: Vec<(String, String)>,
        values: &[&AxisValue],
    ) -> Result<Result<Variant<'k>, Excluded>, Error> {
        let compiler = values.iter().find_map(|value| value.compiler());
        let compiler = compiler.expect("a matrix without the axis `compiler` was refused");
        let toolchain = self.toolchain(known, compiler)?;
        let wants = self.wants(known, values)?;
        let languages = self
            .spec
            .languages
            .as_ref()
            .unwrap_or(&toolchain.family.languages);
        let mut answers = Vec::new();
        for &language in languages {
            let resolved = known.resolve(&toolchain, language, &wants);
            answers.extend(resolved.map_err(|error| self.placed(error, "features", ""))?);
        }
        if let Some(answer) = answers.iter().find(|answer| !answer.support.is_available()) {
            let (title, feature, language) =
                (toolchain.title(), &answer.feature.id, answer.language);
            let reason = format!(
                "{title} has no `{feature}` for {language}: {}",
                answer.explanation()
            );
            let required = self.required().any(|want| want.feature == *feature);
            let rule = if required {
                Rule::RequireFeatures
            } else {
                Rule::Mode
            };
            return Ok(Err(Excluded {
                name,
                axes,
                rule,
                reason,
            }));
        }
        let blas = values.iter().find_map(|value| value.blas());
        let blas = match blas
            .map(|value| self.blas(known, value, &toolchain, &wants))
            .transpose()
        {
            Ok(blas) => blas,
            Err(error @ Error::NoLibrary { .. }) => {
                let reason = error.to_string();
                return Ok(Err(Excluded {
                    name,
                    axes,
                    rule: Rule::Blas,
                    reason,
                }));
            }
            Err(error) => return Err(error),
        };
        let tools = compiler.tools(toolchain.family, languages);
        let names = tools
            .iter()
            .map(|(&language, tool)| (language, file_name(tool).to_owned()));
        let identity = ToolchainIdentity {
            family: toolchain.family.id.clone(),
            version: toolchain.version.clone(),
            target: toolchain.target,
            drivers: names.collect(),
        };
        let roles = tools
            .into_iter()
            .map(|(language, tool)| (role(language).to_owned(), tool));
        let configuration = Configuration::new(identity, roles.collect(), &answers, blas.as_ref());
        Ok(Ok(Variant {
            name,
            axes,
            configuration,
            answers,
            blas,
            toolchain,
        }))
    }

    fn required(&self) -> impl Iterator<Item = Want> {
        self.spec
            .require_features
            .features
            .iter()
            .map(|text| Want::from(text.as_str()))
    }

    /// Required features and those of the mode, when they can stand together.
    fn wants(&self, known: &KnowledgeBase, values: &[&AxisValue]) -> Result<Vec<Want>, Error> {
        let mut wants: Vec<Want> = self.required().collect();
        for want in &wants {
            let feature = known.feature(&want.feature);
            feature.map_err(|error| self.placed(error, "features", &want.feature))?;
        }
        for mode in values.iter().filter_map(|value| value.mode()) {
            let with_mode = known.with_mode(mode, &wants);
            wants = with_mode.map_err(|error| self.placed(error, "mode", mode))?;
        }
        known
            .check_wants(&wants)
            .map_err(|error| self.placed(error, "features", ""))?;
        Ok(wants)
    }

    fn toolchain<'k>(
        &self,
        known: &'k KnowledgeBase,
        value: &CompilerValue,
    ) -> Result<Toolchain<'k>, Error> {
        let text = value.family.as_deref().unwrap_or(&value.id);
        let place = |error| self.placed(error, "compiler", text);
        let spec: CompilerSpec = text.parse().map_err(place)?;
        let mut toolchain = known.toolchain(&spec, None, &value.with).map_err(place)?;
        toolchain.target = Target {
            os: value.os.unwrap_or(toolchain.target.os),
            arch: value.arch.unwrap_or(toolchain.target.arch),
        };
        Ok(toolchain)
    }

    fn blas<'k>(
        &self,
        known: &'k KnowledgeBase,
        value: &BlasValue,
        toolchain: &Toolchain<'k>,
        wants: &[Want],
    ) -> Result<ResolvedBlas<'k>, Error> {
        let threading = value.threading.as_deref().unwrap_or(&value.id);
        let threading: WantedThreading = threading
            .parse()
            .map_err(|error| self.placed(Error::Unknown(error), "blas", threading))?;
        let library = value
            .library
            .as_deref()
            .unwrap_or_else(|| toolchain.family.default_blas(toolchain.target));
        let request = BlasRequest {
            interface: value.interface,
            linkage: value.linkage,
            ..toolchain.blas_request(threading, wants)
        };
        known
            .resolve_blas(library, &request)
            .map_err(|error| self.placed(error, "blas", library))
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

impl CompilerValue {
    fn tools(
        &self,
        family: &crate::toolchain::Family,
        languages: &[Language],
    ) -> BTreeMap<Language, String> {
        let own = |language| match language {
            Language::C => self.cc.as_deref(),
            Language::Cxx => self.cxx.as_deref(),
            Language::Fortran => self.fc.as_deref(),
        };
        let named = languages.iter().filter_map(|&language| {
            Some((
                language,
                own(language)
                    .or_else(|| family.driver(language))?
                    .to_owned(),
            ))
        });
        named.collect()
    }
}

fn role(language: Language) -> &'static str {
    match language {
        Language::C => "cc",
        Language::Cxx => "cxx",
        Language::Fortran => "fc",
    }
}

/// The last part of a path of any system: a matrix may be written on another one.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
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
