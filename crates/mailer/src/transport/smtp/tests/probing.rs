//! What a relay is asked before mail is sent, and that none is.

use hearback_testkit::{
    certificate::Certificate,
    smtp_sink::{self, Manner, Mechanism},
};
use tempfile::NamedTempFile;

use super::*;

fn certificate() -> (Certificate, NamedTempFile) {
    let certificate = Certificate::for_names(&["127.0.0.1"]);
    let root = certificate.root_file().unwrap();
    (certificate, root)
}

async fn sink(security: smtp_sink::Security, login: bool) -> SmtpSink {
    let login = login.then(|| ("hearback".to_owned(), "secret".to_owned()));
    let manner = Manner { security, login, mechanisms: vec![Mechanism::Plain], ..Manner::default() };
    SmtpSink::with_manner(Script::accept_all(), manner).await.unwrap()
}

fn login(password: &str) -> Option<Login> {
    Some(Login { user: "hearback".to_owned(), password: Password::new(password), allow_plain_text: false })
}

#[tokio::test]
async fn a_relay_that_takes_us_is_asked_everything_and_sent_nothing() {
    let (certificate, root) = certificate();
    let trusting =
        |sink: &SmtpSink, security| Relay { security, roots: Roots::File(root.path().to_owned()), login: login("secret"), ..relay(sink) };
    for (offered, security) in [
        (smtp_sink::Security::StartTls(certificate.server()), Security::StartTls),
        (smtp_sink::Security::StartTls(certificate.server()), Security::Opportunistic),
        (smtp_sink::Security::Implicit(certificate.server()), Security::Implicit),
    ] {
        let sink = sink(offered, true).await;
        assert_eq!(probe(&trusting(&sink, security)).await.unwrap(), Probed { is_encrypted: true, is_logged_in: true });
        let heard = sink.heard();
        assert!(heard.iter().any(|line| line == "RSET") && heard.iter().any(|line| line == "QUIT"), "{heard:?}");
        assert!(!heard.iter().any(|line| line.starts_with("MAIL")) && sink.accepted_count() == 0);
    }
    let plain = sink(smtp_sink::Security::None, false).await;
    for security in [Security::None, Security::Opportunistic] {
        let relay = Relay { security, ..relay(&plain) };
        assert_eq!(probe(&relay).await.unwrap(), Probed { is_encrypted: false, is_logged_in: false }, "{security:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let (certificate, root) = certificate();
    let plain = sink(smtp_sink::Security::None, false).await;
    let required = Relay { security: Security::StartTls, ..relay(&plain) };
    assert!(matches!(probe(&required).await, Err(ProbeError::Tls(_))));

    let closed = sink(smtp_sink::Security::StartTls(certificate.server()), true).await;
    for security in [Security::StartTls, Security::Opportunistic] {
        let trusted = Relay { security, roots: Roots::File(root.path().to_owned()), ..relay(&closed) };
        assert!(
            matches!(probe(&Relay { login: login("wrong"), ..trusted.clone() }).await, Err(ProbeError::Auth(why)) if why.starts_with("535 "))
        );
        let stranger = Relay { roots: Roots::Mozilla, login: login("secret"), ..trusted };
        assert!(matches!(probe(&stranger).await, Err(ProbeError::Tls(why)) if why.contains("certificate")), "{security:?}");
    }
    let away = Relay { port: hearback_testkit::free_port().unwrap(), ..relay(&plain) };
    assert!(matches!(probe(&away).await, Err(ProbeError::Connect(_))));
    let no_name = Relay { security: Security::StartTls, host: "not a host".to_owned(), ..away };
    assert!(matches!(probe(&no_name).await, Err(ProbeError::Settings(_))));

    plain.set_script(Script::from_fn(|moment| match moment.stage {
        Stage::Connect => Answer::reply(554, "5.7.1 You are on a list"),
        _ => Answer::Accept,
    }));
    assert!(matches!(probe(&relay(&plain)).await, Err(ProbeError::Connect(why)) if why.contains("You are on a list")));
}
