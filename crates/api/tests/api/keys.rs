//! Keys: what each allows, and how it ends.

use actix_web::http::Method;
use hearback_ledger::{ApiKeyKind, KeyLimits, NewApiKey};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{Opened, ada, board, open};

async fn scoped(opened: &Opened, scopes: &str) -> String {
    let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "scoped".to_owned() };
    let limits = KeyLimits { scopes: scopes.parse().unwrap(), origins: Vec::new() };
    opened.ledger.create_limited_key(new, limits).await.unwrap().1
}

on_both_databases! {
    async fn a_scope_allows_what_it_says_and_no_more(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let door = opened.door().await;
        for (scopes, reads, writes, administers) in
            [("read", 200, 403, 403), ("write", 200, 200, 403), ("admin", 200, 200, 201), ("contact-check", 403, 403, 403)]
        {
            let key = scoped(&opened, scopes).await;
            opened.get(&path).key(&key).send().await.expect(reads);
            opened.post(&format!("{path}/move"), &json!({ "stage": "review", "tell": false })).key(&key).send().await.expect(writes);
            opened.post("/v1/boards", &board()).key(&key).send().await.expect(administers);
            opened.get("/v1/keys").key(&key).send().await.expect(if administers == 201 { 200 } else { 403 });
            opened.apply(&door, &ada()).key(&key).send().await.expect(if writes == 200 { 201 } else { 403 });
        }
        let key = scoped(&opened, "read").await;
        opened.post("/v1/boards", &board()).key(&key).send().await.problem(403, "forbidden").says("`write`");
    }

    async fn an_administrator_makes_replaces_and_ends_keys(kind: DatabaseKind) {
        let opened = open(kind).await;
        let new = json!({ "kind": "secret", "name": "ats", "scopes": ["read", "write"] });
        let made = opened.post("/v1/keys", &new).send().await.expect(201);
        let (id, secret) = (made.json["key"]["id"].as_str().unwrap().to_owned(), made.text_of("secret").to_owned());
        assert!(secret.starts_with("sk_"));
        opened.get("/v1/boards").key(&secret).send().await.expect(200);
        let shown = opened.get(&format!("/v1/keys/{id}")).send().await.expect(200);
        assert_eq!(shown.json["scopes"], json!(["read", "write"]));
        assert!(!shown.text.contains(&secret));
        let next = opened.post(&format!("/v1/keys/{id}/rotate"), &json!({ "overlap_hours": 1 })).send().await.expect(201);
        assert_eq!(next.json["key"]["replaces"], id);
        opened.get("/v1/boards").key(&secret).send().await.expect(200);
        opened.clock.advance(chrono::TimeDelta::hours(1));
        opened.get("/v1/boards").key(&secret).send().await.problem(401, "unauthenticated");
        let (id, secret) = (next.json["key"]["id"].as_str().unwrap(), next.text_of("secret"));
        opened.post(&format!("/v1/keys/{id}/revoke"), &json!({})).send().await.expect(200);
        opened.get("/v1/boards").key(secret).send().await.problem(401, "unauthenticated");
        assert!(!opened.get("/v1/keys").send().await.expect(200).text.contains("sk_"));
    }

    async fn a_key_makes_none_that_may_do_more_than_itself(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (own, other) = (opened.board().await, opened.board().await);
        let of_board = opened.key(ApiKeyKind::Secret, false, Some(own)).await;
        let test = opened.key(ApiKeyKind::Secret, true, None).await;
        let narrow = scoped(&opened, "admin").await;
        let new = |more: serde_json::Value| {
            let mut body = json!({ "kind": "secret", "name": "more", "scopes": ["read"] });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        opened.post("/v1/keys", &new(json!({}))).key(&of_board).send().await.problem(403, "forbidden");
        opened.post("/v1/keys", &new(json!({ "board_id": other }))).key(&of_board).send().await.problem(422, "invalid_body");
        opened.post("/v1/keys", &new(json!({ "board_id": own }))).key(&of_board).send().await.expect(201);
        opened.post("/v1/keys", &new(json!({}))).key(&test).send().await.problem(403, "forbidden");
        opened.post("/v1/keys", &new(json!({ "is_test": true }))).key(&test).send().await.expect(201);
        opened.post("/v1/keys", &new(json!({ "scopes": ["contact-check"] }))).key(&narrow).send().await.problem(403, "forbidden");
        for (wrong, error) in [
            (json!({ "scopes": [] }), "/scopes required"),
            (json!({ "scopes": ["all"] }), "/scopes unknown_word"),
            (json!({ "origins": ["https://jobs.example.com"] }), "/origins contradictory"),
            (json!({ "kind": "publishable" }), "/scopes contradictory"),
            (json!({ "kind": "open" }), "/kind unknown_word"),
        ] {
            assert_eq!(opened.post("/v1/keys", &new(wrong)).send().await.problem(422, "invalid_body").errors(), [error]);
        }
    }

    async fn pages_apply_from_where_the_key_allows_it(kind: DatabaseKind) {
        const OURS: &str = "https://jobs.example.com";
        let opened = open(kind).await;
        let door = opened.door().await;
        opened.ledger.revoke_api_key(opened.publishable[3..].split('_').next().map(|id| format!("key_{id}").parse().unwrap()).unwrap()).await.unwrap();
        let new = json!({ "kind": "publishable", "name": "page", "origins": [OURS] });
        let key = opened.post("/v1/keys", &new).send().await.expect(201).text_of("secret").to_owned();

        let preflight = |origin: &str| {
            opened.ask(Method::OPTIONS, &door).header("Origin", origin).header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
        };
        let answer = preflight(OURS).send().await.expect(204);
        assert_eq!(answer.header("access-control-allow-origin"), OURS);
        assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
        assert_eq!(answer.header("vary"), "Origin");
        assert_eq!(preflight("https://elsewhere.example").send().await.expect(204).header("access-control-allow-origin"), "");

        let applied = opened.apply(&door, &ada()).key(&key).header("Origin", OURS).send().await.expect(201);
        assert_eq!(applied.header("access-control-allow-origin"), OURS);
        let wrong = opened.apply(&door, &json!({})).key(&key).header("Origin", OURS).send().await.problem(422, "invalid_body");
        assert_eq!(wrong.header("access-control-allow-origin"), OURS, "a page can read what is wrong");
        for origin in ["https://elsewhere.example", "null"] {
            let refused = opened.apply(&door, &ada()).key(&key).header("Origin", origin).send().await.problem(403, "origin_not_allowed");
            assert_eq!(refused.header("access-control-allow-origin"), "");
        }
        opened.apply(&door, &ada()).key(&key).send().await.expect(201);
        opened.apply(&door, &ada()).key(&key).header("Origin", crate::support::PUBLIC_URL).send().await.expect(201);
        let staff = opened.ask(Method::OPTIONS, "/v1/applications").header("Origin", OURS).header("Access-Control-Request-Method", "GET");
        assert_eq!(staff.send().await.header("access-control-allow-origin"), "", "what a secret key opens is not for pages");
    }
}
