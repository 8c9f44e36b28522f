//! Wilcoxon's signed-rank test, and the interval of a median that belongs to it.

use serde::Serialize;

/// Up to so many differences the distribution is counted; above, the normal one
/// is near enough even in the far tails.
const EXACT: usize = 60;

/// An estimate between its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// It is hardly below this; nothing where there are too few samples to say.
    pub low: Option<f64>,
    /// It is hardly above this.
    pub high: Option<f64>,
}

/// How likely it is that the positive differences rank so high where positive and
/// negative ones are equally likely. Small if the differences are above 0.
///
/// Differences of 0 speak for neither side and are left out.
pub(super) fn above_zero(differences: &[f64]) -> f64 {
    let mut differences: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    differences.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let ranks = doubled_ranks(&differences);
    let signed = differences.iter().zip(&ranks);
    let positive: usize = signed
        .filter(|(d, _)| **d > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    if differences.len() <= EXACT {
        return distribution(&ranks).skip(positive).sum::<f64>().min(1.0);
    }
    let (mean, deviation) = moments(&ranks);
    normal_tail((positive as f64 - 1.0 - mean) / deviation)
}

/// Twice the ranks of differences that are sorted by size, so that the mean rank
/// of equal ones is whole.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let mut ranks = Vec::with_capacity(sorted.len());
    for equal in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        let first = ranks.len() + 1;
        let last = ranks.len() + equal.len();
        ranks.extend(equal.iter().map(|_| first + last));
    }
    ranks
}

/// The probabilities of each sum of ranks of the positive differences, from 0 up.
fn distribution(ranks: &[usize]) -> impl Iterator<Item = f64> + use<> {
    let mut probabilities = vec![0.0; ranks.iter().sum::<usize>() + 1];
    probabilities[0] = 1.0;
    let mut reached = 0;
    for &rank in ranks {
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = if sum >= rank {
                probabilities[sum - rank]
            } else {
                0.0
            };
            probabilities[sum] = 0.5 * (probabilities[sum] + with);
        }
    }
    probabilities.into_iter()
}

/// Mean and standard deviation of that sum.
fn moments(ranks: &[usize]) -> (f64, f64) {
    let ranks = ranks.iter().map(|&rank| rank as f64);
    let mean = ranks.clone().sum::<f64>() / 2.0;
    let variance = ranks.map(|rank| rank * rank).sum::<f64>() / 4.0;
    (mean, variance.sqrt())
}

/// The median of differences (Hodges and Lehmann's), with the bounds that each err
/// with a probability of at most `level`. Of no differences there is none.
pub(super) fn median_interval(differences: &[f64], level: f64) -> Option<Interval> {
    let mut means = Vec::with_capacity(differences.len() * (differences.len() + 1) / 2);
    for (number, one) in differences.iter().enumerate() {
        let others = &differences[number..];
        means.extend(others.iter().map(|other| f64::midpoint(*one, *other)));
    }
    means.sort_by(f64::total_cmp);
    let middle = means.len() / 2;
    let estimate = match means.len() {
        0 => return None,
        odd if odd % 2 == 1 => means[middle],
        _ => f64::midpoint(means[middle - 1], means[middle]),
    };
    let cut = cut(differences.len(), level);
    Some(Interval {
        estimate,
        low: cut.map(|cut| means[cut]),
        high: cut.map(|cut| means[means.len() - 1 - cut]),
    })
}

/// How many of the means on each side are outside of the interval; nothing where
/// even the outermost ones are not sure enough.
fn cut(count: usize, level: f64) -> Option<usize> {
    let ranks: Vec<usize> = (1..=count).collect();
    if count > EXACT {
        let (mean, deviation) = moments(&ranks);
        let (mut low, mut high) = (0.0, 40.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if normal_tail(middle) > level {
                low = middle;
            } else {
                high = middle;
            }
        }
        let cut = (mean - high * deviation - 0.5).floor();
        return (cut >= 0.0).then_some(cut as usize);
    }
    let mut sum = 0.0;
    let below = distribution(&ranks).take_while(|probability| {
        sum += probability;
        sum <= level
    });
    below.count().checked_sub(1)
}

/// The probability that a standard normal number is above `z`, with a relative
/// error of about 10⁻⁷.
fn normal_tail(z: f64) -> f64 {
    // Chebyshev's fit to the complementary error function.
    const TERMS: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = TERMS.iter().rev().fold(0.0, |sum, term| sum * t + term);
    let tail = 0.5 * t * (sum - x * x).exp();
    if z >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The probability counted over all signs.
    fn by_all_signs(differences: &[f64]) -> f64 {
        let count = differences.len();
        let rank = |one: f64| -> f64 {
            let smaller = differences.iter().filter(|d| d.abs() < one.abs()).count();
            let equal = differences.iter().filter(|d| d.abs() == one.abs()).count();
            smaller as f64 + (equal as f64 + 1.0) / 2.0
        };
        let seen: f64 = differences
            .iter()
            .filter(|&&d| d > 0.0)
            .map(|&d| rank(d))
            .sum();
        let as_high = (0..1_u32 << count).filter(|signs| {
            let positive = (0..count).filter(|bit| signs >> bit & 1 == 1);
            positive.map(|bit| rank(differences[bit])).sum::<f64>() >= seen - 1e-9
        });
        as_high.count() as f64 / f64::from(1_u32 << count)
    }

    #[test]
    fn the_distribution_is_that_of_all_signs() {
        for differences in [
            vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            vec![1.0, -2.0, 3.0, 4.0, -5.0, 6.0, 7.0],
            vec![1.0, 1.0, -1.0, 2.0, -2.0, 3.0],
            vec![-1.0, -2.0, -3.0],
        ] {
            let (found, counted) = (above_zero(&differences), by_all_signs(&differences));
            assert!(
                (found - counted).abs() < 1e-12,
                "{differences:?}: {found}, {counted}"
            );
        }
        assert_eq!(above_zero(&[0.0, 0.0]), 1.0);
        assert_eq!(above_zero(&[]), 1.0);
    }

    #[test]
    fn the_normal_distribution_takes_over_where_it_is_near() {
        for (z, tail) in [
            (0.0, 0.5),
            (1.0, 0.158_655_25),
            (3.0, 1.349_898e-3),
            (5.0, 2.866_516e-7),
        ] {
            assert!((normal_tail(z) / tail - 1.0).abs() < 1e-5, "{z}");
        }
        let differences = |count: usize| -> Vec<f64> {
            let signed =
                (1..=count).map(|rank| if rank % 4 == 0 { -1.0 } else { 1.0 } * rank as f64);
            signed.collect()
        };
        let (exact, normal) = (differences(EXACT), differences(EXACT + 1));
        let (exact, normal) = (above_zero(&exact), above_zero(&normal));
        assert!(normal < exact && normal > exact / 3.0, "{exact} {normal}");
    }

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Six differences, 2.5 % on each side: the critical value is 0; eight: 3; ten: 8.
        assert_eq!(cut(5, 0.025), None);
        assert_eq!(cut(6, 0.025), Some(0));
        assert_eq!(cut(8, 0.025), Some(3));
        assert_eq!(cut(10, 0.025), Some(8));
        let interval = median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.025).unwrap();
        assert_eq!(
            (interval.estimate, interval.low, interval.high),
            (3.5, Some(1.0), Some(6.0))
        );
        assert_eq!(median_interval(&[], 0.025), None);
        let wide: Vec<f64> = (0..200).map(f64::from).collect();
        let interval = median_interval(&wide, 0.025).unwrap();
        assert!(interval.low.unwrap() > 80.0 && interval.high.unwrap() < 119.0);
    }
}
