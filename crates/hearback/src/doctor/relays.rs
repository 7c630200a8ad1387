//! Whether somebody takes our mail.

use futures::future::join_all;
use hearback_mailer::transport::smtp::{ProbeError, Probed, Relay, Security, probe};

use super::finding::{Area, Finding, Level};
use crate::{
    config::{Config, MailTransport},
    sending,
};

const AREA: Area = Area::Relay;

/// Each is asked for everything but mail.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    if config.mail.transport == MailTransport::Capture {
        return vec![Finding::new(
            AREA,
            Level::Note,
            "no relay is asked: mail is captured",
            "set mail.transport to \"smtp\" to have it sent",
        )];
    }
    let asked = join_all(sending::each_relay(config).into_iter().map(ask)).await;
    let taken = asked.iter().any(|(_, _, ended)| ended.is_ok());
    asked.into_iter().flat_map(|(key, name, ended)| judged(&key, &name, ended, taken)).collect()
}

/// The key of its settings, its name, and how it went.
type Asked = (String, String, Result<(Relay, Probed), Trouble>);

struct Trouble {
    what: String,
    advice: String,
}

async fn ask((key, relay): (String, anyhow::Result<Relay>)) -> Asked {
    match relay {
        Err(error) => (key.clone(), key, Err(Trouble { what: format!("{error:#}"), advice: "correct it".to_owned() })),
        Ok(relay) => {
            let name = relay.name();
            let ended = probe(&relay).await.map_err(|error| Trouble { what: what(&error), advice: advice(&key, &relay, &error) });
            (key, name, ended.map(|probed| (relay, probed)))
        }
    }
}

/// With another that takes our mail, one that does not is no loss yet.
fn judged(key: &str, name: &str, ended: Result<(Relay, Probed), Trouble>, taken: bool) -> Vec<Finding> {
    match ended {
        Ok((relay, Probed { is_encrypted, is_logged_in })) => {
            let over = if is_encrypted { "over TLS, its certificate trusted" } else { "in plain text" };
            let login = if is_logged_in { "takes our login" } else { "takes us without a login" };
            let mut found = vec![Finding::ok(AREA, format!("{name} {login}, {over}"))];
            if !is_encrypted && !is_this_machine(&relay.host) {
                let what = format!("{name}: mails can be read on the way, and so can answers' addresses in them");
                let advice = match relay.security {
                    Security::None => format!("set {key}.security to \"starttls\" or \"tls\""),
                    Security::Opportunistic | Security::StartTls | Security::Implicit => "ask whoever runs it to offer STARTTLS".to_owned(),
                };
                found.push(Finding::new(AREA, Level::Warning, what, advice));
            } else if is_encrypted && relay.security == Security::Opportunistic {
                let advice = format!("set {key}.security to \"starttls\", so that nobody on the way can take TLS out");
                found.push(Finding::new(AREA, Level::Note, format!("{name} offers TLS, and the settings do not require it"), advice));
            }
            found
        }
        Err(Trouble { what, advice }) => {
            let level = if taken { Level::Warning } else { Level::Error };
            vec![Finding::new(AREA, level, format!("{name}: {what}"), advice)]
        }
    }
}

fn what(error: &ProbeError) -> String {
    match error {
        ProbeError::Settings(_) => format!("its settings cannot work: {error}"),
        ProbeError::Connect(_) => format!("it cannot be used: {error}"),
        ProbeError::Tls(_) => format!("no TLS that can be trusted: {error}"),
        ProbeError::Auth(_) => format!("our login is refused: {error}"),
        ProbeError::Reset => error.to_string(),
    }
}

fn advice(key: &str, relay: &Relay, error: &ProbeError) -> String {
    match error {
        ProbeError::Settings(_) => format!("see {key}.host, {key}.roots and {key}.ca_file"),
        ProbeError::Connect(why) if why.contains("refused") || why == "timeout" => {
            format!("see {key}.host and {key}.port ({}), and whether a firewall lets this machine reach it", relay.port)
        }
        ProbeError::Connect(why) if why.contains("lookup") => {
            format!("see {key}.host: this machine does not know the name {}", relay.host)
        }
        ProbeError::Connect(_) => format!("see {key}.host and {key}.port; if it answers, ask whoever runs it why it refuses this machine"),
        ProbeError::Tls(why) if why.contains("certificate") => {
            format!("{key}.host must be the name in its certificate; an authority of your own goes into {key}.ca_file")
        }
        ProbeError::Tls(_) => format!("see {key}.security: \"tls\" is for port 465, \"starttls\" for 587 and 25"),
        ProbeError::Auth(why) if why.starts_with("535") => format!("see {key}.user and {key}.password"),
        ProbeError::Auth(_) => format!("see {key}.security, {key}.user and {key}.password; passwords are sent over TLS only"),
        ProbeError::Reset => "ask whoever runs it; RFC 5321, section 4.1.1.5 has no refusal of RSET".to_owned(),
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
