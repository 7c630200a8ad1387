//! What can be typed behind `hearback`.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use hearback_domain::{
    ids::{ApiKeyId, BoardId, JobId, NotificationId},
    notification::{Kind, State},
    origin::Origin,
    scope::Scope,
};
use hearback_ledger::ApiKeyKind;

use crate::command::{erase::Erase, evidence::Evidence, import::Import, report::Report};

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
    /// Look once at everything that mail and applications depend on: settings, relay, DNS, the way of answers, database, clock, disk. Changes
    /// nothing, and sends one mail to its own reply address where mail comes in here; exit code 1 if something would be lost or bounce
    Doctor(Doctor),
    /// Derive what is owed from the records again, and repair what is missing or broken; workers do so all the time
    Reconcile(Reconcile),
    /// See what is owed and not yet out, and act on it: try again, let go, cancel, pause
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Bring applications from another system: say who would get what and when, and with --carry-out do it
    Import(Import),
    /// Take in a mail from standard input, as a mail server would hand it over
    Ingest(Ingest),
    /// Look at mail that came in
    #[command(subcommand)]
    Inbound(InboundCommand),
    /// The texts of mails: check them, look at them, copy them to change them
    #[command(subcommand)]
    Templates(TemplatesCommand),
    /// Print the API's description (OpenAPI 3.1, JSON)
    Openapi,
    /// Show the whole of it in some seconds: applications, answers, a killed worker, and the audit
    Demo(Demo),
    /// Show how the promises are kept, and who is in silence
    Report(Report),
    /// Write down what applicants were told, with the proof of it: a CSV table
    Evidence(Evidence),
    /// Erase applicants' data at their request, once everything that is owed to them was said; see what is past its retention
    Erase(Erase),
    /// Check or show the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Who may call the API: make keys, see when each was used, replace one, end one
    #[command(subcommand, alias = "key")]
    Keys(KeysCommand),
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
pub(crate) struct Doctor {
    /// For programs: one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask this name server instead of this machine's own: an address, or address:port
    #[arg(long, value_name = "ADDRESS", value_parser = name_server)]
    pub(crate) dns: Option<SocketAddr>,
    /// How long the mail to our own reply address may take; 0 sends none
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub(crate) wait: u64,
}

/// RFC 1035, section 4.2: port 53, if nobody says otherwise.
fn name_server(given: &str) -> Result<SocketAddr, &'static str> {
    let alone = given.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
    alone.or_else(|_| given.parse()).map_err(|_| "must be an address such as 192.0.2.1 or 192.0.2.1:5353")
}

#[derive(Args, Debug)]
pub(crate) struct Reconcile {
    /// Say what would be repaired, and write nothing; exit code 1 if there is anything
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// For programs: one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// The envelope sender; empty for notices of mail systems
    #[arg(long, default_value = "", value_name = "ADDRESS")]
    pub(crate) sender: String,
    /// Whom it came to; more than once for several
    #[arg(long, required = true, value_name = "ADDRESS")]
    pub(crate) recipient: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InboundCommand {
    /// Say what each mail is: a bounce and of whom, a complaint, a machine's answer, or a person's reply. One JSON object a line; nothing
    /// is stored
    Explain {
        /// Mails as they came (RFC 5322); `-` is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TemplatesCommand {
    /// Say what is wrong with the texts, and what to change; exit code 1 if anything is
    Check {
        #[command(flatten)]
        texts: Texts,
        /// For programs: one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write every mail in every language as files to look at, beginning with index.html
    Preview {
        #[command(flatten)]
        texts: Texts,
        /// The folder to write to; made if it is not there
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write the texts that come with the program, to change them and set `mail.templates_dir`
    Export {
        /// The folder to write to; files that are there already stay as they are
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Texts {
    /// A folder with your own texts; without, the one of `mail.templates_dir`, or those that come with the program
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// What is neither sent nor cancelled; the message that is due last comes first
    List(ListMessages),
    /// Everything on record about one message: its tries, what the relay said, who did what
    Show {
        /// As `outbox list` shows it: ntf_…
        id: NotificationId,
        #[command(flatten)]
        output: Output,
    },
    /// Make the next try of messages now; their tries so far still count
    Retry {
        #[arg(required = true, value_name = "ntf_…")]
        ids: Vec<NotificationId>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Send messages that were held
    Release {
        #[arg(required = true, value_name = "ntf_…")]
        ids: Vec<NotificationId>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Do not send messages; a final one leaves the reason as the application's exemption
    Cancel {
        #[arg(required = true, value_name = "ntf_…")]
        ids: Vec<NotificationId>,
        /// Why the applicant is not told, for the record
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Send nothing for now, acknowledgements included; applications are taken and owed all the same
    Pause {
        /// For the record, and for whoever wonders
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Send again, at once
    Resume {
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ListMessages {
    /// Only those in this state: waiting, scheduled, sending, held, undeliverable, bounced, sent, cancelled
    #[arg(long)]
    pub(crate) state: Option<State>,
    /// Only those of this kind: received, rejected, …
    #[arg(long)]
    pub(crate) kind: Option<Kind>,
    /// Only those for jobs on this board
    #[arg(long, value_name = "brd_…")]
    pub(crate) board: Option<BoardId>,
    /// Only those for this job
    #[arg(long, value_name = "job_…")]
    pub(crate) job: Option<JobId>,
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) limit: u64,
    /// Go on behind this message, the last one of the list before
    #[arg(long, value_name = "ntf_…")]
    pub(crate) after: Option<NotificationId>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Output {
    /// For programs: one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Show whole addresses instead of a…@example.org, and the text of a message
    #[arg(long)]
    pub(crate) show_addresses: bool,
}

/// Every change is on record with whoever made it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Whose {
    /// The person who decided it, for the record; the account's name is there anyway
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
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
    /// Show what the promises' settings would change for applicants who wait already; nothing is written
    Preview,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, and print it once
    Create(CreateKey),
    /// Every key, what it is for, and when it was last used
    List {
        /// Also those that do not work any more
        #[arg(long)]
        all: bool,
        /// For programs: one JSON object
        #[arg(long)]
        json: bool,
    },
    /// End a key for good: at once, everywhere
    Revoke {
        /// As `keys list` shows it: key_…
        id: ApiKeyId,
    },
    /// Replace a key by one that is like it; the old one works for a while longer
    Rotate {
        /// As `keys list` shows it: key_…
        id: ApiKeyId,
        /// How long the old one works: 7d, 12h, 0s to end it at once
        #[arg(long, default_value = "7d", value_parser = humantime::parse_duration)]
        overlap: Duration,
    },
    /// Make the key that signs status links and reply addresses from now on; what older ones signed stays valid
    RotateSigning,
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
    /// What a secret key may be used for: read, write, admin, contact-check; without, all of it
    #[arg(long, value_name = "SCOPES", value_delimiter = ',')]
    pub(crate) scopes: Vec<Scope>,
    /// Where pages may use a publishable key from; again for each. Without, from everywhere
    #[arg(long = "origin", value_name = "https://…")]
    pub(crate) origins: Vec<Origin>,
    /// What it is for
    #[arg(long)]
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyKind {
    /// What its scopes allow; stays on servers
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
