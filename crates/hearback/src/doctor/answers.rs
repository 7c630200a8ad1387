//! Whether an answer would find its way back: one mail to our own reply address, by the relay and whatever stands between it and us.

use std::time::{Duration, Instant};

use anyhow::Context;
use hearback_domain::ids::ReplyProbeId;
use hearback_ledger::{CheckUp, Ledger, ProbeOutcome, ReplyProbe};
use hearback_mailer::transport::Transport;
use hearback_queue::send_probe_mail;
use tokio::time::sleep;

use super::finding::{Area, Finding, Level};
use crate::{app, config::Config, sending};

const AREA: Area = Area::Answers;

const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How it went.
enum Tried {
    /// The last that is known, and how long it was waited for.
    Sent(ReplyProbe, Duration),
    Paused,
    NoBoard,
}

/// Nothing where no mail comes in here, or tables are not as this release knows them: to look must not change them.
pub(super) async fn look(config: &Config, checked: Option<&CheckUp>, wait: Duration) -> Vec<Finding> {
    let Some(checked) = checked else { return Vec::new() };
    if config.reply_probing().is_none() || wait.is_zero() || checked.pending > 0 || checked.is_read_only {
        return Vec::new();
    }
    vec![match attempt(config, wait).await {
        Ok(tried) => judged(config, &tried),
        Err(error) => Finding::new(
            AREA,
            Level::Error,
            format!("no mail can be sent to our own reply address: {error:#}"),
            "see the findings about relay and database",
        ),
    }]
}

async fn attempt(config: &Config, wait: Duration) -> anyhow::Result<Tried> {
    let clock = app::clock(config).await?;
    let ledger = app::open(config, std::sync::Arc::clone(&clock)).await?;
    if ledger.outbox_pause().await?.is_some() {
        return Ok(Tried::Paused);
    }
    let (relays, reach) = (sending::relays(config, clock)?, sending::reach(config, &ledger));
    let addresses = reach.reply_addresses.as_ref().context("mail.reply_domain is not set")?;
    // Late is what the settings call late: this only looks for a shorter time.
    let within = config.inbound.probe_within.0;
    let Some(id) = ledger.probe_reply_path_now(within).await? else { return Ok(Tried::NoBoard) };
    let began = Instant::now();
    loop {
        // A worker that runs may have been faster, and sends it as well.
        while let Some(mail) = ledger.claim_probe_mail().await? {
            let outcome = send_probe_mail(&mail, addresses, &reach, relays.as_ref() as &dyn Transport).await;
            ledger.settle_probe_mail(&mail, &outcome).await?;
        }
        let probe = found(&ledger, id).await?;
        if probe.outcome != ProbeOutcome::Open || began.elapsed() >= wait {
            relays.close().await;
            return Ok(Tried::Sent(probe, began.elapsed()));
        }
        sleep(LOOK_AGAIN).await;
    }
}

async fn found(ledger: &Ledger, id: ReplyProbeId) -> anyhow::Result<ReplyProbe> {
    ledger.reply_probe(id).await?.context("the mail is not on record any more")
}

fn judged(config: &Config, tried: &Tried) -> Finding {
    let (probe, took) = match tried {
        Tried::Sent(probe, took) => (probe, took),
        Tried::Paused => {
            let advice = "it is tried again once `hearback outbox resume` was said";
            return Finding::new(AREA, Level::Note, "the way of answers is not tried: the outbox is paused", advice);
        }
        Tried::NoBoard => {
            let advice = "make a board first: its sender is who our own mails come from";
            return Finding::new(AREA, Level::Note, "the way of answers is not tried: there is no board yet", advice);
        }
    };
    let seconds = took.as_secs_f64();
    let ReplyProbe { owed_at: _, accepted_at, outcome, trouble } = probe;
    let why = trouble.as_deref().filter(|why| !why.is_empty());
    match (outcome, accepted_at) {
        (ProbeOutcome::Returned, _) => Finding::ok(AREA, format!("a mail to our own reply address came back after {seconds:.1} s")),
        (ProbeOutcome::Open | ProbeOutcome::Lost, None) => Finding::new(
            AREA,
            Level::Error,
            format!("no relay took a mail to our own reply address: {}", why.unwrap_or("there was no answer yet")),
            "see what is said of the relay; it must take mail to mail.reply_domain like any other",
        ),
        (ProbeOutcome::Open | ProbeOutcome::Lost, Some(_)) => {
            let domain = config.mail.reply_domain.clone().map(String::from).unwrap_or_default();
            let listen = config.inbound.listen.as_ref().map(|listen| listen.0.to_string()).unwrap_or_default();
            let said = why.map(|why| format!("; a mail server said: {why}")).unwrap_or_default();
            Finding::new(
                AREA,
                Level::Error,
                format!("a mail to our own reply address was sent and did not come back within {seconds:.0} s{said}: answers may be lost"),
                format!(
                    "`hearback serve` must run, the MX of {domain} lead to your mail server, and that hand over to {listen} by LMTP what comes to \
                     reply+…@ and bounce+…@; look for the mail in its log. Where greylisting delays it, see `hearback audit` in half an hour"
                ),
            )
        }
    }
}
