use chrono::TimeDelta;
use hearback_domain::{
    application::{Stage, Status},
    ids::JobId,
    notification::{Kind, State},
    promise::Refusal,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Closing, Rejection,
    opened::{Opened, open, somebody, submission},
};

impl Opened {
    /// Of two addresses for one job.
    async fn two(&self, job: JobId) -> [ApplicationId; 2] {
        let first = self.submitted(job, "ada@example.net").await.application;
        let duplicate = self.submitted(job, "a.okafor@example.org").await.application;
        [first, duplicate]
    }

    async fn merged(&self, duplicate: ApplicationId, first: ApplicationId) {
        self.ledger.merge(duplicate, first, Some("the same person"), &somebody()).await.unwrap();
    }

    async fn messages(&self, id: ApplicationId) -> Vec<(Kind, State)> {
        self.notifications(id).await.into_iter().map(|message| (message.kind, message.state)).collect()
    }

    async fn is_sound(&self) {
        assert_eq!(self.ledger.audit().await.unwrap(), []);
        assert!(self.ledger.reconcile().await.unwrap().is_empty());
    }
}

fn rejection() -> Rejection {
    let reason = hearback_domain::application::RejectionReason::Other;
    Rejection { reason, internal_note: None, words: None, send_after: None, exemption: None }
}

on_both_databases! {
    async fn the_first_carries_a_duplicate_and_what_it_promised(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let duplicate = opened.submitted(job, "a.okafor@example.org").await.application;
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(3));
        let first = opened.submitted(job, "ada@example.net").await.application;
        opened.deliver_all().await;
        let told = opened.application(duplicate).await.standing.promised_by.unwrap();
        assert!(told < opened.application(first).await.standing.promised_by.unwrap());
        opened.ledger.move_stage(&[duplicate], Stage::Interview, true, &somebody()).await.unwrap();
        opened.merged(duplicate, first).await;

        let (carried, carrier) = (opened.application(duplicate).await, opened.application(first).await);
        assert_eq!((carried.carried_by, carried.standing.next_word), (Some(first), None));
        assert_eq!(carrier.standing.next_word.unwrap().by, told, "the earlier date is kept");
        assert_eq!(opened.messages(duplicate).await, [(Kind::Received, State::Sent), (Kind::StageChanged, State::Cancelled)]);
        assert_eq!(opened.notifications(duplicate).await[1].cancel_reason.as_deref(), Some("merged"));
        for (id, of, other) in [(duplicate, "into", first), (first, "duplicate", duplicate)] {
            let event = opened.ledger.events(id).await.unwrap().pop().unwrap();
            assert_eq!((event.kind, &event.data[of]), (EventKind::Merged, &json!(other)));
            assert_eq!(event.data["note"], "the same person");
        }
        let events = opened.ledger.events(duplicate).await.unwrap().len();
        opened.merged(duplicate, first).await;
        assert_eq!(opened.ledger.events(duplicate).await.unwrap().len(), events, "twice is once");
        opened.is_sound().await;

        let refused = opened.ledger.reject(&[duplicate], &rejection(), &somebody()).await.unwrap().remove(0).result;
        assert_eq!(refused, Err(crate::ChangeRefused::Refused(Refusal::CarriedBy(first))));
        let before = opened.application(duplicate).await.standing;
        opened.ledger.reject(&[first], &rejection(), &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::days(5));
        opened.deliver_all().await;
        assert_eq!(opened.application(first).await.standing.shown_status, Status::Rejected);
        assert_eq!(opened.application(duplicate).await.standing, before, "it never mirrors the first");
        assert_eq!(opened.messages(duplicate).await.len(), 2, "one person is told once");
        opened.is_sound().await;
    }

    async fn an_acknowledgement_is_owed_to_a_duplicate_all_the_same(kind: DatabaseKind) {
        let opened = open(kind).await;
        let [first, duplicate] = opened.two(opened.job().await).await;
        opened.merged(duplicate, first).await;
        opened.deliver_all().await;
        for id in [first, duplicate] {
            assert_eq!(opened.messages(id).await, [(Kind::Received, State::Sent)]);
        }
        assert_eq!(opened.application(duplicate).await.standing.next_word, None);
        opened.is_sound().await;
    }

    async fn a_merger_is_taken_back_unless_the_person_applied_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let [first, duplicate] = opened.two(job).await;
        opened.deliver_all().await;
        opened.merged(duplicate, first).await;
        opened.ledger.unmerge(duplicate, &somebody()).await.unwrap();
        let alone = opened.application(duplicate).await;
        assert_eq!((alone.carried_by, alone.standing.next_word.map(|word| word.kind)), (None, Some(Kind::StillConsidering)));
        let event = opened.ledger.events(duplicate).await.unwrap().pop().unwrap();
        assert_eq!((event.kind, &event.data["from"]), (EventKind::Unmerged, &json!(first)));
        let events = opened.ledger.events(duplicate).await.unwrap().len();
        opened.ledger.unmerge(duplicate, &somebody()).await.unwrap();
        assert_eq!(opened.ledger.events(duplicate).await.unwrap().len(), events, "twice is once");
        opened.is_sound().await;

        opened.merged(duplicate, first).await;
        let again = opened.submitted(job, "a.okafor@example.org").await.application;
        match opened.ledger.unmerge(duplicate, &somebody()).await {
            Err(MergeError::AppliedAgain(active)) => assert_eq!(active, again),
            other => panic!("{other:?}"),
        }
        let repeat = opened.submitted(job, "a.okafor@example.org").await.application;
        match opened.ledger.unmerge(repeat, &somebody()).await {
            Err(MergeError::Repeats(Repeats(of))) => assert_eq!(of, again),
            other => panic!("{other:?}"),
        }
        opened.is_sound().await;
    }

    async fn a_job_that_closes_tells_the_first_and_a_merger_that_is_taken_back_later_waits_for_a_person(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let [first, duplicate] = opened.two(job).await;
        opened.deliver_all().await;
        opened.merged(duplicate, first).await;
        let closing = Closing { words: None, named: Vec::new(), archive: false, confirmation: None };
        opened.ledger.close_job(job, &closing, &somebody()).await.unwrap();
        for _ in 0..2 {
            while let Some(due) = opened.ledger.claim_operation().await.unwrap() {
                while opened.ledger.work_operation(&due).await.unwrap() {}
            }
            opened.clock.advance(TimeDelta::hours(1));
        }
        assert_eq!(opened.application(first).await.standing.status, Status::Rejected);
        opened.ledger.unmerge(duplicate, &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::hours(1));
        assert!(opened.application(duplicate).await.standing.next_word.is_some());
        opened.is_sound().await;
    }

    async fn what_is_no_duplicate_is_not_merged(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (job, other) = (opened.job().await, opened.job().await);
        let [first, duplicate] = opened.two(job).await;
        let stranger = opened.submitted(other, "bo@example.net").await.application;
        let elsewhere = opened.submitted(other, "ada@example.net").await.application;
        let tried = submission(job, "try@example.net");
        let test = opened.ledger.submit(crate::Submission { is_test: true, ..tried }).await.unwrap().application;
        let missing: ApplicationId = opened.ledger.ids().next();
        for (one, two, why) in [
            (first, first, "into itself"),
            (stranger, first, "neither"),
            (test, first, "test key"),
            (missing, first, "no application"),
            (first, missing, "no application"),
        ] {
            let error = opened.ledger.merge(one, two, None, &somebody()).await.unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
        // The same person, for another job.
        opened.merged(elsewhere, first).await;
        let error = opened.ledger.merge(duplicate, elsewhere, None, &somebody()).await.unwrap_err();
        assert!(matches!(error, MergeError::NotMerged(NotMerged::Unrelated)));
        let error = opened.ledger.merge(elsewhere, duplicate, None, &somebody()).await.unwrap_err();
        assert!(matches!(error, MergeError::NotMerged(NotMerged::Unrelated | NotMerged::Duplicate(Refusal::CarriedBy(_)))));
        opened.merged(duplicate, first).await;
        opened.is_sound().await;
    }

    async fn two_that_are_merged_into_each_other_at_once_are_not_both_carried(kind: DatabaseKind) {
        let opened = open(kind).await;
        let [first, duplicate] = opened.two(opened.job().await).await;
        let actor = somebody();
        let (one, other) = tokio::join!(
            opened.ledger.merge(duplicate, first, None, &actor),
            opened.ledger.merge(first, duplicate, None, &actor)
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
        opened.is_sound().await;
    }

    async fn a_circle_that_nobody_carries_is_found(kind: DatabaseKind) {
        let opened = open(kind).await;
        let [first, duplicate] = opened.two(opened.job().await).await;
        opened.deliver_all().await;
        opened.merged(duplicate, first).await;
        let circle = "UPDATE application SET next_word_kind = NULL, next_word_by = NULL,
            carried_by = (SELECT max(o.id::text)::uuid FROM application o WHERE o.id <> application.id)";
        let circle = match kind {
            DatabaseKind::Sqlite => circle.replace("max(o.id::text)::uuid", "o.id"),
            DatabaseKind::Postgres => circle.to_owned(),
        };
        opened.sql(&circle).await;
        let found: Vec<_> = opened.ledger.audit().await.unwrap().into_iter().map(|finding| finding.application).collect();
        assert_eq!(found, [Some(first), Some(duplicate)]);
    }

    async fn a_merged_applications_lost_messages_come_back_as_they_were(kind: DatabaseKind) {
        let opened = open(kind).await;
        let [first, duplicate] = opened.two(opened.job().await).await;
        opened.ledger.move_stage(&[duplicate], Stage::Interview, true, &somebody()).await.unwrap();
        opened.merged(duplicate, first).await;
        let before = opened.messages(duplicate).await;
        assert_eq!(before, [(Kind::Received, State::Scheduled), (Kind::StageChanged, State::Cancelled)]);
        opened.sql("DELETE FROM notification").await;
        opened.ledger.reconcile().await.unwrap();
        assert_eq!(opened.messages(duplicate).await, before);
        opened.deliver_all().await;
        opened.is_sound().await;
    }
}
