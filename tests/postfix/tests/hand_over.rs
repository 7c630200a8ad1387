//! Mails handed to a real Postfix.
#![expect(clippy::unwrap_used, reason = "the helpers are tests as well")]

use std::{sync::Arc, time::Duration};

use hearback_domain::{
    locale::Locale,
    notification::{Kind, Outcome},
};
use hearback_mailer::{
    Composed, Composer, Face, Letter, samples,
    transport::{
        Transport,
        smtp::{Login, Password, Relay, Relays, Roots, Security, Timeouts},
    },
};
use hearback_postfix_tests::{Greylist, PASSWORD, Postfix, USER};
use hearback_testkit::{certificate::Certificate, fake_clock::FakeClock, parsed_mail::ParsedMail};

/// Postfix, what it asks, and a way to it.
struct Rig {
    postfix: Postfix,
    greylist: Greylist,
    certificate: Certificate,
}

impl Rig {
    fn up() -> Self {
        let certificate = Certificate::for_names(&["127.0.0.1"]);
        let greylist = Greylist::start().unwrap();
        Self { postfix: Postfix::start(&certificate.pem, &certificate.key_pem, &greylist), greylist, certificate }
    }

    fn relays(&self, password: Option<&str>) -> Relays {
        let root = self.certificate.root_file().unwrap();
        let login = password.map(|password| Login { user: USER.to_owned(), password: Password::new(password), allow_plain_text: false });
        let relay = Relay {
            security: Security::StartTls,
            roots: Roots::File(root.path().to_owned()),
            login,
            // A Postfix that does not answer is a test that fails, and soon.
            timeouts: Timeouts { greeting: Duration::from_secs(20), ..Timeouts::default() },
            ..Relay::new("127.0.0.1", self.postfix.port(), "client.mail.test")
        };
        Relays::new(vec![relay], Arc::new(FakeClock::default())).unwrap()
    }
}

fn mail(kind: Kind, from: &str, to: &str) -> Composed {
    let letter = samples::letter(kind, Locale::En);
    let face = Face { envelope_sender: from.parse().unwrap(), ..(*letter.face).clone() };
    Composer::new().unwrap().compose(&Letter { to: to.parse().unwrap(), face: Arc::new(face), ..letter }).unwrap()
}

const BOARD: &str = "jobs@board.test";

#[tokio::test]
async fn mail_through_starttls_and_auth_arrives_as_it_was_meant() {
    let rig = Rig::up();
    let relays = rig.relays(Some(PASSWORD));
    for (already, kind) in Kind::ALL.iter().enumerate() {
        let sent = mail(*kind, BOARD, "ada@mail.test");
        let outcome = relays.hand_over(&sent).await;
        assert!(matches!(&outcome, Outcome::Accepted { reply } if reply.starts_with("250 2.0.0 Ok: queued as ")), "{outcome:?}");
        let arrived = rig.postfix.wait_for("ada", already + 1);
        let meant = ParsedMail::read(&sent.raw).unwrap();
        let read = arrived
            .iter()
            .map(|raw| ParsedMail::read(raw).unwrap())
            .find(|read| read.header("Message-ID") == meant.header("Message-ID") && read.header("Subject") == meant.header("Subject"))
            .unwrap_or_else(|| panic!("{kind} arrived"));
        assert_eq!((&read.text, &read.html, &read.defects), (&meant.text, &meant.html, &vec![]), "{kind}");
        for header in &meant.headers {
            assert!(read.headers.contains(header), "{kind}: {header:?}");
        }
        assert_eq!(read.header("Return-Path"), Some(format!("<{BOARD}>").as_str()));
    }
    assert!(rig.postfix.log().contains("sasl_method=PLAIN"), "{}", rig.postfix.log());
    assert_eq!(relays.health()[0].idle_sessions, 1, "all of them over one session");
}

#[tokio::test]
async fn an_unknown_user_is_undeliverable_and_a_bad_sender_domain_is_not() {
    let rig = Rig::up();
    let relays = rig.relays(Some(PASSWORD));
    let outcome = relays.hand_over(&mail(Kind::Rejected, BOARD, "nobody@mail.test")).await;
    assert!(matches!(&outcome, Outcome::Undeliverable { reason } if reason.starts_with("550 5.1.1 ")), "{outcome:?}");
    let outcome = relays.hand_over(&mail(Kind::Rejected, "jobs@unknown.test", "ada@mail.test")).await;
    assert!(matches!(&outcome, Outcome::Configuration { reason, .. } if reason.contains("550 5.1.8 ")), "{outcome:?}");
    assert!(rig.postfix.mailbox("ada").is_empty());
}

#[tokio::test]
async fn a_deferred_mail_is_retried_until_it_goes() {
    let rig = Rig::up();
    let relays = rig.relays(Some(PASSWORD));
    let mail = mail(Kind::Received, BOARD, "bob@mail.test");
    rig.greylist.defer_next(2);
    for _ in 0..2 {
        let outcome = relays.hand_over(&mail).await;
        assert!(matches!(&outcome, Outcome::Retry { reason } if reason.starts_with("450 4.2.0 ")), "{outcome:?}");
    }
    assert!(matches!(relays.hand_over(&mail).await, Outcome::Accepted { .. }));
    assert_eq!(rig.postfix.wait_for("bob", 1).len(), 1);
}

#[tokio::test]
async fn a_wrong_password_or_none_holds_everything_and_is_nobodys_fault() {
    let rig = Rig::up();
    let outcome = rig.relays(Some("wrong")).hand_over(&mail(Kind::Received, BOARD, "ada@mail.test")).await;
    assert!(matches!(&outcome, Outcome::Configuration { reason, .. } if reason.contains("535 5.7.8 ")), "{outcome:?}");
    let outcome = rig.relays(None).hand_over(&mail(Kind::Received, BOARD, "ada@mail.test")).await;
    // "554 5.7.1 Relay access denied" or "Recipient address rejected": Postfix calls it policy, and a person reads it.
    assert!(matches!(&outcome, Outcome::Hold { .. }), "{outcome:?}");
}
