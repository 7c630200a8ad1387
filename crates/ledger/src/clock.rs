//! The time that all processes on one database agree on.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use hearback_domain::clock::Clock;
use sea_orm::sqlx::{self, Connection, PgConnection};

use tokio::time::timeout;

use crate::OpenError;

/// How often the database is asked. Between two answers, crystals drift apart by some milliseconds at most.
const ASK_EVERY: Duration = Duration::from_secs(60);

/// A server that takes a connection and says nothing is asked again a minute later.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The answer that took the least time says the most.
const QUESTIONS: usize = 3;

/// PostgreSQL's clock: what it said last, and the time that has passed since. This machine's own clock is never looked at, so that it may be
/// wrong, or be set while we run, and leases still end when other machines expect it.
#[derive(Debug)]
pub struct DatabaseClock(RwLock<Answer>);

#[derive(Clone, Copy, Debug)]
struct Answer {
    said: DateTime<Utc>,
    at: Instant,
}

impl DatabaseClock {
    /// Asks for the time, and goes on asking every minute for as long as the clock is held.
    pub async fn start(url: &str) -> Result<Arc<Self>, OpenError> {
        let first = ask(url).await.map_err(|error| OpenError::Clock(error.to_string()))?;
        let clock = Arc::new(Self(RwLock::new(first)));
        tokio::spawn(keep_asking(Arc::downgrade(&clock), url.to_owned()));
        Ok(clock)
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        let Answer { said, at } = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        (said + TimeDelta::from_std(at.elapsed()).unwrap_or_default()).trunc_subsecs(6)
    }
}

async fn keep_asking(clock: Weak<DatabaseClock>, url: String) {
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        let Some(clock) = clock.upgrade() else { return };
        match timeout(ANSWER_WITHIN, ask(&url)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(answer) => *clock.0.write().unwrap_or_else(PoisonError::into_inner) = answer,
            Err(error) => tracing::debug!(%error, "the database was not asked for the time; the last answer goes on"),
        }
    }
}

/// On a connection that lasts no longer than the questions.
async fn ask(url: &str) -> Result<Answer, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let mut best: Option<(Duration, Answer)> = None;
    for _ in 0..QUESTIONS {
        let asked = Instant::now();
        let said: DateTime<Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut connection).await?;
        let took = asked.elapsed();
        if best.is_none_or(|(least, _)| took < least) {
            best = Some((took, Answer { said, at: asked + took / 2 }));
        }
    }
    connection.close().await?;
    Ok(best.expect("a question was asked").1)
}

#[cfg(test)]
mod tests {
    use hearback_testkit::database::{DatabaseKind, TestDatabase};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_time_is_the_databases_and_goes_on() {
        let database = TestDatabase::create(DatabaseKind::Postgres);
        let clock = DatabaseClock::start(database.url()).await.unwrap();
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        for _ in 0..2 {
            let before = clock.now();
            let said: DateTime<Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut connection).await.unwrap();
            let after = clock.now();
            let slack = TimeDelta::milliseconds(50);
            assert!(before - slack <= said && said <= after + slack, "{before} {said} {after}");
            assert!(before <= after);
        }
    }

    #[tokio::test]
    async fn a_database_that_is_not_there_is_an_error_at_once() {
        let error = DatabaseClock::start("postgres://nobody@127.0.0.1:1/none").await.unwrap_err();
        assert!(matches!(error, OpenError::Clock(_)), "{error}");
    }
}
