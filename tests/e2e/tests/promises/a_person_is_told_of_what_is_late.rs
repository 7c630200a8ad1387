use std::time::Duration;

use chrono::TimeDelta;
use hearback_domain::notification::State;
use hearback_e2e::TestApp;
use hearback_testkit::{
    database::DatabaseKind,
    on_both_databases,
    parsed_mail::ParsedMail,
    smtp_sink::{AcceptedMessage, Answer, Keep, Moment, Script, SmtpSink, Stage},
};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than any look at what is due takes to come round.
const A_FEW_LOOKS: Duration = Duration::from_secs(3);

/// One applicant's mailbox is full; everybody else's takes mail.
fn full(moment: &Moment<'_>) -> Answer {
    let is_theirs = moment.recipients.last().is_some_and(|recipient| recipient == "zoe@example.org");
    match (moment.stage, is_theirs) {
        (Stage::Rcpt, true) => Answer::reply(452, "4.2.2 The mailbox is full"),
        _ => Answer::Accept,
    }
}

fn to_staff(sink: &SmtpSink) -> Vec<AcceptedMessage> {
    sink.accepted().into_iter().filter(|message| message.message_id.starts_with("<stf_")).collect()
}

on_both_databases! {
    async fn a_person_is_told_of_what_is_late(kind: DatabaseKind) {
        let sink = SmtpSink::start(Script::from_fn(full), Keep::Everything).await.unwrap();
        let app = TestApp::start_with_relay(kind, sink.address()).await;
        let zoe = app.apply("Zoë Ferreira", "zoe@example.org").await.text_of("id").to_owned();
        app.apply("Robin", "robin@example.org").await;
        let began = Instant::now();
        while sink.accepted_count() < 1 || app.notifications(&zoe).await[0].tries.is_empty() {
            assert!(began.elapsed() < PATIENCE, "Robin is told, and Zoë was tried");
            sleep(Duration::from_millis(20)).await;
        }
        app.clock.advance(TimeDelta::minutes(239));
        sleep(A_FEW_LOOKS).await;
        assert!(to_staff(&sink).is_empty(), "not before four hours have passed");

        app.clock.advance(TimeDelta::minutes(2));
        sink.wait_for(2, PATIENCE).await.unwrap();
        app.clock.advance(TimeDelta::minutes(55));
        sleep(A_FEW_LOOKS).await;
        let told = to_staff(&sink);
        assert_eq!(told.iter().map(|mail| mail.envelope.recipients.concat()).collect::<Vec<_>>(), ["people@example.com"]);
        let mail = ParsedMail::read(&told[0].content).unwrap();
        assert_eq!(mail.header("Subject"), Some("A message to an applicant needs you (Example Library)"));
        let text = mail.text.unwrap().replace(['\r', '\n'], " ");
        for words in ["Zoë Ferreira, Librarian", "The acknowledgement was to go on Monday, 23 November 2026 at 09:00", "452 4.2.2 The mailbox is full", "ntf_"] {
            assert!(text.contains(words), "`{words}` is missing in: {text}");
        }

        sink.set_script(Script::accept_all());
        app.clock.advance(TimeDelta::hours(6));
        app.settled().await;
        sleep(A_FEW_LOOKS).await;
        assert_eq!(app.notifications(&zoe).await[0].state, State::Sent);
        assert_eq!(to_staff(&sink).len(), 1, "once for what was late once");
        app.finish().await;
    }
}
