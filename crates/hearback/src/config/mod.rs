//! Everything that can be set, and what it is when nobody sets it.

mod address;
mod careers;
mod check;
mod choice;
mod database_url;
mod digest_time;
mod inbound;
mod known;
mod load;
mod mail;
mod problem;
mod promises;
mod public_url;
mod secret;
mod span;
mod staff_address;
#[cfg(test)]
mod tests;
mod webhooks;

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

pub use address::{Address, ReplyDomain};
pub use careers::CareersConfig;
pub use choice::{LogFormat, MailTransport, Mode, SmtpRoots, SmtpSecurity};
pub use database_url::DatabaseUrl;
pub use digest_time::{DigestTime, Zone};
pub use inbound::{InboundConfig, LmtpAddress};
pub(crate) use load::{Loaded, load};
pub use mail::{MailConfig, RelayConfig, TimeoutsConfig};
pub use problem::{ConfigProblem, ConfigProblems};
pub use promises::{Holidays, LawInForce, PromisesConfig, Quiet, Wait, Weekend};
pub use public_url::PublicUrl;
pub use secret::Secret;
pub use span::Span;
pub use staff_address::StaffAddress;
pub use webhooks::WebhooksConfig;

/// The settings of one process. The default runs without any: one SQLite file, mail captured, this machine only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub mode: Mode,
    /// Port 0 takes a free one.
    #[serde(deserialize_with = "listen_address")]
    pub listen: SocketAddr,
    /// What applicants' links begin with; without it, the address that is listened on.
    pub public_url: Option<PublicUrl>,
    pub database: DatabaseConfig,
    pub mail: MailConfig,
    pub inbound: InboundConfig,
    pub worker: WorkerConfig,
    pub promises: PromisesConfig,
    pub organisation: OrganisationConfig,
    pub careers: CareersConfig,
    pub webhooks: WebhooksConfig,
    pub ledger: LedgerConfig,
    pub log: LogConfig,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    pub url: DatabaseUrl,
    /// The most that this process holds.
    pub connections: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Whether `serve` also sends mail.
    pub enabled: bool,
    /// How many messages are sent at once.
    pub concurrency: usize,
    /// How many of them to one recipient domain.
    pub slots_per_domain: usize,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganisationConfig {
    /// Who is told what needs a person, if neither the job's owner nor its manager can be.
    pub fallback: Option<StaffAddress>,
    /// Whose morning it is; without it, that of the oldest board.
    pub time_zone: Option<Zone>,
    /// The hour of the day at which each person is told who waits for them, `08:00`; or `off`.
    pub digest: DigestTime,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerConfig {
    /// How long a worker has a message to itself before another may take it.
    pub lease: Span,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    pub format: LogFormat,
    /// A level, or several: `info,hearback_queue=debug`.
    pub level: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            database: DatabaseConfig::default(),
            mail: MailConfig::default(),
            inbound: InboundConfig::default(),
            worker: WorkerConfig::default(),
            promises: PromisesConfig::default(),
            organisation: OrganisationConfig::default(),
            careers: CareersConfig::default(),
            webhooks: WebhooksConfig::default(),
            ledger: LedgerConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: DatabaseUrl::default(), connections: 8 }
    }
}

impl Default for WorkerConfig {
    fn default() -> Self {
        // More than one relay's sessions: a message that is being composed or written down needs none.
        Self { enabled: true, concurrency: 64, slots_per_domain: 5 }
    }
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { lease: Span(hearback_ledger::Settings::default().lease) }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::default(), level: "info".to_owned() }
    }
}

fn listen_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let expected = |_| D::Error::custom("must be an address and a port such as 127.0.0.1:8080");
    String::deserialize(deserializer)?.parse().map_err(expected)
}

impl Config {
    pub(crate) fn ledger_settings(&self) -> hearback_ledger::Settings {
        let fallback = self.organisation.fallback.clone().map(|fallback| fallback.0);
        let zone = self.organisation.time_zone.map(|zone| zone.0);
        let digest = self.organisation.digest.0.map(|hour| hearback_ledger::DigestHour { hour, zone });
        let (connections, policy, lease) = (self.database.connections, self.promises.policy(), self.ledger.lease.0);
        hearback_ledger::Settings { connections, policy, lease, fallback, digest, webhooks_to_loopback: self.webhooks.to_loopback }
    }

    /// As a file that means the same, passwords masked.
    pub(crate) fn dump(&self) -> String {
        toml::to_string(self).expect("settings are tables of plain values")
    }
}
