#![doc = include_str!("../README.md")]

mod greylist;
mod logins;
mod office;
mod settings;

use std::{
    fs, io,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

pub use greylist::Greylist;
pub use logins::{PASSWORD, USER};
pub use office::{REPLY_DOMAIN, check_shipped};

const INSTALL: &str = "apt-get install -y --no-install-recommends postfix";

/// Listens on 127.0.0.1 until it is dropped.
#[derive(Debug)]
pub struct Postfix {
    folder: tempfile::TempDir,
    port: u16,
}

impl Postfix {
    /// `certificate` and `key` are PEM; `greylist` is asked about every recipient.
    ///
    /// # Panics
    /// Postfix is not installed, or does not start: the message says what to do.
    pub fn start(certificate: &str, key: &str, greylist: &Greylist) -> Self {
        let (postfix, owner) = Self::anew();
        postfix.lay_out_relay(certificate, key, greylist, owner).expect("the folder of the test can be written");
        postfix.begin();
        postfix
    }

    fn anew() -> (Self, (u32, u32)) {
        let owner = account("postfix").unwrap_or_else(|| panic!("there is no Postfix on this machine: {INSTALL}"));
        assert!(rustix::process::geteuid().is_root(), "Postfix changes its user: run these tests as root");
        let folder = tempfile::Builder::new().prefix("hearback-postfix-").tempdir().expect("a temporary folder");
        let port = free_port().expect("a free port");
        (Self { folder, port }, owner)
    }

    fn begin(&self) {
        self.control("start");
        self.wait_until_it_listens();
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The mails of a mailbox, oldest first.
    pub fn mailbox(&self, user: &str) -> Vec<Vec<u8>> {
        // Not there before the first mail.
        let Ok(entries) = fs::read_dir(self.path("mailboxes").join(user).join("new")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).expect("a mail that Postfix has delivered")).collect()
    }

    /// Waits for the queue to deliver.
    ///
    /// # Panics
    /// They do not come within 20 s.
    pub fn wait_for(&self, user: &str, mails: usize) -> Vec<Vec<u8>> {
        let started = Instant::now();
        loop {
            let arrived = self.mailbox(user);
            if arrived.len() >= mails {
                return arrived;
            }
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{} of {mails} mails arrived; Postfix says:\n{}",
                arrived.len(),
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What Postfix wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log/postfix.log")).unwrap_or_default()
    }

    fn lay_out_folders(&self, (uid, gid): (u32, u32)) -> io::Result<()> {
        // Postfix reads from inside it under its own name.
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755))?;
        for (name, is_its_own) in [("config", false), ("queue", false), ("log", false), ("data", true), ("mailboxes", true)] {
            fs::create_dir(self.path(name))?;
            if is_its_own {
                chown(self.path(name), Some(uid), Some(gid))?;
            }
        }
        Ok(())
    }

    fn lay_out_relay(&self, certificate: &str, key: &str, greylist: &Greylist, owner: (u32, u32)) -> io::Result<()> {
        self.lay_out_folders(owner)?;
        fs::write(self.path("config/certificate.pem"), certificate)?;
        fs::write(self.path("config/key.pem"), key)?;
        fs::set_permissions(self.path("config/key.pem"), fs::Permissions::from_mode(0o600))?;
        fs::write(self.path("config/main.cf"), settings::main(self.folder.path(), greylist.port(), logins::start()?, owner))?;
        fs::write(self.path("config/master.cf"), settings::master(self.port))?;
        fs::write(self.path("config/mailboxes"), "ada@mail.test ada/\nbob@mail.test bob/\n")?;
        fs::write(self.path("config/senders"), "unknown.test 550 5.1.8 Domain not found\n")
    }

    fn control(&self, verb: &str) {
        let output = Command::new("postfix").arg("-c").arg(self.path("config")).arg(verb).output();
        let output = output.unwrap_or_else(|error| panic!("postfix does not run ({error}): {INSTALL}"));
        assert!(output.status.success(), "postfix {verb}: {}{}", String::from_utf8_lossy(&output.stderr), self.log());
    }

    fn wait_until_it_listens(&self) {
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "Postfix does not listen; it says:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // By its own configuration, so no other Postfix is meant. It may not have been started.
        let _stopped = Command::new("postfix").arg("-c").arg(self.path("config")).arg("stop").output();
    }
}

/// User and group of an account.
fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
