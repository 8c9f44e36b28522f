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
                return Err(UnknownWord::new(
                    "axis",
                    axis,
                    matrix.spec.axes.0.iter().map(|axis| axis.name.as_str()),
                )
                .into());
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
                let mut word = UnknownWord::new("value", unknown, known());
                if word.suggestions.is_empty() {
                    // An axis has few values: show them.
                    word.suggestions = known().map(str::to_owned).collect();
                }
                return Err(word.into());
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
