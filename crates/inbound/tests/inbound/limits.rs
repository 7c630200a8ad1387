//! Mails that are made to be expensive. Every one ends soon, and what it leaves is small.

use std::time::Duration;

use crate::{is_bounded, memory::peak, quickest};
use hearback_inbound::{Explained, Kind, explain, html, limits};

/// The test profile does not optimise; what is linear stays far below, what is not is far above.
const SOON: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

fn soon(name: &str, mail: &[u8]) -> Explained {
    let mut explained = None;
    let mut taken = 0;
    let took = quickest(SOON, || {
        let (mail, most) = peak(|| explain(mail));
        (explained, taken) = (Some(mail), most);
    });
    assert!(is_bounded(mail.len(), taken), "{name} took {taken} bytes for {}", mail.len());
    assert!(took < SOON, "{name} took {took:?} for {} bytes", mail.len());
    let explained = explained.expect("it ran");
    assert!(explained.text.as_ref().is_none_or(|text| text.len() <= 4 * limits::TEXT), "{name}");
    assert!(explained.recipients.len() <= limits::RECIPIENTS, "{name}");
    explained
}

fn head(rest: &str) -> String {
    format!("From: ada@one.example\nSubject: Re: x\n{rest}\n")
}

#[test]
fn a_hundred_multiparts_inside_each_other_are_read_as_far_as_mail_goes() {
    for depth in [100, 10_000] {
        let mut mail = head("Content-Type: multipart/mixed; boundary=b0");
        for level in 0..depth {
            mail.push_str(&format!("\n--b{level}\nContent-Type: multipart/mixed; boundary=b{}\n", level + 1));
        }
        mail.push_str(&format!("\n--b{depth}\n\ndeep\n"));
        soon("nested multiparts", mail.as_bytes());
    }
    let mut mail = head("Content-Type: message/rfc822");
    mail.push_str(&"\nFrom: a@b.example\nContent-Type: message/rfc822\n".repeat(100_000));
    soon("nested mails", mail.as_bytes());
}

#[test]
fn ten_thousand_parts_are_read_as_far_as_mail_goes() {
    let part = "\n--b\nContent-Type: text/plain\n\nwords\n";
    let mail = head("Content-Type: multipart/mixed; boundary=b") + &part.repeat(10_000) + "\n--b--\n";
    assert_eq!(soon("parts", mail.as_bytes()).kind, Kind::Reply);
    let mail = head("Content-Type: multipart/mixed; boundary=b") + &"\n--b\n".repeat(1_000_000);
    soon("empty parts", mail.as_bytes());
}

#[test]
fn a_line_of_fifty_megabytes_is_cut() {
    for letter in [
        "a",
        ">",
        "<",
        "@",
        ".",
        "&",
        "-",
        ":",
        "\u{20ac}",
        "<b ",
        "a@b.c ",
        "5.1.1",
        "550 ",
        "\"@",
        "=",
        "\0",
        "wrote: 2026-11-24 a@b ",
        "--",
    ] {
        let mut line = letter.repeat((50 << 20) / letter.len());
        for kind in ["text/plain", "text/html"] {
            let mail = head(&format!("Content-Type: {kind}; charset=utf-8\n")) + &line;
            soon(&format!("{kind} {letter}"), mail.as_bytes());
        }
        // As a header, and as everything.
        let mail = format!("From: ada@one.example\nTo: {line}\n\nwords");
        soon(&format!("header {letter}"), mail.as_bytes());
        line.truncate(line.floor_char_boundary(1 << 20));
        soon(&format!("bare {letter}"), line.as_bytes());
    }
}

#[test]
fn lines_that_each_look_for_the_next_one_are_no_trap() {
    for line in [
        "\n",
        ">\n",
        "--\n",
        "a:\n",
        "a:\n\n\n\n",
        "--\n>\n",
        "____________________\n\n",
        "From: a\n",
        "Sent from my iPhone\n\n",
        "On 24.11.2026 a@b.example wrote:\n",
        "550 a@b.example\n",
    ] {
        let body = line.repeat((4 << 20) / line.len());
        soon(line, (head("") + &body + "words").as_bytes());
        soon(line, (head("Content-Type: text/html\n") + &body.replace('\n', "<br>") + "words").as_bytes());
        soon(line, format!("From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n{body}").as_bytes());
    }
}

#[test]
fn notices_made_to_be_searched_for_long_are_cut() {
    let notice = |body: &str| format!("From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: failure notice\n\n{body}");
    soon("addresses", notice(&"user unknown <a@b.example> 550 5.1.1 ".repeat(100_000)).as_bytes());
    let distinct: String = (0..100_000).map(|n| format!("user unknown <a{n}@b.example> 550 5.1.1\n")).collect();
    assert!(!soon("distinct addresses", notice(&distinct).as_bytes()).recipients.is_empty());
    let status: String = (0..100_000).map(|n| format!("Final-Recipient: rfc822; a{n}@b.example\nAction: failed\n\n")).collect();
    let report = format!("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n{status}--b--");
    assert_eq!(soon("report", report.as_bytes()).recipients.len(), limits::RECIPIENTS);
}

#[test]
fn headers_without_end_are_cut() {
    soon("fields", (head("").trim_end().to_owned() + "\n" + &"X-A: b\n".repeat(1_000_000)).as_bytes());
    soon("folds", (head("To: a@b.example").trim_end().to_owned() + &"\n ,c@d.example".repeat(1_000_000)).as_bytes());
    soon("references", (head(&format!("References: {}", "<a@b.example> ".repeat(500_000))) + "\nx").as_bytes());
    soon("encoded words", (head(&format!("Subject: {}", "=?utf-8?q?=41?= ".repeat(500_000))) + "\nx").as_bytes());
    soon("parameters", (head(&format!("Content-Type: multipart/mixed; {}", "boundary*0=b; ".repeat(500_000))) + "\nx").as_bytes());
    soon("comments", (head(&format!("To: {}", "(".repeat(5_000_000))) + "\nx").as_bytes());
}

#[test]
fn html_of_any_shape_is_shown_soon() {
    for piece in [
        "<div>",
        "<b a=b ",
        "<table><tr><td>",
        "<a href=x>",
        "</div>",
        "<p><b>",
        "&amp;",
        "<!--",
        "<style>",
        "<svg><math>",
        "<select><option>",
        "<font><p>",
        "<a><b><i><p>",
        "<li>",
        "<button><h1>",
    ] {
        let html = piece.repeat((1 << 20) / piece.len());
        let mut shown = String::new();
        let took = quickest(SOON, || shown = html::sanitise(&html));
        assert!(took < SOON, "{piece}: {took:?}");
        assert!(shown.len() <= 8 * limits::TEXT, "{piece}: {}", shown.len());
        soon(piece, (head("Content-Type: text/html\n") + &html).as_bytes());
    }
}
