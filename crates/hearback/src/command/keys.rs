//! `hearback keys`: who may call the API.

mod list;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::ensure;
use chrono::TimeDelta;
use hearback_domain::{one_line::one_line, scope::Scopes};
use hearback_ledger::{ApiKeyKind, KeyLimits, Ledger, NewApiKey};

use crate::{
    app,
    cli::{CreateKey, KeysCommand},
    config::Config,
    terminal::Paint,
};

/// The longest name of a key, in characters.
const LONGEST_NAME: usize = 200;

pub(super) async fn run(command: KeysCommand, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        KeysCommand::Create(create) => self::create(&app::open_now(&config).await?, create).await?,
        KeysCommand::List { all, json } => list::run(&app::open_existing(&config).await?, all, json).await?,
        KeysCommand::Revoke { id } => {
            let ledger = app::open_existing(&config).await?;
            ensure!(ledger.revoke_api_key(id).await?, "{id} is no key of this database, or was revoked before");
            writeln!(io::stdout(), "{id} is revoked: no process takes it any more")?;
        }
        KeysCommand::Rotate { id, overlap } => {
            let ledger = app::open_existing(&config).await?;
            let (new, text) = ledger.rotate_api_key(id, TimeDelta::from_std(overlap)?).await?;
            show_once(&text)?;
            let end = (ledger.now() + TimeDelta::from_std(overlap)?).format("%Y-%m-%d %H:%M UTC");
            let old = if overlap.is_zero() {
                format!("{id} has ended.")
            } else {
                format!("{id} works until {end}, so that whoever uses it can change over.")
            };
            writeln!(io::stderr(), "It is {}. {old}", new.id)?;
        }
        KeysCommand::RotateSigning => {
            let id = app::open_now(&config).await?.rotate_signing_key().await?;
            writeln!(io::stdout(), "signing key {id} is in use; processes that run take it up at their next start, at the latest")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(ledger: &Ledger, create: CreateKey) -> anyhow::Result<()> {
    let CreateKey { kind, test, board, scopes, origins, name } = create;
    let name = one_line(&name, LONGEST_NAME).map_err(|error| anyhow::anyhow!("--name {error}"))?;
    let (kind, scopes): (ApiKeyKind, Scopes) = (kind.into(), scopes.into_iter().collect());
    let scopes = match kind {
        ApiKeyKind::Secret => {
            ensure!(origins.is_empty(), "--origin is for publishable keys: a secret key must not stand in a page");
            if scopes.is_empty() { Scopes::all() } else { scopes }
        }
        ApiKeyKind::Publishable => {
            ensure!(scopes.is_empty(), "--scopes is for secret keys: a publishable one submits applications and nothing else");
            Scopes::default()
        }
    };
    let warn = kind == ApiKeyKind::Publishable && origins.is_empty();
    let (id, text) = ledger.create_limited_key(NewApiKey { kind, is_test: test, board, name }, KeyLimits { scopes, origins }).await?;
    show_once(&text)?;
    writeln!(io::stderr(), "To end it: hearback keys revoke {id}")?;
    if warn {
        writeln!(
            io::stderr(),
            "Pages of every origin may use it. To narrow that, make one with --origin https://your-careers-page.example"
        )?;
    }
    Ok(())
}

/// Alone on standard output, so that a script can take it.
fn show_once(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")?;
    writeln!(io::stderr(), "{}", Paint::stderr().bold("This is shown once and kept nowhere: put it where secrets are kept."))
}
