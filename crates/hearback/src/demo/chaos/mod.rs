//! `hearback demo --chaos`: a relay that dies, greylists and hangs, and what becomes of the mail.
//!
//! API, worker and relay run in this process and speak over TCP, by a clock that runs fast: nobody wants to watch ten minutes pass.

mod account;
mod relay;
mod story;

use std::{
    fs,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
};

use chrono::TimeDelta;
use hearback_domain::clock::FastClock;
use hearback_ledger::{ApiKeyKind, NewApiKey};

use self::relay::Relay;
use super::client::Client;
use crate::{
    App,
    command::audit,
    config::{Config, DatabaseUrl, MailTransport, Quiet, SmtpSecurity, Span},
    terminal::Paint,
};

/// How fast the clock runs.
const TIMES: i32 = 120;

/// How long the answer to a message is waited for, for everybody else.
const PATIENCE: TimeDelta = TimeDelta::seconds(1);

pub(super) async fn perform() -> anyhow::Result<ExitCode> {
    let (paint, mut out) = (Paint::stdout(), io::stdout());
    let folder = tempfile::Builder::new().prefix("hearback-demo-").tempdir()?;
    let relay = Relay::start().await?;
    let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
    let url = format!("sqlite:{}", fs::canonicalize(folder.path())?.join("hearback.db").display());
    config.database.url = DatabaseUrl::try_from(url).map_err(anyhow::Error::msg)?;
    config.mail.transport = MailTransport::Smtp;
    config.mail.smtp.host = Some(relay.address().ip().to_string());
    config.mail.smtp.port = relay.address().port();
    config.mail.smtp.security = SmtpSecurity::None;
    config.mail.smtp.timeouts.data_end = Span(PATIENCE);
    // It is run at night, too.
    config.promises.quiet_hours = Quiet(None);
    // Renewed in real time.
    config.ledger.lease = Span(TimeDelta::minutes(1) * TIMES);
    let clock = FastClock::new(TIMES);
    let running = App::start_at(config, Arc::new(clock)).await?;
    let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "demo".to_owned() };
    let (_, key) = running.ledger.create_api_key(new).await?;
    writeln!(
        out,
        "{}  {}\n{}\n",
        paint.bold("Hearback demo: a relay that misbehaves"),
        paint.dim(format!("everything in {}", folder.path().display())),
        paint.dim(format!("The clock runs {TIMES} times as fast as yours: a minute here takes half a second.")),
    )?;
    let told = story::tell(Client::new(&running.url, &key)?, &running.ledger, relay, clock, paint).await?;
    let lost = account::print(&running.ledger, &told, paint).await?;
    let findings = running.ledger.audit().await?;
    running.stop().await;
    audit::print(&mut out, paint, &findings)?;
    Ok(if findings.is_empty() && lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
