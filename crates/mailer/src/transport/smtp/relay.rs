use std::time::Duration;

use chrono::TimeDelta;

/// An SMTP server that we hand mail to.
#[derive(Clone, Debug)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    /// What we call ourselves in EHLO: this machine's domain name.
    pub ehlo_name: String,
    pub timeouts: Timeouts,
    /// How many idle sessions are kept for the next mail.
    pub idle_sessions: usize,
    /// How long an idle session is worth keeping. Shorter than the relay's own patience, which is 5 minutes at least
    /// (RFC 5321, section 4.5.3.2.7), and than that of most address-translating routers.
    pub idle_for: Duration,
    /// How long the relay is left alone after it could not be reached.
    pub away_pause: TimeDelta,
}

impl Relay {
    /// A relay with the usual settings.
    pub fn new(host: impl Into<String>, port: u16, ehlo_name: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            ehlo_name: ehlo_name.into(),
            timeouts: Timeouts::default(),
            idle_sessions: 8,
            idle_for: Duration::from_secs(60),
            away_pause: TimeDelta::seconds(30),
        }
    }
}

/// How long to wait at each stage. The defaults are those of RFC 5321, section 4.5.3.2, which are lower bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name lookup and TCP. The RFC is silent here.
    pub connect: Duration,
    /// The greeting and the answer to EHLO.
    pub greeting: Duration,
    pub mail: Duration,
    pub rcpt: Duration,
    pub data_start: Duration,
    /// The message's bytes, until the last is written.
    pub data_block: Duration,
    /// The answer to the final dot.
    pub data_end: Duration,
    /// RSET and QUIT.
    pub farewell: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            connect: MINUTE / 2,
            greeting: 5 * MINUTE,
            mail: 5 * MINUTE,
            rcpt: 5 * MINUTE,
            data_start: 2 * MINUTE,
            data_block: 3 * MINUTE,
            data_end: 10 * MINUTE,
            farewell: MINUTE / 12,
        }
    }
}
