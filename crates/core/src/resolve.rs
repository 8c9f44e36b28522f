//! Feature × compiler × language × system → flags, each with the row that it
//! came from.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::name::{Language, Target};
use crate::toolchain::{Family, Feature, Identification, KnowledgeBase, Row, RowSource, Support};
use crate::version::{Version, VersionRange};

/// A compiler as users name it: `gcc`, `icc@14.0.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompilerSpec {
    /// Family id or alias.
    pub family: String,
    /// Its version; none stands for the newest that is known.
    pub version: Option<Version>,
}

impl FromStr for CompilerSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((family, version)) = text.split_once('@') else {
            return Ok(Self {
                family: text.to_owned(),
                version: None,
            });
        };
        let wrong = |reason| Error::CompilerSpec {
            spec: text.to_owned(),
            reason,
        };
        if version.contains("..") {
            let range: VersionRange = version.parse().map_err(wrong)?;
            let example = range.min().or(range.below()).map_or_else(
                || family.to_owned(),
                |version| format!("{family}@{version}"),
            );
            return Err(Error::RangeForVersion {
                spec: text.to_owned(),
                example,
            });
        }
        Ok(Self {
            family: family.to_owned(),
            version: Some(version.parse().map_err(wrong)?),
        })
    }
}

impl fmt::Display for CompilerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}@{version}", self.family),
            None => f.write_str(&self.family),
        }
    }
}

/// A feature that is asked for, with the value that some take: `rpath=/opt/lib`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Want {
    /// Feature id.
    pub feature: String,
    /// Its value.
    pub value: Option<String>,
}

impl Want {
    /// A feature without a value.
    #[must_use]
    pub fn new(feature: &str) -> Self {
        Self {
            feature: feature.to_owned(),
            value: None,
        }
    }
}

impl From<&str> for Want {
    fn from(text: &str) -> Self {
        match text.split_once('=') {
            Some((feature, value)) => Self {
                feature: feature.to_owned(),
                value: Some(value.to_owned()),
            },
            None => Self::new(text),
        }
    }
}

/// One family at one version for one system.
#[derive(Clone, Debug)]
pub struct Toolchain<'k> {
    /// The family.
    pub family: &'k Family,
    /// Its version; none stands for the newest that is known.
    pub version: Option<Version>,
    /// The version of the family it is built from, where a compiler told it.
    pub base_version: Option<Version>,
    /// System that is built for.
    pub target: Target,
    /// Separately installed parts that are there, such as `libomp`, and features
    /// that are asked for beside the one in question.
    pub parts: Vec<String>,
}

impl Toolchain<'_> {
    /// Whether the compiler is newer than what its rows were checked against.
    #[must_use]
    pub fn is_newer_than_known(&self) -> bool {
        // 16.1.2 is not news to rows that know 16.1.
        let known = self.family.newest.parts();
        self.version.as_ref().is_some_and(|version| {
            let shown = &version.parts()[..version.parts().len().min(known.len())];
            Version::new(shown.iter().copied()) > self.family.newest
        })
    }

    /// The same toolchain where these features are asked for together: some
    /// rows hold only with, or without, another feature beside them.
    #[must_use]
    pub fn beside(&self, wants: &[Want]) -> Self {
        let mut beside = self.clone();
        beside
            .parts
            .extend(wants.iter().map(|want| want.feature.clone()));
        beside
    }

    /// What a user should know of a compiler that is newer than its rows.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.is_newer_than_known().then(|| {
            let (title, newest) = (self.title(), &self.family.newest);
            format!("{title} is newer than {newest}, up to which its flags are known")
        })
    }

    /// Family and version, for messages.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.family.id),
            None => self.family.id.clone(),
        }
    }
}

/// What is known of one feature in one language.
#[derive(Clone, Debug)]
pub struct Answer<'k> {
    /// The feature.
    pub feature: &'k Feature,
    /// The language.
    pub language: Language,
    /// The answer.
    pub support: Support,
    /// The value that was given for the feature's parameter.
    pub value: Option<String>,
    row: Option<(&'k Row, RowSource<'k>)>,
    /// The family whose row answers: the compiler's own, or one it derives from.
    pub family: &'k str,
    reason: Option<Cow<'k, str>>,
}

impl<'k> Answer<'k> {
    /// Tokens for compiling.
    pub fn compile(&self) -> impl Iterator<Item = Cow<'k, str>> {
        self.tokens(|row| &row.compile)
    }

    /// Tokens for linking, before the objects.
    pub fn link(&self) -> impl Iterator<Item = Cow<'k, str>> {
        self.tokens(|row| &row.link)
    }

    /// Tokens for linking, after the objects.
    pub fn libs(&self) -> impl Iterator<Item = Cow<'k, str>> {
        self.tokens(|row| &row.libs)
    }

    fn tokens(
        &self,
        of: impl Fn(&'k Row) -> &'k Vec<String>,
    ) -> impl Iterator<Item = Cow<'k, str>> {
        let placeholder = match (&self.feature.parameter, &self.value) {
            (Some(parameter), Some(value)) => Some((format!("{{{parameter}}}"), value.clone())),
            _ => None,
        };
        let tokens = self.row.map_or(&[][..], |(row, _)| of(row).as_slice());
        tokens.iter().map(move |token| match &placeholder {
            Some((name, value)) if token.contains(name.as_str()) => {
                Cow::Owned(token.replace(name.as_str(), value))
            }
            _ => Cow::Borrowed(token.as_str()),
        })
    }

    /// The row that answers.
    #[must_use]
    pub fn row(&self) -> Option<&'k Row> {
        self.row.map(|(row, _)| row)
    }

    /// Where that row stands.
    #[must_use]
    pub fn source(&self) -> Option<RowSource<'k>> {
        self.row.map(|(_, source)| source)
    }

    /// Why it cannot be had, or is not known.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason
            .as_deref()
            .or_else(|| self.row()?.reason.as_deref())
    }

    /// What to do about that.
    #[must_use]
    pub fn hint(&self) -> Option<&'k str> {
        self.row()?.hint.as_deref()
    }

    /// Reason and hint in one sentence.
    #[must_use]
    pub fn explanation(&self) -> String {
        let reason = self.reason().unwrap_or("no reason is recorded");
        match self.hint() {
            Some(hint) => format!("{reason}; {hint}"),
            None => reason.to_owned(),
        }
    }
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
            .and_then(Target::from_triple)
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
        let mut family = toolchain.family;
        let mut version = toolchain
            .version
            .as_ref()
            .or_else(|| family.last.get(&language));
        let answer = |support, row, family: &'k Family, reason| Answer {
            feature,
            language,
            support,
            value: None,
            row,
            family: &family.id,
            reason,
        };
        let unknown = |family, reason: String| {
            Ok(answer(
                Support::Unknown,
                None,
                family,
                Some(Cow::Owned(reason)),
            ))
        };
        if let Some(arch) = feature
            .id
            .starts_with("march.")
            .then(|| self.march_arch(&feature.id))
            .flatten()
            && arch != toolchain.target.arch
        {
            let reason = format!(
                "it is for {arch} processors, and the target is {}",
                toolchain.target
            );
            return Ok(answer(
                Support::Unsupported,
                None,
                family,
                Some(Cow::Owned(reason)),
            ));
        }
        if !family.languages.contains(&language) {
            let reason = format!("{} does not compile {language}", family.name);
            return Ok(answer(
                Support::Unsupported,
                None,
                family,
                Some(Cow::Owned(reason)),
            ));
        }
        let mut certain = true;
        loop {
            for (document, extension) in self.extensions_of(&family.id) {
                if let Some(number) = extension.find(
                    &feature.id,
                    language,
                    version,
                    toolchain.target,
                    &toolchain.parts,
                ) {
                    let row = &extension.rows[number];
                    return Ok(answer(
                        row.support,
                        Some((row, RowSource::new(document, number))),
                        family,
                        None,
                    ));
                }
            }
            if let Some(number) = family.find(
                &feature.id,
                language,
                version,
                toolchain.target,
                &toolchain.parts,
            ) {
                let row = &family.rows()[number];
                if !certain && row.versions != VersionRange::ALL {
                    let reason = format!(
                        "`{}` depends on the version of {} that {} is built from, which is not known",
                        feature.id,
                        family.id,
                        toolchain.title()
                    );
                    return unknown(family, reason);
                }
                let document = self
                    .family_document(&family.id)
                    .expect("a family was read from a document");
                return Ok(answer(
                    row.support,
                    Some((row, RowSource::new(document, number))),
                    family,
                    None,
                ));
            }
            if feature.id.starts_with("march.")
                && certain
                && let Some((document, number, row)) =
                    self.march_row(&family.id, &feature.id, version)
            {
                return Ok(answer(
                    row.support,
                    Some((row, RowSource::new(document, number))),
                    family,
                    None,
                ));
            }
            let answered = family.has_rows(&feature.id, language)
                || self.march_has_rows_if_needed(family, feature);
            let Some(base) = family
                .base
                .as_ref()
                .filter(|base| !answered && !base.except.contains(&feature.id))
            else {
                return unknown(
                    family,
                    format!("no source tells how {} spells it", toolchain.family.name),
                );
            };
            let mapped =
                if std::ptr::eq(family, toolchain.family) && toolchain.base_version.is_some() {
                    toolchain.base_version.as_ref()
                } else {
                    family.base_version(version)
                };
            certain = certain && (mapped.is_some() || version.is_none());
            version = mapped;
            family = self.family(&base.family)?;
            if !family.languages.contains(&language) {
                return unknown(
                    family,
                    format!("no source tells how {} spells it", toolchain.family.name),
                );
            }
        }
    }

    fn march_has_rows_if_needed(&self, family: &Family, feature: &Feature) -> bool {
        feature.id.starts_with("march.") && self.march_has_rows(&family.id, &feature.id)
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

/// A command line that is built up: what is already there is not put twice.
///
/// A switch and its separate argument (`-h omp`) are one unit, so that `-h omp
/// -h pic` keeps both `-h`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<Vec<String>>);

impl Tokens {
    /// Appends what is not there yet.
    pub fn extend<S: AsRef<str>>(&mut self, tokens: impl IntoIterator<Item = S>) {
        let mut unit: Vec<String> = Vec::new();
        for token in tokens {
            let token = token.as_ref();
            let joins = unit
                .last()
                .is_some_and(|last| takes_argument(last) || !token.starts_with(['-', '/', '+']));
            if !joins {
                self.put(std::mem::take(&mut unit));
            }
            unit.push(token.to_owned());
        }
        self.put(unit);
    }

    fn put(&mut self, unit: Vec<String>) {
        if !unit.is_empty() && !self.0.contains(&unit) {
            self.0.push(unit);
        }
    }

    /// The tokens in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<String> {
        self.0.into_iter().flatten().collect()
    }
}

/// Switches whose argument is the next token, even if it begins with a dash.
fn takes_argument(token: &str) -> bool {
    const SWITCHES: [&str; 11] = [
        "-h",
        "-Xpreprocessor",
        "-Xclang",
        "-Xcompiler",
        "-Xlinker",
        "-MF",
        "-MT",
        "-MQ",
        "-module",
        "-framework",
        "-e",
    ];
    SWITCHES.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_keeps_its_argument() {
        let mut tokens = Tokens::default();
        tokens.extend(["-h", "omp"]);
        tokens.extend(["-h", "PIC"]);
        tokens.extend(["-h", "omp"]);
        tokens.extend(["-Xpreprocessor", "-fopenmp", "-O3", "-O3"]);
        assert_eq!(
            tokens.into_vec(),
            [
                "-h",
                "omp",
                "-h",
                "PIC",
                "-Xpreprocessor",
                "-fopenmp",
                "-O3"
            ]
        );
    }

    #[test]
    fn specs() {
        let spec: CompilerSpec = "icc@14.0.2".parse().unwrap();
        assert_eq!(
            (
                spec.family.as_str(),
                spec.version.unwrap().to_string().as_str()
            ),
            ("icc", "14.0.2")
        );
        for (text, message) in [
            (
                "gcc@banana",
                "`gcc@banana` names no compiler version: `banana` is not a version: expected numbers between dots, such as `12.2` or `2021.9.0`",
            ),
            (
                "gcc@",
                "`gcc@` names no compiler version: `` is not a version: expected numbers between dots, such as `12.2` or `2021.9.0`",
            ),
            (
                "gcc@12..11",
                "`gcc@12..11` names no compiler version: `12..11` is a reversed or empty range: it holds versions from `12` up to but not including `11`",
            ),
            (
                "gcc@11..13",
                "`gcc@11..13` is a range of versions, and one version is wanted here, such as `gcc@11`",
            ),
        ] {
            assert_eq!(
                text.parse::<CompilerSpec>().unwrap_err().to_string(),
                message
            );
        }
    }
}
