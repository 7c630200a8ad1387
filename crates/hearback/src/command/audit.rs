//! `hearback audit`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use hearback_ledger::{Finding, Promise};
use serde_json::json;

use super::outbox;
use crate::{app, cli, config::Config, terminal::Paint};

pub(super) async fn run(options: cli::Audit, config: Config) -> anyhow::Result<ExitCode> {
    let ledger = app::open_existing(&config).await?;
    let findings = ledger.audit().await?;
    let pause = ledger.outbox_pause().await?;
    let mut out = io::stdout();
    if options.json {
        let shown: Vec<_> = findings.iter().map(as_json).collect();
        writeln!(out, "{}", json!({ "count": findings.len(), "findings": shown, "paused": pause.is_some() }))?;
    } else {
        if let Some(pause) = &pause {
            writeln!(out, "{}", outbox::paused(Paint::stdout(), pause, ledger.now()))?;
        }
        print(&mut out, Paint::stdout(), &findings)?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line for each finding, and the count as the last one.
pub(crate) fn print(out: &mut impl Write, paint: Paint, findings: &[Finding]) -> io::Result<()> {
    if !findings.is_empty() {
        writeln!(out, "{}", paint.dim(format!("{:<7}  {:<30}  {:<30}  what is wrong", "promise", "application", "notification")))?;
    }
    for Finding { promise, application, notification, what } in findings {
        let application = application.map(|id| id.to_string()).unwrap_or_default();
        let notification = notification.map(|id| id.to_string()).unwrap_or_default();
        writeln!(out, "{:<7}  {application:<30}  {notification:<30}  {}", name(*promise), paint.red(what))?;
    }
    match findings.len() {
        1 => writeln!(out, "audit: 1 finding"),
        count => writeln!(out, "audit: {count} findings"),
    }
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let Finding { promise, application, notification, what } = finding;
    json!({ "promise": name(*promise), "application": application, "notification": notification, "what": what })
}

const fn name(promise: Promise) -> &'static str {
    match promise {
        Promise::P1 => "P1",
        Promise::P2 => "P2",
        Promise::P3 => "P3",
        Promise::P4 => "P4",
        Promise::P7 => "P7",
        Promise::P9 => "P9",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts() {
        let application = "app_06e3kd8n8dzm5a1v8cq5m40000".parse().ok();
        let finding = Finding { promise: Promise::P2, application, notification: None, what: "has no next word" };
        let printed = |findings: &[Finding]| {
            let mut out = Vec::new();
            print(&mut out, Paint::none(), findings).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(printed(&[]), "audit: 0 findings\n");
        let two = printed(&[finding.clone(), finding]);
        assert!(two.ends_with("has no next word\naudit: 2 findings\n"), "{two}");
        assert!(two.contains("P2       app_06e3kd8n8dzm5a1v8cq5m40000  "), "{two}");
    }
}
