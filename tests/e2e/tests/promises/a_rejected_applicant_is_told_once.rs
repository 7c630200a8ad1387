use chrono::TimeDelta;
use hearback_domain::notification::Kind;
use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn a_rejected_applicant_is_told_once(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let id = app.apply("Zoë Ferreira", "zoe@example.org").await.text_of("id").to_owned();
        app.mails_after(1).await;

        // Impatient: the button was pressed five times at once.
        let reject = || app.act(&id, "reject", json!({ "reason": "position_filled" }));
        let answers = futures::future::join_all((0..5).map(|_| reject())).await;
        let accepted = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(accepted, 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())), "{answers:?}");

        let owed = app.notifications(&id).await;
        assert_eq!(owed.iter().map(|message| message.kind).collect::<Vec<_>>(), [Kind::Received, Kind::Rejected]);
        assert_eq!(owed[1].send_after - owed[0].send_after, TimeDelta::hours(48));
        app.clock.advance(TimeDelta::hours(48));
        app.settled().await;
        let mails = app.mails().await;
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["zoe@example.org"; 2]);
        assert_eq!(mails[1].subject, "Your application: Librarian at Example Library");
        app.finish().await;
    }

    async fn until_a_rejection_is_told_it_shows_nowhere(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let answer = app.apply("Zoë Ferreira", "zoe@example.org").await;
        app.settled().await;
        let before = app.visit(answer.text_of("status_url")).await.expect(200).text;
        app.act(answer.text_of("id"), "reject", json!({ "reason": "position_filled" })).await.expect(200);
        assert_eq!(app.visit(answer.text_of("status_url")).await.text, before);

        app.clock.advance(TimeDelta::hours(48));
        app.settled().await;
        assert_ne!(app.visit(answer.text_of("status_url")).await.text, before);
        app.finish().await;
    }
}
