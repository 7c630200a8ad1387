//! Settings that are well-formed, but cannot be kept together.

use chrono::TimeDelta;
use hearback_domain::policy::PolicyProblem;
use tracing_subscriber::EnvFilter;

use super::{Config, MailTransport, Mode, RelayConfig, SmtpRoots};

/// What is wrong, by key.
pub(super) fn check(config: &Config) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let mut refuse = |key: &str, words: &str| wrong.push((key.to_owned(), words.to_owned()));

    if config.mode == Mode::Production {
        if config.mail.transport == MailTransport::Capture {
            refuse(
                "mail.transport",
                "must not be \"capture\" in production, where captured mails would reach nobody; set it to \"smtp\" and [mail.smtp] host to your relay",
            );
        }
        match &config.public_url {
            None => refuse("public_url", "must be set in production, since links in mails begin with it: https://jobs.example.com"),
            Some(url) if !url.is_https() => {
                refuse("public_url", "must begin with https: in production, since links in mails open an applicant's page")
            }
            Some(_) => {}
        }
        if config.webhooks.to_loopback {
            refuse(
                "webhooks.to_loopback",
                "must not be set in production, where whoever has a key could reach what listens on this machine",
            );
        }
        if config.mail.redirect_all_to.is_some() {
            refuse("mail.redirect_all_to", "must not be set in production, where no applicant would be told; leave it to staging");
        }
    }
    if config.mail.redirect_all_to.is_some() && config.mail.transport == MailTransport::Capture {
        refuse("mail.redirect_all_to", "has no effect while mail.transport is \"capture\"; leave one of them out");
    }
    if config.inbound.listen.is_some() && config.mail.reply_domain.is_none() {
        refuse("inbound.listen", "needs mail.reply_domain, the domain whose mail comes in there");
    }
    if !config.inbound.probe_every.0.is_zero() && config.inbound.probe_every.0 < TimeDelta::minutes(1) {
        refuse("inbound.probe_every", "must be at least 1 min, or 0 s for never");
    }
    if config.inbound.probe_within.0 < TimeDelta::seconds(1) {
        refuse("inbound.probe_within", "must be at least 1 s; a mail with greylisting on its way takes some 15 min");
    }
    for (key, relay) in config.mail.relays() {
        check_relay(&key, relay, config.mail.transport, &mut refuse);
    }
    for (key, count, most) in [
        ("database.connections", config.database.connections as usize, 1_000),
        ("worker.concurrency", config.worker.concurrency, 10_000),
        ("worker.slots_per_domain", config.worker.slots_per_domain, 10_000),
    ] {
        if count == 0 || count > most {
            refuse(key, &format!("must be between 1 and {most}"));
        }
    }
    config.careers.check(&mut refuse);
    if config.ledger.lease.0 < TimeDelta::seconds(1) {
        refuse("ledger.lease", "must be at least 1 s");
    }
    for PolicyProblem { field, wrong } in config.promises.policy().validated().err().unwrap_or_default() {
        let key = field.strip_prefix("calendar.").unwrap_or(field);
        refuse(&format!("promises.{key}"), &wrong.to_string());
    }
    if EnvFilter::try_new(&config.log.level).is_err() {
        refuse("log.level", "must be error, warn, info, debug or trace, or several such as info,hearback_queue=debug");
    }
    wrong
}

fn check_relay(key: &str, relay: &RelayConfig, transport: MailTransport, refuse: &mut impl FnMut(&str, &str)) {
    let mut refuse = |name: &str, words: &str| refuse(&format!("{key}.{name}"), words);
    if transport == MailTransport::Smtp && relay.host.as_deref().is_none_or(str::is_empty) {
        refuse("host", "must name your relay when mail.transport is \"smtp\", such as smtp.example.com");
    }
    if relay.ehlo_name.as_deref().is_some_and(|name| !is_host_name(name)) {
        refuse("ehlo_name", "must be a domain name such as jobs.example.com");
    }
    if relay.user.is_some() != (relay.password.is_some() || relay.password_file.is_some()) {
        refuse("password", "and user of the same relay must be set together, or neither of them");
    }
    if relay.password.is_some() && relay.password_file.is_some() {
        refuse("password_file", "sets the same as password; keep one of them");
    }
    if relay.ca_file.is_some() && relay.roots != SmtpRoots::System {
        refuse("roots", "is of no use beside ca_file, whose authorities are the only ones then; leave one of them out");
    }
    for (name, count, most) in [
        ("port", usize::from(relay.port), 65_535),
        ("sessions", relay.sessions, 1_000),
        ("mails_per_session", relay.mails_per_session as usize, 1_000_000),
    ] {
        if count == 0 || count > most {
            refuse(name, &format!("must be between 1 and {most}"));
        }
    }
    if relay.timeouts.shortest() <= TimeDelta::zero() {
        refuse("timeouts", "must each be longer than nothing");
    }
    if relay.away_pause.0 <= TimeDelta::zero() {
        refuse("away_pause", "must be longer than nothing, or a relay that is away would be asked without end");
    }
    if relay.longest_pause.0 < relay.away_pause.0 {
        refuse("longest_pause", "must be at least as long as away_pause");
    }
}

/// RFC 5321, section 4.1.1.1: what follows EHLO. It ends up in a protocol line, so nothing else may get in.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.len() <= 253 && name.split('.').all(label)
}
