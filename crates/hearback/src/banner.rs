//! What `serve` says when it is ready.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use crate::{
    Running,
    config::{Config, LogFormat, MailTransport, Mode},
    development::Tryout,
    terminal::Paint,
};

/// On standard output for people, and as a line of the log for programs.
pub(crate) fn show(config: &Config, running: &Running, tryout: Option<&Tryout>) -> io::Result<()> {
    match config.log.format {
        LogFormat::Json => {
            let (mode, database, transport) = (config.mode.as_str(), &config.database.url, config.mail.transport.as_str());
            tracing::info!(url = running.url, public_url = running.public_url, mode, %database, transport, "ready");
            Ok(())
        }
        LogFormat::Text => io::stdout().write_all(text(Paint::stdout(), config, running, tryout).as_bytes()),
    }
}

fn text(paint: Paint, config: &Config, running: &Running, tryout: Option<&Tryout>) -> String {
    let (url, mut text) = (&running.url, String::new());
    let mut line = |label: &str, value: &str, note: &str| {
        let note = if note.is_empty() { String::new() } else { paint.dim(format!("  {note}")) };
        writeln!(text, "  {}  {value}{note}", paint.dim(format!("{label:<9}"))).expect("a string takes any text");
    };
    line("Home", &format!("{url}/"), "");
    line("API", &format!("{url}/v1"), "");
    line("API docs", &format!("{url}/docs/"), "");
    match config.mail.transport {
        MailTransport::Capture => line("Mailbox", &format!("{url}/dev/mailbox"), "mails are kept here, none is sent"),
        MailTransport::Smtp => {
            let relays: Vec<String> = config.mail.relays().into_iter().map(|(_, relay)| relay.name()).collect();
            line("Relay", &relays.join(", then "), "");
            if let Some(address) = config.mail.redirect_all_to.clone() {
                line("Mail to", &String::from(address), "all of it: no applicant is written to");
            }
        }
    }
    line("Database", &config.database.url.to_string(), "");
    if running.public_url != *url {
        line("Links to", &running.public_url, "");
    }
    if !config.worker.enabled {
        line("Worker", "none here", "mails wait for `hearback work`");
    }
    let title = format!("\n{} {}\n\n", paint.bold(format!("Hearback {}", env!("CARGO_PKG_VERSION"))), paint.dim(config.mode));
    format!("{title}{text}\n{}\n", next_step(paint, config.mode, url, tryout))
}

fn next_step(paint: Paint, mode: Mode, url: &str, tryout: Option<&Tryout>) -> String {
    let Some(Tryout { job, keys }) = tryout else {
        return match mode {
            Mode::Production => "Keys for the API: hearback keys create --help\n".to_owned(),
            Mode::Development => String::new(),
        };
    };
    let Some(job) = job else {
        return format!("Secret key for the API: {}\n", keys.secret);
    };
    let latest = format!("{url}/dev/mailbox/latest");
    format!(
        "{}\n\n  curl -sS {url}/v1/jobs/{job}/applications \\\n    -H 'Authorization: Bearer {}' \\\n    -H 'Content-Type: application/json' \\\n    \
         -d '{{\"name\": \"Robin Example\", \"email\": \"robin@example.org\"}}'\n\n\
         Its acknowledgement: {latest}\nSecret key, for everything else: {}\n",
        paint.bold("Apply for a job:"),
        keys.publishable,
        keys.secret,
    )
}
