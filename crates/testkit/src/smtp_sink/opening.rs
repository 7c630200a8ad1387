//! Before a session may take mail: what it offers, and TLS.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use super::{
    manner::Security,
    script::Stage,
    session::{Over, Session},
};

impl Session {
    pub(super) async fn ehlo(&mut self) -> Result<(), Over> {
        self.envelope = None;
        let manner = &self.shared.manner;
        let mut offers = String::from("250-sink\r\n250-PIPELINING\r\n");
        if manner.beyond_ascii {
            offers.push_str("250-8BITMIME\r\n250-SMTPUTF8\r\n");
        }
        if matches!(manner.security, Security::StartTls(_)) && !self.encrypted {
            offers.push_str("250-STARTTLS\r\n");
        }
        if manner.login.is_some() {
            let mechanisms: Vec<_> = manner.mechanisms.iter().map(|mechanism| mechanism.as_str()).collect();
            offers.push_str(&format!("250-AUTH {}\r\n", mechanisms.join(" ")));
        }
        offers.push_str("250 ENHANCEDSTATUSCODES");
        let answer = self.decide(Stage::Ehlo, "");
        self.answer(answer, &offers).await?;
        Ok(())
    }

    /// RFC 3207. What the client said before is forgotten, and nothing that it sends in advance is believed.
    pub(super) async fn starttls(&mut self) -> Result<(), Over> {
        let Security::StartTls(config) = self.shared.manner.security.clone() else {
            self.say("502 5.5.1 Not offered");
            return Ok(());
        };
        let answer = self.decide(Stage::StartTls, "");
        if self.answer(answer, "220 2.0.0 Go on").await? {
            self.flush().await?;
            self.incoming.clear();
            self.encrypt(config).await?;
        }
        Ok(())
    }

    pub(super) async fn encrypt(&mut self, config: Arc<ServerConfig>) -> Result<(), Over> {
        let plain = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        self.stream = Box::new(TlsAcceptor::from(config).accept(plain).await?);
        (self.encrypted, self.envelope, self.logged_in) = (true, None, false);
        Ok(())
    }
}
