//! When a message that could not be handed over is tried again.

use chrono::{DateTime, TimeDelta, Utc};

/// Minutes between one try and the next; the last step repeats.
pub const LADDER: [i64; 8] = [0, 1, 5, 15, 30, 60, 120, 240];

/// For how long a message is retried, from its first due moment (RFC 5321, section 4.5.4.1 asks for at least 4-5 days).
pub const RETRY_FOR: TimeDelta = TimeDelta::days(5);

/// How long a message that may have been sent waits for the relay to make up its mind.
pub const MAYBE_SENT_PAUSE: TimeDelta = TimeDelta::minutes(10);

/// The moment of try number `tries + 1`, spread by a fifth either way so that what failed together does not return together.
///
/// `tries` counts from 1: the tries already made. `fraction` is a random number in `0.0..1.0`.
pub fn next_try(tries: u32, now: DateTime<Utc>, fraction: f64) -> DateTime<Utc> {
    let step = LADDER.get(tries as usize).copied().unwrap_or(LADDER[LADDER.len() - 1]);
    let spread = 0.8 + 0.4 * fraction.clamp(0.0, 1.0);
    now + TimeDelta::milliseconds((step as f64 * 60_000.0 * spread) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_to_four_hours_and_stay_there() {
        let now = DateTime::UNIX_EPOCH;
        let minutes: Vec<i64> = (1..=10).map(|tries| (next_try(tries, now, 0.5) - now).num_minutes()).collect();
        assert_eq!(minutes, [1, 5, 15, 30, 60, 120, 240, 240, 240, 240]);
    }

    #[test]
    fn the_spread_is_a_fifth_either_way() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!((next_try(5, now, 0.0) - now).num_minutes(), 48);
        assert_eq!((next_try(5, now, 1.0) - now).num_minutes(), 72);
    }
}
