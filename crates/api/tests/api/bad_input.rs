//! What is wrong is named, all of it at once, and never as plain text.

use actix_web::http::Method;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{ada, open};

on_both_databases! {
    async fn everything_that_is_wrong_with_an_application_is_said_at_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        for (body, errors) in [
            (json!({}), vec!["/name required", "/email required"]),
            (json!({ "name": "Ada\u{0}", "email": "ada@[192.0.2.1]" }), vec!["/name hidden_character", "/email address_literal"]),
            (json!({ "name": "é".repeat(201), "email": "ada" }), vec!["/name too_long", "/email invalid_address"]),
            (json!({ "name": "Ada\r\nBcc: x@example.com", "email": "ada@example.net" }), vec!["/name hidden_character"]),
            (json!({ "name": " ", "email": "ada@example.net" }), vec!["/name empty"]),
            (json!({ "name": ["Ada"], "email": 5, "phone": "1" }), vec!["/email wrong_type", "/name wrong_type", "/phone unknown"]),
            (json!({ "name": "Ada", "email": "ada@example.net", "_gotcha": "x" }), vec!["/_gotcha unknown"]),
            (json!({ "name": "Ada", "email": "ada@example.net", "locale": "auf Deutsch", "time_zone": "Mars/North" }), vec!["/locale invalid_language", "/time_zone invalid_time_zone"]),
            (json!(["Ada", "ada@example.net"]), vec![" wrong_type"]),
            (json!(null), vec!["/name required", "/email required"]),
        ] {
            let answer = opened.apply(&door, &body).send().await.problem(422, "invalid_body");
            assert_eq!(answer.errors(), errors, "{body}");
        }
        assert_eq!(opened.count().await, 0);
    }

    async fn what_is_no_json_is_located(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        for (text, place) in [("{\"name\": \"Ada\",\n}", "line 2 column 1"), ("{", "line 1 column 1"), ("{\"name\":\"a\",\"name\":\"b\"}", "duplicate field `name`")] {
            let answer = opened.apply(&door, &ada()).body("application/json", text).send().await.problem(400, "malformed_json");
            assert!(answer.text_of("detail").contains(place), "{}", answer.text);
        }
    }

    async fn a_body_has_a_type_and_a_size(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let large = json!({ "name": "a".repeat(70_000), "email": "ada@example.net" });
        opened.apply(&door, &large).send().await.problem(413, "body_too_large");
        opened.apply(&door, &ada()).body("application/xml", "<name/>").send().await.problem(415, "unsupported_media_type");
        let secret = || opened.post("/v1/boards", &json!({}));
        secret().body("application/x-www-form-urlencoded", "organisation=x").send().await.problem(415, "unsupported_media_type");
        secret().body("text/plain", "{}").send().await.problem(415, "unsupported_media_type");
    }

    async fn what_is_not_there_is_not_found(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let other = path.replace("app_0", "app_1");
        for path in ["/v1", "/v1/", "/v1/nothing", "/v1/applications/x", "/v1/boards/x", "/v1/jobs/x", "/v1/boards/%ff", &other, &path.replace("app_", "job_")] {
            opened.get(path).send().await.problem(404, "not_found");
        }
        for verb in ["move", "reject", "unreject", "hire", "withdraw"] {
            opened.post(&format!("{other}/{verb}"), &json!({})).send().await.problem(404, "not_found");
        }
        opened.apply("/v1/jobs/x/applications", &ada()).send().await.problem(404, "not_found");
        opened.apply(&format!("{path}/celebrate"), &ada()).send().await.problem(404, "not_found");
        opened.get("/docs/nothing.js").send().await.problem(404, "not_found");
    }

    async fn a_path_says_which_methods_it_takes(kind: DatabaseKind) {
        let opened = open(kind).await;
        for (method, path, allowed) in [
            (Method::DELETE, "/v1/boards", "GET, HEAD, POST"),
            (Method::POST, "/v1/applications", "GET, HEAD"),
            (Method::GET, "/v1/jobs/x/applications", "POST"),
            (Method::GET, "/v1/applications/x/reject", "POST"),
            (Method::POST, "/health", "GET, HEAD"),
            (Method::POST, "/openapi.json", "GET, HEAD"),
        ] {
            let answer = opened.ask(method, path).send().await.problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), allowed, "{path}");
        }
    }

    async fn a_query_says_what_is_wrong_with_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = "/v1/applications?limit=0&status=gone&stage=x&cursor=job_1&email=ada&colour=red&job_id=brd_1";
        let answer = opened.get(path).send().await.problem(400, "invalid_query");
        let mut errors = answer.errors();
        errors.sort();
        assert_eq!(
            errors,
            ["colour unknown", "cursor invalid_id", "email invalid_address", "job_id invalid_id", "limit out_of_range", "stage unknown_word", "status unknown_word"]
        );
    }

    async fn bodies_of_verbs_are_checked_too(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        for (verb, body, errors) in [
            ("move", json!({}), vec!["/stage required", "/tell required"]),
            ("move", json!({ "stage": "hired", "tell": "yes" }), vec!["/tell wrong_type", "/stage unknown_word"]),
            ("reject", json!({}), vec!["/reason required"]),
            ("reject", json!({ "reason": "bad_hair", "words": "a\u{0}", "send_after": "soon" }), vec!["/reason unknown_word", "/words hidden_character", "/send_after invalid_time"]),
            ("reject", json!({ "reason": "spam", "words": "a".repeat(5_001) }), vec!["/words too_long"]),
            ("unreject", json!({ "why": "" }), vec!["/why unknown"]),
            ("hire", json!({ "words": 5 }), vec!["/words wrong_type"]),
            ("withdraw", json!({ "by_applicant": "yes" }), vec!["/by_applicant wrong_type"]),
        ] {
            let answer = opened.post(&format!("{path}/{verb}"), &body).send().await.problem(422, "invalid_body");
            assert_eq!(answer.errors(), errors, "{verb} {body}");
        }
        let events: Value = opened.get(&path).send().await.json["timeline"].clone();
        assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
    }
}
