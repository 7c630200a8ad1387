//! How it ends: in order, by a kill, or because the other side went away.

use std::time::{Duration, Instant};

use tokio::{net::TcpStream, time::sleep};

use super::{PATIENCE, Rig, intake::Storing};

#[tokio::test]
async fn a_kill_between_the_dot_and_the_250_says_nothing() {
    let rig = Rig::up().await;
    rig.intake.next(Storing::Hangs);
    let mut client = rig.introduced().await;
    client.begins(&["a@jobs.example"]).await;
    client.send("x\r\n.\r\n").await;
    rig.intake.has_begun().await;
    let server = rig.server.clone();
    drop(rig);
    assert_eq!(client.rest().await, "");
    assert_eq!(server.in_flight(), 0);
}

#[tokio::test]
async fn who_goes_away_before_the_dot_leaves_nothing() {
    let rig = Rig::up().await;
    for sent in ["", "x", "x\r\n", "x\r\n.", "x\r\n.\r"] {
        let mut client = rig.introduced().await;
        client.begins(&["a@jobs.example"]).await;
        client.send(sent).await;
        assert!(rig.server.in_flight() > 0);
        drop(client);
        let started = Instant::now();
        while rig.server.in_flight() > 0 {
            assert!(started.elapsed() < PATIENCE, "{sent:?}");
            sleep(Duration::from_millis(1)).await;
        }
    }
    // Without waiting for the answer it is stored all the same: whoever comes again with it finds it there.
    let mut client = rig.introduced().await;
    client.begins(&["a@jobs.example"]).await;
    client.send("last\r\n.\r\n").await;
    drop(client);
    rig.intake.has_begun().await;
    assert_eq!(rig.intake.mails(), ["last\r\n"]);
}

#[tokio::test]
async fn stopping_finishes_the_mails_in_flight_and_sends_the_others_away() {
    let mut rig = Rig::up().await;
    let (mut receiving, mut storing) = (rig.introduced().await, rig.introduced().await);
    let (mut idle, mut begun, mut greeted) = (rig.introduced().await, rig.introduced().await, rig.client().await);
    receiving.begins(&["a@jobs.example"]).await;
    receiving.send("one\r\n").await;
    rig.intake.next(Storing::Waits);
    storing.begins(&["a@jobs.example", "b@jobs.example"]).await;
    storing.send("two\r\n.\r\n").await;
    rig.intake.has_begun().await;
    begun.asks("MAIL FROM:<>", "250 ").await;
    begun.asks("RCPT TO:<a@jobs.example>", "250 ").await;
    rig.stop();
    for client in [&mut idle, &mut begun, &mut greeted] {
        client.hears("421 4.3.2 Stopping").await;
        assert_eq!(client.rest().await, "");
    }
    assert!(TcpStream::connect(&rig.address).await.is_err(), "nobody is let in any more");
    receiving.send("more\r\n.\r\nMAIL FROM:<>\r\n").await;
    receiving.hears("250 2.0.0 Ok: stored").await;
    receiving.hears("421 4.3.2 Stopping").await;
    rig.intake.go_on();
    for expected in ["250 2.0.0 Ok: stored", "250 2.0.0 Ok: stored", "421 4.3.2 "] {
        storing.hears(expected).await;
    }
    drop((idle, begun, greeted, receiving, storing));
    rig.ended().await;
    assert_eq!(rig.intake.mails(), ["one\r\nmore\r\n", "two\r\n"]);
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut rig = Rig::with(|limits| limits.shutdown = Duration::from_millis(100)).await;
    let mut client = rig.introduced().await;
    rig.intake.next(Storing::Hangs);
    client.begins(&["a@jobs.example"]).await;
    client.send("x\r\n.\r\n").await;
    rig.intake.has_begun().await;
    rig.stop();
    rig.ended().await;
    assert_eq!(client.rest().await, "");
}
