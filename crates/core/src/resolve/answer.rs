//! What is answered for one feature in one language.

use std::borrow::Cow;

use crate::name::Language;
use crate::toolchain::{Feature, Row, RowSource, Support};

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
    pub(super) row: Option<(&'k Row, RowSource<'k>)>,
    /// The family whose row answers: the compiler's own, or one it derives from.
    pub family: &'k str,
    pub(super) reason: Option<Cow<'k, str>>,
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
