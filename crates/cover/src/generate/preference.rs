//! Liked values, where coverage leaves the choice.

use super::array::Array;
use super::space::Space;

/// Gives cells that no tuple depends on the values that are liked most.
pub(super) fn prefer(space: &Space, rows: &mut [Vec<u32>], given: &[Vec<u32>]) {
    let items = &space.items;
    let choosy: Vec<usize> = (0..items.axes())
        .filter(|&axis| {
            let mut weights = items.range(axis).map(|item| items.weight(item));
            let first = weights.next();
            weights.any(|weight| Some(weight) != first)
        })
        .collect();
    if choosy.is_empty() || rows.is_empty() {
        return;
    }
    let mut array = Array::new(space, rows);
    // Each exchange is for a greater weight, so that this comes to an end.
    let mut changed = true;
    while changed {
        changed = false;
        for row in 0..rows.len() {
            for &axis in &choosy {
                let old = array.row(row)[axis];
                let kept = given.get(row).is_some_and(|given| given.contains(&old));
                if kept || array.sole(row, axis) > 0 {
                    continue;
                }
                let better = items.range(axis).filter(|&item| {
                    items.weight(item) > items.weight(old)
                        && space.rules.permits(array.held(row), old, item)
                });
                let best = better.max_by_key(|&item| (items.weight(item), !item));
                if let Some(best) = best {
                    array.exchange(row, best);
                    changed = true;
                }
            }
        }
    }
    for (number, row) in rows.iter_mut().enumerate() {
        row.copy_from_slice(array.row(number));
    }
}
