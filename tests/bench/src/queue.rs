//! From claim to settlement through the worker, without a network; then the same rows without the worker around them.

pub(crate) mod bare;
pub(crate) mod owed;
pub(crate) mod plain;
mod worker;

use hearback_testkit::database::DatabaseKind;

use crate::{
    bench::Options,
    database::Server,
    figure::{Figure, per_second, row},
    organisation,
};
use owed::{Mails, owe};

/// What the limit is tried with: whichever is fastest.
const LOOPS: [usize; 3] = [1, 2, 4];

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let messages = options.count(50_000, 200_000);
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let job = organisation::job(&ledger).await?;
    let mut session = database.connect().await?;

    owe(&ledger, &mut session, job, messages, Mails::ToBeComposed).await?;
    let composed = worker::drain(&ledger, &mut session, messages).await?;
    row(&format!("{messages} messages, composed by the worker"), &per_second(composed));
    owe(&ledger, &mut session, job, messages, Mails::Prepared).await?;
    let figure = worker::drain(&ledger, &mut session, messages).await?;
    row(&format!("{messages} messages, their mails prepared"), &per_second(figure));

    let mut limit: f64 = 0.0;
    for loops in LOOPS {
        owe(&ledger, &mut session, job, messages, Mails::Prepared).await?;
        let rate = bare::drain(&ledger, loops, messages).await?;
        row(&format!("the ledger's claim and settle in {loops} bare loops"), &per_second(rate));
        limit = limit.max(rate);
    }
    if options.db == DatabaseKind::Postgres {
        for loops in LOOPS {
            owe(&ledger, &mut session, job, messages, Mails::Prepared).await?;
            let rate = plain::drain(&database.url, loops, messages).await?;
            row(&format!("plain statements that do the same, in {loops} loops"), &per_second(rate));
            limit = limit.max(rate);
        }
    }
    row("limit: the fastest of these", &per_second(limit));
    Ok(Figure { figure, unit: "messages/s", limit: Some(limit), ..Figure::default() })
}
