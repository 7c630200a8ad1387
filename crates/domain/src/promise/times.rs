//! When a message goes out: at the latest "not before", and never after the earliest date by which it must be there.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::Facts;
use crate::{calendar::QuietHours, closed_set::closed_set, notification::Kind, policy::Policy};

closed_set! {
    /// Why a message does not go out earlier.
    NotBefore, "reason to wait" {
        /// It goes out at once.
        Nothing = "nothing",
        /// The time in which the rejection can be taken back without a word.
        UndoWindow = "undo_window",
        /// Whoever decided named a time.
        Asked = "asked",
        /// It is night where the applicant lives.
        QuietHours = "quiet_hours",
        /// The address had as much mail from here as it gets in an hour.
        Cap = "cap",
    }
}

closed_set! {
    /// Why a message must be there by a date, whatever else asks for time.
    HardDue, "hard due date" {
        Law = "law",
        /// A message told the applicant when they would hear again.
        Told = "told",
    }
}

/// The two times of one message, and how they came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Not before then.
    pub send_after: DateTime<Utc>,
    /// The promise: accepted by a relay at the latest then.
    pub due_at: DateTime<Utc>,
    pub waits_for: NotBefore,
    /// Set where the wish to wait gave way to a date.
    pub shrunk: Option<Shrunk>,
}

/// A conflict between waiting and a date, as it was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// When it would have gone out without the date.
    pub wanted: DateTime<Utc>,
    pub hard: HardDue,
    pub by: DateTime<Utc>,
    /// There was no hour of the day left before the date, so it goes out at night.
    pub breaks_quiet_hours: bool,
}

/// What one message has to fit in between.
pub(super) struct Bounds<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) waits: &'a [(NotBefore, DateTime<Utc>)],
    pub(super) quiet: Option<(QuietHours, Tz)>,
    pub(super) hard: Option<(HardDue, DateTime<Utc>)>,
    /// From going out to being accepted.
    pub(super) lead: TimeDelta,
}

impl Bounds<'_> {
    pub(super) fn times(&self) -> Times {
        let Self { now, waits, quiet, hard, lead } = self;
        let first = (NotBefore::Nothing, *now);
        let (reason, wanted) = waits.iter().copied().fold(first, |latest, wait| if wait.1 > latest.1 { wait } else { latest });
        let day = quiet.map_or(wanted, |(quiet, zone)| quiet.not_before(wanted, zone));
        let waits_for = if day > wanted { NotBefore::QuietHours } else { reason };
        let free = Times { send_after: day, due_at: day + *lead, waits_for, shrunk: None };
        let Some((hard, by)) = *hard else { return free };
        if free.due_at <= by {
            return free;
        }
        let latest = by - *lead;
        let evening = quiet.map_or(latest, |(quiet, zone)| quiet.not_after(latest, zone));
        // Where no hour of the day is left, the night has to do, and what is left of the window stays.
        let send_after = if evening >= *now { evening } else { wanted.min(latest).max(*now) };
        let breaks_quiet_hours = quiet.is_some_and(|(quiet, zone)| quiet.covers(send_after, zone));
        let shrunk = (send_after < day).then_some(Shrunk { wanted: day, hard, by, breaks_quiet_hours });
        let waits_for = match () {
            () if send_after <= *now => NotBefore::Nothing,
            () if reason == NotBefore::Nothing => NotBefore::QuietHours,
            () => reason,
        };
        Times { send_after, due_at: by.min(send_after + *lead), waits_for, shrunk }
    }
}

impl Facts {
    /// When a message of this kind goes out. `waits` are the wishes of whoever owes it.
    pub(super) fn times(&self, kind: Kind, waits: &[(NotBefore, DateTime<Utc>)], policy: &Policy, now: DateTime<Utc>) -> Times {
        let capped = self.capped_until.map(|until| (NotBefore::Cap, until));
        let waits: Vec<_> = waits.iter().copied().chain(capped).collect();
        let quiet = policy.quiet_hours.filter(|_| kind.respects_quiet_hours()).map(|quiet| (quiet, self.zone));
        let lead = if kind == Kind::Received { policy.acknowledge_within } else { policy.deliver_within };
        Bounds { now, waits: &waits, quiet, hard: self.hard_due(policy), lead }.times()
    }

    /// The earliest date by which this applicant must have word.
    pub fn hard_due(&self, policy: &Policy) -> Option<(HardDue, DateTime<Utc>)> {
        let law = self.law_due(policy).map(|by| (HardDue::Law, by));
        // A message that still goes out tells a date as well, and it counts as soon as it is read.
        let told = self.open().filter_map(|message| message.promised_by).chain(self.standing.promised_by).min();
        [law, told.map(|by| (HardDue::Told, by))].into_iter().flatten().min_by_key(|(_, by)| *by)
    }

    pub(super) fn law_due(&self, policy: &Policy) -> Option<DateTime<Utc>> {
        let law = policy.law?.preset();
        law.due(self.standing.last_interview, self.standing.decision_told_at, self.job_zone)
    }
}

/// For a dry run: `2026-12-01 08:00 UTC (waits for quiet_hours)`.
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
        write!(f, "{}", minute(self.send_after))?;
        match self.waits_for {
            NotBefore::Nothing => write!(f, " (at once)")?,
            NotBefore::UndoWindow => write!(f, " (after the undo window)")?,
            NotBefore::Asked => write!(f, " (as asked)")?,
            NotBefore::QuietHours => write!(f, " (outside quiet hours)")?,
            NotBefore::Cap => write!(f, " (the address had its share of mail for this hour)")?,
        }
        if let Some(Shrunk { wanted, hard, by, breaks_quiet_hours }) = self.shrunk {
            let whose = match hard {
                HardDue::Law => "the law's date",
                HardDue::Told => "the date that the applicant was told",
            };
            let night = if breaks_quiet_hours { ", even at night" } else { "" };
            write!(f, "; earlier than {}, because {whose} is {}{night}", minute(wanted), minute(by))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn times(now: &str, window: i64, hard: Option<(HardDue, &str)>) -> Times {
        let now = utc(now);
        let waits = [(NotBefore::UndoWindow, now + TimeDelta::hours(window))];
        let hard = hard.map(|(hard, by)| (hard, utc(by)));
        let lead = TimeDelta::hours(4);
        Bounds { now, waits: &waits, quiet: Some((QuietHours::NIGHT, Tz::Europe__Berlin)), hard, lead }.times()
    }

    /// Berlin in November: UTC + 1, so mail goes out from 07:00 to 19:00 UTC.
    #[test]
    fn a_message_goes_out_at_the_latest_not_before_and_never_after_the_earliest_hard_due() {
        use HardDue::{Law, Told};
        use NotBefore::{Nothing, QuietHours, UndoWindow};
        for (now, window, hard, send_after, due_at, waits_for, shrunk, reason) in [
            ("2026-11-23T09:00:00Z", 48, None, "2026-11-25T09:00:00Z", "2026-11-25T13:00:00Z", UndoWindow, None, "nothing else asks"),
            ("2026-11-23T09:00:00Z", 0, None, "2026-11-23T09:00:00Z", "2026-11-23T13:00:00Z", Nothing, None, "no window at all"),
            (
                "2026-11-23T22:00:00Z",
                48,
                None,
                "2026-11-26T07:00:00Z",
                "2026-11-26T11:00:00Z",
                QuietHours,
                None,
                "the window ends at night",
            ),
            (
                "2026-11-23T09:00:00Z",
                48,
                Some((Told, "2026-12-01T09:00:00Z")),
                "2026-11-25T09:00:00Z",
                "2026-11-25T13:00:00Z",
                UndoWindow,
                None,
                "the date is later",
            ),
            (
                "2026-11-23T09:00:00Z",
                48,
                Some((Told, "2026-11-24T16:00:00Z")),
                "2026-11-24T12:00:00Z",
                "2026-11-24T16:00:00Z",
                UndoWindow,
                Some(("2026-11-25T09:00:00Z", false)),
                "the window shrinks, with the time that delivery needs",
            ),
            (
                "2026-11-23T09:00:00Z",
                48,
                Some((Law, "2026-11-25T04:59:59Z")),
                "2026-11-24T18:59:00Z",
                "2026-11-24T22:59:00Z",
                UndoWindow,
                Some(("2026-11-25T09:00:00Z", false)),
                "a date at night: the evening before",
            ),
            (
                "2026-11-23T09:00:00Z",
                20,
                Some((Told, "2026-11-24T08:00:00Z")),
                "2026-11-23T18:59:00Z",
                "2026-11-23T22:59:00Z",
                UndoWindow,
                Some(("2026-11-24T07:00:00Z", false)),
                "the morning would be too late",
            ),
            (
                "2026-11-23T20:00:00Z",
                5,
                Some((Told, "2026-11-24T06:00:00Z")),
                "2026-11-24T01:00:00Z",
                "2026-11-24T05:00:00Z",
                UndoWindow,
                Some(("2026-11-24T07:00:00Z", true)),
                "only the night is left, with the whole window",
            ),
            (
                "2026-11-23T20:00:00Z",
                48,
                Some((Told, "2026-11-24T06:00:00Z")),
                "2026-11-24T02:00:00Z",
                "2026-11-24T06:00:00Z",
                UndoWindow,
                Some(("2026-11-26T07:00:00Z", true)),
                "only the night is left, with a part of the window",
            ),
            (
                "2026-11-23T09:00:00Z",
                48,
                Some((Told, "2026-11-23T10:00:00Z")),
                "2026-11-23T09:00:00Z",
                "2026-11-23T10:00:00Z",
                Nothing,
                Some(("2026-11-25T09:00:00Z", false)),
                "the date is so near that no window is left",
            ),
            (
                "2026-11-23T09:00:00Z",
                48,
                Some((Told, "2026-11-20T10:00:00Z")),
                "2026-11-23T09:00:00Z",
                "2026-11-20T10:00:00Z",
                Nothing,
                Some(("2026-11-25T09:00:00Z", false)),
                "the date is over: at once, and the record says that it is late",
            ),
        ] {
            let Times { send_after: sent, due_at: due, waits_for: waits, shrunk: short } = times(now, window, hard);
            assert_eq!((sent, due, waits), (utc(send_after), utc(due_at), waits_for), "{reason}");
            assert_eq!(short.map(|short| (short.wanted, short.breaks_quiet_hours)), shrunk.map(|(at, night)| (utc(at), night)), "{reason}");
        }
    }

    #[test]
    fn a_conflict_explains_itself() {
        let shrunk = times("2026-11-23T20:00:00Z", 48, Some((HardDue::Law, "2026-11-24T06:00:00Z")));
        assert_eq!(
            shrunk.to_string(),
            "2026-11-24 02:00 UTC (after the undo window); earlier than 2026-11-26 07:00 UTC, because the law's date is \
             2026-11-24 06:00 UTC, even at night"
        );
        assert_eq!(times("2026-11-23T09:00:00Z", 0, None).to_string(), "2026-11-23 09:00 UTC (at once)");
    }

    proptest::proptest! {
        #[test]
        fn the_hard_due_wins_and_nothing_goes_out_early_without_one(window in 0..200i64, start in 0..1_000i64, hard in proptest::option::of(-50..300i64)) {
            let now = utc("2026-03-20T00:00:00Z") + TimeDelta::hours(start);
            let hard = hard.map(|hours| (HardDue::Told, now + TimeDelta::hours(hours)));
            let (quiet, zone, lead) = (QuietHours::NIGHT, Tz::Europe__Berlin, TimeDelta::hours(4));
            let wanted = now + TimeDelta::hours(window);
            let times = Bounds { now, waits: &[(NotBefore::UndoWindow, wanted)], quiet: Some((quiet, zone)), hard, lead }.times();
            assert!(times.send_after >= now);
            match hard {
                Some((_, by)) => assert!(times.send_after <= (by - lead).max(now) && times.due_at <= by, "{times:?}"),
                None => assert!(times.send_after >= wanted && times.shrunk.is_none(), "{times:?}"),
            }
            let breaks = times.shrunk.is_some_and(|shrunk| shrunk.breaks_quiet_hours);
            assert_eq!(quiet.covers(times.send_after, zone), breaks, "{times:?}");
            if times.shrunk.is_none() {
                assert!(times.send_after >= wanted, "{times:?}");
            }
        }
    }
}
