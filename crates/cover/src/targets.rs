//! What a covering array must have.

use crate::model::Model;

/// Every feasible tuple of `strength` values of these axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSet {
    /// The axes, ascending.
    pub axes: Vec<usize>,
    /// How many values a tuple has.
    pub strength: usize,
}

impl TargetSet {
    /// All axes of a model that have targets.
    #[must_use]
    pub fn all(model: &Model, strength: usize) -> Self {
        let axes = model.axes().iter().enumerate();
        let with_targets = axes.filter(|(_, axis)| axis.targets > 0);
        Self {
            axes: with_targets.map(|(number, _)| number).collect(),
            strength,
        }
    }
}
