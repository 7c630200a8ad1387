//! A Postfix as an organisation runs it: it relays what Hearback sends, and hands over what comes back, by the file that is shipped for it
//! (`deploy/postfix/main.cf`).

use std::{fs, io, net::SocketAddr, process::Command};

use super::{INSTALL, Postfix, settings};

const SHIPPED: &str = include_str!("../../../deploy/postfix/main.cf");

/// The one of the shipped file.
pub const REPLY_DOMAIN: &str = "replies.example.com";

/// Where the shipped file has Hearback listen.
const SHIPPED_LMTP: &str = "127.0.0.1:2424";

impl Postfix {
    /// `ada`, `bob` and `cara` have mailboxes at `mail.test`. Whoever else is written to there is found missing by delivery, as behind a
    /// relay of the world, and `people@example.com` reads what `bob` does.
    ///
    /// # Panics
    /// Postfix is not installed, or does not start: the message says what to do.
    pub fn start_office(lmtp: SocketAddr) -> Self {
        let (postfix, owner) = Self::anew();
        postfix.lay_out_office(lmtp, owner).expect("the folder of the test can be written");
        postfix.begin();
        postfix
    }

    /// Their mailbox is not there any more.
    ///
    /// # Panics
    /// Postfix does not take its settings in again.
    pub fn forget(&self, user: &str) {
        let path = self.path("config/mailboxes");
        let left: String = fs::read_to_string(&path)
            .expect("it was written")
            .lines()
            .filter(|line| !line.starts_with(&format!("{user}@")))
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(path, left).expect("the folder of the test can be written");
        self.control("reload");
    }

    fn lay_out_office(&self, lmtp: SocketAddr, owner: (u32, u32)) -> io::Result<()> {
        self.lay_out_folders(owner)?;
        let folder = self.folder.path();
        fs::write(folder.join("config/main.cf"), settings::office(folder, &shipped(lmtp), owner))?;
        fs::write(folder.join("config/master.cf"), format!("{}lmtp unix - - n - - lmtp\n", settings::master(self.port)))?;
        fs::write(folder.join("config/mailboxes"), "ada@mail.test ada/\nbob@mail.test bob/\ncara@mail.test cara/\n")?;
        self.control("check");
        Ok(())
    }
}

fn shipped(lmtp: SocketAddr) -> String {
    assert!(SHIPPED.contains(SHIPPED_LMTP) && SHIPPED.contains(REPLY_DOMAIN), "the shipped file says where Hearback listens");
    SHIPPED.replace(SHIPPED_LMTP, &lmtp.to_string())
}

/// What Postfix says to the shipped settings: every one of them is known, and has the value that was meant.
///
/// # Panics
/// Postfix is not installed.
pub fn check_shipped() -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("main.cf"), format!("compatibility_level = 3.6\n{SHIPPED}")).expect("the folder can be written");
    fs::write(folder.path().join("master.cf"), settings::master(25)).expect("the folder can be written");
    let output = Command::new("postconf").arg("-n").arg("-c").arg(folder.path()).output();
    let output = output.unwrap_or_else(|error| panic!("postconf does not run ({error}): {INSTALL}"));
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // A setting that nothing uses is one that is misspelt.
    assert!(output.status.success() && complained.is_empty(), "{complained}");
    said.lines().map(str::to_owned).collect()
}
