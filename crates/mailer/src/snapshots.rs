//! Every mail that is sent, whole, as a file to read and to review.

use std::fmt::Write;

use hearback_domain::{
    locale::{Locale, StaffLocale, long_date},
    notification::Kind,
    staff::StaffKind,
};
use hearback_testkit::parsed_mail::ParsedMail;

use crate::{Composed, Composer, StaffLetter, mime, samples};

fn each() -> impl Iterator<Item = (Kind, Locale)> {
    Kind::ALL.iter().flat_map(|kind| Locale::ALL.iter().map(|locale| (*kind, *locale)))
}

/// By the name of its snapshot.
fn each_to_staff() -> impl Iterator<Item = (String, StaffLetter)> {
    let kinds = StaffKind::ALL.iter().flat_map(|kind| StaffLocale::ALL.iter().map(|locale| (*kind, *locale)));
    let kinds = kinds.map(|(kind, locale)| (format!("{kind}.{locale}"), samples::staff_letter(kind, locale)));
    let decisions = StaffLocale::ALL.iter().map(|locale| (format!("decisions.{locale}"), samples::decisions_letter(*locale)));
    let both = StaffLocale::ALL.iter().map(|locale| {
        let (messages, decisions) = (samples::staff_letter(StaffKind::PromiseAtRisk, *locale), samples::decisions_letter(*locale));
        (format!("both.{locale}"), StaffLetter { decisions: decisions.decisions, ..messages })
    });
    kinds.chain(decisions).chain(both)
}

/// Printed with every difference.
const ACCEPT: &str = "to accept: INSTA_UPDATE=always cargo test --release -p hearback-mailer snapshots";

/// What a reviewer looks at.
fn reviewed(mail: &Composed) -> String {
    let (text, html) = mime::parts(&mail.raw);
    assert_eq!(text, mail.text);
    let (headers, html) = (mime::headers(&mail.raw), mime::legible(&html));
    format!("subject: {}\n\n== headers\n{headers}\n\n== text\n{text}\n== html\n{html}", mail.subject)
}

#[test]
fn every_mail_reads_as_it_was_reviewed() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, description => ACCEPT }, {
            insta::assert_snapshot!(format!("{kind}.{locale}"), reviewed(&mail));
        });
    }
}

#[test]
fn a_mail_with_nothing_but_what_it_needs_reads_as_it_was_reviewed() {
    let composer = Composer::new().unwrap();
    for locale in Locale::ALL {
        let mut all = String::new();
        for kind in Kind::ALL {
            let mail = composer.compose(&samples::bare_letter(*kind, *locale)).unwrap();
            writeln!(all, "== {kind}\nsubject: {}\n\n{}", mail.subject, mail.text).unwrap();
        }
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, description => ACCEPT }, {
            insta::assert_snapshot!(format!("bare.{locale}"), all);
        });
    }
}

#[test]
fn every_mail_to_staff_reads_as_it_was_reviewed() {
    let composer = Composer::new().unwrap();
    for (name, letter) in each_to_staff() {
        let mail = composer.compose_staff(&letter).unwrap();
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, description => ACCEPT }, {
            insta::assert_snapshot!(format!("staff.{name}"), reviewed(&mail));
        });
    }
}

#[test]
fn a_stranger_reads_every_mail_to_staff_as_it_was_meant_and_fetches_nothing() {
    let composer = Composer::new().unwrap();
    for (kind, letter) in each_to_staff() {
        let mail = composer.compose_staff(&letter).unwrap();
        let (again, (_, html)) = (composer.compose_staff(&letter).unwrap(), mime::parts(&mail.raw));
        assert_eq!(again, mail, "the same letter, the same bytes");
        let read = ParsedMail::read(&mail.raw).unwrap();
        assert_eq!(read.defects, [""; 0], "{kind}");
        assert_eq!(read.text.as_deref(), Some(mail.text.as_str()), "{kind}");
        let (reply_to, answerable) = match letter.kind {
            StaffKind::PromiseAtRisk | StaffKind::Undeliverable | StaffKind::Digest => {
                (letter.face.reply_to.as_str(), "simply reply to this email. A person will read it.")
            }
            // An answer goes to the applicant.
            StaffKind::ReplyWaiting => {
                ("answer+token@northwind.example", "simply reply to this email. What you write goes to the applicant")
            }
        };
        for (name, value) in [
            ("Message-ID", mail.message_id.as_str()),
            ("To", letter.to.as_str()),
            ("Reply-To", reply_to),
            ("Auto-Submitted", "auto-generated"),
        ] {
            assert_eq!(read.header(name), Some(value), "{kind}: {name}");
        }
        let visible = mime::visible(&html);
        assert_eq!(mail.text.split_whitespace().collect::<Vec<_>>(), visible.split_whitespace().collect::<Vec<_>>(), "{kind}");
        assert!(["<img", "<link", "<script", "@import", "url(", "src=", "href="].iter().all(|fetched| !html.contains(fetched)), "{kind}");
        assert!(mail.text.replace('\n', " ").contains(answerable), "{kind}");
    }
}

/// Whoever cannot be printed must not keep a person from hearing of the others.
#[test]
fn a_poison_name_is_one_line_of_a_mail_to_staff() {
    let mut letter = samples::staff_letter(StaffKind::PromiseAtRisk, StaffLocale::En);
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
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
            ("Content-Language", locale.as_str()),
            ("MIME-Version", "1.0"),
        ] {
            assert_eq!(read.header(name), Some(value), "{kind} {locale}: {name}");
        }
        // A person wrote it.
        let automatic = (kind != Kind::Message).then_some("auto-generated");
        assert_eq!(read.header("Auto-Submitted"), automatic, "{kind} {locale}");
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

/// That answers are read, as each language says it.
const fn answered(locale: Locale) -> [&'static str; 2] {
    match locale {
        Locale::En => ["simply reply to this email.", "A person will read it."],
        Locale::De => ["Antworten Sie einfach auf diese E-Mail.", "Ihre Antwort liest ein Mensch."],
        Locale::Fr => ["répondez simplement à cet e-mail.", "Une personne lira votre réponse."],
        Locale::Es => ["responda a este correo.", "Una persona leerá su respuesta."],
    }
}

/// What people say to sound sorry, and applicants have read a hundred times.
const fn hollow(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => &["regret", "unfortunately"],
        Locale::De => &["leider", "bedauer", "absage erteilen"],
        Locale::Fr => &["malheureusement", "regret"],
        Locale::Es => &["lamenta", "desafortunadamente", "por desgracia"],
    }
}

/// Familiar forms of address, which no letter has.
const fn familiar(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => &[],
        Locale::De => &["du", "dich", "dir", "dein", "deine", "deiner"],
        Locale::Fr => &["tu", "te", "toi", "ton", "ta", "tes"],
        Locale::Es => &["tú", "te", "ti", "tu", "tus", "contigo"],
    }
}

#[test]
fn every_mail_can_be_answered_links_the_status_page_and_keeps_what_was_promised() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let letter = samples::letter(kind, locale);
        let mail = composer.compose(&letter).unwrap();
        let text = mail.text.replace('\n', " ");
        assert!(answered(locale).iter().all(|words| text.contains(words)), "{kind} {locale}: {text}");
        assert!(text.contains(&letter.status_url), "{kind} {locale}: {text}");
        let promised = letter.promised_by.map(|date| long_date(locale, date, letter.time_zone));
        assert!(promised.is_none_or(|date| text.contains(&date)), "{kind} {locale}: {text}");
        let lower = text.to_lowercase();
        assert!(hollow(locale).iter().all(|words| !lower.contains(words)), "{kind} {locale}: {text}");
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).collect();
        assert!(familiar(locale).iter().all(|word| !words.contains(word)), "{kind} {locale}: {text}");
    }
}

#[test]
fn every_html_part_is_named_by_its_subject() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        let html = mime::legible(&mime::parts(&mail.raw).1);
        assert!(html.contains(&format!("<title>{}</title>", mail.subject)), "{kind} {locale}");
        assert!(html.contains(&format!("aria-label=\"{}\"", mail.subject)), "{kind} {locale}");
        assert!(html.contains(&format!("<html lang=\"{locale}\"")) && !html.contains("%%"), "{kind} {locale}");
    }
}

#[test]
fn a_rejection_says_so_in_its_first_sentence() {
    let composer = Composer::new().unwrap();
    for locale in Locale::ALL {
        let mail = composer.compose(&samples::bare_letter(Kind::Rejected, *locale)).unwrap();
        let first = mail.text.split("\n\n").nth(1).unwrap().replace('\n', " ");
        let said = match locale {
            Locale::En => "We have decided not to go further with your application for Baker (early shift) at Northwind Bakery.",
            Locale::De => {
                "wir haben entschieden, Ihre Bewerbung auf die Stelle Bäcker (m/w/d), Frühschicht bei Bäckerei Nordwind nicht weiter zu berücksichtigen."
            }
            Locale::Fr => {
                "Nous avons décidé de ne pas donner suite à votre candidature au poste «\u{a0}Boulanger / boulangère (matin)\u{a0}» chez Fournil du Nord."
            }
            Locale::Es => {
                "Hemos decidido no seguir adelante con su candidatura para el puesto de Panadero/a (turno de mañana) en Panadería Viento Norte."
            }
        };
        assert_eq!(first, said);
    }
}

#[test]
fn the_html_goes_out_as_it_is() {
    let composer = Composer::new().unwrap();
    for (kind, locale) in each() {
        let mail = composer.compose(&samples::letter(kind, locale)).unwrap();
        let raw = String::from_utf8(mail.raw).unwrap();
        assert!(raw.contains("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"), "{kind} {locale}: {raw}");
    }
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
