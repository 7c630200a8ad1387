//! Nothing is kept for longer than the policy says, and nothing for a shorter time.

use chrono::TimeDelta;
use hearback_domain::{
    actor::Actor,
    application::{RejectionReason, Status},
    erasure::{Basis, Conflict},
    ids::{ApplicationId, JobId},
    policy::Overrides,
};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use super::{recruiter, work};
use crate::{
    EraseRefused, Rejection, WhosePolicy,
    opened::{Opened, open},
};

async fn job_with(opened: &Opened, policy: &str) -> JobId {
    let job = opened.job().await;
    let overrides: Overrides = serde_json::from_str(policy).unwrap();
    opened.ledger.set_policy(WhosePolicy::Job(job), &overrides, &recruiter()).await.unwrap();
    job
}

async fn rejected(opened: &Opened, job: JobId, email: &str) -> ApplicationId {
    let id = opened.submitted(job, email).await.application;
    let rejection = Rejection {
        reason: RejectionReason::Other,
        internal_note: None,
        words: None,
        send_after: Some(opened.ledger.now()),
        exemption: None,
    };
    opened.deliver_all().await;
    opened.ledger.reject(&[id], &rejection, &recruiter()).await.unwrap();
    opened.clock.advance(TimeDelta::days(1));
    opened.deliver_all().await;
    assert_eq!(opened.application(id).await.standing.shown_status, Status::Rejected);
    id
}

/// All that comes round for it, once.
async fn round(opened: &Opened) {
    let mut progress = json!({});
    while let done = opened.ledger.retain(&progress).await.unwrap()
        && done.again_in < TimeDelta::minutes(1)
    {
        progress = done.progress;
    }
    work(opened).await;
}

async fn is_erased(opened: &Opened, id: ApplicationId) -> bool {
    opened.application(id).await.erased_at.is_some()
}

on_both_databases! {
    async fn what_is_past_its_time_goes_and_what_is_active_or_younger_stays(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = job_with(&opened, r#"{"retention": "100 days", "decide_within": "300 days"}"#).await;
        let kept_for_good = rejected(&opened, opened.job().await, "cy@example.net").await;
        let old = rejected(&opened, job, "ada@example.net").await;
        let active = opened.submitted(job, "bo@example.net").await.application;
        opened.deliver_all().await;
        opened.clock.advance(TimeDelta::days(50));
        let young = rejected(&opened, job, "dee@example.net").await;
        opened.clock.advance(TimeDelta::days(48));
        round(&opened).await;
        assert!(!is_erased(&opened, old).await, "some hours too early");
        opened.clock.advance(TimeDelta::days(2));
        let past = opened.ledger.past_retention(10).await.unwrap();
        assert_eq!(past.iter().map(|past| (past.application, past.kept.clone())).collect::<Vec<_>>(), [(old, None)]);
        assert!(!is_erased(&opened, old).await, "a dry run erases nobody");
        round(&opened).await;
        let after = [old, active, young, kept_for_good];
        assert_eq!([is_erased(&opened, after[0]).await, is_erased(&opened, after[1]).await, is_erased(&opened, after[2]).await,
            is_erased(&opened, after[3]).await], [true, false, false, false]);
        let erasure = opened.ledger.erasure(old).await.unwrap().unwrap();
        assert_eq!((erasure.basis, erasure.actor), (Basis::Retention, Actor::system("retention")));
        assert_eq!(opened.ledger.past_retention(10).await.unwrap(), []);
        assert!(opened.notifications(old).await.len() == 2, "nobody is written to for it");
    }

    async fn a_law_that_is_longer_is_kept_to(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = job_with(&opened, r#"{"retention": "30 days", "law": "CA-ON"}"#).await;
        let id = rejected(&opened, job, "ada@example.net").await;
        opened.clock.advance(TimeDelta::days(365));
        round(&opened).await;
        assert!(!is_erased(&opened, id).await);
        let past = opened.ledger.past_retention(10).await.unwrap().remove(0);
        assert!(matches!(past.kept, Some(EraseRefused::Conflict(Conflict::Law { .. }))), "{past:?}");
        opened.clock.advance(TimeDelta::days(3 * 365));
        round(&opened).await;
        assert!(is_erased(&opened, id).await);
    }

    async fn a_policy_that_changed_its_mind_in_time_keeps_them(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = job_with(&opened, r#"{"retention": "30 days"}"#).await;
        let id = rejected(&opened, job, "ada@example.net").await;
        opened.clock.advance(TimeDelta::days(31));
        opened.ledger.retain(&json!({})).await.unwrap();
        assert!(opened.ledger.erasure(id).await.unwrap().is_some(), "it is asked for");
        let none: Overrides = serde_json::from_str(r#"{"retention": "none"}"#).unwrap();
        opened.ledger.set_policy(WhosePolicy::Job(job), &none, &recruiter()).await.unwrap();
        work(&opened).await;
        assert!(!is_erased(&opened, id).await);
        assert_eq!(opened.ledger.erasure(id).await.unwrap(), None, "and forgotten");
    }

    async fn without_a_retention_nothing_is_looked_at(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = rejected(&opened, opened.job().await, "ada@example.net").await;
        opened.clock.advance(TimeDelta::days(5000));
        round(&opened).await;
        assert!(!is_erased(&opened, id).await);
        assert_eq!(opened.ledger.past_retention(10).await.unwrap(), []);
    }
}
