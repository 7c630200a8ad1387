//! The settings of a production installation with one relay on this machine.

use std::net::SocketAddr;

pub(crate) fn relay(database: &str, relay: SocketAddr) -> Vec<(&'static str, String)> {
    vec![
        ("HEARBACK_MODE", "production".to_owned()),
        ("HEARBACK_PUBLIC_URL", "https://jobs.example.com".to_owned()),
        ("HEARBACK_DATABASE__URL", database.to_owned()),
        ("HEARBACK_MAIL__TRANSPORT", "smtp".to_owned()),
        ("HEARBACK_MAIL__SMTP__HOST", relay.ip().to_string()),
        ("HEARBACK_MAIL__SMTP__PORT", relay.port().to_string()),
        ("HEARBACK_MAIL__SMTP__SECURITY", "none".to_owned()),
        // As the ledger that owes what is sent: the worker would derive all of it again under another policy.
        ("HEARBACK_PROMISES__QUIET_HOURS", "none".to_owned()),
        ("HEARBACK_LOG__LEVEL", "warn".to_owned()),
    ]
}
