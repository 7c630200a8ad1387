use chrono::TimeDelta;
use hearback_domain::{ids::ApplicationId, notification::Kind};
use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn a_repeat_is_answered_like_the_first_and_carried(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let first = app.apply("Zoë Ferreira", "zoe@example.org").await;
        let repeat = app.apply("Zoe F.", "ZOE@example.org").await;
        // Nothing in the answer tells that there was a first one.
        let fields = |answer: &hearback_e2e::Answer| answer.json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&repeat), fields(&first));
        assert_ne!(repeat.text_of("id"), first.text_of("id"));
        assert_eq!(app.mails_after(2).await.len(), 2);
        let first_id: ApplicationId = first.text_of("id").parse().unwrap();
        let on_record = app.ledger().application(repeat.text_of("id").parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((on_record.name.as_str(), on_record.carried_by), ("Zoe F.", Some(first_id)));

        // Whoever knows the address only may read the repeat's page: it must not mirror what becomes of the first.
        app.act(first.text_of("id"), "move", json!({ "stage": "interview", "tell": true })).await.expect(200);
        app.settled().await;
        let page = app.visit(repeat.text_of("status_url")).await.expect(200).text.to_lowercase();
        assert!(!page.contains("at the interview stage") && !page.contains("ferreira"), "{page}");

        // Its further promises are the first's: one holding note, not two.
        app.clock.advance(TimeDelta::days(14));
        app.mails_after(4).await;
        app.settled().await;
        let kinds = |messages: Vec<hearback_ledger::Notification>| messages.into_iter().map(|message| message.kind).collect::<Vec<_>>();
        assert_eq!(kinds(app.notifications(repeat.text_of("id")).await), [Kind::Received]);
        assert_eq!(kinds(app.notifications(first.text_of("id")).await), [Kind::Received, Kind::StageChanged, Kind::StillConsidering]);
        app.finish().await;
    }
}
