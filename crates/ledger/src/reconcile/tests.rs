use hearback_domain::{
    application::{RejectionReason, Stage, Status},
    notification::{Kind, State},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection,
    opened::{Opened, open, somebody},
};

fn rejection() -> Rejection {
    Rejection {
        reason: RejectionReason::Other,
        internal_note: None,
        words: Some("Thank you.".to_owned()),
        send_after: None,
        exemption: None,
    }
}

async fn states(opened: &Opened, id: ApplicationId) -> Vec<(Kind, State)> {
    opened.notifications(id).await.into_iter().map(|one| (one.kind, one.state)).collect()
}

async fn damage(opened: &Opened) -> Vec<Damage> {
    opened.ledger.reconcile().await.unwrap().into_iter().flat_map(|repaired| repaired.damage).collect()
}

on_both_databases! {
    async fn a_lost_message_comes_back_as_it_was(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.ledger.reject(&[id], &rejection(), &somebody()).await.unwrap();
        let before = opened.notifications(id).await;
        opened.sql("DELETE FROM notification").await;
        assert!(!opened.ledger.audit().await.unwrap().is_empty());
        assert_eq!(damage(&opened).await, [Damage::MessageMissing]);
        let after = opened.notifications(id).await;
        assert_eq!(after, before, "the same ids, dates and order");
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(2));
        assert_eq!(opened.ledger.claim(8).await.unwrap()[0].words.as_deref(), Some("Thank you."));
        assert_eq!(damage(&opened).await, []);
    }

    async fn an_acknowledgement_that_comes_back_goes_before_the_rejection(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.sql("DELETE FROM notification").await;
        opened.ledger.reject(&[id], &rejection(), &somebody()).await.unwrap();
        assert_eq!(states(&opened, id).await, [(Kind::Rejected, State::Scheduled)]);
        damage(&opened).await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Scheduled), (Kind::Rejected, State::Waiting)]);
    }

    async fn what_was_taken_back_or_overtaken_is_not_told_after_all(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.ledger.move_stage(&[id], Stage::Interview, true, &somebody()).await.unwrap();
        opened.sql("DELETE FROM notification WHERE kind = 'stage_changed'").await;
        opened.ledger.reject(&[id], &rejection(), &somebody()).await.unwrap();
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        opened.sql("DELETE FROM notification WHERE kind = 'rejected'").await;
        opened.ledger.move_stage(&[id], Stage::Offer, false, &somebody()).await.unwrap();
        assert_eq!(damage(&opened).await, [Damage::MessageMissing]);
        let expected = [(Kind::Received, State::Sent), (Kind::StageChanged, State::Cancelled), (Kind::Rejected, State::Cancelled)];
        assert_eq!(states(&opened, id).await, expected);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_rejection_lost_while_it_was_sent_and_taken_back_is_corrected(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let at_once = Rejection { send_after: Some(opened.ledger.clock().now()), ..rejection() };
        opened.ledger.reject(&[id], &at_once, &somebody()).await.unwrap();
        assert_eq!(opened.ledger.claim(8).await.unwrap().len(), 1);
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        opened.sql("DELETE FROM notification WHERE kind = 'rejected'").await;
        damage(&opened).await;
        opened.deliver_all().await;
        let expected = [(Kind::Received, State::Sent), (Kind::Rejected, State::Cancelled), (Kind::Correction, State::Sent)];
        assert_eq!(states(&opened, id).await, expected);
    }

    async fn a_chain_that_waits_behind_none_goes_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.sql("UPDATE notification SET state = 'waiting'").await;
        assert_eq!(damage(&opened).await, [Damage::ChainBroken]);
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Scheduled)]);
    }

    async fn even_without_its_events_an_application_is_acknowledged_and_told_its_end(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.ledger.hire(&[id], None, &somebody()).await.unwrap();
        opened.sql("DELETE FROM notification").await;
        opened.sql("DELETE FROM event").await;
        assert_eq!(damage(&opened).await, [Damage::AcknowledgementMissing, Damage::FinalMessageMissing]);
        opened.deliver_all().await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Sent), (Kind::Hired, State::Sent)]);
        assert_eq!(opened.application(id).await.standing.shown_status, Status::Hired);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn tick_and_sweep_find_what_was_lost_by_themselves(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let new = opened.submitted(job, "new@example.net").await.application;
        opened.sql("DELETE FROM notification").await;
        opened.clock.advance(TimeDelta::seconds(20));
        opened.ledger.reconcile_what_changed(&json!({})).await.unwrap();
        assert_eq!(states(&opened, new).await, [(Kind::Received, State::Scheduled)]);
        opened.clock.advance(TimeDelta::days(1));
        opened.sql("DELETE FROM notification").await;
        opened.ledger.reconcile_what_changed(&json!({})).await.unwrap();
        assert_eq!(states(&opened, new).await, [], "too long ago for the tick");
        opened.ledger.sweep(&json!({})).await.unwrap();
        assert_eq!(states(&opened, new).await, [(Kind::Received, State::Scheduled)]);
    }

    async fn what_is_whole_is_left_alone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let [first, second, exempt] = ["a", "b", "c"].map(|name| format!("{name}@example.net"));
        let ids = [
            opened.submitted(job, &first).await.application,
            opened.submitted(job, &second).await.application,
            opened.submitted(job, &exempt).await.application,
        ];
        opened.submitted(job, &first).await;
        opened.ledger.reject(&ids[..1], &rejection(), &somebody()).await.unwrap();
        let told_by_phone = Rejection { exemption: Some("told on the phone".to_owned()), ..rejection() };
        opened.ledger.reject(&ids[2..], &told_by_phone, &somebody()).await.unwrap();
        opened.ledger.withdraw(&ids[1..2], true, &somebody()).await.unwrap();
        assert_eq!(damage(&opened).await, []);
        opened.deliver_all().await;
        assert_eq!(damage(&opened).await, []);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }
}
