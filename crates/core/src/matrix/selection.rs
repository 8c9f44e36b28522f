//! `--select 'compiler=gcc|icc,mode!=debug'`.

use cfgmatrix_cover::ValueSet;

use super::Space;
use super::axis::shortened;
use crate::error::Error;
use crate::name::UnknownWord;

/// Which rows of a space are meant: the values that are left to each dimension.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Within the profile, of dimensions and helpers.
    pub(super) domains: Vec<ValueSet>,
    /// Without the profile: includes may have values that it leaves out.
    pub(super) asked: Vec<ValueSet>,
}

impl Space<'_> {
    /// All rows of the profile.
    #[must_use]
    pub fn all(&self) -> Selection {
        Selection {
            domains: self.domains.clone(),
            asked: self
                .dimensions
                .iter()
                .map(|dimension| ValueSet::full(dimension.size()))
                .collect(),
        }
    }

    /// Reads `axis=value[|value…][,axis=value…]`; all of `texts` must hold.
    /// `!=` leaves the named values out.
    ///
    /// # Errors
    /// An axis or a value that the matrix does not have.
    pub fn select<S: AsRef<str>>(&self, texts: &[S]) -> Result<Selection, Error> {
        let mut selection = self.all();
        for term in texts.iter().flat_map(|text| text.as_ref().split(',')) {
            let (axis, values) = term.split_once('=').unwrap_or((term, ""));
            let (axis, negated) = match axis.trim().strip_suffix('!') {
                Some(axis) => (axis.trim(), true),
                None => (axis.trim(), false),
            };
            let Some(axis) = self.axes.iter().find(|known| known.name == axis) else {
                return Err(self.no_axis(axis, term.trim()).into());
            };
            let dimension = &self.dimensions[axis.dimension];
            let mut rows = ValueSet::empty(dimension.size());
            for wanted in values.split('|').map(str::trim) {
                let value = axis
                    .values
                    .iter()
                    .position(|value| value.id.to_string() == wanted);
                let Some(value) = value else {
                    let ids: Vec<String> = axis
                        .values
                        .iter()
                        .map(|value| value.id.to_string())
                        .collect();
                    let known = ids.iter().map(String::as_str);
                    return Err(UnknownWord::new("value", &shortened(wanted), known).into());
                };
                for row in (0..dimension.rows).filter(|&row| axis.column[row] == value) {
                    rows.insert(row as u32);
                }
            }
            if negated {
                rows = rows.complement(dimension.size());
            }
            selection.domains[axis.dimension].intersect(&rows);
            selection.asked[axis.dimension].intersect(&rows);
        }
        Ok(selection)
    }

    fn no_axis(&self, axis: &str, term: &str) -> UnknownWord {
        let names = self.axes.iter().map(|axis| axis.name.as_str());
        let mut word = UnknownWord::new("axis", &shortened(axis), names);
        // A value without its axis.
        let whole = self
            .axes
            .iter()
            .filter(|axis| axis.values.iter().any(|value| value.id.to_string() == term))
            .map(|axis| format!("{}={term}", axis.name));
        word.suggestions.extend(whole);
        word
    }
}
