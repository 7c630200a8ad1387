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

/// One reconcile says it by name and mends it, and leaves nothing for a second. A dry run says the same and writes nothing.
async fn mended(opened: &Opened, id: ApplicationId, expected: &[Damage]) {
    let before = opened.notifications(id).await;
    let found = opened.ledger.reconcile_dry_run().await.unwrap();
    assert_eq!(found, [Repaired { application: id, damage: expected.to_vec() }]);
    assert_eq!(opened.notifications(id).await, before, "a dry run writes nothing");
    assert_eq!(opened.ledger.reconcile().await.unwrap(), found);
    assert_eq!(opened.ledger.reconcile().await.unwrap(), []);
    assert_eq!(opened.ledger.audit().await.unwrap(), []);
}

/// What the database itself would not allow.
async fn without_constraints(opened: &Opened) {
    match opened.database.kind() {
        DatabaseKind::Sqlite => opened.sql("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").await,
        DatabaseKind::Postgres => {
            opened.sql("ALTER TABLE application DROP CONSTRAINT application_next_word_check").await;
            opened.sql("ALTER TABLE notification DROP CONSTRAINT notification_application_id_fkey").await;
        }
    }
}

/// Two applications; what is broken is the first.
async fn one_of_two(kind: DatabaseKind) -> (Opened, ApplicationId) {
    let opened = open(kind).await;
    let job = opened.job().await;
    let id = opened.submitted(job, "ada@example.net").await.application;
    opened.submitted(job, "untouched@example.net").await;
    opened.sql("UPDATE application SET internal_note = 'here' WHERE email = 'ada@example.net'").await;
    (opened, id)
}

const ITS: &str = "application_id IN (SELECT id FROM application WHERE internal_note = 'here')";

on_both_databases! {
    async fn a_missing_acknowledgement_is_mended_by_name(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        opened.sql(&format!("DELETE FROM notification WHERE {ITS}")).await;
        mended(&opened, id, &[Damage::AcknowledgementMissing]).await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Scheduled)]);
    }

    async fn a_missing_next_word_is_mended_by_name(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        let word = opened.application(id).await.standing.next_word;
        without_constraints(&opened).await;
        opened.sql("UPDATE application SET next_word_kind = NULL, next_word_by = NULL, next_word_at = NULL WHERE internal_note = 'here'").await;
        mended(&opened, id, &[Damage::NextWordMissing]).await;
        assert_eq!(opened.application(id).await.standing.next_word, word, "the acknowledgement that is not out yet");
        opened.deliver_all().await;
        let word = opened.application(id).await.standing.next_word;
        opened.sql("UPDATE application SET next_word_kind = NULL, next_word_by = NULL, next_word_at = NULL WHERE internal_note = 'here'").await;
        mended(&opened, id, &[Damage::NextWordMissing]).await;
        assert_eq!(opened.application(id).await.standing.next_word, word, "the date that the acknowledgement named");
    }

    async fn what_is_owed_again_is_owed_by_what_its_job_promises(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let sooner = serde_json::from_str(r#"{"acknowledge_within": "5 minutes", "update_every": "3 days"}"#).unwrap();
        opened.ledger.set_policy(crate::WhosePolicy::Job(job), &sooner, &somebody()).await.unwrap();
        let id = opened.submitted(job, "ada@example.net").await.application;
        opened.sql("UPDATE event SET owes = NULL, owed = NULL").await;
        opened.sql("DELETE FROM notification").await;
        mended(&opened, id, &[Damage::AcknowledgementMissing]).await;
        assert_eq!(opened.notifications(id).await[0].due_at, opened.ledger.now() + TimeDelta::minutes(5));
        opened.deliver_all().await;
        without_constraints(&opened).await;
        opened.sql("UPDATE application SET next_word_kind = NULL, next_word_by = NULL, next_word_at = NULL, promised_by = NULL").await;
        mended(&opened, id, &[Damage::NextWordMissing]).await;
        let by = opened.application(id).await.standing.next_word.unwrap().by;
        assert!(by <= opened.ledger.now() + TimeDelta::days(3), "{by}");
    }

    async fn a_next_word_whose_date_is_over_is_told_and_gets_another(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        opened.deliver_all().await;
        let past = (opened.ledger.now() - TimeDelta::hours(1)).to_rfc3339();
        // No rule looks at the date of an acknowledgement that is out.
        opened.sql(&format!("UPDATE application SET next_word_kind = 'received', next_word_by = '{past}', next_word_at = '{past}'
            WHERE internal_note = 'here'")).await;
        mended(&opened, id, &[Damage::NextWordPast]).await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Sent), (Kind::StillConsidering, State::Scheduled)]);
        assert!(opened.application(id).await.standing.next_word.unwrap().by > opened.ledger.now());
    }

    async fn an_end_that_no_message_told_is_mended_by_name(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        opened.deliver_all().await;
        opened.ledger.withdraw(&[id], false, &somebody()).await.unwrap();
        opened.sql("DELETE FROM notification WHERE kind = 'withdrawn'").await;
        mended(&opened, id, &[Damage::FinalMessageMissing]).await;
        opened.deliver_all().await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Sent), (Kind::Withdrawn, State::Sent)]);
    }

    async fn a_broken_chain_is_mended_by_name(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        let rejection = Rejection { internal_note: Some("here".to_owned()), ..rejection() };
        opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap();
        let whole = [(Kind::Received, State::Scheduled), (Kind::Rejected, State::Waiting)];
        opened.sql(&format!("UPDATE notification SET state = 'waiting' WHERE {ITS}")).await;
        mended(&opened, id, &[Damage::ChainBroken]).await;
        assert_eq!(states(&opened, id).await, whole);
        opened.sql(&format!("UPDATE notification SET state = 'waiting' WHERE {ITS}")).await;
        opened.sql(&format!("UPDATE notification SET state = 'scheduled' WHERE kind = 'rejected' AND {ITS}")).await;
        mended(&opened, id, &[Damage::ChainBroken]).await;
        assert_eq!(states(&opened, id).await, whole, "the rejection would have overtaken the acknowledgement");
    }

    async fn a_lease_that_nobody_keeps_is_ended_by_name(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        for (ends, why) in [(TimeDelta::days(400), "a clock of another year"), (TimeDelta::hours(-1), "no worker looked since")] {
            opened.ledger.claim(2).await.unwrap();
            let ends = (opened.ledger.now() + ends).to_rfc3339();
            opened.sql(&format!("UPDATE notification SET wake_at = '{ends}' WHERE {ITS}")).await;
            mended(&opened, id, &[Damage::LeaseStuck]).await;
            assert_eq!(states(&opened, id).await, [(Kind::Received, State::Scheduled)], "{why}");
        }
        let claimed = opened.ledger.claim(2).await.unwrap();
        assert_eq!(claimed.iter().map(|message| (message.application, message.tries)).collect::<Vec<_>>(), [(id, 3)]);
    }

    async fn a_message_without_its_application_or_its_event_is_mended_by_name(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        opened.sql(&format!("DELETE FROM event WHERE {ITS}")).await;
        mended(&opened, id, &[Damage::OrphanRow]).await;
        let before = opened.notifications(id).await;
        opened.sql(&format!("DELETE FROM notification WHERE {ITS}")).await;
        mended(&opened, id, &[Damage::AcknowledgementMissing]).await;
        assert_eq!(opened.notifications(id).await, before, "the event knows it from now on");
        without_constraints(&opened).await;
        opened.sql(&format!("DELETE FROM event WHERE {ITS}")).await;
        opened.sql("DELETE FROM application WHERE internal_note = 'here'").await;
        mended(&opened, id, &[Damage::OrphanRow]).await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Cancelled)]);
    }

    async fn a_reconcile_that_nothing_interrupts_leaves_what_waits_for_its_time(kind: DatabaseKind) {
        let (opened, id) = one_of_two(kind).await;
        opened.ledger.claim(1).await.unwrap();
        opened.clock.advance(opened.ledger.lease() + TimeDelta::minutes(1));
        assert_eq!(opened.ledger.reconcile_dry_run().await.unwrap(), [], "a lease that ended a moment ago is a worker's to take over");
        opened.deliver_all().await;
        opened.ledger.reject(&[id], &rejection(), &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::days(3));
        assert_eq!(opened.ledger.reconcile_dry_run().await.unwrap(), []);
    }

    async fn a_lost_message_comes_back_as_it_was(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.ledger.reject(&[id], &rejection(), &somebody()).await.unwrap();
        let before = opened.notifications(id).await;
        opened.sql("DELETE FROM notification").await;
        assert!(!opened.ledger.audit().await.unwrap().is_empty());
        assert_eq!(damage(&opened).await, [Damage::AcknowledgementMissing, Damage::FinalMessageMissing]);
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
