//! Chance that can be repeated.
//!
//! `HEARBACK_FUZZ_SECONDS` says how long (2 otherwise; 0 is without end), `HEARBACK_FUZZ_SEED` repeats a run.

use std::{
    env,
    time::{Duration, Instant},
};

/// SplitMix64: the same from the same seed, whatever becomes of crates for random numbers.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("less than a usize")
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }
}

/// Each run has a seed of its own, so that one that fails comes first when it is repeated.
pub(crate) fn for_a_while(what: &str, mut run: impl FnMut(u64)) {
    let setting = |name: &str| {
        env::var(name).ok().map(|value| value.parse::<u64>().unwrap_or_else(|_| panic!("{name} must be a number, not `{value}`")))
    };
    let seconds = setting("HEARBACK_FUZZ_SECONDS").unwrap_or(2);
    let seed = setting("HEARBACK_FUZZ_SEED").unwrap_or(1);
    let started = Instant::now();
    let mut count: u64 = 0;
    while seconds == 0 || started.elapsed() < Duration::from_secs(seconds) {
        run(seed.wrapping_add(count));
        count += 1;
    }
    #[expect(clippy::print_stdout, reason = "how much was tried is what a longer run is for")]
    {
        println!("{count} {what} in {:?}", started.elapsed());
    }
    assert!(count > 0);
}
