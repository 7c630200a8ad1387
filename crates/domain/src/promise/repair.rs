//! What must be on record for an application, whatever became of the rows that said so.

use chrono::{DateTime, Utc};

use super::{Facts, Owe, Standing};
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
        Kind::Received => true,
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
        Kind::Rejected | Kind::Hired | Kind::Withdrawn => None,
    };
    Owe { promised_by, ..Owe::soon(kind, facts, policy, now) }
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
