use chrono::TimeDelta;
use hearback_domain::{
    application::{RejectionReason, Stage},
    contact::ContactReason,
    law::Law,
    notification::{Kind, Outcome, State},
    policy::Policy,
    random::Random,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Complained, Rejection, Settings, StaffEnded,
    opened::{Opened, accepted, open, somebody},
};

/// The reader of this message reports it, in a mail of its own.
async fn reported(opened: &Opened, about: NotificationId, number: u8) -> Complained {
    let ledger = &opened.ledger;
    ledger.keep_inbound_mail("", &["bounce+x@example.com".to_owned()], &[number]).await.unwrap();
    let mail = ledger.claim_inbound_mail().await.unwrap().unwrap();
    ledger.record_complaint(mail.claim, about).await.unwrap()
}

async fn rejected(ledger: &Ledger, id: ApplicationId) {
    let reason = RejectionReason::Unspecified;
    let rejection = Rejection { reason, internal_note: None, words: None, send_after: Some(ledger.now()), exemption: None };
    ledger.reject(&[id], &rejection, &somebody()).await.unwrap().remove(0).result.unwrap();
}

async fn message(opened: &Opened, id: ApplicationId, at: usize) -> (Kind, State, Option<String>) {
    let message = opened.notifications(id).await.remove(at);
    (message.kind, message.state, message.cancel_reason)
}

/// Of how many things a person is told now.
async fn told(opened: &Opened) -> usize {
    opened.ledger.tell_staff(&json!({})).await.unwrap();
    let mut lines = 0;
    for mail in opened.ledger.claim_staff_mails(8).await.unwrap() {
        lines += mail.lines.len();
        let ended = StaffEnded { claim: mail.claim, at: opened.ledger.now(), outcome: accepted(), mail: None, relay: "test".to_owned() };
        opened.ledger.settle_staff_mail(&ended).await.unwrap();
    }
    lines
}

async fn is_whole(opened: &Opened) {
    assert_eq!(opened.ledger.audit().await.unwrap(), []);
    assert!(opened.ledger.reconcile_dry_run().await.unwrap().is_empty(), "nothing is derived again");
}

fn complained() -> Option<String> {
    Some("complained".to_owned())
}

on_both_databases! {
    async fn a_complaint_stops_what_is_owed_to_its_reader_and_to_nobody_else(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (job, other_job) = (opened.job().await, opened.job().await);
        let (id, theirs) = (opened.submitted(job, "ada@example.net").await.application, opened.submitted(other_job, "Ada@example.net").await.application);
        let other = opened.submitted(job, "bo@example.net").await.application;
        opened.deliver_all().await;
        for id in [id, theirs, other] {
            rejected(&opened.ledger, id).await;
        }
        let about = opened.notifications(id).await[0].id;
        assert_eq!(reported(&opened, about, 1).await, Complained::Stopped);
        for id in [id, theirs] {
            assert_eq!(message(&opened, id, 1).await, (Kind::Rejected, State::Cancelled, complained()));
            assert_eq!(opened.application(id).await.exemption.as_deref(), Some(WORDS), "a named reason");
        }
        opened.clock.advance(TimeDelta::hours(12));
        opened.deliver_all().await;
        assert_eq!(message(&opened, other, 1).await, (Kind::Rejected, State::Sent, None));
        let checks = opened.ledger.contact_checks(&["ada@example.net".parse().unwrap(), "bo@example.net".parse().unwrap()]).await.unwrap();
        assert_eq!(checks.iter().map(|one| one.contains(&ContactReason::Complained)).collect::<Vec<_>>(), [true, false]);
        is_whole(&opened).await;
    }

    async fn staff_are_told_of_a_complaint_once_however_often_it_is_made(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        rejected(&opened.ledger, id).await;
        let messages = opened.notifications(id).await;
        assert_eq!(reported(&opened, messages[0].id, 1).await, Complained::Stopped);
        assert_eq!(told(&opened).await, 1);
        for (number, message) in [(2, 0), (3, 1), (4, 0)] {
            assert_eq!(reported(&opened, messages[message].id, number).await, Complained::Again);
            opened.clock.advance(TimeDelta::hours(2));
            assert_eq!(told(&opened).await, 0);
        }
        let events = opened.ledger.events(id).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::Complained).count(), 1);
        let nobody = NotificationId::from(uuid::Uuid::from_u128(7));
        assert_eq!(reported(&opened, nobody, 9).await, Complained::NothingToDo);
    }

    async fn what_is_decided_after_a_complaint_is_not_sent_either(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reported(&opened, opened.notifications(id).await[0].id, 1).await;
        opened.ledger.move_stage(&[id], Stage::Interview, true, &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::hours(12));
        assert!(opened.work(&accepted()).await.is_empty());
        assert_eq!(message(&opened, id, 1).await, (Kind::StageChanged, State::Cancelled, complained()));
        is_whole(&opened).await;
        rejected(&opened.ledger, id).await;
        opened.clock.advance(TimeDelta::hours(12));
        assert!(opened.work(&accepted()).await.is_empty());
        assert_eq!(message(&opened, id, 2).await, (Kind::Rejected, State::Cancelled, complained()));
        assert_eq!(opened.application(id).await.exemption.as_deref(), Some(WORDS));
        is_whole(&opened).await;
    }

    async fn what_a_worker_has_is_asked_back_and_an_acceptance_stands(kind: DatabaseKind) {
        for (outcome, state) in [(Outcome::Retry { reason: "451 later".to_owned() }, State::Cancelled), (accepted(), State::Sent)] {
            let opened = open(kind).await;
            let id = opened.applied().await;
            let claimed = opened.ledger.claim(8).await.unwrap();
            reported(&opened, claimed[0].claim.notification, 1).await;
            opened.ledger.settle(&[opened.ended(&claimed[0], outcome)]).await.unwrap();
            assert_eq!(message(&opened, id, 0).await.1, state);
            is_whole(&opened).await;
        }
    }

    async fn what_a_law_waits_for_is_sent_all_the_same(kind: DatabaseKind) {
        let opened = open(kind).await;
        let settings = Settings { policy: Policy { law: Some(Law::Ontario), ..Policy::default() }, ..Settings::default() };
        let ledger = Ledger::open(opened.database.url(), settings, opened.clock.clone(), std::sync::Arc::new(Random::from_seed(3))).await.unwrap();
        let opened = Opened { ledger, database: opened.database, clock: opened.clock };
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.ledger.interviewed(&[id], opened.ledger.now(), &somebody()).await.unwrap();
        opened.ledger.move_stage(&[id], Stage::Interview, true, &somebody()).await.unwrap();
        reported(&opened, opened.notifications(id).await[0].id, 1).await;
        rejected(&opened.ledger, id).await;
        opened.clock.advance(TimeDelta::hours(12));
        opened.deliver_all().await;
        assert_eq!(message(&opened, id, 1).await, (Kind::StageChanged, State::Cancelled, complained()));
        assert_eq!(message(&opened, id, 2).await, (Kind::Rejected, State::Sent, None));
        is_whole(&opened).await;
    }

    async fn whoever_applies_anew_is_written_to_about_that(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reported(&opened, opened.notifications(id).await[0].id, 1).await;
        opened.clock.advance(TimeDelta::days(1));
        let job = opened.job().await;
        let anew = opened.submitted(job, "ada@example.net").await.application;
        opened.deliver_all().await;
        assert_eq!(message(&opened, anew, 0).await.1, State::Sent);
    }

    async fn a_stranger_who_got_it_by_mistake_stops_nothing_that_goes_to_the_right_address(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.ledger.correct_address(id, &"ada.okafor@example.org".parse().unwrap(), &somebody()).await.unwrap().result.unwrap();
        rejected(&opened.ledger, id).await;
        assert_eq!(reported(&opened, opened.notifications(id).await[0].id, 1).await, Complained::Stopped);
        opened.clock.advance(TimeDelta::hours(12));
        opened.deliver_all().await;
        assert_eq!(message(&opened, id, 1).await.1, State::Sent);
        let checks = opened.ledger.contact_checks(&["ada@example.net".parse().unwrap(), "ada.okafor@example.org".parse().unwrap()]).await.unwrap();
        assert_eq!(checks.iter().map(|one| one.contains(&ContactReason::Complained)).collect::<Vec<_>>(), [true, false]);
    }
}
