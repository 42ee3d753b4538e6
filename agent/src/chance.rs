//! Chance as an argument: the agent draws through a [`Chance`], so a test can own it.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A source of random numbers.
pub trait Chance: Send + Sync {
    /// A number drawn evenly from 0 to 1.
    fn draw(&self) -> f64;
}

/// The standard library's randomly keyed hasher: good enough to spread clients apart, not for secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn draw(&self) -> f64 {
        let bits = RandomState::new().build_hasher().finish() >> 32;
        f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_from_0_to_1() {
        let draws: Vec<f64> = (0..1000).map(|_| SystemChance.draw()).collect();
        assert!(draws.iter().all(|draw| (0.0..=1.0).contains(draw)));
        for tenth in 0..10 {
            let bounds = f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0;
            assert!(draws.iter().any(|draw| bounds.contains(draw)), "none of 1000 in {bounds:?}");
        }
    }
}
