//! Drill 7: the relay takes a message, and the connection breaks before it can say so. Nobody can know, so the message is sent again, with
//! the same bytes: exactly as often as a connection was cut, and no more.

use hearback_domain::random::Random;
use hearback_testkit::smtp_sink::{Answer, Script, Stage};

use crate::{account::is_internal_id, drill::Options, fast::Through, load::Then, outcome::Outcome};

/// What may have been sent is sent again after ten minutes.
const TIMES: i32 = 600;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let applications = options.count(300, 2_000);
    let random = Random::from_seed(options.seed);
    // One message in five. What goes to staff is not counted.
    let relay = Script::from_fn(move |at| match at.stage {
        Stage::Dot if !is_internal_id(at.message_id) && random.fraction() < 0.2 => Answer::AcceptThenDrop,
        _ => Answer::Accept,
    });
    let Through { database: _database, fast, sink, answered: _, mut outcome } =
        Through::a_relay(options, TIMES, relay, applications, Then::ChangeStatus).await?;
    fast.end().await;
    let (cuts, duplicates) = (sink.faults(), outcome.duplicates);
    println!("  {applications} applications and as many status changes; {cuts} connections cut after the relay took the message");
    outcome.expect(cuts > 0, || "no connection was cut".to_owned());
    outcome.expect(duplicates as u64 == cuts, || format!("{cuts} cuts, and {duplicates} duplicates"));
    Ok(outcome)
}
