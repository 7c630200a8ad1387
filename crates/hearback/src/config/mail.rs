//! Where mail goes, and how.

use std::path::PathBuf;

use chrono::TimeDelta;
use hearback_mailer::transport::smtp::{Relay, Timeouts};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};

use super::{Address, MailTransport, ReplyDomain, Secret, SmtpRoots, SmtpSecurity, Span};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    pub transport: MailTransport,
    /// All mail goes there instead of to applicants: for staging.
    pub redirect_all_to: Option<Address>,
    /// Where answers and bounces come back to, each message at addresses of its own; without it, to the board's mailbox.
    pub reply_domain: Option<ReplyDomain>,
    /// Texts of one's own, in place of those that come with the program.
    pub templates_dir: Option<PathBuf>,
    /// The relay, if there is one.
    pub smtp: RelayConfig,
    /// The relays in the order they are asked, if there are several.
    pub relay: Vec<RelayConfig>,
}

/// See [`Relay`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelayConfig {
    pub host: Option<String>,
    pub port: u16,
    pub security: SmtpSecurity,
    pub roots: SmtpRoots,
    /// A PEM file with the authorities that vouch for the relay, in place of `roots`.
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Holds the password, in place of it.
    pub password_file: Option<PathBuf>,
    /// Whether the password may be sent where others can read it.
    pub plain_text_login: bool,
    /// What we call ourselves to the relay; without it, the host of `public_url`.
    pub ehlo_name: Option<String>,
    /// The most at once.
    pub sessions: usize,
    /// How many of them are kept open for the next mail.
    pub idle_sessions: usize,
    pub idle_for: Span,
    pub mails_per_session: u32,
    /// How long the relay is left alone after it could not be used; doubles up to `longest_pause`.
    pub away_pause: Span,
    pub longest_pause: Span,
    pub timeouts: TimeoutsConfig,
}

/// See [`Timeouts`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutsConfig {
    pub connect: Span,
    pub greeting: Span,
    pub tls: Span,
    pub auth: Span,
    pub mail: Span,
    pub rcpt: Span,
    pub data_start: Span,
    pub data_block: Span,
    pub data_end: Span,
    pub farewell: Span,
}

impl MailConfig {
    /// In the order they are asked, each with the key that its own begin with.
    pub(crate) fn relays(&self) -> Vec<(String, &RelayConfig)> {
        match self.relay.as_slice() {
            [] => vec![("mail.smtp".to_owned(), &self.smtp)],
            several => several.iter().enumerate().map(|(at, relay)| (format!("mail.relay[{at}]"), relay)).collect(),
        }
    }
}

/// Either the one relay or the several, as a file may have them.
impl Serialize for MailConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { transport, redirect_all_to, reply_domain, templates_dir, smtp, relay } = self;
        let mut mail = serializer.serialize_struct("mail", 5)?;
        mail.serialize_field("transport", transport)?;
        mail.serialize_field("redirect_all_to", redirect_all_to)?;
        mail.serialize_field("reply_domain", reply_domain)?;
        mail.serialize_field("templates_dir", templates_dir)?;
        match relay.as_slice() {
            [] => mail.serialize_field("smtp", smtp)?,
            several => mail.serialize_field("relay", several)?,
        }
        mail.end()
    }
}

impl RelayConfig {
    /// Host and port.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.host.as_deref().unwrap_or_default(), self.port)
    }
}

impl Default for RelayConfig {
    fn default() -> Self {
        let relay = Relay::new("", 25, "");
        Self {
            host: None,
            port: relay.port,
            security: SmtpSecurity::default(),
            roots: SmtpRoots::default(),
            ca_file: None,
            user: None,
            password: None,
            password_file: None,
            plain_text_login: false,
            ehlo_name: None,
            sessions: relay.sessions,
            idle_sessions: relay.idle_sessions,
            idle_for: Span::of(relay.idle_for),
            mails_per_session: relay.mails_per_session,
            away_pause: Span(relay.away_pause),
            longest_pause: Span(relay.longest_pause),
            timeouts: TimeoutsConfig::default(),
        }
    }
}

impl Default for TimeoutsConfig {
    fn default() -> Self {
        let Timeouts { connect, greeting, tls, auth, mail, rcpt, data_start, data_block, data_end, farewell } = Timeouts::default();
        Self {
            connect: Span::of(connect),
            greeting: Span::of(greeting),
            tls: Span::of(tls),
            auth: Span::of(auth),
            mail: Span::of(mail),
            rcpt: Span::of(rcpt),
            data_start: Span::of(data_start),
            data_block: Span::of(data_block),
            data_end: Span::of(data_end),
            farewell: Span::of(farewell),
        }
    }
}

impl TimeoutsConfig {
    pub(crate) fn timeouts(&self) -> Timeouts {
        let Self { connect, greeting, tls, auth, mail, rcpt, data_start, data_block, data_end, farewell } = self;
        Timeouts {
            connect: connect.duration(),
            greeting: greeting.duration(),
            tls: tls.duration(),
            auth: auth.duration(),
            mail: mail.duration(),
            rcpt: rcpt.duration(),
            data_start: data_start.duration(),
            data_block: data_block.duration(),
            data_end: data_end.duration(),
            farewell: farewell.duration(),
        }
    }

    /// The shortest, which must not be none at all.
    pub(crate) fn shortest(&self) -> TimeDelta {
        let Self { connect, greeting, tls, auth, mail, rcpt, data_start, data_block, data_end, farewell } = self;
        let all = [connect, greeting, tls, auth, mail, rcpt, data_start, data_block, data_end, farewell];
        all.into_iter().map(|span| span.0).min().unwrap_or_default()
    }
}
