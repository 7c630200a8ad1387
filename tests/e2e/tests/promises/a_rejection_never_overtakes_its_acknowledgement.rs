use hearback_domain::notification::{Kind, State};
use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, fake_clock::FakeClock, on_both_databases};
use serde_json::json;

on_both_databases! {
    async fn a_rejection_never_overtakes_its_acknowledgement(kind: DatabaseKind) {
        let mut app = TestApp::start_without_worker(kind).await;
        let mut ids = Vec::new();
        for number in 0..20 {
            let id = app.apply("Robin Example", &format!("robin{number}@example.org")).await.text_of("id").to_owned();
            app.act(&id, "reject", json!({ "reason": "position_filled", "send_after": FakeClock::START })).await.expect(200);
            let owed: Vec<_> = app.notifications(&id).await.into_iter().map(|message| (message.kind, message.state)).collect();
            assert_eq!(owed, [(Kind::Received, State::Scheduled), (Kind::Rejected, State::Waiting)]);
            ids.push(id);
        }
        assert_eq!(app.mails().await, []);

        app.start_worker().await;
        let mails = app.mails_after(40).await;
        for number in 0..20 {
            let to = format!("robin{number}@example.org");
            let subjects: Vec<_> = mails.iter().filter(|mail| mail.to == to).map(|mail| mail.subject.as_str()).collect();
            assert_eq!(subjects, ["We have your application: Librarian", "Your application: Librarian at Example Library"]);
        }
        app.finish().await;
    }
}
