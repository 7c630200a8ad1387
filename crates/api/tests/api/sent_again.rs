//! A request that is sent again with its Idempotency-Key is carried out once.

use futures::future::join_all;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{board, open};

on_both_databases! {
    async fn a_verb_sent_again_is_answered_like_the_first_time(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let reject = || opened.post(&format!("{path}/reject"), &json!({ "reason": "position_filled" })).header("Idempotency-Key", "\"r-1\"");
        let first = reject().send().await.expect(200);
        assert_eq!(first.header("idempotency-replayed"), "");
        // By itself it would be refused now, as it is without the key.
        opened.post(&format!("{path}/reject"), &json!({ "reason": "position_filled" })).send().await.problem(409, "not_possible");
        let again = reject().send().await.expect(200);
        assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &first.text));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
        let other = opened.post(&format!("{path}/reject"), &json!({ "reason": "other" })).header("Idempotency-Key", "r-1");
        other.send().await.problem(422, "idempotency_key_reused");
        opened.post(&format!("{path}/hire"), &json!({})).header("Idempotency-Key", "r-1").send().await.problem(422, "idempotency_key_reused");
        opened.clock.advance(chrono::TimeDelta::hours(25));
        opened.forget_keys().await;
        let free = opened.post(&format!("{path}/hire"), &json!({})).header("Idempotency-Key", "r-1").send().await;
        free.problem(409, "not_possible");
    }

    async fn a_hundred_at_once_make_one_board(kind: DatabaseKind) {
        let opened = open(kind).await;
        let create = || opened.post("/v1/boards", &board()).header("Idempotency-Key", "b-1").send();
        let answers = join_all((0..100).map(|_| create())).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!made.is_empty());
        assert!(made.iter().all(|answer| answer.text == made[0].text));
        for other in answers.iter().filter(|answer| answer.status != 201) {
            // Or, where the machine is busy, that no connection was free: in both cases it is right to come again.
            assert!(matches!(other.status.as_u16(), 409 | 503) && !other.header("retry-after").is_empty(), "{}", other.text);
            assert_ne!(other.json["type"], "/problems/answer_lost");
        }
        create().await.expect(201);
        assert_eq!(opened.get("/v1/boards").send().await.expect(200).json["items"].as_array().unwrap().len(), 1);
    }

    async fn what_was_refused_may_be_corrected_under_the_same_key(kind: DatabaseKind) {
        let opened = open(kind).await;
        let wrong = json!({ "organisation": "Example Health" });
        opened.post("/v1/boards", &wrong).header("Idempotency-Key", "b-1").send().await.problem(422, "invalid_body");
        opened.post("/v1/boards", &board()).header("Idempotency-Key", "b-1").send().await.expect(201);
        for wrong in ["", "a b"] {
            opened.post("/v1/boards", &board()).header("Idempotency-Key", wrong).send().await.problem(400, "invalid_header");
        }
    }

    async fn a_repeat_is_held_to_what_every_request_is_held_to(kind: DatabaseKind) {
        let opened = open(kind).await;
        let create = |actor: &str| opened.post("/v1/boards", &board()).header("Idempotency-Key", "b-1").header("Hearback-Actor", actor);
        let first = create("Robin").send().await.expect(201);
        create(&"a".repeat(201)).send().await.problem(400, "invalid_header");
        create("").send().await.problem(400, "invalid_header");
        // What somebody else asks for is something else.
        create("Ada").send().await.problem(422, "idempotency_key_reused");
        let again = create("Robin").send().await.expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &first.text));
        assert!(!again.header("ratelimit").is_empty(), "a repeat is counted like any request");
    }

    async fn a_secret_is_not_shown_twice(kind: DatabaseKind) {
        let opened = open(kind).await;
        let new = json!({ "kind": "publishable", "name": "page" });
        let create = || opened.post("/v1/keys", &new).header("Idempotency-Key", "k-1");
        create().send().await.expect(201);
        create().send().await.problem(409, "answer_lost");
    }

    async fn a_key_of_one_caller_is_nothing_to_another(kind: DatabaseKind) {
        let opened = open(kind).await;
        let other = opened.key(hearback_ledger::ApiKeyKind::Secret, false, None).await;
        let first = opened.post("/v1/boards", &board()).header("Idempotency-Key", "b-1").send().await.expect(201);
        let second = opened.post("/v1/boards", &board()).key(&other).header("Idempotency-Key", "b-1").send().await.expect(201);
        assert_ne!(first.json["id"], second.json["id"]);
    }
}
