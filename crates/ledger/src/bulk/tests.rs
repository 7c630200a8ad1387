use std::collections::BTreeMap;

use chrono::TimeDelta;
use hearback_domain::{
    application::{RejectionReason, Status},
    bulk::ItemState,
    ids::JobId,
    notification::Kind,
    promise::bulk::{Gets, Silent},
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Ledger, Page, SubmitError,
    opened::{Opened, open, somebody, submission},
};

const ALL: Page<ApplicationId> = Page { after: None, limit: 200 };

fn rejection() -> What {
    let reason = RejectionReason::AnotherCandidatePreferred;
    What::Reject(Rejection { reason, internal_note: None, words: None, send_after: None, exemption: None })
}

fn closing() -> Closing {
    Closing { words: Some("The position was filled.".to_owned()), named: Vec::new(), archive: false, confirmation: None }
}

fn begin<'a>(spec: &'a Spec, confirmation: Option<&'a str>, actor: &'a hearback_domain::actor::Actor) -> Begin<'a> {
    Begin { spec, confirmation, board: None, is_test: false, actor }
}

impl Opened {
    async fn people(&self, job: JobId, number: usize) -> Vec<ApplicationId> {
        let mut ids = Vec::with_capacity(number);
        for at in 0..number {
            ids.push(self.submitted(job, &format!("ada{at}@example.net")).await.application);
        }
        ids
    }

    /// What workers do, until there is nothing left to do, the late look included.
    async fn carry_out(&self) {
        for _ in 0..2 {
            while let Some(due) = self.ledger.claim_operation().await.unwrap() {
                while self.ledger.work_operation(&due).await.unwrap() {}
            }
            self.clock.advance(TimeDelta::seconds(11));
        }
    }

    async fn kinds(&self, id: ApplicationId) -> Vec<Kind> {
        self.notifications(id).await.into_iter().map(|message| message.kind).collect()
    }

    async fn counts(&self, id: OperationId) -> Vec<(ItemState, u64)> {
        self.ledger.operation(id).await.unwrap().unwrap().counts.by_state.into_iter().collect()
    }

    async fn is_whole(&self) {
        assert_eq!(self.ledger.audit().await.unwrap(), []);
        assert!(self.ledger.reconcile().await.unwrap().is_empty());
    }
}

async fn reason(ledger: &Ledger, operation: OperationId, application: ApplicationId) -> (ItemState, Option<String>) {
    let items = ledger.operation_items(operation, None, ALL).await.unwrap();
    let item = items.into_iter().find(|item| item.application == application).unwrap();
    (item.state, item.reason)
}

on_both_databases! {
    async fn a_job_that_closes_owes_everybody_who_waits_a_final_message_and_takes_no_more(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 3).await;
        opened.ledger.move_stage(&ids[2..], Stage::Offer, false, &somebody()).await.unwrap();
        let carried = opened.submitted(job, "ada0@example.net").await.application;
        let operation = opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap();
        assert_eq!((operation.expected, operation.state), (3, OperationState::Scheduled));
        assert!(matches!(opened.ledger.submit(submission(job, "late@example.net")).await, Err(SubmitError::JobClosed)));
        // Twice is once.
        assert_eq!(opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap().id, operation.id);
        opened.carry_out().await;
        let done = opened.ledger.operation(operation.id).await.unwrap().unwrap();
        assert_eq!((done.state, done.counts.messages), (OperationState::Done, 2));
        assert_eq!(opened.counts(operation.id).await, [(ItemState::Done, 2), (ItemState::PassedOver, 1)]);
        assert_eq!(reason(&opened.ledger, operation.id, ids[2]).await, (ItemState::PassedOver, Some("offer_holder".to_owned())));
        for id in &ids[..2] {
            assert_eq!(opened.kinds(*id).await, [Kind::Received, Kind::Rejected]);
            assert_eq!(opened.application(*id).await.rejection_reason, Some(RejectionReason::PositionFilled));
        }
        assert_eq!(opened.kinds(carried).await, [Kind::Received]);
        assert_eq!(opened.application(ids[2]).await.standing.status, Status::Active);
        opened.is_whole().await;
    }

    async fn who_applied_while_the_job_closed_is_told_as_well(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        opened.people(job, 1).await;
        let operation = opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap().id;
        let due = opened.ledger.claim_operation().await.unwrap().unwrap();
        while opened.ledger.work_operation(&due).await.unwrap() {}
        // It was on its way before the job closed, and is committed after the closing went past it.
        opened.sql("UPDATE job SET status = 'open'").await;
        let late = opened.submitted(job, "late@example.net").await.application;
        opened.sql("UPDATE job SET status = 'closed'").await;
        assert!(opened.ledger.claim_operation().await.unwrap().is_none());
        opened.carry_out().await;
        opened.carry_out().await;
        assert_eq!(opened.kinds(late).await, [Kind::Received, Kind::Rejected]);
        assert_eq!(opened.counts(operation).await, [(ItemState::Done, 2)]);
        opened.is_whole().await;
    }

    async fn a_worker_that_dies_in_the_middle_leaves_nobody_out_and_tells_nobody_twice(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 7).await;
        let spec = Spec { what: rejection(), who: Selection::Those(Those { job: Some(job), ..Those::default() }), named: Vec::new() };
        let operation = opened.ledger.begin_operation(begin(&spec, None, &somebody())).await.unwrap().id;
        let first = opened.ledger.claim_operation().await.unwrap().unwrap();
        assert!(opened.ledger.some_of(&first, 3).await);
        // It is gone; its lease ends, and another goes on. What the first still wants to write is not written.
        assert!(opened.ledger.claim_operation().await.unwrap().is_none());
        opened.clock.advance(opened.ledger.lease() + TimeDelta::seconds(1));
        let second = opened.ledger.claim_operation().await.unwrap().unwrap();
        assert!(!opened.ledger.some_of(&first, 3).await);
        while opened.ledger.some_of(&second, 2).await {}
        for id in ids {
            assert_eq!(opened.kinds(id).await, [Kind::Received, Kind::Rejected]);
        }
        assert_eq!(opened.counts(operation).await, [(ItemState::Done, 7)]);
        opened.is_whole().await;
    }

    async fn one_that_cannot_be_read_or_written_mutes_nobody_else(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 4).await;
        opened.sql("UPDATE application SET time_zone = 'Nowhere/Nothing' WHERE email = 'ada1@example.net'").await;
        // The database itself refuses this one.
        let (create, drop) = match kind {
            DatabaseKind::Sqlite => (
                "CREATE TRIGGER poison BEFORE INSERT ON bulk_item WHEN NEW.state = 'done'
                 AND NEW.application_id = (SELECT id FROM application WHERE email = 'ada2@example.net')
                 BEGIN SELECT RAISE(ABORT, 'poison'); END",
                "DROP TRIGGER poison",
            ),
            DatabaseKind::Postgres => (
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF NEW.state = 'done' AND NEW.application_id = (SELECT id FROM application WHERE email = 'ada2@example.net')
                 THEN RAISE EXCEPTION 'poison' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$;
                 CREATE TRIGGER poison BEFORE INSERT ON bulk_item FOR EACH ROW EXECUTE FUNCTION poison()",
                "DROP TRIGGER poison ON bulk_item",
            ),
        };
        opened.sql(create).await;
        let operation = opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap().id;
        opened.carry_out().await;
        opened.sql(drop).await;
        assert_eq!(opened.counts(operation).await, [(ItemState::Done, 2), (ItemState::Failed, 2)]);
        let failed = opened.ledger.operation_items(operation, Some(ItemState::Failed), ALL).await.unwrap();
        assert_eq!(failed.iter().map(|item| item.application).collect::<Vec<_>>(), ids[1..3]);
        assert_eq!(opened.kinds(ids[0]).await, [Kind::Received, Kind::Rejected]);
        assert_eq!(opened.kinds(ids[2]).await, [Kind::Received]);
        // A closed job with somebody in it who waits is found; closing it again goes on with them.
        opened.clock.advance(TimeDelta::hours(1));
        let found = opened.ledger.audit().await.unwrap();
        assert_eq!(found.iter().filter_map(|finding| finding.application).collect::<Vec<_>>(), ids[1..3], "{found:?}");
        opened.sql("UPDATE application SET time_zone = 'Europe/Berlin'").await;
        opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap();
        opened.carry_out().await;
        for id in ids {
            assert_eq!(opened.kinds(id).await, [Kind::Received, Kind::Rejected]);
        }
        opened.is_whole().await;
    }

    async fn the_dry_run_says_who_gets_what_and_the_operation_does_that(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 5).await;
        opened.ledger.move_stage(&ids[1..2], Stage::Offer, false, &somebody()).await.unwrap();
        let rejected = Rejection { reason: RejectionReason::Other, internal_note: None, words: None, send_after: None, exemption: None };
        opened.ledger.reject(&ids[2..3], &rejected, &somebody()).await.unwrap();
        let carried = opened.submitted(job, "ada0@example.net").await.application;
        let spec = Spec::closing(job, None, Vec::new());
        let actor = somebody();
        let shown = opened.ledger.dry_run(begin(&spec, None, &actor), Page { after: None, limit: 4 }).await.unwrap();
        let gets = |shown: &DryRun| shown.people.iter().map(|person| person.gets).collect::<Vec<_>>();
        assert!(matches!(gets(&shown)[..], [
            Some(Gets::Message { kind: Kind::Rejected, .. }),
            Some(Gets::Nothing(Silent::OfferHolder)),
            Some(Gets::Nothing(Silent::AlreadyOwed)),
            Some(Gets::Message { .. }),
        ]), "{shown:?}");
        let summary = shown.summary.as_ref().unwrap();
        assert_eq!((summary.applications, summary.messages, summary.is_required), (6, 3, false));
        assert_eq!(summary.silent, BTreeMap::from([(Silent::OfferHolder, 1), (Silent::AlreadyOwed, 1), (Silent::Carried, 1)]));
        let rest = opened.ledger.dry_run(begin(&spec, None, &actor), Page { after: Some(ids[3]), limit: 4 }).await.unwrap();
        assert_eq!(rest.people.iter().map(|person| person.application).collect::<Vec<_>>(), [ids[4], carried]);
        assert_eq!(opened.kinds(ids[0]).await, [Kind::Received], "nothing was written");
        opened.ledger.close_job(job, &Closing { words: None, ..closing() }, &actor).await.unwrap();
        opened.carry_out().await;
        for (person, gets) in shown.people.iter().zip(gets(&shown)) {
            let Some(Gets::Message { times, .. }) = gets else { continue };
            let message = opened.notifications(person.application).await.pop().unwrap();
            assert_eq!((message.send_after, message.due_at), (times.send_after, times.due_at));
        }
    }

    async fn many_are_written_to_only_after_the_dry_run_of_just_these_was_seen(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let cap = usize::try_from(opened.ledger.policy().bulk_cap).unwrap();
        let ids = opened.people(job, cap + 1).await;
        let actor = somebody();
        let spec = Spec { what: rejection(), who: Selection::These(ids.clone()), named: Vec::new() };
        let ask = async |spec: &Spec, confirmation: Option<&str>| opened.ledger.begin_operation(begin(spec, confirmation, &actor)).await;
        assert!(matches!(ask(&spec, None).await, Err(BulkError::Unconfirmed { people: 51, cap: 50 })));
        let few = Spec { who: Selection::These(ids[..cap].to_vec()), ..spec.clone() };
        let shown = opened.ledger.dry_run(begin(&spec, None, &actor), ALL).await.unwrap().summary.unwrap();
        assert!(shown.is_required);
        let token = shown.confirmation.as_str();
        let other = Spec { what: What::Move { to: Stage::Review, tell: true }, ..spec.clone() };
        assert!(matches!(ask(&other, Some(token)).await, Err(BulkError::NotConfirmed(NotConfirmed::OtherOperation))));
        assert!(matches!(ask(&spec, Some("nonsense")).await, Err(BulkError::NotConfirmed(NotConfirmed::Unreadable))));
        opened.ledger.withdraw(&ids[..1], true, &actor).await.unwrap();
        assert!(matches!(ask(&spec, Some(token)).await, Err(BulkError::NotConfirmed(NotConfirmed::Changed))));
        let shown = opened.ledger.dry_run(begin(&spec, None, &actor), ALL).await.unwrap().summary.unwrap();
        assert!(!shown.is_required);
        opened.clock.advance(TimeDelta::minutes(31));
        assert!(matches!(ask(&spec, Some(&shown.confirmation)).await, Err(BulkError::NotConfirmed(NotConfirmed::Expired))));
        let began = ask(&few, None).await.unwrap();
        opened.carry_out().await;
        assert_eq!(opened.counts(began.id).await, [(ItemState::Done, 49), (ItemState::PassedOver, 1)]);
    }

    async fn an_offer_is_taken_back_only_by_name(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 2).await;
        let actor = somebody();
        opened.ledger.move_stage(&ids, Stage::Offer, false, &actor).await.unwrap();
        let spec = Spec { what: rejection(), who: Selection::These(ids.clone()), named: ids[..1].to_vec() };
        let operation = opened.ledger.begin_operation(begin(&spec, None, &actor)).await.unwrap();
        opened.carry_out().await;
        assert_eq!(reason(&opened.ledger, operation.id, ids[0]).await, (ItemState::Done, None));
        assert_eq!(reason(&opened.ledger, operation.id, ids[1]).await.1.as_deref(), Some("offer_holder"));
    }

    async fn the_part_that_was_not_done_is_stopped(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 4).await;
        let operation = opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap().id;
        let due = opened.ledger.claim_operation().await.unwrap().unwrap();
        assert!(opened.ledger.some_of(&due, 2).await);
        let stopped = opened.ledger.stop_operation(operation, &somebody()).await.unwrap();
        assert_eq!((stopped.state, stopped.stopped_by.is_some()), (OperationState::Stopped, true));
        assert!(!opened.ledger.some_of(&due, 2).await, "the worker that had it goes no further");
        assert_eq!(opened.ledger.stop_operation(operation, &somebody()).await.unwrap().id, operation);
        opened.carry_out().await;
        assert_eq!(opened.counts(operation).await, [(ItemState::Done, 2)]);
        assert_eq!(opened.application(ids[3]).await.standing.status, Status::Active);
    }

    async fn undone_nobody_hears_of_it_who_was_not_told_and_the_others_are_corrected(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 4).await;
        opened.deliver_all().await;
        let operation = opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap().id;
        opened.carry_out().await;
        // One is told, one was decided about again since, and two wait.
        let told = opened.notifications(ids[0]).await.pop().unwrap().id;
        let told_only = format!("UPDATE notification SET wake_at = (SELECT MIN(send_after) FROM notification) WHERE id = {}", literal(kind, told.uuid()));
        opened.sql(&told_only).await;
        opened.deliver_all().await;
        assert_eq!(opened.application(ids[0]).await.standing.shown_status, Status::Rejected);
        opened.ledger.unreject(&ids[1..2], &somebody()).await.unwrap();
        let undoing = opened.ledger.undo_operation(operation, &somebody()).await.unwrap();
        assert_eq!((undoing.state, undoing.undone_by.is_some()), (OperationState::Scheduled, true));
        assert_eq!(opened.ledger.job(job).await.unwrap().unwrap().status, crate::JobStatus::Open);
        opened.carry_out().await;
        assert_eq!(opened.ledger.operation(operation).await.unwrap().unwrap().state, OperationState::Undone);
        assert_eq!(reason(&opened.ledger, operation, ids[0]).await, (ItemState::Undone, Some("correction".to_owned())));
        assert_eq!(reason(&opened.ledger, operation, ids[1]).await, (ItemState::Kept, Some("changed_since".to_owned())));
        assert_eq!(reason(&opened.ledger, operation, ids[2]).await, (ItemState::Undone, None));
        assert_eq!(opened.kinds(ids[0]).await, [Kind::Received, Kind::Rejected, Kind::Correction]);
        for id in &ids {
            assert_eq!(opened.application(*id).await.standing.status, Status::Active);
        }
        opened.deliver_all().await;
        assert_eq!(opened.notifications(ids[2]).await[1].state, hearback_domain::notification::State::Cancelled);
        // Taking it back twice is once, and the door is open again.
        assert_eq!(opened.ledger.undo_operation(operation, &somebody()).await.unwrap().state, OperationState::Undone);
        opened.submitted(job, "new@example.net").await;
        opened.is_whole().await;
    }

    async fn a_move_is_taken_back_to_where_each_one_was(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 2).await;
        let actor = somebody();
        opened.ledger.move_stage(&ids[..1], Stage::Review, false, &actor).await.unwrap();
        let what = What::Move { to: Stage::Interview, tell: true };
        let spec = Spec { what, who: Selection::These(ids.clone()), named: Vec::new() };
        let operation = opened.ledger.begin_operation(begin(&spec, None, &actor)).await.unwrap().id;
        opened.carry_out().await;
        assert_eq!(opened.application(ids[0]).await.standing.stage, Stage::Interview);
        opened.ledger.undo_operation(operation, &actor).await.unwrap();
        opened.carry_out().await;
        for (id, stage) in ids.iter().zip([Stage::Review, Stage::Received]) {
            assert_eq!(opened.application(*id).await.standing.stage, stage);
        }
        opened.deliver_all().await;
        assert!(opened.notifications(ids[0]).await.iter().all(|message| message.kind == Kind::Received || message.settled_at.is_some()));
        opened.is_whole().await;
    }

    async fn a_job_opens_again_and_what_its_closing_did_not_come_to_is_not_done(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 3).await;
        let archive = Closing { archive: true, ..closing() };
        opened.ledger.close_job(job, &archive, &somebody()).await.unwrap();
        assert!(opened.ledger.job(job).await.unwrap().unwrap().archived_at.is_some());
        let due = opened.ledger.claim_operation().await.unwrap().unwrap();
        assert!(opened.ledger.some_of(&due, 1).await);
        let job = opened.ledger.reopen_job(job, &somebody()).await.unwrap();
        assert_eq!((job.status, job.closed_at, job.archived_at), (crate::JobStatus::Open, None, None));
        opened.carry_out().await;
        assert_eq!(opened.application(ids[1]).await.standing.status, Status::Active);
        opened.submitted(job.id, "new@example.net").await;
        opened.is_whole().await;
    }

    async fn an_operation_that_nobody_works_on_is_found(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let ids = opened.people(job, 1).await;
        opened.deliver_all().await;
        opened.ledger.close_job(job, &closing(), &somebody()).await.unwrap();
        opened.clock.advance(TimeDelta::minutes(16));
        let found = opened.ledger.audit().await.unwrap();
        assert_eq!(found.iter().filter_map(|finding| finding.application).collect::<Vec<_>>(), ids, "{found:?}");
    }

    async fn nobody_acts_on_applications_that_are_not_theirs(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (job, other) = (opened.job().await, opened.job().await);
        let ids = opened.people(job, 1).await;
        let board = opened.ledger.job(other).await.unwrap().unwrap().board;
        let spec = Spec { what: rejection(), who: Selection::These(ids.clone()), named: Vec::new() };
        let actor = somebody();
        for begin in [Begin { board: Some(board), ..begin(&spec, None, &actor) }, Begin { is_test: true, ..begin(&spec, None, &actor) }] {
            assert!(matches!(opened.ledger.begin_operation(begin).await, Err(BulkError::NoSuchApplication(id)) if id == ids[0]));
        }
    }
}

fn literal(kind: DatabaseKind, id: uuid::Uuid) -> String {
    match kind {
        DatabaseKind::Sqlite => format!("X'{}'", id.simple()),
        DatabaseKind::Postgres => format!("'{id}'"),
    }
}
