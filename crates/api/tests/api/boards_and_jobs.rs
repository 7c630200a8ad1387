//! Careers pages, and what people apply for.

use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{board, open};

on_both_databases! {
    async fn what_is_made_is_read_back(kind: DatabaseKind) {
        let opened = open(kind).await;
        let mut new = board();
        new["external_id"] = json!("main");
        let made = opened.post("/v1/boards", &new).send().await.expect(201);
        for (field, value) in new.as_object().unwrap() {
            assert_eq!(&made.json[field], value, "{field}");
        }
        assert_eq!(opened.get(made.header("location")).send().await.expect(200).json, made.json);

        let new = json!({
            "board_id": made.json["id"], "external_id": "j1", "title": "Nurse", "owner": "owner@example.com",
            "manager": "manager@example.com", "time_zone": "America/Toronto",
        });
        let job = opened.post("/v1/jobs", &new).send().await.expect(201);
        for (field, value) in new.as_object().unwrap() {
            assert_eq!(&job.json[field], value, "{field}");
        }
        assert_eq!(job.json["status"], "open");
        assert_eq!(opened.get(job.header("location")).send().await.expect(200).json, job.json);
    }

    async fn an_external_id_is_used_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let mut new = board();
        new["external_id"] = json!("main");
        let made = opened.post("/v1/boards", &new).send().await.expect(201);
        opened.post("/v1/boards", &new).send().await.problem(409, "external_id_taken");
        let job = json!({ "board_id": made.json["id"], "external_id": "j1", "title": "Nurse", "owner": "owner@example.com" });
        opened.post("/v1/jobs", &job).send().await.expect(201);
        opened.post("/v1/jobs", &job).send().await.problem(409, "external_id_taken");
    }

    async fn a_board_answers_and_a_job_has_a_board(kind: DatabaseKind) {
        let opened = open(kind).await;
        let mut new = board();
        new["reply_to"] = json!("no-reply@example.com");
        new["time_zone"] = json!("CEST+1");
        let answer = opened.post("/v1/boards", &new).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/reply_to nobody_reads_it", "/time_zone invalid_time_zone"]);
        for (id, code) in [("brd_06dkv8y2t5w1r3n9q7c4h0m8zg", "not_found"), ("brd_1", "invalid_id")] {
            let job = json!({ "board_id": id, "title": "Nurse", "owner": "owner@example.com" });
            let answer = opened.post("/v1/jobs", &job).send().await.problem(422, "invalid_body");
            assert_eq!(answer.errors(), [format!("/board_id {code}")]);
        }
    }
}
