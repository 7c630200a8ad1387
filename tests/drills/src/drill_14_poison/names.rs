//! What comes through the front door: what must not come in, and what only looks as if it should not.

use anyhow::ensure;
use hearback_testkit::smtp_sink::AcceptedMessage;
use mail_parser::MessageParser;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::THEIR_DOMAIN;
use crate::{load::answer, organisation::Organisation};

const MEGABYTE: usize = 1 << 20;

/// An application that is none.
pub(super) struct Refused {
    what: &'static str,
    name: String,
    email: String,
    /// The field at fault.
    pointer: &'static str,
}

/// An applicant whose name has to arrive as it was written.
pub(super) struct Named {
    name: &'static str,
    email: String,
}

pub(super) fn refused() -> Vec<Refused> {
    let name = |what, name: &str| Refused { what, name: name.to_owned(), email: format!("refused@{THEIR_DOMAIN}"), pointer: "/name" };
    let email = |what, email: String| Refused { what, name: "Ada Okafor".to_owned(), email, pointer: "/email" };
    vec![
        name("a name that brings a header along", "Ada\r\nBcc: everybody@example.net"),
        name("a name that ends the header", "Ada\r\n\r\nYou are hired."),
        name("a name with a NUL, which PostgreSQL cannot store", "Ada\0Okafor"),
        name("a name that speaks to the terminal", "\u{1b}[2J\u{1b}[31mAda"),
        name("a name that reads backwards", "Ada \u{202e}rofakO"),
        name("a name that is invisible", "\u{200b}\u{2060}\u{feff}"),
        name("a name of a megabyte", &"A".repeat(MEGABYTE)),
        name("a name of a megabyte of combining marks", &"\u{301}".repeat(MEGABYTE / 2)),
        email("an address that brings a header along", format!("ada@{THEIR_DOMAIN}\r\nBcc: everybody@example.net")),
        email("an address that gives the relay a command", format!("ada@{THEIR_DOMAIN}>\r\nRCPT TO:<everybody@example.net")),
        email("an address with a NUL", format!("ada\0@{THEIR_DOMAIN}")),
        email("an address that reads backwards", format!("\u{202e}ada@{THEIR_DOMAIN}")),
        email("an address of a megabyte", format!("{}@{THEIR_DOMAIN}", "a".repeat(MEGABYTE))),
    ]
}

/// Knocks with each of them; what was wrong with the answers.
pub(super) async fn knock(organisation: &Organisation, refused: &[Refused]) -> Vec<String> {
    let mut broken = Vec::new();
    for Refused { what, name, email, pointer } in refused {
        match submit(organisation, name, email).await {
            Ok((status, answer)) if is_clear(status, &answer, pointer) => {}
            Ok((status, answer)) => broken.push(format!("{what} was answered {status}: {answer}")),
            // A connection that is cut tells nobody what is wrong.
            Err(error) => broken.push(format!("{what} was not answered: {error:#}")),
        }
    }
    broken
}

/// RFC 9457, with our pointer to the field; a body that is too large is not read as far as its fields.
fn is_clear(status: StatusCode, answer: &Value, pointer: &str) -> bool {
    let is_problem = answer["status"] == status.as_u16() && answer["title"].as_str().is_some_and(|title| !title.is_empty());
    let points = || answer["errors"].as_array().is_some_and(|errors| errors.iter().any(|error| error["pointer"] == pointer));
    is_problem && (status == StatusCode::PAYLOAD_TOO_LARGE || (status == StatusCode::UNPROCESSABLE_ENTITY && points()))
}

/// Names of people, and of people who try things. All of them are text.
const ODD: &[&str] = &[
    "<script>alert(1)</script>",
    "<b>Ada</b> &amp; <img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% include \"/etc/passwd\" %}",
    "{% for x in range(999999999) %}",
    "**Ada** [click here](https://evil.example/)",
    "# Ada ![](https://evil.example/pixel.png)",
    "=?utf-8?q?Ada?=",
    "Robert'); DROP TABLE application;--",
    "Ada \"The Boss\" \\ O’Okafor, Ph.D. <boss@example.com>",
    "%s%n%x $(reboot) `reboot`",
    "null",
    "علی\u{200c}رضا حسینی",
    "👩\u{200d}👩\u{200d}👧 Ada",
    "Z\u{351}\u{312}\u{34a}a\u{30d}\u{302}l\u{33f}g\u{304}o\u{301}",
    "Nguyễn Thị Minh Khai",
];

pub(super) async fn apply(organisation: &Organisation) -> anyhow::Result<Vec<Named>> {
    let mut named = Vec::new();
    for (number, name) in ODD.iter().enumerate() {
        let email = format!("odd-{number}@{THEIR_DOMAIN}");
        let (status, answer) = submit(organisation, name, &email).await?;
        ensure!(status == StatusCode::CREATED, "{name:?} was answered {status}: {answer}");
        named.push(Named { name, email });
    }
    Ok(named)
}

async fn submit(organisation: &Organisation, name: &str, email: &str) -> anyhow::Result<(StatusCode, Value)> {
    let path = format!("jobs/{}/applications", organisation.job);
    answer(organisation.post(&path, &json!({ "name": name, "email": email }))).await
}

/// Whose name did not arrive as it is.
pub(super) fn broken(named: &[Named], mails: &[AcceptedMessage]) -> Vec<String> {
    let wrong = |Named { name, email }: &Named| {
        let to_them: Vec<_> = mails.iter().filter(|mail| mail.envelope.recipients == [email.as_str()]).collect();
        match to_them.as_slice() {
            [mail] => wrong_in(name, &mail.content).map(|what| format!("{name:?} was told, and {what}")),
            others => Some(format!("{name:?} was told {} times", others.len())),
        }
    };
    named.iter().filter_map(wrong).collect()
}

fn wrong_in(name: &str, mail: &[u8]) -> Option<&'static str> {
    let Some(mail) = MessageParser::default().parse(mail) else { return Some("the mail is none") };
    let (text, html) = (mail.body_text(0).unwrap_or_default(), mail.body_html(0).unwrap_or_default());
    // A long line is wrapped at its spaces.
    let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !in_one_line(&text).contains(&in_one_line(name)) {
        return Some("the text does not have the name as it was written");
    }
    let markup = ["<script>", "<b>Ada", "<img src=x", "href=\"https://evil.example", "src=\"https://evil.example"];
    if html.is_empty() || markup.iter().any(|markup| html.contains(markup)) {
        return Some("the name became markup");
    }
    None
}
