use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{locale::Locale, notification::Kind};

use super::{
    sink::{Act, At, Sink},
    *,
};
use crate::{Composer, samples};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> DateTime<Utc> {
        NOW
    }
}

fn relay(port: u16) -> Relay {
    Relay::new("127.0.0.1", port, "client.example")
}

fn smtp(sink: &Sink) -> Smtp {
    Smtp::new(relay(sink.port()), Arc::new(StoppedClock))
}

/// With a timeout that a test can wait for at one stage, and at no other.
fn impatient(sink: &Sink, stage: fn(&mut Timeouts) -> &mut Duration) -> Smtp {
    let mut timeouts = Timeouts::default();
    *stage(&mut timeouts) = Duration::from_millis(100);
    Smtp::new(Relay { timeouts, ..relay(sink.port()) }, Arc::new(StoppedClock))
}

fn mail() -> Composed {
    Composer::new().unwrap().compose(&samples::letter(Kind::Rejected, Locale::En)).unwrap()
}

fn accepted(reply: &str) -> Outcome {
    Outcome::Accepted { reply: reply.to_owned() }
}

/// Does `act` at one moment of the first mail on the first connection, and obliges otherwise.
async fn once(moment: At, act: Act) -> Sink {
    Sink::new(move |connection, mail, at| if (connection, mail, at) == (0, 0, moment) { act } else { Act::Oblige }).await
}

#[tokio::test]
async fn mails_follow_each_other_on_one_connection_with_their_envelopes() {
    let sink = Sink::obliging().await;
    let smtp = smtp(&sink);
    for _ in 0..3 {
        assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"));
    }
    assert_eq!(sink.connections(), 1);
    let taken = &sink.mails()[2];
    assert_eq!(
        (taken.mail_from.as_str(), taken.rcpt_to.as_str()),
        ("MAIL FROM:<people@northwind.example>", "RCPT TO:<zoe.ferreira@example.org>")
    );
    assert_eq!(sink.heard()[0], "EHLO client.example");
}

#[tokio::test]
async fn a_greylisted_mail_is_retried_on_the_same_session_and_accepted() {
    let greylisted = AtomicUsize::new(0);
    let sink = Sink::new(move |_, _, at| match at {
        At::Rcpt if greylisted.fetch_add(1, Ordering::SeqCst) < 2 => Act::Say("450 4.2.0 greylisted"),
        _ => Act::Oblige,
    })
    .await;
    let smtp = smtp(&sink);
    for _ in 0..2 {
        assert_eq!(smtp.hand_over(&mail()).await, Outcome::Retry { reason: "450 4.2.0 greylisted".into() });
        assert_eq!(sink.heard().last().map(String::as_str), Some("RSET"));
    }
    assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"));
    assert_eq!((sink.connections(), sink.mails().len()), (1, 1));
}

#[tokio::test]
async fn a_refused_address_is_undeliverable_with_every_line_of_the_reply() {
    let sink = once(At::Rcpt, Act::Say("550-5.1.1 no such user\r\n550 5.1.1 see https://relay.example/help")).await;
    let Outcome::Undeliverable { reason } = smtp(&sink).hand_over(&mail()).await else { panic!("undeliverable") };
    assert_eq!(reason, "550 5.1.1 no such user see https://relay.example/help");
}

#[tokio::test]
async fn closed_before_the_dot_is_a_retry() {
    for (moment, act) in
        [(At::Rcpt, Act::Close), (At::Data, Act::Close), (At::Data, Act::CloseDuringContent), (At::Data, Act::Say("554 no"))]
    {
        let sink = once(moment, act).await;
        let mut large = mail();
        // More than the connection's buffers hold, so that the dot cannot be out yet.
        large.raw = b"Subject: x\r\n\r\n".iter().copied().chain(b"0123456789abcdef\r\n".repeat(2_000_000)).collect();
        let outcome = smtp(&sink).hand_over(&large).await;
        assert!(matches!(outcome, Outcome::Retry { .. }), "{moment:?} {act:?}: {outcome:?}");
        assert!(sink.mails().is_empty());
    }
}

#[tokio::test]
async fn stuck_before_the_dot_is_a_retry() {
    let sink = Sink::new(|_, _, at| if at == At::Data { Act::SayAndStall("354 go on") } else { Act::Oblige }).await;
    let mut large = mail();
    large.raw = b"Subject: x\r\n\r\n".iter().copied().chain(b"0123456789abcdef\r\n".repeat(2_000_000)).collect();
    let outcome = impatient(&sink, |timeouts| &mut timeouts.data_block).hand_over(&large).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn closed_after_the_dot_may_have_been_sent() {
    let sink = once(At::Dot, Act::Close).await;
    let outcome = smtp(&sink).hand_over(&mail()).await;
    assert!(matches!(outcome, Outcome::MaybeSent { .. }), "{outcome:?}");
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn silence_after_the_dot_may_have_been_sent_and_its_session_is_never_used_again() {
    let sink = once(At::Dot, Act::Silence).await;
    let smtp = impatient(&sink, |timeouts| &mut timeouts.data_end);
    let outcome = smtp.hand_over(&mail()).await;
    assert!(matches!(outcome, Outcome::MaybeSent { .. }), "{outcome:?}");
    assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"));
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_mail_cancelled_after_the_dot_leaves_no_answer_behind_for_the_next() {
    let sink = Sink::new(|connection, _, at| match (connection, at) {
        (0, At::Dot) => Act::Silence,
        (_, At::Dot) => Act::Say("451 4.3.0 later"),
        _ => Act::Oblige,
    })
    .await;
    let smtp = smtp(&sink);
    let cancelled = tokio::time::timeout(Duration::from_millis(100), smtp.hand_over(&mail())).await;
    assert!(cancelled.is_err());
    assert_eq!(smtp.hand_over(&mail()).await, Outcome::Retry { reason: "451 4.3.0 later".into() });
}

#[tokio::test]
async fn a_stale_session_costs_no_try() {
    for act in [Act::Close, Act::SayAndClose("421 4.4.2 idle too long"), Act::Silence] {
        let sink = Sink::new(move |connection, mail, at| if (connection, mail, at) == (0, 1, At::Mail) { act } else { Act::Oblige }).await;
        let smtp = impatient(&sink, |timeouts| &mut timeouts.mail);
        for _ in 0..2 {
            assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"), "{act:?}");
        }
        assert_eq!((sink.connections(), sink.mails().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_fresh_session_that_breaks_is_a_try_and_not_a_loop() {
    let sink = Sink::new(|_, _, at| if at == At::Mail { Act::Close } else { Act::Oblige }).await;
    let outcome = smtp(&sink).hand_over(&mail()).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn each_stage_waits_for_its_own_time() {
    type Stage = (At, fn(&mut Timeouts) -> &mut Duration, fn(&Outcome) -> bool);
    let stages: [Stage; 6] = [
        (At::Greeting, |timeouts| &mut timeouts.greeting, |outcome| matches!(outcome, Outcome::RelayDown { .. })),
        (At::Ehlo, |timeouts| &mut timeouts.greeting, |outcome| matches!(outcome, Outcome::RelayDown { .. })),
        (At::Mail, |timeouts| &mut timeouts.mail, |outcome| matches!(outcome, Outcome::Retry { .. })),
        (At::Rcpt, |timeouts| &mut timeouts.rcpt, |outcome| matches!(outcome, Outcome::Retry { .. })),
        (At::Data, |timeouts| &mut timeouts.data_start, |outcome| matches!(outcome, Outcome::Retry { .. })),
        (At::Dot, |timeouts| &mut timeouts.data_end, |outcome| matches!(outcome, Outcome::MaybeSent { .. })),
    ];
    for (moment, timeout, is_expected) in stages {
        let sink = once(moment, Act::Silence).await;
        // The other stages wait for minutes.
        let outcome = tokio::time::timeout(Duration::from_secs(20), impatient(&sink, timeout).hand_over(&mail())).await;
        assert!(outcome.as_ref().is_ok_and(is_expected), "{moment:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_session_is_used_again_only_after_a_clean_reply() {
    for (moment, act, connections) in [
        (At::Mail, Act::Say("451 4.3.0 later"), 1),
        (At::Mail, Act::SayAndClose("421 4.3.2 closing"), 2),
        (At::Rcpt, Act::Say("550 5.1.1 no such user"), 1),
        (At::Rcpt, Act::SayAndClose("421 4.3.2 closing"), 2),
        (At::Data, Act::Say("451 4.3.0 later"), 2),
        (At::Dot, Act::Oblige, 1),
        (At::Dot, Act::Say("451 4.3.0 later"), 1),
        (At::Dot, Act::Say("554 5.7.1 spam"), 1),
        (At::Dot, Act::SayAndClose("421 4.3.2 closing"), 2),
        (At::Dot, Act::Say("354 what"), 2),
        (At::Dot, Act::Say("nonsense"), 2),
    ] {
        let sink = once(moment, act).await;
        let smtp = smtp(&sink);
        for _ in 0..2 {
            smtp.hand_over(&mail()).await;
        }
        assert_eq!(sink.connections(), connections, "{moment:?} {act:?}");
    }
}

#[tokio::test]
async fn a_relay_that_will_not_forget_a_refused_mail_gets_a_new_session() {
    for act in [Act::Say("502 what"), Act::Close, Act::Silence] {
        let sink = Sink::new(move |connection, _, at| match (connection, at) {
            (0, At::Rcpt) => Act::Say("550 5.1.1 no such user"),
            (0, At::Rset) => act,
            _ => Act::Oblige,
        })
        .await;
        let smtp = impatient(&sink, |timeouts| &mut timeouts.farewell);
        assert_eq!(smtp.hand_over(&mail()).await, Outcome::Undeliverable { reason: "550 5.1.1 no such user".into() });
        assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"), "{act:?}");
    }
}

#[tokio::test]
async fn a_session_idle_for_too_long_is_not_used() {
    let sink = Sink::obliging().await;
    let smtp = Smtp::new(Relay { idle_for: Duration::ZERO, ..relay(sink.port()) }, Arc::new(StoppedClock));
    for _ in 0..2 {
        assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"));
    }
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_relay_that_does_not_greet_us_is_away_for_half_a_minute() {
    for (moment, act) in [
        (At::Greeting, Act::Say("554 go away")),
        (At::Greeting, Act::Say("421 busy")),
        (At::Greeting, Act::Close),
        (At::Greeting, Act::Silence),
        (At::Ehlo, Act::Say("550 not you")),
    ] {
        let sink = once(moment, act).await;
        let smtp = impatient(&sink, |timeouts| &mut timeouts.greeting);
        let Outcome::RelayDown { resume_at, .. } = smtp.hand_over(&mail()).await else { panic!("{moment:?} {act:?}") };
        assert_eq!(resume_at, NOW + TimeDelta::seconds(30));
    }
}

#[tokio::test]
async fn an_address_beyond_ascii_goes_only_to_a_relay_that_takes_it() {
    let letter = crate::Letter { to: "jürgen@example.org".parse().unwrap(), ..samples::letter(Kind::Received, Locale::En) };
    let mail = Composer::new().unwrap().compose(&letter).unwrap();
    let plain = Sink::obliging().await;
    assert!(matches!(smtp(&plain).hand_over(&mail).await, Outcome::Hold { .. }));
    let able = once(At::Ehlo, Act::Say("250-sink.example\r\n250-8BITMIME\r\n250 SMTPUTF8")).await;
    assert_eq!(smtp(&able).hand_over(&mail).await, accepted("250 2.0.0 queued"));
    assert!(able.heard().contains(&"MAIL FROM:<people@northwind.example> SMTPUTF8 BODY=8BITMIME".to_owned()), "{:?}", able.heard());
}

#[tokio::test]
async fn closing_says_goodbye() {
    let sink = Sink::obliging().await;
    let smtp = smtp(&sink);
    assert_eq!(smtp.hand_over(&mail()).await, accepted("250 2.0.0 queued"));
    smtp.close().await;
    assert_eq!(sink.heard().last().map(String::as_str), Some("QUIT"));
}
