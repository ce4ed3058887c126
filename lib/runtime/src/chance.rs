//! Draws the random numbers of retries; never used for anything secret.

use std::hash::{BuildHasher, RandomState};

/// A number in 0.0..1.0, for jitter. The standard library seeds each hasher from the system's random source once per
/// thread and then counts, which is plenty for spreading retries.
#[must_use]
pub fn fraction() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or_default();
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn fractions_stay_in_range_and_differ() {
        let drawn: Vec<f64> = (0..100).map(|_| super::fraction()).collect();
        assert!(drawn.iter().all(|value| (0.0..1.0).contains(value)));
        assert!(drawn.iter().any(|value| *value != drawn[0]));
    }
}
