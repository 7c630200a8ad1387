//! A conversation through a real Postfix: an applicant answers, a person answers them from their own mail program, and each sees one thread.
#![expect(clippy::unwrap_used, reason = "the helpers are tests as well")]

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use chrono::TimeDelta;
use hearback_domain::notification::{Kind, State};
use hearback_e2e::TestApp;
use hearback_postfix_tests::{Postfix, REPLY_DOMAIN};
use hearback_testkit::{database::DatabaseKind, free_port, on_both_databases, parsed_mail::ParsedMail};
use tokio::time::{Instant, sleep};

const QUESTION: &str = "May I bring my dog?";
const ANSWER: &str = "Of course, she is welcome.";
const THANKS: &str = "She is glad to hear that.";

/// The answer's Message-ID.
fn answer(postfix: &Postfix, mail: &[u8], from: &str, words: &str) -> String {
    let mut python = Command::new("python3")
        .args(["-c", include_str!("answer.py"), &postfix.port().to_string(), from, words])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(mail).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "Postfix does not take the answer; it says:\n{}", postfix.log());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Waits until a mailbox has a mail with these words in it. The program's time goes on meanwhile, which its rounds go by.
async fn with_words(app: &TestApp, postfix: &Postfix, user: &str, words: &str) -> Vec<u8> {
    let began = Instant::now();
    loop {
        let has = |mail: &Vec<u8>| ParsedMail::read(mail).unwrap().text.unwrap_or_default().contains(words);
        if let Some(mail) = postfix.mailbox(user).into_iter().find(has) {
            return mail;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{user} got nothing with {words:?} in it; Postfix says:\n{}", postfix.log());
        app.clock.advance(TimeDelta::seconds(1));
        sleep(Duration::from_millis(50)).await;
    }
}

fn header(mail: &[u8], name: &str) -> String {
    ParsedMail::read(mail).unwrap().header(name).unwrap_or_else(|| panic!("no {name}")).to_owned()
}

fn references(mail: &[u8]) -> Vec<String> {
    header(mail, "References").split_whitespace().map(str::to_owned).collect()
}

on_both_databases! {
    async fn an_applicant_and_a_person_answer_each_other_in_one_thread_for_each(kind: DatabaseKind) {
        let lmtp = std::net::SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
        let postfix = Postfix::start_office(lmtp);
        let relay = std::net::SocketAddr::from(([127, 0, 0, 1], postfix.port()));
        let app = TestApp::start_with_mail_server(kind, relay, REPLY_DOMAIN, lmtp).await;
        let application = app.apply("Ada Okafor", "ada@mail.test").await.text_of("id").to_owned();
        let received = postfix.wait_for("ada", 1).remove(0);

        let question = answer(&postfix, &received, "Ada Okafor <ada@mail.test>", QUESTION);
        let told = with_words(&app, &postfix, "bob", QUESTION).await;
        assert!(header(&told, "Reply-To").contains("answer+"), "{}", header(&told, "Reply-To"));

        let answered = answer(&postfix, &told, "people@example.com", ANSWER);
        let got = with_words(&app, &postfix, "ada", ANSWER).await;
        let text = ParsedMail::read(&got).unwrap().text.unwrap();
        // Nothing of the mail to staff, which the answer quotes.
        assert!(!text.contains("answer+") && !text.contains("wrote:"), "{text}");
        assert!(header(&got, "From").contains("jobs@example.com") && header(&got, "Reply-To").contains("reply+"));
        assert_eq!(header(&got, "In-Reply-To"), question);
        assert_eq!(references(&got), [header(&received, "Message-ID"), question]);

        // And back again: the person sees it below their own answer.
        answer(&postfix, &got, "Ada Okafor <ada@mail.test>", THANKS);
        let told_again = with_words(&app, &postfix, "bob", THANKS).await;
        assert_eq!(header(&told_again, "In-Reply-To"), answered);
        assert_eq!(references(&told_again), [header(&told, "Message-ID"), answered]);

        let messages: Vec<_> = app.notifications(&application).await.iter().map(|message| (message.kind, message.state)).collect();
        assert_eq!(messages, [(Kind::Received, State::Sent), (Kind::Message, State::Sent)]);
        let conversation = app.read(&format!("/v1/applications/{application}/messages")).await.expect(200);
        let texts: Vec<&str> = conversation.json["items"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
        assert_eq!(texts, [QUESTION, ANSWER, THANKS]);
        app.finish().await;
    }
}
