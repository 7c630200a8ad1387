//! What one operation would do to each of many applications: the dry run, and the real run, by the same verdict.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Decision, Facts, Happening, HoldReason, Refusal, Times, close_job, decide, reject};
use crate::{
    application::{Stage, Status},
    closed_set::closed_set,
    ids::ApplicationId,
    notification::{Kind, State},
    policy::Policy,
};

/// Something done to many applications at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    Reject {
        send_after: Option<DateTime<Utc>>,
        words: Option<String>,
        exempt: bool,
    },
    Move {
        to: Stage,
        tell: bool,
    },
    /// The job closes: whoever still waits for an answer gets one.
    CloseJob {
        words: Option<String>,
    },
}

/// What an operation means for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub gets: Gets,
    /// What happens to the application. Nothing happens to one that the operation passes over.
    pub decision: Option<Decision>,
}

/// What a person gets to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gets {
    Message { kind: Kind, times: Times },
    Nothing(Silent),
}

closed_set! {
    /// Why a person gets nothing.
    Silent, "reason for silence" {
        /// There is nowhere to write to. The message is owed, and waits for a person.
        NoAddress = "no_address",
        /// An earlier message waits for a person, and this one behind it.
        Held = "held",
        /// They hold an offer. A bulk operation rejects them only if they are named.
        OfferHolder = "offer_holder",
        /// They know the outcome.
        AlreadyTold = "already_told",
        /// It was decided before, and the message is on its way.
        AlreadyOwed = "already_owed",
        /// Their first application for the same job speaks for this one.
        Carried = "carried",
        /// Whoever did it said that they get no message, and why.
        Exempt = "exempt",
        /// They are not told of this move, or know it.
        NotNews = "not_news",
        /// The outcome was decided before, and no message about it is on its way: it was refused, came back, or was never to be sent.
        NotPossible = "not_possible",
    }
}

/// What `operation` means for this person. `named`: whoever asked for it chose this application by itself, not as one of a list.
pub fn verdict(operation: &Operation, facts: &Facts, named: bool, policy: &Policy, now: DateTime<Utc>) -> Verdict {
    match operation {
        Operation::Reject { send_after, words, exempt } => {
            if facts.standing.stage == Stage::Offer && facts.standing.status == Status::Active && !named && facts.carried_by.is_none() {
                return Verdict::passes_over(Silent::OfferHolder);
            }
            let happening = Happening::Rejected { send_after: *send_after, words: words.clone(), exempt: *exempt };
            let times = || reject::times(facts, *send_after, policy, now);
            let silent = if *exempt { Silent::Exempt } else { Silent::AlreadyTold };
            carried_out(decide(&happening, facts, policy, now), facts, Kind::Rejected, times, silent)
        }
        Operation::Move { to, tell } => {
            let happening = Happening::Moved { to: *to, tell: *tell };
            let times = || facts.times(Kind::StageChanged, &[], policy, now);
            carried_out(decide(&happening, facts, policy, now), facts, Kind::StageChanged, times, Silent::NotNews)
        }
        Operation::CloseJob { words } => close_job::verdict(facts, words.as_deref(), named, policy, now),
    }
}

fn carried_out(decided: Result<Decision, Refusal>, facts: &Facts, kind: Kind, times: impl FnOnce() -> Times, silent: Silent) -> Verdict {
    let decision = match decided {
        Ok(decision) => decision,
        Err(Refusal::CarriedBy(_)) => return Verdict::passes_over(Silent::Carried),
        Err(Refusal::Status { .. }) => return Verdict::passes_over(ended(facts)),
        Err(Refusal::Date(_) | Refusal::Said { .. }) => return Verdict::passes_over(Silent::NotPossible),
    };
    let cancelled = |id| decision.cancel.iter().any(|cancel| cancel.id == id);
    let behind_hold = facts.open().any(|message| message.state == State::Held && !cancelled(message.id));
    let gets = match decision.owe.iter().find(|owe| owe.kind == kind) {
        Some(owe) if owe.hold == Some(HoldReason::NoAddress) => Gets::Nothing(Silent::NoAddress),
        Some(_) if behind_hold => Gets::Nothing(Silent::Held),
        Some(_) => Gets::Message { kind, times: times() },
        None => Gets::Nothing(silent),
    };
    Verdict { gets, decision: Some(decision) }
}

/// Why somebody whose application has ended gets nothing more.
fn ended(facts: &Facts) -> Silent {
    let told = facts.standing.shown_status == facts.standing.status;
    let owed = facts.something_is_open();
    match (told, owed) {
        (true, _) => Silent::AlreadyTold,
        (false, true) => Silent::AlreadyOwed,
        (false, false) => Silent::NotPossible,
    }
}

impl Verdict {
    pub(super) const fn passes_over(why: Silent) -> Self {
        Self { gets: Gets::Nothing(why), decision: None }
    }
}

/// All verdicts of an operation, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub messages: u32,
    pub silent: BTreeMap<Silent, u32>,
    hash: Sha256Hash,
}

#[derive(Clone, Debug, Default)]
struct Sha256Hash(Sha256);

impl Tally {
    /// In the order of the applications' ids.
    pub fn add(&mut self, application: ApplicationId, verdict: &Verdict) {
        let word = match verdict.gets {
            Gets::Message { kind, .. } => {
                self.messages += 1;
                kind.as_str()
            }
            Gets::Nothing(why) => {
                *self.silent.entry(why).or_default() += 1;
                why.as_str()
            }
        };
        self.hash.0.update(application.uuid().as_bytes());
        self.hash.0.update(word.as_bytes());
        self.hash.0.update([0]);
    }

    /// Whether somebody has to confirm the dry run first.
    pub fn needs_confirmation(&self, policy: &Policy) -> bool {
        self.messages > policy.bulk_cap
    }

    /// The same for the same people getting the same, whenever it is asked: a confirmation holds only for what was shown.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.hash.0.clone().finalize().into()
    }
}

impl PartialEq for Sha256Hash {
    fn eq(&self, other: &Self) -> bool {
        self.0.clone().finalize() == other.0.clone().finalize()
    }
}

impl Eq for Sha256Hash {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::{
        Message, NotBefore, Standing,
        examples::{in_review, message, monday, rejected, utc},
    };

    fn reject() -> Operation {
        Operation::Reject { send_after: None, words: None, exempt: false }
    }

    fn of(operation: &Operation, facts: &Facts, named: bool) -> Verdict {
        verdict(operation, facts, named, &Policy::default(), monday())
    }

    fn changed(change: impl FnOnce(&mut Facts)) -> Facts {
        let mut facts = in_review();
        change(&mut facts);
        facts
    }

    #[test]
    fn each_person_gets_a_message_with_its_time_or_nothing_with_a_reason() {
        let exempt = Operation::Reject { send_after: None, words: None, exempt: true };
        let close = Operation::CloseJob { words: None };
        let tell = Operation::Move { to: Stage::Interview, tell: true };
        let quietly = Operation::Move { to: Stage::Interview, tell: false };
        let offer = changed(|facts| facts.standing.stage = Stage::Offer);
        let no_address = changed(|facts| facts.has_address = false);
        let held = changed(|facts| facts.messages = vec![message(1, Kind::Received, State::Held)]);
        let carried = changed(|facts| facts.carried_by = Some(uuid::Uuid::nil().into()));
        let believes_it = changed(|facts| {
            facts.standing.shown_status = Status::Rejected;
            facts.messages = vec![message(2, Kind::Correction, State::Scheduled)];
        });
        for (operation, facts, named, gets, changes, reason) in [
            (&reject(), &in_review(), false, Ok(Kind::Rejected), true, "the usual"),
            (&close, &in_review(), false, Ok(Kind::Rejected), true, "a job that closes"),
            (&tell, &in_review(), false, Ok(Kind::StageChanged), true, "news"),
            (&quietly, &in_review(), false, Err(Silent::NotNews), true, "a move that nobody is told of"),
            (&exempt, &in_review(), false, Err(Silent::Exempt), true, "with a reason on record"),
            (&reject(), &offer, false, Err(Silent::OfferHolder), false, "an offer is never taken back by a list"),
            (&reject(), &offer, true, Ok(Kind::Rejected), true, "named"),
            (&close, &offer, false, Err(Silent::OfferHolder), false, "nor by a job that closes"),
            (&close, &offer, true, Ok(Kind::Rejected), true, "named"),
            (&close, &no_address, false, Err(Silent::NoAddress), true, "owed, and held for a person"),
            (&close, &held, false, Err(Silent::Held), true, "owed, behind what is held"),
            (&close, &carried, false, Err(Silent::Carried), false, "the first application gets it"),
            (&close, &rejected(State::Scheduled, false), false, Err(Silent::AlreadyOwed), false, "decided before"),
            (&close, &rejected(State::Sent, true), false, Err(Silent::AlreadyTold), false, "told before"),
            (&close, &rejected(State::Undeliverable, false), false, Err(Silent::NotPossible), false, "the address refused it"),
            (&tell, &rejected(State::Sent, true), false, Err(Silent::AlreadyTold), false, "not to be moved"),
            (&close, &believes_it, false, Err(Silent::AlreadyTold), true, "what they believe is true again"),
        ] {
            let verdict = of(operation, facts, named);
            let got = match verdict.gets {
                Gets::Message { kind, .. } => Ok(kind),
                Gets::Nothing(why) => Err(why),
            };
            assert_eq!((got, verdict.decision.is_some()), (gets, changes), "{reason}");
        }
    }

    #[test]
    fn the_times_of_a_dry_run_are_those_of_the_message() {
        let verdict = of(&reject(), &in_review(), false);
        let Gets::Message { times, .. } = verdict.gets else { panic!("a message") };
        let owe = &verdict.decision.as_ref().unwrap().owe[0];
        assert_eq!((times.send_after, times.due_at), (owe.send_after, owe.due_at));
        assert_eq!((times.send_after, times.waits_for), (utc("2026-11-25T10:00:00+01:00"), NotBefore::UndoWindow));
    }

    #[test]
    fn who_has_no_address_is_not_forgotten() {
        let verdict = of(&Operation::CloseJob { words: None }, &changed(|facts| facts.has_address = false), false);
        let decision = verdict.decision.unwrap();
        assert_eq!(decision.standing.status, Status::Rejected);
        assert_eq!(decision.owe[0].hold, Some(HoldReason::NoAddress));
    }

    #[test]
    fn a_confirmation_holds_for_the_same_people_getting_the_same() {
        let id = |n: u128| ApplicationId::from(uuid::Uuid::from_u128(n));
        let tally = |verdicts: &[(u128, &Verdict)]| {
            let mut tally = Tally::default();
            verdicts.iter().for_each(|(n, verdict)| tally.add(id(*n), verdict));
            tally
        };
        let (told, later) = (
            of(&reject(), &in_review(), false),
            verdict(&reject(), &in_review(), false, &Policy::default(), monday() + chrono::TimeDelta::hours(1)),
        );
        let silent = of(&reject(), &changed(|facts| facts.standing.stage = Stage::Offer), false);
        let shown = tally(&[(1, &told), (2, &silent)]);
        assert_eq!((shown.messages, shown.silent.clone()), (1, BTreeMap::from([(Silent::OfferHolder, 1)])));
        assert_eq!(shown.fingerprint(), tally(&[(1, &later), (2, &silent)]).fingerprint(), "an hour later it is the same");
        for (other, reason) in [
            (tally(&[(1, &told)]), "somebody is missing"),
            (tally(&[(1, &told), (3, &silent)]), "somebody else"),
            (tally(&[(1, &told), (2, &told)]), "the same people, told something else"),
        ] {
            assert_ne!(shown.fingerprint(), other.fingerprint(), "{reason}");
        }
    }

    #[test]
    fn more_messages_than_the_cap_are_confirmed_first() {
        let (policy, told) = (Policy { bulk_cap: 2, ..Policy::default() }, of(&reject(), &in_review(), false));
        let mut tally = Tally::default();
        for (n, needs) in [(1, false), (2, false), (3, true)] {
            tally.add(ApplicationId::from(uuid::Uuid::from_u128(n)), &told);
            assert_eq!(tally.needs_confirmation(&policy), needs, "{n}");
        }
    }

    #[test]
    fn one_verdict_says_nothing_about_another() {
        let facts: Vec<Facts> = Status::ALL
            .iter()
            .map(|status| changed(|facts| facts.standing = Standing { status: *status, ..facts.standing.clone() }))
            .collect();
        let alone: Vec<Verdict> = facts.iter().map(|facts| of(&reject(), facts, false)).collect();
        assert_eq!(alone.iter().filter(|verdict| verdict.decision.is_some()).count(), 1, "only the active one");
        assert!(!Message::matters(&message(1, Kind::Rejected, State::Undeliverable)));
    }
}
