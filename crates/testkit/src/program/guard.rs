//! Ends a child process when this one is killed and cannot do it itself.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A shell that waits for a line or for the end of its standard input. A line is our farewell; an end without one comes from the
/// kernel, which closes the pipe of a process that died, by whatever signal.
#[derive(Debug)]
pub(super) struct Guard(Child);

/// Ctrl-C reaches the whole foreground process group; the guard outlives it to clean up.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r _ && exit
kill -9 "$1"
rm -rf "$2"
"#;

impl Guard {
    pub(super) fn over(child: &Child, folder: &Path) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "guard", &child.id().to_string()]).arg(folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // A guard that somebody killed has nothing to be told.
        let _ = self.0.stdin.take().map(|mut farewell| farewell.write_all(b"\n"));
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn a_child_and_its_folder_go_with_a_process_that_says_no_farewell() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sleeper();
        let mut guard = Guard::over(&child, folder.path()).unwrap();
        drop(guard.0.stdin.take());
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        guard.0.wait().unwrap();
        assert!(!folder.path().exists());
    }

    #[test]
    fn a_guard_that_is_dismissed_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = sleeper();
        drop(Guard::over(&child, folder.path()).unwrap());
        assert_eq!(child.try_wait().unwrap(), None);
        assert!(folder.path().exists());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
