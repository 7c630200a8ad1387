use std::future::Future;

use futures::future::join_all;
use hearback_domain::{application::Stage, policy::Overrides, webhook::EndpointUrl};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    EndpointDetails, NewEndpoint, PolicyError, WhosePolicy,
    opened::{Opened, open, somebody},
};

async fn version(opened: &Opened, of: Versioned) -> Version {
    opened.ledger.version(of).await.unwrap().unwrap()
}

async fn only_if<F: Future>(seen: Version, change: F) -> F::Output {
    conditional(async {
        seen.must_hold();
        change.await
    })
    .await
}

fn is_changed<T>(result: &Result<T, LedgerError>) -> bool {
    matches!(result, Err(LedgerError::Changed))
}

on_both_databases! {
    async fn of_two_who_saw_the_same_one_changes_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let (actor, ids) = (somebody(), [id]);
        for stage in [Stage::Review, Stage::Interview, Stage::Review] {
            let seen = version(&opened, Versioned::Application(id)).await;
            let moves = (0..8).map(|_| only_if(seen, opened.ledger.move_stage(&ids, stage, true, &actor)));
            let ended = join_all(moves).await;
            assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1);
            assert!(ended.iter().all(|ended| ended.is_ok() || is_changed(ended)), "{ended:?}");
            assert_eq!(opened.application(id).await.standing.stage, stage);
        }
        assert_eq!(opened.ledger.events(id).await.unwrap().len(), 4);
    }

    async fn whoever_sets_no_condition_is_noticed_by_whoever_does(kind: DatabaseKind) {
        let opened = open(kind).await;
        let id = opened.applied().await;
        let seen = version(&opened, Versioned::Application(id)).await;
        opened.ledger.move_stage(&[id], Stage::Review, true, &somebody()).await.unwrap();
        assert!(is_changed(&only_if(seen, opened.ledger.move_stage(&[id], Stage::Offer, true, &somebody())).await));
        // What a relay has accepted changes what the applicant was told.
        let seen = version(&opened, Versioned::Application(id)).await;
        opened.deliver_all().await;
        assert!(is_changed(&only_if(seen, opened.ledger.move_stage(&[id], Stage::Offer, true, &somebody())).await));
        let seen = version(&opened, Versioned::Application(id)).await;
        only_if(seen, opened.ledger.move_stage(&[id], Stage::Offer, true, &somebody())).await.unwrap();
        // Nobody depends on a condition that is met.
        opened.ledger.move_stage(&[id], Stage::Review, true, &somebody()).await.unwrap();
    }

    async fn a_refused_change_leaves_the_version_as_it_was(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job().await;
        let seen = version(&opened, Versioned::Job(job)).await;
        let wrong: Overrides = serde_json::from_str(r#"{"update_every":"0 s"}"#).unwrap();
        let refused = only_if(seen, opened.ledger.set_policy(WhosePolicy::Job(job), &wrong, &somebody())).await;
        assert!(matches!(refused, Err(PolicyError::Invalid(_))));
        assert_eq!(version(&opened, Versioned::Job(job)).await, seen);
        let right: Overrides = serde_json::from_str(r#"{"update_every":"7 days"}"#).unwrap();
        only_if(seen, opened.ledger.set_policy(WhosePolicy::Job(job), &right, &somebody())).await.unwrap();
        let late = only_if(seen, opened.ledger.set_policy(WhosePolicy::Job(job), &Overrides::default(), &somebody())).await;
        assert!(matches!(late, Err(PolicyError::Ledger(LedgerError::Changed))));
        assert!(matches!(only_if(seen, opened.ledger.reopen_job(job, &somebody())).await, Err(crate::BulkError::Ledger(LedgerError::Changed))));
    }

    async fn an_endpoint_is_changed_by_whoever_saw_it_last(kind: DatabaseKind) {
        let opened = open(kind).await;
        let details = EndpointDetails { url: EndpointUrl::parse("https://hooks.example.com/", false).unwrap(), types: Vec::new(), is_enabled: true };
        let new = NewEndpoint { board: None, is_test: false, details: details.clone() };
        let id = opened.ledger.create_webhook_endpoint(new).await.unwrap().0.id;
        let of = Versioned::WebhookEndpoint(id);
        let seen = version(&opened, of).await;
        opened.ledger.rotate_webhook_secret(id).await.unwrap();
        assert!(is_changed(&only_if(seen, opened.ledger.delete_webhook_endpoint(id)).await));
        let seen = version(&opened, of).await;
        let set = join_all((0..4).map(|_| only_if(seen, opened.ledger.set_webhook_endpoint(id, &details)))).await;
        assert_eq!(set.iter().filter(|set| set.is_ok()).count(), 1);
        assert!(opened.ledger.version(Versioned::Application("app_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap())).await.unwrap().is_none());
    }
}
