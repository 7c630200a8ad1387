#![doc = include_str!("../README.md")]

mod home;
mod linked;
mod mailbox;
mod reader;
mod refusal;
mod respond;
mod routes;
mod script;
mod site;
mod status;

use hearback_ledger::Ledger;
pub use routes::configure;
use url::Url;

/// What the pages are made of.
#[derive(Clone, Debug)]
pub struct Pages {
    pub ledger: Ledger,
    /// Where the outside reaches this server. Its path is put before every link, for a proxy that takes it off.
    pub public_url: Url,
    /// Whether captured mails can be read: only where mails are captured and whoever reaches this server may read them.
    pub mailbox: bool,
}
