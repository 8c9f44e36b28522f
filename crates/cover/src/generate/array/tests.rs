//! The counts of an array, told anew from its rows.

use super::super::layer::Layer;
use super::super::random::Random;
use super::*;
use crate::targets::TargetSet;
use crate::tests as sample;

/// What an array says of itself, told anew from its rows.
fn assert_consistent(array: &Array<'_>, space: &Space) {
    let rows: Vec<&[u32]> = (0..array.count()).map(|row| array.row(row)).collect();
    let mut sole = vec![0_u32; array.count() * array.axes];
    let mut gains = vec![0_u32; array.count() * space.items.count()];
    let mut lacking = 0;
    for (number, layer) in space.layers.iter().enumerate() {
        let mut members = Vec::new();
        all_tuples(layer, &mut members, 0, &mut |members| {
            if !layer.contains(&space.wanted[number], members) {
                return;
            }
            let items: Vec<u32> = members.iter().map(|m| layer.item[*m as usize]).collect();
            let weight = match members {
                [one, other] => u32::from(array.weights[number].of(*one)[*other as usize]),
                _ => 1,
            };
            let has = |row: &usize| items.iter().all(|item| rows[*row].contains(item));
            let having: Vec<usize> = (0..rows.len()).filter(has).collect();
            if let [row] = having[..] {
                for &item in &items {
                    sole[row * array.axes + space.items.axis(item)] += weight;
                }
            }
            if having.is_empty() {
                lacking += 1;
                for (row, cells) in rows.iter().enumerate() {
                    let missing: Vec<&u32> =
                        items.iter().filter(|item| !cells.contains(item)).collect();
                    if let [missing] = missing[..] {
                        gains[row * space.items.count() + *missing as usize] += weight;
                    }
                }
            }
        });
    }
    assert_eq!(array.lacking().len(), lacking);
    assert_eq!(array.sole[..sole.len()], sole);
    assert_eq!(array.gains[..gains.len()], gains);
}

fn all_tuples(layer: &Layer, members: &mut Vec<u32>, from: u32, found: &mut impl FnMut(&[u32])) {
    if members.len() == layer.strength {
        found(members);
        return;
    }
    for member in from..layer.item.len() as u32 {
        members.push(member);
        all_tuples(layer, members, member + 1, found);
        members.pop();
    }
}

#[test]
fn counts_follow_exchanges_and_removals() {
    let sizes = [3, 4, 2, 2, 3, 2];
    let mut model = sample::model(&sizes, &[]);
    for strength in 1..=4 {
        let mut axes = model.axes().to_vec();
        axes[1].targets = 3;
        model = crate::Model::new(axes, Vec::new()).unwrap();
        let targets = [
            TargetSet::all(&model, strength),
            TargetSet {
                axes: vec![0, 1, 4, 5],
                strength: 2,
            },
            TargetSet {
                axes: vec![1, 2, 3, 4],
                strength: 3,
            },
        ];
        let Ok(prepared) = Space::prepare(&model, &targets) else {
            unreachable!("the model is small")
        };
        let space = &prepared.space;
        let rows = sample::brute_force(&model);
        let rows: Vec<Vec<u32>> = rows.iter().map(|row| space.items.row_of(row)).collect();
        let mut array = Array::new(space, &rows);
        let mut random = Random::new(strength as u64);
        while array.count() > 70 {
            array.remove(random.below(array.count()));
        }
        for step in 0..300 {
            if step % 3 == 0 {
                assert_consistent(&array, space);
            }
            if step % 10 == 9 {
                array.remove(random.below(array.count()));
            }
            if step % 7 == 6 {
                array.weigh();
            }
            let row = random.below(array.count());
            array.exchange(row, random.below(space.items.count()) as u32);
        }
        assert_consistent(&array, space);
    }
}
