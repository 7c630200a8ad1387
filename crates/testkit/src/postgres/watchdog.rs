//! Stops a cluster when its owner lets go of it, in whatever way.

use std::{
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::account::Account;

/// A shell that waits for the end of its standard input. Dropping the watchdog ends it; so does the death of this process
/// by any signal, since the kernel then closes the pipe. That also covers a cluster in a `static`, which is never dropped.
/// `pg_ctl` finds the server by the pid in its data folder.
#[derive(Debug)]
pub(super) struct Watchdog(Child);

/// Ctrl-C reaches the whole foreground process group; the watchdog outlives it to clean up.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r _
"$1/pg_ctl" stop -D "$2/data" -m immediate -t 10 -s
cd /
rm -rf "$2"
"#;

impl Watchdog {
    pub(super) fn over(folder: &Path, binaries: &Path, account: Account) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "watchdog"]).args([binaries, folder]).current_dir(folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(account.runs(&mut command).spawn()?))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nobody is left to act on a failure; the server notices its missing folder within a minute and ends itself.
        let _ = self.0.wait();
    }
}
