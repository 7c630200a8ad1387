//! Applications over HTTP, each answered only when it is on disk with what it owes; then the same rows without a program around them.

pub(crate) mod http;
mod load;
mod postgres_limit;
mod sqlite_limit;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::ensure;
use hearback_testkit::{
    free_port,
    program::{Program, built_program},
};

use crate::{
    bench::Options,
    database::{Database, Server, Session},
    figure::{Figure, per_second, row},
    organisation,
};
use load::{Answered, Load};

/// Connections that are kept open, each with one request at a time.
const CLIENTS: usize = 64;

const WARM_UP: Duration = Duration::from_secs(1);

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let measured = options.count(Duration::from_secs(8), Duration::from_secs(30));
    let server = Server::durable(options.db)?;
    let database = server.create("hearback")?;
    let ledger = database.open().await?;
    let (job, key) = (organisation::job(&ledger).await?, organisation::key(&ledger).await?);
    drop(ledger);

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let mut program = serve(&database, address).await?;
    let load = Load { address, path: format!("/v1/jobs/{job}/applications"), key, clients: CLIENTS, warm_up: WARM_UP, measured };
    let Answered { all, spread, measured: answered } = load.run().await?;
    let rss_mb = program.rss_mb()?;
    program.terminate()?;
    program.wait(PATIENCE).await?;
    verify(&mut database.connect().await?, all).await?;

    let figure = answered as f64 / measured.as_secs_f64();
    row(&format!("{CLIENTS} clients, {} s, every answer a row in each table", measured.as_secs()), &per_second(figure));
    row("from request to answer", &spread.to_string());
    let limit = match &server {
        Server::Postgres(cluster) => {
            let limit = postgres_limit::measure(cluster, &server.create("plain")?).await?;
            row("limit: the same four rows as one statement, by pgbench", &per_second(limit));
            limit
        }
        Server::Sqlite => {
            let [alone, together] = [1, CLIENTS].map(|together| sqlite_limit::measure(&server, together));
            row("the same four rows, one application a transaction", &per_second(alone.await?));
            let together = together.await?;
            row(&format!("limit: {CLIENTS} applications a transaction, as many as clients"), &per_second(together));
            together
        }
    };
    Ok(Figure { figure, unit: "applications/s", limit: Some(limit), spread: Some(spread), rss_mb: Some(rss_mb) })
}

/// Without a worker: mail is another bench's.
async fn serve(database: &Database, address: SocketAddr) -> anyhow::Result<Program> {
    let listen = address.to_string();
    let settings = [("HEARBACK_LISTEN", listen.as_str()), ("HEARBACK_DATABASE__URL", &database.url)];
    let mut program = Program::spawn(&built_program()?, &["serve", "--no-worker"], &settings)?;
    program.wait_for_url(&format!("http://{address}/health"), PATIENCE).await?;
    Ok(program)
}

/// As many rows as answers, in every table that an application is written to.
async fn verify(session: &mut Session, answered: usize) -> anyhow::Result<()> {
    for table in ["application", "candidate", "event", "notification"] {
        let rows = session.number(&format!("SELECT count(*) FROM {table}")).await?;
        ensure!(rows == answered as i64, "{answered} applications were answered 201, and {table} has {rows} rows");
    }
    Ok(())
}
