use chrono::TimeDelta;
use hearback_domain::{
    actor::ActorKind,
    notification::{Kind, Outcome},
};
use hearback_testkit::{database::DatabaseKind, fake_clock::FakeClock, on_both_databases};

use super::*;
use crate::{
    Submission,
    opened::{Opened, accepted, open, somebody, submission},
};

fn reasons(message: &Notification) -> Vec<&str> {
    message.tries.iter().map(|failed| failed.reason.as_str()).collect()
}

/// One try for whatever is due; the relay refuses it with these words.
async fn refused(opened: &Opened, words: &str) {
    opened.work(&Outcome::Retry { reason: words.to_owned() }).await;
    // From morning to evening and back: news is not owed at night.
    opened.clock.advance(TimeDelta::hours(12));
}

on_both_databases! {
    async fn a_history_begins_with_the_submission_and_the_message_that_it_owes(kind: DatabaseKind) {
        let opened = open(kind).await;
        let actor = Actor { kind: ActorKind::ApiKey, id: "key_1".to_owned(), on_behalf_of: Some("Lin".to_owned()) };
        let submission = Submission { actor: actor.clone(), ..submission(opened.job().await, "ada@example.net") };
        let application = opened.ledger.submit(submission).await.unwrap().application;
        let [event] = &opened.ledger.events(application).await.unwrap()[..] else { panic!("one event") };
        let [message] = &opened.notifications(application).await[..] else { panic!("one message") };
        assert_eq!((event.kind, event.at, event.owes), (EventKind::Submitted, FakeClock::START, Some(message.id)));
        assert_eq!((&event.actor, &event.data), (&actor, &serde_json::json!({})));
        assert_eq!((message.kind, message.state), (Kind::Received, State::Scheduled));
        assert_eq!(message.due_at, FakeClock::START + opened.ledger.policy().acknowledge_within);
        assert!(message.tries.is_empty() && message.subject.is_none());
    }

    async fn messages_come_in_the_order_of_the_chain_each_with_its_own_tries(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (one, other) = (opened.applied().await, opened.applied().await);
        refused(&opened, "450 greylisted").await;
        refused(&opened, "451 busy").await;
        opened.deliver_all().await;
        opened.ledger.move_stage(&[one], Stage::Interview, true, &somebody()).await.unwrap();
        refused(&opened, "421 later").await;
        opened.deliver_all().await;
        let [received, moved] = &opened.notifications(one).await[..] else { panic!("two messages") };
        assert_eq!((received.kind, reasons(received)), (Kind::Received, vec!["450 greylisted", "451 busy"]));
        assert_eq!((moved.kind, reasons(moved)), (Kind::StageChanged, vec!["421 later"]));
        assert_eq!((moved.stage, moved.subject.as_deref(), moved.text.as_deref()), (Some(Stage::Interview), Some("About stage_changed"), Some("Dear you")));
        assert_eq!((moved.state, moved.settled_at, moved.relay.as_deref()), (State::Sent, Some(opened.ledger.clock().now()), Some("test")));
        assert_eq!((received.tries[0].at, received.tries[0].outcome.as_str()), (FakeClock::START, "retry"));
        let [of_other] = &opened.notifications(other).await[..] else { panic!("one message") };
        assert_eq!(reasons(of_other), ["450 greylisted", "451 busy"]);
        let kinds: Vec<EventKind> = opened.ledger.events(one).await.unwrap().iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Submitted, EventKind::Moved]);
    }

    async fn only_what_is_scheduled_has_a_next_try(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let next_try = async || { let [one] = &opened.notifications(id).await[..] else { panic!("one message") }; (one.state, one.next_try_at) };
        assert_eq!(next_try().await, (State::Scheduled, Some(FakeClock::START)));
        let claimed = opened.ledger.claim(1).await.unwrap();
        assert_eq!(next_try().await, (State::Sending, None));
        opened.ledger.settle(&[opened.ended(&claimed[0], Outcome::Retry { reason: "450".to_owned() })]).await.unwrap();
        let (state, at) = next_try().await;
        assert!(state == State::Scheduled && at > Some(FakeClock::START), "{at:?}");
        opened.clock.advance(TimeDelta::hours(8));
        opened.work(&accepted()).await;
        assert_eq!(next_try().await, (State::Sent, None));
    }

    async fn a_word_of_a_newer_release_is_named_not_guessed(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        opened.sql("UPDATE notification SET kind = 'birthday'").await;
        opened.sql("UPDATE event SET kind = 'celebrated'").await;
        let unread = opened.ledger.notifications(application).await.unwrap_err();
        assert!(matches!(&unread, LedgerError::Unreadable { table: "notification", reason } if reason.contains("birthday")), "{unread}");
        let unread = opened.ledger.events(application).await.unwrap_err();
        assert!(matches!(&unread, LedgerError::Unreadable { table: "event", reason } if reason.contains("celebrated")), "{unread}");
    }

    async fn nothing_happened_to_what_is_not_on_record(kind: DatabaseKind) {
        let opened = open(kind).await;
        let nobody = opened.ledger.ids().next();
        assert_eq!(opened.ledger.events(nobody).await.unwrap(), []);
        assert_eq!(opened.ledger.notifications(nobody).await.unwrap(), []);
    }
}
