//! From owed to settled through a relay: the worker as the program runs it, every mail composed, and a relay that takes all of them. Then
//! its two halves without anything around them: the same number of mails by a bare SMTP loop, and of rows by plain statements.

mod smtp_limit;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use hearback_testkit::{
    database::DatabaseKind,
    program::{Program, built_program},
    smtp_sink::{Keep, Script, SmtpSink},
};
use tokio::time::sleep;

use crate::{
    bench::Options,
    database::{Server, Session},
    figure::{Figure, per_second, row},
    organisation,
    queue::{
        bare,
        owed::{Mails, owe},
        plain,
    },
    relay_settings,
};

/// At once. The sessions of the relay are bounded by the program's default.
const CONCURRENCY: &str = "256";

const PATIENCE: Duration = Duration::from_secs(600);

/// What `--long` sends after the figure is known, so often and with a look at the memory after each.
const ROUNDS: usize = 4;

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let messages = options.count(40_000, 200_000);
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    let mut session = database.connect().await?;
    owe(&ledger, &mut session, job, messages, Mails::ToBeComposed).await?;

    let sink = SmtpSink::start(Script::accept_all(), Keep::Identity).await?;
    let settings = relay_settings::relay(&database.url, sink.address());
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.push(("HEARBACK_WORKER__CONCURRENCY", CONCURRENCY));
    let began = Instant::now();
    let mut program = Program::spawn(&built_program()?, &["work"], &settings)?;
    let figure = messages as f64 / until_settled(&sink, &mut session, messages).await?.duration_since(began).as_secs_f64();
    row(&format!("{messages} messages to 1,000 domains, from the worker's start"), &per_second(figure));
    let mut rss_mb = program.rss_mb()?;
    row("memory of the worker", &format!("{rss_mb:>9.1} MB"));
    if options.long {
        for round in 1..=ROUNDS {
            owe_more(&ledger, &mut session, job, messages).await?;
            until_settled(&sink, &mut session, messages * (round + 1)).await?;
            rss_mb = rss_mb.max(program.rss_mb()?);
            row(&format!("memory after {} messages", messages * (round + 1)), &format!("{:>9.1} MB", program.rss_mb()?));
        }
    }
    program.terminate()?;
    program.wait(PATIENCE).await?;
    once_each(&sink)?;

    let smtp = smtp_limit::measure(sink.address(), messages).await?;
    row("a bare SMTP loop into the same relay", &per_second(smtp));
    owe(&ledger, &mut session, job, messages, Mails::Prepared).await?;
    let rows = match options.db {
        DatabaseKind::Sqlite => bare::drain(&ledger, 1, messages).await?,
        DatabaseKind::Postgres => plain::drain(&database.url, 2, messages).await?,
    };
    row("the same rows without a relay", &per_second(rows));
    let limit = 1.0 / (1.0 / smtp + 1.0 / rows);
    row("limit: both on the same cores", &per_second(limit));
    Ok(Figure { figure, unit: "messages/s", limit: Some(limit), rss_mb: Some(rss_mb), ..Figure::default() })
}

/// When it was so.
async fn until_settled(sink: &SmtpSink, session: &mut Session, messages: usize) -> anyhow::Result<Instant> {
    let began = Instant::now();
    // Asked of the database only at the end: until then a look at it would be work beside the work.
    sink.wait_for(messages, PATIENCE).await?;
    while session.number("SELECT count(*) FROM notification WHERE state IN ('scheduled', 'sending')").await? > 0 {
        ensure!(began.elapsed() < PATIENCE, "not all that was sent was settled");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(Instant::now())
}

/// While the worker sends.
async fn owe_more(
    ledger: &hearback_ledger::Ledger,
    session: &mut Session,
    job: hearback_domain::ids::JobId,
    messages: usize,
) -> anyhow::Result<()> {
    use futures::{StreamExt, TryStreamExt, stream};
    const AT_ONCE: usize = 256;
    let before = usize::try_from(session.number("SELECT count(*) FROM application").await?)?;
    let submissions = stream::iter(before..before + messages).map(|number| ledger.submit(organisation::application(job, number)));
    submissions.buffer_unordered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await.context("an application was refused")
}

fn once_each(sink: &SmtpSink) -> anyhow::Result<()> {
    let accepted = sink.accepted();
    let different: HashSet<&str> = accepted.iter().map(|message| message.message_id.as_str()).collect();
    ensure!(different.len() == accepted.len(), "{} messages were accepted, {} of them different", accepted.len(), different.len());
    Ok(())
}
