//! What recruiters decide, and what follows.

use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{ada, application_id, open};

on_both_databases! {
    async fn a_verb_answers_with_the_application_as_it_stands_now(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        opened.deliver().await;
        let moved = opened.post(&format!("{path}/move"), &json!({ "stage": "interview", "tell": true })).header("Hearback-Actor", "Inès").send().await.expect(200);
        assert_eq!((moved.text_of("stage"), moved.text_of("shown_stage")), ("interview", "received"));
        assert_eq!((&moved.json["timeline"][1]["kind"], &moved.json["timeline"][1]["actor"]["on_behalf_of"]), (&json!("moved"), &json!("Inès")));
        assert_eq!(moved.json["timeline"][1]["data"], json!({ "to": "interview", "tell": true }));
        assert_eq!(moved.json["notifications"][1]["kind"], "stage_changed");
        assert!(!moved.json["told_at"].is_null());
        assert_eq!(opened.get(&path).send().await.json, moved.json);

        let rejected = opened
            .post(&format!("{path}/reject"), &json!({ "reason": "position_filled", "words": "Dear Ada,\nthank you.", "internal_note": "next time" }))
            .send().await.expect(200);
        assert_eq!((rejected.text_of("status"), rejected.text_of("shown_status")), ("rejected", "active"));
        assert_eq!((rejected.text_of("rejection_reason"), rejected.text_of("internal_note")), ("position_filled", "next time"));
        assert!(rejected.json["next_word"].is_null());
        let back = opened.post(&format!("{path}/unreject"), &json!({})).send().await.expect(200);
        assert_eq!((back.text_of("status"), &back.json["rejection_reason"]), ("active", &json!(null)));
        let hired = opened.post(&format!("{path}/hire"), &json!({ "words": "Welcome!" })).send().await.expect(200);
        assert_eq!(hired.text_of("status"), "hired");
        let withdrawn = opened.post(&format!("{path}/withdraw"), &json!({ "by_applicant": true })).send().await.expect(200);
        assert_eq!((withdrawn.text_of("status"), withdrawn.text_of("shown_status")), ("withdrawn", "withdrawn"));
    }

    async fn a_verb_that_needs_nothing_takes_no_body(kind: DatabaseKind) {
        let opened = open(kind).await;
        for verb in ["hire", "withdraw"] {
            let path = opened.applied().await;
            opened.ask(actix_web::http::Method::POST, &format!("{path}/{verb}")).key(&opened.secret).send().await.expect(200);
            let path = opened.applied().await;
            opened.post(&format!("{path}/{verb}"), &json!(null)).send().await.expect(200);
        }
    }

    async fn an_exemption_owes_no_message_and_says_why(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let body = json!({ "reason": "spam", "exemption": "a machine wrote it" });
        let rejected = opened.post(&format!("{path}/reject"), &body).send().await.expect(200);
        assert_eq!(rejected.text_of("exemption"), "a machine wrote it");
        assert_eq!(rejected.json["notifications"].as_array().unwrap().len(), 1);
        let with_words = json!({ "reason": "spam", "exemption": "a machine wrote it", "words": "Goodbye." });
        let answer = opened.post(&format!("{path}/reject"), &with_words).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/words contradictory"]);
    }

    async fn what_makes_no_sense_is_refused_with_what_does(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let refused = async |verb: &str, body: serde_json::Value| {
            let answer = opened.post(&format!("{path}/{verb}"), &body).send().await.problem(409, "not_possible");
            answer.json["possible"].clone()
        };
        assert_eq!(refused("unreject", json!({})).await, json!(["move", "reject", "hire", "withdraw"]));
        opened.post(&format!("{path}/reject"), &json!({ "reason": "other" })).send().await.expect(200);
        assert_eq!(refused("hire", json!({})).await, json!(["unreject", "withdraw"]));
        assert_eq!(refused("reject", json!({ "reason": "other" })).await, json!(["unreject", "withdraw"]));
        opened.post(&format!("{path}/withdraw"), &json!({})).send().await.expect(200);
        assert_eq!(refused("move", json!({ "stage": "offer", "tell": true })).await, json!([]));
        // Withdrawing twice is no mistake.
        opened.post(&format!("{path}/withdraw"), &json!({})).send().await.expect(200);
        assert_eq!(opened.ledger.events(application_id(&path)).await.unwrap().len(), 3);
    }

    async fn a_repeat_names_the_application_to_act_on(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let first = opened.apply(&door, &ada()).send().await.expect(201);
        let repeat = opened.apply(&door, &ada()).send().await.expect(201);
        let path = repeat.header("location");
        let answer = opened.post(&format!("{path}/hire"), &json!({})).send().await.problem(409, "carried_by_another");
        assert_eq!((&answer.json["application"], &answer.json["possible"]), (&first.json["id"], &json!(["withdraw"])));
        opened.post(&format!("{path}/withdraw"), &json!({})).send().await.expect(200);
    }

    async fn a_rejection_is_not_taken_back_once_the_applicant_applied_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let first = opened.apply(&door, &ada()).send().await.expect(201);
        let path = first.header("location");
        opened.post(&format!("{path}/reject"), &json!({ "reason": "other" })).send().await.expect(200);
        let second = opened.apply(&door, &ada()).send().await.expect(201);
        let answer = opened.post(&format!("{path}/unreject"), &json!({})).send().await.problem(409, "applied_again");
        assert_eq!((&answer.json["application"], &answer.json["possible"]), (&second.json["id"], &json!(["withdraw"])));
    }
}
