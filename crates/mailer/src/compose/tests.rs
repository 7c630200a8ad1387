use std::sync::Arc;

use chrono::DateTime;
use hearback_domain::{
    locale::Locale,
    notification::Kind,
    one_line::InvalidLine,
    reply_token::{ReplyAddresses, ReplyClaim, Way},
    status_link::{LinkKey, LinkKeys},
};

use super::*;
use crate::{Face, samples};

fn compose(letter: &Letter) -> Result<Composed, ComposeError> {
    Composer::new().unwrap().compose(letter)
}

fn rejected() -> Letter {
    samples::letter(Kind::Rejected, Locale::En)
}

fn with_face(change: impl FnOnce(&mut Face)) -> Letter {
    let mut letter = rejected();
    change(Arc::make_mut(&mut letter.face));
    letter
}

fn html(mail: &Composed) -> String {
    crate::mime::legible(&crate::mime::parts(&mail.raw).1)
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    for kind in Kind::ALL {
        let letter = samples::letter(*kind, Locale::En);
        assert_eq!(compose(&letter).unwrap(), compose(&letter).unwrap());
    }
}

#[test]
fn once_mail_comes_in_here_every_mail_has_its_own_addresses() {
    let keys = LinkKeys::new(vec![LinkKey { id: 1, secret: [7; 32] }]).unwrap();
    let letter = with_face(|face| face.reply_addresses = Some(ReplyAddresses::new("mail.northwind.example", keys.clone()).unwrap()));
    let mail = compose(&letter).unwrap();
    let headers = crate::mime::headers(&mail.raw);
    let reply_to = headers.lines().find_map(|line| line.strip_prefix("Reply-To: ")).unwrap().parse::<EmailAddress>().unwrap();
    for (address, way) in [(&reply_to, Way::Reply), (&mail.envelope_from, Way::Bounce)] {
        assert_eq!(address.domain(), "mail.northwind.example");
        let claim = ReplyClaim::read(address.local_part()).unwrap();
        assert!((claim.way, claim.notification) == (way, letter.notification) && claim.is_ours(&keys), "{way:?}");
    }
    assert_eq!(compose(&letter).unwrap(), mail, "the same bytes, and the same addresses");
}

#[test]
fn in_staging_a_mail_goes_to_one_address_and_names_who_it_was_for() {
    let letter = Letter { redirect_to: Some("staging@example.com".parse().unwrap()), ..rejected() };
    let (mail, plain) = (compose(&letter).unwrap(), compose(&rejected()).unwrap());
    assert_eq!(mail.to.as_str(), "staging@example.com");
    assert_eq!(mail.subject, format!("[for zoe.ferreira@example.org] {}", plain.subject));
    let headers = crate::mime::headers(&mail.raw);
    for line in ["To: staging@example.com", "X-Hearback-Recipient: zoe.ferreira@example.org"] {
        assert!(headers.lines().any(|header| header == line), "{headers}");
    }
    assert_eq!((mail.text, mail.message_id), (plain.text, plain.message_id));
    assert!(!crate::mime::headers(&plain.raw).contains("X-Hearback-Recipient"));
}

#[test]
fn a_name_full_of_markup_is_shown_as_it_was_typed_and_makes_nothing() {
    let hostile = r#"<b>*Bob*</b> [x](http://evil) ![i](http://evil/i.png) <http://evil> `c` &lt; # - 1. \"#;
    let mail = compose(&Letter { applicant_name: hostile.into(), job_title: "(C++) **Dev**".into(), ..rejected() }).unwrap();
    let on_one_line = mail.text.replace('\n', " ");
    assert!(on_one_line.contains(&format!("Hello {hostile},")), "{on_one_line}");
    assert!(on_one_line.contains("application for (C++) **Dev** at"), "{on_one_line}");
    let html = html(&mail);
    assert!(
        html.contains(r"&lt;b&gt;*Bob*&lt;/b&gt; [x](http://evil) ![i](http://evil/i.png) &lt;http://evil&gt; `c` &amp;lt; # - 1. \,"),
        "{html}"
    );
    assert_eq!(html.matches("href=").count(), 1, "only the status link");
    assert!(!html.contains("<b>") && !html.contains("<img") && !html.contains("<code"));
    assert!(html.contains("<strong>(C++) **Dev**</strong>"), "{html}");
}

#[test]
fn a_recruiters_lines_and_paragraphs_are_kept_and_nothing_in_them_is_markup() {
    let words =
        "# Not a title\r\n    not code\n- not a list\n\n\n> not a quote\n***\n| a | b |\n[a]: http://evil\n<script>alert(1)</script>";
    let mail = compose(&Letter { words: Some(words.into()), ..rejected() }).unwrap();
    let expected = "# Not a title\nnot code\n- not a list\n\n> not a quote\n***\n| a | b |\n[a]: http://evil\n<script>alert(1)</script>\n";
    assert!(mail.text.contains(expected), "{}", mail.text);
    let html = html(&mail);
    assert!(html.contains("# Not a title<br>\nnot code<br>\n- not a list</p>"), "{html}");
    for tag in ["<h1", "<li", "<pre", "<blockquote", "<hr", "<script"] {
        assert!(!html.contains(tag), "{tag}");
    }
}

#[test]
fn words_pasted_from_a_word_processor_arrive_with_their_lines() {
    let mail = compose(&Letter { words: Some("one\u{b}two\tthree\u{c}four\u{2028}five".into()), ..rejected() }).unwrap();
    assert!(mail.text.contains("one\ntwo three\n\nfour\nfive\n"), "{}", mail.text);
}

#[test]
fn a_letter_that_spells_the_layouts_own_marks_shows_them() {
    let mail = compose(&Letter { job_title: "%%body%% %%title%%".into(), ..rejected() }).unwrap();
    let html = html(&mail);
    assert!(html.contains("<title>Your application: %%body%% %%title%% at Northwind Bakery</title>"), "{html}");
    assert_eq!(html.matches("Hello Zoë").count(), 1);
}

#[test]
fn blank_words_leave_no_gap() {
    let without = compose(&Letter { words: None, ..rejected() }).unwrap();
    assert_eq!(compose(&Letter { words: Some(" \n\t ".into()), ..rejected() }).unwrap().text, without.text);
}

#[test]
fn poison_is_an_error_and_never_a_header_of_its_own() {
    let hidden = |field| ComposeError::Line { field, reason: InvalidLine::HiddenCharacter };
    for control in ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{202e}b"] {
        let control = || control.to_owned();
        for (letter, why) in [
            (Letter { applicant_name: control(), ..rejected() }, hidden("the applicant's name")),
            (Letter { job_title: control(), ..rejected() }, hidden("the job's title")),
            (with_face(|face| face.sender_name = control()), hidden("the sender's name")),
            (with_face(|face| face.organisation = control()), hidden("the organisation's name")),
            (Letter { status_url: format!("https://jobs.example/{}", control()), ..rejected() }, ComposeError::StatusUrl),
        ] {
            assert_eq!(compose(&letter), Err(why));
        }
    }
    assert_eq!(compose(&Letter { words: Some("a\0b".into()), ..rejected() }), Err(ComposeError::WordsHaveControlCharacter));
    assert_eq!(
        compose(&Letter { applicant_name: "x".repeat(1 << 20), ..rejected() }),
        Err(ComposeError::Line { field: "the applicant's name", reason: InvalidLine::TooLong(1_000) })
    );
    assert_eq!(compose(&Letter { words: Some("x".repeat(1 << 20)), ..rejected() }), Err(ComposeError::WordsTooLong(50_000)));
    for never in [DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC] {
        assert_eq!(compose(&Letter { dated: never, ..rejected() }), Err(ComposeError::Date));
        assert_eq!(compose(&Letter { received_at: never, ..rejected() }), Err(ComposeError::Date));
        assert_eq!(compose(&Letter { promised_by: Some(never), ..rejected() }), Err(ComposeError::Date));
    }
    assert_eq!(compose(&Letter { status_url: "javascript:alert(1)".into(), ..rejected() }), Err(ComposeError::StatusUrl));
    assert_eq!(compose(&Letter { stage: None, ..samples::letter(Kind::StageChanged, Locale::En) }), Err(ComposeError::NoStage));
    for kind in [Kind::StillConsidering, Kind::NoDecision] {
        assert_eq!(compose(&Letter { promised_by: None, ..samples::letter(kind, Locale::En) }), Err(ComposeError::NoPromise));
    }
}

#[test]
fn a_panic_below_is_the_letters_error_and_not_the_callers() {
    assert_eq!(contained::<()>(|| panic!("a template went wrong")), Err(ComposeError::Panicked));
}

#[test]
fn names_and_addresses_from_everywhere_make_mails() {
    for name in ["José-María Ñandú", "张伟", "علی\u{200c}رضا", "O’Brien", "Nguyễn Thị Minh Khai", "\"Q\" <x@y.z>", "👩‍🍳 Zoë"]
    {
        let mut letter = with_face(|face| face.sender_name = name.to_owned());
        letter.applicant_name = name.to_owned();
        letter.job_title = format!("{name} ").repeat(12).trim().to_owned();
        let mail = compose(&letter).unwrap();
        assert!(mail.raw.is_ascii(), "{name}");
        assert!(mail.raw.split(|b| *b == b'\n').all(|line| line.len() <= 998), "RFC 5322, section 2.1.1: {name}");
        assert!(mail.text.contains(&format!("Hello {name},")), "{}", mail.text);
    }
    for address in ["jürgen@exämple.de", "o'brien+jobs@example.co.uk", "x_!#$%&*/=?^`{|}~-1@example.org"] {
        assert_eq!(
            compose(&Letter { to: address.parse().unwrap(), ..rejected() }).map(|mail| mail.to.as_str().to_owned()),
            Ok(address.replace("exämple", "xn--exmple-cua"))
        );
    }
}

#[test]
fn a_date_told_is_the_applicants_own_day() {
    let promised_by = Some("2026-12-06T23:30:00Z".parse().unwrap());
    let letter = Letter { promised_by, time_zone: chrono_tz::Tz::Europe__Berlin, ..samples::letter(Kind::Received, Locale::En) };
    assert!(compose(&letter).unwrap().text.contains("hear from us by Monday, 7 December 2026 (Berlin time),"));
}

#[test]
fn a_mail_goes_on_with_the_names_of_the_request_that_it_came_of() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let named = |trace| {
        let letter = Letter { trace, ..samples::letter(Kind::Received, Locale::En) };
        let mail = Composer::new().unwrap().compose(&letter).unwrap();
        assert_eq!(mail, Composer::new().unwrap().compose(&letter).unwrap(), "a retry has the same bytes");
        String::from_utf8(mail.raw).unwrap()
    };
    let raw = named(hearback_domain::trace::Trace::of(Some("ats-4711"), Some(parent)));
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nX-Request-Id: ats-4711\r\n"), "{head}");
    assert!(head.contains(&format!("\r\ntraceparent: {parent}\r\n")), "{head}");
    let plain = named(None);
    assert!(!plain.contains("X-Request-Id") && !plain.contains("traceparent"));
}
