//! Which lane gets how many of the free slots.

use hearback_domain::notification::Lane;

/// In the order in which they are served.
pub(crate) const LANES: [i16; 3] = [Lane::Prompt.number(), Lane::Status.number(), Lane::Bulk.number()];

/// One slot in so many goes to the lanes behind, however much waits in the lanes before them.
const ONE_IN: u64 = 8;

/// Lanes are served in order, but none starves.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    /// Slots given out since the lanes behind last had one.
    given: [u64; LANES.len()],
}

impl Shares {
    /// How many of `slots` this lane may take for now, so that the lanes behind it get their part of what is left.
    pub(crate) fn first(&mut self, lane: usize, slots: u64) -> u64 {
        let behind = LANES.len() - 1 - lane;
        if behind == 0 {
            return slots;
        }
        self.given[lane] += slots;
        let kept = (self.given[lane] / ONE_IN).min(slots);
        self.given[lane] -= kept * ONE_IN;
        slots - kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slot_in_eight_is_kept_for_the_lanes_behind() {
        let mut shares = Shares::default();
        assert_eq!(shares.first(0, 64), 56);
        assert_eq!(shares.first(1, 8), 7);
        assert_eq!(shares.first(2, 1), 1);
    }

    #[test]
    fn single_slots_add_up_to_a_turn_for_the_lanes_behind() {
        let mut shares = Shares::default();
        let turns: Vec<u64> = (0..16).map(|_| shares.first(0, 1)).collect();
        assert_eq!(turns.iter().sum::<u64>(), 14);
        assert_eq!(turns[7], 0);
    }
}
