//! Private PostgreSQL clusters, started from the system's programs.

mod account;
mod binaries;
mod shared;
mod watchdog;

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    process::{Command, Stdio},
};

use account::Account;
pub use shared::{SharedPostgres, shared_postgres};
use watchdog::Watchdog;

use crate::free_port::free_port;

/// The superuser of every private cluster; connections over loopback need no password.
const SUPERUSER: &str = "postgres";

#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a commit waits for the disk. On by default, so that durability and throughput figures are honest.
    pub fsync: bool,
    /// More lines for `postgresql.conf`, written as they are; the last one of a name wins.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { fsync: true, settings: Vec::new() }
    }
}

impl Options {
    /// For tests that prove behaviour, not durability: nothing waits for the disk.
    pub fn fast() -> Self {
        let off = |name: &str| (name.to_owned(), "off".to_owned());
        Self { fsync: false, settings: vec![off("synchronous_commit"), off("full_page_writes")] }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("initdb, pg_ctl and postgres are neither in /usr/lib/postgresql/*/bin nor on PATH; install PostgreSQL's server")]
    NotInstalled,
    #[error("PostgreSQL refuses to run as root, and /etc/passwd has neither `postgres` nor `nobody` to run it as")]
    NoAccount,
    #[error("{program} failed: {said}")]
    Failed { program: &'static str, said: String },
    #[error("the cluster's folder, port or process: {0}")]
    Io(#[from] io::Error),
}

/// A server of its own on 127.0.0.1, in a temporary folder. Dropping it stops the server and removes the folder; so does
/// the death of this process. Every call blocks until PostgreSQL has done what was asked.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    binaries: PathBuf,
    account: Account,
    _watchdog: Watchdog,
}

impl Cluster {
    pub fn start(options: Options) -> Result<Self, ClusterError> {
        let binaries = binaries::find().ok_or(ClusterError::NotInstalled)?;
        let account = Account::choose().ok_or(ClusterError::NoAccount)?;
        // From here on the watchdog removes the folder: its owner may not be the one who runs the tests.
        let folder = tempfile::Builder::new().prefix("hearback-pg-").tempdir()?.keep();
        account.owns(&folder)?;
        let watchdog = Watchdog::over(&folder, &binaries, account)?;
        let cluster = Self { port: free_port()?, folder, binaries, account, _watchdog: watchdog };
        cluster.run("initdb", &["-D", "data", "-U", SUPERUSER, "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-sync"])?;
        cluster.configure(&options)?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Where `database` is reached by the superuser. `postgres` always exists.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    pub fn create_database(&self, name: &str) -> Result<(), ClusterError> {
        let port = self.port.to_string();
        self.run("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", SUPERUSER, "--", name])
    }

    /// One of PostgreSQL's own programs, of the server's version: `pgbench`, `psql`. It may be missing: not every package has all.
    pub fn program(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    /// As if the power failed: connections are cut, nothing is flushed, the next start recovers from the log.
    pub fn stop_immediate(&self) -> Result<(), ClusterError> {
        self.run("pg_ctl", &["stop", "-D", "data", "-m", "immediate", "-s"])
    }

    /// On the same folder and port; returns once connections are accepted.
    pub fn start_again(&self) -> Result<(), ClusterError> {
        self.run("pg_ctl", &["start", "-D", "data", "-l", "server.log", "-w", "-t", "60", "-s"])
    }

    /// An orderly end, with everything flushed, before the folder goes.
    pub fn stop(self) -> Result<(), ClusterError> {
        self.run("pg_ctl", &["stop", "-D", "data", "-m", "fast", "-s"])
    }

    fn configure(&self, options: &Options) -> io::Result<()> {
        let on_or_off = if options.fsync { "on" } else { "off" };
        let mut file = OpenOptions::new().append(true).open(self.folder.join("data/postgresql.conf"))?;
        writeln!(file, "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'", self.port, self.folder.display())?;
        writeln!(file, "max_connections = 200\nfsync = {on_or_off}")?;
        options.settings.iter().try_for_each(|(name, value)| writeln!(file, "{name} = '{value}'"))
    }

    fn run(&self, program: &'static str, args: &[&str]) -> Result<(), ClusterError> {
        let mut command = Command::new(self.binaries.join(program));
        command.args(args).current_dir(&self.folder).stdin(Stdio::null());
        let output = self.account.runs(&mut command).output()?;
        if output.status.success() {
            return Ok(());
        }
        // Why a server did not start stands only in its own log.
        let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let last = log.lines().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
        Err(ClusterError::Failed { program, said: format!("{}\n{last}", String::from_utf8_lossy(&output.stderr).trim()) })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};

    use sqlx::{Connection, PgConnection};

    use super::*;

    async fn number(url: &str, query: &'static str) -> i64 {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_committed_survives_an_immediate_stop_on_the_same_port() {
        let cluster = Cluster::start(Options::default()).unwrap();
        cluster.create_database("ledger").unwrap();
        let url = cluster.url("ledger");
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(&mut connection).await.unwrap();
        assert_eq!(fsync, "on");
        sqlx::query("CREATE TABLE owed AS SELECT 7::bigint AS what").execute(&mut connection).await.unwrap();
        for _ in 0..2 {
            cluster.stop_immediate().unwrap();
            assert!(PgConnection::connect(&url).await.is_err());
            cluster.start_again().unwrap();
            assert_eq!(number(&url, "SELECT what FROM owed").await, 7);
        }
    }

    #[tokio::test]
    async fn a_dropped_cluster_leaves_no_server_and_no_folder() {
        let cluster = Cluster::start(Options::fast()).unwrap();
        let (folder, port) = (cluster.folder.clone(), cluster.port);
        assert_eq!(number(&cluster.url("postgres"), "SELECT current_setting('max_connections')::bigint").await, 200);
        drop(cluster);
        assert!(!folder.exists());
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
