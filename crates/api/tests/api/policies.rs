//! What boards and jobs promise otherwise than the organisation.

use actix_web::http::Method;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{Opened, board, open};

async fn job(opened: &Opened) -> (String, String) {
    let board = opened.post("/v1/boards", &board()).send().await.expect(201);
    let new = json!({ "board_id": board.json["id"], "title": "Nurse", "owner": "owner@example.com" });
    let job = opened.post("/v1/jobs", &new).send().await.expect(201);
    let path = |kind: &str, id: &serde_json::Value| format!("/v1/{kind}/{}/policy", id.as_str().unwrap());
    (path("boards", &board.json["id"]), path("jobs", &job.json["id"]))
}

on_both_databases! {
    async fn a_job_is_under_its_own_policy_then_its_boards(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (board, job) = job(&opened).await;
        let put = |path: &str, body: serde_json::Value| opened.ask(Method::PUT, path).key(&opened.secret).header("If-Match", "*").body("application/json", &body.to_string());
        put(&board, json!({ "update_every": "7 days", "law": "CA-ON" })).send().await.expect(200);
        let set = put(&job, json!({ "update_every": "3 days", "quiet_hours": "none" })).send().await.expect(200);
        assert_eq!(set.json["own"], json!({ "update_every": "3 days", "quiet_hours": "none" }));
        for (field, value) in [("update_every", "3 days"), ("law", "CA-ON"), ("quiet_hours", "none"), ("acknowledge_within", "15 minutes")] {
            assert_eq!(set.json["effective"][field], value, "{field}");
        }
        assert_eq!(set.json["last_change"]["finished_at"], json!(null));
        assert_eq!(opened.get(&job).send().await.expect(200).json, set.json);
    }

    async fn what_is_promised_is_for_administrators_to_set(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (board, job) = job(&opened).await;
        let writing = json!({ "kind": "secret", "name": "ats", "scopes": ["write"] });
        let writing = opened.post("/v1/keys", &writing).send().await.expect(201).text_of("secret").to_owned();
        let trying_out = opened.key(ApiKeyKind::Secret, true, None).await;
        for path in [&board, &job] {
            for key in [&writing, &trying_out] {
                opened.ask(Method::PUT, path).key(key).header("If-Match", "*").body("application/json", "{}").send().await.problem(403, "forbidden");
            }
            opened.get(path).key(&writing).send().await.expect(200);
            let preview = opened.post(&format!("{path}/preview"), &json!({ "policy": {} })).key(&writing);
            preview.send().await.expect(200);
        }
    }

    async fn a_preview_says_whom_it_would_change_and_changes_nobody(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (_, job) = job(&opened).await;
        let applications = job.replace("/policy", "/applications");
        for person in ["ada", "bo"] {
            let application = json!({ "name": person, "email": format!("{person}@example.net") });
            opened.post(&applications, &application).send().await.expect(201);
        }
        let preview = format!("{job}/preview");
        let asked = json!({ "policy": { "decide_within": "20 days" }, "limit": 1 });
        let first = opened.post(&preview, &asked).send().await.expect(200);
        assert_eq!((&first.json["examined"], first.json["items"].as_array().unwrap().len()), (&json!(1), 1), "{}", first.text);
        let change = first.json["items"][0]["changes"][0].as_str().unwrap();
        assert!(change.starts_with("decision due: "), "{change}");
        let rest = json!({ "policy": { "decide_within": "20 days" }, "cursor": first.json["next_cursor"] });
        let second = opened.post(&preview, &rest).send().await.expect(200);
        assert_eq!((second.json["items"].as_array().unwrap().len(), &second.json["next_cursor"]), (1, &json!(null)));
        assert_eq!(opened.get(&job).send().await.expect(200).json["own"], json!({}));
    }

    async fn every_field_that_is_wrong_is_pointed_at(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (board, job) = job(&opened).await;
        let put = |path: &str, body: serde_json::Value| opened.ask(Method::PUT, path).key(&opened.secret).header("If-Match", "*").body("application/json", &body.to_string());
        let wrong = json!({ "update_evry": "7 days", "update_every": "7 working days", "bulk_cap": "many", "law": "CA-QC" });
        let answer = put(&job, wrong).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/bulk_cap unknown_word", "/law unknown_word", "/update_every unknown_word", "/update_evry unknown"]);
        let answer = put(&job, json!({ "update_every": "0 s" })).send().await.problem(422, "invalid_body");
        assert!(answer.errors().contains(&"/update_every out_of_range".to_owned()), "{:?}", answer.errors());
        let answer = opened.post(&format!("{job}/preview"), &json!({ "policy": { "x": 1 }, "limit": 501 })).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/policy/x unknown", "/limit out_of_range"]);
        put(&job, json!({ "deliver_within": "20 hours" })).send().await.expect(200);
        let answer = put(&board, json!({ "update_every": "10 hours" })).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), [" contradictory"]);
        put("/v1/jobs/job_06dkv8y2t5w1r3n9q7c4h0m8zg/policy", json!({})).send().await.problem(404, "not_found");
        opened.ask(Method::DELETE, &job).key(&opened.secret).send().await.problem(405, "method_not_allowed");
    }
}
