//! How likely chance would be to do the same.

use std::f64::consts::LN_2;

/// Logarithms of what can happen when failures are spread over rows by chance.
pub(super) struct Surprise {
    /// Natural logarithms of the factorials of 0, 1, 2, …
    factorials: Vec<f64>,
    failed: usize,
    rows: usize,
}

impl Surprise {
    /// For so many failures and passes, and combinations of so many literals.
    pub(super) fn new(failed: usize, passed: usize, literals: usize) -> Self {
        let rows = failed + passed;
        let mut factorials = vec![0.0];
        let mut sum = 0.0;
        for number in 1..=rows.max(literals) {
            sum += (number as f64).ln();
            factorials.push(sum);
        }
        Self {
            factorials,
            failed,
            rows,
        }
    }

    fn choose(&self, of: usize, take: usize) -> f64 {
        self.factorials[of] - self.factorials[take] - self.factorials[of - take]
    }

    /// Bits of surprise that of `failures + passes` rows drawn without
    /// replacement at least so many are failures.
    pub(super) fn bits(&self, failures: usize, passes: usize) -> f64 {
        let drawn = failures + passes;
        let passed = self.rows - self.failed;
        let all = self.choose(self.rows, drawn);
        let ways: Vec<f64> = (failures..=drawn.min(self.failed))
            .filter(|failures| drawn - failures <= passed)
            .map(|failures| {
                self.choose(self.failed, failures) + self.choose(passed, drawn - failures) - all
            })
            .collect();
        // The smallest of them are below what a number can be.
        let largest = ways.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = ways.iter().map(|way| (way - largest).exp()).sum();
        let bits = -(largest + sum.ln()) / LN_2;
        // That of a certain event may be off by a rounding.
        bits.max(0.0)
    }

    /// Bits that the choice of one combination of `size` of the literals is
    /// worth.
    pub(super) fn choice(&self, literals: usize, size: usize) -> f64 {
        if size > literals {
            return 0.0;
        }
        self.choose(literals, size) / LN_2
    }
}

#[cfg(test)]
mod tests {
    use super::Surprise;

    #[test]
    fn blame_surprise_is_what_counting_says() {
        let surprise = Surprise::new(4, 12, 6);
        let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        // All 4 that were drawn failed: one way of 16 * 15 * 14 * 13 / 24.
        assert!(close(surprise.bits(4, 0), 1820_f64.log2()));
        // 3 or 4 of 4: 4 * 12 + 1 ways.
        assert!(close(surprise.bits(3, 1), (1820.0_f64 / 49.0).log2()));
        assert!(close(surprise.bits(0, 5), 0.0));
        assert!(close(surprise.choice(6, 2), 15_f64.log2()));
        assert!(close(surprise.choice(1, 2), 0.0));
    }

    #[test]
    fn blame_surprise_is_finite_however_large() {
        let bits = Surprise::new(5000, 5000, 1).bits(5000, 0);
        assert!(bits.is_finite() && bits > 9000.0, "{bits}");
    }
}
