//! What must be on record for an application, whatever became of the rows that said so.

use chrono::{DateTime, Utc};

use super::{Deadline, Facts, NextWord, Owe, Standing, Unanswered, answer::waiting_since};
use crate::{
    application::{Stage, Status},
    notification::Kind,
    policy::Policy,
};

/// The message that ends an application of this status (P3).
pub const fn final_word(status: Status) -> Option<Kind> {
    match status {
        Status::Active => None,
        Status::Hired => Some(Kind::Hired),
        Status::Rejected => Some(Kind::Rejected),
        Status::Withdrawn => Some(Kind::Withdrawn),
    }
}

/// Whether a message that was owed once, and whose row is gone, should still be told. What was decided since may have overtaken it, and
/// could not take back a row that was not there.
pub fn still_owed(kind: Kind, stage: Option<Stage>, standing: &Standing) -> bool {
    match kind {
        Kind::Received | Kind::Message => true,
        Kind::StageChanged => standing.status == Status::Active && stage == Some(standing.stage),
        Kind::StillConsidering | Kind::NoDecision | Kind::Correction => standing.status == Status::Active,
        Kind::Rejected | Kind::Hired | Kind::Withdrawn => final_word(standing.status) == Some(kind) && !standing.told_by_person(),
    }
}

/// A message that no record ever owed, although it must be: at once.
pub fn owed_at_last(kind: Kind, facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Owe {
    let promised_by = match kind {
        Kind::Received | Kind::StageChanged | Kind::StillConsidering | Kind::NoDecision | Kind::Correction => {
            Some(now + policy.update_every)
        }
        Kind::Rejected | Kind::Hired | Kind::Withdrawn | Kind::Message => None,
    };
    Owe { promised_by, ..Owe::soon(kind, facts, policy, now) }
}

/// The promise to answer what the applicant wrote then, which is gone from the record.
pub fn unanswered(facts: &Facts, policy: &Policy, wrote_at: DateTime<Utc>) -> Unanswered {
    waiting_since(facts, policy, wrote_at)
}

/// What is wrong with the next word of an application (P2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextWordIs {
    Whole,
    /// This is how the application stands with one.
    Missing(Standing),
    /// Its date was over before then, and nothing is on its way: it is due, like any other whose time has come.
    Past,
}

/// Looks at the next word, as it should be on record. A date may be over since `grace` before it counts as past.
pub fn next_word(facts: &Facts, policy: &Policy, grace: DateTime<Utc>, now: DateTime<Utc>) -> NextWordIs {
    if !facts.carries_promises(&facts.standing) {
        return NextWordIs::Whole;
    }
    match facts.standing.next_word {
        Some(word) if word.by < grace && !facts.something_is_open() => NextWordIs::Past,
        Some(_) => NextWordIs::Whole,
        None => {
            let mut standing = facts.standing.clone();
            standing.deadline.get_or_insert_with(|| Deadline::new(policy, now));
            let acknowledgement = facts.open().find(|message| message.kind == Kind::Received && message.due_at > now);
            standing.next_word = match acknowledgement {
                Some(message) => Some(NextWord { kind: Kind::Received, by: message.due_at, at: message.due_at }),
                None => facts.next_word(&standing, facts.update_by(policy, now), policy, now),
            };
            NextWordIs::Missing(standing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::Channel;

    fn standing(status: Status) -> Standing {
        Standing { stage: Stage::Interview, status, ..Standing::received() }
    }

    #[test]
    fn a_final_message_is_owed_only_while_the_application_ended_that_way() {
        for status in Status::ALL {
            for kind in [Kind::Rejected, Kind::Hired, Kind::Withdrawn] {
                assert_eq!(still_owed(kind, None, &standing(*status)), final_word(*status) == Some(kind), "{kind} {status}");
            }
        }
    }

    #[test]
    fn what_a_person_told_is_not_owed_by_mail_any_more() {
        let told = Standing { told_otherwise: Some(Channel::Phone), shown_status: Status::Rejected, ..standing(Status::Rejected) };
        assert!(!still_owed(Kind::Rejected, None, &told));
        let hired_since = Standing { status: Status::Hired, ..told };
        assert!(still_owed(Kind::Hired, None, &hired_since), "they know of another outcome");
    }

    #[test]
    fn a_missing_next_word_is_the_acknowledgement_or_the_date_that_was_told() {
        use crate::{
            notification::State,
            promise::examples::{in_review, message, monday},
        };
        let (policy, now) = (Policy::default(), monday());
        let whole = in_review();
        assert_eq!(next_word(&whole, &policy, now, now), NextWordIs::Whole);
        let mut lost = whole.clone();
        lost.standing.next_word = None;
        let NextWordIs::Missing(standing) = next_word(&lost, &policy, now, now) else { panic!("it is missing") };
        assert_eq!(standing.next_word.map(|word| word.by), whole.standing.promised_by);
        lost.messages = vec![message(1, Kind::Received, State::Scheduled)];
        lost.messages[0].due_at = now + policy.acknowledge_within;
        let NextWordIs::Missing(standing) = next_word(&lost, &policy, now, now) else { panic!("it is missing") };
        assert_eq!(standing.next_word.map(|word| (word.kind, word.by)), Some((Kind::Received, now + policy.acknowledge_within)));
        let late = whole.standing.next_word.unwrap().by + chrono::TimeDelta::hours(1);
        assert_eq!(next_word(&whole, &policy, late, late), NextWordIs::Past);
        let on_its_way = Facts { messages: lost.messages, ..whole };
        assert_eq!(next_word(&on_its_way, &policy, late, late), NextWordIs::Whole);
    }

    #[test]
    fn news_of_a_stage_is_owed_only_while_it_is_true() {
        let active = standing(Status::Active);
        assert!(still_owed(Kind::StageChanged, Some(Stage::Interview), &active));
        assert!(!still_owed(Kind::StageChanged, Some(Stage::Review), &active));
        assert!(!still_owed(Kind::StageChanged, Some(Stage::Interview), &standing(Status::Rejected)));
    }

    #[test]
    fn an_acknowledgement_is_always_owed() {
        assert!(Status::ALL.iter().all(|status| still_owed(Kind::Received, None, &standing(*status))));
    }
}
