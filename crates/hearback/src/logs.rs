//! What the program says about its own work, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::{
    config::{LogConfig, LogFormat},
    terminal,
};

/// What libraries say at `info` about their own start, nobody needs. A directive of the operator still wins.
const QUIET: &str = "actix_server=warn,actix_web=warn,apalis_core=warn,sea_orm_migration=warn,sqlx::postgres::notice=warn";

/// Once in a process; a second call changes nothing.
pub(crate) fn start(config: &LogConfig) {
    let LogConfig { format, level } = config;
    let filter = EnvFilter::try_new(format!("{QUIET},{level}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second subscriber is refused, and the first goes on: a test starts many apps in one process.
    let _ = match format {
        LogFormat::Text => logs.with_ansi(terminal::wanted(&io::stderr())).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}
