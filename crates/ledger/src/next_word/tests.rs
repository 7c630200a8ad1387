use std::sync::Arc;

use chrono::DateTime;
use hearback_domain::{
    application::{RejectionReason, Status},
    law::Law,
    notification::{Kind, Outcome, State},
    policy::{Policy, Undecided},
    promise::{Channel, NextWord, Said},
    random::Random,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection, Settings, ToldOtherwise,
    opened::{Opened, open, somebody},
};

async fn open_with(kind: DatabaseKind, policy: Policy) -> Opened {
    let Opened { ledger: _, database, clock } = open(kind).await;
    let settings = Settings { policy, ..Settings::default() };
    let ledger = Ledger::open(database.url(), settings, clock.clone(), Arc::new(Random::from_seed(2))).await.unwrap();
    Opened { ledger, database, clock }
}

/// So many days in which workers do their work, and nobody decides.
async fn days_pass(opened: &Opened, days: i64) {
    for _ in 0..days * 4 {
        opened.clock.advance(TimeDelta::hours(6));
        while opened.ledger.tell_next_words(10).await.unwrap() > 0 {}
        opened.deliver_all().await;
        opened.ledger.alert_of_due_decisions().await.unwrap();
        opened.ledger.tell_staff(&json!({})).await.unwrap();
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }
}

async fn told(opened: &Opened, id: ApplicationId) -> Vec<Kind> {
    let notifications = opened.notifications(id).await;
    notifications.into_iter().filter(|message| message.state == State::Sent).map(|message| message.kind).collect()
}

fn rejection(send_after: Option<DateTime<chrono::Utc>>) -> Rejection {
    Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after, exemption: None }
}

on_both_databases! {
    async fn an_applicant_whom_nobody_decides_about_is_told_so_and_stays_active(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let first = opened.application(id).await.standing.deadline.unwrap();
        days_pass(&opened, 62).await;
        let kinds = told(&opened, id).await;
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::NoDecision).count(), 1, "{kinds:?}");
        let application = opened.application(id).await;
        assert_eq!(application.standing.status, Status::Active);
        assert!(application.standing.decision_told_at.unwrap() <= first.by);
        assert!(application.standing.deadline.unwrap().by > opened.ledger.now(), "a new time for a decision has begun");
    }

    async fn whoever_would_rather_close_than_keep_people_waiting_rejects_by_the_clock(kind: DatabaseKind) {
        let policy = Policy { undecided: Undecided::Reject, decide_within: TimeDelta::days(20), ..Policy::default() };
        let opened = open_with(kind, policy).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        days_pass(&opened, 30).await;
        let application = opened.application(id).await;
        assert_eq!((application.standing.status, application.rejection_reason), (Status::Rejected, Some(RejectionReason::Unspecified)));
        assert_eq!(told(&opened, id).await.last(), Some(&Kind::Rejected));
    }

    async fn an_acknowledgement_that_did_not_arrive_leaves_a_date(kind: DatabaseKind) {
        for outcome in [Outcome::Undeliverable { reason: "550 5.1.1".into() }, Outcome::Hold { reason: "550 5.7.1".into() }] {
            let opened = open(kind).await;
            let id = opened.applied().await;
            opened.work(&outcome).await;
            let NextWord { kind, by, at } = opened.application(id).await.standing.next_word.unwrap();
            assert_eq!((kind, by), (Kind::StillConsidering, opened.ledger.now() + opened.ledger.policy().update_every));
            assert!(at < by, "there is time to deliver it");
        }
    }

    async fn a_rejection_moves_with_the_laws_date_and_is_found_again_there(kind: DatabaseKind) {
        let opened = open_with(kind, Policy { law: Some(Law::Ontario), ..Policy::default() }).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let now = opened.ledger.now();
        // Nothing told names a date before the law's.
        opened.sql("UPDATE application SET promised_by = NULL").await;
        opened.ledger.reject(&[id], &rejection(Some(now + TimeDelta::days(90))), &somebody()).await.unwrap();
        opened.ledger.interviewed(&[id], now - TimeDelta::days(3), &somebody()).await.unwrap();
        let moved = opened.notifications(id).await.remove(1);
        assert!(moved.due_at < now + TimeDelta::days(43), "{}", moved.due_at);
        assert!(moved.send_after < moved.due_at);
        assert_eq!(opened.application(id).await.standing.last_interview, Some(now - TimeDelta::days(3)));
        opened.sql("DELETE FROM notification WHERE kind = 'rejected'").await;
        assert_eq!(opened.ledger.reconcile().await.unwrap().len(), 1);
        assert_eq!(opened.notifications(id).await.remove(1), moved);
        opened.clock.set(moved.send_after);
        opened.deliver_all().await;
        assert_eq!(told(&opened, id).await, [Kind::Received, Kind::Rejected]);
    }

    async fn an_end_that_a_person_told_is_no_silent_end(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.ledger.reject(&[id], &rejection(None), &somebody()).await.unwrap();
        let told = ToldOtherwise { channel: Channel::InPerson, said: Said::Outcome, at: None, note: Some("over lunch".into()) };
        opened.ledger.told_otherwise(&[id], &told, &somebody()).await.unwrap();
        assert_eq!(opened.notifications(id).await[1].state, State::Cancelled);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        assert!(opened.ledger.reconcile().await.unwrap().is_empty());
        let event = opened.ledger.events(id).await.unwrap().pop().unwrap();
        assert_eq!((event.kind, &event.data["channel"], &event.data["note"]), (EventKind::ToldOtherwise, &json!("in_person"), &json!("over lunch")));
        opened.sql("DELETE FROM notification WHERE kind = 'rejected'").await;
        opened.ledger.reconcile().await.unwrap();
        assert_eq!(opened.notifications(id).await[1].state, State::Cancelled, "the row comes back as it was");
    }
}
