//! When a webhook that was not taken is sent again: the schedule that Standard Webhooks recommend.

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds before each try, from the first on.
pub const LADDER: [i64; 10] = [0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];

/// The moment of try number `tries + 1`, later by up to a fifth so that what failed together does not return together; `None` after the
/// last. `tries` counts those already made; `fraction` is a random number in `0.0..1.0`.
pub fn next_try(tries: u32, now: DateTime<Utc>, fraction: f64) -> Option<DateTime<Utc>> {
    let step = LADDER.get(tries as usize)?;
    let spread = 1.0 + 0.2 * fraction.clamp(0.0, 1.0);
    Some(now + TimeDelta::milliseconds((*step as f64 * 1000.0 * spread) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_within_three_days_and_a_half_and_then_no_more() {
        let start = DateTime::UNIX_EPOCH;
        let (mut now, mut made) = (start, 0);
        while let Some(next) = next_try(made, now, 0.0) {
            (now, made) = (next, made + 1);
        }
        assert_eq!((made, (now - start).num_hours()), (10, 75));
        assert_eq!((next_try(4, start, 0.0).unwrap() - start).num_minutes(), 120);
        assert_eq!((next_try(4, start, 1.0).unwrap() - start).num_minutes(), 144);
    }
}
