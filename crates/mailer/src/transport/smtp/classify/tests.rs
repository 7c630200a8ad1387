use super::*;
use Stage::{Auth, Connect, Content, Data, Dot, Mail, Rcpt};

/// Nothing is known of the relay.
const STRANGER: Recent = Recent { pooled: false, took_another: false, third_in_a_row: false };
const POOLED: Recent = Recent { pooled: true, ..STRANGER };
const TOOK_ANOTHER: Recent = Recent { took_another: true, ..STRANGER };
const THIRD: Recent = Recent { third_in_a_row: true, ..STRANGER };

#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Accepted,
    Retry,
    Stale,
    RelayDown,
    Configuration,
    Unclear,
    MaybeSent,
    Undeliverable,
    Hold,
}

fn meaning(verdict: Verdict) -> Meaning {
    match verdict {
        Verdict::Accepted => Meaning::Accepted,
        Verdict::Retry => Meaning::Retry,
        Verdict::Stale => Meaning::Stale,
        Verdict::RelayDown(_) => Meaning::RelayDown,
        Verdict::Configuration(_) => Meaning::Configuration,
        Verdict::Unclear => Meaning::Unclear,
        Verdict::MaybeSent => Meaning::MaybeSent,
        Verdict::Undeliverable => Meaning::Undeliverable,
        Verdict::Hold(_) => Meaning::Hold,
    }
}

/// `closed`, `silence` and `unable` are no replies.
fn ending(said: &str) -> Ending {
    match said {
        "closed" => Ending::Lost("reset".into()),
        "silence" => Ending::TimedOut,
        "unable" => Ending::Unsupported("no"),
        line => {
            let (code, text) = line.split_once(' ').unwrap_or((line, ""));
            Ending::Reply(Reply { code: code.parse().unwrap(), text: text.to_owned() })
        }
    }
}

/// A row of DESIGN's table is a test: every answer in it, and what it means.
macro_rules! rows {
    ($($name:ident: [$($stage:ident $said:literal),+ $(,)?] $recent:ident => $meaning:ident $($after:ident)?;)+) => {$(
        #[test]
        fn $name() {
            for (stage, said) in [$(($stage, $said)),+] {
                let ending = ending(said);
                assert_eq!(meaning(classify(stage, &ending, $recent)), Meaning::$meaning, "{stage:?} {said}");
                $(assert_eq!(after(stage, &ending), After::$after, "{stage:?} {said}");)?
            }
        }
    )+};
}

rows! {
    a_relay_that_cannot_be_reached_or_greets_us_with_a_refusal_is_down:
        [Connect "closed", Connect "silence", Connect "unable", Connect "421 busy", Connect "554 go away", Connect "530 5.7.0 no"] STRANGER => RelayDown Drop;
    a_pooled_session_closed_at_mail_is_stale: [Mail "closed", Mail "silence", Mail "421 4.4.2 idle"] POOLED => Stale Drop;
    a_fresh_session_closed_at_mail_is_a_try: [Mail "closed", Mail "silence", Mail "421 4.3.2 closing"] STRANGER => Retry Drop;
    a_pooled_session_that_answers_is_not_stale: [Mail "451 later", Rcpt "421 closing", Rcpt "closed"] POOLED => Retry;
    auth_refused_is_our_configuration: [Auth "535 5.7.8 wrong", Auth "534 5.7.9 too weak", Auth "504 what", Auth "unable"] STRANGER => Configuration;
    code_530_is_our_configuration_wherever_it_comes:
        [Auth "530 5.7.0 tls first", Mail "530 5.7.0 log in", Rcpt "530 log in", Data "530 log in", Dot "530 5.7.0 log in"] STRANGER => Configuration;
    a_login_that_cannot_be_checked_is_the_relays_trouble: [Auth "454 4.7.0 later", Auth "closed", Auth "silence"] STRANGER => RelayDown;
    mail_4yz_is_transient: [Mail "451 later", Mail "452 4.3.1 disk", Mail "450 4.7.1 slow down"] STRANGER => Retry Reset;
    mail_5yz_is_our_configuration: [Mail "550 5.7.1 not you", Mail "553 5.1.8 no such domain", Mail "501 5.5.4 what"] STRANGER => Configuration Reset;
    mail_552_or_5_3_4_is_this_messages_size: [Mail "552 too big", Mail "554 5.3.4 too big"] STRANGER => Hold Reset;
    a_mail_the_relay_says_it_cannot_take_is_held: [Mail "unable"] STRANGER => Hold Keep;
    rcpt_4yz_is_transient_and_so_is_a_bare_552:
        [Rcpt "421 closing", Rcpt "450 4.2.0 greylisted", Rcpt "451 4.1.1 later", Rcpt "452 too many", Rcpt "552 full"] STRANGER => Retry;
    the_address_is_refused_at_rcpt:
        [Rcpt "550 5.1.1 none", Rcpt "550 5.1.2 none", Rcpt "553 5.1.3 syntax", Rcpt "551 5.1.6 moved", Rcpt "556 5.1.10 null MX", Rcpt "550 5.2.1 off"]
        STRANGER => Undeliverable Reset;
    the_address_is_refused_after_the_dot:
        [Dot "550 5.1.1 none", Dot "550 5.1.2 none", Dot "553 5.1.3 syntax", Dot "551 5.1.6 moved", Dot "556 5.1.10 null MX", Dot "550 5.2.1 off"]
        STRANGER => Undeliverable Keep;
    our_sender_is_refused_at_rcpt: [Rcpt "550 5.1.7 syntax", Rcpt "550 5.1.8 no such domain"] TOOK_ANOTHER => Configuration Reset;
    a_bare_refusal_is_the_address_if_another_was_taken: [Rcpt "550 5.1.0 no", Rcpt "550 no", Rcpt "551 no", Rcpt "553 no"] TOOK_ANOTHER => Undeliverable Reset;
    a_bare_refusal_by_a_stranger_is_unclear:
        [Rcpt "550 5.1.0 no", Rcpt "550 no", Rcpt "551 no", Rcpt "553 no", Rcpt "550 4.1.1 mixed up"] STRANGER => Unclear Reset;
    a_full_mailbox_is_retried: [Rcpt "552 5.2.2 full", Rcpt "550 5.2.2 full", Dot "552 5.2.2 full"] STRANGER => Retry;
    policy_is_held_for_review: [Rcpt "550 5.7.1 policy", Rcpt "554 5.7.25 no PTR", Dot "554 5.7.1 spam"] STRANGER => Hold;
    the_third_refusal_in_a_row_over_different_domains_is_suspicious:
        [Mail "550 no", Rcpt "550 5.1.1 none", Rcpt "550 no", Rcpt "554 no", Dot "554 5.7.1 spam", Dot "550 5.1.1 none"] THIRD => RelayDown;
    a_transient_answer_is_never_suspicious: [Mail "451 later", Rcpt "450 later", Dot "451 later"] THIRD => Retry;
    data_without_3yz_drops_the_connection: [Data "451 later", Data "554 no valid recipients", Data "250 what"] STRANGER => Retry Drop;
    lost_before_the_dot_nothing_was_sent:
        [Rcpt "closed", Rcpt "silence", Data "closed", Data "silence", Content "closed", Content "silence", Content "421 closing"] STRANGER => Retry Drop;
    lost_after_the_dot_it_may_have_been_sent: [Dot "closed", Dot "silence", Dot "354 go on", Dot "999 what"] STRANGER => MaybeSent Drop;
    after_the_dot_4yz_is_transient: [Dot "451 later", Dot "452 4.3.1 disk"] STRANGER => Retry Keep;
    after_the_dot_421_is_transient_and_the_end_of_the_session: [Dot "421 closing"] STRANGER => Retry Drop;
    after_the_dot_a_5yz_without_a_cause_is_the_content: [Dot "554 no", Dot "552 5.3.4 too big", Dot "550 no"] STRANGER => Hold Keep;
    after_the_dot_2yz_is_an_acceptance: [Dot "250 2.0.0 queued as 1", Dot "251 ok"] STRANGER => Accepted Keep;
    anything_else_is_not_provably_permanent: [Rcpt "554 no", Rcpt "550 5.4.1 no route", Rcpt "503 5.5.1 order", Rcpt "354 what", Mail "354 what"] STRANGER => Retry;
}
