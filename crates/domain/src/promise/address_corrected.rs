use chrono::{DateTime, Utc};

use super::{
    Decision, Facts, HoldReason, Message, Owe, Room,
    repair::{final_word, still_owed},
};
use crate::{
    notification::{Kind, State},
    policy::Policy,
};

/// A message that its address refused, or that came back: of each kind the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub message: Message,
    /// The recruiter's own words in it.
    pub words: Option<String>,
}

/// A person gave the right address, or confirmed the one there is. What did not arrive is owed again, as a new message, unless it is not
/// true any more, or something else says it.
pub(super) fn address_corrected(facts: &Facts, refused: &[Refused], room: Room, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let mut decision = facts.unchanged();
    let of_kind = |kind: Kind| refused.iter().any(|one| one.message.kind == kind);
    for Refused { message, words } in refused.iter().filter(|one| matters_still(one, facts, of_kind)) {
        // A holding note says that there is no news: any other word is news.
        if message.kind == Kind::StillConsidering && (facts.something_is_open() || !decision.owe.is_empty()) {
            continue;
        }
        let owe = Owe::soon(message.kind, facts, policy, now);
        let too_many = (room == Room::Exhausted && message.kind == Kind::Received).then_some(HoldReason::RecipientCap);
        decision.owe.push(Owe {
            stage: message.stage,
            words: words.clone(),
            // Counted from when they hear it.
            promised_by: message.promised_by.map(|_| now + policy.update_every),
            hold: owe.hold.or(too_many),
            ..owe
        });
    }
    decision
}

fn matters_still(Refused { message, .. }: &Refused, facts: &Facts, of_kind: impl Fn(Kind) -> bool) -> bool {
    let standing = &facts.standing;
    if !matches!(message.state, State::Undeliverable | State::Bounced) {
        return false;
    }
    match message.kind {
        // Whoever knows how it ended, or is about to hear it, has nothing left to learn from it. A final word that came back is not known.
        Kind::Received => {
            let ending = final_word(standing.status);
            let is_on_its_way = facts.open().any(|message| Some(message.kind) == ending);
            let knows = ending.is_some_and(|ending| standing.shown_status == standing.status && !of_kind(ending));
            !(is_on_its_way || knows || standing.told_by_person())
        }
        // Takes back what never arrived: there is nothing to take back.
        Kind::Correction if of_kind(Kind::Rejected) => false,
        Kind::StageChanged
        | Kind::StillConsidering
        | Kind::NoDecision
        | Kind::Rejected
        | Kind::Hired
        | Kind::Withdrawn
        | Kind::Correction
        | Kind::Message => still_owed(message.kind, message.stage, standing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        application::{Stage, Status},
        promise::{
            Channel, Happening, decide,
            examples::{in_review, message, monday},
        },
    };

    fn refused(kinds: &[(Kind, State)]) -> Vec<Refused> {
        let one = |(at, (kind, state)): (usize, &(Kind, State))| Refused {
            message: Message {
                stage: (*kind == Kind::StageChanged).then_some(Stage::Review),
                promised_by: (final_word(Status::Rejected) != Some(*kind)).then(monday),
                ..message(at as u128 + 1, *kind, *state)
            },
            words: (*kind == Kind::Rejected).then(|| "Thank you for the long talk.".to_owned()),
        };
        kinds.iter().enumerate().map(one).collect()
    }

    fn owed(facts: &Facts, kinds: &[(Kind, State)], room: Room) -> Vec<Owe> {
        let happening = Happening::AddressCorrected { refused: refused(kinds), room };
        decide(&happening, facts, &Policy::default(), monday()).unwrap().owe
    }

    fn with(status: Status, shown: Status) -> Facts {
        let mut facts = in_review();
        facts.standing.status = status;
        facts.standing.shown_status = shown;
        facts
    }

    #[test]
    fn what_did_not_arrive_is_owed_again_as_long_as_it_is_true() {
        use Kind::{Correction, Hired, NoDecision, Received, Rejected, StageChanged, StillConsidering, Withdrawn};
        use State::{Bounced, Undeliverable};
        let active = || with(Status::Active, Status::Active);
        let told_by_phone = || {
            let mut facts = with(Status::Rejected, Status::Rejected);
            facts.standing.told_otherwise = Some(Channel::Phone);
            facts
        };
        let moved_on = || {
            let mut facts = active();
            facts.standing.stage = Stage::Interview;
            facts
        };
        for (facts, refused, expected, reason) in [
            (active(), vec![(Received, Undeliverable)], vec![Received], "it was never acknowledged"),
            (active(), vec![(Received, Bounced), (StageChanged, Bounced)], vec![Received, StageChanged], "both are news"),
            (moved_on(), vec![(StageChanged, Bounced)], vec![], "they are at another stage by now"),
            (active(), vec![(StillConsidering, Bounced)], vec![StillConsidering], "the note has the next date"),
            (active(), vec![(Received, Bounced), (StillConsidering, Bounced)], vec![Received], "the acknowledgement has it too"),
            (active(), vec![(Received, Bounced), (NoDecision, Bounced)], vec![Received, NoDecision], "a law may ask for it"),
            (active(), vec![(Correction, Bounced)], vec![Correction], "they believe that they are rejected"),
            (active(), vec![(Rejected, Bounced), (Correction, Bounced)], vec![], "they never heard of the rejection"),
            (with(Status::Rejected, Status::Active), vec![(Rejected, Undeliverable)], vec![Rejected], "they wait"),
            (with(Status::Rejected, Status::Rejected), vec![(Rejected, Bounced)], vec![Rejected], "it was accepted, and came back"),
            (
                with(Status::Rejected, Status::Rejected),
                vec![(Received, Bounced), (Rejected, Bounced)],
                vec![Received, Rejected],
                "neither arrived",
            ),
            (with(Status::Rejected, Status::Rejected), vec![(Received, Bounced)], vec![], "they know how it ended"),
            (with(Status::Hired, Status::Active), vec![(Rejected, Bounced), (Hired, Undeliverable)], vec![Hired], "the other is not true"),
            (with(Status::Withdrawn, Status::Active), vec![(Withdrawn, Undeliverable)], vec![Withdrawn], "a confirmation"),
            (told_by_phone(), vec![(Received, Bounced), (Rejected, Bounced)], vec![], "a person told them how it ended"),
            (active(), vec![(Received, State::Sent)], vec![], "it arrived"),
        ] {
            let owed = owed(&facts, &refused, Room::Now);
            assert_eq!(owed.iter().map(|owe| owe.kind).collect::<Vec<_>>(), expected, "{reason}");
        }
    }

    #[test]
    fn a_message_that_is_owed_again_says_what_it_said_and_a_new_date() {
        let facts = with(Status::Rejected, Status::Active);
        let owed = owed(&facts, &[(Kind::Received, State::Bounced), (Kind::Rejected, State::Bounced)], Room::Now);
        assert_eq!(owed[0].promised_by, Some(monday() + Policy::default().update_every));
        assert_eq!((owed[1].words.as_deref(), owed[1].promised_by), (Some("Thank you for the long talk."), None));
        assert!(owed.iter().all(|owe| owe.send_after == monday() && owe.hold.is_none()), "{owed:?}");
    }

    #[test]
    fn an_address_that_had_its_share_is_no_way_around_the_cap() {
        let refused = [(Kind::Received, State::Bounced), (Kind::StageChanged, State::Bounced)];
        let held: Vec<_> = owed(&in_review(), &refused, Room::Exhausted).iter().map(|owe| owe.hold).collect();
        assert_eq!(held, [Some(HoldReason::RecipientCap), None]);
        let until = monday() + chrono::TimeDelta::hours(1);
        let capped = Facts { capped_until: Some(until), ..in_review() };
        assert!(owed(&capped, &refused, Room::From(until)).iter().all(|owe| owe.send_after == until));
    }

    #[test]
    fn an_acknowledgement_does_not_follow_the_word_that_ends_it() {
        let mut facts = with(Status::Rejected, Status::Active);
        facts.messages = vec![message(9, Kind::Rejected, State::Held)];
        assert_eq!(owed(&facts, &[(Kind::Received, State::Bounced)], Room::Now), []);
    }

    #[test]
    fn what_is_on_its_way_makes_a_holding_note_unnecessary() {
        let mut facts = in_review();
        facts.messages = vec![message(9, Kind::StageChanged, State::Scheduled)];
        assert_eq!(owed(&facts, &[(Kind::StillConsidering, State::Bounced)], Room::Now), []);
    }
}
