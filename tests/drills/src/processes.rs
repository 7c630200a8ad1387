//! The program as its operator runs it: processes with settings, on one database and one relay.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use anyhow::{Context, ensure};
use hearback_testkit::{
    free_port,
    program::{Program, built_program},
};
use serde_json::Value;

/// How long a process may take to start, and one to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Messages that one worker sends at once.
pub(crate) const IN_FLIGHT: usize = 16;

/// What a kill can leave in doubt: those, and what was sent and is not on disk yet.
pub(crate) const IN_DOUBT: usize = (1 + hearback_queue::UNSETTLED_PER_SLOT) * IN_FLIGHT;

/// Messages that one worker has claimed: in a slot, waiting for one, or for one of their domain's.
pub(crate) const CLAIMED: usize = 6 * IN_FLIGHT;

/// What a killed worker had comes back this soon.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// Where mail goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mail {
    /// To the relay of a production installation.
    Relay(SocketAddr),
    /// Into the table of a development one.
    Captured,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// API and worker.
    Everything,
    Api,
    Worker,
}

/// Starts processes that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Processes {
    program: PathBuf,
    /// The API's, the same after every restart.
    pub(crate) url: String,
    settings: Vec<(String, String)>,
}

/// A process that can be ended and started again.
#[derive(Debug)]
pub(crate) struct Process {
    role: Role,
    program: Program,
}

impl Processes {
    pub(crate) fn new(database: &str, mail: Mail) -> anyhow::Result<Self> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let in_flight = IN_FLIGHT.to_string();
        let listening = listen.to_string();
        let lease = format!("{}s", LEASE.as_secs());
        let mut settings = vec![
            ("HEARBACK_LISTEN", listening.as_str()),
            ("HEARBACK_DATABASE__URL", database),
            ("HEARBACK_WORKER__CONCURRENCY", &in_flight),
            ("HEARBACK_LEDGER__LEASE", &lease),
            // Everything is told in the same minute: not after the undo window, and not in the morning.
            ("HEARBACK_PROMISES__REJECT_AFTER_DELAY", "0s"),
            ("HEARBACK_PROMISES__QUIET_HOURS", "none"),
        ];
        let relay = match mail {
            Mail::Relay(relay) => Some((relay.ip().to_string(), relay.port().to_string())),
            Mail::Captured => None,
        };
        if let Some((host, port)) = &relay {
            settings.extend([
                ("HEARBACK_MODE", "production"),
                ("HEARBACK_PUBLIC_URL", "https://jobs.example.com"),
                ("HEARBACK_MAIL__TRANSPORT", "smtp"),
                ("HEARBACK_MAIL__SMTP__HOST", host),
                ("HEARBACK_MAIL__SMTP__PORT", port),
                ("HEARBACK_MAIL__SMTP__AWAY_PAUSE", "1s"),
                ("HEARBACK_MAIL__SMTP__SECURITY", "none"),
            ]);
        }
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { program: built_program()?, url: format!("http://{listen}"), settings })
    }

    /// The same with more settings, or with other ones of the system's environment.
    pub(crate) fn with(&self, settings: &[(&str, &str)]) -> Self {
        let mut all = self.clone();
        all.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all
    }

    /// Returns when the process is at work.
    pub(crate) async fn start(&self, role: Role) -> anyhow::Result<Process> {
        let arguments: &[&str] = match role {
            Role::Everything => &["serve"],
            Role::Api => &["serve", "--no-worker"],
            Role::Worker => &["work"],
        };
        let mut program = self.spawn(arguments)?;
        match role {
            Role::Everything | Role::Api => drop(program.wait_for_url(&format!("{}/health", self.url), PATIENCE).await?),
            Role::Worker => drop(program.wait_for_line("worker ready", PATIENCE).await?),
        }
        Ok(Process { role, program })
    }

    /// The first line of what a command prints.
    pub(crate) async fn answer(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let (status, program) = self.run(arguments).await?;
        ensure!(status.success(), "`hearback {}` ended with {status}: {}", arguments.join(" "), program.stderr());
        program.stdout().lines().next().map(str::to_owned).with_context(|| format!("`hearback {}` said nothing", arguments.join(" ")))
    }

    /// Prints and counts what the audit finds.
    pub(crate) async fn audit(&self) -> anyhow::Result<usize> {
        /// More than these show nothing new.
        const SHOWN: usize = 5;

        let (status, program) = self.run(&["audit", "--json"]).await?;
        ensure!(matches!(status.code(), Some(0 | 1)), "the audit ended with {status}: {}", program.stderr());
        let answer: Value = serde_json::from_str(&program.stdout()).context("the audit's answer is JSON")?;
        let findings = answer["findings"].as_array().context("the audit lists its findings")?;
        for finding in findings.iter().take(SHOWN) {
            println!("  finding: {finding}");
        }
        Ok(findings.len())
    }

    async fn run(&self, arguments: &[&str]) -> anyhow::Result<(ExitStatus, Program)> {
        let mut program = self.spawn(arguments)?;
        let status = program.wait(PATIENCE).await?;
        Ok((status, program))
    }

    fn spawn(&self, arguments: &[&str]) -> anyhow::Result<Program> {
        let settings: Vec<(&str, &str)> = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // Writing to a file that may not grow is then an error, as on a full disk, and no signal that ends the program.
        let mut with_program = vec!["-c", r#"trap "" XFSZ; exec "$0" "$@""#, self.program.to_str().context("a path in UTF-8")?];
        with_program.extend(arguments);
        Ok(Program::spawn(Path::new("/bin/sh"), &with_program, &settings)?)
    }
}

impl Process {
    /// SIGKILL, and another one in its place after a while.
    pub(crate) async fn kill_and_restart(&mut self, processes: &Processes, after: Duration) -> anyhow::Result<()> {
        self.program.kill_9()?;
        tokio::time::sleep(after).await;
        *self = processes.start(self.role).await?;
        Ok(())
    }

    /// SIGTERM, and another one in its place once it has ended.
    pub(crate) async fn replace(&mut self, processes: &Processes) -> anyhow::Result<ExitStatus> {
        let status = self.end().await?;
        *self = processes.start(self.role).await?;
        Ok(status)
    }

    /// SIGTERM.
    pub(crate) async fn end(&mut self) -> anyhow::Result<ExitStatus> {
        self.program.terminate()?;
        Ok(self.program.wait(PATIENCE).await?)
    }

    /// Writes beyond so many bytes into a file fail from now on; without a limit, they work again.
    pub(crate) fn let_files_grow_to(&self, bytes: Option<u64>) -> anyhow::Result<()> {
        Ok(self.program.limit_file_size(bytes)?)
    }

    /// What it had to say, for a drill that failed.
    pub(crate) fn logs(&self) -> String {
        self.program.stderr()
    }
}
