//! The development mailbox.

use crate::support::{Opened, composed, open};
use actix_web::http::{Method, StatusCode};
use hearback_domain::notification::Kind;
use hearback_ledger::MailToKeep;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

fn plain(number: usize) -> MailToKeep {
    MailToKeep {
        message_id: format!("<{number}@example.com>"),
        envelope_from: "bounce@example.com".parse().unwrap(),
        recipient: "ada@example.net".parse().unwrap(),
        subject: format!("Mail number {number}."),
        raw: format!("Subject: Mail number {number}.\r\n\r\nHello {number}\r\n").into_bytes(),
    }
}

async fn latest_id(opened: &Opened) -> String {
    opened.get("/dev/mailbox/latest.json").await.json()["id"].as_str().unwrap().to_owned()
}

on_both_databases! {
    async fn every_mail_is_listed_once_the_newest_first(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.ledger.keep_mails((0..120).map(plain).collect()).await.unwrap();
        let mut path = "/dev/mailbox.json".to_owned();
        let mut subjects = Vec::new();
        loop {
            let part = opened.get(&path).await.json();
            subjects.extend(part["items"].as_array().unwrap().iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()));
            let Some(next) = part["next_cursor"].as_str() else { break };
            opened.get(&format!("/dev/mailbox?after={next}")).await.says(&format!("Mail number {}.", 119 - subjects.len()));
            path = format!("/dev/mailbox.json?after={next}");
        }
        assert_eq!(subjects, (0..120).rev().map(|number| format!("Mail number {number}.")).collect::<Vec<_>>());
        let first = opened.get("/dev/mailbox").await;
        first.says("Mail number 119.");
        first.does_not_say("Mail number 69.");
        first.says("rel=\"next\">Older mails</a>");
    }

    async fn an_empty_mailbox_says_so_and_how_to_fill_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        for path in ["/dev/mailbox", "/dev/mailbox/latest"] {
            let seen = opened.get(path).await;
            assert_eq!(seen.status, StatusCode::OK);
            seen.says("No mail yet.");
        }
        assert!(opened.get("/dev/mailbox/latest.json").await.json().is_null());
        assert_eq!(opened.get("/dev/mailbox.json").await.json(), serde_json::json!({ "items": [], "next_cursor": null }));
    }

    async fn a_mail_of_ours_is_shown_as_its_reader_sees_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.ledger.keep_mails(vec![plain(0)]).await.unwrap();
        let mail = composed(Kind::Rejected, |letter| letter.job_title = "Köchin & Chef <Nacht>".to_owned());
        opened.keep(mail.clone()).await;
        let json = opened.get("/dev/mailbox/latest.json").await.json();
        let id = json["id"].as_str().unwrap();
        assert_eq!(opened.get(&format!("/dev/mailbox/{id}.json")).await.json(), json);
        assert_eq!((json["subject"].as_str(), json["message_id"].as_str()), (Some(mail.subject.as_str()), Some(mail.message_id.as_str())));
        assert_eq!((json["to"].as_str(), json["envelope_from"].as_str()), (Some(mail.to.to_string().as_str()), Some(mail.envelope_from.to_string().as_str())));
        assert_eq!(json["text"].as_str().map(str::trim_end), Some(mail.text.trim_end()));
        assert!(json["html"].as_str().unwrap().contains("<strong>K&#246;chin &amp; Chef &lt;Nacht&gt;</strong>"), "{json}");
        let header = |name: &str| {
            let of_name = json["headers"].as_array().unwrap().iter().find(|header| header["name"] == name);
            of_name.and_then(|header| header["value"].as_str()).unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
        };
        assert_eq!(header("Subject"), mail.subject);
        assert_eq!(header("Message-ID"), mail.message_id);
        assert_eq!(header("Auto-Submitted"), "auto-generated");

        let page = opened.get("/dev/mailbox/latest").await;
        page.says("<h1>Your application: Köchin &amp; Chef &lt;Nacht&gt;");
        let url = mail.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
        page.says(&format!("<a href=\"{url}\">").replace('/', "&#x2f;"));
        opened.get(&format!("/dev/mailbox/{id}?view=headers")).await.says("<dt>Auto-Submitted</dt><dd>auto-generated</dd>");
        opened.get(&format!("/dev/mailbox/{id}?view=source")).await.says("Content-Type: multipart/alternative".replace('/', "&#x2f;").as_str());
        assert_eq!(opened.get(&format!("/dev/mailbox/{id}/source")).await.body.as_bytes(), mail.raw);
        assert_eq!(opened.get(&format!("/dev/mailbox/{id}/text")).await.body, json["text"].as_str().unwrap());
    }

    async fn the_html_of_a_mail_loads_nothing_and_runs_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let raw = b"Subject: x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><img src=http://example.com/seen.gif>".to_vec();
        opened.ledger.keep_mails(vec![MailToKeep { subject: "<script>alert(2)</script>".to_owned(), raw, ..plain(0) }]).await.unwrap();
        let id = latest_id(&opened).await;
        let page = opened.get(&format!("/dev/mailbox/{id}?view=html")).await;
        page.says(format!("<iframe sandbox=\"\" src=\"/hearback/dev/mailbox/{id}/html\"").as_str());
        page.does_not_say("<script");
        let html = opened.get(&format!("/dev/mailbox/{id}/html")).await;
        html.says("<script>alert(1)</script>");
        let policy = html.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("; sandbox") && !policy.contains("script-src"), "{policy}");
        let source = opened.get(&format!("/dev/mailbox/{id}/source")).await;
        assert_eq!((source.header("content-type"), source.header("x-content-type-options")), ("text/plain; charset=utf-8", "nosniff"));
    }

    async fn what_is_not_there_is_a_small_page_and_nothing_can_be_changed(kind: DatabaseKind) {
        let opened = open(kind).await;
        opened.ledger.keep_mails(vec![plain(0)]).await.unwrap();
        let id = latest_id(&opened).await;
        let other = format!("{}{}", &id[..id.len() - 1], if id.ends_with('0') { '4' } else { '0' });
        for path in [
            format!("/dev/mailbox/{other}"), format!("/dev/mailbox/{other}.json"), "/dev/mailbox/cap_1".to_owned(), format!("/dev/mailbox/{id}/html"),
            format!("/dev/mailbox/{id}/nothing"), format!("/dev/mailbox/{id}?view=nothing"), "/dev/mailbox?after=nothing".to_owned(),
        ] {
            let seen = opened.get(&path).await;
            assert_eq!((seen.status, seen.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"), "{path}");
            seen.says("There is no such page");
        }
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let seen = opened.request(method, &format!("/dev/mailbox/{id}")).await;
            assert_eq!((seen.status, seen.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
        }
        assert_eq!(opened.request(Method::HEAD, "/dev/mailbox").await.status, StatusCode::OK);
    }

    async fn without_the_capture_transport_there_is_no_mailbox(kind: DatabaseKind) {
        let opened = Opened { mailbox: false, ..open(kind).await };
        opened.ledger.keep_mails(vec![plain(0)]).await.unwrap();
        for path in ["/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/latest", "/dev/mailbox/latest.json"] {
            assert_eq!(opened.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        opened.get("/").await.does_not_say("/dev/mailbox");
    }
}
