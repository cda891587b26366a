//! What is random comes in through one door, so that a simulation can repeat it.

use std::cell::Cell;
use uuid::Uuid;

thread_local! {
    /// The state of a generator; None: the operating system's randomness.
    static SEEDED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// From now on all that is random on this thread follows from `seed`. For simulations.
pub fn seed(seed: u64) {
    SEEDED.set(Some(seed));
}

/// 64 bits (SplitMix64, Steele et al. 2014); None where nobody has seeded this thread.
fn seeded() -> Option<u64> {
    let state = SEEDED.get()?.wrapping_add(0x9E37_79B9_7F4A_7C15);
    SEEDED.set(Some(state));
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Some(z ^ (z >> 31))
}

fn sixteen() -> Option<[u8; 16]> {
    let (high, low) = (seeded()?, seeded()?);
    Some((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
}

/// A number from 0 to 1 that differs from process to process and from time to time. For jitter.
pub fn fraction() -> f64 {
    let bits = seeded().map_or_else(|| Uuid::new_v4().as_fields().0, |bits| (bits >> 32) as u32);
    f64::from(bits) / f64::from(u32::MAX)
}

/// A random UUID.
pub fn uuid() -> Uuid {
    sixteen().map_or_else(Uuid::new_v4, |bytes| uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// A UUID that is greater than those made before it.
pub(crate) fn rising_uuid() -> Uuid {
    sixteen().map_or_else(Uuid::now_v7, |bytes| uuid::Builder::from_random_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_thread_repeats_itself_and_no_other_does() {
        let draw = || (uuid(), rising_uuid(), fraction().to_bits());
        let seeded = |with| std::thread::spawn(move || (seed(with), draw()).1).join().unwrap();
        assert_eq!(seeded(7), seeded(7));
        assert_ne!(seeded(7), seeded(8));
        assert_ne!(draw(), draw());
        assert!((0.0..=1.0).contains(&fraction()));
    }
}
