//! Whether a relay would take mail from us, asked without sending any: connect, EHLO, TLS, AUTH, RSET, QUIT.

use std::time::Duration;

use super::{
    InvalidRelay,
    classify::{Ending, Stage},
    relay::{Relay, Security, Timeouts},
    session::Session,
    tls::Wire,
};

/// Nobody who looks at a terminal waits for as long as RFC 5321 lets a relay think.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a relay that takes mail from us is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Nobody on the way reads the mails.
    pub is_encrypted: bool,
    pub is_logged_in: bool,
}

/// How far it came, and why no further.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Settings(#[from] InvalidRelay),
    /// There is nobody, or what answers is no mail server.
    #[error("{0}")]
    Connect(String),
    /// The certificate is not trusted, the handshake fails, or TLS is required and not offered.
    #[error("{0}")]
    Tls(String),
    /// Our name and password are refused, or cannot be given.
    #[error("{0}")]
    Auth(String),
    /// The session does not take commands.
    #[error("it does not agree to RSET")]
    Reset,
}

/// Sends nothing.
pub async fn probe(relay: &Relay) -> Result<Probed, ProbeError> {
    let relay = Relay { timeouts: impatient(relay.timeouts), ..relay.clone() };
    match relay.security {
        Security::None => session(&relay, false).await,
        Security::StartTls | Security::Implicit => session(&relay, true).await,
        // Without STARTTLS it goes on in plain text: worth knowing, so TLS is asked for first.
        Security::Opportunistic => match session(&Relay { security: Security::StartTls, ..relay.clone() }, true).await {
            Err(ProbeError::Tls(_)) if !offers_tls(&relay).await => session(&relay, false).await,
            ended => ended,
        },
    }
}

/// A relay that offers TLS and fails at it is not spoken to in plain text when mail is sent, either.
async fn offers_tls(relay: &Relay) -> bool {
    let required = Relay { security: Security::StartTls, login: None, ..relay.clone() };
    let Ok(wire) = Wire::to(&required) else { return true };
    match Session::open(&required, &wire).await {
        Err((Stage::Connect, Ending::Unsupported(_))) => false,
        Err(_) => true,
        Ok(session) => {
            session.quit().await;
            true
        }
    }
}

async fn session(relay: &Relay, is_encrypted: bool) -> Result<Probed, ProbeError> {
    let wire = Wire::to(relay)?;
    let mut session = Session::open(relay, &wire).await.map_err(|(stage, ending)| failed(stage, &ending))?;
    let is_reset = session.reset().await;
    session.quit().await;
    if is_reset { Ok(Probed { is_encrypted, is_logged_in: relay.login.is_some() }) } else { Err(ProbeError::Reset) }
}

fn failed(stage: Stage, ending: &Ending) -> ProbeError {
    let said = ending.to_string();
    match (stage, ending) {
        (Stage::Auth, _) => ProbeError::Auth(said),
        (_, Ending::Unsupported(_)) => ProbeError::Tls(said),
        (_, Ending::Lost(reason)) if reason.starts_with("TLS: ") => ProbeError::Tls(said),
        _ => ProbeError::Connect(said),
    }
}

fn impatient(timeouts: Timeouts) -> Timeouts {
    let least = |given: Duration| given.min(PATIENCE);
    let Timeouts { connect, greeting, tls, auth, mail, rcpt, data_start, data_block, data_end, farewell } = timeouts;
    Timeouts {
        connect: least(connect),
        greeting: least(greeting),
        tls: least(tls),
        auth: least(auth),
        mail: least(mail),
        rcpt: least(rcpt),
        data_start: least(data_start),
        data_block: least(data_block),
        data_end: least(data_end),
        farewell: least(farewell),
    }
}
