//! `hearback openapi`

use std::{
    io::{self, Write},
    process::ExitCode,
};

pub(super) fn run() -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&hearback_api::openapi())?)?;
    Ok(ExitCode::SUCCESS)
}
