//! What comes back, through a real Postfix: a person hears of it, corrects the address, and the applicant hears back after all.
#![expect(clippy::unwrap_used, reason = "the helpers are tests as well")]

use std::time::Duration;

use chrono::TimeDelta;
use hearback_domain::notification::{Kind, State};
use hearback_e2e::TestApp;
use hearback_postfix_tests::{Postfix, REPLY_DOMAIN, check_shipped};
use hearback_testkit::{database::DatabaseKind, free_port, on_both_databases, parsed_mail::ParsedMail};
use serde_json::json;
use tokio::time::{Instant, sleep};

/// Until the applicant's messages stand so. The program's time goes on meanwhile, which its rounds go by.
async fn until(app: &TestApp, postfix: &Postfix, application: &str, expected: &[(Kind, State)]) {
    let began = Instant::now();
    loop {
        let messages = app.notifications(application).await;
        let stand: Vec<_> = messages.iter().map(|message| (message.kind, message.state)).collect();
        if stand == expected {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{stand:?}, and not {expected:?}; Postfix says:\n{}", postfix.log());
        app.clock.advance(TimeDelta::seconds(1));
        sleep(Duration::from_millis(50)).await;
    }
}

fn subject(raw: &[u8]) -> String {
    ParsedMail::read(raw).unwrap().header("Subject").unwrap().to_owned()
}

on_both_databases! {
    async fn a_rejection_that_came_back_is_told_to_a_person_corrected_and_delivered(kind: DatabaseKind) {
        let lmtp = std::net::SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
        let postfix = Postfix::start_office(lmtp);
        let relay = std::net::SocketAddr::from(([127, 0, 0, 1], postfix.port()));
        let app = TestApp::start_with_mail_server(kind, relay, REPLY_DOMAIN, lmtp).await;
        let applied = app.apply("Cara Okafor", "cara@mail.test").await;
        let application = applied.text_of("id").to_owned();
        until(&app, &postfix, &application, &[(Kind::Received, State::Sent)]).await;
        assert_eq!(postfix.wait_for("cara", 1).len(), 1);

        // She is gone, and only delivery finds out.
        postfix.forget("cara");
        app.act(&application, "reject", json!({ "reason": "position_filled" })).await.expect(200);
        app.clock.advance(TimeDelta::days(3));
        until(&app, &postfix, &application, &[(Kind::Received, State::Sent), (Kind::Rejected, State::Bounced)]).await;
        let began = Instant::now();
        // A clock that jumps by days also makes mail late, which he is told first; and he gets one mail an hour.
        let came_back = || postfix.mailbox("bob").iter().any(|mail| ParsedMail::read(mail).unwrap().text.unwrap_or_default().contains("came back"));
        while !came_back() {
            assert!(began.elapsed() < Duration::from_secs(30), "nobody was told; Postfix says:\n{}", postfix.log());
            app.clock.advance(TimeDelta::minutes(1));
            sleep(Duration::from_millis(50)).await;
        }

        app.act(&application, "address", json!({ "email": "ada@mail.test" })).await.expect(200);
        let stand = [(Kind::Received, State::Sent), (Kind::Rejected, State::Bounced), (Kind::Rejected, State::Sent)];
        // It waits for the applicant's morning, if it is night by now.
        app.clock.advance(TimeDelta::hours(12));
        until(&app, &postfix, &application, &stand).await;
        let arrived = postfix.wait_for("ada", 1);
        let messages = app.notifications(&application).await;
        assert_eq!(Some(subject(&arrived[0])), messages[2].subject);
        assert!(ParsedMail::read(&arrived[0]).unwrap().header("Return-Path").unwrap().starts_with("<bounce+"));
        app.finish().await;
    }
}

#[test]
fn postfix_knows_every_setting_that_is_shipped_for_it() {
    let settings = check_shipped();
    for expected in [
        "relay_domains = replies.example.com",
        "transport_maps = inline:{ replies.example.com=lmtp:inet:127.0.0.1:2424 }",
        "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination",
    ] {
        assert!(settings.iter().any(|line| line == expected), "{expected} is not in {settings:#?}");
    }
}
