//! How the promises are kept, and who is in silence.

use chrono::TimeDelta;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{board, open};

on_both_databases! {
    async fn an_applicant_whom_nobody_answers_is_counted_and_named(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board = opened.post("/v1/boards", &board()).send().await.expect(201);
        let new = json!({ "board_id": board.json["id"], "title": "Nurse", "owner": "owner@example.com" });
        let job = opened.post("/v1/jobs", &new).send().await.expect(201).json["id"].as_str().unwrap().to_owned();
        for person in ["ada", "bo", "cy"] {
            let application = json!({ "name": person, "email": format!("{person}@example.net") });
            opened.post(&format!("/v1/jobs/{job}/applications"), &application).send().await.expect(201);
        }
        assert_eq!(opened.get("/v1/promises/silence").send().await.expect(200).json, json!({ "items": [], "next_cursor": null }));
        opened.clock.advance(TimeDelta::hours(1));
        let promises = opened.get("/v1/promises").send().await.expect(200).json;
        assert_eq!((&promises["total"]["overdue"], &promises["total"]["on_time_share"]), (&json!(3), &json!(0.0)), "{promises}");
        assert_eq!((&promises["groups"][0]["job_id"], &promises["groups"][0]["job_title"]), (&json!(job), &json!("Nurse")));
        assert!(opened.get("/v1/promises?by=month").send().await.expect(200).json["groups"][0]["month"].is_string());
        let first = opened.get("/v1/promises/silence?limit=2").send().await.expect(200).json;
        assert_eq!((first["items"].as_array().unwrap().len(), &first["items"][0]["kind"]), (2, &json!("received")));
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = opened.get(&format!("/v1/promises/silence?limit=2&cursor={cursor}")).send().await.expect(200).json;
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &json!(null)));
    }

    async fn a_key_counts_what_it_may_see(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (ours, other) = (opened.post("/v1/boards", &board()).send().await.expect(201), opened.post("/v1/boards", &board()).send().await.expect(201));
        let new = json!({ "board_id": other.json["id"], "title": "Nurse", "owner": "owner@example.com" });
        let job = opened.post("/v1/jobs", &new).send().await.expect(201).json["id"].as_str().unwrap().to_owned();
        opened.post(&format!("/v1/jobs/{job}/applications"), &json!({ "name": "Ada", "email": "ada@example.net" })).send().await.expect(201);
        let id = ours.json["id"].as_str().unwrap().parse().unwrap();
        let narrow = opened.key(ApiKeyKind::Secret, false, Some(id)).await;
        let counted = opened.ask(actix_web::http::Method::GET, "/v1/promises").key(&narrow).send().await.expect(200);
        assert_eq!(counted.json["total"]["applications"], 0);
        assert_eq!(opened.get("/v1/promises").send().await.expect(200).json["total"]["applications"], 1);
        opened.ask(actix_web::http::Method::GET, "/v1/promises").key(&opened.publishable).send().await.problem(403, "forbidden");
    }

    async fn what_was_told_is_handed_over_as_json_and_as_a_table(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board = opened.post("/v1/boards", &board()).send().await.expect(201);
        let new = json!({ "board_id": board.json["id"], "title": "Nurse", "owner": "owner@example.com" });
        let job = opened.post("/v1/jobs", &new).send().await.expect(201).json["id"].as_str().unwrap().to_owned();
        let nobody = opened.get(&format!("/v1/jobs/{job}/evidence")).send().await.expect(200);
        assert_eq!(nobody.json, json!({ "items": [] }));
        let mut id = String::new();
        for person in ["ada", "=bo()"] {
            let application = json!({ "name": person, "email": format!("{}@example.net", person.len()) });
            let made = opened.post(&format!("/v1/jobs/{job}/applications"), &application).send().await.expect(201);
            id = made.json["id"].as_str().unwrap().to_owned();
        }
        opened.deliver().await;
        let all = opened.get(&format!("/v1/jobs/{job}/evidence")).send().await.expect(200).json;
        assert_eq!((all["items"].as_array().unwrap().len(), &all["items"][0]["what"]), (2, &json!("received")), "{all}");
        let table = opened.get(&format!("/v1/applications/{id}/evidence?format=csv")).send().await.expect(200);
        assert!(table.header("content-type").starts_with("text/csv"), "{}", table.text);
        assert_eq!(table.text.matches("\r\n").count(), 2, "{}", table.text);
        assert!(table.text.contains(",'=bo(),"), "{}", table.text);
        opened.get(&format!("/v1/jobs/{job}/evidence?format=xml")).send().await.problem(400, "invalid_query");
        opened.get("/v1/jobs/job_06dkv8y2t5w1r3n9q7c4h0m8zg/evidence").send().await.problem(404, "not_found");
    }

    async fn what_cannot_be_asked_is_pointed_at(kind: DatabaseKind) {
        let opened = open(kind).await;
        for query in ["by=week", "from=yesterday", "job_id=7"] {
            opened.get(&format!("/v1/promises?{query}")).send().await.problem(400, "invalid_query");
        }
        opened.get("/v1/promises/silence?cursor=x").send().await.problem(400, "invalid_query");
    }
}
