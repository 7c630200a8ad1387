//! A network that breaks: every mail's outcome agrees with what arrived.

use hearback_testkit::chaos_proxy::{ChaosProxy, Direction, Mode};

use super::*;

fn through(proxy: &ChaosProxy) -> Relays {
    let short = Duration::from_millis(200);
    let timeouts = Timeouts {
        connect: short,
        greeting: short,
        mail: short,
        rcpt: short,
        data_start: short,
        data_block: short,
        data_end: short,
        ..Timeouts::default()
    };
    relays([Relay { timeouts, security: Security::None, ..Relay::new("127.0.0.1", proxy.address().port(), "client.example") }])
}

#[tokio::test]
async fn wherever_the_connection_is_cut_nothing_is_believed_sent_that_was_not_nor_unsent_that_was() {
    let mail = mail();
    for cut_at in (1..mail.raw.len() as u64 + 400).step_by(97).chain([40, 60, 80, 100]) {
        for direction in [Direction::ToUpstream, Direction::ToClient] {
            let sink = obliging().await;
            let proxy = ChaosProxy::start(sink.address()).await.unwrap();
            proxy.set(Mode::CutAfter(direction, cut_at));
            let outcome = through(&proxy).hand_over(&mail).await;
            let arrived = sink.accepted_count();
            let agrees = match outcome {
                Outcome::Accepted { .. } => arrived == 1,
                Outcome::Retry { .. } | Outcome::RelayDown { .. } => arrived == 0,
                Outcome::MaybeSent { .. } => true,
                Outcome::Configuration { .. } | Outcome::Undeliverable { .. } | Outcome::Hold { .. } => false,
            };
            assert!(agrees, "{direction:?} after {cut_at} bytes: {outcome:?}, {arrived} arrived");
        }
    }
}

#[tokio::test]
async fn a_black_hole_and_a_dead_direction_are_met_by_the_stages_own_timeouts() {
    let sink = obliging().await;
    let proxy = ChaosProxy::start(sink.address()).await.unwrap();
    for mode in [Mode::BlackHole, Mode::HalfOpen(Direction::ToClient), Mode::HalfOpen(Direction::ToUpstream), Mode::RefuseNew] {
        proxy.set(mode);
        let outcome = through(&proxy).hand_over(&mail()).await;
        assert!(matches!(outcome, Outcome::RelayDown { .. }), "{mode:?}: {outcome:?}");
    }
    assert_eq!(sink.accepted_count(), 0);
}

#[tokio::test]
async fn a_pooled_session_that_the_network_lost_costs_no_try() {
    let sink = obliging().await;
    let proxy = ChaosProxy::start(sink.address()).await.unwrap();
    let smtp = through(&proxy);
    assert_eq!(smtp.hand_over(&mail()).await, accepted());
    proxy.cut();
    assert_eq!(smtp.hand_over(&mail()).await, accepted());
    assert_eq!(sink.connections(), 2);
}
