//! How fast mails are handed to a relay that does nothing but take them, on this machine:
//! `cargo run --release -p hearback-mailer --example smtp_speed`. The relay runs in the same process, so both share its cores.
#![expect(clippy::print_stdout, reason = "a program that reports to a person")]

use std::{sync::Arc, time::Instant};

use futures::StreamExt;
use hearback_domain::{clock::SystemClock, locale::Locale, notification::Kind, notification::Outcome};
use hearback_mailer::{
    Composer, samples,
    transport::{
        Transport,
        smtp::{Relay, Relays, Roots, Security},
    },
};
use hearback_testkit::{
    certificate::Certificate,
    smtp_sink::{self, Keep, Manner, Script, SmtpSink},
};

const MAILS: usize = 50_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mail = Composer::new()?.compose(&samples::letter(Kind::Rejected, Locale::En))?;
    let certificate = Certificate::for_names(&["127.0.0.1"]);
    let root = certificate.root_file()?;
    println!("{:>10}  {:>8}  {:>8}  {:>8}", "security", "at once", "mails/s", "sessions");
    for security in [Security::None, Security::StartTls] {
        for at_once in [1, 8, 32] {
            let offered = smtp_sink::Security::StartTls(certificate.server());
            let manner = Manner { keep: Keep::Identity, security: offered, ..Manner::default() };
            let sink = SmtpSink::with_manner(Script::accept_all(), manner).await?;
            let relay = Relay::new("127.0.0.1", sink.address().port(), "client.example");
            let relay = Relay { security, roots: Roots::File(root.path().to_owned()), idle_sessions: at_once, ..relay };
            let relays = Relays::new(vec![relay], Arc::new(SystemClock))?;
            let started = Instant::now();
            let outcomes = futures::stream::iter(0..MAILS).map(|_| relays.hand_over(&mail)).buffer_unordered(at_once);
            let accepted = outcomes.filter(|outcome| std::future::ready(matches!(outcome, Outcome::Accepted { .. }))).count().await;
            let rate = accepted as f64 / started.elapsed().as_secs_f64();
            assert_eq!((accepted, sink.accepted_count()), (MAILS, MAILS));
            println!("{:>10}  {at_once:>8}  {rate:>8.0}  {:>8}", format!("{security:?}"), sink.connections());
        }
    }
    Ok(())
}
