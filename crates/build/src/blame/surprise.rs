//! How likely chance would be to do the same.

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
        let tail: f64 = (failures..=drawn.min(self.failed))
            .filter(|failures| drawn - failures <= passed)
            .map(|failures| {
                let ways =
                    self.choose(self.failed, failures) + self.choose(passed, drawn - failures);
                (ways - all).exp()
            })
            .sum();
        // The sum of a certain event may be off by a rounding.
        (-tail.log2()).max(0.0)
    }

    /// Bits that the choice of one combination of `size` of the literals is
    /// worth.
    pub(super) fn choice(&self, literals: usize, size: usize) -> f64 {
        if size > literals {
            return 0.0;
        }
        self.choose(literals, size) / std::f64::consts::LN_2
    }
}
