//! Numbers that look random and depend on nothing but their seed.

/// A 64-bit generator (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each (seed, purpose, index).
    pub(crate) fn of(seed: u64, purpose: u64, index: u64) -> Self {
        let mut random = Random(seed ^ purpose.wrapping_mul(0xA24B_AED4_963E_E407));
        random.0 = random.next().wrapping_add(index.wrapping_mul(0x9FB2_1C65_1E98_DF25));
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `bound` - 1; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }

    /// From 0 to `bound` - 1, small numbers far more often, as words are in a text.
    pub(crate) fn skewed(&mut self, bound: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((unit * unit * unit * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}
