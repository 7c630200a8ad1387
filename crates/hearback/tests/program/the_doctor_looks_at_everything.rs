use std::{fs, net::Ipv4Addr, path::Path};

use hearback_testkit::{
    certificate::Certificate,
    database::{DatabaseKind, TestDatabase},
    dns_server::{DnsServer, Record},
    free_port, on_both_databases,
    smtp_sink::{Manner, Mechanism, Script, Security, SmtpSink},
};
use serde_json::Value;
use tokio::process::Command;

use crate::{banner, program};

/// A deployment that is as it should be, and what stands around it.
struct Deployment {
    folder: tempfile::TempDir,
    database: TestDatabase,
    sink: SmtpSink,
    dns: DnsServer,
}

fn text(text: &str) -> Record {
    Record::Txt(text.to_owned())
}

fn mx(host: &str) -> Record {
    Record::Mx(10, host.to_owned())
}

/// example.com is where the board that `serve` makes writes from.
fn well() -> Vec<(&'static str, Record)> {
    vec![
        ("example.com", mx("mx.example.com")),
        ("example.com", text("v=spf1 include:relay.example -all")),
        ("_dmarc.example.com", text("v=DMARC1; p=reject")),
        ("replies.example.com", mx("mx.example.com")),
        ("replies.example.com", text("v=spf1 include:relay.example -all")),
        ("mx.example.com", Record::A(Ipv4Addr::new(192, 0, 2, 25))),
    ]
}

impl Deployment {
    async fn start(kind: DatabaseKind, zone: Vec<(&'static str, Record)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::for_names(&["127.0.0.1"]);
        fs::copy(certificate.root_file().unwrap().path(), folder.path().join("ca.pem")).unwrap();
        let login = Some(("hearback".to_owned(), "secret".to_owned()));
        let manner =
            Manner { security: Security::StartTls(certificate.server()), login, mechanisms: vec![Mechanism::Plain], ..Manner::default() };
        let sink = SmtpSink::with_manner(Script::accept_all(), manner).await.unwrap();
        let deployment = Self { folder, database: TestDatabase::create(kind), sink, dns: DnsServer::start(zone).await.unwrap() };
        deployment.make_board().await;
        deployment.configure("secret", "");
        deployment
    }

    /// As somebody who tries it first: `serve` in development makes a board.
    async fn make_board(&self) {
        let environment = [("HEARBACK_LISTEN", "127.0.0.1:0"), ("HEARBACK_DATABASE__URL", self.database.url())];
        let mut server = hearback_testkit::program::Program::spawn(program(), &["serve"], &environment).unwrap();
        banner::read(&mut server).await;
    }

    fn configure(&self, password: &str, more: &str) {
        let file = format!(
            "mode = \"production\"\npublic_url = \"https://jobs.example.com\"\n[database]\nurl = \"{}\"\n[organisation]\nfallback = \
             \"people@example.com\"\n[mail]\ntransport = \"smtp\"\nreply_domain = \"replies.example.com\"\n[mail.smtp]\nhost = \
             \"127.0.0.1\"\nport = {}\nsecurity = \"starttls\"\nca_file = \"ca.pem\"\nuser = \"hearback\"\npassword = \"{password}\"\n{more}",
            self.database.url(),
            self.sink.address().port()
        );
        fs::write(self.folder.path().join("hearback.toml"), file).unwrap();
    }

    async fn doctor(&self, more: &[&str]) -> (i32, String) {
        let dns = self.dns.address().to_string();
        run(self.folder.path(), &[&["doctor", "--dns", &dns], more].concat()).await
    }

    /// `area level` of what is not well, and whether anything is an error.
    async fn found(&self) -> (i32, Vec<String>) {
        let (code, said) = self.doctor(&["--json"]).await;
        let report: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        assert_eq!(report["ok"], code == 0, "{said}");
        let findings = report["findings"].as_array().unwrap();
        // A disk of a machine that builds may be nearly full.
        let bad = findings.iter().filter(|finding| finding["level"] != "ok" && finding["area"] != "disk");
        (
            code,
            bad.map(|finding| {
                format!(
                    "{} {}: {}",
                    finding["area"].as_str().unwrap(),
                    finding["level"].as_str().unwrap(),
                    finding["what"].as_str().unwrap()
                )
            })
            .collect(),
        )
    }
}

async fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(program()).args(arguments).current_dir(folder).env("NO_COLOR", "1").output().await.unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

/// By LMTP.
async fn hand_over(lmtp: &str, from: &str, to: &str, mail: &[u8]) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(lmtp).await.unwrap();
    let envelope = format!("LHLO mx.example.com\r\nMAIL FROM:<{from}>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
    stream.write_all(envelope.as_bytes()).await.unwrap();
    let mut said = String::new();
    let mut part = [0; 1024];
    for words in [mail, b".\r\nQUIT\r\n"] {
        while !said.contains("354 ") {
            let read = stream.read(&mut part).await.unwrap();
            said.push_str(std::str::from_utf8(&part[..read]).unwrap());
        }
        stream.write_all(words).await.unwrap();
    }
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.contains("stored as"), "{said}");
}

#[track_caller]
fn starts(found: &[String], expected: &[&str]) {
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (finding, beginning) in found.iter().zip(expected) {
        assert!(finding.starts_with(beginning), "`{beginning}` is not how it begins: {finding}");
    }
}

/// The PostgreSQL of tests is in a hurry, which is found.
const fn of_the_server(kind: DatabaseKind) -> &'static [&'static str] {
    match kind {
        DatabaseKind::Sqlite => &[],
        DatabaseKind::Postgres => &[
            "database error: the server's synchronous_commit is off: an application that was answered can be gone after a crash",
            "database error: the server's fsync is off",
            "database error: the server's full_page_writes is off",
        ],
    }
}

on_both_databases! {
    async fn a_deployment_that_is_well_is_told_so_and_nothing_is_sent(kind: DatabaseKind) {
        let deployment = Deployment::start(kind, well()).await;
        let (code, found) = deployment.found().await;
        starts(&found, of_the_server(kind));
        assert_eq!(code, i32::from(!found.is_empty()));
        let (_, said) = deployment.doctor(&[]).await;
        for words in [
            "takes our login, over TLS, its certificate trusted",
            "answers and bounces to replies.example.com have a way: mx.example.com",
            "example.com has a DMARC policy (p=reject)",
            match kind {
                DatabaseKind::Sqlite => "its tables are up to date, a commit waits for the disk",
                DatabaseKind::Postgres => "the database's, which all processes go by",
            },
            match kind {
                DatabaseKind::Sqlite => "doctor: 0 errors, ",
                DatabaseKind::Postgres => "doctor: 3 errors, ",
            },
        ] {
            assert!(said.contains(words), "`{words}` is missing in:\n{said}");
        }
        assert!(!said.contains("secret"), "{said}");
        assert_eq!(deployment.sink.accepted_count(), 0);
        assert!(!deployment.sink.heard().iter().any(|line| line.starts_with("MAIL")));
    }

    async fn a_mail_to_ourselves_that_comes_back_is_well_and_one_that_does_not_is_an_error(kind: DatabaseKind) {
        let deployment = Deployment::start(kind, well()).await;
        let lmtp = format!("127.0.0.1:{}", free_port().unwrap());
        deployment.configure("secret", &format!("[inbound]\nlisten = \"{lmtp}\"\n"));
        let (code, said) = deployment.doctor(&["--wait", "2"]).await;
        assert!(code == 1 && said.contains("was sent and did not come back within 2 s") && said.contains(&lmtp), "{said}");
        let config = deployment.folder.path().join("hearback.toml");
        let arguments = ["--config", config.to_str().unwrap(), "serve"];
        let folder = deployment.folder.path().to_str().unwrap().to_owned();
        let environment = [("HEARBACK_LISTEN", "127.0.0.1:0"), ("HEARBACK_MAIL__SMTP__CA_FILE", &*format!("{folder}/ca.pem"))];
        let mut serve = hearback_testkit::program::Program::spawn(program(), &arguments, &environment).unwrap();
        serve.wait_for_line("LMTP ready", std::time::Duration::from_secs(20)).await.unwrap();
        // What the mail server of the domain does: it hands over what comes to it.
        let brings_back = async {
            let mut handed = 0;
            loop {
                for mail in deployment.sink.accepted().into_iter().skip(handed) {
                    handed += 1;
                    hand_over(&lmtp, &mail.envelope.sender, &mail.envelope.recipients[0], &mail.content).await;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let (_, said) = tokio::select! {
            said = deployment.doctor(&["--wait", "30"]) => said,
            () = brings_back => unreachable!("it goes on"),
        };
        assert!(said.contains("a mail to our own reply address came back after"), "{said}");
        let (code, said) = deployment.doctor(&["--wait", "0", "--json"]).await;
        assert!(!said.contains("our own reply address"), "none is sent: {code} {said}");
    }

    async fn what_would_lose_mail_is_an_error_and_says_what_to_do(kind: DatabaseKind) {
        let zone = vec![
            ("example.com", mx("gone.example.com")),
            ("example.com", text("no record of ours")),
            ("replies.example.com", text("v=spf1 -all")),
        ];
        let deployment = Deployment::start(kind, zone).await;
        deployment.configure("wrong", "");
        let (code, found) = deployment.found().await;
        assert_eq!(code, 1);
        starts(&found, &[&[
            "relay error: 127.0.0.1:",
            "dns error: mail to example.com goes to gone.example.com, and no such host has an address",
            "dns error: replies.example.com has neither an MX record nor an address",
            "dns error: replies.example.com says by SPF that it sends no mail at all",
            "dns warning: example.com has no DMARC record",
        ], of_the_server(kind)].concat());
        assert!(found[0].contains("our login is refused: 535 5.7.8"), "{}", found[0]);
        let (_, said) = deployment.doctor(&[]).await;
        assert!(said.contains("→ see mail.smtp.user and mail.smtp.password") && said.contains(&format!("doctor: {} errors, ", found.len() - 1)), "{said}");
        assert!(!said.contains("wrong"), "{said}");
    }
}

#[tokio::test]
async fn names_that_cannot_be_looked_up_are_no_news_about_a_domain() {
    let mut zone = well();
    zone.retain(|(name, _)| *name != "replies.example.com" && *name != "_dmarc.example.com");
    zone.extend([("replies.example.com", Record::Failure), ("_dmarc.example.com", Record::Silence)]);
    let deployment = Deployment::start(DatabaseKind::Sqlite, zone).await;
    let (code, found) = deployment.found().await;
    assert_eq!(code, 0, "{found:#?}");
    starts(
        &found,
        &[
            "dns warning: where mail to replies.example.com goes cannot be looked up",
            "dns warning: the SPF record of replies.example.com cannot be looked up",
            "dns warning: the DMARC record of example.com cannot be looked up",
        ],
    );
}

#[tokio::test]
async fn one_relay_that_takes_our_mail_is_enough() {
    let deployment = Deployment::start(DatabaseKind::Sqlite, well()).await;
    let path = deployment.folder.path().join("hearback.toml");
    let file = fs::read_to_string(&path).unwrap().replace("[mail.smtp]", "[[mail.relay]]");
    fs::write(&path, format!("{file}[[mail.relay]]\nhost = \"127.0.0.1\"\nport = {}\n", free_port().unwrap())).unwrap();
    let (code, found) = deployment.found().await;
    assert_eq!(code, 0, "{found:#?}");
    starts(&found, &["relay warning: 127.0.0.1:"]);
    assert!(found[0].contains("it cannot be used: connection lost (Connection refused"), "{}", found[0]);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_findings_and_a_database_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hearback.toml"), "mode = \"production\"\nlisten = \"nowhere\"\n").unwrap();
    let (code, said) = run(folder.path(), &["doctor"]).await;
    assert!(
        code == 1 && said.contains("listen must be an address and a port") && said.ends_with("doctor: 1 error, 0 warnings\n"),
        "{said}"
    );

    fs::write(folder.path().join("hearback.toml"), "[database]\nurl = \"postgres://nobody@127.0.0.1:1/none\"\n").unwrap();
    let (code, said) = run(folder.path(), &["doctor"]).await;
    assert!(code == 1 && said.contains("the database cannot be reached"), "{said}");

    fs::remove_file(folder.path().join("hearback.toml")).unwrap();
    let (code, said) = run(folder.path(), &["doctor"]).await;
    assert!(code == 0 && said.contains("there is no database at hearback.db yet") && said.contains("no mail leaves"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}
