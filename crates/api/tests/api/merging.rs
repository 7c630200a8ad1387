//! Duplicates that are merged.

use actix_web::http::Method;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Opened, open};

impl Opened {
    async fn person(&self, door: &str, email: &str) -> String {
        self.apply(door, &json!({ "name": "Ada Okafor", "email": email })).send().await.expect(201).text_of("id").to_owned()
    }

    async fn record(&self, id: &str) -> Value {
        self.get(&format!("/v1/applications/{id}")).send().await.expect(200).json
    }
}

on_both_databases! {
    async fn a_duplicate_is_merged_and_taken_apart_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let first = opened.person(&door, "ada@example.net").await;
        let duplicate = opened.person(&door, "okafor@example.org").await;
        opened.deliver().await;
        let path = format!("/v1/applications/{duplicate}/merge");
        let into = json!({ "into": first, "note": "Applied twice." });
        let merged = opened.post(&path, &into).header("Hearback-Actor", "Inès").send().await.expect(200);
        assert_eq!((merged.text_of("carried_by"), &merged.json["next_word"]), (first.as_str(), &Value::Null));
        let happened = &merged.json["timeline"][1];
        assert_eq!((&happened["kind"], &happened["data"]["into"], &happened["actor"]["on_behalf_of"]), (&json!("merged"), &json!(first), &json!("Inès")));
        opened.post(&path, &into).send().await.expect(200);
        let refused = opened.post(&format!("/v1/applications/{duplicate}/reject"), &json!({ "reason": "other" })).send().await;
        assert_eq!(refused.problem(409, "carried_by_another").json["application"], first.as_str());
        let apart = opened.post(&format!("/v1/applications/{duplicate}/unmerge"), &json!({})).send().await.expect(200);
        assert_eq!((&apart.json["carried_by"], &apart.json["next_word"]["kind"]), (&Value::Null, &json!("still_considering")));
        opened.post(&format!("/v1/applications/{duplicate}/unmerge"), &json!({})).send().await.expect(200);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn what_cannot_be_merged_says_why(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (door, elsewhere) = (opened.door().await, opened.door().await);
        let first = opened.person(&door, "ada@example.net").await;
        let repeat = opened.person(&door, "ada@example.net").await;
        let other = opened.person(&door, "okafor@example.org").await;
        let stranger = opened.person(&elsewhere, "bo@example.net").await;
        let ended = opened.person(&door, "cy@example.net").await;
        opened.post(&format!("/v1/applications/{ended}/withdraw"), &json!({})).send().await.expect(200);
        let merge = async |id: &str, body: Value| opened.post(&format!("/v1/applications/{id}/merge"), &body).send().await;
        for (into, wrong, says) in [
            (json!({}), "/into required", "is required"),
            (json!({ "into": "x" }), "/into invalid_id", ""),
            (json!({ "into": "app_06dkv8y2t5w1r3n9q7c4h0m8zg" }), "/into not_found", "no application"),
            (json!({ "into": other }), "/into contradictory", "into itself"),
            (json!({ "into": stranger }), "/into contradictory", "neither for the same job"),
            (json!({ "into": ended }), "/into contradictory", "withdrawn"),
            (json!({ "into": repeat }), "/into contradictory", "carries its promises"),
        ] {
            let refused = merge(&other, into.clone()).await.problem(422, "invalid_body");
            assert_eq!(refused.errors(), [wrong], "{into}");
            refused.says(says);
        }
        merge(&ended, json!({ "into": other })).await.problem(409, "not_possible");
        merge(&repeat, json!({ "into": other })).await.problem(409, "carried_by_another");
        opened.post(&format!("/v1/applications/{repeat}/unmerge"), &json!({})).send().await.problem(409, "carried_by_another");
        // A key for one board sees neither the one nor the other elsewhere.
        let board = opened.board().await;
        let key = opened.key(ApiKeyKind::Secret, false, Some(board)).await;
        let (path, body) = (format!("/v1/applications/{other}/merge"), json!({ "into": first }).to_string());
        opened.ask(Method::POST, &path).key(&key).body("application/json", &body).send().await.problem(404, "not_found");
        let own = opened.person(&opened.door_on(board).await, "okafor@example.org").await;
        let (path, body) = (format!("/v1/applications/{own}/merge"), json!({ "into": other }).to_string());
        let refused = opened.ask(Method::POST, &path).key(&key).body("application/json", &body).send().await.problem(422, "invalid_body");
        assert_eq!(refused.errors(), ["/into not_found"]);
        assert!(opened.record(&own).await["carried_by"].is_null());
    }
}
