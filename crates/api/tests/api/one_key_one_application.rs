//! The same Idempotency-Key makes one application.

use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{ada, open};

on_both_databases! {
    async fn the_same_key_is_answered_with_the_first_answer(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let first = opened.apply(&door, &ada()).header("Idempotency-Key", "\"a7c1\"").send().await.expect(201);
        opened.clock.advance(chrono::TimeDelta::hours(1));
        let bare = opened.apply(&door, &ada()).header("Idempotency-Key", "a7c1").send().await.expect(201);
        assert_eq!(bare.text, first.text);
        assert_eq!(bare.header("location"), first.header("location"));
        // The same application, written otherwise.
        let rewritten = r#"{ "email": "ada@example.net", "name": "Ada Okafor", "locale": null }"#;
        let again = opened.apply(&door, &ada()).body("application/json", rewritten).header("Idempotency-Key", "a7c1").send().await;
        assert_eq!(again.expect(201).text, first.text);
        assert_eq!(opened.count().await, 1);
    }

    async fn another_application_needs_another_key(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (door, other_door) = (opened.door().await, opened.door().await);
        opened.apply(&door, &ada()).header("Idempotency-Key", "a7c1").send().await.expect(201);
        let changed = json!({ "name": "Ada Okafor", "email": "other@example.net" });
        opened.apply(&door, &changed).header("Idempotency-Key", "a7c1").send().await.problem(422, "idempotency_key_reused");
        opened.apply(&other_door, &ada()).header("Idempotency-Key", "a7c1").send().await.problem(422, "idempotency_key_reused");
        let for_another = opened.apply(&door, &ada()).header("Idempotency-Key", "a7c1").header("Hearback-Actor", "Robin");
        for_another.send().await.problem(422, "idempotency_key_reused");
        opened.apply(&door, &changed).header("Idempotency-Key", "b2d9").send().await.expect(201);
        // Keys belong to the API key that they were sent with.
        opened.apply(&door, &changed).key(&opened.secret).header("Idempotency-Key", "a7c1").send().await.expect(201);
        assert_eq!(opened.count().await, 3);
    }

    async fn what_is_no_key_is_refused(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        for wrong in ["", "a b", "\"open", &"k".repeat(256)] {
            opened.apply(&door, &ada()).header("Idempotency-Key", wrong).send().await.problem(400, "invalid_header").says("Idempotency-Key");
        }
        assert_eq!(opened.count().await, 0);
    }
}
