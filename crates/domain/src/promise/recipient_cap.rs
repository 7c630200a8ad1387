//! How many acknowledgements one address gets. Anybody can apply with anybody's address: a stranger must not be able to fill a mailbox
//! through us. What is too much is sent later, or waits for a person; it is never dropped, and the form never says no.

use chrono::{DateTime, TimeDelta, Utc};

/// The most that may go to one address within any hour.
const PER_HOUR: usize = 3;

/// The most within a day; what is beyond that, a person decides.
const PER_DAY: usize = 10;

/// Whether an address has room for one more acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Now,
    /// Then the hour has room again.
    From(DateTime<Utc>),
    /// Not today.
    Exhausted,
}

/// `earlier` are the times at which the address's acknowledgements were to go, of the last day and yet to come, in any order.
pub fn room(earlier: &[DateTime<Utc>], now: DateTime<Utc>) -> Room {
    let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
    if earlier.iter().filter(|at| **at > now - day).count() >= PER_DAY {
        return Room::Exhausted;
    }
    let has_room = |from: DateTime<Utc>| earlier.iter().filter(|at| (from - hour < **at) && **at <= from).count() < PER_HOUR;
    if earlier.iter().all(|at| *at <= now) && has_room(now) {
        return Room::Now;
    }
    // Behind whatever waits already: those that came first go first.
    let last = earlier.iter().copied().max().unwrap_or(now).max(now);
    let next = earlier.iter().map(|at| *at + hour).filter(|at| *at > last).chain([last]).filter(|from| has_room(*from)).min();
    match next.unwrap_or(last + hour) {
        next if next <= now => Room::Now,
        next => Room::From(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn plan(rooms: usize, now: DateTime<Utc>) -> Vec<Room> {
        let mut earlier = Vec::new();
        let mut plan = Vec::new();
        for _ in 0..rooms {
            let room = room(&earlier, now);
            earlier.push(match room {
                Room::Now | Room::Exhausted => now,
                Room::From(from) => from,
            });
            plan.push(room);
        }
        plan
    }

    #[test]
    fn three_go_at_once_three_more_each_hour_and_the_eleventh_waits_for_a_person() {
        let hour = |hours: i64| Room::From(at(60 * hours));
        let expected = [
            Room::Now,
            Room::Now,
            Room::Now,
            hour(1),
            hour(1),
            hour(1),
            hour(2),
            hour(2),
            hour(2),
            hour(3),
            Room::Exhausted,
            Room::Exhausted,
        ];
        assert_eq!(plan(12, at(0)), expected);
    }

    #[test]
    fn an_hour_later_there_is_room_again_and_a_day_later_for_all() {
        let earlier = [at(0), at(10), at(20)];
        assert_eq!(room(&earlier, at(30)), Room::From(at(60)));
        assert_eq!(room(&earlier, at(60)), Room::Now);
        let ten: Vec<_> = (0..10).map(|hour| at(60 * hour)).collect();
        assert_eq!(room(&ten, at(60 * 10)), Room::Exhausted);
        assert_eq!(room(&ten, at(60 * 24)), Room::Now);
    }

    #[test]
    fn no_hour_ever_gets_more_than_three() {
        let mut planned: Vec<DateTime<Utc>> = Vec::new();
        for minute in [0, 1, 2, 3, 40, 55, 61, 62, 100] {
            match room(&planned, at(minute)) {
                Room::Now => planned.push(at(minute)),
                Room::From(from) => planned.push(from),
                Room::Exhausted => panic!("nine are not too many for a day"),
            }
        }
        for start in &planned {
            let within = planned.iter().filter(|at| **at > *start - TimeDelta::hours(1) && **at <= *start).count();
            assert!(within <= 3, "{within} in the hour before {start}: {planned:?}");
        }
    }
}
