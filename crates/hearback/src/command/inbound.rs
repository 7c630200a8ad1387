//! `hearback inbound explain`

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use hearback_inbound::{Explained, explain};
use serde::Serialize;

use crate::cli::InboundCommand;

/// More than that of a mail is not looked at.
const MOST: u64 = 32 << 20;

#[derive(Serialize)]
struct Line<'a> {
    file: &'a Path,
    #[serde(flatten)]
    explained: Explained,
}

/// Stores nothing, and needs neither settings nor a database.
pub(super) fn run(command: InboundCommand) -> anyhow::Result<ExitCode> {
    let InboundCommand::Explain { files } = command;
    let mut out = io::stdout().lock();
    for file in &files {
        let raw = read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        serde_json::to_writer(&mut out, &Line { file, explained: explain(&raw) })?;
        writeln!(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let source: Box<dyn Read> = if file == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(file)?) };
    source.take(MOST).read_to_end(&mut raw)?;
    Ok(raw)
}
