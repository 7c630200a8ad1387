//! An application is answered 201 when it is on disk, its acknowledgement owed.

use chrono::{DateTime, Utc};
use hearback_domain::notification::{Kind, State};
use hearback_testkit::{database::DatabaseKind, fake_clock::FakeClock, on_both_databases};
use serde_json::json;

use crate::support::{PUBLIC_URL, ada, open};

on_both_databases! {
    async fn a_submitted_application_is_on_record_and_its_acknowledgement_owed(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let body = json!({ "name": " Ada Okafor ", "email": "Ada@Example.NET", "locale": "en", "time_zone": "America/Toronto" });
        let answer = opened.apply(&door, &body).header("Hearback-Actor", "Careers page").send().await.expect(201);
        let location = answer.header("location").to_owned();
        assert_eq!(location, format!("/v1/applications/{}", answer.text_of("id")));
        assert!(answer.text_of("status_url").starts_with(&format!("{PUBLIC_URL}/s/")));
        assert_eq!(answer.text_of("received_at").parse::<DateTime<Utc>>().unwrap(), FakeClock::START);

        let record = opened.get(&location).send().await.expect(200).json;
        assert_eq!((&record["name"], &record["email"], &record["time_zone"]), (&json!("Ada Okafor"), &json!("Ada@example.net"), &json!("America/Toronto")));
        assert_eq!((&record["stage"], &record["status"], &record["is_test"]), (&json!("received"), &json!("active"), &json!(false)));
        assert_eq!(record["timeline"][0]["actor"]["on_behalf_of"], "Careers page");
        assert_eq!(record["timeline"][0]["owes"], record["notifications"][0]["id"]);
        assert_eq!(record["status_url"], answer.json["status_url"]);
        assert_eq!(record["next_word"]["kind"], "received");
    }

    async fn nothing_tells_that_somebody_applied_before(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let first = opened.apply(&door, &ada()).send().await.expect(201);
        let repeat = opened.apply(&door, &json!({ "name": "A. O.", "email": "ADA@example.net" })).send().await.expect(201);
        let fields = |json: &serde_json::Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&first.json), fields(&repeat.json));
        assert_ne!(first.text_of("id"), repeat.text_of("id"));
        let headers = |answer: &crate::support::Answer| answer.headers.keys().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(headers(&first), headers(&repeat));
        let on_record = opened.get(repeat.header("location")).send().await.expect(200).json;
        assert_eq!((&on_record["carried_by"], &on_record["name"]), (&first.json["id"], &json!("A. O.")));
    }

    async fn a_test_keys_applications_are_test_applications(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let key = opened.key(hearback_ledger::ApiKeyKind::Publishable, true, None).await;
        let answer = opened.apply(&door, &ada()).key(&key).send().await.expect(201);
        let record = opened.get(answer.header("location")).send().await.expect(200).json;
        assert_eq!(record["is_test"], true);
    }

    async fn suspected_spam_is_answered_the_same_and_held(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let fields = [("name", "Ada Okafor"), ("email", "ada@example.net")];
        let person = opened.form(&door, &fields).send().await.expect(303);
        let machine = opened.form(&door, &[&fields[..], &[("_gotcha", "http://spam.example")]].concat()).send().await.expect(303);
        let length = |answer: &crate::support::Answer| answer.header("location").len();
        assert_eq!(length(&person), length(&machine));
        let items = opened.get("/v1/applications").send().await.expect(200).json["items"].clone();
        let state = async |item: &serde_json::Value| {
            let id = item["id"].as_str().unwrap().parse().unwrap();
            let messages = opened.ledger.notifications(id).await.unwrap();
            messages.iter().map(|message| (message.kind, message.state)).collect::<Vec<_>>()
        };
        assert_eq!(state(&items[0]).await, [(Kind::Received, State::Scheduled)]);
        assert_eq!(state(&items[1]).await, [(Kind::Received, State::Held)]);
    }
}
