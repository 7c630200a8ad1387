//! What may be read on the way, and who is let in.

use hearback_testkit::{
    certificate::Certificate,
    smtp_sink::{self, Manner, Mechanism},
};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use super::*;

const PASSWORD: &str = "correct horse";

/// A certificate for this machine, and the file that vouches for it.
fn certificate() -> (Certificate, NamedTempFile) {
    let certificate = Certificate::for_names(&["127.0.0.1"]);
    let root = certificate.root_file().unwrap();
    (certificate, root)
}

async fn sink(security: smtp_sink::Security) -> SmtpSink {
    SmtpSink::with_manner(Script::accept_all(), Manner { security, ..Manner::default() }).await.unwrap()
}

async fn closed_sink(security: smtp_sink::Security, mechanisms: &[Mechanism]) -> SmtpSink {
    let login = Some(("hearback".to_owned(), PASSWORD.to_owned()));
    let manner = Manner { security, login, mechanisms: mechanisms.to_vec(), ..Manner::default() };
    SmtpSink::with_manner(Script::accept_all(), manner).await.unwrap()
}

fn trusting(sink: &SmtpSink, security: Security, root: &NamedTempFile) -> Relay {
    Relay { security, roots: Roots::File(root.path().to_owned()), ..relay(sink) }
}

fn login(password: &str) -> Option<Login> {
    Some(Login { user: "hearback".to_owned(), password: Password::new(password), allow_plain_text: false })
}

#[tokio::test]
async fn mails_go_through_starttls_and_implicit_tls_on_one_session_byte_for_byte() {
    let (certificate, root) = certificate();
    for (offered, security) in [
        (smtp_sink::Security::StartTls(certificate.server()), Security::StartTls),
        (smtp_sink::Security::StartTls(certificate.server()), Security::Opportunistic),
        (smtp_sink::Security::Implicit(certificate.server()), Security::Implicit),
    ] {
        let sink = sink(offered).await;
        let smtp = relays([trusting(&sink, security, &root)]);
        for _ in 0..3 {
            assert_eq!(smtp.hand_over(&mail()).await, accepted(), "{security:?}");
        }
        assert_eq!(sink.connections(), 1);
        assert!(sink.accepted()[2].content == mail().raw);
        let asked = sink.heard().iter().filter(|line| *line == "STARTTLS").count();
        assert_eq!(asked, usize::from(security != Security::Implicit), "{security:?}");
    }
}

#[tokio::test]
async fn the_dot_is_seen_through_tls() {
    let (certificate, root) = certificate();
    for (answer, sent) in [(Answer::AcceptThenDrop, true), (Answer::Silence, true)] {
        let script = Script::from_fn(move |moment| if moment.stage == Stage::Dot { answer.clone() } else { Answer::Accept });
        let manner = Manner { security: smtp_sink::Security::Implicit(certificate.server()), ..Manner::default() };
        let sink = SmtpSink::with_manner(script, manner).await.unwrap();
        let timeouts = Timeouts { data_end: Duration::from_millis(100), ..Timeouts::default() };
        let outcome = relays([Relay { timeouts, ..trusting(&sink, Security::Implicit, &root) }]).hand_over(&mail()).await;
        assert_eq!(matches!(outcome, Outcome::MaybeSent { .. }), sent, "{outcome:?}");
    }
}

#[tokio::test]
async fn required_tls_that_is_not_offered_or_refused_sends_nothing_and_optional_tls_does_without() {
    let (certificate, root) = certificate();
    let not_offered = sink(smtp_sink::Security::None).await;
    let offered = smtp_sink::Security::StartTls(certificate.server());
    let refuse = Script::from_fn(|moment| if moment.stage == Stage::StartTls { say("454 4.7.0 no TLS now") } else { Answer::Accept });
    let refused = SmtpSink::with_manner(refuse, Manner { security: offered, ..Manner::default() }).await.unwrap();
    for (sink, why) in [(not_offered, "does not offer STARTTLS"), (refused, "refuses STARTTLS")] {
        let outcome = relays([trusting(&sink, Security::StartTls, &root)]).hand_over(&mail()).await;
        assert!(matches!(&outcome, Outcome::RelayDown { reason, .. } if reason.contains(why)), "{outcome:?}");
        assert!(!sink.heard().iter().any(|line| line.starts_with("MAIL")));
        assert_eq!(relays([trusting(&sink, Security::Opportunistic, &root)]).hand_over(&mail()).await, accepted());
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_or_for_another_name_is_never_believed() {
    let (_, stranger) = certificate();
    let elsewhere = Certificate::for_names(&["smtp.example.com"]);
    let elsewhere_root = elsewhere.root_file().unwrap();
    for (shown, root) in [(certificate().0, &stranger), (elsewhere, &elsewhere_root)] {
        let starttls = sink(smtp_sink::Security::StartTls(shown.server())).await;
        let implicit = sink(smtp_sink::Security::Implicit(shown.server())).await;
        for (sink, security) in [(&starttls, Security::StartTls), (&starttls, Security::Opportunistic), (&implicit, Security::Implicit)] {
            let outcome = relays([trusting(sink, security, root)]).hand_over(&mail()).await;
            assert!(matches!(&outcome, Outcome::RelayDown { reason, .. } if reason.contains("certificate")), "{security:?}: {outcome:?}");
        }
        assert_eq!(starttls.accepted_count() + implicit.accepted_count(), 0);
    }
}

/// CVE-2011-0411: words put in before the handshake must not count after it.
#[tokio::test]
async fn what_is_said_before_the_handshake_and_not_asked_for_ends_the_session() {
    for greeting_and_more in ["220 relay\r\n250 injected\r\n", "220 relay\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay_in_between = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(greeting_and_more.as_bytes()).await.unwrap();
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                stream.write_all(b"250-relay\r\n250 STARTTLS\r\n").await.unwrap();
                stream.read_line(&mut line).await.unwrap();
                stream.write_all(b"220 go on\r\n250-relay\r\n250 AUTH PLAIN\r\n").await.unwrap();
            }
            // A handshake would begin with these bytes.
            stream.read(&mut [0; 16]).await.unwrap_or(0)
        });
        let outcome =
            relays([Relay { security: Security::StartTls, ..Relay::new("127.0.0.1", port, "client.example") }]).hand_over(&mail()).await;
        assert!(matches!(&outcome, Outcome::RelayDown { reason, .. } if reason.contains("more than it was asked")), "{outcome:?}");
        assert_eq!(relay_in_between.await.unwrap(), 0, "no handshake was begun");
    }
}

#[tokio::test]
async fn auth_plain_and_login_let_us_in_and_a_wrong_password_is_our_configuration() {
    let (certificate, root) = certificate();
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let sink = closed_sink(smtp_sink::Security::StartTls(certificate.server()), &[mechanism]).await;
        let with = |login| relays([Relay { login, ..trusting(&sink, Security::StartTls, &root) }]);
        let right = with(login(PASSWORD));
        for _ in 0..2 {
            assert_eq!(right.hand_over(&mail()).await, accepted(), "{mechanism:?}");
        }
        for (wrong, why) in [(login("wrong"), "535 5.7.8"), (None, "530 5.7.0")] {
            let outcome = with(wrong).hand_over(&mail()).await;
            assert!(matches!(&outcome, Outcome::Configuration { reason, .. } if reason.contains(why)), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_relay_that_offers_no_mechanism_of_ours_is_our_configuration() {
    let outcome = relays([Relay { login: login(PASSWORD), ..relay(&obliging().await) }]).hand_over(&mail()).await;
    assert!(matches!(&outcome, Outcome::Configuration { reason, .. } if reason.contains("neither AUTH PLAIN")), "{outcome:?}");
}

#[tokio::test]
async fn a_password_goes_in_plain_text_only_to_this_machine_or_where_that_is_allowed() {
    let on_this_machine = closed_sink(smtp_sink::Security::None, &[Mechanism::Plain]).await;
    assert_eq!(relays([Relay { login: login(PASSWORD), ..relay(&on_this_machine) }]).hand_over(&mail()).await, accepted());
    for (plain_text, allowed, sent) in [(true, false, false), (true, true, true), (false, false, true)] {
        assert_eq!(opening::may_send_password(plain_text, "192.0.2.1".parse().unwrap(), allowed), sent);
    }
    assert!(opening::may_send_password(true, "::1".parse().unwrap(), false));
}

#[test]
fn a_password_is_never_printed() {
    let relay = Relay { login: login(PASSWORD), ..Relay::new("relay.example", 25, "client.example") };
    assert!(!format!("{relay:?}").contains("horse"));
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let empty = NamedTempFile::new().unwrap();
    let clock = || Arc::new(FakeClock::default());
    let refusal = |relay| Relays::new(vec![relay], clock()).unwrap_err().to_string();
    let usual = |host| Relay::new(host, 25, "client.example");
    assert_eq!(refusal(usual("not a host")), "`not a host` is neither a host name nor an IP address");
    let no_certificate = refusal(Relay { roots: Roots::File(empty.path().to_owned()), ..usual("relay.example") });
    assert!(no_certificate.ends_with("it has no certificate"), "{no_certificate}");
    let missing = refusal(Relay { roots: Roots::File("/nowhere.pem".into()), ..usual("relay.example") });
    assert!(missing.starts_with("the certificate authorities in /nowhere.pem cannot be read: "), "{missing}");
    assert_eq!(Relays::new(vec![], clock()).unwrap_err().to_string(), "no relay is configured");
    Relays::new(vec![Relay { roots: Roots::Mozilla, ..usual("relay.example") }], clock()).unwrap();
}
