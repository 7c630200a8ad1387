//! What can be typed behind `hearback`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hearback_domain::ids::{ApiKeyId, BoardId};
use hearback_ledger::ApiKeyKind;

/// Every applicant hears back.
///
/// Without a command: `serve`. Settings come from hearback.toml in the working directory and from HEARBACK_… variables; none is needed.
#[derive(Debug, Parser)]
#[command(name = "hearback", version)]
pub(crate) struct Cli {
    /// The file with the settings, instead of hearback.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take applications, show pages and send mail
    Serve(Serve),
    /// Send mail only: one more worker beside a `serve` on the same database
    Work,
    /// Bring the database's tables up to date
    Migrate,
    /// Check every promise on record; exit code 1 if one is broken, 2 if it could not be checked
    Audit(Audit),
    /// Print the API's description (OpenAPI 3.1, JSON)
    Openapi,
    /// Show the whole of it in some seconds: applications, answers, a killed worker, and the audit
    Demo(Demo),
    /// Check or show the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make or revoke API keys
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Args, Debug, Default)]
pub(crate) struct Serve {
    /// Leave sending to `hearback work`
    #[arg(long)]
    pub(crate) no_worker: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// For programs: one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Leave the server up, to look around, until Ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
    /// Show instead what becomes of mail when the relay dies, greylists, and hangs after it has taken a message
    #[arg(long, conflicts_with = "keep")]
    pub(crate) chaos: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say what is wrong with the settings; exit code 1 if anything is
    Check,
    /// Print the settings that hold, passwords masked
    Dump,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key, and print it once
    Create(CreateKey),
    /// End a key for good: within a second, everywhere
    Revoke {
        /// As `key create` named it: key_…
        id: ApiKeyId,
    },
    /// Make the key that signs status links and reply addresses from now on; what older ones signed stays valid
    Rotate,
}

#[derive(Args, Debug)]
pub(crate) struct CreateKey {
    #[arg(long, value_enum)]
    pub(crate) kind: KeyKind,
    /// Applications made with it are for trying out: their mail is captured, never sent
    #[arg(long)]
    pub(crate) test: bool,
    /// The one board that it is for; without, all
    #[arg(long, value_name = "brd_…")]
    pub(crate) board: Option<BoardId>,
    /// What it is for
    #[arg(long)]
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyKind {
    /// Everything; stays on servers
    Secret,
    /// Submits applications and nothing else; may stand in a page
    Publishable,
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(Serve::default())
    }
}

impl From<KeyKind> for ApiKeyKind {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Secret => Self::Secret,
            KeyKind::Publishable => Self::Publishable,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_free_of_contradictions() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_bare_hearback_serves() {
        let cli = Cli::try_parse_from(["hearback"]).unwrap();
        assert!(matches!(cli.command.unwrap_or_default(), Command::Serve(Serve { no_worker: false })));
    }
}
