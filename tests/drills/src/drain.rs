//! What is owed, drained by two workers on one PostgreSQL while the API is up: every message once.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use hearback_testkit::database::TestDatabase;
use tokio::time::sleep;

use crate::{
    drill::Options,
    drill_01_kills::end,
    load::{Load, Then},
    organisation::Organisation,
    outcome::Outcome,
    processes::{Mail, Processes, Role},
    tables::Tables,
};

const OWED: usize = 20_000;

const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let database = TestDatabase::create(options.db);
    let processes = Processes::new(database.url(), Mail::Captured)?;
    let mut running = vec![processes.start(Role::Api).await?];
    let tables = Tables::new(options.db, database.url());
    let load = Load::new(Organisation::set_up(&processes).await?, OWED, Then::Nothing);
    let began = Instant::now();
    let answered = load.run().await?;
    let taken = began.elapsed();

    let began = Instant::now();
    for _ in 0..2 {
        running.push(processes.start(Role::Worker).await?);
    }
    while tables.on_their_way().await? > 0 && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(50)).await;
    }
    let drained = began.elapsed();
    end(&mut running).await?;

    let captured: Vec<String> = tables.column("SELECT message_id FROM captured_mail").await?;
    let mut copies: HashMap<String, usize> = HashMap::new();
    captured.iter().for_each(|id| *copies.entry(id.clone()).or_default() += 1);
    let rate = |time: Duration| OWED as f64 / time.as_secs_f64();
    println!("  {OWED} applications taken in {:.1} s: {:.0} a second", taken.as_secs_f64(), rate(taken));
    println!("  {} mails captured by two workers within {:.1} s: {:.0} a second", captured.len(), drained.as_secs_f64(), rate(drained));
    let mut outcome = Outcome {
        answered: answered.len(),
        lost: OWED.saturating_sub(copies.len()),
        duplicates: captured.len() - copies.len(),
        findings: processes.audit().await?,
        ..Outcome::default()
    };
    outcome.expect(outcome.duplicates == 0, || "nobody was killed, and something was captured twice".to_owned());
    Ok(outcome)
}
