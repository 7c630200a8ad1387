//! Drill 6: the connection breaks before the final dot, for three messages in ten. Nothing was sent, so nothing is in doubt: all arrive once.

use hearback_testkit::smtp_sink::{Answer, Fault, Script, Stage};

use crate::{drill::Options, fast::Through, load::Then, outcome::Outcome};

/// A try that is cut is made again a minute later, and later still.
const TIMES: i32 = 1_200;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(300, 2_000);
    let Through { database: _database, fast, sink, answered: _, mut outcome } =
        Through::a_relay(options, TIMES, cutting_relay(options.seed), applications, Then::ChangeStatus).await?;
    fast.end().await;
    let (cuts, messages) = (sink.faults(), outcome.answered as u64);
    println!("  {applications} applications and as many status changes; {cuts} connections cut before the dot");
    outcome.expect(cuts * 10 >= messages * 3, || format!("only {cuts} cuts over {messages} messages"));
    outcome.expect(outcome.duplicates == 0, || "nothing had been sent when a connection was cut, and something was sent twice".to_owned());
    Ok(outcome)
}

fn cutting_relay(seed: u64) -> Script {
    // Of those that come so far: three in ten together.
    let cut = |stage| Fault { stage, answer: Answer::Drop, share: 0.112 };
    Script::random(seed, vec![cut(Stage::Mail), cut(Stage::Rcpt), cut(Stage::Data)])
}
