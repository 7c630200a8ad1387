use std::{fmt, path::PathBuf, time::Duration};

use chrono::TimeDelta;

/// An SMTP server that we hand mail to.
#[derive(Clone, Debug)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    /// What we call ourselves in EHLO: this machine's domain name.
    pub ehlo_name: String,
    pub security: Security,
    /// Who vouches for the relay's certificate.
    pub roots: Roots,
    pub login: Option<Login>,
    pub timeouts: Timeouts,
    /// How many sessions may be busy at once, and so how many connections there may be; 1 at least. Many relays refuse more than 20
    /// from one address.
    pub sessions: usize,
    /// How many idle sessions are kept for the next mail.
    pub idle_sessions: usize,
    /// How long an idle session is worth keeping. Shorter than the relay's own patience, which is 5 minutes at least
    /// (RFC 5321, section 4.5.3.2.7), and than that of most address-translating routers.
    pub idle_for: Duration,
    /// How many mails go over one session before it is closed in order; many relays stop at 100.
    pub mails_per_session: u32,
    /// How long the relay is left alone after it first could not be used. Doubles with every failure in a row.
    pub away_pause: TimeDelta,
    /// Where the doubling ends.
    pub longest_pause: TimeDelta,
}

impl Relay {
    /// A relay with the usual settings: TLS if it offers STARTTLS, no login.
    pub fn new(host: impl Into<String>, port: u16, ehlo_name: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            ehlo_name: ehlo_name.into(),
            security: Security::Opportunistic,
            roots: Roots::System,
            login: None,
            timeouts: Timeouts::default(),
            sessions: 20,
            idle_sessions: 8,
            idle_for: Duration::from_secs(60),
            mails_per_session: 100,
            away_pause: TimeDelta::seconds(30),
            longest_pause: TimeDelta::minutes(15),
        }
    }

    /// For logs and records.
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Whether what is said can be read on the way. Wherever there is TLS, the certificate is checked: an offer that cannot be trusted
/// is an error, not a quiet loss of security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain text, whatever the relay offers.
    None,
    /// TLS if the relay offers STARTTLS, plain text otherwise. Who sits in between can take the offer away.
    Opportunistic,
    /// STARTTLS (RFC 3207), or no mail.
    StartTls,
    /// TLS from the first byte (RFC 8314, section 3.3); usually port 465.
    Implicit,
}

/// The certificate authorities that are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The operating system's.
    System,
    /// Those of a PEM file and no others: for a relay of one's own.
    File(PathBuf),
    /// Mozilla's, compiled in: for images without any.
    Mozilla,
}

/// Who we are to the relay (RFC 4954): by PLAIN, or LOGIN where that is all it offers.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub password: Password,
    /// Send the password even where anyone on the way can read it. Without it, a session without TLS logs in only to this machine.
    pub allow_plain_text: bool,
}

/// Never printed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// How long to wait at each stage. The defaults are those of RFC 5321, section 4.5.3.2, which are lower bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Name lookup and TCP. The RFC is silent here.
    pub connect: Duration,
    /// The greeting, and the answers to EHLO and STARTTLS.
    pub greeting: Duration,
    /// The TLS handshake. No RFC says.
    pub tls: Duration,
    /// The whole of AUTH; RFC 4954, section 4 asks for three minutes.
    pub auth: Duration,
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
            tls: MINUTE,
            auth: 3 * MINUTE,
            mail: 5 * MINUTE,
            rcpt: 5 * MINUTE,
            data_start: 2 * MINUTE,
            data_block: 3 * MINUTE,
            data_end: 10 * MINUTE,
            farewell: MINUTE / 12,
        }
    }
}
