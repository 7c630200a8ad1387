use chrono::TimeDelta;
use hearback_domain::{
    application::{RejectionReason, Stage},
    event::EventKind,
    ids::ApplicationId,
    notification::{Kind, OutboxVerb, Outcome, State},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Page, Rejection,
    opened::{Opened, accepted, open, somebody},
};

fn retry() -> Outcome {
    Outcome::Retry { reason: "450 4.2.0 greylisted".to_owned() }
}

async fn reject_at_once(opened: &Opened, id: ApplicationId) {
    let rejection = Rejection {
        reason: RejectionReason::Other,
        internal_note: None,
        words: None,
        send_after: Some(opened.ledger.now()),
        exemption: None,
    };
    opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap()[0].result.clone().unwrap();
}

async fn ids(opened: &Opened, id: ApplicationId) -> Vec<NotificationId> {
    opened.notifications(id).await.iter().map(|one| one.id).collect()
}

async fn states(opened: &Opened, id: ApplicationId) -> Vec<(Kind, State)> {
    opened.notifications(id).await.iter().map(|one| (one.kind, one.state)).collect()
}

async fn is_whole(opened: &Opened) {
    assert_eq!(opened.ledger.audit().await.unwrap(), []);
    assert_eq!(opened.ledger.reconcile().await.unwrap(), []);
}

async fn listed(opened: &Opened, filter: OutboxFilter) -> Vec<NotificationId> {
    let page = Page { after: None, limit: 100 };
    opened.ledger.outbox(&filter, page).await.unwrap().into_iter().map(|item| item.id).collect()
}

on_both_databases! {
    async fn a_retry_does_not_wait_and_keeps_its_tries(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.work(&retry()).await;
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
        let message = ids(&opened, id).await[0];
        opened.ledger.retry_message(message, &somebody()).await.unwrap();
        opened.ledger.retry_message(message, &somebody()).await.unwrap();
        assert_eq!(opened.work(&accepted()).await[0].tries, 2);
        let record = opened.ledger.outbox_record(message).await.unwrap().unwrap();
        let kinds: Vec<EventKind> = record.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Submitted, EventKind::MessageRetried], "asking twice is one change");
        assert_eq!((record.events[1].actor.clone(), record.notification.tries.len()), (somebody(), 1));
        is_whole(&opened).await;
    }

    async fn what_a_worker_or_a_relay_has_is_left_alone_and_said_so(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let message = ids(&opened, id).await[0];
        let sending = opened.ledger.claim(8).await.unwrap().remove(0);
        let refused = opened.ledger.retry_message(message, &somebody()).await.unwrap_err();
        assert!(matches!(refused, OutboxError::Refused(refusal) if refusal.possible() == [OutboxVerb::Cancel]), "{refused}");
        assert!(refused.to_string().contains("a worker is sending it right now"), "{refused}");
        opened.ledger.settle(&[opened.ended(&sending, accepted())]).await.unwrap();
        for refused in [
            opened.ledger.retry_message(message, &somebody()).await.unwrap_err(),
            opened.ledger.release_message(message, &somebody()).await.unwrap_err(),
            opened.ledger.cancel_message(message, "too late", &somebody()).await.unwrap_err(),
        ] {
            assert!(refused.to_string().contains("nothing calls a mail back"), "{refused}");
        }
        assert_eq!(opened.ledger.events(id).await.unwrap().len(), 1, "a refusal leaves no trace");
        let nothing = NotificationId::from(uuid::Uuid::from_u128(5));
        assert!(matches!(opened.ledger.retry_message(nothing, &somebody()).await, Err(OutboxError::NoSuchMessage)));
    }

    async fn an_undo_window_is_not_retried_away(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        let rejection = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None };
        opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap();
        let message = ids(&opened, id).await[1];
        let refused = opened.ledger.retry_message(message, &somebody()).await.unwrap_err();
        assert!(refused.to_string().contains("not to be sent before"), "{refused}");
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
    }

    async fn what_was_held_is_released_with_its_actor_and_not_held_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let spam = crate::Submission { suspected_spam: true, ..crate::opened::submission(job, "ada@example.net") };
        let id = opened.ledger.submit(spam).await.unwrap().application;
        let message = ids(&opened, id).await[0];
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
        opened.ledger.release_message(message, &somebody()).await.unwrap();
        // Even if its row is lost now: it is on record that a person let it go.
        opened.sql("DELETE FROM notification").await;
        opened.ledger.reconcile().await.unwrap();
        assert_eq!(opened.work(&accepted()).await.len(), 1);
        let record = opened.ledger.outbox_record(message).await.unwrap().unwrap();
        let event = record.events.iter().find(|event| event.kind == EventKind::MessageReleased).unwrap();
        assert_eq!((&event.actor, &event.data["was_held"]), (&somebody(), &serde_json::json!("suspected_spam")));
        is_whole(&opened).await;
    }

    async fn a_cancelled_acknowledgement_leaves_a_next_word_and_its_successor_goes_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.ledger.move_stage(&[id], Stage::Interview, true, &somebody()).await.unwrap();
        let message = ids(&opened, id).await[0];
        assert_eq!(states(&opened, id).await[1], (Kind::StageChanged, State::Waiting));
        opened.ledger.cancel_message(message, "told at the door", &somebody()).await.unwrap();
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Cancelled), (Kind::StageChanged, State::Scheduled)]);
        let standing = opened.application(id).await.standing;
        assert!(standing.next_word.is_some_and(|word| word.kind == Kind::StillConsidering && word.by > opened.ledger.now()));
        is_whole(&opened).await;
        opened.deliver_all().await;
        opened.clock.advance(opened.ledger.policy().update_every + TimeDelta::hours(1));
        assert_eq!(opened.ledger.tell_next_words(10).await.unwrap(), 1, "silence has an end");
        is_whole(&opened).await;
    }

    async fn a_cancelled_final_message_is_an_exemption_with_reason_and_actor(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for (number, end) in ["rejected", "hired", "withdrawn"].into_iter().enumerate() {
            let id = opened.submitted(job, &format!("n{number}@example.net")).await.application;
            opened.deliver_all().await;
            match end {
                "rejected" => reject_at_once(&opened, id).await,
                "hired" => drop(opened.ledger.hire(&[id], None, &somebody()).await.unwrap()),
                _ => drop(opened.ledger.withdraw(&[id], true, &somebody()).await.unwrap()),
            }
            let message = ids(&opened, id).await[1];
            opened.ledger.cancel_message(message, "told on the phone", &somebody()).await.unwrap();
            opened.ledger.cancel_message(message, "again", &somebody()).await.unwrap();
            assert_eq!(states(&opened, id).await[1].1, State::Cancelled);
            assert_eq!(opened.application(id).await.exemption.as_deref(), Some("told on the phone"), "{end}");
            let event = opened.ledger.events(id).await.unwrap().pop().unwrap();
            assert_eq!((event.kind, event.actor, &event.data["reason"]), (EventKind::MessageCancelled, somebody(), &serde_json::json!("told on the phone")));
            is_whole(&opened).await;
            // Nor once the row is gone.
            opened.sql("DELETE FROM notification WHERE state = 'cancelled'").await;
            opened.ledger.reconcile().await.unwrap();
            assert!(opened.ledger.claim(8).await.unwrap().is_empty(), "{end}");
            assert_eq!(opened.ledger.audit().await.unwrap(), []);
        }
    }

    async fn a_message_asked_back_while_it_is_sent_ends_as_its_try_does(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        for (outcome, state, exemption) in [
            (retry(), State::Cancelled, Some("told on the phone")),
            (Outcome::MaybeSent { reason: "no answer after the dot".to_owned() }, State::Cancelled, Some("told on the phone")),
            (accepted(), State::Sent, None),
        ] {
            let id = opened.submitted(job, &format!("{state}{}@example.net", opened.ledger.now().timestamp())).await.application;
            opened.deliver_all().await;
            reject_at_once(&opened, id).await;
            let sending = opened.ledger.claim(8).await.unwrap().remove(0);
            opened.ledger.cancel_message(sending.claim.notification, "told on the phone", &somebody()).await.unwrap();
            assert_eq!(opened.application(id).await.exemption, None, "nobody knows yet");
            let item = opened.ledger.outbox_item(sending.claim.notification).await.unwrap().unwrap();
            assert_eq!((item.state, item.cancel_requested, item.cancel_words.as_deref()), (State::Sending, true, Some("told on the phone")));
            is_whole(&opened).await;
            opened.ledger.settle(&[opened.ended(&sending, outcome)]).await.unwrap();
            assert_eq!(states(&opened, id).await[1], (Kind::Rejected, state));
            assert_eq!(opened.application(id).await.exemption.as_deref(), exemption);
            is_whole(&opened).await;
            opened.clock.advance(TimeDelta::seconds(1));
        }
    }

    async fn an_acknowledgement_asked_back_while_it_is_sent_leaves_a_next_word(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let sending = opened.ledger.claim(8).await.unwrap().remove(0);
        opened.ledger.cancel_message(sending.claim.notification, "told at the door", &somebody()).await.unwrap();
        opened.ledger.settle(&[opened.ended(&sending, retry())]).await.unwrap();
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Cancelled)]);
        opened.clock.advance(opened.ledger.policy().acknowledge_within + TimeDelta::hours(1));
        is_whole(&opened).await;
    }

    async fn a_paused_outbox_claims_nothing_in_any_process_and_goes_on_owing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let other = crate::Ledger::open(
            opened.database.url(), crate::Settings::default(), opened.clock.clone(), std::sync::Arc::new(hearback_domain::random::Random::from_seed(2)),
        ).await.unwrap();
        let paused = opened.ledger.pause_outbox("the relay moves", &somebody()).await.unwrap();
        let again = other.pause_outbox("another reason", &somebody()).await.unwrap();
        assert_eq!((&paused, paused.reason.as_str(), &paused.by), (&again, "the relay moves", &somebody()), "the first pause holds");
        let id = opened.applied().await;
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Scheduled)]);
        for ledger in [&opened.ledger, &other] {
            assert!(ledger.claim(8).await.unwrap().is_empty());
            assert_eq!(ledger.next_due().await.unwrap(), None);
            assert_eq!(ledger.outbox_summary().await.unwrap().pause, Some(paused.clone()));
        }
        let mut watch = other.watch_due();
        watch.begin();
        let ended = opened.ledger.resume_outbox(&somebody()).await.unwrap().unwrap();
        assert_eq!(ended.resumed.map(|resumed| resumed.by), Some(somebody()));
        tokio::time::timeout(std::time::Duration::from_secs(10), watch.changed()).await.unwrap();
        assert_eq!(opened.ledger.resume_outbox(&somebody()).await.unwrap(), None);
        assert_eq!(opened.work(&accepted()).await.len(), 1);
        assert_eq!(other.outbox_pause().await.unwrap(), None);
        opened.ledger.pause_outbox("once more", &somebody()).await.unwrap();
        assert_eq!(other.outbox_pause().await.unwrap().unwrap().reason, "once more");
    }

    async fn a_lease_that_ends_in_a_pause_is_no_workers_fault(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        opened.ledger.claim(8).await.unwrap();
        opened.ledger.pause_outbox("the relay moves", &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::hours(3));
        is_whole(&opened).await;
        opened.ledger.resume_outbox(&somebody()).await.unwrap();
        is_whole(&opened).await;
        opened.clock.advance(TimeDelta::minutes(16));
        assert_eq!(opened.ledger.audit().await.unwrap().len(), 1, "now a worker should have it");
    }

    async fn the_outbox_lists_what_is_due_last_first_part_by_part(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (job, other) = (opened.job().await, opened.job().await);
        let mut made = Vec::new();
        for number in 0..5 {
            let id = opened.submitted(if number == 2 { &other } else { &job }.to_owned(), &format!("n{number}@example.net")).await.application;
            made.push(ids(&opened, id).await[0]);
            // Two of them are due at the same moment.
            if number != 1 { opened.clock.advance(TimeDelta::minutes(1)); }
        }
        let newest_first: Vec<NotificationId> = made.iter().rev().copied().collect();
        assert_eq!(listed(&opened, OutboxFilter::default()).await, newest_first);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let part = opened.ledger.outbox(&OutboxFilter::default(), Page { after, limit: 2 }).await.unwrap();
            let Some(last) = part.last() else { break };
            after = Some(last.id);
            seen.extend(part.iter().map(|item| item.id));
        }
        assert_eq!(seen, newest_first);
        opened.sql("UPDATE notification SET state = 'held', hold_reason = 'x' WHERE application_id IN
            (SELECT id FROM application WHERE email = 'n3@example.net')").await;
        opened.deliver_all().await;
        assert_eq!(listed(&opened, OutboxFilter::default()).await, [made[3]]);
        let state = |state| OutboxFilter { state: Some(state), ..OutboxFilter::default() };
        assert_eq!(listed(&opened, state(State::Sent)).await, [made[4], made[2], made[1], made[0]]);
        assert_eq!(listed(&opened, OutboxFilter { job: Some(other), ..state(State::Sent) }).await, [made[2]]);
        assert_eq!(listed(&opened, OutboxFilter { is_test: Some(true), ..state(State::Sent) }).await, []);
        assert_eq!(listed(&opened, OutboxFilter { kind: Some(Kind::Rejected), ..state(State::Held) }).await, []);
        let board = opened.ledger.job(job).await.unwrap().unwrap().board;
        assert_eq!(listed(&opened, OutboxFilter { board: Some(board), ..state(State::Held) }).await, [made[3]]);
        let summary = opened.ledger.outbox_summary().await.unwrap();
        assert_eq!((summary.count(State::Held), summary.count(State::Scheduled)), (1, 0));
        assert_eq!(summary.oldest_due, Some(opened.ledger.outbox_item(made[3]).await.unwrap().unwrap().due_at));
    }

    async fn a_message_whose_recipient_cannot_be_read_is_listed_all_the_same(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.sql("UPDATE application SET email = 'nobody'").await;
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
        let items = opened.ledger.outbox(&OutboxFilter::default(), Page { after: None, limit: 10 }).await.unwrap();
        assert_eq!((items[0].to.clone(), items[0].state), (None, State::Held));
        opened.ledger.cancel_message(items[0].id, "there is no address", &somebody()).await.unwrap();
        assert_eq!(states(&opened, id).await, [(Kind::Received, State::Cancelled)]);
    }

    async fn a_change_that_is_cut_short_leaves_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        reject_at_once(&opened, id).await;
        opened.ledger.withdraw(&[id], true, &somebody()).await.unwrap();
        let (before, message) = (opened.notifications(id).await, ids(&opened, id).await[2]);
        // The last thing that is written cannot be.
        opened.sql("ALTER TABLE event RENAME TO event_away").await;
        let cut = opened.ledger.cancel_message(message, "told on the phone", &somebody()).await;
        opened.sql("ALTER TABLE event_away RENAME TO event").await;
        assert!(matches!(cut, Err(OutboxError::Ledger(_))), "{cut:?}");
        assert_eq!((opened.notifications(id).await, opened.application(id).await.exemption), (before, None));
        is_whole(&opened).await;
    }

    async fn many_hands_at_once_cancel_once_and_leave_one_head(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.ledger.move_stage(&[id], Stage::Review, true, &somebody()).await.unwrap();
        opened.ledger.hire(&[id], None, &somebody()).await.unwrap();
        let all = ids(&opened, id).await;
        let someone = somebody();
        let cancels = futures::future::join_all((0..6).map(|turn| opened.ledger.cancel_message(all[(turn % 2) * 2], "by phone", &someone)));
        let (cancels, worked) = futures::future::join(cancels, opened.work(&accepted())).await;
        let refused = cancels.into_iter().filter(|result| matches!(result, Err(OutboxError::Ledger(_)))).count();
        assert_eq!(refused, 0, "{worked:?}");
        opened.deliver_all().await;
        assert_eq!(states(&opened, id).await[2].0, Kind::Hired);
        is_whole(&opened).await;
    }
}
