use hearback_domain::{
    application::Status,
    notification::{Kind, State},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    ApiKeyKind, NewApiKey, Rejection,
    opened::{Opened, open, somebody, submission},
};

async fn keyed(opened: &Opened, job: JobId, key: &str, fingerprint: u8) -> Submission {
    let new = NewApiKey { kind: ApiKeyKind::Publishable, is_test: false, board: None, name: "site".to_owned() };
    let (api_key, _) = opened.ledger.create_api_key(new).await.unwrap();
    let idempotency = Some(Idempotency { api_key, key: key.to_owned(), fingerprint: [fingerprint; 32] });
    Submission { idempotency, ..submission(job, "ada@example.net") }
}

on_both_databases! {
    async fn an_application_is_on_record_with_the_acknowledgement_that_it_owes(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let submitted = opened.submitted(job, "Ada@Example.NET").await;
        let application = opened.application(submitted.application).await;
        assert_eq!(application.email.as_str(), "Ada@example.net");
        assert_eq!((application.time_zone.name(), application.received_at), ("Europe/Berlin", submitted.received_at));
        let next = application.standing.next_word.unwrap();
        assert_eq!((next.kind, next.by), (Kind::Received, submitted.received_at + opened.ledger.policy().acknowledge_within));
        let [owed] = &opened.notifications(submitted.application).await[..] else { panic!("one message is owed") };
        assert_eq!((owed.kind, owed.state), (Kind::Received, State::Scheduled));
        let [event] = &opened.ledger.events(submitted.application).await.unwrap()[..] else { panic!("one event") };
        assert_eq!(event.owes, Some(owed.id));
    }

    async fn suspected_spam_is_stored_and_its_acknowledgement_held(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let spam = Submission { suspected_spam: true, ..submission(job, "ada@example.net") };
        let submitted = opened.ledger.submit(spam).await.unwrap();
        let [held] = &opened.notifications(submitted.application).await[..] else { panic!("one message is owed") };
        assert_eq!((held.state, held.hold_reason.as_deref()), (State::Held, Some("suspected_spam")));
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
    }

    async fn a_repeat_is_acknowledged_like_the_first_and_carried_by_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let first = opened.submitted(job, "ada@example.net").await;
        let repeat = opened.submitted(job, "ADA@example.net").await;
        let application = opened.application(repeat.application).await;
        assert_eq!((application.carried_by, application.standing.next_word), (Some(first.application), None));
        assert_eq!(opened.notifications(repeat.application).await[0].state, State::Scheduled);
        let other = opened.job().await;
        let elsewhere = opened.submitted(other, "ada@example.net").await;
        assert_eq!(opened.application(elsewhere.application).await.carried_by, None);
    }

    async fn whoever_was_answered_may_apply_again_on_their_own(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let first = opened.submitted(job, "ada@example.net").await.application;
        let rejection = Rejection {
            reason: "other".parse().unwrap(), internal_note: None, words: None, send_after: None, exemption: None,
        };
        opened.ledger.reject(&[first], &rejection, &somebody()).await.unwrap();
        let again = opened.submitted(job, "ada@example.net").await.application;
        assert_eq!(opened.application(again).await.carried_by, None);
        let back = opened.ledger.unreject(&[first], &somebody()).await.unwrap();
        assert_eq!(back[0].result, Err(crate::ChangeRefused::AppliedAgain(again)));
        assert_eq!(opened.application(first).await.standing.status, Status::Rejected);
    }

    async fn forty_at_once_of_one_person_are_one_first_and_its_repeats(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let all = futures::future::join_all((0..40).map(|_| opened.submitted(job, "ada@example.net"))).await;
        let mut firsts = Vec::new();
        for submitted in &all {
            firsts.push(opened.application(submitted.application).await.carried_by);
        }
        let first = *all.iter().zip(&firsts).find(|(_, carried)| carried.is_none()).unwrap().0;
        assert_eq!(firsts.iter().filter(|carried| carried.is_none()).count(), 1);
        assert!(firsts.iter().flatten().all(|carried| *carried == first.application));
    }

    async fn a_stranger_cannot_fill_a_mailbox_and_no_application_is_refused_for_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let now = opened.ledger.now();
        let all = futures::future::join_all((0..12).map(|_| opened.submitted(job, "ada@example.net"))).await;
        let mut planned = Vec::new();
        for submitted in &all {
            let [owed] = &opened.notifications(submitted.application).await[..] else { panic!("each is acknowledged") };
            let reason = owed.hold_reason.clone();
            assert_eq!(owed.due_at - owed.send_after, opened.ledger.policy().acknowledge_within);
            planned.push((owed.send_after - now, owed.state, reason));
        }
        let hours = |hours: i64| planned.iter().filter(|(after, state, _)| after.num_hours() == hours && *state == State::Scheduled).count();
        assert_eq!([0, 1, 2, 3].map(hours), [3, 3, 3, 1]);
        let held: Vec<_> = planned.iter().filter(|(_, state, _)| *state == State::Held).collect();
        assert!(held.len() == 2 && held.iter().all(|(_, _, reason)| reason.as_deref() == Some("recipient_cap")), "{planned:?}");
        // Whoever shares nothing but the day with her is told at once.
        let other = opened.submitted(job, "grace@example.net").await.application;
        assert_eq!(opened.notifications(other).await[0].send_after, now);
    }

    async fn one_key_makes_one_application_however_often_it_comes(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let submission = keyed(&opened, job, "k1", 1).await;
        let both = futures::future::join_all((0..20).map(|_| opened.ledger.submit(submission.clone()))).await;
        let both: Vec<Submitted> = both.into_iter().map(Result::unwrap).collect();
        let later = opened.ledger.submit(submission.clone()).await.unwrap();
        assert!(later.replayed && both.iter().all(|one| one.application == later.application && one.received_at == later.received_at));
        assert_eq!(both.iter().filter(|one| !one.replayed).count(), 1);
        let mut other = submission.clone();
        other.idempotency.as_mut().unwrap().fingerprint = [2; 32];
        assert!(matches!(opened.ledger.submit(other).await, Err(SubmitError::IdempotencyKeyReused)));
    }

    async fn a_closed_job_takes_nothing_and_a_replay_is_still_answered(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let submission = keyed(&opened, job, "k1", 1).await;
        let first = opened.ledger.submit(submission.clone()).await.unwrap();
        opened.sql("UPDATE job SET status = 'closed'").await;
        assert_eq!(opened.ledger.submit(submission.clone()).await.unwrap().application, first.application);
        let mut other = submission;
        other.idempotency.as_mut().unwrap().key = "k2".to_owned();
        assert!(matches!(opened.ledger.submit(other.clone()).await, Err(SubmitError::JobClosed)));
        opened.sql("UPDATE job SET status = 'open'").await;
        assert!(!opened.ledger.submit(other).await.unwrap().replayed, "a refused request does not use its key up");
    }

    async fn a_row_that_the_database_refuses_fails_alone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        // PostgreSQL has no NUL in texts (section 8.3 of its manual); SQLite's tables here refuse nothing of the kind.
        let poison = Submission { name: "Ada\0Okafor".to_owned(), ..submission(job, "poison@example.net") };
        let neighbours = (0..20).map(|number| opened.ledger.submit(submission(job, &format!("n{number}@example.net"))));
        let (poisoned, neighbours) = futures::future::join(opened.ledger.submit(poison), futures::future::join_all(neighbours)).await;
        assert!(neighbours.into_iter().all(|one| one.is_ok()));
        if kind == DatabaseKind::Postgres {
            assert!(matches!(poisoned, Err(SubmitError::Ledger(LedgerError::Refused(_)))));
        }
    }
}
