use hearback_domain::{
    application::RejectionReason,
    notification::{Kind, Outcome},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection,
    opened::{Opened, open, somebody},
};

/// The promises that are broken for this application, and nothing about others.
async fn broken(opened: &Opened, id: ApplicationId) -> Vec<Promise> {
    let findings = opened.ledger.audit().await.unwrap();
    assert!(findings.iter().all(|finding| finding.application == Some(id)), "{findings:?}");
    findings.into_iter().map(|finding| finding.promise).collect()
}

/// Two applications, the second one untouched.
async fn two(kind: DatabaseKind) -> (Opened, ApplicationId) {
    let opened = open(kind).await;
    let job = opened.job().await;
    let id = opened.submitted(job, "ada@example.net").await.application;
    opened.submitted(job, "untouched@example.net").await;
    opened.sql("UPDATE application SET internal_note = 'here' WHERE email = 'ada@example.net'").await;
    (opened, id)
}

const ITS: &str = "application_id IN (SELECT id FROM application WHERE internal_note = 'here')";

on_both_databases! {
    async fn nothing_is_found_where_everything_is_as_it_should_be(kind: DatabaseKind) {
        let (opened, id) = two(kind).await;
        assert_eq!(broken(&opened, id).await, []);
        opened.deliver_all().await;
        assert_eq!(broken(&opened, id).await, []);
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None };
        opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap();
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        opened.ledger.withdraw(&[id], true, &somebody()).await.unwrap();
        assert_eq!(broken(&opened, id).await, []);
    }

    async fn an_application_without_acknowledgement_breaks_p1(kind: DatabaseKind) {
        let (opened, id) = two(kind).await;
        opened.sql(&format!("DELETE FROM event WHERE {ITS}")).await;
        opened.sql(&format!("DELETE FROM notification WHERE {ITS}")).await;
        assert_eq!(broken(&opened, id).await, [Promise::P1]);
    }

    async fn a_date_that_passed_in_silence_breaks_p2(kind: DatabaseKind) {
        let (opened, id) = two(kind).await;
        opened.deliver_all().await;
        let soon = (opened.ledger.now() + TimeDelta::hours(1)).to_rfc3339();
        opened.sql(&format!("UPDATE application SET next_word_by = '{soon}' WHERE internal_note = 'here'")).await;
        opened.clock.advance(TimeDelta::minutes(70));
        assert_eq!(broken(&opened, id).await, []);
        opened.clock.advance(TimeDelta::minutes(10));
        assert_eq!(broken(&opened, id).await, [Promise::P2]);
        opened.ledger.tell_next_words(10).await.unwrap();
        assert_eq!(broken(&opened, id).await, []);
    }

    async fn a_silent_end_breaks_p3(kind: DatabaseKind) {
        let (opened, id) = two(kind).await;
        opened.ledger.hire(&[id], None, &somebody()).await.unwrap();
        opened.sql("UPDATE notification SET state = 'cancelled', cancel_reason = 'superseded' WHERE kind = 'hired'").await;
        assert_eq!(broken(&opened, id).await, [Promise::P3]);
        opened.sql("UPDATE application SET exemption = 'told in person' WHERE internal_note = 'here'").await;
        assert_eq!(broken(&opened, id).await, []);
    }

    async fn a_message_that_no_relay_took_or_that_is_given_up_without_a_word_breaks_p4(kind: DatabaseKind) {
        let (opened, id) = two(kind).await;
        for (damage, mend) in [
            ("state = 'sent', reply = '421 later', settled_at = wake_at", "state = 'scheduled'"),
            ("state = 'undeliverable'", "state = 'scheduled'"),
            ("state = 'cancelled', cancel_reason = NULL", "state = 'scheduled'"),
            ("state = 'waiting'", "state = 'scheduled'"),
        ] {
            opened.sql(&format!("UPDATE notification SET {damage} WHERE {ITS}")).await;
            assert_eq!(broken(&opened, id).await, [Promise::P4], "{damage}");
            opened.sql(&format!("UPDATE notification SET {mend} WHERE {ITS}")).await;
        }
        opened.sql(&format!("UPDATE event SET owes = application_id WHERE {ITS}")).await;
        assert_eq!(broken(&opened, id).await, [Promise::P4]);
    }

    async fn a_wrong_belief_that_nothing_corrects_breaks_p9(kind: DatabaseKind) {
        let (opened, id) = two(kind).await;
        opened.deliver_all().await;
        let at_once = Some(opened.ledger.now());
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: at_once, exemption: None };
        opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap();
        opened.deliver_all().await;
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        assert_eq!(broken(&opened, id).await, [], "a correction is owed");
        for damage in ["DELETE FROM notification WHERE kind = 'correction'", "UPDATE notification SET state = 'cancelled' WHERE kind = 'correction'"] {
            let also = broken(&opened, id).await;
            opened.sql(damage).await;
            assert!(broken(&opened, id).await.contains(&Promise::P9), "{damage}: {also:?}");
            opened.sql("UPDATE event SET data = '{}' WHERE kind = 'message_cancelled'").await;
            opened.sql("DELETE FROM notification WHERE kind = 'correction'").await;
            opened.ledger.reconcile().await.unwrap();
            assert_eq!(broken(&opened, id).await, [], "{damage}");
        }
        opened.deliver_all().await;
        assert_eq!(broken(&opened, id).await, []);
    }

    async fn a_message_left_by_a_worker_that_is_gone_breaks_p4(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.ledger.claim(8).await.unwrap();
        opened.clock.advance(opened.ledger.lease() + TimeDelta::minutes(14));
        assert_eq!(broken(&opened, id).await, []);
        opened.clock.advance(TimeDelta::minutes(2));
        assert_eq!(broken(&opened, id).await, [Promise::P4]);
    }

    async fn what_a_person_is_asked_about_is_no_finding(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&Outcome::Undeliverable { reason: "550 5.1.1 no such user".to_owned() }).await;
        assert_eq!(opened.notifications(id).await[0].kind, Kind::Received);
        opened.clock.advance(TimeDelta::days(1));
        assert_eq!(broken(&opened, id).await, []);
    }
}
