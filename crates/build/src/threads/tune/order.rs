//! The order in which a round runs its cells.

/// A sequence of numbers that its seed decides (SplitMix64).
pub(super) struct Order(u64);

impl Order {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Puts items into an order that is as likely as any other.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            // The high half of the product is a number up to `last`; the bias is below 2⁻⁵⁰.
            let number = (u128::from(self.next()) * (last as u128 + 1)) >> 64;
            let number = usize::try_from(number).expect("it is at most `last`");
            items.swap(last, number);
        }
    }
}
