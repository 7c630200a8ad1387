//! Somebody asks for an applicant's data to be erased.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use hearback_domain::scope::Scope;
use hearback_ledger::{ApiKeyKind, KeyLimits, NewApiKey, Periodic};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::{Value, json};

use crate::support::{Opened, open};

/// What a worker does every few seconds.
async fn work(opened: &Opened) {
    for due in opened.ledger.claim_periodic().await.unwrap().into_iter().filter(|due| due.what == Periodic::Erase) {
        opened.ledger.run_periodic(due).await.unwrap();
    }
}

async fn told_and_erased(opened: &Opened, path: &str) {
    opened.clock.advance(TimeDelta::days(1));
    opened.deliver().await;
    opened.clock.advance(TimeDelta::minutes(2));
    work(opened).await;
    assert_eq!(opened.get(path).send().await.expect(200).json["name"], "(erased)");
}

on_both_databases! {
    async fn an_applicant_is_erased_once_they_were_told_and_how_far_that_came_can_be_read(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        opened.deliver().await;
        let status_url = opened.get(&path).send().await.expect(200).text_of("status_url").to_owned();
        opened.get(&format!("{path}/erasure")).send().await.problem(404, "not_found").says("no such erasure");
        let ask = || opened.post(&format!("{path}/erase"), &json!({})).header("Hearback-Actor", "Inès").header("Idempotency-Key", "k").send();
        let asked = ask().await.expect(202);
        assert_eq!(asked.header("location"), format!("{path}/erasure"));
        assert_eq!((&asked.json["state"], &asked.json["basis"], &asked.json["asked_by"]["on_behalf_of"]), (&json!("waiting"), &json!("requested"), &json!("Inès")));
        work(&opened).await;
        assert_eq!(opened.get(asked.header("location")).send().await.expect(200).json["waits_for"], "message");
        told_and_erased(&opened, &path).await;
        let erased = opened.get(&path).send().await.expect(200).json;
        assert_eq!((&erased["email"], &erased["status"], &erased["next_word"]), (&json!("erased@erased.invalid"), &json!("withdrawn"), &Value::Null));
        assert!(erased["erased_at"].is_string());
        assert_ne!(erased["status_url"], status_url);
        let done = opened.get(&format!("{path}/erasure")).send().await.expect(200).json;
        assert_eq!((&done["state"], &done["waits_for"], &done["next_look_at"]), (&json!("erased"), &Value::Null, &Value::Null));
        assert_eq!(ask().await.expect(202).json, asked.json, "the same request again is answered as before");
        opened.post(&format!("{path}/erase"), &json!({})).send().await.expect(200);
        opened.post(&format!("{path}/unreject"), &json!({})).send().await.problem(409, "erased");
        assert_eq!(opened.get("/v1/applications?email=ada@example.net").send().await.expect(200).json["items"], json!([]));
        // What happens at this very moment is read a moment later, lest an event of it be passed over.
        opened.clock.advance(TimeDelta::seconds(1));
        let until = Instant::now() + Duration::from_secs(60);
        let events = async || opened.get("/v1/events").send().await.expect(200).json;
        // PostgreSQL numbers the transactions of all its databases together: another test's open one holds ours back.
        while events().await["items"].as_array().unwrap().len() < 4 && Instant::now() < until {}
        let events = events().await;
        let kinds: Vec<&str> = events["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["submitted", "erasure_asked", "withdrawn", "erased"]);
        assert!(!events.to_string().contains("example.net"));
    }

    async fn a_law_that_wants_it_kept_is_named_with_the_last_day(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let job = opened.get(&path).send().await.expect(200).text_of("job_id").to_owned();
        let law = json!({ "law": "CA-ON", "retention": "730 days" }).to_string();
        opened.ask(actix_web::http::Method::PUT, &format!("/v1/jobs/{job}/policy")).key(&opened.secret).header("If-Match", "*").body("application/json", &law).send().await.expect(200);
        opened.deliver().await;
        opened.post(&format!("{path}/reject"), &json!({ "reason": "other" })).send().await.expect(200);
        opened.clock.advance(TimeDelta::days(5));
        opened.deliver().await;
        let refused = opened.post(&format!("{path}/erase"), &json!({})).send().await.problem(409, "kept_by_law");
        refused.says("CA-ON");
        let told: chrono::DateTime<chrono::Utc> = opened.get(&path).send().await.expect(200).text_of("decision_told_at").parse().unwrap();
        let last_day = told.with_timezone(&chrono_tz::Europe::Berlin).date_naive() + chrono::Months::new(36);
        assert_eq!(refused.json["kept_until"], last_day.to_string());
        opened.get(&format!("{path}/erasure")).send().await.problem(404, "not_found");
    }

    async fn a_reason_for_no_word_is_one_of_few_and_spares_the_mail(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let wrong = opened.post(&format!("{path}/erase"), &json!({ "exemption": "Ada said so" })).send().await.problem(422, "invalid_body");
        assert_eq!(wrong.errors(), ["/exemption unknown_word"]);
        opened.post(&format!("{path}/erase"), &json!({ "exemption": "asked_for_none" })).send().await.expect(202);
        opened.clock.advance(TimeDelta::days(1));
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
        work(&opened).await;
        assert_eq!(opened.get(&path).send().await.expect(200).json["exemption"], "asked_for_none");
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
    }

    async fn only_who_administers_erases_and_only_what_they_see(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let new = |board| NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board, name: "test".to_owned() };
        let limits = |scopes: &[Scope]| KeyLimits { scopes: scopes.iter().copied().collect(), origins: Vec::new() };
        let (_, writes) = opened.ledger.create_limited_key(new(None), limits(&[Scope::Read, Scope::Write])).await.unwrap();
        opened.post(&format!("{path}/erase"), &json!({})).key(&writes).send().await.problem(403, "forbidden").says("admin");
        let elsewhere = opened.board().await;
        let (_, other) = opened.ledger.create_limited_key(new(Some(elsewhere)), limits(Scope::ALL)).await.unwrap();
        opened.post(&format!("{path}/erase"), &json!({})).key(&other).send().await.problem(404, "not_found");
        opened.post("/v1/applications/app_06dkv8y2t5w1r3n9q7c4h0m8zg/erase", &json!({})).send().await.problem(404, "not_found");
        assert!(opened.get(&path).send().await.expect(200).json["erased_at"].is_null());
    }
}
