//! An applicant is written to in their own language: the form's field, else the browser's, else the board's.

use hearback_domain::ids::ApplicationId;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

use crate::support::{Opened, open};

async fn locale_of(opened: &Opened, application: &str) -> String {
    let id: ApplicationId = application.parse().unwrap();
    opened.ledger.application(id).await.unwrap().unwrap().locale.to_string()
}

on_both_databases! {
    async fn the_field_counts_then_the_browser_then_the_board(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        for (at, (field, header, expected)) in [
            (Some("fr-CA"), Some("de"), "fr"),
            (None, Some("it, de-AT;q=0.9, en;q=0.8"), "de"),
            // No text in Italian: what the browser says next.
            (Some("it"), Some("es-419;q=0.3, *"), "es"),
            (None, Some("it"), "en"),
            (None, Some("*"), "en"),
            (None, Some("\u{e4};;q=x"), "en"),
            (None, None, "en"),
        ].into_iter().enumerate() {
            let mut body = json!({ "name": "Ada Okafor", "email": format!("ada{at}@example.net") });
            if let Some(field) = field {
                body["locale"] = json!(field);
            }
            let mut ask = opened.apply(&door, &body).key(&opened.publishable);
            if let Some(header) = header {
                ask = ask.header("Accept-Language", header);
            }
            let answer = ask.send().await.expect(201);
            assert_eq!(locale_of(&opened, answer.text_of("id")).await, expected, "{field:?} {header:?}");
        }
    }

    async fn a_servers_own_language_is_not_its_applicants(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let body = json!({ "name": "Ada Okafor", "email": "ada@example.net" });
        let answer = opened.apply(&door, &body).key(&opened.secret).header("Accept-Language", "de").send().await.expect(201);
        assert_eq!(locale_of(&opened, answer.text_of("id")).await, "en");
    }

    async fn a_form_is_answered_in_the_browsers_language_and_none_is_refused_for_its_language(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        for (email, field, expected) in [("a@example.net", "", "fr"), ("b@example.net", "pl-PL", "fr"), ("c@example.net", "es-MX", "es")] {
            let fields = [("name", "Ada Okafor"), ("email", email), ("locale", field)];
            let answer = opened.form(&door, &fields).header("Accept-Language", "fr-CH, fr;q=0.9, en;q=0.5").send().await.expect(303);
            let token = answer.header("location").rsplit('/').next().unwrap().to_owned();
            let application = opened.ledger.application_of_token(&token).await.unwrap().unwrap();
            assert_eq!(application.locale.to_string(), expected, "{field}");
        }
    }

    async fn sending_again_from_another_browser_is_still_the_same_application(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let body = json!({ "name": "Ada Okafor", "email": "ada@example.net" });
        let send = async |language: &str| {
            let ask = opened.apply(&door, &body).key(&opened.publishable).header("Idempotency-Key", "k1");
            ask.header("Accept-Language", language).send().await.expect(201).text_of("id").to_owned()
        };
        let first = send("de").await;
        assert_eq!(send("es").await, first);
        assert_eq!(locale_of(&opened, &first).await, "de");
    }

    async fn a_board_writes_a_language_that_there_are_texts_in(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board = |locale: &str| {
            let mut board = crate::support::board();
            board["locale"] = json!(locale);
            board
        };
        let made = opened.post("/v1/boards", &board("de-CH")).send().await.expect(201);
        assert_eq!(made.json["locale"], "de");
        let refused = opened.post("/v1/boards", &board("it")).send().await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "unknown_word");
    }
}
