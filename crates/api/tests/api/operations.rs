//! What is done to many applications at once.

use actix_web::http::Method;
use hearback_ledger::ApiKeyKind;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{Answer, Opened, PUBLIC_URL, open};

impl Opened {
    /// What a worker does.
    async fn carry_out(&self) {
        for _ in 0..2 {
            while let Some(due) = self.ledger.claim_operation().await.unwrap() {
                while self.ledger.work_operation(&due).await.unwrap() {}
            }
            self.clock.advance(chrono::TimeDelta::seconds(11));
        }
    }

    async fn people(&self, door: &str, number: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for at in 0..number {
            let person = json!({ "name": "Ada Okafor", "email": format!("ada{at}@example.net") });
            ids.push(self.apply(door, &person).send().await.expect(201).text_of("id").to_owned());
        }
        ids
    }
}

/// Where to follow it.
fn path(answer: &Answer) -> String {
    answer.header("location").strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

on_both_databases! {
    async fn a_job_is_looked_at_closed_followed_and_opened_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let job = door.strip_suffix("/applications").unwrap();
        let ids = opened.people(&door, 51).await;
        opened.post(&format!("/v1/applications/{}/move", ids[0]), &json!({ "stage": "offer", "tell": false })).send().await.expect(200);
        opened.apply(&door, &json!({ "name": "Bo", "email": "bo@example.net" })).send().await.expect(201);
        let words = json!({ "words": "The position was filled." });
        let refused = opened.post(&format!("{job}/close"), &words).send().await.problem(409, "confirmation_required");
        refused.says("51 people would be written to");
        let first = opened.post(&format!("{job}/close/dry-run?limit=2"), &words).send().await.expect(200);
        let summary = &first.json["summary"];
        assert_eq!((&summary["applications"], &summary["messages"], &summary["nothing"]), (&json!(52), &json!(51), &json!({ "offer_holder": 1 })));
        assert_eq!(summary["confirmation_required"], true);
        let people = first.json["items"].as_array().unwrap();
        assert_eq!((&people[0]["gets"], &people[0]["nothing_because"]), (&json!(null), &json!("offer_holder")));
        assert_eq!((&people[1]["gets"], &people[1]["waits_for"], &people[1]["name"]), (&json!("rejected"), &json!("undo_window"), &json!("Ada Okafor")));
        let next = format!("{job}/close/dry-run?limit=200&cursor={}", first.text_of("next_cursor"));
        let rest = opened.post(&next, &words).send().await.expect(200);
        assert_eq!((rest.json["items"].as_array().unwrap().len(), &rest.json["summary"]), (50, &json!(null)));

        let confirmed = json!({ "words": "The position was filled.", "confirmation": summary["confirmation"] });
        let other_words = json!({ "words": "Sorry.", "confirmation": summary["confirmation"] });
        opened.post(&format!("{job}/close"), &other_words).send().await.problem(409, "confirmation_outdated").says("another operation");
        opened.post(&format!("/v1/applications/{}/withdraw", ids[1]), &json!({})).send().await.expect(200);
        opened.post(&format!("{job}/close"), &confirmed).send().await.problem(409, "confirmation_outdated").says("has changed");
        let again = opened.post(&format!("{job}/close/dry-run"), &words).send().await.expect(200);
        let confirmed = json!({ "words": "The position was filled.", "confirmation": again.json["summary"]["confirmation"] });
        let closing = opened.post(&format!("{job}/close"), &confirmed).header("Hearback-Actor", "Inès").send().await.expect(202);
        let operation = path(&closing);
        assert_eq!((closing.text_of("state"), &closing.json["expected"]), ("scheduled", &json!(51)));
        assert_eq!(opened.get(job).send().await.expect(200).text_of("status"), "closed");
        opened.apply(&door, &json!({ "name": "Bo", "email": "late@example.net" })).send().await.problem(410, "job_closed");
        // A double click.
        assert_eq!(path(&opened.post(&format!("{job}/close"), &json!({})).send().await.expect(202)), operation);

        opened.carry_out().await;
        let done = opened.get(&operation).send().await.expect(200);
        assert_eq!(done.text_of("state"), "done");
        let progress = json!({ "done": 50, "messages": 50, "passed_over": 1, "failed": 0, "undone": 0, "kept": 0, "reasons": { "offer_holder": 1 } });
        assert_eq!(done.json["progress"], progress);
        let passed = opened.get(&format!("{operation}/items?state=passed_over")).send().await.expect(200);
        assert_eq!(passed.json["items"][0]["application_id"], ids[0].as_str());
        let record = opened.get(&format!("/v1/applications/{}", ids[2])).send().await.expect(200);
        assert_eq!(record.text_of("rejection_reason"), "position_filled");
        assert_eq!(record.json["timeline"][1]["actor"]["on_behalf_of"], "Inès");
        opened.post(&format!("{operation}/stop"), &json!({})).send().await.problem(409, "operation_not_possible").says("done");

        let undoing = opened.post(&format!("{operation}/undo"), &json!({})).send().await.expect(202);
        assert!(!undoing.json["undone_by"].is_null());
        opened.carry_out().await;
        let undone = opened.get(&operation).send().await.expect(200);
        assert_eq!((undone.text_of("state"), &undone.json["progress"]["undone"]), ("undone", &json!(50)));
        assert_eq!(opened.get(job).send().await.expect(200).text_of("status"), "open");
        assert_eq!(opened.get(&format!("/v1/applications/{}", ids[2])).send().await.text_of("status"), "active");
        let list = opened.get("/v1/operations").send().await.expect(200);
        assert_eq!(list.json["items"].as_array().unwrap().len(), 1);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn many_are_rejected_or_moved_by_list_and_by_filter(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let ids = opened.people(&door, 4).await;
        let job = door.split('/').nth(3).unwrap();
        let moved = json!({ "kind": "move", "applications": ids[..2], "stage": "interview", "tell": true });
        let operation = path(&opened.post("/v1/operations", &moved).send().await.expect(202));
        opened.carry_out().await;
        assert_eq!(opened.get(&operation).send().await.expect(200).json["progress"]["messages"], 2);
        let rejected = json!({ "kind": "reject", "filter": { "job_id": job, "stage": "received" }, "reason": "other", "exemption": "a test" });
        let operation = path(&opened.post("/v1/operations", &rejected).send().await.expect(202));
        opened.carry_out().await;
        let progress = &opened.get(&operation).send().await.expect(200).json["progress"];
        assert_eq!((&progress["done"], &progress["messages"], &progress["reasons"]), (&json!(2), &json!(0), &json!({ "exempt": 2 })));
        let statuses = async |id: &str| opened.get(&format!("/v1/applications/{id}")).send().await.expect(200).text_of("status").to_owned();
        assert_eq!((statuses(&ids[0]).await.as_str(), statuses(&ids[2]).await.as_str()), ("active", "rejected"));
    }

    async fn what_cannot_be_meant_is_refused_field_by_field(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let ids = opened.people(&door, 1).await;
        for (body, wrong) in [
            (json!({}), vec!["/kind required"]),
            (json!({ "kind": "close_job" }), vec!["/kind unknown_word", "/applications required"]),
            (json!({ "kind": "reject", "applications": ids, "filter": { "stage": "offer" }, "reason": "other" }), vec!["/filter contradictory"]),
            (json!({ "kind": "reject", "applications": [], "reason": "other" }), vec!["/applications empty"]),
            (json!({ "kind": "reject", "applications": ["x"], "stage": "offer" }), vec!["/stage contradictory", "/reason required", "/applications invalid_id"]),
            (json!({ "kind": "move", "filter": {}, "stage": "offer", "tell": true, "words": "x" }), vec!["/words contradictory", "/filter empty"]),
            (json!({ "kind": "move", "filter": { "stage": "nowhere" }, "stage": "offer", "tell": true }), vec!["/filter unknown_word"]),
            (json!({ "kind": "reject", "applications": ["app_06dkv8y2t5w1r3n9q7c4h0m8zg"], "reason": "other" }), vec!["/applications not_found"]),
        ] {
            for at in ["/v1/operations", "/v1/operations/dry-run"] {
                assert_eq!(opened.post(at, &body).send().await.problem(422, "invalid_body").errors(), wrong, "{body}");
            }
        }
    }

    async fn a_key_sees_and_does_no_more_than_its_own(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let job = door.strip_suffix("/applications").unwrap();
        let ids = opened.people(&door, 1).await;
        let other = opened.board().await;
        let others = opened.key(ApiKeyKind::Secret, false, Some(other)).await;
        let test = opened.key(ApiKeyKind::Secret, true, None).await;
        let post = async |key: &str, path: &str, body: &serde_json::Value| {
            opened.ask(Method::POST, path).key(key).body("application/json", &body.to_string()).send().await
        };
        post(&others, &format!("{job}/close"), &json!({})).await.problem(404, "not_found");
        post(&test, &format!("{job}/close"), &json!({})).await.problem(403, "forbidden");
        post(&test, &format!("{job}/reopen"), &json!({})).await.problem(403, "forbidden");
        let reject = json!({ "kind": "reject", "applications": ids, "reason": "other" });
        for key in [&others, &test] {
            assert_eq!(post(key, "/v1/operations", &reject).await.problem(422, "invalid_body").errors(), ["/applications not_found"]);
        }
        let everybody = json!({ "kind": "reject", "filter": { "stage": "received" }, "reason": "other" });
        for key in [&others, &test] {
            let none = post(key, "/v1/operations", &everybody).await.expect(202);
            assert_eq!(none.json["expected"], 0);
        }
        opened.carry_out().await;
        assert_eq!(opened.get(&format!("/v1/applications/{}", ids[0])).send().await.text_of("status"), "active");
        let operation = path(&opened.post(&format!("{job}/archive"), &json!({})).send().await.expect(202));
        for key in [&others, &test] {
            opened.ask(Method::GET, &operation).key(key).send().await.problem(404, "not_found");
            post(key, &format!("{operation}/undo"), &json!({})).await.problem(404, "not_found");
        }
        assert!(!opened.get(job).send().await.expect(200).json["archived_at"].is_null());
        let reopened = opened.post(&format!("{job}/reopen"), &json!({})).send().await.expect(200);
        assert_eq!((reopened.text_of("status"), &reopened.json["archived_at"]), ("open", &json!(null)));
        assert_eq!(opened.get(&operation).send().await.expect(200).text_of("state"), "stopped");
    }
}
