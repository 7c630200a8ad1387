use std::collections::BTreeSet;

use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

on_both_databases! {
    async fn the_same_idempotency_key_makes_one_application(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let submit = || app.apply_once("\"a7c1\"", "Zoë Ferreira", "zoe@example.org");
        let mut answers = futures::future::join_all((0..8).map(|_| submit())).await;
        answers.push(submit().await);
        let ids: BTreeSet<String> = answers.into_iter().map(|answer| answer.expect(201).text_of("id").to_owned()).collect();
        assert_eq!(ids.len(), 1);
        app.settled().await;
        assert_eq!(app.mails().await.len(), 1);

        app.apply_once("\"a7c1\"", "Zoë Ferreira", "another@example.org").await.expect(422);
        app.apply_once("\"b2d9\"", "Robin Example", "robin@example.org").await.expect(201);
        assert_eq!(app.mails_after(2).await.len(), 2);
        app.finish().await;
    }
}
