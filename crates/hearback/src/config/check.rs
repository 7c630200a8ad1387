//! Settings that are well-formed, but cannot be kept together.

use chrono::TimeDelta;
use tracing_subscriber::EnvFilter;

use super::{Config, MailTransport, Mode};

/// What is wrong, by key.
pub(super) fn check(config: &Config) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let mut refuse = |key, words: &str| wrong.push((key, words.to_owned()));

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
    }
    if config.mail.transport == MailTransport::Smtp && config.mail.smtp.host.as_deref().is_none_or(str::is_empty) {
        refuse("mail.smtp.host", "must name your relay when mail.transport is \"smtp\", such as smtp.example.com");
    }
    if config.mail.smtp.ehlo_name.as_deref().is_some_and(|name| !is_host_name(name)) {
        refuse("mail.smtp.ehlo_name", "must be a domain name such as jobs.example.com");
    }
    if config.mail.smtp.user.is_some() != config.mail.smtp.password.is_some() {
        refuse("mail.smtp.password", "and mail.smtp.user must be set together, or neither of them");
    }
    for (key, count, most) in [
        ("database.connections", config.database.connections as usize, 1_000),
        ("worker.concurrency", config.worker.concurrency, 10_000),
        ("mail.smtp.port", usize::from(config.mail.smtp.port), 65_535),
    ] {
        if count == 0 || count > most {
            refuse(key, &format!("must be between 1 and {most}"));
        }
    }
    let promises = &config.promises;
    for (key, span) in [
        ("promises.acknowledge_within", promises.acknowledge_within),
        ("promises.update_every", promises.update_every),
        ("promises.deliver_within", promises.deliver_within),
        ("ledger.lease", config.ledger.lease),
    ] {
        if span.0 < TimeDelta::seconds(1) {
            refuse(key, "must be at least 1 s");
        }
    }
    if EnvFilter::try_new(&config.log.level).is_err() {
        refuse("log.level", "must be error, warn, info, debug or trace, or several such as info,hearback_queue=debug");
    }
    wrong
}

/// RFC 5321, section 4.1.1.1: what follows EHLO. It ends up in a protocol line, so nothing else may get in.
fn is_host_name(name: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.len() <= 253 && name.split('.').all(label)
}
