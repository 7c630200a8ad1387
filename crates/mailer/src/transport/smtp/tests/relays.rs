//! Several relays, their breakers, and what they remember.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn with_clock<const N: usize>(relays: [Relay; N]) -> (Relays, FakeClock) {
    let clock = FakeClock::default();
    (Relays::new(relays.into(), Arc::new(clock.clone())).unwrap(), clock)
}

/// A port on which nobody listens.
async fn nobody() -> Relay {
    let mut sink = obliging().await;
    let relay = relay(&sink);
    sink.stop().await;
    relay
}

#[tokio::test]
async fn a_relay_has_no_more_sessions_than_it_may_and_mails_stand_in_line_for_them() {
    let sink =
        scripted(|moment| if moment.stage == Stage::Dot { Answer::AcceptAfter(Duration::from_millis(20)) } else { Answer::Accept }).await;
    let relays = relays([Relay { sessions: 3, ..relay(&sink) }]);
    let mail = mail();
    let outcomes = futures::future::join_all((0..30).map(|_| relays.hand_over(&mail))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == accepted()), "{outcomes:?}");
    assert_eq!(sink.connections(), 3);
}

async fn always(stage: Stage, answer: Answer) -> SmtpSink {
    scripted(move |moment| if moment.stage == stage { answer.clone() } else { Answer::Accept }).await
}

#[tokio::test]
async fn the_first_relay_that_takes_mail_is_used_and_one_that_is_down_is_nobodys_try() {
    let second = obliging().await;
    let (relays, _) = with_clock([nobody().await, relay(&second)]);
    for _ in 0..2 {
        assert_eq!(relays.hand_over(&mail()).await, accepted());
    }
    let health = relays.health();
    assert_eq!((health[0].state, health[1].state), (BreakerState::Open { until: NOW + TimeDelta::seconds(30) }, BreakerState::Closed));
    let (at, trouble) = health[0].last_trouble.clone().unwrap();
    assert_eq!((at, trouble.cause), (NOW, Cause::Away));
    assert!(trouble.reason.starts_with("relay away: connection lost ("), "{}", trouble.reason);
    assert_eq!(relays.readiness(), Readiness::Everything);
}

#[tokio::test]
async fn a_refusal_of_us_before_the_content_goes_to_the_next_relay() {
    let second = obliging().await;
    for answer in [say("550 5.7.1 not you"), say("530 5.7.0 log in")] {
        let first = always(Stage::Mail, answer).await;
        assert_eq!(relays([relay(&first), relay(&second)]).hand_over(&mail()).await, accepted());
    }
}

#[tokio::test]
async fn after_doubt_or_a_refusal_of_the_content_no_other_relay_is_asked() {
    for answer in [Answer::AcceptThenDrop, say("554 5.7.1 spam"), say("451 later"), say("530 5.7.0 log in"), Answer::Raw("nonsense".into())]
    {
        let (first, second) = (always(Stage::Dot, answer.clone()).await, obliging().await);
        let outcome = relays([relay(&first), relay(&second)]).hand_over(&mail()).await;
        assert!(!matches!(outcome, Outcome::Accepted { .. }), "{answer:?}: {outcome:?}");
        assert_eq!(second.connections(), 0, "{answer:?}");
    }
}

#[tokio::test]
async fn when_no_relay_takes_mail_rows_wake_when_the_first_is_tried_out_and_no_earlier() {
    let sink = always(Stage::Connect, say_and_close("421 4.3.2 closed")).await;
    let (relays, clock) = with_clock([Relay { away_pause: TimeDelta::seconds(90), ..nobody().await }, relay(&sink)]);
    // The pauses of the second relay are 30, 60 and 120 s; the first is tried out after 90 s, and then not before 270.
    for (tried, seconds) in [(1, 30), (2, 90), (3, 210)] {
        let until = NOW + TimeDelta::seconds(seconds);
        for _ in 0..2 {
            let outcome = relays.hand_over(&mail()).await;
            let Outcome::RelayDown { resume_at, reason } = outcome else { panic!("{outcome:?}") };
            assert_eq!(resume_at, until);
            assert!(reason.contains("421 4.3.2 closed"), "{reason}");
        }
        assert_eq!((sink.connections(), relays.readiness()), (tried, Readiness::NothingBefore(until)));
        clock.set(until);
    }
    assert_eq!(relays.readiness(), Readiness::OneMail);
    sink.set_script(Script::accept_all());
    assert_eq!(relays.hand_over(&mail()).await, accepted());
    assert_eq!((relays.health()[1].state, relays.health()[1].since), (BreakerState::Closed, clock.now()));
}

#[tokio::test]
async fn a_relay_that_refuses_us_holds_everything_and_bounces_nobody() {
    for (stage, reply) in [(Stage::Mail, "550 5.7.1 not you"), (Stage::Rcpt, "550 5.1.8 no such sender domain")] {
        let sink = always(stage, say(reply)).await;
        let (relays, clock) = with_clock([relay(&sink)]);
        // Two hours of it.
        while clock.now() < NOW + TimeDelta::hours(2) {
            let outcome = relays.hand_over(&mail_to(&format!("a@domain{}.example", clock.now().timestamp()))).await;
            assert!(matches!(&outcome, Outcome::Configuration { .. } | Outcome::RelayDown { .. }), "{outcome:?}");
            clock.advance(TimeDelta::seconds(20));
        }
        assert!(sink.heard().iter().filter(|line| line.starts_with("MAIL")).count() < 20, "left alone for longer and longer");
    }
}

#[tokio::test]
async fn a_bare_refusal_is_the_address_once_the_relay_took_another_from_us() {
    let sink = scripted(|moment| match moment.stage {
        Stage::Rcpt if moment.recipients == ["nobody@one.example"] => say("550 no"),
        _ => Answer::Accept,
    })
    .await;
    let (relays, clock) = with_clock([relay(&sink)]);
    let outcome = relays.hand_over(&mail_to("nobody@one.example")).await;
    let Outcome::Configuration { resume_at, reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.ends_with("does not say which: 550 no"), "{reason}");
    assert_eq!(relays.hand_over(&mail_to("ada@one.example")).await, accepted(), "a neighbour is not held up");
    clock.set(resume_at);
    assert_eq!(relays.hand_over(&mail_to("nobody@one.example")).await, Outcome::Undeliverable { reason: "550 no".into() });
}

#[tokio::test]
async fn three_refusals_in_a_row_over_different_domains_open_the_breaker_and_an_acceptance_ends_the_row() {
    let sink = scripted(|moment| match moment.stage {
        Stage::Rcpt if moment.recipients[0].starts_with("nobody") => say("550 5.1.1 unknown"),
        _ => Answer::Accept,
    })
    .await;
    let (relays, _) = with_clock([relay(&sink)]);
    for to in ["nobody@one.example", "nobody@two.example"] {
        assert!(matches!(relays.hand_over(&mail_to(to)).await, Outcome::Undeliverable { .. }), "{to}");
    }
    assert_eq!(relays.hand_over(&mail_to("ada@four.example")).await, accepted());
    for to in ["nobody@one.example", "nobody@two.example"] {
        assert!(matches!(relays.hand_over(&mail_to(to)).await, Outcome::Undeliverable { .. }), "{to}");
    }
    let outcome = relays.hand_over(&mail_to("nobody@three.example")).await;
    assert!(matches!(&outcome, Outcome::RelayDown { reason, .. } if reason.starts_with("suspicious: ")), "{outcome:?}");
    assert!(matches!(relays.hand_over(&mail_to("ada@four.example")).await, Outcome::RelayDown { .. }));
}

#[tokio::test]
async fn a_trial_that_is_given_up_does_not_close_the_relay_for_ever() {
    let first = AtomicBool::new(true);
    let sink = scripted(move |moment| match moment.stage {
        Stage::Connect if moment.connection == 0 => say_and_close("421 busy"),
        Stage::Dot if first.swap(false, Ordering::SeqCst) => Answer::Silence,
        _ => Answer::Accept,
    })
    .await;
    let (relays, clock) = with_clock([relay(&sink)]);
    relays.hand_over(&mail()).await;
    clock.advance(TimeDelta::seconds(30));
    assert!(tokio::time::timeout(Duration::from_millis(100), relays.hand_over(&mail())).await.is_err());
    assert_eq!(relays.hand_over(&mail()).await, accepted());
}
