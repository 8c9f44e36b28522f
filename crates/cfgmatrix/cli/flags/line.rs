//! One line of the answer: a feature in a language, or a BLAS.

use cfgmatrix_core::{
    Answer, Error as CoreError, KnowledgeBase, Language, ResolvedBlas, Support, Toolchain, Want,
    WantedThreading,
};
use serde::Serialize;

use super::super::Error;
use super::no_language;

/// Features that the knowledge of BLAS libraries answers: `blas.threaded`,
/// `blas.sequential=mkl`.
const BLAS: &str = "blas.";

#[derive(Serialize)]
pub(super) struct Line {
    pub(super) feature: String,
    pub(super) language: Language,
    pub(super) support: Support,
    pub(super) compile: Vec<String>,
    pub(super) link: Vec<String>,
    reason: Option<String>,
    source: Option<String>,
    hint: Option<String>,
    note: Option<String>,
    versions: Option<String>,
    /// Whose row it is: the compiler's own family, or one that it derives from.
    family: Option<String>,
    row: Option<String>,
}

impl Line {
    fn of_feature(answer: &Answer<'_>) -> Self {
        let row = answer.row();
        Self {
            feature: answer.feature.id.clone(),
            language: answer.language,
            support: answer.support,
            compile: answer.compile().map(Into::into).collect(),
            link: answer.link().chain(answer.libs()).map(Into::into).collect(),
            reason: answer.reason().map(str::to_owned),
            source: row.map(|row| row.source.clone()),
            hint: answer.hint().map(str::to_owned),
            note: row.and_then(|row| row.note.clone()),
            versions: row.map(|row| row.versions.to_string()),
            family: row.map(|_| answer.family.to_owned()),
            row: answer.source().map(|source| source.location()),
        }
    }

    fn of_blas(feature: &str, language: Language, blas: &ResolvedBlas<'_>) -> Self {
        Self {
            feature: feature.to_owned(),
            language,
            support: Support::Flags,
            compile: blas.compile_tokens().collect(),
            link: blas.link_tokens().map(str::to_owned).collect(),
            reason: None,
            source: Some(blas.row.source.clone()),
            hint: None,
            note: blas.row.note.clone(),
            versions: None,
            family: None,
            row: Some(blas.source.location()),
        }
    }

    fn without(feature: &str, language: Language, reason: String) -> Self {
        Self {
            feature: feature.to_owned(),
            language,
            support: Support::Unsupported,
            compile: Vec::new(),
            link: Vec::new(),
            reason: Some(reason),
            source: None,
            hint: None,
            note: None,
            versions: None,
            family: None,
            row: None,
        }
    }

    /// Versions and source, for people.
    pub(super) fn origin(&self) -> String {
        let known_for = self
            .family
            .iter()
            .chain(&self.versions)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        let source = self.source.as_deref().unwrap_or_default();
        format!("{known_for}  {source}").trim().to_owned()
    }

    /// Reason and hint in one sentence.
    pub(super) fn explanation(&self) -> String {
        let parts = [self.reason.as_deref(), self.hint.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// What is known of each of `wants`, in their order, each once; of every
/// feature where nothing is named.
pub(super) fn lines(
    known: &KnowledgeBase,
    toolchain: &Toolchain<'_>,
    languages: &[Language],
    wants: &[Want],
) -> Result<Vec<Line>, Error> {
    if wants.is_empty() {
        let mut lines = Vec::new();
        for feature in known.features() {
            for &language in languages
                .iter()
                .filter(|language| feature.languages.contains(language))
            {
                lines.push(Line::of_feature(
                    &known.answer(toolchain, language, feature)?,
                ));
            }
        }
        return Ok(lines);
    }
    let (blas, features): (Vec<Want>, Vec<Want>) = wants
        .iter()
        .cloned()
        .partition(|want| want.feature.starts_with(BLAS));
    known.check_wants(&features)?;
    if let [first, second, ..] = &blas[..]
        && first != second
    {
        return Err(CoreError::Contradiction {
            first: first.feature.clone(),
            second: second.feature.clone(),
            reason: "a program has one BLAS".to_owned(),
        }
        .into());
    }
    let toolchain = &toolchain.beside(&features);
    let mut lines = Vec::new();
    for (index, want) in wants.iter().enumerate() {
        if wants[..index].contains(want) {
            continue;
        }
        if want.feature.starts_with(BLAS) {
            lines.extend(blas_lines(known, toolchain, languages, want, &features)?);
            continue;
        }
        let feature = known.feature(&want.feature)?;
        let before = lines.len();
        for &language in languages
            .iter()
            .filter(|language| feature.languages.contains(language))
        {
            let mut answer = known.answer(toolchain, language, feature)?;
            answer.value.clone_from(&want.value);
            lines.push(Line::of_feature(&answer));
        }
        if lines.len() == before {
            let language = languages.first().copied().unwrap_or(Language::C);
            return Err(no_language(
                &format!("feature `{}`", feature.id),
                language,
                &feature.languages,
            ));
        }
    }
    Ok(lines)
}

fn blas_lines(
    known: &KnowledgeBase,
    toolchain: &Toolchain<'_>,
    languages: &[Language],
    want: &Want,
    features: &[Want],
) -> Result<Vec<Line>, Error> {
    let family = toolchain.family;
    let threading: WantedThreading = want.feature[BLAS.len()..]
        .parse()
        .map_err(CoreError::Unknown)?;
    let request = toolchain.blas_request(threading, features);
    let library = want
        .value
        .as_deref()
        .unwrap_or_else(|| family.default_blas(toolchain.target));
    let each = languages.iter();
    match known.resolve_blas(library, &request) {
        Ok(blas) => Ok(each
            .map(|&language| Line::of_blas(&want.feature, language, &blas))
            .collect()),
        Err(CoreError::NoLibrary {
            library, reason, ..
        }) => {
            let reason = format!("{library}: {reason}");
            Ok(each
                .map(|&language| Line::without(&want.feature, language, reason.clone()))
                .collect())
        }
        Err(error) => Err(error.into()),
    }
}
