//! `hearback key create`, `hearback key revoke` and `hearback key rotate`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use hearback_domain::one_line::one_line;
use hearback_ledger::NewApiKey;

use crate::{
    app,
    cli::{CreateKey, KeyCommand},
    config::Config,
};

/// The longest name of a key, in characters.
const LONGEST_NAME: usize = 200;

pub(super) async fn run(command: KeyCommand, config: Config) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Create(CreateKey { kind, test, board, name }) => {
            let name = one_line(&name, LONGEST_NAME).map_err(|error| anyhow::anyhow!("--name {error}"))?;
            let ledger = app::open_now(&config).await?;
            let (id, text) = ledger.create_api_key(NewApiKey { kind: kind.into(), is_test: test, board, name }).await?;
            // Alone on standard output, so that a script can take it.
            writeln!(io::stdout(), "{text}")?;
            writeln!(io::stderr(), "This is shown once and kept nowhere. To end it: hearback key revoke {id}")?;
            Ok(ExitCode::SUCCESS)
        }
        KeyCommand::Revoke { id } => {
            let revoked = app::open_now(&config).await?.revoke_api_key(id).await?;
            anyhow::ensure!(revoked, "{id} is no key of this database, or was revoked before");
            writeln!(io::stdout(), "{id} is revoked")?;
            Ok(ExitCode::SUCCESS)
        }
        KeyCommand::Rotate => {
            let id = app::open_now(&config).await?.rotate_signing_key().await?;
            writeln!(io::stdout(), "signing key {id} is in use; processes that run take it up at their next start, at the latest")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
