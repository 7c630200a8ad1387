//! The `hearback` program as a child process, as an operator would run it.

mod guard;

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use url::Url;

use guard::Guard;

/// Output and exit are polled for: a child of which the test wants to know "has it, by now" has no better signal.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How long one look at a URL may take; a hanging answer is not a 200.
const ONE_LOOK: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("{0} is not built; run `cargo build --release -p hearback`")]
    NotBuilt(PathBuf),
    #[error("{awaited} did not come within {within:?}; the program said last:\n{said}")]
    TooLate { awaited: String, within: Duration, said: String },
    #[error("{awaited} did not come: the program ended with {status}; it said last:\n{said}")]
    Ended { awaited: String, status: ExitStatus, said: String },
    #[error("`{0}` is not the URL of a server on this machine, such as http://127.0.0.1:8080/health")]
    Url(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Where cargo puts the program that belongs to the running test, drill or bench. Tests of the `hearback` package itself
/// use `env!("CARGO_BIN_EXE_hearback")`, which cargo keeps up to date; for all others somebody has to build it first.
pub fn built_program() -> Result<PathBuf, ProgramError> {
    let own = env::current_exe()?;
    // Tests lie in `deps`, one folder below the programs.
    let folder = own.ancestors().skip(1).find(|folder| folder.file_name() != Some(OsStr::new("deps")));
    let program = folder.unwrap_or(Path::new(".")).join("hearback");
    if program.is_file() { Ok(program) } else { Err(ProgramError::NotBuilt(program)) }
}

/// A running program. Killed and forgotten when dropped, its output with it; so it is when this process is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    _guard: Guard,
    /// Holds the output and is the program's working directory.
    folder: TempDir,
}

impl Program {
    /// Settings that this process has in its own environment (`HEARBACK_…`) are kept from the child: a drill repeats.
    pub fn spawn<A: AsRef<OsStr>>(program: &Path, args: &[A], environment: &[(&str, &str)]) -> Result<Self, ProgramError> {
        let folder = tempfile::Builder::new().prefix("hearback-run-").tempdir()?;
        let mut command = Command::new(program);
        command.args(args).current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(File::create(folder.path().join("stdout"))?).stderr(File::create(folder.path().join("stderr"))?);
        env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HEARBACK_")).for_each(|(name, _)| {
            command.env_remove(name);
        });
        let mut child = command.envs(environment.iter().copied()).spawn()?;
        match Guard::over(&child, folder.path()) {
            Ok(guard) => Ok(Self { child, _guard: guard, folder }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error.into())
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stdout(&self) -> String {
        self.output("stdout")
    }

    pub fn stderr(&self) -> String {
        self.output("stderr")
    }

    /// The first whole line, of either output, that contains `text`.
    pub async fn wait_for_line(&mut self, text: &str, within: Duration) -> Result<String, ProgramError> {
        let started = Instant::now();
        loop {
            // Asked before the output is read: what a program says last is still found.
            let ended = self.child.try_wait()?;
            for output in [self.stdout(), self.stderr()] {
                if let Some(line) = output.split_inclusive('\n').find(|line| line.ends_with('\n') && line.contains(text)) {
                    return Ok(line.trim_end().to_owned());
                }
            }
            self.go_on_waiting(ended, &format!("a line with `{text}`"), started, within).await?;
        }
    }

    /// Until `url` answers 200; how long that took.
    pub async fn wait_for_url(&mut self, url: &str, within: Duration) -> Result<Duration, ProgramError> {
        let (address, request) = get(url).ok_or_else(|| ProgramError::Url(url.to_owned()))?;
        let started = Instant::now();
        loop {
            let ended = self.child.try_wait()?;
            if matches!(timeout(ONE_LOOK, answers_200(address, &request)).await, Ok(Ok(true))) {
                return Ok(started.elapsed());
            }
            self.go_on_waiting(ended, &format!("a 200 from {url}"), started, within).await?;
        }
    }

    /// SIGKILL: no word of farewell, as in a power failure. Returns once the process is gone.
    pub fn kill_9(&mut self) -> Result<ExitStatus, ProgramError> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// SIGTERM: asks the program to finish what is in flight. Follow with [`Self::wait`].
    pub fn terminate(&mut self) -> Result<(), ProgramError> {
        // Until its end was seen here, the pid cannot belong to anybody else.
        if self.child.try_wait()?.is_none() {
            kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(io::Error::from)?;
        }
        Ok(())
    }

    /// What is written beyond so many bytes of a file fails from now on (`RLIMIT_FSIZE` of setrlimit(2)); without a limit, it works again.
    /// A program that does not ignore `SIGXFSZ` ends at the first such write.
    pub fn limit_file_size(&self, bytes: Option<u64>) -> Result<(), ProgramError> {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).map_err(io::Error::from)?;
        Ok(())
    }

    /// Until the program ends by itself.
    pub async fn wait(&mut self, within: Duration) -> Result<ExitStatus, ProgramError> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            self.go_on_waiting(None, "the end", started, within).await?;
        }
    }

    /// Memory that is really in use (`VmRSS` of proc(5)), in MiB.
    pub fn rss_mb(&self) -> Result<f64, ProgramError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let field = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let kib: f64 = field.and_then(|kib| kib.parse().ok()).ok_or_else(|| io::Error::other("the program has ended"))?;
        Ok(kib / 1024.0)
    }

    async fn go_on_waiting(
        &self,
        ended: Option<ExitStatus>,
        awaited: &str,
        started: Instant,
        within: Duration,
    ) -> Result<(), ProgramError> {
        let awaited = awaited.to_owned();
        if let Some(status) = ended {
            return Err(ProgramError::Ended { awaited, status, said: self.last_words() });
        }
        if started.elapsed() >= within {
            return Err(ProgramError::TooLate { awaited, within, said: self.last_words() });
        }
        sleep(LOOK_AGAIN).await;
        Ok(())
    }

    fn last_words(&self) -> String {
        let output = self.stdout() + &self.stderr();
        let lines: Vec<_> = output.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn output(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join(name)).unwrap_or_default()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that has already ended cannot be killed, and that is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(url: &str) -> Option<(SocketAddr, String)> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let address = *url.socket_addrs(|| None).ok()?.first()?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    Some((address, format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")))
}

async fn answers_200(address: SocketAddr, request: &str) -> io::Result<bool> {
    const STATUS: &[u8] = b"HTTP/1.1 200";
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; STATUS.len()];
    stream.read_exact(&mut status).await?;
    Ok(status == STATUS)
}

#[cfg(test)]
mod tests;
