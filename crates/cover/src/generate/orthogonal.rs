//! Arrays that are known without a search, for axes that no clause ties.

use super::layer::binomial;

/// The largest field that is made.
const LARGEST: usize = 64;

/// Rows that cover all tuples of a strength over axes of these sizes, where a
/// construction gives few of them; the sizes descend.
///
/// Values are below the sizes; nothing where no construction fits.
pub(super) fn rows(sizes: &[u32], strength: usize) -> Option<Vec<Vec<u32>>> {
    let largest = *sizes.first()? as usize;
    if strength == 2 && largest == 2 {
        return Some(binary(sizes));
    }
    if !(2..=LARGEST).contains(&largest) {
        return None;
    }
    let order = (largest..=LARGEST)
        .find(|&order| order + 1 >= sizes.len() && order >= strength && is_prime_power(order))?;
    // Far above what is needed, a search does better.
    let needed: u64 = sizes
        .iter()
        .take(strength)
        .map(|&size| u64::from(size))
        .product();
    let count = (order as u64).checked_pow(strength as u32)?;
    if count > needed + needed / 2 {
        return None;
    }
    Some(polynomials(sizes, strength, &Field::new(order)))
}

/// Pairs of axes of two values: Katona's and Kleitman and Spencer's arrays,
/// which no others beat. Columns are different sets of the same size, more than
/// half of all, so that any two meet and neither holds the other; the first row
/// is outside all of them.
fn binary(sizes: &[u32]) -> Vec<Vec<u32>> {
    let axes = sizes.len();
    let mut count = 4;
    while binomial(count - 1, count.div_ceil(2)).is_some_and(|sets| sets < axes as u64) {
        count += 1;
    }
    let size = count.div_ceil(2);
    let mut rows = vec![vec![0; axes]; count];
    let mut set: Vec<usize> = (0..size).collect();
    for (axis, &values) in sizes.iter().enumerate() {
        if values > 1 {
            for &member in &set {
                rows[member + 1][axis] = 1;
            }
        }
        // The next set in lexicographic order; after the last axis there need
        // not be one.
        let movable = (0..size).rev().find(|&at| set[at] < count - 1 - size + at);
        if let Some(at) = movable {
            let next = set[at] + 1;
            for (offset, member) in set[at..].iter_mut().enumerate() {
                *member = next + offset;
            }
        }
    }
    rows
}

/// Bush's orthogonal arrays: a row for each polynomial below a degree, a column
/// for each point of the field, and one for the highest coefficient.
fn polynomials(sizes: &[u32], strength: usize, field: &Field) -> Vec<Vec<u32>> {
    let order = field.order;
    let count = order.pow(strength as u32);
    let row = |number: usize| {
        let mut rest = number;
        let coefficients: Vec<usize> = (0..strength)
            .map(|_| {
                let coefficient = rest % order;
                rest /= order;
                coefficient
            })
            .collect();
        let columns = sizes.iter().enumerate().map(|(axis, &size)| {
            let value = if axis == order {
                coefficients[strength - 1]
            } else {
                let highest_first = coefficients.iter().rev();
                highest_first.fold(0, |sum, &next| field.add(field.multiply(sum, axis), next))
            };
            value as u32 % size
        });
        columns.collect()
    };
    (0..count).map(row).collect()
}

fn smallest_factor(number: usize) -> usize {
    let mut factors = 2..=number;
    factors
        .find(|factor| number.is_multiple_of(*factor))
        .unwrap_or(1)
}

fn is_prime_power(number: usize) -> bool {
    let prime = smallest_factor(number);
    let mut rest = number;
    while prime > 1 && rest.is_multiple_of(prime) {
        rest /= prime;
    }
    number > 1 && rest == 1
}

/// A finite field: element `e` is the polynomial whose coefficients are the
/// digits of `e` in base `prime`.
struct Field {
    order: usize,
    prime: usize,
    /// The powers of a generator, and of each element but 0 which power it is.
    power: Vec<usize>,
    logarithm: Vec<usize>,
}

impl Field {
    /// The field of an order that is a prime's power.
    fn new(order: usize) -> Self {
        let prime = smallest_factor(order);
        let candidates = 0..order;
        for candidate in candidates {
            let mut field = Self {
                order,
                prime,
                power: Vec::new(),
                logarithm: vec![order; order],
            };
            if field.generate(candidate) {
                return field;
            }
        }
        unreachable!("each field has a primitive polynomial")
    }

    /// Fills the tables: in a prime field with the powers of a candidate, in
    /// others with those of "x", where "x" to the degree is the candidate. False
    /// where these are not all elements.
    fn generate(&mut self, candidate: usize) -> bool {
        let mut element = 1;
        for exponent in 0..self.order - 1 {
            if element == 0 || self.logarithm[element] != self.order {
                return false;
            }
            self.logarithm[element] = exponent;
            self.power.push(element);
            element = if self.prime == self.order {
                element * candidate % self.order
            } else {
                let high = element * self.prime / self.order;
                let shifted = element * self.prime % self.order;
                (0..high).fold(shifted, |sum, _| self.add(sum, candidate))
            };
        }
        element == 1
    }

    fn add(&self, one: usize, other: usize) -> usize {
        let (mut one, mut other, mut digit, mut sum) = (one, other, 1, 0);
        while one > 0 || other > 0 {
            sum += (one + other) % self.prime * digit;
            one /= self.prime;
            other /= self.prime;
            digit *= self.prime;
        }
        sum
    }

    fn multiply(&self, one: usize, other: usize) -> usize {
        if one == 0 || other == 0 {
            return 0;
        }
        let exponent = self.logarithm[one] + self.logarithm[other];
        self.power[exponent % (self.order - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(rows: &[Vec<u32>], sizes: &[u32], strength: usize) -> bool {
        let mut axes: Vec<usize> = (0..strength).collect();
        loop {
            let tuples = rows
                .iter()
                .map(|row| axes.iter().map(|&axis| row[axis]).collect());
            let tuples: std::collections::BTreeSet<Vec<u32>> = tuples.collect();
            let all: u32 = axes.iter().map(|&axis| sizes[axis]).product();
            if tuples.len() != all as usize {
                return false;
            }
            let movable = (0..strength)
                .rev()
                .find(|&at| axes[at] < sizes.len() - strength + at);
            let Some(at) = movable else { return true };
            let next = axes[at] + 1;
            for (offset, axis) in axes[at..].iter_mut().enumerate() {
                *axis = next + offset;
            }
        }
    }

    #[test]
    fn pairs_of_two_values_take_few_rows() {
        for (axes, expected) in [
            (2, 4),
            (3, 4),
            (4, 5),
            (10, 6),
            (15, 7),
            (35, 8),
            (36, 9),
            (126, 10),
        ] {
            let sizes = vec![2; axes];
            let rows = rows(&sizes, 2).unwrap();
            assert_eq!(rows.len(), expected, "{axes} axes");
            assert!(covers(&rows, &sizes, 2), "{axes} axes");
        }
    }

    #[test]
    fn fields_give_arrays_of_all_strengths() {
        for (sizes, strength, expected) in [
            (vec![3; 4], 2, 9),
            (vec![4; 5], 2, 16),
            (vec![5; 6], 2, 25),
            (vec![7; 8], 2, 49),
            (vec![8; 9], 2, 64),
            (vec![9; 10], 2, 81),
            (vec![4; 5], 3, 64),
            (vec![5; 6], 4, 625),
            (vec![5, 5, 4, 2, 2, 1], 2, 25),
        ] {
            let rows = rows(&sizes, strength).unwrap();
            assert_eq!(rows.len(), expected, "{sizes:?}");
            assert!(covers(&rows, &sizes, strength), "{sizes:?}");
        }
    }

    #[test]
    fn no_construction_is_forced() {
        assert_eq!(rows(&[], 2), None);
        assert_eq!(rows(&[1, 1], 2), None);
        assert_eq!(rows(&[3; 5], 2), None);
        assert_eq!(rows(&[100; 3], 2), None);
        assert_eq!(rows(&[6, 2, 2], 2), None);
    }
}
