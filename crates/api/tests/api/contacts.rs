//! Whom not to solicit.

use actix_web::http::Method;
use hearback_ledger::{ApiKeyKind, KeyLimits, NewApiKey};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Ask, Opened, open};

async fn checker(opened: &Opened, scopes: &str) -> String {
    let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "marketing".to_owned() };
    let limits = KeyLimits { scopes: scopes.parse().unwrap(), origins: Vec::new() };
    opened.ledger.create_limited_key(new, limits).await.unwrap().1
}

fn ask<'a>(opened: &'a Opened, key: &str, path: &str, body: &Value) -> Ask<'a> {
    opened.ask(Method::POST, path).key(key).body("application/json", &body.to_string())
}

on_both_databases! {
    async fn a_marketing_tool_learns_whom_to_leave_alone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        opened.post(&door, &json!({ "name": "Ada", "email": "ada@example.net" })).send().await.expect(201);
        let key = checker(&opened, "contact-check").await;
        ask(&opened, &key, "/v1/contacts/asked-not-to", &json!({ "addresses": ["bo@example.net"] })).send().await.expect(204);
        let asked = json!({ "addresses": ["stranger@example.net", "Ada@example.net", "bo@example.net"] });
        let items = ask(&opened, &key, "/v1/contact-checks", &asked).send().await.expect(200).json["items"].clone();
        assert_eq!((&items[0]["allowed"], &items[0]["reasons"]), (&json!(true), &json!([])));
        assert_eq!((&items[1]["allowed"], &items[1]["reasons"]), (&json!(false), &json!(["owed_an_answer"])));
        assert_eq!(items[2]["reasons"], json!(["asked_not_to"]));
    }

    async fn without_the_scope_nothing_leaks(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        opened.post(&door, &json!({ "name": "Ada", "email": "ada@example.net" })).send().await.expect(201);
        let recruiter = checker(&opened, "read write").await;
        let answer = |address: &'static str| {
            let opened = &opened;
            let recruiter = &recruiter;
            async move { ask(opened, recruiter, "/v1/contact-checks", &json!({ "addresses": [address] })).send().await }
        };
        let (known, stranger) = (answer("ada@example.net").await, answer("stranger@example.net").await);
        assert_eq!(known.status, 403);
        let said = |answer: &crate::support::Answer| {
            let mut said = answer.json.clone();
            said.as_object_mut().unwrap().remove("request_id");
            said
        };
        assert_eq!(said(&known), said(&stranger));
        ask(&opened, &opened.publishable, "/v1/contact-checks", &json!({ "addresses": ["ada@example.net"] })).send().await.problem(403, "forbidden");
    }

    async fn every_address_that_is_none_is_pointed_at(kind: DatabaseKind) {
        let opened = open(kind).await;
        let key = checker(&opened, "contact-check").await;
        let asked = json!({ "addresses": ["ada@example.net", "nobody", "x@[192.0.2.1]"] });
        let answer = ask(&opened, &key, "/v1/contact-checks", &asked).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/addresses/1 invalid_address", "/addresses/2 address_literal"]);
        let many: Vec<String> = (0..1_001).map(|person| format!("p{person}@example.net")).collect();
        for addresses in [json!([]), json!(many)] {
            let answer = ask(&opened, &key, "/v1/contact-checks", &json!({ "addresses": addresses })).send().await.problem(422, "invalid_body");
            assert_eq!(answer.errors(), ["/addresses out_of_range"]);
        }
    }
}
