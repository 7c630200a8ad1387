//! From the command to the first answer, and what the program holds in memory when it has nothing to do.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use hearback_testkit::{
    free_port,
    program::{Program, built_program},
};
use tokio::time::sleep;

use crate::{
    bench::Options,
    database::{Database, Server},
    figure::{Figure, row},
    spread::Spread,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// So long at rest before its memory is looked at: what starting took has been given back.
const REST: Duration = Duration::from_secs(3);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Figure> {
    let starts = options.count(10, 50);
    let server = Server::durable(options.db)?;
    let (mut first, mut again) = (Vec::new(), Vec::new());
    let mut rss_mb: f64 = 0.0;
    for start in 0..starts {
        let database = server.create(&format!("hearback_{start}"))?;
        let (took, program) = started(&database).await?;
        first.push(took);
        stop(program).await?;
        let (took, program) = started(&database).await?;
        again.push(took);
        // One is enough to look at, and each look takes its rest.
        if start == 0 {
            sleep(REST).await;
            rss_mb = program.rss_mb()?;
        }
        stop(program).await?;
    }
    let (first, again) = (Spread::of(first), Spread::of(again));
    row(&format!("start to the first 200, {starts} times, tables to be made"), &first.to_string());
    row(&format!("start to the first 200, {starts} times, tables there"), &again.to_string());
    row("memory at rest, API and worker", &format!("{rss_mb:>9.1} MB"));
    Ok(Figure { figure: again.p50().as_secs_f64() * 1e3, unit: "ms", limit: None, spread: Some(again), rss_mb: Some(rss_mb) })
}

/// API and worker, with no other settings than these two; looked at every 5 ms.
async fn started(database: &Database) -> anyhow::Result<(Duration, Program)> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)).to_string();
    let settings = [("HEARBACK_LISTEN", listen.as_str()), ("HEARBACK_DATABASE__URL", &database.url)];
    let (program, began) = (built_program()?, Instant::now());
    let mut program = Program::spawn(&program, &["serve"], &settings)?;
    program.wait_for_url(&format!("http://{listen}/health"), PATIENCE).await?;
    Ok((began.elapsed(), program))
}

async fn stop(mut program: Program) -> anyhow::Result<()> {
    program.terminate()?;
    program.wait(PATIENCE).await?;
    Ok(())
}
