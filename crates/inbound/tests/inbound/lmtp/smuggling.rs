//! A sender who writes commands into a mail. Whatever the line ends are, it stays one mail.

use super::Rig;

/// The second mail that an attacker would like to send.
const SMUGGLED: &str = "MAIL FROM:<boss@jobs.example>\r\nRCPT TO:<victim@jobs.example>\r\nDATA\r\nFrom: boss@jobs.example\r\n\r\npay\r\n";

#[tokio::test]
async fn no_line_end_but_the_right_one_ends_a_mail() {
    let mut ends = Vec::new();
    for before in ["\n", "\r", "\r\n", "\r\r\n", "\n\r", "\r\n\0", "\n\n", "\u{85}", "\u{2028}"] {
        for after in ["\n", "\r", "\r\n", "\r\r\n", "\n\r", "\0\r\n", " \r\n", "\u{85}"] {
            ends.push(format!("{before}.{after}"));
        }
    }
    // Those that hold the right one. `CR CR LF` has a CR LF in it: a line that a CR ends.
    ends.retain(|end| !end.contains("\r\n.\r\n"));
    assert!(ends.len() > 60);
    let rig = Rig::with(|limits| limits.commands_without_mail = 10_000).await;
    let mut client = rig.introduced().await;
    for (already, end) in ends.iter().enumerate() {
        client.begins(&["a@jobs.example"]).await;
        client.send(format!("Subject: hello\r\n\r\nwords{end}{SMUGGLED}\r\n.\r\n")).await;
        client.hears("250 2.0.0 ").await;
        client.asks("NOOP", "250 2.0.0 Ok").await;
        let mails = rig.intake.kept();
        assert_eq!(mails.len(), already + 1, "{end:?}");
        assert_eq!(mails[already].recipients, ["a@jobs.example"], "{end:?}");
        let raw = String::from_utf8_lossy(&mails[already].raw);
        assert!(raw.ends_with(&format!("{SMUGGLED}\r\n")), "{end:?}: {raw:?}");
    }
}

#[tokio::test]
async fn a_command_ends_with_cr_lf() {
    let rig = Rig::up().await;
    let mut client = rig.introduced().await;
    for line in ["NOOP\n", "\n", "MAIL FROM:<a@b.example>\rRSET\r\n", "NOOP\r\r\n"] {
        client.send(line).await;
        client.hears("500 5.5.2 A line ends with CR LF").await;
    }
    client.asks("RCPT TO:<a@jobs.example>", "503 ").await;
    client.asks("NOOP\0", "501 ").await;
}

#[tokio::test]
async fn a_mail_behind_a_data_that_was_refused_is_not_read_as_commands() {
    let rig = Rig::up().await;
    for refused in ["DATA\r\n", "MAIL FROM:<>\r\nRCPT TO:<bounce+x@jobs.example>\r\nDATA\r\n"] {
        let mut client = rig.introduced().await;
        client.send(format!("{refused}Subject: x\r\n\r\n{SMUGGLED}.\r\n")).await;
        let said = client.rest().await;
        let last: Vec<&str> = said.lines().rev().take(2).map(|line| &line[..3]).collect();
        assert_eq!(last, ["421", "503"], "{said}");
    }
    let mut client = rig.introduced().await;
    client.send(format!("MAIL FROM:<>\r\nRCPT TO:<a@jobs.example>\r\nBDAT 200 LAST\r\n{SMUGGLED}")).await;
    assert!(client.rest().await.lines().last().unwrap().starts_with("421 "));
    assert_eq!(rig.intake.kept().len(), 0);
}

#[tokio::test]
async fn a_web_browser_gets_nowhere() {
    let rig = Rig::up().await;
    for lost in ["POST / HTTP/1.1\r\n", "GET / HTTP/1.1\n", "\x16\x03\x01\x02\0\x01\n", "{\"a\":1}\r\n"] {
        let mut client = rig.client().await;
        client.send(format!("{lost}Host: 127.0.0.1\r\n\r\nLHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@jobs.example>\r\nDATA\r\nx\r\n.\r\n")).await;
        let said = client.rest().await;
        assert!(said.starts_with("50") && said.lines().last().unwrap().starts_with("421 ") && said.lines().count() == 2, "{said}");
    }
    assert_eq!(rig.intake.kept().len(), 0);
}
