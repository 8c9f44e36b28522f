//! Feature × compiler × language × system → flags, each with the row that it
//! came from.

mod answer;
mod request;
mod tokens;

use std::borrow::Cow;

use crate::error::Error;
use crate::name::{Language, Target};
use crate::toolchain::{
    Family, Feature, Identification, KnowledgeBase, MARCH, Row, RowSource, RowTable, Support,
};
use crate::version::{Version, VersionRange};

pub use answer::Answer;
pub use request::{CompilerSpec, Toolchain, Want};
pub use tokens::Tokens;

/// A family on the way from a compiler to what it is built from.
#[derive(Clone, Copy)]
struct Level<'k, 't> {
    family: &'k Family,
    version: Option<&'t Version>,
    /// Whether the version is known, so far as one was given at all.
    certain: bool,
}

impl KnowledgeBase {
    /// The toolchain of a name on the command line or in a matrix.
    ///
    /// # Errors
    /// No such family.
    pub fn toolchain(
        &self,
        spec: &CompilerSpec,
        target: Option<Target>,
        parts: &[String],
    ) -> Result<Toolchain<'_>, Error> {
        let family = self.family(&spec.family)?;
        let target = target
            .or_else(|| family.home())
            .expect("every family has a home: its document is checked");
        Ok(Toolchain {
            family,
            version: spec.version.clone(),
            base_version: None,
            target,
            parts: parts.to_vec(),
        })
    }

    /// The toolchain of a compiler that was identified.
    ///
    /// # Errors
    /// No such family.
    pub fn identified_toolchain(
        &self,
        found: &Identification,
        host: Target,
    ) -> Result<Toolchain<'_>, Error> {
        let family = self.family(&found.family)?;
        let target = found
            .target
            .as_deref()
            .and_then(|target| family.system_of(target))
            .unwrap_or_else(|| family.target_or_home(host));
        let base_version = found.base.as_ref().and_then(|(_, version)| version.clone());
        Ok(Toolchain {
            family,
            version: found.version.clone(),
            base_version,
            target,
            parts: Vec::new(),
        })
    }

    /// What is known of one feature. The answer may be that nothing is known;
    /// it is never a guess.
    ///
    /// # Errors
    /// A document of a base family does not load.
    pub fn answer<'k>(
        &'k self,
        toolchain: &Toolchain<'k>,
        language: Language,
        feature: &'k Feature,
    ) -> Result<Answer<'k>, Error> {
        let answer = |support, row, family: &'k Family, reason: Option<String>| Answer {
            feature,
            language,
            support,
            value: None,
            row,
            family: &family.id,
            reason: reason.map(Cow::Owned),
        };
        let own = toolchain.family;
        if let Some(reason) = self.impossible(toolchain, language, feature) {
            return Ok(answer(Support::Unsupported, None, own, Some(reason)));
        }
        let version = toolchain
            .version
            .as_ref()
            .or_else(|| own.last.get(&language));
        let mut level = Level {
            family: own,
            version,
            certain: true,
        };
        loop {
            let family = level.family;
            if let Some((row, source)) = self.row_at(level, toolchain, language, feature) {
                if level.certain || row.versions == VersionRange::ALL {
                    return Ok(answer(row.support, Some((row, source)), family, None));
                }
                let reason = format!(
                    "`{}` depends on the version of {} that {} is built from, which is not known",
                    feature.id,
                    family.id,
                    toolchain.title()
                );
                return Ok(answer(Support::Unknown, None, family, Some(reason)));
            }
            match self.base_of(level, toolchain, language, feature)? {
                Some(base) => level = base,
                None => {
                    let reason = format!("no source tells how {} spells it", own.name);
                    return Ok(answer(Support::Unknown, None, family, Some(reason)));
                }
            }
        }
    }

    /// Why a question has no answer in any row.
    fn impossible(
        &self,
        toolchain: &Toolchain<'_>,
        language: Language,
        feature: &Feature,
    ) -> Option<String> {
        if !toolchain.family.languages.contains(&language) {
            return Some(format!(
                "{} does not compile {language}",
                toolchain.family.name
            ));
        }
        let arch = feature
            .id
            .starts_with(MARCH)
            .then(|| self.march_arch(&feature.id))
            .flatten()?;
        let target = toolchain.target;
        (arch != target.arch)
            .then(|| format!("it is for {arch} processors, and the target is {target}"))
    }

    /// The row that answers at one level: a layer's before the family's own, and
    /// those of the microarchitectures last.
    fn row_at<'k>(
        &'k self,
        level: Level<'k, '_>,
        toolchain: &Toolchain<'k>,
        language: Language,
        feature: &Feature,
    ) -> Option<(&'k Row, RowSource<'k>)> {
        let Level {
            family, version, ..
        } = level;
        let find = |rows: &RowTable| {
            rows.find(
                &feature.id,
                language,
                version,
                toolchain.target,
                &toolchain.parts,
            )
        };
        for (document, extension) in self.extensions_of(&family.id) {
            if let Some(number) = find(&extension.rows) {
                let row = &extension.rows.all()[number];
                return Some((row, RowSource::new(document, number)));
            }
        }
        if let Some(number) = find(&family.rows) {
            let document = self.family_document(&family.id);
            let document = document.expect("a family was read from a document");
            return Some((&family.rows()[number], RowSource::new(document, number)));
        }
        let (document, number, row) = feature
            .id
            .starts_with(MARCH)
            .then(|| self.march_row(&family.id, &feature.id, version))
            .flatten()?;
        Some((row, RowSource::new(document, number)))
    }

    /// The next level: the family that this one is built from, unless this one
    /// has rows of its own for the feature.
    fn base_of<'k, 't>(
        &'k self,
        level: Level<'k, 't>,
        toolchain: &'t Toolchain<'k>,
        language: Language,
        feature: &Feature,
    ) -> Result<Option<Level<'k, 't>>, Error>
    where
        'k: 't,
    {
        let Level {
            family,
            version,
            certain,
        } = level;
        let answered = family.rows.has(&feature.id, language)
            || feature.id.starts_with(MARCH) && self.march_has_rows(&family.id, &feature.id);
        let Some(base) = &family.base else {
            return Ok(None);
        };
        if answered || base.except.contains(&feature.id) {
            return Ok(None);
        }
        // What the compiler says of itself comes before what is known of its releases.
        let told = toolchain
            .base_version
            .as_ref()
            .filter(|_| std::ptr::eq(family, toolchain.family));
        let mapped = told.or_else(|| family.base_version(version));
        let next = Level {
            family: self.family(&base.family)?,
            version: mapped,
            certain: certain && (mapped.is_some() || version.is_none()),
        };
        Ok(next.family.languages.contains(&language).then_some(next))
    }

    /// The rows of the answering family for other versions: what the same
    /// question is answered before and after.
    ///
    /// # Errors
    /// A document does not load.
    pub fn other_versions<'k>(
        &'k self,
        toolchain: &Toolchain<'_>,
        answer: &Answer<'k>,
    ) -> Result<Vec<&'k Row>, Error> {
        let Some(chosen) = answer.row() else {
            return Ok(Vec::new());
        };
        let rows = self.family(answer.family)?.rows();
        let other = rows.iter().filter(|row| {
            row.feature == chosen.feature
                && row.languages.contains(&answer.language)
                && row.versions != chosen.versions
                && row.holds_in_some_version(toolchain.target, &toolchain.parts)
        });
        Ok(other.collect())
    }

    /// The answers for a set of features, in canonical order whatever the order
    /// of asking, each feature once.
    ///
    /// # Errors
    /// An unknown feature; two of one exclusive group; a value for a feature
    /// that takes none, or none for one that takes one.
    pub fn resolve<'k>(
        &'k self,
        toolchain: &Toolchain<'k>,
        language: Language,
        wants: &[Want],
    ) -> Result<Vec<Answer<'k>>, Error> {
        let toolchain = &toolchain.beside(wants);
        let mut chosen = self.check_wants(wants)?;
        chosen.sort_by_key(|(feature, want)| (self.rank(feature), &want.feature, &want.value));
        chosen.dedup_by(|a, b| a.1 == b.1);
        if let Some((feature, parameter)) = chosen.iter().find_map(|(feature, want)| {
            let parameter = feature.parameter.as_deref()?;
            want.value.is_none().then_some((feature, parameter))
        }) {
            return Err(wants_value(feature, parameter));
        }
        let mut answers = Vec::with_capacity(chosen.len());
        for (feature, want) in chosen {
            if !feature.languages.contains(&language) {
                continue;
            }
            let mut answer = self.answer(toolchain, language, feature)?;
            answer.value.clone_from(&want.value);
            answers.push(answer);
        }
        Ok(answers)
    }

    /// The features that are asked for, when they can stand together.
    ///
    /// # Errors
    /// As for [`Self::resolve`].
    pub fn check_wants<'k, 'w>(
        &'k self,
        wants: &'w [Want],
    ) -> Result<Vec<(&'k Feature, &'w Want)>, Error> {
        let mut chosen: Vec<(&Feature, &Want)> = Vec::with_capacity(wants.len());
        for want in wants {
            let feature = self.feature(&want.feature)?;
            match (&feature.parameter, want.value.as_deref()) {
                (None, Some(value)) => {
                    return Err(Error::Parameter {
                        feature: feature.id.clone(),
                        expected: format!("takes no value, and was given `{value}`"),
                    });
                }
                (Some(parameter), Some("")) => return Err(wants_value(feature, parameter)),
                _ => {}
            }
            if let Some(group) = &feature.group
                && let Some((other, _)) = chosen.iter().find(|(other, _)| {
                    other.group.as_ref() == Some(group) && other.id != feature.id
                })
            {
                return Err(Error::Contradiction {
                    first: other.id.clone(),
                    second: feature.id.clone(),
                    reason: self.group_reason(group).to_owned(),
                });
            }
            chosen.push((feature, want));
        }
        Ok(chosen)
    }

    /// A mode's features with others that are wanted beside them.
    ///
    /// # Errors
    /// Unknown mode; a feature that the mode rules out.
    pub fn with_mode(&self, mode: &str, wants: &[Want]) -> Result<Vec<Want>, Error> {
        let mode = self.mode(mode)?;
        if let Some(want) = wants.iter().find(|want| mode.never.contains(&want.feature)) {
            return Err(Error::ModeExcludes {
                mode: mode.id.clone(),
                feature: want.feature.clone(),
                reason: mode.meaning.clone(),
            });
        }
        for own in &mode.features {
            let own = self.feature(own)?;
            let contradicts = |other: &Feature| {
                own.group.is_some() && own.group == other.group && own.id != other.id
            };
            for want in wants {
                let other = self.feature(&want.feature)?;
                if contradicts(other) {
                    return Err(Error::ModeExcludes {
                        mode: mode.id.clone(),
                        feature: other.id.clone(),
                        reason: format!("it has `{}`", own.id),
                    });
                }
            }
        }
        Ok(mode
            .features
            .iter()
            .map(|feature| Want::new(feature))
            .chain(wants.iter().cloned())
            .collect())
    }
}

fn wants_value(feature: &Feature, parameter: &str) -> Error {
    Error::Parameter {
        feature: feature.id.clone(),
        expected: format!(
            "takes a value, as in `{}={}`",
            feature.id,
            parameter.to_uppercase()
        ),
    }
}
