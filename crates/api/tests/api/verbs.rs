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

    async fn what_an_applicant_wrote_waits_until_a_person_says_that_it_needs_no_answer(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let id: hearback_domain::ids::ApplicationId = path.rsplit('/').next().unwrap().parse().unwrap();
        opened.ledger.keep_inbound_mail("ada@example.net", &["reply+x@example.com".to_owned()], b"Subject: Re\r\n\r\nThank you!").await.unwrap();
        let mail = opened.ledger.claim_inbound_mails(1).await.unwrap().remove(0);
        let reply = hearback_ledger::Reply {
            application: id,
            about: None,
            from: None,
            subject: None,
            text: "Thank you!".to_owned(),
            html: None,
            message_id: None,
            in_reply_to: None,
            files: Vec::new(),
            left_out: 0,
        };
        opened.ledger.record_reply(mail.claim, reply).await.unwrap();
        let waiting = async |waits: &str| {
            let list = opened.get(&format!("/v1/applications?reply_waiting={waits}")).send().await.expect(200);
            list.json["items"].as_array().unwrap().len()
        };
        assert_eq!((waiting("true").await, waiting("false").await), (1, 0));
        assert!(opened.get(&path).send().await.expect(200).json["reply_waiting"]["answer_by"].is_string());
        for _ in 0..2 {
            let answered = opened.post(&format!("{path}/answered"), &json!({ "note": "They only said thank you." })).send().await.expect(200);
            assert!(answered.json["reply_waiting"].is_null());
        }
        assert_eq!((waiting("true").await, waiting("false").await), (0, 1));
        opened.get("/v1/applications?reply_waiting=perhaps").send().await.problem(400, "invalid_query");
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
        assert_eq!(refused("unreject", json!({})).await, json!(["move", "reject", "hire", "withdraw", "postpone", "merge"]));
        opened.post(&format!("{path}/reject"), &json!({ "reason": "other" })).send().await.expect(200);
        assert_eq!(refused("hire", json!({})).await, json!(["unreject", "withdraw"]));
        assert_eq!(refused("reject", json!({ "reason": "other" })).await, json!(["unreject", "withdraw"]));
        opened.post(&format!("{path}/withdraw"), &json!({})).send().await.expect(200);
        assert_eq!(refused("move", json!({ "stage": "offer", "tell": true })).await, json!([]));
        // Withdrawing twice is no mistake.
        opened.post(&format!("{path}/withdraw"), &json!({})).send().await.expect(200);
        assert_eq!(opened.ledger.events(application_id(&path)).await.unwrap().len(), 3);
    }

    async fn a_decision_is_put_off_for_a_reason_and_not_for_ever(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let postpone = async |until: &str| opened.post(&format!("{path}/postpone"), &json!({ "until": until, "reason": "Holidays." })).send().await;
        assert_eq!(postpone("2026-11-22T09:00:00Z").await.problem(422, "invalid_body").errors(), ["/until out_of_range"]);
        assert_eq!(postpone("2027-11-23T09:00:00Z").await.problem(422, "invalid_body").errors(), ["/until out_of_range"]);
        let answer = opened.post(&format!("{path}/postpone"), &json!({})).send().await.problem(422, "invalid_body");
        assert_eq!(answer.errors(), ["/until required", "/reason required"]);
        let postponed = postpone("2026-12-23T09:00:00Z").await.expect(200);
        assert_eq!(postponed.text_of("decide_by"), "2026-12-23T09:00:00Z");
        let data = json!({ "until": "2026-12-23T09:00:00Z", "reason": "Holidays." });
        assert_eq!((&postponed.json["timeline"][1]["kind"], &postponed.json["timeline"][1]["data"]), (&json!("postponed"), &data));
    }

    async fn interviews_are_on_record_and_the_last_one_counts(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let interview = async |at: &str| opened.post(&format!("{path}/interviews"), &json!({ "at": at })).send().await;
        assert_eq!(interview("2026-11-24T09:00:00Z").await.problem(422, "invalid_body").errors(), ["/at out_of_range"]);
        for (at, last, on_record) in [
            ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z", 1),
            ("2026-11-19T09:00:00Z", "2026-11-20T09:00:00Z", 2),
            ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z", 2),
        ] {
            let answer = interview(at).await.expect(200);
            assert_eq!(answer.text_of("last_interview_at"), last);
            let events = answer.json["timeline"].as_array().unwrap();
            assert_eq!(events.iter().filter(|event| event["kind"] == "interviewed").count(), on_record, "{at}");
        }
    }

    async fn what_a_person_told_is_not_told_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        opened.deliver().await;
        let told = async |said: &str| opened.post(&format!("{path}/told-otherwise"), &json!({ "channel": "phone", "said": said })).send().await;
        assert_eq!(told("outcome").await.problem(422, "invalid_body").errors(), ["/said contradictory"]);
        opened.post(&format!("{path}/reject"), &json!({ "reason": "other" })).send().await.expect(200);
        assert_eq!(told("update").await.problem(422, "invalid_body").errors(), ["/said contradictory"]);
        let answer = told("outcome").await.expect(200);
        assert_eq!((answer.text_of("shown_status"), answer.text_of("told_otherwise")), ("rejected", "phone"));
        let rejection = &answer.json["notifications"][1];
        assert_eq!((&rejection["state"], &rejection["cancel_reason"]), (&json!("cancelled"), &json!("told_otherwise")));
        assert_eq!(opened.ledger.audit().await.unwrap(), []);
        assert!(opened.ledger.reconcile().await.unwrap().is_empty());
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
