use chrono::TimeDelta;
use hearback_domain::{
    application::{RejectionReason, Status},
    notification::{Kind, State},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Rejection,
    opened::{Opened, accepted, open, somebody, submission},
};

fn retry() -> Outcome {
    Outcome::Retry { reason: "450 4.2.0 greylisted".to_owned() }
}

fn maybe_sent() -> Outcome {
    Outcome::MaybeSent { reason: "no answer after the dot".to_owned() }
}

async fn reject(opened: &Opened, id: ApplicationId) {
    let (reason, now) = (RejectionReason::Other, opened.ledger.clock().now());
    let rejection = Rejection { reason, internal_note: None, words: None, send_after: Some(now), exemption: None };
    let changed = opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap();
    assert_eq!(changed[0].result, Ok(()));
}

fn states(notifications: &[crate::Notification]) -> Vec<(Kind, State)> {
    notifications.iter().map(|one| (one.kind, one.state)).collect()
}

#[test]
fn every_kind_of_this_release_is_claimed() {
    assert!(Kind::ALL.iter().all(|kind| NOTIFICATIONS.claimable.contains(&format!("'{kind}'"))));
}

on_both_databases! {
    async fn what_a_relay_accepted_is_sent_and_the_next_word_follows(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let sent = opened.work(&accepted()).await;
        assert_eq!((sent[0].applicant_name.as_str(), sent[0].job_title.as_str(), sent[0].tries), ("Ada Okafor", "Nurse", 1));
        let [one] = &opened.notifications(id).await[..] else { panic!("one message") };
        assert_eq!((one.state, one.reply.as_deref(), one.text.as_deref()), (State::Sent, Some("250 2.0.0 taken"), Some("Dear you")));
        let standing = opened.application(id).await.standing;
        assert_eq!(standing.next_word.map(|word| (word.kind, Some(word.by))), Some((Kind::StillConsidering, standing.promised_by)));
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
    }

    async fn a_message_is_claimed_by_one_worker(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for number in 0..30 {
            opened.submitted(job, &format!("n{number}@example.net")).await;
        }
        let claims = futures::future::join_all((0..6).map(|_| opened.ledger.claim(7))).await;
        let mut ids: Vec<NotificationId> = claims.into_iter().flat_map(Result::unwrap).map(|one| one.claim.notification).collect();
        ids.extend(opened.ledger.claim(64).await.unwrap().iter().map(|one| one.claim.notification));
        ids.sort_unstable();
        assert!(ids.is_sorted_by(|a, b| a < b), "nothing twice");
        assert_eq!(ids.len(), 30);
    }

    async fn a_rejection_never_overtakes_its_acknowledgement(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        reject(&opened, id).await;
        assert_eq!(states(&opened.notifications(id).await), [(Kind::Received, State::Scheduled), (Kind::Rejected, State::Waiting)]);
        assert_eq!(opened.work(&retry()).await[0].kind, Kind::Received);
        assert!(opened.work(&accepted()).await.is_empty(), "the rejection waits for the retry");
        opened.clock.advance(TimeDelta::minutes(2));
        assert_eq!(opened.work(&accepted()).await[0].kind, Kind::Received);
        assert_eq!(opened.work(&accepted()).await[0].kind, Kind::Rejected);
        assert_eq!(opened.application(id).await.standing.shown_status, Status::Rejected);
    }

    async fn a_failed_try_is_written_down_and_tried_again_up_the_ladder(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&retry()).await;
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
        let [one] = &opened.notifications(id).await[..] else { panic!("one message") };
        assert_eq!((one.state, one.tries.len(), one.tries[0].outcome.as_str()), (State::Scheduled, 1, "retry"));
        opened.clock.set(one.next_try_at.unwrap());
        assert_eq!(opened.work(&accepted()).await[0].tries, 2);
    }

    async fn a_relay_that_is_away_is_nobodys_try(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let resume_at = opened.ledger.clock().now() + TimeDelta::seconds(30);
        opened.work(&Outcome::RelayDown { reason: "refused".to_owned(), resume_at }).await;
        assert!(opened.notifications(id).await[0].tries.is_empty());
        opened.clock.set(resume_at);
        assert_eq!(opened.work(&accepted()).await[0].tries, 1);
    }

    async fn what_may_have_been_sent_is_repeated_byte_for_byte(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&maybe_sent()).await;
        opened.clock.advance(TimeDelta::minutes(10));
        let again = opened.work(&retry()).await;
        assert_eq!(again[0].stored.as_ref().unwrap().raw, b"Subject: hello\r\n\r\nDear you\r\n");
        assert!(opened.notifications(id).await[0].maybe_sent, "doubt stays");
    }

    async fn whoever_lost_the_lease_cannot_settle_a_failure_but_an_acceptance_counts(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let slow = opened.ledger.claim(1).await.unwrap().remove(0);
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        let quick = opened.ledger.claim(1).await.unwrap().remove(0);
        assert_eq!((quick.claim.notification, quick.tries), (slow.claim.notification, 2));
        opened.ledger.settle(&[opened.ended(&slow, retry())]).await.unwrap();
        let [one] = &opened.notifications(id).await[..] else { panic!("one message") };
        assert_eq!((one.state, one.maybe_sent), (State::Sending, true), "an expired lease may have been sent");
        opened.ledger.settle(&[opened.ended(&slow, accepted())]).await.unwrap();
        opened.ledger.settle(&[opened.ended(&quick, retry())]).await.unwrap();
        assert_eq!(opened.notifications(id).await[0].state, State::Sent);
    }

    async fn renewing_keeps_a_lease_and_tells_whose_is_lost(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        let held = opened.ledger.claim(1).await.unwrap().remove(0);
        opened.clock.advance(TimeDelta::minutes(4));
        assert_eq!(opened.ledger.renew(&[held.claim]).await.unwrap().len(), 1);
        opened.clock.advance(TimeDelta::minutes(4));
        assert!(opened.ledger.claim(1).await.unwrap().is_empty());
        opened.clock.advance(TimeDelta::minutes(2));
        assert_eq!(opened.ledger.claim(1).await.unwrap().len(), 1);
        assert!(opened.ledger.renew(&[held.claim]).await.unwrap().is_empty());
    }

    async fn what_is_given_back_is_no_try_and_due_at_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        let claimed = opened.ledger.claim(1).await.unwrap().remove(0);
        opened.ledger.release(&[claimed.claim]).await.unwrap();
        let again = opened.ledger.claim(1).await.unwrap().remove(0);
        assert_eq!((again.tries, again.stored), (1, None));
    }

    async fn what_is_put_off_is_no_try_and_due_at_its_time(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        let claim = opened.ledger.claim(1).await.unwrap().remove(0).claim;
        let until = opened.ledger.now() + TimeDelta::seconds(90);
        opened.ledger.postpone(&[(claim, until)]).await.unwrap();
        assert_eq!((opened.ledger.claim(1).await.unwrap().len(), opened.ledger.next_due().await.unwrap()), (0, Some(until)));
        opened.clock.set(until);
        let again = opened.ledger.claim(1).await.unwrap().remove(0);
        assert_eq!((again.tries, again.stored), (1, None));
        // Whoever had it before has no say any more.
        opened.ledger.postpone(&[(claim, until + TimeDelta::days(1))]).await.unwrap();
        assert_eq!(opened.ledger.renew(&[again.claim]).await.unwrap().len(), 1);
    }

    async fn a_rejection_taken_back_in_time_is_never_told(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reject(&opened, id).await;
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
        let standing = opened.application(id).await.standing;
        assert_eq!((standing.status, standing.shown_status), (Status::Active, Status::Active));
    }

    async fn a_rejection_taken_back_while_it_was_sent_is_corrected(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reject(&opened, id).await;
        let sending = opened.ledger.claim(8).await.unwrap().remove(0);
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        opened.ledger.settle(&[opened.ended(&sending, accepted())]).await.unwrap();
        assert_eq!(opened.application(id).await.standing.shown_status, Status::Rejected);
        opened.deliver_all().await;
        let expected = [(Kind::Received, State::Sent), (Kind::Rejected, State::Sent), (Kind::Correction, State::Sent)];
        assert_eq!(states(&opened.notifications(id).await), expected);
        assert_eq!(opened.application(id).await.standing.shown_status, Status::Active);
    }

    async fn a_rejection_taken_back_before_its_retry_is_cancelled_in_silence(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reject(&opened, id).await;
        let sending = opened.ledger.claim(8).await.unwrap().remove(0);
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        opened.ledger.settle(&[opened.ended(&sending, retry())]).await.unwrap();
        assert_eq!(states(&opened.notifications(id).await), [(Kind::Received, State::Sent), (Kind::Rejected, State::Cancelled)]);
    }

    async fn a_worker_that_died_with_a_rejection_that_was_taken_back_leaves_a_correction(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reject(&opened, id).await;
        opened.ledger.claim(8).await.unwrap();
        opened.ledger.unreject(&[id], &somebody()).await.unwrap();
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        assert!(opened.ledger.claim(8).await.unwrap().is_empty(), "it is not sent again");
        opened.deliver_all().await;
        let expected = [(Kind::Received, State::Sent), (Kind::Rejected, State::Cancelled), (Kind::Correction, State::Sent)];
        assert_eq!(states(&opened.notifications(id).await), expected);
    }

    async fn a_row_that_cannot_be_read_is_held_and_its_neighbours_go_out(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let broken = opened.submitted(job, "broken@example.net").await.application;
        let fine = opened.submitted(job, "fine@example.net").await.application;
        let unknown = opened.submitted(job, "unknown@example.net").await.application;
        opened.sql("UPDATE application SET email = 'nobody' WHERE email = 'broken@example.net'").await;
        opened.sql(
            "UPDATE notification SET kind = 'from_the_future' WHERE application_id IN (SELECT id FROM application WHERE email = 'unknown@example.net')",
        ).await;
        assert_eq!(opened.work(&accepted()).await.len(), 1);
        assert_eq!(opened.notifications(fine).await[0].state, State::Sent);
        let held = opened.ledger.notifications(broken).await.unwrap();
        assert_eq!(held[0].state, State::Held);
        assert!(held[0].hold_reason.as_ref().unwrap().starts_with("unreadable"));
        let _left_to_a_newer_release = unknown;
    }

    async fn the_date_of_the_next_word_is_kept(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.clock.advance(opened.ledger.policy().update_every);
        assert_eq!(opened.ledger.tell_next_words(10).await.unwrap(), 1);
        assert_eq!(opened.ledger.tell_next_words(10).await.unwrap(), 0);
        opened.deliver_all().await;
        assert_eq!(states(&opened.notifications(id).await)[1], (Kind::StillConsidering, State::Sent));
    }

    async fn acknowledgements_go_first_and_bulk_never_starves(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for number in 0..40 {
            opened.submitted(job, &format!("old{number}@example.net")).await;
        }
        opened.deliver_all().await;
        opened.clock.advance(opened.ledger.policy().update_every);
        opened.ledger.tell_next_words(100).await.unwrap();
        let later = (0..40).map(|number| opened.ledger.submit(submission(job, &format!("new{number}@example.net"))));
        futures::future::join_all(later).await;
        let kinds: Vec<Kind> = opened.ledger.claim(16).await.unwrap().iter().map(|one| one.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Received).count(), 14);
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::StillConsidering).count(), 2);
    }
}
