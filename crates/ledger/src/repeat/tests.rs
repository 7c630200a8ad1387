use hearback_domain::actor::Actor;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use super::*;
use crate::{
    ApiKeyKind, NewApiKey,
    opened::{Opened, open},
};

async fn request(opened: &Opened, key: &str) -> Idempotency {
    let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "ats".to_owned() };
    let (api_key, _) = opened.ledger.create_api_key(new).await.unwrap();
    Idempotency { api_key, key: key.to_owned(), fingerprint: [7; 32] }
}

async fn claimed(opened: &Opened, request: &Idempotency) -> Answering {
    match opened.ledger.repeat(request).await.unwrap() {
        Repeat::Answer(answering) => answering,
        other => panic!("{other:?}"),
    }
}

fn answer() -> KeptAnswer {
    KeptAnswer { status: 201, headers: "{}".to_owned(), body: b"{\"id\":1}".to_vec() }
}

on_both_databases! {
    async fn a_request_is_answered_once_and_then_again_in_the_same_way(kind: DatabaseKind) {
        let opened = open(kind).await;
        let request = request(&opened, "a").await;
        let answering = claimed(&opened, &request).await;
        assert!(matches!(opened.ledger.repeat(&request).await.unwrap(), Repeat::InProgress));
        opened.ledger.keep_answer(&answering, answer()).await.unwrap();
        assert!(matches!(opened.ledger.repeat(&request).await.unwrap(), Repeat::Again(kept) if kept == answer()));
        let other = Idempotency { fingerprint: [8; 32], ..request };
        assert!(matches!(opened.ledger.repeat(&other).await.unwrap(), Repeat::Reused));
    }

    async fn what_was_not_carried_out_may_be_asked_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let request = request(&opened, "a").await;
        let answering = claimed(&opened, &request).await;
        opened.ledger.release_request(&answering).await.unwrap();
        let other = Idempotency { fingerprint: [8; 32], ..request };
        claimed(&opened, &other).await;
        // A process that died holding it.
        opened.clock.advance(LEASE);
        claimed(&opened, &other).await;
    }

    async fn what_was_carried_out_by_a_process_that_died_is_not_carried_out_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        let request = request(&opened, "a").await;
        let answering = claimed(&opened, &request).await;
        let actor = Actor::system("test");
        answering.run(opened.ledger.hire(&[application], None, &actor)).await.unwrap();
        assert!(answering.is_done());
        opened.clock.advance(LEASE * 2);
        assert!(matches!(opened.ledger.repeat(&request).await.unwrap(), Repeat::Lost));
    }

    async fn whoever_takes_too_long_writes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        let request = request(&opened, "a").await;
        let slow = claimed(&opened, &request).await;
        opened.clock.advance(LEASE);
        let next = claimed(&opened, &request).await;
        let actor = Actor::system("test");
        slow.run(opened.ledger.hire(&[application], None, &actor)).await.unwrap_err();
        assert_eq!(opened.application(application).await.standing.status.as_str(), "active");
        next.run(opened.ledger.hire(&[application], None, &actor)).await.unwrap();
        assert_eq!(opened.application(application).await.standing.status.as_str(), "hired");
    }
}
