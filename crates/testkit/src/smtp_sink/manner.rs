use std::sync::Arc;

use rustls::ServerConfig;

use super::message::Keep;

/// What a sink is, as opposed to what it does: that is its script.
#[derive(Clone, Debug)]
pub struct Manner {
    pub keep: Keep,
    pub security: Security,
    /// User and password; with them, MAIL is refused by 530 until they were given.
    pub login: Option<(String, String)>,
    /// What AUTH offers, if there is a login.
    pub mechanisms: Vec<Mechanism>,
    /// Whether EHLO offers 8BITMIME and SMTPUTF8.
    pub beyond_ascii: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            keep: Keep::default(),
            security: Security::None,
            login: None,
            mechanisms: vec![Mechanism::Plain, Mechanism::Login],
            beyond_ascii: true,
        }
    }
}

/// Certificates come from [`crate::certificate`].
#[derive(Clone, Debug)]
pub enum Security {
    None,
    /// Offered, and not asked for.
    StartTls(Arc<ServerConfig>),
    Implicit(Arc<ServerConfig>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    Plain,
    Login,
}

impl Mechanism {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }
}
