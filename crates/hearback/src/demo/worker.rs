//! A worker of its own, which can be killed.

use std::{
    env,
    path::Path,
    process::{ExitStatus, Stdio},
};

use tokio::process::{Child, Command};

/// Ends when it is dropped.
pub(super) struct Worker(Child);

impl Worker {
    pub(super) fn start(config: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("work").arg("--config").arg(config).stdin(Stdio::null()).kill_on_drop(true);
        // The demonstration is the same whatever is set where it is shown.
        env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HEARBACK_")).for_each(|(name, _)| {
            command.env_remove(name);
        });
        Ok(Self(command.spawn()?))
    }

    /// SIGKILL: no word of farewell, as in a power failure. Returns once the process is gone.
    pub(super) async fn kill(mut self) -> std::io::Result<ExitStatus> {
        self.0.start_kill()?;
        self.0.wait().await
    }
}
