//! Webhook endpoints: made, seen by whom they concern, changed, asked to send again.

use actix_web::http::Method;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Opened, open};

async fn made(opened: &Opened, body: &Value) -> (String, String) {
    let made = opened.post("/v1/webhook-endpoints", body).send().await.expect(201);
    (made.header("location").to_owned(), made.text_of("secret").to_owned())
}

on_both_databases! {
    async fn the_secret_of_an_endpoint_is_shown_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (path, secret) = made(&opened, &json!({ "url": "https://hooks.example.com/a", "types": ["message.sent", "message.sent"] })).await;
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
        let shown = opened.get(&path).send().await.expect(200);
        assert!(!shown.text.contains(&secret));
        assert_eq!((&shown.json["types"], &shown.json["is_enabled"]), (&json!(["message.sent"]), &json!(true)));
        let rotated = opened.post(&format!("{path}/rotate-secret"), &json!({})).send().await.expect(200);
        assert_ne!(rotated.text_of("secret"), secret);
        assert!(!opened.get(&path).send().await.expect(200).json["old_secret_until"].is_null());
        assert_eq!(opened.get("/v1/webhook-endpoints").send().await.expect(200).json["items"].as_array().unwrap().len(), 1);
    }

    async fn an_endpoint_that_must_not_be_sent_to_is_refused(kind: DatabaseKind) {
        let opened = open(kind).await;
        for url in ["http://hooks.example.com/", "https://10.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "http://127.0.0.1:9/", "x"] {
            let refused = opened.post("/v1/webhook-endpoints", &json!({ "url": url })).send().await.problem(422, "invalid_body");
            assert_eq!(refused.errors(), ["/url invalid_url"], "{url}");
        }
        let body = json!({ "types": ["application.eaten"], "board_id": "brd_06dkv8y2t5w1r3n9q7c4h0m8zg", "url": "https://hooks.example.com/" });
        assert_eq!(opened.post("/v1/webhook-endpoints", &body).send().await.problem(422, "invalid_body").errors(), ["/types unknown_word"]);
        let body = json!({ "board_id": "brd_06dkv8y2t5w1r3n9q7c4h0m8zg", "url": "https://hooks.example.com/" });
        assert_eq!(opened.post("/v1/webhook-endpoints", &body).send().await.problem(422, "invalid_body").errors(), ["/board_id not_found"]);
    }

    async fn a_key_sees_the_endpoints_of_what_it_may_see(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (board, other) = (opened.board().await, opened.board().await);
        let (own, stranger, test) = (
            opened.key(ApiKeyKind::Secret, false, Some(board)).await,
            opened.key(ApiKeyKind::Secret, false, Some(other)).await,
            opened.key(ApiKeyKind::Secret, true, None).await,
        );
        let body = json!({ "url": "https://hooks.example.com/" });
        let narrow = opened.post("/v1/webhook-endpoints", &body).key(&own).send().await.expect(201);
        assert_eq!(narrow.json["endpoint"]["board_id"], board.to_string());
        let wide = made(&opened, &body).await.0;
        let trying = opened.post("/v1/webhook-endpoints", &body).key(&test).send().await.expect(201);
        let (narrow, trying) = (narrow.header("location").to_owned(), trying.header("location").to_owned());
        for (key, seen) in [
            (&own, vec![&narrow]),
            (&stranger, vec![]),
            (&test, vec![&trying]),
            (&opened.secret, vec![&narrow, &wide]),
        ] {
            for path in [&narrow, &wide, &trying] {
                let status = if seen.contains(&path) { 200 } else { 404 };
                opened.ask(Method::GET, path).key(key).send().await.expect(status);
            }
            let listed = opened.ask(Method::GET, "/v1/webhook-endpoints").key(key).send().await.expect(200);
            assert_eq!(listed.json["items"].as_array().unwrap().len(), seen.len());
        }
        opened.ask(Method::GET, &narrow).key(&opened.publishable).send().await.problem(403, "forbidden");
    }

    async fn a_ping_stands_among_the_deliveries_and_can_be_sent_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = made(&opened, &json!({ "url": "https://hooks.example.com/" })).await.0;
        let ping = opened.post(&format!("{path}/ping"), &json!({})).send().await.expect(202);
        let listed = opened.get(&format!("{path}/deliveries?state=scheduled")).send().await.expect(200).json;
        assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["type"]), (&ping.json["id"], &json!("webhook.ping")));
        let replay = format!("/v1/webhook-deliveries/{}/replay", ping.text_of("id"));
        assert_eq!(opened.post(&replay, &json!({})).send().await.expect(202).json["state"], "scheduled");
        let since = opened.post(&format!("{path}/replay"), &json!({ "since": "2020-01-01T00:00:00Z" })).send().await.expect(202);
        assert_eq!(since.json["deliveries"], 0, "it is not settled");
        let test = opened.key(ApiKeyKind::Secret, true, None).await;
        opened.post(&replay, &json!({})).key(&test).send().await.problem(404, "not_found");
    }

    async fn an_endpoint_is_changed_and_deleted(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = made(&opened, &json!({ "url": "https://hooks.example.com/" })).await.0;
        let body = json!({ "url": "https://hooks.example.org/", "is_enabled": false });
        let put = |body: &Value| opened.ask(Method::PUT, &path).key(&opened.secret).header("If-Match", "*").body("application/json", &body.to_string());
        let set = put(&body).send().await.expect(200).json;
        assert_eq!((&set["url"], &set["is_enabled"]), (&json!("https://hooks.example.org/"), &json!(false)));
        assert_eq!(put(&json!({})).send().await.problem(422, "invalid_body").errors(), ["/url required", "/is_enabled required"]);
        opened.ask(Method::DELETE, &path).key(&opened.secret).send().await.expect(204);
        opened.get(&path).send().await.problem(404, "not_found");
        opened.ask(Method::DELETE, &path).key(&opened.secret).send().await.problem(404, "not_found");
    }
}
