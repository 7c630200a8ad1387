//! `hearback import`: applications of another system, from a table or a JSON file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use hearback_domain::{
    import::{COLUMNS, CsvRecords, Problem, Row, Written},
    promise::import::{Gets, Unsaid},
};
use hearback_ledger::{BulkError, ImportRefused, ImportTally, Imported, Importing, Ledger};

use super::outbox::actor;
use crate::{app, cli::Whose, config::Config};

/// As many rows as are in memory at once.
const AT_ONCE: usize = 500;

/// In bytes, a row of a JSON file.
const LONGEST: u64 = 64 * 1024;

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// A table (.csv, its first line names the columns), or a file with a JSON object in each line (.json, .jsonl)
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Import; without it, say who would get what and when, and write nothing
    #[arg(long)]
    pub(crate) carry_out: bool,
    /// What the dry run gave, where many people are written to
    #[arg(long, requires = "carry_out")]
    pub(crate) confirmation: Option<String>,
    #[command(flatten)]
    pub(crate) whose: Whose,
}

/// A row's number in the file, from 1, and what it means.
type Numbered = (u64, Result<Row, Vec<Problem>>);

/// Twice through the file: first to know how many people are written to, then to write. Whoever is killed types the same again.
pub(super) async fn run(options: Import, config: Config) -> anyhow::Result<ExitCode> {
    let Import { file, carry_out, confirmation, whose } = options;
    let ledger = app::open_existing(&config).await?;
    let actor = actor(&whose)?;
    let importing = Importing { only_board: None, is_test: false, actor: &actor };
    let mut out = io::stdout();
    let looked_at = through(&ledger, &file, importing, !carry_out, Pass::Look, &mut out).await?;
    let (tally, bad) = if carry_out {
        match ledger.import_is_confirmed(&looked_at.0, confirmation.as_deref()).await {
            Ok(()) => through(&ledger, &file, importing, true, Pass::Write, &mut out).await?,
            Err(BulkError::Unconfirmed { people, cap }) => {
                anyhow::bail!("{people} people would be written to, which needs --confirmation from {cap} on: the dry run gives it")
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        looked_at
    };
    let (here, messages) = (tally.already_here, tally.messages);
    let new = tally.rows - here - tally.refused;
    let wrong = bad + tally.refused;
    let (is, are) = if carry_out { ("imported", "owed") } else { ("to import", "would be owed") };
    writeln!(out, "import: {new} {is}, {here} already here, {wrong} with something wrong; {messages} messages {are}")?;
    if !carry_out {
        writeln!(out, "import: a dry run, nothing was written; --carry-out imports")?;
        if ledger.import_needs_confirmation(&tally).await? {
            writeln!(
                out,
                "import: so many messages need --confirmation {}, which holds for 30 minutes",
                ledger.import_confirmation(&tally)
            )?;
        }
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Clone, Copy)]
enum Pass {
    Look,
    Write,
}

/// What it comes to, and how many rows cannot be read.
async fn through(
    ledger: &Ledger,
    file: &Path,
    importing: Importing<'_>,
    say: bool,
    pass: Pass,
    out: &mut impl Write,
) -> anyhow::Result<(ImportTally, u64)> {
    let (mut tally, mut bad) = (ImportTally::default(), 0);
    let mut all = rows(ledger, file)?;
    loop {
        let mut part: Vec<Numbered> = Vec::with_capacity(AT_ONCE);
        for numbered in all.by_ref().take(AT_ONCE) {
            part.push(numbered?);
        }
        if part.is_empty() {
            return Ok((tally, bad));
        }
        let good: Vec<Row> = part.iter().filter_map(|(_, row)| row.as_ref().ok().cloned()).collect();
        let results = match pass {
            Pass::Look => ledger.import_dry_run(&good, importing).await?,
            Pass::Write => ledger.import(&good, importing).await?,
        };
        let mut results = results.into_iter();
        for (number, row) in part {
            match row {
                Ok(row) => {
                    let result = results.next().context("the ledger passed a row over")?;
                    tally.add(&row, &result);
                    if say {
                        writeln!(out, "row {number}  {}  {}", row.external_id, fate(&result))?;
                    }
                }
                Err(problems) => {
                    bad += 1;
                    if say {
                        let all: Vec<String> =
                            problems.iter().map(|Problem { field, detail }| format!("{field} {detail}").trim_start().to_owned()).collect();
                        writeln!(out, "row {number}  is passed over: {}", all.join("; "))?;
                    }
                }
            }
        }
    }
}

fn fate(result: &Result<Imported, ImportRefused>) -> String {
    match result {
        Ok(Imported { gets: Gets::Message { kind, send_after, due_at }, .. }) => {
            let minute = |at: &chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%MZ").to_string();
            format!("gets `{kind}` from {} to {}", minute(send_after), minute(due_at))
        }
        Ok(Imported { gets: Gets::Nothing(why), .. }) => match why {
            Unsaid::AlreadyHere => "is already here".to_owned(),
            Unsaid::ToldElsewhere => "gets nothing now: was told by the other system".to_owned(),
            Unsaid::Exempt => "gets nothing: the exemption says why".to_owned(),
            Unsaid::Held => "gets nothing yet: the mailbox has had its share, and a person decides".to_owned(),
        },
        Err(refused) => format!("is passed over: {} {refused}", refused.field()),
    }
}

/// One row at a time, whatever the file's length.
fn rows(ledger: &Ledger, file: &Path) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<Numbered>> + Send>> {
    let now = ledger.now();
    let input = BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?);
    let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    if kind.eq_ignore_ascii_case("csv") {
        let mut records = CsvRecords::new(input);
        let header = records.next().context("the table is empty")?.context("the table's first line")?;
        let header: Vec<String> = header.iter().map(|column| column.trim().to_owned()).collect();
        if let Some(unknown) = header.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
            anyhow::bail!("the table has a column `{unknown}`, which nothing is known about; there are {}", COLUMNS.join(", "));
        }
        let numbered = records.zip(1..).map(move |(record, number)| {
            let record = record.with_context(|| format!("row {number}"))?;
            let row = Written::of_table(&header, record).map_err(|problem| vec![problem]).and_then(|written| written.read(now));
            Ok((number, row))
        });
        return Ok(Box::new(numbered));
    }
    let lines = lines(input).filter(|line| !matches!(line, Ok(line) if line.trim_ascii().is_empty()));
    let numbered = lines.zip(1..).map(move |(line, number)| {
        let line = line.with_context(|| format!("row {number}"))?;
        let written = serde_json::from_slice::<Written>(&line)
            .map_err(|error| vec![Problem { field: "", detail: format!("cannot be read, a JSON object is wanted: {error}") }]);
        Ok((number, written.and_then(|written| written.read(now))))
    });
    Ok(Box::new(numbered))
}

/// None longer than a row can be, so that a file without line ends does not fill the memory.
fn lines(mut input: BufReader<File>) -> impl Iterator<Item = anyhow::Result<Vec<u8>>> + Send {
    let mut next = move || {
        let mut line = Vec::new();
        Read::take(&mut input, LONGEST).read_until(b'\n', &mut line)?;
        let is_whole = line.last() == Some(&b'\n') || u64::try_from(line.len()).is_ok_and(|length| length < LONGEST);
        anyhow::ensure!(is_whole, "a line is longer than {LONGEST} bytes: write one JSON object in each line");
        Ok(Some(line).filter(|line| !line.is_empty()))
    };
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let line = next().transpose();
        is_over = !matches!(line, Some(Ok(_)));
        line
    })
}
