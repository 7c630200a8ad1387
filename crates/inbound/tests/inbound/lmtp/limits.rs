//! What the other side may not do, and what it hears.

use std::time::Duration;

use hearback_inbound::limits as of_a_mail;
use tokio::{runtime::Builder, time::sleep};

use super::{PATIENCE, Rig, client::Client, intake::Storing};
use crate::memory::peak;

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_mail_over_the_limit_is_refused_for_good_and_nothing_of_it_is_kept() {
    let rig = Rig::with(|limits| (limits.mail, limits.in_flight) = (10_000, 20_000)).await;
    let mut client = rig.introduced().await;
    client.asks("MAIL FROM:<> SIZE=10001", "552 5.3.4 ").await;
    client.asks("MAIL FROM:<> SIZE=18446744073709551615", "552 5.3.4 ").await;
    // It lies.
    client.asks("MAIL FROM:<> SIZE=10", "250 ").await;
    client.asks("RCPT TO:<a@jobs.example>", "250 ").await;
    client.asks("RCPT TO:<b@jobs.example>", "250 ").await;
    client.asks("DATA", "354 ").await;
    client.send([&b"x".repeat(1 << 20)[..], b"\r\n.\r\n"].concat()).await;
    client.hears("552 5.3.4 ").await;
    client.hears("552 5.3.4 ").await;
    // As large as it may be, dots not counted.
    client.begins(&["a@jobs.example"]).await;
    client.send([&b"..\r\n"[..], &b"x".repeat(9_995), b"\r\n.\r\n"].concat()).await;
    client.hears("250 ").await;
    assert_eq!(rig.intake.kept().iter().map(|mail| mail.raw.len()).collect::<Vec<_>>(), [10_000]);
}

#[tokio::test]
async fn recipients_beyond_the_limit_are_put_off_and_the_others_get_their_mail() {
    let rig = Rig::up().await;
    let mut client = rig.introduced().await;
    client.asks("MAIL FROM:<>", "250 ").await;
    for number in 0..110 {
        client.asks(&format!("RCPT TO:<{number}@jobs.example>"), if number < 100 { "250 " } else { "452 4.5.3 " }).await;
    }
    client.asks("DATA", "354 ").await;
    client.send("x\r\n.\r\nQUIT\r\n").await;
    let said = client.rest().await;
    assert_eq!(said.lines().filter(|line| line.starts_with("250 ")).count(), 100, "{said}");
    assert_eq!(rig.intake.kept()[0].recipients.len(), 100);
}

#[tokio::test]
async fn who_says_nothing_is_sent_away() {
    let rig = Rig::with(|limits| limits.idle = SHORT).await;
    rig.client().await.hears("421 4.4.2 ").await;
    let mut client = rig.introduced().await;
    client.begins(&["a@jobs.example"]).await;
    client.send("half a mail\r\n").await;
    client.hears("421 4.4.2 ").await;
    assert_eq!(client.rest().await, "");
    assert_eq!((rig.intake.kept().len(), rig.server.in_flight()), (0, 0));
}

/// A byte now and then, for ever.
async fn dribbles(mut client: Client, bytes: &str) {
    let dribbling = async {
        for byte in bytes.as_bytes().iter().cycle() {
            if !client.try_send([*byte]).await {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, dribbling).await.expect("it is ended by the other side");
}

#[tokio::test]
async fn a_slow_loris_has_a_time_for_its_command_and_one_for_its_mail() {
    let rig = Rig::with(|limits| (limits.command, limits.data, limits.idle) = (SHORT, SHORT, PATIENCE)).await;
    dribbles(rig.client().await, "LHLO").await;
    dribbles(rig.client().await, "x").await;
    let mut client = rig.introduced().await;
    client.begins(&["a@jobs.example"]).await;
    dribbles(client, "x\r\n").await;
    assert_eq!((rig.intake.kept().len(), rig.server.in_flight()), (0, 0));
}

#[tokio::test]
async fn who_does_not_read_is_not_waited_for() {
    let rig = Rig::with(|limits| (limits.command, limits.commands_without_mail) = (SHORT, u32::MAX)).await;
    let mut client = rig.introduced().await;
    let flood = "HELP\r\n".repeat(10_000);
    let flooding = async { while client.try_send(&flood).await {} };
    tokio::time::timeout(PATIENCE, flooding).await.expect("it is ended by the other side");
}

#[tokio::test]
async fn connections_above_the_limit_are_told_to_come_again() {
    let rig = Rig::with(|limits| limits.connections = 2).await;
    let (mut first, _second) = (rig.introduced().await, rig.introduced().await);
    let mut third = Client::connect(&rig.address).await;
    assert!(third.rest().await.starts_with("421 4.3.2 Too many connections"));
    first.asks("QUIT", "221 ").await;
    drop(first);
    let again = async {
        loop {
            let mut client = Client::connect(&rig.address).await;
            if client.reply().await.starts_with("220 ") {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("there is room again");
}

#[tokio::test]
async fn commands_have_an_end() {
    let rig = Rig::with(|limits| (limits.commands_without_mail, limits.bad_commands) = (150, 10)).await;
    let mut client = rig.introduced().await;
    for _ in 0..2 {
        for _ in 0..140 {
            client.asks("NOOP", "250 ").await;
        }
        client.begins(&["a@jobs.example"]).await;
        client.send("x\r\n.\r\n").await;
        client.hears("250 ").await;
    }
    for _ in 0..150 {
        client.asks("NOOP", "250 ").await;
    }
    client.asks("NOOP", "421 4.7.0 Too many commands").await;
    assert_eq!(client.rest().await, "");

    let mut client = rig.introduced().await;
    for _ in 0..9 {
        client.asks("HONK", "500 ").await;
    }
    client.asks("HONK", "500 ").await;
    client.hears("421 4.7.0 Too many errors").await;
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_line_may_be_long_but_not_longer() {
    let rig = Rig::up().await;
    let mut client = rig.introduced().await;
    client.asks(&format!("NOOP {}", "x".repeat(2_048 - 7)), "250 ").await;
    client.asks(&format!("NOOP {}", "x".repeat(2_048 - 6)), "500 5.5.2 Line too long").await;
    client.asks(&"x".repeat(5 << 20), "500 5.5.2 Line too long").await;
    client.asks("NOOP", "250 ").await;
}

#[test]
fn a_line_of_fifty_megabytes_is_refused_and_takes_no_more_room_than_the_largest_mail() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let piece = b"x".repeat(64 << 10);
    let conversation = async {
        let rig = Rig::up().await;
        let mut client = rig.introduced().await;
        for _ in 0..800 {
            client.send(&piece).await;
        }
        client.asks("", "500 5.5.2 Line too long").await;
        client.begins(&["reply+x@jobs.example"]).await;
        for _ in 0..800 {
            client.send(&piece).await;
        }
        client.send("\r\n.\r\n").await;
        client.hears("552 5.3.4 ").await;
        assert_eq!((rig.intake.kept().len(), rig.server.in_flight()), (0, 0));
    };
    let ((), taken) = peak(|| runtime.block_on(conversation));
    // While it grows it is there twice, the smaller one in part.
    assert!(taken < (of_a_mail::MAIL / 2) * 3 + (1 << 20), "{taken}");
}

#[tokio::test]
async fn all_mails_together_have_an_end() {
    let rig = Rig::with(|limits| {
        (limits.mail, limits.in_flight) = (100 << 10, 200 << 10);
        limits.command = SHORT;
    })
    .await;
    let (mut large, mut also, mut other) = (rig.introduced().await, rig.introduced().await, rig.introduced().await);
    for client in [&mut large, &mut also] {
        rig.intake.next(Storing::Waits);
        client.asks("MAIL FROM:<> SIZE=90000", "250 ").await;
        client.asks("RCPT TO:<a@jobs.example>", "250 ").await;
        client.asks("DATA", "354 ").await;
        client.send([&b"x".repeat(89_998)[..], b"\r\n.\r\n"].concat()).await;
        rig.intake.has_begun().await;
    }
    assert!(rig.server.in_flight() >= 180_000, "a mail that is being stored counts");
    // It says how large it is, and is put off before it is sent.
    other.asks("MAIL FROM:<> SIZE=100000", "250 ").await;
    other.asks("RCPT TO:<a@jobs.example>", "250 ").await;
    other.asks("DATA", "452 4.3.1 ").await;
    other.asks("RSET", "250 ").await;
    // It lies, and is put off after it was sent.
    other.asks("MAIL FROM:<> SIZE=1", "250 ").await;
    other.asks("RCPT TO:<a@jobs.example>", "250 ").await;
    other.asks("DATA", "354 ").await;
    other.send([&b"x".repeat(100_000)[..], b"\r\n.\r\n"].concat()).await;
    other.hears("452 4.3.1 ").await;
    rig.intake.go_on();
    rig.intake.go_on();
    large.hears("250 ").await;
    also.hears("250 ").await;
    other.begins(&["a@jobs.example"]).await;
    other.send([&b"x".repeat(100_000)[..], b"\r\n.\r\n"].concat()).await;
    other.hears("250 ").await;
    assert_eq!((rig.intake.kept().len(), rig.server.in_flight()), (3, 0));
}

#[tokio::test]
async fn mails_have_a_rate() {
    let rig = Rig::with(|limits| limits.mails_a_minute = 3).await;
    let (mut one, mut two) = (rig.introduced().await, rig.introduced().await);
    for turn in 0..3 {
        let client = if turn == 1 { &mut two } else { &mut one };
        client.asks("MAIL FROM:<>", "250 ").await;
        client.asks("RSET", "250 ").await;
    }
    two.asks("MAIL FROM:<>", "450 4.7.1 ").await;
    two.asks("QUIT", "221 ").await;
}
