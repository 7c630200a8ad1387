//! `hearback doctor`: everything that mail and applications depend on, looked at once. Nothing is made or changed, and nothing sent but one
//! mail to our own reply address.
//!
//! To look at one more thing: a file with a function that returns findings, and a line in `examine`.

mod answers;
mod authentication;
mod database;
mod disk;
mod finding;
mod mail_domains;
mod names;
mod relays;
mod settings;

use std::{net::SocketAddr, time::Duration};

pub(crate) use finding::{Area, Finding, Level};
use mail_domains::MailDomains;
use names::Names;

use crate::config::{ConfigProblems, Loaded, MailTransport};

/// In the order of areas; within one, as it was looked at.
pub(crate) async fn examine(loaded: Result<Loaded, ConfigProblems>, dns: Option<SocketAddr>, wait: Duration) -> Vec<Finding> {
    let Loaded { config, places } = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => return settings::refused(&problems),
    };
    let mut found = settings::look(&config, places.len());
    let (relays, (database, checked)) = tokio::join!(relays::look(&config), database::look(&config));
    found.extend(relays);
    let reply_domain = config.mail.reply_domain.clone().map(String::from);
    found.extend(answers::look(&config, checked.as_ref(), wait).await);
    let faces = checked.map(|checked| checked.faces).unwrap_or_default();
    // The boards of a machine to try things on are at domains that nobody has.
    if config.mail.transport == MailTransport::Smtp {
        let domains = MailDomains::of(reply_domain.as_deref(), &faces);
        match Names::new(dns) {
            Ok(names) => found.extend(domains.look(&names).await),
            Err(why) => {
                let advice = "see /etc/resolv.conf, or name a server: --dns 192.0.2.1";
                found.push(Finding::new(Area::Names, Level::Warning, format!("no name server is known: {why}"), advice));
            }
        }
    }
    found.extend(database);
    found.extend(disk::look(&config));
    found.sort_by_key(|finding| finding.area);
    found
}
