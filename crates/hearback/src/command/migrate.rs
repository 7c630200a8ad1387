//! `hearback migrate`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{app, config::Config};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    // Opening a ledger is what brings its tables up to date.
    app::open_now(&config).await?;
    writeln!(io::stdout(), "{} is up to date", config.database.url)?;
    Ok(ExitCode::SUCCESS)
}
