//! An application comes from another system: it goes through the same door as one that comes in here, and owes no less.

use chrono::{DateTime, Utc};

use super::{
    CancelReason, Channel, Decision, Facts, HoldReason, Owe, Room, Said, Standing, acknowledge, hire, reject, repair::final_word, withdraw,
};
use crate::{
    application::{Stage, Status},
    closed_set::closed_set,
    notification::Kind,
    policy::Policy,
};

/// How it stands in the system that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    pub stage: Stage,
    pub status: Status,
    /// What its applicant was told there last.
    pub told: Option<ToldThere>,
    /// It has ended, and a person says with a reason why its applicant gets no message about that.
    pub exempt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldThere {
    pub said: Said,
    pub channel: Channel,
    pub at: DateTime<Utc>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub standing: Standing,
    /// Every application has its acknowledgement on record, also one that is never sent.
    pub acknowledgement: Owe,
    /// Why it is not sent.
    pub unsaid: Option<CancelReason>,
    /// How the application ended, if its applicant is still to hear that.
    pub last: Option<Owe>,
    pub gets: Gets,
}

/// What its applicant gets to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gets {
    Message { kind: Kind, send_after: DateTime<Utc>, due_at: DateTime<Utc> },
    Nothing(Unsaid),
}

closed_set! {
    /// Why an imported applicant gets nothing at once.
    Unsaid, "reason for silence" {
        /// It was imported before. Nothing changes.
        AlreadyHere = "already_here",
        /// The other system told them. Whoever still waits has their next word by a date.
        ToldElsewhere = "told_elsewhere",
        /// It has ended, and a person said why they get no message about it.
        Exempt = "exempt",
        /// The mailbox has had its share for a day: the acknowledgement waits for a person.
        Held = "held",
    }
}

/// What was said there is not said again, and what was not is owed here. Dates count from now, for nobody was promised one of ours before.
///
/// Whoever hears how it ended needs no acknowledgement before.
pub fn imported(facts: &Facts, imported: &Imported, room: Room, policy: &Policy, now: DateTime<Utc>) -> Arrival {
    let Imported { stage, status, told, exempt } = *imported;
    let Decision { mut standing, mut owe, .. } = acknowledge::submitted(facts, false, room, policy, now);
    let acknowledgement = owe.pop().expect("whoever applies is owed an acknowledgement");
    standing.stage = stage;
    if let Some(ToldThere { at, .. }) = told {
        standing.told_at = Some(at);
        standing.shown_stage = stage;
    }
    if status == Status::Active {
        return match told {
            None => Arrival { standing, gets: Gets::of(&acknowledgement), acknowledgement, unsaid: None, last: None },
            Some(ToldThere { said, at, channel: _ }) => {
                standing.next_word = None;
                standing.decision_told_at = (said == Said::NoDecision).then_some(at);
                let facts = Facts { standing: standing.clone(), ..facts.clone() };
                standing.next_word = facts.next_word(&standing, facts.update_by(policy, now), policy, now);
                let (unsaid, gets) = (Some(CancelReason::ToldOtherwise), Gets::Nothing(Unsaid::ToldElsewhere));
                Arrival { standing, acknowledgement, unsaid, last: None, gets }
            }
        };
    }
    if let Some(ToldThere { said: Said::Outcome, channel, at }) = told {
        standing.shown_status = status;
        standing.told_otherwise = Some(channel);
        standing.decision_told_at = Some(at);
        return ended(standing, status, acknowledgement, CancelReason::ToldOtherwise, Gets::Nothing(Unsaid::ToldElsewhere));
    }
    if exempt {
        return ended(standing, status, acknowledgement, CancelReason::ByPerson, Gets::Nothing(Unsaid::Exempt));
    }
    let facts = Facts { standing, carried_by: None, ..facts.clone() };
    let decided = match status {
        Status::Active | Status::Rejected => reject::rejected(&facts, None, None, false, policy, now),
        Status::Hired => hire::hired(&facts, None, policy, now),
        Status::Withdrawn => Ok(withdraw::withdrawn(&facts, false, policy, now)),
    };
    let Decision { standing, mut owe, .. } = decided.expect("whatever is active may end");
    let last = owe.pop().expect("whatever ends owes its last message");
    debug_assert_eq!(final_word(standing.status), Some(last.kind), "it says how it ended");
    let (unsaid, gets) = (Some(CancelReason::Superseded), Gets::of(&last));
    Arrival { standing, acknowledgement, unsaid, last: Some(last), gets }
}

fn ended(mut standing: Standing, status: Status, acknowledgement: Owe, unsaid: CancelReason, gets: Gets) -> Arrival {
    standing.status = status;
    standing.next_word = None;
    Arrival { standing, acknowledgement, unsaid: Some(unsaid), last: None, gets }
}

impl Gets {
    fn of(owe: &Owe) -> Self {
        match owe.hold {
            Some(HoldReason::RecipientCap | HoldReason::SuspectedSpam | HoldReason::NoAddress | HoldReason::AddressRefused) => {
                Self::Nothing(Unsaid::Held)
            }
            None => Self::Message { kind: owe.kind, send_after: owe.send_after, due_at: owe.due_at },
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::promise::examples::{in_review, monday};

    fn arrives(status: Status, told: Option<(Said, i64)>, exempt: bool) -> Arrival {
        let facts = Facts { standing: Standing::received(), messages: Vec::new(), ..in_review() };
        let told = told.map(|(said, days)| ToldThere { said, channel: Channel::OtherMail, at: monday() - TimeDelta::days(days) });
        let row = Imported { stage: Stage::Interview, status, told, exempt };
        imported(&facts, &row, Room::Now, &Policy::default(), monday())
    }

    #[test]
    fn what_was_not_said_there_is_owed_here_and_what_was_is_not_said_again() {
        use CancelReason::{ByPerson, Superseded, ToldOtherwise};
        for (status, told, exempt, unsaid, last, gets) in [
            (Status::Active, None, false, None, None, Ok(Kind::Received)),
            (Status::Active, Some((Said::Update, 2)), false, Some(ToldOtherwise), None, Err(Unsaid::ToldElsewhere)),
            (Status::Rejected, None, false, Some(Superseded), Some(Kind::Rejected), Ok(Kind::Rejected)),
            (Status::Hired, None, false, Some(Superseded), Some(Kind::Hired), Ok(Kind::Hired)),
            (Status::Withdrawn, None, false, Some(Superseded), Some(Kind::Withdrawn), Ok(Kind::Withdrawn)),
            (Status::Rejected, None, true, Some(ByPerson), None, Err(Unsaid::Exempt)),
            (Status::Rejected, Some((Said::Outcome, 40)), false, Some(ToldOtherwise), None, Err(Unsaid::ToldElsewhere)),
        ] {
            let arrival = arrives(status, told, exempt);
            let message = match arrival.gets {
                Gets::Message { kind, .. } => Ok(kind),
                Gets::Nothing(why) => Err(why),
            };
            let row = (arrival.unsaid, arrival.last.as_ref().map(|owe| owe.kind), message);
            assert_eq!(row, (unsaid, last, gets), "{status} {told:?}");
            assert_eq!((arrival.standing.status, arrival.standing.stage), (status, Stage::Interview));
            assert_eq!(arrival.standing.next_word.is_some(), status == Status::Active, "P2");
            assert_eq!(arrival.standing.told_by_person(), matches!(told, Some((Said::Outcome, _))));
        }
    }

    #[test]
    fn whoever_was_told_there_has_their_next_word_in_time_and_nobody_a_flood_at_once() {
        let by = |days| arrives(Status::Active, Some((Said::Update, days)), false).standing.next_word.unwrap().by;
        assert_eq!(by(2), monday() + TimeDelta::days(12));
        assert_eq!(by(300), monday() + TimeDelta::days(14), "a new promise, and none that is over already");
        assert!(arrives(Status::Active, None, false).standing.deadline.unwrap().by > monday());
    }

    #[test]
    fn a_rejection_that_nobody_was_told_of_can_be_taken_back_first() {
        let last = arrives(Status::Rejected, None, false).last.unwrap();
        assert!(last.send_after >= monday() + TimeDelta::days(2));
    }
}
