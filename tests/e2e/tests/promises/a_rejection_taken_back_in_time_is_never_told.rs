use chrono::TimeDelta;
use hearback_domain::notification::{Kind, State};
use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn a_rejection_taken_back_in_time_is_never_told(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let id = app.apply("Zoë Ferreira", "zoe@example.org").await.text_of("id").to_owned();
        // Or it would be sent once more after the clock's jump, which ends every lease.
        app.settled().await;
        app.act(&id, "reject", json!({ "reason": "position_filled" })).await.expect(200);
        app.clock.advance(TimeDelta::hours(47));
        let answer = app.act(&id, "unreject", json!({})).await.expect(200);
        assert_eq!(answer.text_of("status"), "active");

        app.clock.advance(TimeDelta::hours(2));
        app.act(&id, "move", json!({ "stage": "interview", "tell": true })).await.expect(200);
        app.settled().await;
        let became: Vec<_> = app.notifications(&id).await.into_iter().map(|message| (message.kind, message.state)).collect();
        assert_eq!(became, [(Kind::Received, State::Sent), (Kind::Rejected, State::Cancelled), (Kind::StageChanged, State::Sent)]);
        assert_eq!(app.mails().await.len(), 2);
        app.finish().await;
    }

    async fn a_rejection_taken_back_too_late_is_corrected(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let id = app.apply("Zoë Ferreira", "zoe@example.org").await.text_of("id").to_owned();
        app.act(&id, "reject", json!({ "reason": "position_filled" })).await.expect(200);
        app.clock.advance(TimeDelta::hours(48));
        app.settled().await;
        app.act(&id, "unreject", json!({})).await.expect(200);
        app.settled().await;
        let became: Vec<_> = app.notifications(&id).await.into_iter().map(|message| (message.kind, message.state)).collect();
        assert_eq!(became, [Kind::Received, Kind::Rejected, Kind::Correction].map(|kind| (kind, State::Sent)));
        app.finish().await;
    }
}
