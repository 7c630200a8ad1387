//! The program in this process, by a clock that runs fast: the ladder, leases and pauses take seconds. What goes by real time - a relay's
//! timeouts, the load - stays as it is.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::Context;
use chrono::TimeDelta;
use hearback::{
    App, Config, Running,
    config::{DatabaseUrl, MailTransport, Quiet, SmtpSecurity, Span, Wait},
};
use hearback_domain::{calendar::Delay, clock::FastClock};
use hearback_ledger::{ApiKeyKind, Ledger, NewApiKey};
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Keep, Script, SmtpSink},
};

use crate::{
    account,
    drill::{Options, TO_REST},
    load::{Answered, Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::IN_FLIGHT,
    tables::Tables,
};

pub(crate) struct Fast {
    running: Running,
    pub(crate) organisation: Organisation,
    pub(crate) clock: FastClock,
}

impl Fast {
    /// API and worker; `times` as fast, with mail to `relay`.
    pub(crate) async fn start(
        database: &TestDatabase,
        times: i32,
        relay: SocketAddr,
        settings: impl FnOnce(&mut Config),
    ) -> anyhow::Result<Self> {
        let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
        config.database.url = DatabaseUrl::try_from(database.url().to_owned()).map_err(anyhow::Error::msg)?;
        config.mail.transport = MailTransport::Smtp;
        config.mail.smtp.host = Some(relay.ip().to_string());
        config.mail.smtp.port = relay.port();
        config.mail.smtp.security = SmtpSecurity::None;
        config.worker.concurrency = IN_FLIGHT;
        config.promises.reject_after_delay = Wait(Delay::Time(TimeDelta::zero()));
        // What a drill counts goes out at any hour.
        config.promises.quiet_hours = Quiet(None);
        // Renewed in real time.
        config.ledger.lease = Span(TimeDelta::minutes(1) * times);
        settings(&mut config);
        let clock = FastClock::new(times);
        let running = App::start_at(config, Arc::new(clock)).await?;
        let new = NewApiKey { kind: ApiKeyKind::Secret, is_test: false, board: None, name: "drill".to_owned() };
        let (_, key) = running.ledger.create_api_key(new).await?;
        let organisation = Organisation::at(&running.url, key).await.context("the organisation cannot be set up")?;
        Ok(Self { running, organisation, clock })
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.running.ledger
    }

    /// Prints and counts what the audit finds.
    pub(crate) async fn audit(&self) -> anyhow::Result<usize> {
        /// More than these show nothing new.
        const SHOWN: usize = 5;

        let findings = self.running.ledger.audit().await?;
        findings.iter().take(SHOWN).for_each(|finding| println!("  finding: {finding:?}"));
        Ok(findings.len())
    }

    pub(crate) async fn end(self) {
        self.running.stop().await;
    }
}

/// What came of a load whose mail went through a relay that misbehaves.
pub(crate) struct Through {
    /// Goes when it is dropped: to be kept until the rest is gone.
    pub(crate) database: TestDatabase,
    pub(crate) fast: Fast,
    pub(crate) sink: SmtpSink,
    pub(crate) answered: Vec<Answered>,
    pub(crate) outcome: Outcome,
}

impl Through {
    /// Until everything is at rest.
    pub(crate) async fn a_relay(options: &Options, times: i32, relay: Script, applications: usize, then: Then) -> anyhow::Result<Self> {
        let database = TestDatabase::create(options.db);
        let sink = SmtpSink::start(relay, Keep::Everything).await?;
        let fast = Fast::start(&database, times, sink.address(), |_| {}).await?;
        let load = Load::new(fast.organisation.clone(), applications, then);
        let answered = load.run().await?;
        account::at_rest(&Tables::new(options.db, database.url()), &sink, load.requests(), TO_REST).await?;
        let outcome = account::settle(fast.ledger(), &load, &answered, &sink.accepted(), fast.audit().await?).await?;
        Ok(Self { database, fast, sink, answered, outcome })
    }
}
