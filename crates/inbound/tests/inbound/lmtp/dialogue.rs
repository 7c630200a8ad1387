//! What is said, in order.

use std::time::Duration;

use hearback_inbound::lmtp::Received;

use super::{Rig, intake::Storing};

const OFFERS: &str = "250-jobs.example|250-PIPELINING|250-8BITMIME|250-SMTPUTF8|250-ENHANCEDSTATUSCODES|250 SIZE 33554432";

/// As lmtp(8) of Postfix 3.7 says it, without and then with pipelining, two mails over one connection.
#[tokio::test]
async fn a_postfix_delivers_over_a_connection_that_it_keeps() {
    let rig = Rig::up().await;
    let mut client = rig.client().await;
    client.asks("LHLO mx.example", OFFERS).await;
    client.asks("MAIL FROM:<ada@one.example> SIZE=317 BODY=8BITMIME", "250 2.1.0 Ok").await;
    client.asks("RCPT TO:<reply+abc@jobs.example>", "250 2.1.5 Ok").await;
    client.asks("DATA", "354 ").await;
    client.send("From: ada@one.example\r\n\r\nYes\r\n.\r\n").await;
    client.hears("250 2.0.0 Ok: stored as mail-1").await;

    client.send("MAIL FROM:<> SIZE=20\r\nRCPT TO:<reply+abc@jobs.example>\r\nRCPT TO:<\"Quoted Name\"@jobs.example>\r\nDATA\r\n").await;
    for expected in ["250 2.1.0 ", "250 2.1.5 ", "250 2.1.5 ", "354 "] {
        client.hears(expected).await;
    }
    client.send("Subject: two\r\n\r\n..\r\n.\r\nQUIT\r\n").await;
    for expected in ["250 2.0.0 Ok: stored as mail-2", "250 2.0.0 Ok: stored as mail-2", "221 2.0.0 "] {
        client.hears(expected).await;
    }
    assert_eq!(client.rest().await, "");

    let received = |from: &str, recipients: &[&str], raw: &str| Received {
        from: from.to_owned(),
        recipients: recipients.iter().map(|recipient| (*recipient).to_owned()).collect(),
        raw: raw.as_bytes().to_vec(),
    };
    assert_eq!(
        rig.intake.kept(),
        [
            received("ada@one.example", &["reply+abc@jobs.example"], "From: ada@one.example\r\n\r\nYes\r\n"),
            received("", &["reply+abc@jobs.example", "\"Quoted Name\"@jobs.example"], "Subject: two\r\n\r\n.\r\n"),
        ]
    );
    assert_eq!(rig.server.in_flight(), 0);
}

#[tokio::test]
async fn everything_at_once_and_byte_by_byte_is_the_same() {
    let dialogue = "LHLO mx.example\r\nMAIL FROM:<ada@one.example>\r\nRCPT TO:<a@jobs.example>\r\nRCPT TO:<bounce+x@jobs.example>\r\nDATA\r\n\
        one\r\n..dot\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@jobs.example>\r\nRSET\r\nNOOP\r\nMAIL FROM:<bob@one.example>\r\n\
        RCPT TO:<c@jobs.example>\r\nDATA\r\n.\r\nQUIT\r\n";
    for piece in [dialogue.len(), 1, 7] {
        let rig = Rig::up().await;
        let mut client = rig.client().await;
        for bytes in dialogue.as_bytes().chunks(piece) {
            client.send(bytes).await;
        }
        let codes: Vec<String> = client.rest().await.lines().map(|line| line[..4].to_owned()).collect();
        let offers = ["250-", "250-", "250-", "250-", "250-", "250 "];
        let rest = ["250 ", "250 ", "550 ", "354 ", "250 ", "250 ", "250 ", "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", "221 "];
        assert_eq!(codes, [&offers[..], &rest[..]].concat(), "by {piece}");
        assert_eq!(rig.intake.mails(), ["one\r\n.dot\r\n", ""]);
        assert_eq!(rig.intake.kept()[1].recipients, ["c@jobs.example"], "RSET forgets");
    }
}

#[tokio::test]
async fn whatever_the_bytes_are_they_are_kept() {
    let rig = Rig::up().await;
    let mut client = rig.introduced().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut mail = every_byte.repeat(20);
    mail.extend(b"\n.\n.\r.\n\r".repeat(50));
    mail.extend(b"x".repeat(1 << 20));
    mail.extend(b"\r\n.");
    mail.extend(b"z\r\n");
    let mut stuffed = if mail.starts_with(b".") { b".".to_vec() } else { Vec::new() };
    for (at, byte) in mail.iter().enumerate() {
        stuffed.push(*byte);
        if mail[..=at].ends_with(b"\r\n") && mail.get(at + 1) == Some(&b'.') {
            stuffed.push(b'.');
        }
    }
    client.begins(&["a@jobs.example"]).await;
    client.send(&stuffed).await;
    client.send(".\r\n").await;
    client.hears("250 2.0.0 ").await;
    assert!(rig.intake.kept()[0].raw == mail, "they differ");
}

#[tokio::test]
async fn each_recipient_has_a_reply_of_its_own() {
    let rig = Rig::up().await;
    let mut client = rig.introduced().await;
    client.asks("MAIL FROM:<>", "250 ").await;
    for (recipient, expected) in [
        ("a@jobs.example", "250 2.1.5 "),
        ("bounce+forged@jobs.example", "550 5.1.1 "),
        ("later@jobs.example", "451 4.3.0 "),
        ("b@jobs.example", "250 2.1.5 "),
        ("reply+unknown@jobs.example", "250 2.1.5 "),
    ] {
        client.asks(&format!("RCPT TO:<{recipient}>"), expected).await;
    }
    rig.intake.next(Storing::FailsFor(vec![1]));
    client.asks("DATA", "354 ").await;
    client.send("x\r\n.\r\nNOOP\r\n").await;
    for expected in ["250 2.0.0 Ok: stored", "451 4.3.0 Not stored", "250 2.0.0 Ok: stored", "250 2.0.0 Ok"] {
        client.hears(expected).await;
    }
    assert_eq!(rig.intake.kept()[0].recipients, ["a@jobs.example", "b@jobs.example", "reply+unknown@jobs.example"]);
}

#[tokio::test]
async fn what_is_not_stored_is_never_a_250() {
    let rig = Rig::with(|limits| limits.store = Duration::from_millis(200)).await;
    let mut client = rig.introduced().await;
    for storing in [Storing::Fails, Storing::Hangs] {
        rig.intake.next(storing);
        client.begins(&["a@jobs.example", "b@jobs.example"]).await;
        client.send("x\r\n.\r\n").await;
        client.hears("451 4.3.0 ").await;
        client.hears("451 4.3.0 ").await;
    }
    client.asks("MAIL FROM:<>", "250 ").await;
    client.asks("RCPT TO:<never@jobs.example>", "451 4.3.0 ").await;
    client.asks("RSET", "250 ").await;

    rig.intake.next(Storing::Panics);
    client.begins(&["a@jobs.example"]).await;
    client.send("x\r\n.\r\n").await;
    assert_eq!(client.rest().await, "", "nobody knows, so nothing is said");
    assert_eq!((rig.intake.kept().len(), rig.server.in_flight()), (0, 0));

    let mut client = rig.introduced().await;
    client.begins(&["a@jobs.example"]).await;
    client.send("x\r\n.\r\n").await;
    client.hears("250 ").await;
}

#[tokio::test]
async fn it_is_lmtp_and_in_its_order() {
    let rig = Rig::up().await;
    let mut client = rig.client().await;
    for (command, expected) in [
        ("NOOP", "250 2.0.0 "),
        ("EHLO mx.example", "500 5.5.1 This is LMTP"),
        ("HELO mx.example", "500 5.5.1 "),
        ("MAIL FROM:<>", "503 5.5.1 LHLO first"),
        ("LHLO mx.example", "250-"),
        ("RCPT TO:<a@jobs.example>", "503 5.5.1 MAIL first"),
        ("DATA", "503 5.5.1 MAIL first"),
        ("MAIL FROM:<>", "250 "),
        ("MAIL FROM:<>", "503 5.5.1 One"),
        ("DATA", "503 5.5.1 No valid recipients"),
        ("RCPT TO:<bounce+x@jobs.example>", "550 "),
        ("DATA", "503 5.5.1 No valid recipients"),
        ("RCPT TO:<a@jobs.example>", "250 "),
        ("LHLO mx.example", "250-"),
        ("DATA", "503 5.5.1 MAIL first"),
        ("VRFY ada", "252 2.5.0 "),
        ("HELP", "214 2.0.0 "),
        ("EXPN all", "502 5.5.1 "),
        ("STARTTLS", "502 5.5.1 "),
        ("MAIL FROM:<> RET=HDRS", "555 5.5.4 "),
        ("HONK", "500 5.5.1 "),
        ("MAIL FROM:<grå@one.example> SMTPUTF8", "250 "),
        ("RCPT TO:<postmaster>", "250 "),
        ("RSET", "250 "),
        ("QUIT", "221 2.0.0 "),
    ] {
        client.asks(command, expected).await;
    }
    assert_eq!(client.rest().await, "");
}
