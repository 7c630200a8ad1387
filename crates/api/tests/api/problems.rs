//! Problems: each is published, and a request can be found again by its name.

use std::{fs, path::Path};

use actix_web::http::Method;
use chrono::TimeDelta;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{board, open};

/// The tests as they are written, without what is named above: each `.problem(status, code)` in them is an answer that was seen.
fn every_test() -> String {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let calls: Vec<String> =
        texts.flat_map(|text| text.split(".problem(").skip(1).map(|call| call.chars().take(60).collect()).collect::<Vec<_>>()).collect();
    calls.concat()
}

on_both_databases! {
    async fn every_kind_of_problem_is_declared_published_and_reachable(kind: DatabaseKind) {
        let opened = open(kind).await;
        let document = serde_json::to_value(hearback_api::openapi()).unwrap();
        let types = document["components"]["schemas"]["ProblemType"]["enum"].as_array().unwrap().clone();
        assert!(types.len() >= 26);
        let described = document["paths"].to_string();
        let asked_for = every_test();
        let index = opened.ask(Method::GET, "/problems").send().await.expect(200);
        for address in types.iter().map(|word| word.as_str().unwrap()) {
            let code = address.strip_prefix("/problems/").unwrap();
            let page = opened.ask(Method::GET, address).send().await.expect(200);
            assert!(page.header("content-type").starts_with("text/html"));
            assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
            page.says(code);
            page.says("What to do");
            index.says(&format!("href=\"problems/{code}\""));
            // Of methods that are not described nothing can be described.
            assert!(code == "method_not_allowed" || described.contains(&format!("(`{code}`)")), "no operation declares {code}");
            // Thousands of requests lead to the other one: src/contract/limits.rs has a shorter way.
            assert!(code == "too_many_requests" || asked_for.contains(&format!("\"{code}\")")), "no test of this folder is answered {code}: `.problem(…, \"{code}\")`");
        }
        opened.ask(Method::GET, "/problems/invalid_body").send().await.expect(200).says("&quot;pointer&quot;: &quot;&#x2f;email&quot;");
        opened.ask(Method::GET, "/problems/no_such_code").send().await.problem(404, "not_found");
    }

    async fn a_request_has_a_name_that_its_problem_repeats(kind: DatabaseKind) {
        let opened = open(kind).await;
        let named = opened.ask(Method::GET, "/v1/boards").header("X-Request-Id", "ats-7").send().await.problem(401, "unauthenticated");
        assert_eq!((named.header("x-request-id"), &named.json["request_id"]), ("ats-7", &json!("ats-7")));
        let own = opened.get("/v1/no-such-path").header("X-Request-Id", "has spaces").send().await.problem(404, "not_found");
        assert!(own.header("x-request-id").starts_with("req_"));
        assert_eq!(own.json["request_id"], own.header("x-request-id"));
        assert!(opened.get("/v1/boards").send().await.expect(200).header("x-request-id").starts_with("req_"));
    }

    async fn the_same_request_twice_at_once_is_carried_out_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let create = || opened.post("/v1/boards", &board()).header("Idempotency-Key", "b-1");
        create().send().await.expect(201);
        // As if the first one were still at it.
        opened.sql("UPDATE repeatable SET status = NULL, headers = NULL, body = NULL, done_at = NULL").await;
        assert_eq!(create().send().await.problem(409, "request_in_progress").header("retry-after"), "1");
        opened.clock.advance(TimeDelta::minutes(1));
        create().send().await.expect(201);
    }

    async fn staff_see_how_much_is_left_and_applicants_are_not_counted(kind: DatabaseKind) {
        let opened = open(kind).await;
        let answer = opened.get("/v1/boards").send().await.expect(200);
        assert!(answer.header("ratelimit").starts_with("\"key\";r="), "{}", answer.header("ratelimit"));
        assert!(answer.header("ratelimit-policy").starts_with("\"key\";q="));
        let door = opened.door().await;
        let applied = opened.apply(&door, &crate::support::ada()).send().await.expect(201);
        assert_eq!(applied.header("ratelimit"), "");
        assert_eq!(applied.json["request_id"], Value::Null);
    }
}
