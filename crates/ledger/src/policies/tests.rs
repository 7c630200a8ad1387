use std::sync::Arc;

use chrono::TimeDelta;
use hearback_domain::{
    application::Stage,
    event::EventKind,
    ids::{ApplicationId, BoardId, JobId},
    notification::{Kind, State},
    policy::{Overrides, Policy},
    promise::rederive::PolicyChange,
    random::Random,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    Begin, BulkError, Closing, Page, Rejection, Selection, Settings, Spec, What,
    opened::{Opened, open, somebody},
};

fn overrides(json: &str) -> Overrides {
    serde_json::from_str(json).unwrap()
}

async fn board_of(opened: &Opened, job: JobId) -> BoardId {
    opened.ledger.job(job).await.unwrap().unwrap().board
}

async fn carried_out(opened: &Opened) {
    while opened.ledger.rederive_part().await.unwrap() {}
}

async fn next_word_in(opened: &Opened, id: ApplicationId) -> TimeDelta {
    opened.application(id).await.standing.next_word.unwrap().by - opened.ledger.now()
}

async fn reopened(opened: Opened, policy: Policy) -> Opened {
    let Opened { ledger, database, clock } = opened;
    drop(ledger);
    // Ids are made from the time and a seed.
    clock.advance(TimeDelta::seconds(1));
    let settings = Settings { policy, ..Settings::default() };
    let ledger = crate::Ledger::open(database.url(), settings, clock.clone(), Arc::new(Random::from_seed(3))).await.unwrap();
    Opened { ledger, database, clock }
}

const ALL: Page<ApplicationId> = Page { after: None, limit: 100 };

on_both_databases! {
    async fn what_comes_in_is_promised_what_its_job_promises(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (ours, other) = (opened.job().await, opened.job().await);
        let board = board_of(&opened, ours).await;
        opened.ledger.set_policy(WhosePolicy::Board(board), &overrides(r#"{"acknowledge_within": "5 minutes", "update_every": "7 days"}"#), &somebody()).await.unwrap();
        let record = opened.ledger.set_policy(WhosePolicy::Job(ours), &overrides(r#"{"update_every": "3 days"}"#), &somebody()).await.unwrap();
        assert_eq!((record.effective.acknowledge_within, record.effective.update_every), (TimeDelta::minutes(5), TimeDelta::days(3)));
        let id = opened.submitted(ours, "ada@example.net").await.application;
        assert_eq!(next_word_in(&opened, id).await, TimeDelta::minutes(5));
        opened.deliver_all().await;
        assert!(next_word_in(&opened, id).await <= TimeDelta::days(3), "what the mail says follows the job too");
        let elsewhere = opened.submitted(other, "bo@example.net").await.application;
        assert_eq!(next_word_in(&opened, elsewhere).await, TimeDelta::minutes(15));
    }

    async fn a_change_is_shown_first_and_then_carried_out_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let mut ids = Vec::new();
        for person in 0..5 {
            ids.push(opened.submitted(job, &format!("person{person}@example.net")).await.application);
        }
        opened.deliver_all().await;
        let whose = WhosePolicy::Job(job);
        let sooner = overrides(r#"{"update_every": "4 days", "decide_within": "30 days"}"#);
        let before = opened.application(ids[0]).await;
        let preview = opened.ledger.preview_policy(whose, &sooner, ALL).await.unwrap();
        assert_eq!((preview.examined, preview.items.len(), preview.next), (5, 5, None));
        assert!(matches!(preview.items[0].changes[..], [PolicyChange::DecideBy { .. }, PolicyChange::NextWord { .. }]), "{:?}", preview.items[0]);
        let first = opened.ledger.preview_policy(whose, &sooner, Page { after: None, limit: 2 }).await.unwrap();
        assert_eq!((first.items.len(), first.next), (2, Some(ids[1])));
        assert_eq!(opened.application(ids[0]).await, before, "nothing was written");

        let record = opened.ledger.set_policy(whose, &sooner, &somebody()).await.unwrap();
        assert_eq!(record.last_change.unwrap().finished_at, None);
        carried_out(&opened).await;
        for id in &ids {
            let PolicyChange::NextWord { to: Some(to), .. } = preview.items[0].changes[1] else { panic!("{:?}", preview.items[0]) };
            assert_eq!(opened.application(*id).await.standing.next_word, Some(to), "as the dry run said");
        }
        let events = opened.ledger.events(ids[0]).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::PolicyChanged).count(), 1);
        let progress = opened.ledger.policy_record(whose).await.unwrap().last_change.unwrap();
        assert_eq!((progress.examined, progress.changed, progress.finished_at), (5, 5, Some(opened.ledger.now())));
        // As a worker that died before it noted how far it came.
        opened.sql("UPDATE policy_change SET finished_at = NULL, seen_to = NULL").await;
        carried_out(&opened).await;
        assert_eq!(opened.ledger.events(ids[0]).await.unwrap(), events, "the second time changes nothing");
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn a_rejection_that_waits_keeps_out_of_new_quiet_hours(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let job = opened.application(id).await.job;
        opened.deliver_all().await;
        let rejection = Rejection {
            reason: hearback_domain::application::RejectionReason::Other,
            internal_note: None,
            words: None,
            send_after: None,
            exemption: None,
        };
        opened.ledger.reject(&[id], &rejection, &somebody()).await.unwrap();
        let waiting = |messages: Vec<crate::Notification>| messages.into_iter().find(|message| message.kind == Kind::Rejected).unwrap();
        let before = waiting(opened.notifications(id).await);
        let hour = before.send_after.with_timezone(&chrono_tz::Europe::Berlin);
        let quiet = format!(r#"{{"quiet_hours": {{"from": "{}", "to": "{}"}}}}"#,
            (hour - TimeDelta::hours(1)).format("%H:%M:%S"), (hour + TimeDelta::hours(1)).format("%H:%M:%S"));
        opened.ledger.set_policy(WhosePolicy::Job(job), &overrides(&quiet), &somebody()).await.unwrap();
        carried_out(&opened).await;
        let after = waiting(opened.notifications(id).await);
        assert_eq!((after.send_after, after.state), (before.send_after + TimeDelta::hours(1), State::Scheduled));
    }

    async fn what_cannot_be_kept_is_refused_and_the_job_that_stands_in_the_way_is_named(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let board = board_of(&opened, job).await;
        let set = |whose, json: &'static str| { let ledger = opened.ledger.clone(); async move { ledger.set_policy(whose, &overrides(json), &somebody()).await } };
        assert!(matches!(set(WhosePolicy::Job(job), r#"{"update_every": "0 s"}"#).await, Err(PolicyError::Invalid(_))));
        set(WhosePolicy::Job(job), r#"{"deliver_within": "20 hours"}"#).await.unwrap();
        match set(WhosePolicy::Board(board), r#"{"update_every": "10 hours"}"#).await {
            Err(PolicyError::InvalidForJob { job: named, .. }) => assert_eq!(named, job),
            other => panic!("{other:?}"),
        }
        let nowhere = WhosePolicy::Job("job_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap());
        assert!(matches!(set(nowhere, "{}").await, Err(PolicyError::NotFound)));
    }

    async fn what_this_release_cannot_read_leaves_the_policy_above(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        opened.sql(r#"UPDATE job SET policy = '{"of_next_year": true}'"#).await;
        let id = opened.submitted(job, "ada@example.net").await.application;
        assert_eq!(next_word_in(&opened, id).await, Policy::default().acknowledge_within);
    }

    async fn another_configuration_is_noticed_at_the_start(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        opened.deliver_all().await;
        opened.ledger.adopt_policy().await.unwrap();
        assert!(!opened.ledger.rederive_part().await.unwrap(), "the first that is put on record is no change");
        let before = opened.application(id).await.standing.next_word.unwrap();
        let opened = reopened(opened, Policy { update_every: TimeDelta::days(2), ..Policy::default() }).await;
        let preview = opened.ledger.preview_adoption(ALL).await.unwrap();
        assert_eq!((preview.items.len(), preview.items[0].application), (1, id));
        assert!(!opened.ledger.rederive_part().await.unwrap(), "only a worker adopts it");
        opened.ledger.adopt_policy().await.unwrap();
        carried_out(&opened).await;
        let after = opened.application(id).await.standing.next_word.unwrap();
        assert!(after.by < before.by, "{after:?}");
        let opened = reopened(opened, Policy { update_every: TimeDelta::days(2), ..Policy::default() }).await;
        opened.ledger.adopt_policy().await.unwrap();
        assert!(!opened.ledger.rederive_part().await.unwrap(), "the same again is no change");
    }

    async fn a_bulk_operation_is_confirmed_by_the_strictest_policy_of_those_whom_it_reaches(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (strict, lax, plain) = (opened.job().await, opened.job().await, opened.job().await);
        let lax_board = board_of(&opened, lax).await;
        opened.ledger.set_policy(WhosePolicy::Job(strict), &overrides(r#"{"bulk_cap": 1}"#), &somebody()).await.unwrap();
        opened.ledger.set_policy(WhosePolicy::Board(lax_board), &overrides(r#"{"bulk_cap": 2}"#), &somebody()).await.unwrap();
        let mut of = Vec::new();
        for job in [strict, lax, plain] {
            for person in 0..3 {
                of.push(opened.submitted(job, &format!("person{person}@example.net")).await.application);
            }
        }
        let actor = somebody();
        let cap = async |who: Vec<ApplicationId>| {
            let spec = Spec { what: What::Move { to: Stage::Review, tell: true }, who: Selection::These(who), named: Vec::new() };
            let begin = Begin { spec: &spec, confirmation: None, board: None, is_test: false, actor: &actor };
            let shown = opened.ledger.dry_run(begin, ALL).await.unwrap().summary.unwrap().is_required;
            match opened.ledger.begin_operation(begin).await {
                Err(BulkError::Unconfirmed { people: _, cap }) => Some(cap).filter(|_| shown),
                other => other.map(|_| None).unwrap(),
            }
        };
        assert_eq!(cap(of[..3].to_vec()).await, Some(1), "its job's own");
        assert_eq!(cap(of[3..6].to_vec()).await, Some(2), "its board's");
        assert_eq!(cap(of[2..5].to_vec()).await, Some(1), "of two, the strictest");
        assert_eq!(cap(of[6..].to_vec()).await, None, "three are few for the organisation");
        let closed = opened.ledger.close_job(strict, &Closing { words: None, named: vec![], archive: false, confirmation: None }, &actor).await;
        assert!(matches!(closed, Err(BulkError::Unconfirmed { people: 3, cap: 1 })), "{closed:?}");
    }
}
