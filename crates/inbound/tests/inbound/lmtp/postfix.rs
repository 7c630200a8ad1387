//! lmtp(8) of a real Postfix on the other side: private, in a temporary folder, on a loopback port. The machine's own is not touched.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{PATIENCE, Rig, client::Client, intake::Storing};

const INSTALL: &str = "as root: apt-get install -y --no-install-recommends postfix";

struct Postfix {
    folder: tempfile::TempDir,
    port: u16,
}

impl Postfix {
    /// Hands what it takes for `jobs.example` to this LMTP address, and comes again with what was put off: every two seconds. After
    /// one it may find the file still locked by whoever put it off, and then it leaves it for minutes.
    fn start(lmtp: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("hearback-lmtp-").tempdir().unwrap();
        let path = folder.path().display();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["config", "queue", "log", "data"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let (uid, gid) = account("postfix").unwrap_or_else(|| panic!("there is no Postfix on this machine; {INSTALL}"));
        chown(folder.path().join("data"), Some(uid), Some(gid)).unwrap_or_else(|error| panic!("{error}; {INSTALL}"));
        let main = format!(
            "compatibility_level = 3.6
queue_directory = {path}/queue
data_directory = {path}/data
maillog_file = {path}/log/postfix.log
maillog_file_prefixes = {path}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
mynetworks = 127.0.0.0/8
relay_domains = jobs.example
relay_transport = lmtp:inet:{lmtp}
default_transport = discard:the answers of this test go nowhere
smtputf8_enable = yes
minimal_backoff_time = 2s
queue_run_delay = 1s
biff = no
"
        );
        let master = format!(
            "127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
discard unix - - n - - discard
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"
        );
        fs::write(folder.path().join("config/main.cf"), main).unwrap();
        fs::write(folder.path().join("config/master.cf"), master).unwrap();
        let postfix = Self { folder, port };
        let output = postfix.control("start").unwrap_or_else(|error| panic!("postfix does not run ({error}); {INSTALL}"));
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stderr), postfix.log());
        postfix
    }

    fn control(&self, verb: &str) -> std::io::Result<std::process::Output> {
        Command::new("postfix").arg("-c").arg(self.folder.path().join("config")).arg(verb).output()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log/postfix.log")).unwrap_or_default()
    }

    async fn client(&self) -> Client {
        let address = format!("127.0.0.1:{}", self.port);
        self.until("it listens", || std::net::TcpStream::connect(&address).is_ok()).await;
        let mut client = Client::connect(&address).await;
        client.hears("220 ").await;
        client.asks("EHLO one.example", "250-").await;
        client
    }

    async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let started = Instant::now();
        while !is_so() {
            assert!(started.elapsed() < PATIENCE, "not yet: {what}; Postfix says:\n{}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // By its own configuration, so no other Postfix is meant. It may not have been started.
        let _stopped = self.control("stop");
    }
}

/// User and group of an account.
fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_postfix_hands_over_puts_off_and_gives_up_as_we_say() {
    let rig = Rig::up().await;
    let postfix = Postfix::start(&rig.address);
    let mut client = postfix.client().await;

    // One mail for three, of whom one is refused; lines of dots and letters of all kinds.
    client.asks("MAIL FROM:<ada@one.example> BODY=8BITMIME", "250 ").await;
    for recipient in ["reply+abc@jobs.example", "bounce+forged@jobs.example", "\"Ada  L\"@jobs.example"] {
        client.asks(&format!("RCPT TO:<{recipient}>"), "250 ").await;
    }
    client.asks("DATA", "354 ").await;
    client.send("From: ada@one.example\r\nSubject: one\r\n\r\ngr\u{fc}n\r\n..\r\n...two\r\n.\r\n").await;
    client.hears("250 ").await;
    postfix.until("the first mail", || rig.intake.kept().len() == 1).await;
    let first = rig.intake.kept().remove(0);
    assert_eq!(first.from, "ada@one.example");
    // It sorts them.
    assert_eq!(first.recipients, ["\"Ada  L\"@jobs.example", "reply+abc@jobs.example"]);
    assert!(String::from_utf8(first.raw).unwrap().ends_with("\r\n\r\ngr\u{fc}n\r\n.\r\n..two\r\n"));
    postfix.until("a bounce", || postfix.log().contains("status=bounced (host 127.0.0.1[127.0.0.1] said: 550 5.1.1")).await;
    postfix.until("our id in its log", || postfix.log().contains("status=sent (250 2.0.0 Ok: stored as mail-1)")).await;

    // A notice, put off twice: for both recipients, then for one of them.
    rig.intake.next(Storing::Fails);
    rig.intake.next(Storing::FailsFor(vec![1]));
    client.asks("MAIL FROM:<> SMTPUTF8", "250 ").await;
    for recipient in ["gr\u{e5}@jobs.example", "b@jobs.example"] {
        client.asks(&format!("RCPT TO:<{recipient}>"), "250 ").await;
    }
    client.asks("DATA", "354 ").await;
    client.send("Subject: two\r\n\r\nnotice\r\n.\r\n").await;
    client.hears("250 ").await;
    postfix.until("it comes again", || rig.intake.kept().len() == 3).await;
    let kept = rig.intake.kept();
    assert_eq!(kept[1].from, "");
    assert_eq!((kept[1].recipients.len(), kept[2].recipients.len()), (2, 1), "only who got nothing gets it again");
    let put_off = || postfix.log().matches("status=deferred (host 127.0.0.1[127.0.0.1] said: 451 4.3.0 Not stored").count();
    assert_eq!(put_off(), 3, "{}", postfix.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_killed_before_its_250_comes_again() {
    let mut rig = Rig::up().await;
    let postfix = Postfix::start(&rig.address);
    let mut client = postfix.client().await;
    rig.intake.next(Storing::Hangs);
    client.asks("MAIL FROM:<ada@one.example>", "250 ").await;
    client.asks("RCPT TO:<reply+abc@jobs.example>", "250 ").await;
    client.asks("DATA", "354 ").await;
    client.send("Subject: once\r\n\r\nwords\r\n.\r\n").await;
    client.hears("250 ").await;
    rig.intake.has_begun().await;
    let address = rig.address.clone();
    rig.running.abort();
    assert!((&mut rig.running).await.is_err(), "killed");
    postfix.until("Postfix notices", || postfix.log().contains("status=deferred (lost connection")).await;
    let next = Rig::at(&address, |_| ()).await;
    postfix.until("it comes again", || next.intake.kept().len() == 1).await;
    assert!(next.intake.mails()[0].ends_with("words\r\n"));
}
