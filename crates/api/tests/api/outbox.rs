//! Messages that are owed: seen, tried again, let go, cancelled; and the outbox that is paused.

use actix_web::http::Method;
use chrono::TimeDelta;
use hearback_domain::notification::Outcome;
use hearback_ledger::{ApiKeyKind, Ended};
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{Opened, ada, open};

async fn fail(opened: &Opened, outcome: Outcome) {
    let due = opened.ledger.claim(64).await.unwrap();
    let end = |claim| Ended { claim, at: opened.ledger.now(), outcome: outcome.clone(), mail: None, relay: "mx.example".to_owned() };
    let ended: Vec<Ended> = due.iter().map(|message| end(message.claim)).collect();
    opened.ledger.settle(&ended).await.unwrap();
}

fn greylisted() -> Outcome {
    Outcome::Retry { reason: "450 4.2.0 greylisted".to_owned() }
}

/// The path of the one message of the first application.
async fn message(opened: &Opened) -> String {
    let items = opened.get("/v1/notifications").send().await.expect(200).json["items"].clone();
    format!("/v1/notifications/{}", items[0]["id"].as_str().unwrap())
}

on_both_databases! {
    async fn a_message_is_listed_shown_and_tried_again_at_once(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        fail(&opened, greylisted()).await;
        let path = message(&opened).await;
        let listed = opened.get("/v1/notifications?state=scheduled&kind=received").send().await.expect(200).json["items"][0].clone();
        assert_eq!((&listed["state"], &listed["tries"], &listed["email"]), (&json!("scheduled"), &json!(1), &json!("ada@example.net")));
        assert_eq!(listed["last_failure"]["reason"], "450 4.2.0 greylisted");
        let shown = opened.get(&path).send().await.expect(200).json;
        assert_eq!((&shown["failures"][0]["outcome"], &shown["failures"][0]["relay"]), (&json!("retry"), &json!("mx.example")));
        assert_eq!(format!("/v1/applications/{}", shown["application_id"].as_str().unwrap()), application);
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());

        let retried = opened.post(&format!("{path}/retry"), &json!({})).header("Hearback-Actor", "Inès").send().await.expect(200).json;
        let last = retried["timeline"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["kind"], &last["actor"]["on_behalf_of"]), (&json!("message_retried"), &json!("Inès")));
        opened.deliver().await;
        let sent = opened.get(&path).send().await.expect(200).json;
        assert_eq!((&sent["state"], &sent["tries"], &sent["reply"]), (&json!("sent"), &json!(2), &json!("250 2.0.0 taken")));
        let refused = opened.post(&format!("{path}/retry"), &json!({})).send().await.problem(409, "message_not_possible");
        assert_eq!(refused.json["possible"], json!([]));
        refused.says("nothing calls a mail back");
        assert_eq!(opened.get("/v1/notifications").send().await.expect(200).json["items"], json!([]), "nothing is left to do");
        assert_eq!(opened.get("/v1/notifications?state=sent").send().await.expect(200).json["items"][0]["id"], sent["id"]);
    }

    async fn what_is_held_goes_out_when_a_person_lets_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.applied().await;
        fail(&opened, Outcome::Hold { reason: "550 5.7.1 policy".to_owned() }).await;
        let path = message(&opened).await;
        let refused = opened.post(&format!("{path}/retry"), &json!({})).send().await.problem(409, "message_not_possible");
        assert_eq!(refused.json["possible"], json!(["release", "cancel"]));
        assert_eq!(opened.get(&path).send().await.json["hold_reason"], "550 5.7.1 policy");
        let released = opened.post(&format!("{path}/release"), &json!({})).send().await.expect(200).json;
        assert_eq!((&released["state"], &released["hold_reason"]), (&json!("scheduled"), &json!(null)));
        opened.deliver().await;
        assert_eq!(opened.get(&path).send().await.json["state"], "sent");
    }

    async fn a_cancelled_rejection_is_an_exemption_and_nothing_derives_it_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let application = opened.applied().await;
        opened.deliver().await;
        opened.post(&format!("{application}/reject"), &json!({ "reason": "other" })).send().await.expect(200);
        let path = message(&opened).await;
        for (body, code) in [(json!({}), "required"), (json!({ "reason": " " }), "empty"), (json!({ "reason": "x".repeat(1_001) }), "too_long")] {
            let answer = opened.post(&format!("{path}/cancel"), &body).send().await.problem(422, "invalid_body");
            assert_eq!(answer.errors(), [format!("/reason {code}")]);
        }
        let cancelled = opened.post(&format!("{path}/cancel"), &json!({ "reason": "We told her on the phone." })).send().await.expect(200).json;
        assert_eq!((&cancelled["state"], &cancelled["cancel_words"]), (&json!("cancelled"), &json!("We told her on the phone.")));
        let record = opened.get(&application).send().await.expect(200).json;
        assert_eq!((&record["status"], &record["exemption"]), (&json!("rejected"), &json!("We told her on the phone.")));
        opened.clock.advance(TimeDelta::days(3));
        assert_eq!(opened.ledger.reconcile().await.unwrap(), []);
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        assert!(opened.ledger.claim(8).await.unwrap().is_empty());
    }

    async fn a_paused_outbox_says_since_when_by_whom_and_why(kind: DatabaseKind) {
        let opened = open(kind).await;
        let before = opened.get("/v1/outbox").send().await.expect(200).json;
        assert_eq!((&before["paused"], &before["oldest_due_at"], &before["messages"]["scheduled"]), (&json!(false), &json!(null), &json!(0)));
        let paused = opened.post("/v1/outbox/pause", &json!({ "reason": "The relay is being moved." })).header("Hearback-Actor", "Inès").send().await.expect(200);
        assert_eq!((&paused.json["paused"], paused.text_of("pause_reason")), (&json!(true), "The relay is being moved."));
        assert_eq!((&paused.json["paused_by"]["on_behalf_of"], paused.json["paused_since"].is_string()), (&json!("Inès"), true));
        // Intake goes on, and the acknowledgement is owed.
        opened.applied().await;
        opened.deliver().await;
        let again = opened.post("/v1/outbox/pause", &json!({ "reason": "Another." })).send().await.expect(200);
        assert_eq!((again.text_of("pause_reason"), &again.json["messages"]["scheduled"]), ("The relay is being moved.", &json!(1)));
        assert!(again.json["oldest_due_at"].is_string());
        for _ in 0..2 {
            let resumed = opened.ask(Method::POST, "/v1/outbox/resume").key(&opened.secret).send().await.expect(200).json;
            assert_eq!((&resumed["paused"], &resumed["pause_reason"]), (&json!(false), &json!(null)));
        }
        opened.deliver().await;
        assert_eq!(opened.get("/v1/outbox").send().await.json["messages"]["scheduled"], 0);
        assert_eq!(opened.post("/v1/outbox/pause", &json!({})).send().await.problem(422, "invalid_body").errors(), ["/reason required"]);
    }

    async fn whoever_may_not_see_an_application_may_not_see_its_messages(kind: DatabaseKind) {
        let opened = open(kind).await;
        let (own, other) = (opened.board().await, opened.board().await);
        let (own_door, other_door) = (opened.door_on(own).await, opened.door_on(other).await);
        opened.apply(&other_door, &ada()).send().await.expect(201);
        let foreign = message(&opened).await;
        opened.apply(&own_door, &ada()).send().await.expect(201);
        let key = opened.key(ApiKeyKind::Secret, false, Some(own)).await;
        let test = opened.key(ApiKeyKind::Secret, true, None).await;
        for key in [&key, &test] {
            opened.get(&foreign).key(key).send().await.problem(404, "not_found").says("message");
            opened.post(&format!("{foreign}/cancel"), &json!({ "reason": "x" })).key(key).send().await.problem(404, "not_found");
            for (method, path) in [(Method::GET, "/v1/outbox"), (Method::POST, "/v1/outbox/pause"), (Method::POST, "/v1/outbox/resume")] {
                opened.ask(method, path).key(key).send().await.problem(403, "forbidden");
            }
        }
        assert_eq!(opened.get("/v1/notifications").key(&key).send().await.expect(200).json["items"].as_array().unwrap().len(), 1);
        assert_eq!(opened.get("/v1/notifications").key(&test).send().await.expect(200).json["items"], json!([]));
        opened.get(&format!("/v1/notifications?board_id={other}")).key(&key).send().await.problem(404, "not_found");
        for path in ["/v1/notifications", "/v1/outbox", &foreign] {
            opened.ask(Method::GET, path).send().await.problem(401, "unauthenticated");
            opened.ask(Method::GET, path).key(&opened.publishable).send().await.problem(403, "forbidden");
        }
        opened.get("/v1/notifications/ntf_1").send().await.problem(404, "not_found");
        let answer = opened.get("/v1/notifications?state=lost&limit=0&x=1").send().await.problem(400, "invalid_query");
        assert_eq!(answer.errors(), ["x unknown", "state unknown_word", "limit out_of_range"]);
    }

    async fn the_list_of_messages_leads_from_part_to_part(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        for number in 0..5 {
            opened.apply(&door, &json!({ "name": "Ada", "email": format!("ada{number}@example.net") })).send().await.expect(201);
            opened.clock.advance(TimeDelta::seconds(1));
        }
        let (mut seen, mut next) = (Vec::new(), "/v1/notifications?limit=2".to_owned());
        loop {
            let part = opened.get(&next).send().await.expect(200);
            seen.extend(part.json["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap().to_owned()));
            let Some(cursor) = part.json["next_cursor"].as_str() else { break };
            next = format!("/v1/notifications?limit=2&cursor={cursor}");
        }
        assert_eq!(seen, (0..5).rev().map(|number| format!("ada{number}@example.net")).collect::<Vec<_>>());
    }

    async fn what_an_outbox_body_is_shown_to_be_like_is_taken(kind: DatabaseKind) {
        let opened = open(kind).await;
        let document = serde_json::to_value(hearback_api::openapi()).unwrap();
        let example = |schema: &str| document["components"]["schemas"][schema]["example"].clone();
        opened.applied().await;
        let path = message(&opened).await;
        for (path, schema) in [
            ("/v1/outbox/pause".to_owned(), "PauseOutbox"),
            ("/v1/outbox/resume".to_owned(), "ResumeOutbox"),
            (format!("{path}/retry"), "Retry"),
            (format!("{path}/cancel"), "Cancel"),
        ] {
            opened.post(&path, &example(schema)).send().await.expect(200);
        }
        assert_eq!(example("Release"), json!({}));
    }
}
