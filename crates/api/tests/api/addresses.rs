//! A recruiter gives the address that an applicant meant.

use actix_web::http::Method;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{application_id, open};

on_both_databases! {
    async fn the_next_message_goes_to_the_address_that_a_recruiter_gave(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let give = async |body: serde_json::Value| opened.post(&format!("{path}/address"), &body).header("Hearback-Actor", "Inès").send().await;
        for (body, error) in [
            (json!({}), "/email required"),
            (json!({ "email": "not an address" }), "/email invalid_address"),
            (json!({ "email": "a@b.example, c@d.example" }), "/email invalid_address"),
        ] {
            assert_eq!(give(body.clone()).await.problem(422, "invalid_body").errors(), [error], "{body}");
        }
        let corrected = give(json!({ "email": "ada.okafor@example.org" })).await.expect(200);
        assert_eq!(corrected.json["email"], "ada.okafor@example.org");
        let event = &corrected.json["timeline"][1];
        assert_eq!((&event["kind"], &event["actor"]["on_behalf_of"]), (&json!("address_corrected"), &json!("Inès")));
        assert!(!event["data"].to_string().contains('@'), "{event}");
        let same = give(json!({ "email": "ada.okafor@example.org" })).await.expect(200);
        assert_eq!(same.json["timeline"].as_array().unwrap().len(), 2, "the same again leaves no trace");
        assert_eq!(opened.ledger.claim(8).await.unwrap()[0].to.as_str(), "ada.okafor@example.org");
        assert_eq!(opened.ledger.events(application_id(&path)).await.unwrap().len(), 2);
    }

    async fn an_address_is_given_by_recruiters_alone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let path = opened.applied().await;
        let address = json!({ "email": "mallory@example.org" });
        opened.ask(Method::POST, &format!("{path}/address")).body("application/json", &address.to_string()).send().await.problem(401, "unauthenticated");
        opened.post(&format!("{path}/address"), &address).key(&opened.publishable).send().await.problem(403, "forbidden");
        opened.post("/v1/applications/0198b9b7-0000-7000-8000-000000000000/address", &address).send().await.problem(404, "not_found");
        assert_ne!(opened.get(&path).send().await.json["email"], "mallory@example.org");
    }
}
