use chrono::{DateTime, TimeDelta, Utc};

use super::{Basis, FinalWord, NoFinalWord, WaitsFor, is_past_retention, kept_by_law};
use crate::{application::Status, calendar::end_of_day, notification::State, policy::Policy, promise::Facts};

/// What a worker does with an erasure that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Everything was said. With the reason why nothing was, where it was not.
    Erase { exempt: Option<NoFinalWord> },
    /// It has become active again since: the applicant withdraws.
    Withdraw,
    /// It is looked at again then.
    Wait { what: WaitsFor, until: DateTime<Utc> },
    /// What it was asked for does not hold any more.
    Forget,
}

/// How soon a message may be out.
const SOON: TimeDelta = TimeDelta::minutes(1);

/// A person takes longer.
const LATER: TimeDelta = TimeDelta::hours(1);

/// Whether the data can go now. Nothing goes while a message is on its way: it needs the address, and is itself a part of the data.
pub fn look(basis: Basis, facts: &Facts, last: FinalWord, ended_at: DateTime<Utc>, policy: &Policy, now: DateTime<Utc>) -> Next {
    match basis {
        Basis::Requested if facts.standing.status == Status::Active => return Next::Withdraw,
        Basis::Retention if facts.standing.status == Status::Active || !is_past_retention(policy, ended_at, now) => return Next::Forget,
        Basis::Requested | Basis::Retention => {}
    }
    if facts.messages.iter().any(|message| message.state == State::Held) {
        return Next::Wait { what: WaitsFor::Person, until: now + LATER };
    }
    if facts.messages.iter().any(|message| message.state.is_open()) {
        return Next::Wait { what: WaitsFor::Message, until: now + SOON };
    }
    if let Some((_, until)) = kept_by_law(facts, policy, now) {
        return Next::Wait { what: WaitsFor::Law, until: end_of_day(facts.job_zone, until) + TimeDelta::seconds(1) };
    }
    match last {
        FinalWord::Told | FinalWord::Exempt => Next::Erase { exempt: None },
        // People of the organisation were asked to act, and there is nowhere to write to.
        FinalWord::Unreachable => Next::Erase { exempt: Some(NoFinalWord::Unreachable) },
        // What reconciling is about to find.
        FinalWord::Missing => Next::Wait { what: WaitsFor::Message, until: now + SOON },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        law::Law,
        notification::Kind,
        promise::examples::{in_review, message, utc},
    };

    #[test]
    fn the_data_goes_when_everything_was_said_and_not_before() {
        let now = utc("2026-11-24T10:00:00+01:00");
        let policy = Policy::default();
        let wait = |what, length| Next::Wait { what, until: now + length };
        let erase = |exempt| Next::Erase { exempt };
        for (state, last, expected, reason) in [
            (None, FinalWord::Told, erase(None), "they know"),
            (None, FinalWord::Exempt, erase(None), "there is a reason on record"),
            (None, FinalWord::Unreachable, erase(Some(NoFinalWord::Unreachable)), "the reason is put on record"),
            (None, FinalWord::Missing, wait(WaitsFor::Message, SOON), "reconciling owes it"),
            (Some(State::Scheduled), FinalWord::Missing, wait(WaitsFor::Message, SOON), "it is about to go"),
            (Some(State::Sending), FinalWord::Told, wait(WaitsFor::Message, SOON), "a worker has it"),
            (Some(State::Held), FinalWord::Missing, wait(WaitsFor::Person, LATER), "it waits for a person"),
            (Some(State::Undeliverable), FinalWord::Told, erase(None), "an earlier one never arrived"),
        ] {
            let mut facts = in_review();
            facts.standing.status = Status::Withdrawn;
            facts.messages = state.map(|state| message(1, Kind::Withdrawn, state)).into_iter().collect();
            assert_eq!(look(Basis::Requested, &facts, last, now, &policy, now), expected, "{reason}");
        }
    }

    #[test]
    fn what_was_told_meanwhile_is_kept_for_as_long_as_the_law_says() {
        let now = utc("2026-11-24T10:00:00+01:00");
        let mut facts = in_review();
        facts.standing.status = Status::Withdrawn;
        facts.standing.decision_told_at = Some(now);
        let ontario = Policy { law: Some(Law::Ontario), ..Policy::default() };
        let Next::Wait { what: WaitsFor::Law, until } = look(Basis::Requested, &facts, FinalWord::Told, now, &ontario, now) else {
            panic!("a law was passed over")
        };
        assert_eq!(until, utc("2029-11-25T00:00:00+01:00"));
        assert_eq!(look(Basis::Requested, &facts, FinalWord::Told, now, &ontario, until), Next::Erase { exempt: None });
    }

    #[test]
    fn who_became_active_again_withdraws_or_is_kept() {
        let now = utc("2026-11-24T10:00:00+01:00");
        let policy = Policy { retention: Some(TimeDelta::days(30)), ..Policy::default() };
        let facts = in_review();
        assert_eq!(look(Basis::Requested, &facts, FinalWord::Missing, now, &policy, now), Next::Withdraw);
        assert_eq!(look(Basis::Retention, &facts, FinalWord::Missing, now - TimeDelta::days(31), &policy, now), Next::Forget);
        let mut ended = in_review();
        ended.standing.status = Status::Rejected;
        assert_eq!(look(Basis::Retention, &ended, FinalWord::Told, now, &policy, now), Next::Forget, "something happened since");
    }
}
