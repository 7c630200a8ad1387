//! Drill 11: the relay puts every message off twice, as greylisting does, and takes it the third time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use hearback_testkit::smtp_sink::{Answer, Script, Stage};

use crate::{
    drill::Options,
    fast::Through,
    load::{Answered, Then},
    outcome::Outcome,
};

/// The two pauses are some six minutes.
const TIMES: i32 = 600;

const PUT_OFF: usize = 2;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(300, 2_000);
    let Through { database: _database, fast, sink, answered, mut outcome } =
        Through::a_relay(options, TIMES, greylisting_relay(), applications, Then::Nothing).await?;
    for Answered { application, .. } in &answered {
        for message in fast.ledger().notifications(*application).await? {
            let tries: Vec<&str> = message.tries.iter().map(|tried| tried.outcome.as_str()).collect();
            outcome.expect(tries == ["retry"; PUT_OFF], || format!("{application} was tried {tries:?} before it was taken"));
        }
    }
    fast.end().await;
    println!("  {applications} applications, each acknowledgement put off {PUT_OFF} times: {} in all", sink.faults());
    outcome.expect(outcome.duplicates == 0, || "what was put off had not been sent, and something was sent twice".to_owned());
    Ok(outcome)
}

fn greylisting_relay() -> Script {
    let asked: Mutex<HashMap<String, usize>> = Mutex::default();
    Script::from_fn(move |moment| {
        let (Stage::Rcpt, [recipient]) = (moment.stage, moment.recipients) else { return Answer::Accept };
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let times = asked.entry(recipient.clone()).or_default();
        *times += 1;
        if *times <= PUT_OFF { Answer::reply(450, "4.2.0 Greylisted, come back later") } else { Answer::Accept }
    })
}
