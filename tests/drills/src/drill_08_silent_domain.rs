//! Drill 8: the relay is silent after the final dot whenever a message is for one domain, and thousands are. Each of its slots is free
//! again at the stage's timeout, and everybody else is told within seconds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use chrono::TimeDelta;
use hearback::config::Span;
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{AcceptedMessage, Answer, Keep, Script, SmtpSink, Stage},
};
use tokio::time::sleep;

use crate::{
    account,
    drill::{Options, TO_REST},
    fast::Fast,
    load::{Answered, Load, Then},
    outcome::Outcome,
    tables::Tables,
};

const SILENT: &str = "silent.example.net";

/// Ten minutes of doubt, and the five until a domain's last turn, in seconds.
const TIMES: i32 = 60;

/// How long the answer to a message is waited for.
const PATIENCE: TimeDelta = TimeDelta::seconds(2);

/// A process has so many slots for one domain.
const SLOTS: usize = 5;

const OTHERS_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (silent, others) = (options.count(1_500, 10_000), options.count(200, 1_000));
    let database = TestDatabase::create(options.db);
    let asked = Arc::new(AtomicUsize::new(0));
    let sink = SmtpSink::start(silent_relay(&asked), Keep::Everything).await?;
    let fast = Fast::start(&database, TIMES, sink.address(), |config| config.mail.smtp.timeouts.data_end = Span(PATIENCE)).await?;
    let began = Instant::now();
    let to_silent = Load::new(fast.organisation.clone(), silent, Then::Nothing).all_at(SILENT);
    let mut answered = to_silent.run().await?;
    let load = Load::new(fast.organisation.clone(), others, Then::Nothing).paced(Duration::from_millis(100));
    let of_others = load.run().await?;
    sink.wait_for(others, TO_REST).await.context("the others are not told")?;
    // Long enough for every slot to be used again.
    sleep((PATIENCE * 3).to_std()?.saturating_sub(began.elapsed())).await;
    let (silences, lasted) = (asked.load(Ordering::SeqCst), began.elapsed());
    let told_in = p95(&fast, &of_others, &sink.accepted()).await?;
    let hung = fast.ledger().now();
    sink.set_script(Script::accept_all());

    answered.extend(of_others);
    account::at_rest(&Tables::new(options.db, database.url()), &sink, silent + others, TO_REST).await?;
    let mut outcome = account::settle(fast.ledger(), &load, &answered, &sink.accepted(), fast.audit().await?).await?;
    outcome.answered = answered.len();
    let recovered = fast.ledger().now() - hung;
    fast.end().await;
    println!("  {silent} messages to a silent domain, {others} to others; {silences} silences in {:.1} s", lasted.as_secs_f64());
    println!(
        "  others told within {:.2} s (p95); all told {} min after the silence, by the clock",
        told_in.as_secs_f64(),
        recovered.num_minutes()
    );
    outcome.expect(told_in < OTHERS_WITHIN, || format!("others were told within {told_in:?} only"));
    // The first at once, and each again whenever the patience ends.
    let rounds = lasted.as_secs_f64() / PATIENCE.as_seconds_f64();
    let (least, most) = (SLOTS * (rounds as usize - 1), SLOTS * (rounds as usize + 1));
    outcome.expect((least..=most).contains(&silences), || format!("{SLOTS} slots were used {silences} times, not {least} to {most}"));
    outcome.expect(outcome.duplicates == 0, || "what the relay never took was sent twice".to_owned());
    Ok(outcome)
}

fn silent_relay(asked: &Arc<AtomicUsize>) -> Script {
    let asked = Arc::clone(asked);
    Script::from_fn(move |moment| {
        let is_silent = moment.stage == Stage::Dot && moment.recipients.iter().any(|recipient| recipient.ends_with(SILENT));
        if is_silent {
            asked.fetch_add(1, Ordering::SeqCst);
            return Answer::Silence;
        }
        Answer::Accept
    })
}

/// From the answer to an application until the relay took its acknowledgement.
async fn p95(fast: &Fast, answered: &[Answered], mails: &[AcceptedMessage]) -> anyhow::Result<Duration> {
    let copies = account::by_notification(mails)?;
    let mut waits = Vec::new();
    for Answered { application, at, .. } in answered {
        for message in fast.ledger().notifications(*application).await? {
            let accepted_at = copies.get(&message.id).context("it was accepted")?[0].accepted_at;
            waits.push(accepted_at.saturating_duration_since(*at));
        }
    }
    waits.sort_unstable();
    waits.get(waits.len() * 95 / 100).copied().context("somebody was told")
}
