//! What one mail a day tells a person: who waits, longest first.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::is_late;
use crate::{
    calendar::earliest,
    closed_set::closed_set,
    ids::{ApplicationId, NotificationId},
    notification::State,
};

closed_set! {
    /// How an applicant waits, the worst first.
    Waits, "way of waiting" {
        /// A word that was promised is not there.
        Overdue = "overdue",
        /// Their address takes no mail.
        Undeliverable = "undeliverable",
        /// A message waits for a person to let it go.
        Held = "held",
        /// A message was put off, or has been on its way for hours.
        AtRisk = "at_risk",
        /// The time for a decision is running out.
        Undecided = "undecided",
    }
}

/// How an applicant waits because of one message; `None` if nobody has to look at it.
pub fn waits_as(state: State, send_after: DateTime<Utc>, due_at: DateTime<Utc>, tries: u32, now: DateTime<Utc>) -> Option<Waits> {
    match state {
        State::Held => Some(Waits::Held),
        State::Undeliverable | State::Bounced => Some(Waits::Undeliverable),
        State::Waiting | State::Scheduled | State::Sending if due_at <= now => Some(Waits::Overdue),
        // The try that is under way is counted, and has not failed yet.
        State::Sending => (tries > 1 || is_late(send_after, now)).then_some(Waits::AtRisk),
        State::Waiting | State::Scheduled => (tries > 0 || is_late(send_after, now)).then_some(Waits::AtRisk),
        State::Sent | State::Cancelled => None,
    }
}

/// One applicant who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub application: ApplicationId,
    pub how: Waits,
    /// When they were last told anything, or applied.
    pub since: DateTime<Utc>,
    /// When the word or the decision is or was due.
    pub due_at: DateTime<Utc>,
    /// The message that it is about.
    pub message: Option<NotificationId>,
}

/// Everybody who waits for what one person has to see to: ids and times, and nothing about anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub counts: BTreeMap<Waits, u64>,
    /// Whoever has waited longest, and not all of them if they are many.
    pub longest: Vec<Waiting>,
}

impl Digest {
    /// As many as a person reads.
    pub const SHOWN: usize = 20;

    /// Each applicant is to be added once.
    pub fn add(&mut self, waiting: Waiting) {
        *self.counts.entry(waiting.how).or_default() += 1;
        let order = |one: &Waiting| (one.since, one.application);
        let place = self.longest.partition_point(|other| order(other) <= order(&waiting));
        if place < Self::SHOWN {
            self.longest.insert(place, waiting);
            self.longest.truncate(Self::SHOWN);
        }
    }

    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// The local day whose digest is to go out now, and when the next one is. `None` before the first hour of a day.
///
/// Where clocks are put forward over the hour, the digest goes out when they are; where they are put back, the first time they show it.
pub fn digest_day(hour: u32, zone: Tz, now: DateTime<Utc>) -> (Option<NaiveDate>, DateTime<Utc>) {
    let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
    let today = now.with_timezone(&zone).date_naive();
    let at = earliest(zone, today.and_time(time));
    if now < at {
        return (None, at);
    }
    let tomorrow = today.checked_add_days(Days::new(1)).map_or(now + TimeDelta::days(1), |day| earliest(zone, day.and_time(time)));
    (Some(today), tomorrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_counts_as_waiting() {
        let now = utc("2026-11-24T12:00:00Z");
        let hour = TimeDelta::hours(1);
        for (state, send_after, due_at, tries, expected, reason) in [
            (State::Scheduled, now - hour, now + hour * 3, 0, None, "on its way, and in time"),
            (State::Scheduled, now + hour, now + hour * 5, 0, None, "not yet its turn"),
            (State::Scheduled, now - hour, now + hour * 3, 1, Some(Waits::AtRisk), "put off once"),
            (State::Sending, now, now + hour, 1, None, "being sent for the first time"),
            (State::Sending, now, now + hour, 2, Some(Waits::AtRisk), "being sent again"),
            (State::Sending, now - hour * 4, now + hour, 0, Some(Waits::AtRisk), "no relay for hours"),
            (State::Scheduled, now - hour * 4, now, 3, Some(Waits::Overdue), "its date has come"),
            (State::Waiting, now - hour, now - hour, 0, Some(Waits::Overdue), "behind one that does not go"),
            (State::Held, now, now + hour, 0, Some(Waits::Held), ""),
            (State::Undeliverable, now, now, 1, Some(Waits::Undeliverable), ""),
            (State::Bounced, now, now, 1, Some(Waits::Undeliverable), "it came back"),
            (State::Sent, now, now - hour, 1, None, "late, but there"),
            (State::Cancelled, now, now - hour, 1, None, ""),
        ] {
            assert_eq!(waits_as(state, send_after, due_at, tries, now), expected, "{state} {reason}");
        }
    }

    #[test]
    fn those_who_have_waited_longest_come_first_and_all_are_counted() {
        let mut digest = Digest::default();
        for number in (0..30_u8).rev().chain(30..60) {
            let application = ApplicationId::from(uuid::Uuid::from_u128(number.into()));
            let since = DateTime::UNIX_EPOCH + TimeDelta::days(number.into());
            let how = if number % 2 == 0 { Waits::Overdue } else { Waits::Held };
            digest.add(Waiting { application, how, since, due_at: since, message: None });
        }
        assert_eq!((digest.count(), digest.counts[&Waits::Overdue], digest.longest.len()), (60, 30, Digest::SHOWN));
        let days: Vec<i64> = digest.longest.iter().map(|one| (one.since - DateTime::UNIX_EPOCH).num_days()).collect();
        assert_eq!(days, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn the_morning_comes_once_a_day_whatever_the_clocks_do() {
        let berlin: Tz = "Europe/Berlin".parse().unwrap();
        for (hour, now, day, next, reason) in [
            (8, "2026-11-24T06:59:59Z", None, "2026-11-24T07:00:00Z", "a second too early"),
            (8, "2026-11-24T07:00:00Z", Some("2026-11-24"), "2026-11-25T07:00:00Z", "winter"),
            (8, "2026-07-24T06:00:00Z", Some("2026-07-24"), "2026-07-25T06:00:00Z", "summer"),
            (8, "2026-11-24T22:30:00Z", Some("2026-11-24"), "2026-11-25T07:00:00Z", "nobody was up in the morning"),
            (8, "2026-11-24T23:30:00Z", None, "2026-11-25T07:00:00Z", "there it is the next day already"),
            (8, "2026-03-28T07:00:00Z", Some("2026-03-28"), "2026-03-29T06:00:00Z", "the night before is an hour shorter"),
            (8, "2026-10-24T06:00:00Z", Some("2026-10-24"), "2026-10-25T07:00:00Z", "an hour longer"),
            (2, "2026-03-29T00:59:59Z", None, "2026-03-29T01:00:00Z", "there is no two o'clock"),
            (2, "2026-03-29T01:00:00Z", Some("2026-03-29"), "2026-03-30T00:00:00Z", "so three is"),
            (2, "2026-10-25T00:00:00Z", Some("2026-10-25"), "2026-10-26T01:00:00Z", "the first of two"),
            (2, "2026-10-25T01:00:00Z", Some("2026-10-25"), "2026-10-26T01:00:00Z", "the second is the same day's"),
        ] {
            let day = day.map(|day| day.parse::<NaiveDate>().unwrap());
            assert_eq!(digest_day(hour, berlin, utc(now)), (day, utc(next)), "{now}: {reason}");
        }
    }
}
