//! Where every axis has the same prime number of values and no clause is in the
//! way, the points and lines of a plane are rows in which every pair occurs once.

use crate::model::Model;
use crate::targets::TargetSet;

/// The rows, if the model and the targets are of this kind.
pub(super) fn rows(model: &Model, targets: &[TargetSet]) -> Option<Vec<Vec<u32>>> {
    let axes = model.axes();
    let order = axes.first()?.values;
    let [target] = targets else { return None };
    let fits = target.strength == 2
        && model.clauses().is_empty()
        && axes
            .iter()
            .all(|axis| axis.values == order && axis.targets == order)
        && axes.len() <= order as usize + 1
        && is_prime(order);
    if !fits {
        return None;
    }
    let order = u64::from(order);
    let row = |offset: u64, slope: u64| {
        let cells = (0..axes.len() as u64).map(|axis| {
            let value = if axis == order {
                slope
            } else {
                (offset + slope * axis) % order
            };
            value as u32
        });
        cells.collect()
    };
    let slopes = |offset| (0..order).map(move |slope| (offset, slope));
    let all = (0..order).flat_map(slopes);
    Some(all.map(|(offset, slope)| row(offset, slope)).collect())
}

fn is_prime(number: u32) -> bool {
    number >= 2
        && (2..number)
            .take_while(|factor| factor * factor <= number)
            .all(|factor| !number.is_multiple_of(factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::model::Axis;

    #[test]
    fn every_pair_occurs_once() {
        for (order, axes) in [(2, 3), (3, 4), (5, 6), (7, 8), (11, 5)] {
            let model = Model::new(vec![Axis::new(order); axes], Vec::new()).unwrap();
            let targets = [TargetSet::all(&model, 2)];
            let rows = rows(&model, &targets).unwrap();
            assert_eq!(rows.len(), (order * order) as usize);
            assert!(check(&model, &targets, &rows).is_complete());
        }
        let not_prime = Model::new(vec![Axis::new(4); 3], Vec::new()).unwrap();
        assert!(rows(&not_prime, &[TargetSet::all(&not_prime, 2)]).is_none());
    }
}
