//! `hearback doctor`

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use serde_json::json;

use super::loaded;
use crate::{
    cli,
    doctor::{Area, Finding, Level, examine},
    terminal::Paint,
};

/// Before the text of an advice.
const INDENT: &str = "           ";

pub(super) async fn run(options: cli::Doctor, config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let findings = examine(loaded(config), options.dns, Duration::from_secs(options.wait)).await;
    let is_well = findings.iter().all(|finding| finding.level != Level::Error);
    let mut out = io::stdout();
    if options.json {
        let shown: Vec<_> = findings.iter().map(as_json).collect();
        writeln!(out, "{}", json!({ "ok": is_well, "findings": shown }))?;
    } else {
        print(&mut out, Paint::stdout(), &findings)?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// By area; a line for each finding, and one with what to do.
fn print(out: &mut impl Write, paint: Paint, findings: &[Finding]) -> io::Result<()> {
    for area in Area::ALL {
        let of_area: Vec<&Finding> = findings.iter().filter(|finding| finding.area == *area).collect();
        if of_area.is_empty() {
            continue;
        }
        writeln!(out, "{}", paint.bold(area.as_str()))?;
        for Finding { area: _, level, what, advice } in of_area {
            let word = format!("{:<7}", level.as_str());
            let word = match level {
                Level::Ok => paint.green(word),
                Level::Note => paint.dim(word),
                Level::Warning => paint.yellow(word),
                Level::Error => paint.red(word),
            };
            writeln!(out, "  {word}  {}", what.replace('\n', &format!("\n{INDENT}")))?;
            if let Some(advice) = advice {
                writeln!(out, "{INDENT}{}", paint.dim(format!("→ {advice}")))?;
            }
        }
    }
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    writeln!(out, "\ndoctor: {}, {}", plural(errors, "error"), plural(warnings, "warning"))
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let Finding { area, level, what, advice } = finding;
    json!({ "area": area.as_str(), "level": level.as_str(), "what": what, "advice": advice })
}
