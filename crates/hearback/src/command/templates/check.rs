use std::{
    io::{self, Write},
    process::ExitCode,
};

use hearback_domain::{locale::Locale, notification::Kind};
use hearback_mailer::templates::Finding;
use serde_json::json;

use super::Looked;
use crate::terminal::Paint;

pub(super) fn run(looked: &Looked, json: bool) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout();
    let findings = &looked.findings;
    if json {
        let shown: Vec<_> = findings.iter().map(as_json).collect();
        writeln!(out, "{}", json!({ "count": findings.len(), "findings": shown }))?;
    } else {
        print(&mut out, Paint::stdout(), findings)?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Two lines for each finding, and the count as the last one.
fn print(out: &mut impl Write, paint: Paint, findings: &[Finding]) -> io::Result<()> {
    for Finding { file, line, rule, what, change } in findings {
        writeln!(out, "{}: {} {}", paint.bold(format!("{file}:{line}")), paint.red(what), paint.dim(format!("[{}]", rule.as_str())))?;
        writeln!(out, "    {change}")?;
    }
    let texts = format!("{} texts in {} languages", Kind::ALL.len() * Locale::ALL.len(), Locale::ALL.len());
    match findings.len() {
        0 => writeln!(out, "templates: {texts}, {}", paint.green("0 findings")),
        1 => writeln!(out, "templates: {texts}, 1 finding"),
        count => writeln!(out, "templates: {texts}, {count} findings"),
    }
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let Finding { file, line, rule, what, change } = finding;
    json!({ "file": file, "line": line, "rule": rule.as_str(), "what": what, "change": change })
}
