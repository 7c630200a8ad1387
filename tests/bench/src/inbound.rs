//! Mail that comes in by LMTP: stored before it is answered, and understood. Everything in one process, as `hearback serve` runs it, beside
//! the connections that bring the mail. Then its two halves without anything around them: the same mails read, and the same rows written.

mod limit;
mod lmtp;
mod mails;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::ensure;
use hearback_testkit::{
    free_port,
    program::{Program, built_program},
    smtp_sink::{Keep, Script, SmtpSink},
};
use tokio::time::sleep;

use crate::{
    bench::Options,
    database::{Server, Session},
    figure::{Figure, per_second, row},
    organisation,
    queue::{
        bare,
        owed::{Mails, owe},
    },
    relay_settings,
};
use mails::{Mail, Sort};

/// As many as Postfix opens for one destination.
const CONNECTIONS: usize = 20;

const REPLY_DOMAIN: &str = "replies.example.com";

const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let count = options.count(10_000, 60_000);
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    let mut session = database.connect().await?;
    owe(&ledger, &mut session, job, count, Mails::Prepared).await?;
    bare::drain(&ledger, 1, count).await?;
    let mails = mails::about(&ledger, &mut session).await?;
    drop(ledger);
    let bytes: usize = mails.iter().map(|mail| mail.raw.len()).sum();

    let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await?;
    let (lmtp, http) = (SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)), SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)));
    let mut settings: Vec<(&str, String)> = relay_settings::relay(&database.url, sink.address());
    settings.push(("HEARBACK_LISTEN", http.to_string()));
    settings.push(("HEARBACK_MAIL__REPLY_DOMAIN", REPLY_DOMAIN.to_owned()));
    settings.push(("HEARBACK_INBOUND__LISTEN", lmtp.to_string()));
    // Each mail that waits for a person is a warning.
    settings.retain(|(name, _)| *name != "HEARBACK_LOG__LEVEL");
    settings.push(("HEARBACK_LOG__LEVEL", "error".to_owned()));
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut program = Program::spawn(&built_program()?, &["serve"], &settings)?;
    program.wait_for_url(&format!("http://{http}/health"), PATIENCE).await?;

    let began = Instant::now();
    let spread = lmtp::deliver(lmtp, &mails, CONNECTIONS).await?;
    let stored = count as f64 / began.elapsed().as_secs_f64();
    let understood = until_understood(&mut session, began).await?;
    let figure = count as f64 / understood.as_secs_f64();
    let rss_mb = program.rss_mb()?;
    program.terminate()?;
    program.wait(PATIENCE).await?;
    verify(&mut session, &mails).await?;

    row(&format!("{count} mails of {} kB on average, {CONNECTIONS} connections: stored", bytes / count / 1000), &per_second(stored));
    row("from the dot to the answer", &spread.to_string());
    row("stored and understood, from the first mail", &per_second(figure));
    row("memory of the program", &format!("{rss_mb:>9.1} MB"));
    let read = limit::read(&mails).await?;
    row("the same mails only read, on two threads", &per_second(read));
    let written = limit::written(&server, &mails).await?;
    row("the same rows by plain statements, 64 mails a transaction", &per_second(written));
    let limit = 1.0 / (1.0 / read + 1.0 / written);
    row("limit: both on the same cores", &per_second(limit));
    Ok(Figure { figure, unit: "mails/s", limit: Some(limit), spread: Some(spread), rss_mb: Some(rss_mb) })
}

/// How long after the beginning.
async fn until_understood(session: &mut Session, began: Instant) -> anyhow::Result<Duration> {
    while session.number("SELECT count(*) FROM inbound_mail WHERE state IN ('scheduled', 'working')").await? > 0 {
        ensure!(began.elapsed() < PATIENCE, "not all that was stored was understood");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(began.elapsed())
}

/// Each mail is on record once, as what it is, and every bounce reopened its message.
async fn verify(session: &mut Session, mails: &[Mail]) -> anyhow::Result<()> {
    for sort in Sort::ALL {
        let sent = mails.iter().filter(|mail| mail.sort == *sort).count() as i64;
        let found = session.number(&format!("SELECT count(*) FROM inbound_mail WHERE kind = '{}'", sort.kind())).await?;
        ensure!(found == sent, "{found} mails of {sent} were understood as {}", sort.kind());
    }
    let bounces = mails.iter().filter(|mail| mail.sort == Sort::Bounce).count() as i64;
    let reopened = session.number("SELECT count(*) FROM notification WHERE state = 'bounced'").await?;
    ensure!(reopened == bounces, "{reopened} messages came back of {bounces}");
    Ok(())
}
