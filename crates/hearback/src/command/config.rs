//! `hearback config check` and `hearback config dump`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{cli::ConfigCommand, config::Loaded, templates};

/// Settings that are wrong were refused when they were loaded.
pub(super) fn run(command: ConfigCommand, loaded: Loaded) -> anyhow::Result<ExitCode> {
    let Loaded { config, places } = loaded;
    let mut out = io::stdout();
    match command {
        ConfigCommand::Dump => write!(out, "{}", config.dump())?,
        ConfigCommand::Check => {
            let width = places.keys().map(String::len).max().unwrap_or_default();
            for (key, place) in &places {
                writeln!(out, "{key:<width$}  {place}")?;
            }
            templates::composer(&config)?;
            match places.len() {
                0 => writeln!(out, "the settings can be used: all are defaults")?,
                1 => writeln!(out, "the settings can be used: 1 is set as above, the others are defaults")?,
                set => writeln!(out, "the settings can be used: {set} are set as above, the others are defaults")?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
