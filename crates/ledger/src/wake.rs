//! How workers learn that something may have become due: from this process at once; from others by PostgreSQL's NOTIFY, or because an
//! SQLite file was written to. None of it is relied on: a worker also looks by itself every second.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DbBackend, Statement,
    sqlx::{self, Connection, SqliteConnection, postgres::PgListener},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{Ledger, LedgerError, database::Transaction, ledger::WeakLedger};

/// Between two notifications of one process: while much comes in, one says it for many.
const BETWEEN: Duration = Duration::from_millis(2);

/// How long nothing is heard before the server is asked whether it is still there.
const ASK_SERVER: Duration = Duration::from_secs(15);

/// How long a listener that lost its connection waits before it connects again.
const CONNECT_AGAIN: Duration = Duration::from_secs(1);

/// How often an SQLite file is asked whether somebody wrote to it: some 20 µs each time.
const ASK_FILE: Duration = Duration::from_millis(25);

/// Who has to be told. Ends all its watchers when it is dropped.
#[derive(Debug)]
pub(crate) struct Wake {
    here: watch::Sender<u64>,
    /// The same for mail that came in: much of one must not make those look who wait for the other.
    mail_here: watch::Sender<u64>,
    elsewhere: watch::Sender<u64>,
    url: String,
    file_is_watched: AtomicBool,
}

/// Tells when it is worth looking for due work again.
#[derive(Debug)]
pub struct DueWatch(watch::Receiver<u64>);

impl Wake {
    pub(crate) fn new(url: &str) -> Self {
        let (here, mail_here, elsewhere) = (watch::Sender::new(0), watch::Sender::new(0), watch::Sender::new(0));
        Self { here, mail_here, elsewhere, url: url.to_owned(), file_is_watched: AtomicBool::new(false) }
    }

    /// By another process, which does not say for whom.
    fn all_here(&self) {
        call(&self.here);
        call(&self.mail_here);
    }
}

fn call(whom: &watch::Sender<u64>) {
    whom.send_modify(|times| *times = times.wrapping_add(1));
}

impl DueWatch {
    /// To be called before looking: what becomes due from here on is told by [`Self::changed`].
    pub fn begin(&mut self) {
        self.0.mark_unchanged();
    }

    /// Returns when something may have become due since [`Self::begin`], and never if the ledger is closed.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Ledger {
    /// Messages to be sent. Within a tokio runtime.
    pub fn watch_due(&self) -> DueWatch {
        self.watch_elsewhere();
        DueWatch(self.wakes().here.subscribe())
    }

    /// Mail that came in. Within a tokio runtime.
    pub fn watch_mail(&self) -> DueWatch {
        self.watch_elsewhere();
        DueWatch(self.wakes().mail_here.subscribe())
    }

    /// Not before somebody wants to know: a process without a worker need not look.
    fn watch_elsewhere(&self) {
        let wakes = self.wakes();
        if self.database().backend() == DbBackend::Sqlite && !wakes.file_is_watched.swap(true, Ordering::Relaxed) {
            tokio::spawn(watch_file(self.weak(), wakes.url.clone(), wakes.elsewhere.subscribe()));
        }
    }

    /// After a commit, never before: whoever is woken looks at once.
    pub(crate) fn wake(&self) {
        call(&self.wakes().here);
        call(&self.wakes().elsewhere);
    }

    /// The same for mail that came in.
    pub(crate) fn wake_for_mail(&self) {
        call(&self.wakes().mail_here);
        call(&self.wakes().elsewhere);
    }
}

/// The same as a part of a transaction: what is done at the command line must be heard although that process ends at once. SQLite's
/// listeners see the file change.
pub(crate) async fn tell(transaction: &Transaction) -> Result<(), LedgerError> {
    // Nobody's voice is empty: whoever listens looks.
    const TELL: &str = "SELECT pg_notify('hearback_due_' || current_schema(), '')";
    let backend = transaction.get_database_backend();
    if backend == DbBackend::Postgres {
        transaction.query_one_raw(Statement::from_string(backend, TELL)).await?;
    }
    Ok(())
}

/// Starts what carries wake-ups between the processes on one PostgreSQL.
pub(crate) async fn connect(ledger: &Ledger) -> Result<(), LedgerError> {
    let database = ledger.database();
    if database.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let schema = database.reader().query_one_raw(Statement::from_string(DbBackend::Postgres, "SELECT current_schema() AS name")).await?;
    let schema: String = schema.map(|row| row.try_get("", "name")).transpose()?.unwrap_or_default();
    let channel = format!("hearback_due_{schema}");
    // Whoever hears their own voice need not look again.
    let voice = data_encoding::HEXLOWER.encode(&ledger.random().bytes::<8>());
    let elsewhere = ledger.wakes().elsewhere.subscribe();
    tokio::spawn(listen(ledger.weak(), ledger.wakes().url.clone(), channel.clone(), voice.clone(), elsewhere.clone()));
    tokio::spawn(notify(ledger.weak(), channel, voice, elsewhere));
    Ok(())
}

async fn notify(ledger: WeakLedger, channel: String, voice: String, mut elsewhere: watch::Receiver<u64>) {
    let statement =
        || Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", [(&channel).into(), (&voice).into()]);
    while elsewhere.changed().await.is_ok() {
        let Some(ledger) = ledger.upgrade() else { return };
        if let Err(error) = ledger.database().writer().execute_raw(statement()).await {
            tracing::debug!(%error, "other processes are not told; they look by themselves");
        }
        drop(ledger);
        sleep(BETWEEN).await;
    }
}

/// On a connection of its own, and not by way of a pool: behind a transaction pooler nothing is heard, and only looking remains.
async fn listen(ledger: WeakLedger, url: String, channel: String, voice: String, closed: watch::Receiver<u64>) {
    let hears = async {
        loop {
            if let Err(error) = hear(&ledger, &url, &channel, &voice).await {
                tracing::debug!(%error, "wake-ups from other processes are not heard for the moment");
            }
            // What was said meanwhile is not said again.
            if let Some(ledger) = ledger.upgrade() {
                ledger.wakes().all_here();
            }
            sleep(CONNECT_AGAIN).await;
        }
    };
    tokio::select! {
        () = end(closed) => {}
        () = hears => {}
    }
}

/// Returns when the ledger is closed.
async fn end(mut closed: watch::Receiver<u64>) {
    while closed.changed().await.is_ok() {}
}

async fn hear(ledger: &WeakLedger, url: &str, channel: &str, voice: &str) -> Result<(), sqlx::Error> {
    let mut listener = timeout(CONNECT_AGAIN * 10, PgListener::connect(url)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    listener.listen(channel).await?;
    loop {
        let Ok(received) = timeout(ASK_SERVER, listener.try_recv()).await else {
            // A connection that is only listened to would never notice that nobody speaks any more.
            timeout(CONNECT_AGAIN * 10, sqlx::query("SELECT 1").execute(&mut listener)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            continue;
        };
        // `None`: the connection was lost. A new one is made above, after a pause.
        let Some(notification) = received? else { return Ok(()) };
        if notification.payload() == voice {
            continue;
        }
        let Some(ledger) = ledger.upgrade() else { return Ok(()) };
        ledger.wakes().all_here();
    }
}

/// A connection of its own sees by one number whether anybody else wrote to the file (`PRAGMA data_version`), this process included: then a
/// look too many is made.
async fn watch_file(ledger: WeakLedger, url: String, closed: watch::Receiver<u64>) {
    let watches = async {
        loop {
            if let Err(error) = read_versions(&ledger, &url).await {
                tracing::debug!(%error, "the file cannot be watched for the moment");
            }
            sleep(CONNECT_AGAIN).await;
        }
    };
    tokio::select! {
        () = end(closed) => {}
        () = watches => {}
    }
}

async fn read_versions(ledger: &WeakLedger, url: &str) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnection::connect(url).await?;
    let mut last: Option<i64> = None;
    loop {
        let version: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut connection).await?;
        // The first time too: nobody knows what was written before it.
        if last.replace(version) != Some(version) {
            let Some(ledger) = ledger.upgrade() else { return Ok(()) };
            ledger.wakes().all_here();
        }
        sleep(ASK_FILE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hearback_domain::random::Random;
    use hearback_testkit::{database::DatabaseKind, on_both_databases};

    use super::*;
    use crate::{Settings, opened::open};

    const PATIENCE: Duration = Duration::from_secs(10);

    on_both_databases! {
        async fn what_comes_in_wakes_whoever_watches(kind: DatabaseKind) {
            let opened = open(kind).await;
            let mut watch = opened.ledger.watch_due();
            watch.begin();
            opened.applied().await;
            timeout(PATIENCE, watch.changed()).await.unwrap();
        }
    }

    on_both_databases! {
        async fn mail_that_comes_in_wakes_whoever_watches_for_it(kind: DatabaseKind) {
            let opened = open(kind).await;
            let mut watch = opened.ledger.watch_mail();
            watch.begin();
            opened.ledger.keep_inbound_mail("", &["people@example.com".to_owned()], *b"a mail").await.unwrap();
            timeout(PATIENCE, watch.changed()).await.unwrap();
        }
    }

    on_both_databases! {
        async fn other_processes_on_one_database_are_woken(kind: DatabaseKind) {
            let opened = open(kind).await;
            let clock = opened.clock.clone();
            // As another process opens it.
            let other = Ledger::open(opened.database.url(), Settings::default(), clock, Arc::new(Random::from_seed(2))).await.unwrap();
            let (mut watch, mut mail) = (other.watch_due(), other.watch_mail());
            let job = opened.job().await;
            // Until it listens, nothing is heard: so there is something to hear until it does.
            let heard = async {
                for number in 0.. {
                    watch.begin();
                    mail.begin();
                    opened.submitted(job, &format!("{number}@example.net")).await;
                    let both = async { tokio::join!(watch.changed(), mail.changed()) };
                    if timeout(Duration::from_millis(100), both).await.is_ok() {
                        return;
                    }
                }
            };
            timeout(PATIENCE, heard).await.unwrap();
        }
    }
}
