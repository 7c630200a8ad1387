//! Randomness as a parameter.

use std::sync::{Mutex, PoisonError};

use rand::{Rng, SeedableRng, rngs::StdRng};

/// A source of random bytes: keys, tokens, the random part of ids, jitter.
///
/// `StdRng` is a cryptographic generator; from the system it is seeded with 256 bits of the operating system's entropy.
#[derive(Debug)]
pub struct Random(Mutex<StdRng>);

impl Random {
    /// Seeded by the operating system: for everything that runs outside a test.
    #[expect(clippy::disallowed_methods, reason = "the one place where the system's entropy is read")]
    pub fn from_system() -> Self {
        Self(Mutex::new(rand::make_rng()))
    }

    /// The same bytes for the same seed: for tests and drills.
    pub fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A fraction in `0.0..1.0`.
    pub fn fraction(&self) -> f64 {
        let [a, b, c, d] = self.bytes::<4>();
        f64::from(u32::from_le_bytes([a, b, c, d])) / 4_294_967_296.0
    }
}
