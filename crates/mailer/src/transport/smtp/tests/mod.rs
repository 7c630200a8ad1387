mod chaos;
mod pipelining;
mod probing;
mod relays;
mod sessions;
mod tls;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{locale::Locale, notification::Kind};
use hearback_testkit::{
    fake_clock::FakeClock,
    smtp_sink::{Answer, Keep, Moment, Script, SmtpSink, Stage},
};

use super::*;
use crate::{Composer, Letter, samples};

const NOW: DateTime<Utc> = FakeClock::START;

async fn obliging() -> SmtpSink {
    SmtpSink::start(Script::accept_all(), Keep::Everything).await.unwrap()
}

async fn scripted(decide: impl Fn(&Moment<'_>) -> Answer + Send + Sync + 'static) -> SmtpSink {
    SmtpSink::start(Script::from_fn(decide), Keep::Everything).await.unwrap()
}

/// Gives the answer at one stage of the first mail on the first connection, and obliges otherwise.
async fn once(stage: Stage, answer: Answer) -> SmtpSink {
    scripted(move |moment| {
        let first = (moment.connection, moment.message, moment.stage) == (0, 0, stage);
        if first { answer.clone() } else { Answer::Accept }
    })
    .await
}

/// A reply in one piece, as relays' manuals print it.
fn say(reply: &str) -> Answer {
    let (code, text) = reply.split_once(' ').unwrap();
    Answer::reply(code.parse().unwrap(), text)
}

fn say_and_close(reply: &str) -> Answer {
    let (code, text) = reply.split_once(' ').unwrap();
    Answer::ReplyThenDrop(code.parse().unwrap(), text.to_owned())
}

fn relay(sink: &SmtpSink) -> Relay {
    Relay { security: Security::None, ..Relay::new("127.0.0.1", sink.address().port(), "client.example") }
}

fn relays<const N: usize>(relays: [Relay; N]) -> Relays {
    Relays::new(relays.into(), Arc::new(FakeClock::default())).unwrap()
}

fn smtp(sink: &SmtpSink) -> Relays {
    relays([relay(sink)])
}

/// With a timeout that a test can wait for at one stage, and at no other.
fn impatient(sink: &SmtpSink, stage: fn(&mut Timeouts) -> &mut Duration) -> Relays {
    let mut timeouts = Timeouts::default();
    *stage(&mut timeouts) = Duration::from_millis(100);
    relays([Relay { timeouts, ..relay(sink) }])
}

fn mail() -> Composed {
    Composer::new().unwrap().compose(&samples::letter(Kind::Rejected, Locale::En)).unwrap()
}

fn mail_to(address: &str) -> Composed {
    let letter = Letter { to: address.parse().unwrap(), ..samples::letter(Kind::Rejected, Locale::En) };
    Composer::new().unwrap().compose(&letter).unwrap()
}

fn accepted() -> Outcome {
    Outcome::Accepted { reply: "250 2.0.0 Ok: taken".to_owned() }
}
