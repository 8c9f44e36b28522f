//! `--select 'compiler=gcc|icc,mode=debug'`.

use crate::error::Error;
use crate::name::UnknownWord;

use super::Matrix;

/// Which variants of a matrix are meant: for each axis that is named, one of
/// its values that are named.
#[derive(Clone, Debug, Default)]
pub struct Selection(Vec<(usize, Vec<String>)>);

impl Selection {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads `axis=value[|value…][,axis=value…]`; all of `texts` must hold.
    ///
    /// # Errors
    /// An axis or a value that the matrix does not have.
    pub fn parse<S: AsRef<str>>(matrix: &Matrix, texts: &[S]) -> Result<Self, Error> {
        let mut terms = Vec::new();
        for term in texts.iter().flat_map(|text| text.as_ref().split(',')) {
            let (axis, values) = term.split_once('=').unwrap_or((term, ""));
            let (axis, values) = (axis.trim(), values.trim());
            let Some(number) = matrix
                .spec
                .axes
                .0
                .iter()
                .position(|known| known.name == axis)
            else {
                let mut word = UnknownWord::new("axis", axis, matrix.axes().map(|(name, _)| name));
                // A value without its axis.
                let whole = matrix
                    .axes()
                    .filter(|(_, ids)| ids.clone().any(|id| id == term.trim()))
                    .map(|(name, _)| format!("{name}={}", term.trim()));
                word.suggestions.extend(whole);
                return Err(word.into());
            };
            let known = || {
                matrix.spec.axes.0[number]
                    .values
                    .iter()
                    .map(super::AxisValue::id)
            };
            let values: Vec<String> = values
                .split('|')
                .map(|value| value.trim().to_owned())
                .collect();
            if let Some(unknown) = values.iter().find(|value| !known().any(|id| id == **value)) {
                return Err(UnknownWord::new("value", unknown, known()).into());
            }
            terms.push((number, values));
        }
        Ok(Self(terms))
    }

    pub(super) fn takes_all(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn takes(&self, ids: &[&str]) -> bool {
        self.0
            .iter()
            .all(|(axis, values)| values.iter().any(|value| value == ids[*axis]))
    }
}
