//! Every mail that is sent, whole, as a file to read and to review.

use hearback_domain::{locale::Locale, notification::Kind, staff::StaffKind};
use hearback_testkit::parsed_mail::ParsedMail;

use crate::{Composer, mime, samples};

fn each() -> impl Iterator<Item = (Kind, Locale)> {
    Kind::ALL.iter().flat_map(|kind| Locale::ALL.iter().map(|locale| (*kind, *locale)))
}

fn each_to_staff() -> impl Iterator<Item = (StaffKind, Locale)> {
    StaffKind::ALL.iter().flat_map(|kind| Locale::ALL.iter().map(|locale| (*kind, *locale)))
}

/// Printed with every difference.
const ACCEPT: &str = "to accept: INSTA_UPDATE=always cargo test --release -p hearback-mailer snapshots";

#[test]
fn every_mail_reads_as_it_was_reviewed() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        let (text, html) = mime::parts(&mail.raw);
        assert_eq!(text, mail.text);
        let whole = format!("subject: {}\n\n== headers\n{}\n\n== text\n{text}\n== html\n{html}", mail.subject, mime::headers(&mail.raw));
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, description => ACCEPT }, {
            insta::assert_snapshot!(format!("{kind}.{locale}"), whole);
        });
    }
}

#[test]
fn every_mail_to_staff_reads_as_it_was_reviewed() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each_to_staff() {
        let mail = composer.compose_staff(&samples::staff_letter(kind, locale)).unwrap();
        let (text, html) = mime::parts(&mail.raw);
        assert_eq!(text, mail.text);
        let whole = format!("subject: {}\n\n== headers\n{}\n\n== text\n{text}\n== html\n{html}", mail.subject, mime::headers(&mail.raw));
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, description => ACCEPT }, {
            insta::assert_snapshot!(format!("staff.{kind}.{locale}"), whole);
        });
    }
}

#[test]
fn a_stranger_reads_every_mail_to_staff_as_it_was_meant_and_fetches_nothing() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each_to_staff() {
        let letter = samples::staff_letter(kind, locale);
        let mail = composer.compose_staff(&letter).unwrap();
        let (again, (_, html)) = (composer.compose_staff(&letter).unwrap(), mime::parts(&mail.raw));
        assert_eq!(again, mail, "the same letter, the same bytes");
        let read = ParsedMail::read(&mail.raw).unwrap();
        assert_eq!(read.defects, [""; 0], "{kind} {locale}");
        assert_eq!(read.text.as_deref(), Some(mail.text.as_str()), "{kind} {locale}");
        for (name, value) in [
            ("Message-ID", mail.message_id.as_str()),
            ("To", letter.to.as_str()),
            ("Reply-To", letter.face.reply_to.as_str()),
            ("Auto-Submitted", "auto-generated"),
        ] {
            assert_eq!(read.header(name), Some(value), "{kind} {locale}: {name}");
        }
        let visible = mime::visible(&html);
        assert_eq!(mail.text.split_whitespace().collect::<Vec<_>>(), visible.split_whitespace().collect::<Vec<_>>(), "{kind} {locale}");
        assert!(["<img", "<link", "<script", "@import", "url(", "src=", "href="].iter().all(|fetched| !html.contains(fetched)), "{kind}");
        assert!(mail.text.replace('\n', " ").contains("simply reply to this email. A person will read it."), "{kind}");
    }
}

/// Whoever cannot be printed must not keep a person from hearing of the others.
#[test]
fn a_poison_name_is_one_line_of_a_mail_to_staff() {
    let mut letter = samples::staff_letter(StaffKind::PromiseAtRisk, Locale::En);
    letter.items[0].applicant_name = "a\r\nBcc: x@example.com".to_owned();
    letter.items[1].reason = Some("<b>550</b> [x](http://evil)\u{202e}".to_owned());
    letter.items[2].job_title = "x".repeat(1 << 20);
    letter.items[2].send_after = chrono::DateTime::<chrono::Utc>::MIN_UTC;
    let mail = Composer::new().unwrap().compose_staff(&letter).unwrap();
    assert!(mail.text.contains("(cannot be printed), Baker (early shift)"), "{}", mail.text);
    assert!(mail.text.contains("Reason: (cannot be printed)"), "{}", mail.text);
    assert_eq!(mail.text.matches("ntf_").count(), 3);
    assert!(!mime::headers(&mail.raw).contains("Bcc"));
}

/// Not our parser, and a strict one: what we wrote is what a stranger reads.
#[test]
fn an_independent_parser_reads_every_mail_as_it_was_meant() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let letter = samples::letter(kind, locale);
        let mail = composer.compose(&letter).unwrap();
        let read = ParsedMail::read(&mail.raw).unwrap();
        assert_eq!(read.defects, [""; 0], "{kind} {locale}");
        assert_eq!(read.text.as_deref(), Some(mail.text.as_str()), "{kind} {locale}");
        assert_eq!(read.html, Some(mime::parts(&mail.raw).1), "{kind} {locale}");
        let face = &letter.face;
        for (name, value) in [
            ("Subject", mail.subject.as_str()),
            ("Message-ID", &mail.message_id),
            ("From", &format!("{} <{}>", face.sender_name, face.sender)),
            ("To", letter.to.as_str()),
            ("Reply-To", face.reply_to.as_str()),
            ("Date", &letter.dated.format("%a, %d %b %Y %H:%M:%S +0000").to_string()),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
            ("Content-Language", locale.as_str()),
            ("MIME-Version", "1.0"),
        ] {
            assert_eq!(read.header(name), Some(value), "{kind} {locale}: {name}");
        }
    }
}

#[test]
fn both_parts_say_the_same_words() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        let (text, html) = mime::parts(&mail.raw);
        let html = mime::visible(&html);
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), html.split_whitespace().collect::<Vec<_>>(), "{kind} {locale}");
    }
}

#[test]
fn every_mail_can_be_answered_links_the_status_page_and_keeps_what_was_promised() {
    let composer = Composer::new().unwrap();
    for kind in Kind::ALL {
        let letter = samples::letter(*kind, Locale::En);
        let mail = composer.compose(&letter).unwrap();
        let text = mail.text.replace('\n', " ");
        assert!(text.contains("simply reply to this email. A person will read it."), "{kind}: {text}");
        assert!(text.contains(&letter.status_url), "{kind}: {text}");
        let promised = letter.promised_by.map(|date| date.format("%-d %B %Y").to_string());
        assert!(promised.is_none_or(|date| text.contains(&date)), "{kind}: {text}");
        assert!(!text.to_lowercase().contains("regret") && !text.to_lowercase().contains("unfortunately"), "{kind}: {text}");
    }
}

#[test]
fn every_html_part_is_named_by_its_subject() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        let (_, html) = mime::parts(&mail.raw);
        assert!(html.contains(&format!("<title>{}</title>", mail.subject)), "{kind} {locale}");
        assert!(html.contains(&format!("aria-label=\"{}\"", mail.subject)), "{kind} {locale}");
        assert!(html.contains(&format!("<html lang=\"{locale}\"")) && !html.contains("%%"), "{kind} {locale}");
    }
}

#[test]
fn a_rejection_says_so_in_its_first_sentence() {
    let mail = Composer::new().unwrap().compose(&samples::letter(Kind::Rejected, Locale::En)).unwrap();
    assert_eq!(
        mail.text.split("\n\n").nth(1).and_then(|first| first.split_once(" with your application")).map(|(start, _)| start),
        Some("We have decided not to go further")
    );
}

#[test]
fn nothing_in_a_mail_is_fetched_from_anywhere() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        let (_, html) = mime::parts(&mail.raw);
        for fetched in ["<img", "<link", "<script", "@import", "url(", "src="] {
            assert!(!html.contains(fetched), "{kind} {locale}: {fetched}");
        }
    }
}
