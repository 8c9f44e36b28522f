//! Every value of every axis under one number.

use crate::model::Model;

/// The numbering of items and, by the way, of axes: those of many values first,
/// so that what differs between axes of many and of few values is found in
/// different words.
#[derive(Clone, Debug)]
pub(super) struct Items {
    /// Of each axis, its number in the model.
    outer: Vec<usize>,
    /// Of each axis of the model, its number here.
    inner: Vec<u32>,
    /// The first item of each axis, and the number of items.
    first: Vec<u32>,
    axis: Vec<u32>,
    /// Whether tuples of the item are to be covered.
    target: Vec<bool>,
    weight: Vec<u32>,
}

impl Items {
    pub(super) fn new(model: &Model) -> Self {
        let mut outer: Vec<usize> = (0..model.axes().len()).collect();
        outer.sort_by_key(|&axis| std::cmp::Reverse(model.axes()[axis].values));
        let mut inner = vec![0; outer.len()];
        for (number, &axis) in outer.iter().enumerate() {
            inner[axis] = number as u32;
        }
        let mut items = Self {
            outer,
            inner,
            first: vec![0],
            axis: Vec::new(),
            target: Vec::new(),
            weight: Vec::new(),
        };
        for (number, &outer) in items.outer.iter().enumerate() {
            let axis = &model.axes()[outer];
            for value in 0..axis.values {
                items.axis.push(number as u32);
                items.target.push(value < axis.targets);
                let weight = axis.weights.get(value as usize);
                items.weight.push(weight.copied().unwrap_or(1));
            }
            items.first.push(items.axis.len() as u32);
        }
        items
    }

    /// The number here of an axis of the model.
    pub(super) fn inner(&self, axis: usize) -> usize {
        self.inner[axis] as usize
    }

    /// The numbers here, ascending, of some axes of the model.
    pub(super) fn inner_axes(&self, axes: &[usize]) -> Vec<u32> {
        let mut inner: Vec<u32> = axes.iter().map(|&axis| self.inner[axis]).collect();
        inner.sort_unstable();
        inner.dedup();
        inner
    }

    /// A row of the model's values as items, in the order of axes here.
    pub(super) fn row_of(&self, values: &[u32]) -> Vec<u32> {
        let axes = self.outer.iter().enumerate();
        axes.map(|(axis, &outer)| self.of(axis, values[outer]))
            .collect()
    }

    /// The model's axis of an item, and its value.
    pub(super) fn outer(&self, item: u32) -> (usize, u32) {
        (self.outer[self.axis(item)], self.value(item))
    }

    /// A row of items as values in the order of the model's axes.
    pub(super) fn values_of(&self, row: &[u32]) -> Vec<u32> {
        let axes = self.inner.iter();
        axes.map(|&axis| self.value(row[axis as usize])).collect()
    }

    pub(super) fn axes(&self) -> usize {
        self.first.len() - 1
    }

    pub(super) fn count(&self) -> usize {
        self.axis.len()
    }

    pub(super) fn of(&self, axis: usize, value: u32) -> u32 {
        self.first[axis] + value
    }

    pub(super) fn axis(&self, item: u32) -> usize {
        self.axis[item as usize] as usize
    }

    pub(super) fn value(&self, item: u32) -> u32 {
        item - self.first[self.axis(item)]
    }

    pub(super) fn range(&self, axis: usize) -> std::ops::Range<u32> {
        self.first[axis]..self.first[axis + 1]
    }

    pub(super) fn is_target(&self, item: u32) -> bool {
        self.target[item as usize]
    }

    pub(super) fn weight(&self, item: u32) -> u32 {
        self.weight[item as usize]
    }
}
