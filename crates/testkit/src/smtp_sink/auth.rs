//! AUTH (RFC 4954): PLAIN (RFC 4616) and LOGIN.

use data_encoding::BASE64;

use super::{
    manner::Mechanism,
    script::{Answer, Stage},
    session::{Over, Session},
};

impl Session {
    pub(super) async fn auth(&mut self, mechanism: &str, initial: Option<String>) -> Result<(), Over> {
        let Some((user, password)) = self.shared.manner.login.clone() else {
            self.say("503 5.5.1 Nobody has to log in here");
            return Ok(());
        };
        let Some(mechanism) = self.shared.manner.mechanisms.iter().copied().find(|offered| offered.as_str() == mechanism) else {
            self.say("504 5.5.4 Not offered");
            return Ok(());
        };
        let right = match mechanism {
            Mechanism::Plain => {
                let given = match initial {
                    Some(given) => decoded(given.as_bytes()),
                    None => self.challenge("").await?,
                };
                given == format!("\0{user}\0{password}").into_bytes()
            }
            Mechanism::Login => {
                // Both are asked for, whatever the first answer is.
                let given_user = self.challenge("Username:").await?;
                let given_password = self.challenge("Password:").await?;
                given_user == user.into_bytes() && given_password == password.into_bytes()
            }
        };
        let answer = match self.decide(Stage::Auth, "") {
            Answer::Accept if !right => Answer::reply(535, "5.7.8 Wrong user or password"),
            answer => answer,
        };
        self.logged_in = self.answer(answer, "235 2.7.0 Welcome").await?;
        Ok(())
    }

    async fn challenge(&mut self, text: &str) -> Result<Vec<u8>, Over> {
        self.say(&format!("334 {}", BASE64.encode(text.as_bytes())));
        Ok(decoded(&self.line().await?))
    }
}

/// What is not base64 is no right password.
fn decoded(given: &[u8]) -> Vec<u8> {
    BASE64.decode(given).unwrap_or_default()
}
