//! What is owed before the data goes.

use chrono::TimeDelta;
use hearback_domain::{
    application::{RejectionReason, Status},
    erasure::{Basis, Conflict, ErasureState, NoFinalWord, WaitsFor},
    event::EventKind,
    law::Law,
    notification::{Kind, Outcome, State},
    policy::Overrides,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::{ask, erased, recruiter, work};
use crate::{
    Erase, EraseRefused, Rejection, WhosePolicy,
    opened::{Opened, accepted, open},
};

fn rejection() -> Rejection {
    Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None }
}

async fn under(opened: &Opened, json: &str) -> hearback_domain::ids::ApplicationId {
    let job = opened.job().await;
    let overrides: Overrides = serde_json::from_str(json).unwrap();
    opened.ledger.set_policy(WhosePolicy::Job(job), &overrides, &recruiter()).await.unwrap();
    opened.submitted(job, "ada@example.net").await.application
}

on_both_databases! {
    async fn who_asks_to_be_forgotten_withdraws_and_hears_of_it_before_the_data_goes(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let asked = ask(&opened, id).await.unwrap();
        assert_eq!((asked.state, asked.basis, asked.actor), (ErasureState::Waiting, Basis::Requested, recruiter()));
        let standing = opened.application(id).await.standing;
        assert_eq!((standing.status, standing.shown_status), (Status::Withdrawn, Status::Withdrawn));
        let last = opened.notifications(id).await.pop().unwrap();
        assert_eq!((last.kind, last.state), (Kind::Withdrawn, State::Scheduled));
        work(&opened).await;
        let waits = opened.ledger.erasure(id).await.unwrap().unwrap();
        assert_eq!((waits.state, waits.waits_for), (ErasureState::Waiting, Some(WaitsFor::Message)));
        assert_eq!(opened.application(id).await.name, "Ada Okafor");
        opened.clock.advance(TimeDelta::days(1));
        let sent = opened.work(&accepted()).await;
        assert!(sent[0].words.as_deref().unwrap().starts_with("You asked us to erase your data."), "the mail says what follows");
        work(&opened).await;
        assert_eq!(opened.application(id).await.name, "(erased)");
        let kinds: Vec<EventKind> = opened.ledger.events(id).await.unwrap().iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Submitted, EventKind::ErasureAsked, EventKind::Withdrawn, EventKind::Erased]);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn an_embargo_is_neither_waited_for_nor_broken(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let in_weeks = Rejection { send_after: Some(opened.ledger.now() + TimeDelta::days(10)), ..rejection() };
        opened.ledger.reject(&[id], &in_weeks, &recruiter()).await.unwrap();
        erased(&opened, id).await;
        let told: Vec<(Kind, State)> = opened.notifications(id).await.iter().map(|message| (message.kind, message.state)).collect();
        assert_eq!(told, [(Kind::Received, State::Sent), (Kind::Rejected, State::Cancelled), (Kind::Withdrawn, State::Sent)]);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_law_that_wants_it_kept_is_named_with_the_date(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = under(&opened, r#"{"law": "CA-ON"}"#).await;
        opened.deliver_all().await;
        opened.ledger.interviewed(&[id], opened.ledger.now(), &recruiter()).await.unwrap();
        opened.ledger.reject(&[id], &rejection(), &recruiter()).await.unwrap();
        opened.clock.advance(TimeDelta::days(5));
        opened.deliver_all().await;
        let told = opened.application(id).await.standing.decision_told_at.unwrap();
        let until = Law::Ontario.preset().keep_until(told, chrono_tz::Europe::Berlin);
        assert_eq!(ask(&opened, id).await, Err(EraseRefused::Conflict(Conflict::Law { law: Law::Ontario, until })));
        assert_eq!(opened.ledger.erasure(id).await.unwrap(), None, "nothing is on record for it");
        opened.clock.advance(TimeDelta::days(3 * 366));
        erased(&opened, id).await;
    }

    async fn what_is_told_while_it_waits_is_kept_for_as_long_as_the_law_says(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = under(&opened, r#"{"law": "CA-ON", "decide_within": "1 day"}"#).await;
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(2));
        opened.ledger.tell_next_words(10).await.unwrap();
        let sending = opened.ledger.claim(8).await.unwrap();
        assert_eq!(sending.iter().map(|message| message.kind).collect::<Vec<_>>(), [Kind::NoDecision]);
        // Of the time for a decision that ran out.
        opened.ledger.tell_staff(&serde_json::json!({})).await.unwrap();
        ask(&opened, id).await.unwrap();
        opened.ledger.settle(&[opened.ended(&sending[0], accepted())]).await.unwrap();
        opened.clock.advance(TimeDelta::days(1));
        opened.deliver_all().await;
        work(&opened).await;
        let waits = opened.ledger.erasure(id).await.unwrap().unwrap();
        assert_eq!(waits.waits_for, Some(WaitsFor::Law));
        assert!(opened.application(id).await.erased_at.is_none());
        opened.clock.set(waits.next_look);
        work(&opened).await;
        assert!(opened.application(id).await.erased_at.is_some(), "on the first day that the law allows it, and nobody has to ask again");
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn who_asks_for_no_word_gets_none_and_the_reason_stays(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let erase = Erase { basis: Basis::Requested, exemption: Some(NoFinalWord::AskedForNone), actor: &recruiter() };
        opened.ledger.erase(&[id], &erase).await.unwrap().remove(0).1.unwrap();
        assert!(opened.ledger.claim(8).await.unwrap().is_empty(), "not even the acknowledgement");
        work(&opened).await;
        let erased = opened.application(id).await;
        assert!(erased.erased_at.is_some());
        assert_eq!((erased.standing.status, erased.exemption.as_deref()), (Status::Withdrawn, Some("asked_for_none")));
        let message = opened.notifications(id).await.remove(0);
        assert_eq!((message.state, message.cancel_reason.as_deref()), (State::Cancelled, Some("by_person")));
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        assert_eq!(opened.ledger.reconcile().await.unwrap(), []);
    }

    async fn who_cannot_be_reached_is_erased_with_that_reason(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        ask(&opened, id).await.unwrap();
        opened.clock.advance(TimeDelta::days(1));
        opened.work(&Outcome::Undeliverable { reason: "550 5.1.1 no such user".to_owned() }).await;
        work(&opened).await;
        let erased = opened.application(id).await;
        assert!(erased.erased_at.is_some());
        assert_eq!(erased.exemption.as_deref(), Some("unreachable"));
        assert_eq!(opened.ledger.erasure(id).await.unwrap().unwrap().exemption, Some(NoFinalWord::Unreachable));
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_held_message_is_a_persons_to_let_go_or_to_cancel(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        ask(&opened, id).await.unwrap();
        opened.clock.advance(TimeDelta::days(1));
        opened.work(&Outcome::Hold { reason: "looked at".to_owned() }).await;
        work(&opened).await;
        assert_eq!(opened.ledger.erasure(id).await.unwrap().unwrap().waits_for, Some(WaitsFor::Person));
        let erase = Erase { basis: Basis::Requested, exemption: Some(NoFinalWord::NotAnApplicant), actor: &recruiter() };
        let again = opened.ledger.erase(&[id], &erase).await.unwrap().remove(0).1.unwrap();
        assert_eq!(again.exemption, Some(NoFinalWord::NotAnApplicant), "the reason was added later");
        work(&opened).await;
        assert_eq!(opened.application(id).await.exemption.as_deref(), Some("not_an_applicant"));
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_repeat_goes_with_the_application_that_carries_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let first = opened.submitted(job, "ada@example.net").await.application;
        let repeat = opened.submitted(job, "ada@example.net").await.application;
        opened.deliver_all().await;
        erased(&opened, first).await;
        opened.clock.advance(TimeDelta::days(1));
        opened.deliver_all().await;
        work(&opened).await;
        assert!(opened.application(repeat).await.erased_at.is_some());
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        let again = opened.submitted(job, "ada@example.net").await.application;
        assert_eq!(opened.application(again).await.carried_by, None, "who applies again is somebody new");
    }

    async fn who_applied_elsewhere_too_stays_a_candidate(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (one, other) = (opened.applied().await, opened.applied().await);
        opened.deliver_all().await;
        let candidate = opened.application(other).await.candidate;
        assert_eq!(opened.application(one).await.candidate, candidate);
        erased(&opened, one).await;
        assert_ne!(opened.application(one).await.candidate, candidate, "nothing leads from the one to the other");
        assert_eq!(opened.application(other).await.candidate, candidate);
        let filter = crate::ApplicationFilter { email: Some("ada@example.net".parse().unwrap()), ..Default::default() };
        let found = opened.ledger.applications(&filter, crate::Page { after: None, limit: 10 }).await.unwrap();
        assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [other]);
    }

    async fn nothing_is_erased_that_is_not_there(kind: DatabaseKind) {
        let opened = open(kind).await;
        let nobody = "app_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap();
        assert_eq!(ask(&opened, nobody).await, Err(EraseRefused::NoSuchApplication));
        let dry = opened.ledger.erase_dry_run(&[nobody], Basis::Requested).await.unwrap().remove(0).1;
        assert_eq!(dry, Err(EraseRefused::NoSuchApplication));
    }
}
