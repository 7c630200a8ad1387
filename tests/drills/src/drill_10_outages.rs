//! Drill 10: for two hours the relay takes nothing - it greets with 421 or 554, refuses our login, or our sender - and then it works again.
//! Whatever it says, it says of us: no message counts a try for it, no address is given up, and all are told afterwards.

use anyhow::Context;
use chrono::TimeDelta;
use hearback::config::Secret;
use hearback_domain::{clock::Clock, notification::State};
use hearback_ledger::Notification;
use hearback_testkit::{
    database::TestDatabase,
    smtp_sink::{Answer, Manner, Script, SmtpSink, Stage},
};
use tokio::time::{Instant, sleep_until};

use crate::{
    account,
    drill::{Options, TO_REST},
    fast::Fast,
    load::{Answered, Load, Then},
    outcome::Outcome,
    tables::Tables,
};

const LASTS: TimeDelta = TimeDelta::hours(2);

/// The longest that a relay is left alone, and a minute to be told.
const TOLD_WITHIN: TimeDelta = TimeDelta::minutes(16);

const DOMAINS: [&str; 4] = ["one.example.net", "two.example.net", "three.example.net", "four.example.net"];

/// At a stage, what the relay says.
const OUTAGES: [(Stage, u16, &str); 4] = [
    (Stage::Connect, 421, "4.3.2 Service not available"),
    (Stage::Connect, 554, "5.3.2 No SMTP service here"),
    (Stage::Auth, 535, "5.7.8 Authentication credentials invalid"),
    (Stage::Rcpt, 550, "5.1.8 Sender address rejected: domain not found"),
];

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let (messages, times) = (options.count(60, 500), if options.long { 360 } else { 1_200 });
    let database = TestDatabase::create(options.db);
    let manner = Manner { login: Some(("hearback".to_owned(), "secret".to_owned())), ..Manner::default() };
    let sink = SmtpSink::with_manner(Script::accept_all(), manner).await?;
    let fast = Fast::start(&database, times, sink.address(), |config| {
        config.mail.smtp.user = Some("hearback".to_owned());
        config.mail.smtp.password = Some(Secret::from("secret".to_owned()));
    })
    .await?;
    let tables = Tables::new(options.db, database.url());
    let (mut all, mut outcome) = (Vec::new(), Outcome::default());
    for ((stage, code, text), domain) in OUTAGES.into_iter().zip(DOMAINS) {
        let what = format!("{code} at {stage:?}");
        let (taken_before, refused_before) = (sink.accepted_count(), sink.faults());
        sink.set_script(outage(stage, code, text));
        let ends = Instant::now() + fast.clock.really(LASTS);
        let load = Load::new(fast.organisation.clone(), messages, Then::Nothing).all_at(domain);
        let answered = load.run().await?;
        sleep_until(ends).await;
        let (taken, asked) = (sink.accepted_count() - taken_before, sink.faults() - refused_before);
        for message in of(&fast, &answered).await? {
            let open = matches!(message.state, State::Scheduled | State::Sending);
            outcome.expect(open, || format!("{what}: a message is {}", message.state));
        }
        outcome.expect(taken == 0, || format!("{what}: {taken} messages were taken during the outage"));
        outcome.expect(asked > 1, || format!("{what}: the relay was asked {asked} times, so nothing is proved"));
        sink.set_script(Script::accept_all());
        let ended = fast.clock.now();
        account::at_rest(&tables, &sink, all.len() + answered.len(), TO_REST).await?;
        let told_after = fast.clock.now() - ended;
        println!("  {what} for two hours: asked {asked} times, all told {} min after it", told_after.num_minutes());
        // Sending itself, and looking at the tables, take real time.
        let sent = TimeDelta::seconds(5) * times;
        outcome.expect(told_after < TOLD_WITHIN + sent, || format!("{what}: told only after {} min", told_after.num_minutes()));
        all.extend(answered);
    }
    let settled = {
        let load = Load::new(fast.organisation.clone(), all.len(), Then::Nothing);
        account::settle(fast.ledger(), &load, &all, &sink.accepted(), fast.audit().await?).await?
    };
    let tried = of(&fast, &all).await?.iter().map(|message| message.tries.len()).sum::<usize>();
    fast.end().await;
    outcome.expect(tried == 0, || format!("{tried} tries are on record for an outage of ours"));
    outcome.expect(settled.duplicates == 0, || "something was sent twice".to_owned());
    outcome.broken.extend(settled.broken.clone());
    Ok(Outcome { answered: all.len(), broken: outcome.broken, ..settled })
}

/// Sessions that are open end with it: at their next message they are told to go.
fn outage(stage: Stage, code: u16, text: &'static str) -> Script {
    Script::from_fn(move |moment| match moment.stage {
        at if at == stage && stage == Stage::Connect => Answer::ReplyThenDrop(code, text.to_owned()),
        at if at == stage => Answer::reply(code, text),
        Stage::Mail if stage != Stage::Rcpt => Answer::ReplyThenDrop(421, "4.3.2 Closing".to_owned()),
        _ => Answer::Accept,
    })
}

async fn of(fast: &Fast, answered: &[Answered]) -> anyhow::Result<Vec<Notification>> {
    let mut messages = Vec::new();
    for Answered { application, .. } in answered {
        messages.extend(fast.ledger().notifications(*application).await.context("the ledger can be read")?);
    }
    Ok(messages)
}
