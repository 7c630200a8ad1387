use chrono::TimeDelta;
use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn an_applicant_is_written_to_in_their_own_language(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        for (at, (language, field, acknowledged)) in [
            ("de-AT, de;q=0.9, en;q=0.8", "", "Ihre Bewerbung ist bei uns angekommen: Librarian"),
            ("de", "es-MX", "Hemos recibido su candidatura: Librarian"),
            ("it, fr;q=0.5", "pl", "Nous avons bien reçu votre candidature\u{a0}: Librarian"),
            ("ja", "", "We have your application: Librarian"),
        ].into_iter().enumerate() {
            let email = format!("zoe{at}@example.org");
            app.submit_form_from(language, &[("name", "Zoë Ferreira"), ("email", &email), ("locale", field)]).await.expect(303);
            assert_eq!(app.mails_after(at + 1).await[at].subject, acknowledged);
        }
        app.finish().await;
    }

    async fn a_rejection_is_in_the_language_of_the_acknowledgement(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        app.submit_form_from("fr-CH", &[("name", "Zoë Ferreira"), ("email", "zoe@example.org")]).await.expect(303);
        app.mails_after(1).await;
        let listed = app.read("/v1/applications").await.expect(200);
        let application = listed.json["items"][0]["id"].as_str().unwrap().to_owned();
        app.act(&application, "reject", json!({ "reason": "position_filled" })).await.expect(200);
        app.clock.advance(TimeDelta::hours(48));
        app.settled().await;
        assert_eq!(app.mails().await[1].subject, "Votre candidature\u{a0}: Librarian, Example Library");
        app.finish().await;
    }
}
