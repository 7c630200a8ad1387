//! Prints what is understood of each file, one JSON object a line.

use std::io::Write;

#[derive(serde::Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    explained: hearback_inbound::Explained,
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for file in std::env::args().skip(1) {
        let raw = std::fs::read(&file)?;
        serde_json::to_writer(&mut out, &Line { file: &file, explained: hearback_inbound::explain(&raw) })?;
        writeln!(out)?;
    }
    Ok(())
}
