//! One relay, one mail after the other: how far a session got, and what becomes of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use hearback_testkit::smtp_sink::Manner;

use super::*;

#[tokio::test]
async fn mails_follow_each_other_on_one_connection_with_their_envelopes() {
    let sink = obliging().await;
    let smtp = smtp(&sink);
    for _ in 0..3 {
        assert_eq!(smtp.hand_over(&mail()).await, accepted());
    }
    assert_eq!(sink.connections(), 1);
    let taken = &sink.accepted()[2];
    assert_eq!(taken.envelope.sender, "people@northwind.example");
    assert_eq!(taken.envelope.recipients, ["zoe.ferreira@example.org"]);
    assert_eq!(sink.heard()[0], "EHLO client.example");
}

#[tokio::test]
async fn a_greylisted_mail_is_retried_on_the_same_session_and_accepted() {
    let greylisted = AtomicUsize::new(0);
    let sink = scripted(move |moment| match moment.stage {
        Stage::Rcpt if greylisted.fetch_add(1, Ordering::SeqCst) < 2 => say("450 4.2.0 greylisted"),
        _ => Answer::Accept,
    })
    .await;
    let smtp = smtp(&sink);
    for _ in 0..2 {
        assert_eq!(smtp.hand_over(&mail()).await, Outcome::Retry { reason: "450 4.2.0 greylisted".into() });
        assert_eq!(sink.heard().last().map(String::as_str), Some("RSET"));
    }
    assert_eq!(smtp.hand_over(&mail()).await, accepted());
    assert_eq!((sink.connections(), sink.accepted().len()), (1, 1));
}

#[tokio::test]
async fn a_refused_address_is_undeliverable_with_every_line_of_the_reply() {
    let sink = once(Stage::Rcpt, say("550 5.1.1 no such user\n5.1.1 see https://relay.example/help")).await;
    let Outcome::Undeliverable { reason } = smtp(&sink).hand_over(&mail()).await else { panic!("undeliverable") };
    assert_eq!(reason, "550 5.1.1 no such user see https://relay.example/help");
}

#[tokio::test]
async fn closed_before_the_dot_is_a_retry() {
    for (moment, act) in
        [(Stage::Rcpt, Answer::Drop), (Stage::Data, Answer::Drop), (Stage::Data, Answer::DropDuringContent), (Stage::Data, say("554 no"))]
    {
        let sink = once(moment, act.clone()).await;
        let mut large = mail();
        // More than the connection's buffers hold, so that the dot cannot be out yet.
        large.raw = b"Subject: x\r\n\r\n".iter().copied().chain(b"0123456789abcdef\r\n".repeat(2_000_000)).collect();
        let outcome = smtp(&sink).hand_over(&large).await;
        assert!(matches!(outcome, Outcome::Retry { .. }), "{moment:?} {act:?}: {outcome:?}");
        assert!(sink.accepted().is_empty());
    }
}

#[tokio::test]
async fn stuck_before_the_dot_is_a_retry() {
    let sink = scripted(|moment| if moment.stage == Stage::Data { Answer::StallDuringContent } else { Answer::Accept }).await;
    let mut large = mail();
    large.raw = b"Subject: x\r\n\r\n".iter().copied().chain(b"0123456789abcdef\r\n".repeat(2_000_000)).collect();
    let outcome = impatient(&sink, |timeouts| &mut timeouts.data_block).hand_over(&large).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn closed_after_the_dot_may_have_been_sent() {
    let sink = once(Stage::Dot, Answer::AcceptThenDrop).await;
    let outcome = smtp(&sink).hand_over(&mail()).await;
    assert!(matches!(outcome, Outcome::MaybeSent { .. }), "{outcome:?}");
    assert_eq!(sink.accepted().len(), 1);
}

#[tokio::test]
async fn silence_after_the_dot_may_have_been_sent_and_its_session_is_never_used_again() {
    let sink = once(Stage::Dot, Answer::Silence).await;
    let smtp = impatient(&sink, |timeouts| &mut timeouts.data_end);
    let outcome = smtp.hand_over(&mail()).await;
    assert!(matches!(outcome, Outcome::MaybeSent { .. }), "{outcome:?}");
    assert_eq!(smtp.hand_over(&mail()).await, accepted());
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_mail_cancelled_after_the_dot_leaves_no_answer_behind_for_the_next() {
    let sink = scripted(|moment| match (moment.connection, moment.stage) {
        (0, Stage::Dot) => Answer::Silence,
        (_, Stage::Dot) => say("451 4.3.0 later"),
        _ => Answer::Accept,
    })
    .await;
    let smtp = smtp(&sink);
    let cancelled = tokio::time::timeout(Duration::from_millis(100), smtp.hand_over(&mail())).await;
    assert!(cancelled.is_err());
    assert_eq!(smtp.hand_over(&mail()).await, Outcome::Retry { reason: "451 4.3.0 later".into() });
}

#[tokio::test]
async fn a_stale_session_costs_no_try() {
    for act in [Answer::Drop, say_and_close("421 4.4.2 idle too long"), Answer::Silence] {
        let given = act.clone();
        let sink = scripted(move |moment| {
            let second = (moment.connection, moment.message, moment.stage) == (0, 1, Stage::Mail);
            if second { given.clone() } else { Answer::Accept }
        })
        .await;
        let smtp = impatient(&sink, |timeouts| &mut timeouts.mail);
        for _ in 0..2 {
            assert_eq!(smtp.hand_over(&mail()).await, accepted(), "{act:?}");
        }
        assert_eq!((sink.connections(), sink.accepted().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_fresh_session_that_breaks_is_a_try_and_not_a_loop() {
    let sink = scripted(|moment| if moment.stage == Stage::Mail { Answer::Drop } else { Answer::Accept }).await;
    let outcome = smtp(&sink).hand_over(&mail()).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
    assert_eq!(sink.connections(), 1);
}

#[tokio::test]
async fn each_stage_waits_for_its_own_time() {
    type Waits = (Stage, fn(&mut Timeouts) -> &mut Duration, fn(&Outcome) -> bool);
    let stages: [Waits; 6] = [
        (Stage::Connect, |timeouts| &mut timeouts.greeting, |outcome| matches!(outcome, Outcome::RelayDown { .. })),
        (Stage::Ehlo, |timeouts| &mut timeouts.greeting, |outcome| matches!(outcome, Outcome::RelayDown { .. })),
        (Stage::Mail, |timeouts| &mut timeouts.mail, |outcome| matches!(outcome, Outcome::Retry { .. })),
        (Stage::Rcpt, |timeouts| &mut timeouts.rcpt, |outcome| matches!(outcome, Outcome::Retry { .. })),
        (Stage::Data, |timeouts| &mut timeouts.data_start, |outcome| matches!(outcome, Outcome::Retry { .. })),
        (Stage::Dot, |timeouts| &mut timeouts.data_end, |outcome| matches!(outcome, Outcome::MaybeSent { .. })),
    ];
    for (moment, timeout, is_expected) in stages {
        let sink = once(moment, Answer::Silence).await;
        // The other stages wait for minutes.
        let outcome = tokio::time::timeout(Duration::from_secs(20), impatient(&sink, timeout).hand_over(&mail())).await;
        assert!(outcome.as_ref().is_ok_and(is_expected), "{moment:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_session_is_used_again_only_after_a_clean_reply() {
    for (moment, act, connections) in [
        (Stage::Mail, say("451 4.3.0 later"), 1),
        (Stage::Mail, say_and_close("421 4.3.2 closing"), 2),
        (Stage::Rcpt, say("550 5.1.1 no such user"), 1),
        (Stage::Rcpt, say_and_close("421 4.3.2 closing"), 2),
        (Stage::Data, say("451 4.3.0 later"), 2),
        (Stage::Dot, Answer::Accept, 1),
        (Stage::Dot, say("451 4.3.0 later"), 1),
        (Stage::Dot, say("554 5.7.1 spam"), 1),
        (Stage::Dot, say_and_close("421 4.3.2 closing"), 2),
        (Stage::Dot, say("354 what"), 2),
        (Stage::Dot, Answer::Raw("nonsense".to_owned()), 2),
    ] {
        let sink = once(moment, act.clone()).await;
        let smtp = smtp(&sink);
        for _ in 0..2 {
            smtp.hand_over(&mail()).await;
        }
        assert_eq!(sink.connections(), connections, "{moment:?} {act:?}");
    }
}

#[tokio::test]
async fn a_relay_that_will_not_forget_a_refused_mail_gets_a_new_session() {
    for act in [say("502 what"), Answer::Drop, Answer::Silence] {
        let given = act.clone();
        let sink = scripted(move |moment| match (moment.connection, moment.stage) {
            (0, Stage::Rcpt) => say("550 5.1.1 no such user"),
            (0, Stage::Rset) => given.clone(),
            _ => Answer::Accept,
        })
        .await;
        let smtp = impatient(&sink, |timeouts| &mut timeouts.farewell);
        assert_eq!(smtp.hand_over(&mail()).await, Outcome::Undeliverable { reason: "550 5.1.1 no such user".into() });
        assert_eq!(smtp.hand_over(&mail()).await, accepted(), "{act:?}");
    }
}

#[tokio::test]
async fn a_session_idle_for_too_long_is_not_used() {
    let sink = obliging().await;
    let smtp = relays([Relay { idle_for: Duration::ZERO, ..relay(&sink) }]);
    for _ in 0..2 {
        assert_eq!(smtp.hand_over(&mail()).await, accepted());
    }
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_relay_that_does_not_greet_us_is_away_for_half_a_minute() {
    for (moment, act) in [
        (Stage::Connect, say("554 go away")),
        (Stage::Connect, say("421 busy")),
        (Stage::Connect, Answer::Drop),
        (Stage::Connect, Answer::Silence),
        (Stage::Ehlo, say("550 not you")),
    ] {
        let sink = once(moment, act.clone()).await;
        let smtp = impatient(&sink, |timeouts| &mut timeouts.greeting);
        let Outcome::RelayDown { resume_at, .. } = smtp.hand_over(&mail()).await else { panic!("{moment:?} {act:?}") };
        assert_eq!(resume_at, NOW + TimeDelta::seconds(30));
    }
}

#[tokio::test]
async fn an_address_beyond_ascii_goes_only_to_a_relay_that_takes_it() {
    let mail = mail_to("jürgen@example.org");
    let plain = SmtpSink::with_manner(Script::accept_all(), Manner { beyond_ascii: false, ..Manner::default() }).await.unwrap();
    assert!(matches!(smtp(&plain).hand_over(&mail).await, Outcome::Hold { .. }));
    let able = obliging().await;
    assert_eq!(smtp(&able).hand_over(&mail).await, accepted());
    assert!(able.heard().contains(&"MAIL FROM:<people@northwind.example> SMTPUTF8 BODY=8BITMIME".to_owned()), "{:?}", able.heard());
}

#[tokio::test]
async fn a_session_is_closed_in_order_after_its_share_of_mails() {
    let sink = obliging().await;
    let smtp = relays([Relay { mails_per_session: 3, ..relay(&sink) }]);
    for _ in 0..7 {
        assert_eq!(smtp.hand_over(&mail()).await, accepted());
    }
    assert_eq!(sink.connections(), 3);
}

#[tokio::test]
async fn reaping_closes_what_is_idle_for_too_long_and_only_that() {
    let sink = obliging().await;
    let patient = smtp(&sink);
    let hasty = relays([Relay { idle_for: Duration::ZERO, ..relay(&sink) }]);
    for smtp in [&patient, &hasty] {
        assert_eq!(smtp.hand_over(&mail()).await, accepted());
        smtp.reap();
    }
    assert_eq!((patient.health()[0].idle_sessions, hasty.health()[0].idle_sessions), (1, 0));
}

#[tokio::test]
async fn closing_says_goodbye() {
    let sink = obliging().await;
    let smtp = smtp(&sink);
    assert_eq!(smtp.hand_over(&mail()).await, accepted());
    smtp.close().await;
    assert_eq!(sink.heard().last().map(String::as_str), Some("QUIT"));
}
