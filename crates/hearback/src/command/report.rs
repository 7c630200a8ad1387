//! `hearback report`: one page that says whether anyone is being left in silence.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use hearback_domain::ids::{BoardId, JobId};
use hearback_ledger::{
    self as ledger, Figures, FirstDecision, GroupKey, InSilence, PastRetention, ReportBy, ReportFilter, ReportGroup, Silent,
};
use serde_json::{Value, json};

use crate::{app, config::Config, terminal::Paint};

/// Jobs of one table; the rest is in `--json`.
const MOST_GROUPS: usize = 20;

/// As many past their retention as are counted.
const MOST_PAST: usize = 1_000;

/// In characters, of a job's title.
const TITLE: usize = 28;

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// Only this board: brd_…
    #[arg(long)]
    pub(crate) board: Option<BoardId>,
    /// Only this job: job_…
    #[arg(long)]
    pub(crate) job: Option<JobId>,
    /// Only applications of the last so many days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: Option<u32>,
    /// Applications of test keys, instead of the real ones
    #[arg(long)]
    pub(crate) test: bool,
    /// Month by month, instead of job by job
    #[arg(long)]
    pub(crate) by_month: bool,
    /// The most that are named of those in silence
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub(crate) silent: u64,
    /// One JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

pub(super) async fn run(options: Report, config: Config) -> anyhow::Result<ExitCode> {
    let Report { board, job, days, test, by_month, silent, json } = options;
    let ledger = app::open_existing(&config).await?;
    let from = days.map(|days| ledger.now() - TimeDelta::days(days.into()));
    let filter = ReportFilter { board, job, from, until: None, is_test: test };
    let report = ledger.report(&filter, if by_month { ReportBy::Month } else { ReportBy::Job }).await?;
    // One more than is named tells whether there are more.
    let mut in_silence = ledger.in_silence(&filter, None, silent + 1).await?;
    let more = in_silence.len() as u64 > silent;
    in_silence.truncate(usize::try_from(silent).unwrap_or(usize::MAX));
    let retention = Retention::of(&ledger.past_retention(MOST_PAST).await?);
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", as_json(&report, &in_silence, more, retention))?;
    } else {
        Page { paint: Paint::stdout(), report: &report, in_silence: &in_silence, more, retention }.print(&mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Of all applications, whatever the report is about: it is the organisation that keeps them.
#[derive(Clone, Copy, Default)]
struct Retention {
    /// A worker erases them.
    past: usize,
    /// A law wants them kept.
    kept: usize,
}

impl Retention {
    fn of(all: &[PastRetention]) -> Self {
        let kept = all.iter().filter(|past| past.kept.is_some()).count();
        Self { past: all.len() - kept, kept }
    }

    fn print(self, out: &mut impl Write) -> io::Result<()> {
        let Self { past, kept } = self;
        if past + kept == 0 {
            return Ok(());
        }
        let more = if past + kept == MOST_PAST { "at least " } else { "" };
        writeln!(
            out,
            "past their retention: {more}{past} that a worker erases, {kept} that are kept all the same (hearback erase --due --dry-run)"
        )
    }
}

struct Page<'a> {
    paint: Paint,
    report: &'a ledger::Report,
    in_silence: &'a [Silent],
    more: bool,
    retention: Retention,
}

impl Page<'_> {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (paint, total) = (self.paint, &self.report.total);
        if self.in_silence.is_empty() && !self.more {
            writeln!(out, "{}", paint.green("Nobody is in silence."))?;
        } else {
            let count = if self.more { format!("More than {}", self.in_silence.len()) } else { self.in_silence.len().to_string() };
            let are = if self.in_silence.len() == 1 && !self.more { "applicant waits" } else { "applicants wait" };
            writeln!(out, "{}", paint.red(format!("{count} {are} for a word that should be there.")))?;
        }
        let Figures { applications, active, rejected, hired, withdrawn, .. } = total;
        if *applications == 0 {
            writeln!(out, "\nNobody has applied. What test keys submit is counted apart: --test")?;
        }
        writeln!(out, "\n{applications} applications: {active} active, {rejected} rejected, {hired} hired, {withdrawn} withdrawn")?;
        self.promises(out, total)?;
        if let Some(FirstDecision { decided, median, p95 }) = total.first_decision {
            let (median, p95) = (length(median), length(p95));
            writeln!(out, "first decision by a person: half within {median}, 95 % within {p95}, of {decided} decided about")?;
        }
        self.retention.print(out)?;
        self.groups(out)?;
        self.silence(out)
    }

    fn promises(&self, out: &mut impl Write, total: &Figures) -> io::Result<()> {
        let Figures { owed, kept, open, at_risk, overdue, undeliverable, held, told_in_person, .. } = total;
        let share = total.on_time_share().map(|share| format!(" ({} on time)", percent(share))).unwrap_or_default();
        write!(out, "{owed} promises: {kept} kept{share}, {open} on their way")?;
        for (count, what) in [(at_risk, "at risk"), (overdue, "overdue"), (undeliverable, "undeliverable"), (held, "held")] {
            if *count > 0 {
                write!(out, ", {}", self.paint.red(format!("{count} {what}")))?;
            }
        }
        match told_in_person {
            0 => writeln!(out),
            1 => writeln!(out, "; 1 applicant was told something in person"),
            many => writeln!(out, "; {many} applicants were told something in person"),
        }
    }

    fn groups(&self, out: &mut impl Write) -> io::Result<()> {
        let groups = &self.report.groups;
        if groups.is_empty() {
            return Ok(());
        }
        let what = if matches!(groups[0].key, GroupKey::Month(_)) { "month" } else { "job" };
        let head = format!(
            "\n{what:<TITLE$}  {:>8}  {:>7}  {:>7}  {:>7}  {:>7}  {:>7}  {:>7}  first decision",
            "applied", "owed", "on time", "at risk", "overdue", "undeliv", "held"
        );
        writeln!(out, "{}", self.paint.dim(head))?;
        for ReportGroup { key, figures } in groups.iter().take(MOST_GROUPS) {
            let name = match key {
                GroupKey::Job { title, .. } => shortened(title),
                GroupKey::Month(month) => month.clone(),
            };
            let bad = |count: u64| {
                let text = format!("{count:>7}");
                if count > 0 { self.paint.red(text) } else { self.paint.dim(text) }
            };
            let on_time = figures.on_time_share().map_or_else(|| "-".to_owned(), percent);
            let first = figures.first_decision.map_or_else(|| "-".to_owned(), |first| length(first.median));
            writeln!(
                out,
                "{name:<TITLE$}  {:>8}  {:>7}  {on_time:>7}  {}  {}  {}  {}  {first}",
                figures.applications,
                figures.owed,
                bad(figures.at_risk),
                bad(figures.overdue),
                bad(figures.undeliverable),
                bad(figures.held),
            )?;
        }
        match groups.len().saturating_sub(MOST_GROUPS) {
            0 => Ok(()),
            more => writeln!(out, "{}", self.paint.dim(format!("and {more} more: --json has them all"))),
        }
    }

    fn silence(&self, out: &mut impl Write) -> io::Result<()> {
        if self.in_silence.is_empty() {
            return Ok(());
        }
        let head = format!("\n{:<30}  {:<TITLE$}  {:<13}  what is missing", "in silence, longest first", "job", "heard nothing");
        writeln!(out, "{}", self.paint.dim(head))?;
        for Silent { application, job: _, job_title, since, due_at, why } in self.in_silence {
            let quiet = format!("for {}", length(self.report.at - *since));
            writeln!(out, "{application}  {:<TITLE$}  {quiet:<13}  {}", shortened(job_title), missing(why, *due_at, self.report.at))?;
        }
        if self.more {
            writeln!(out, "{}", self.paint.dim("and more: --silent N names more of them"))?;
        }
        Ok(())
    }
}

fn missing(why: &InSilence, due_at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let due = if due_at < now { format!("due {} ago", length(now - due_at)) } else { format!("due in {}", length(due_at - now)) };
    match why {
        InSilence::Message { id, kind, state } => format!("{kind} is {state}, {due} ({id})"),
        InSilence::NoWord(kind) => format!("{kind}, {due}, is not owed yet: a worker owes it"),
    }
}

/// In the largest unit that says something.
fn length(length: TimeDelta) -> String {
    match length {
        length if length < TimeDelta::minutes(2) => format!("{} s", length.num_seconds().max(0)),
        length if length < TimeDelta::hours(2) => format!("{} min", length.num_minutes()),
        length if length < TimeDelta::days(2) => format!("{} h", length.num_hours()),
        length => format!("{} days", length.num_days()),
    }
}

/// Never 100 % as long as one is missing.
fn percent(share: f64) -> String {
    if share >= 1.0 { "100 %".to_owned() } else { format!("{:.1} %", (share * 1000.0).floor() / 10.0) }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TITLE { text.to_owned() } else { text.chars().take(TITLE - 1).chain(['…']).collect() }
}

fn as_json(report: &ledger::Report, in_silence: &[Silent], more: bool, retention: Retention) -> Value {
    let groups: Vec<Value> = report.groups.iter().map(group_as_json).collect();
    let silent: Vec<Value> = in_silence.iter().map(silent_as_json).collect();
    let Retention { past, kept } = retention;
    json!({
        "at": report.at, "total": figures_as_json(&report.total), "groups": groups, "in_silence": silent, "more_in_silence": more,
        "past_retention": { "to_erase": past, "kept": kept },
    })
}

fn group_as_json(ReportGroup { key, figures }: &ReportGroup) -> Value {
    let figures = figures_as_json(figures);
    match key {
        GroupKey::Job { id, title } => json!({ "job_id": id, "job_title": title, "figures": figures }),
        GroupKey::Month(month) => json!({ "month": month, "figures": figures }),
    }
}

fn figures_as_json(figures: &Figures) -> Value {
    let first = figures.first_decision.map(|FirstDecision { decided, median, p95 }| {
        json!({ "decided": decided, "median_seconds": median.num_seconds(), "p95_seconds": p95.num_seconds() })
    });
    json!({
        "applications": figures.applications,
        "active": figures.active,
        "rejected": figures.rejected,
        "hired": figures.hired,
        "withdrawn": figures.withdrawn,
        "owed": figures.owed,
        "kept": figures.kept,
        "on_time": figures.on_time,
        "on_time_share": figures.on_time_share(),
        "open": figures.open,
        "at_risk": figures.at_risk,
        "overdue": figures.overdue,
        "undeliverable": figures.undeliverable,
        "held": figures.held,
        "told_in_person": figures.told_in_person,
        "first_decision": first,
    })
}

fn silent_as_json(silent: &Silent) -> Value {
    let Silent { application, job, job_title, since, due_at, why } = silent;
    let (kind, message, state) = match why {
        InSilence::Message { id, kind, state } => (kind, Some(id), Some(state)),
        InSilence::NoWord(kind) => (kind, None, None),
    };
    json!({
        "application_id": application,
        "job_id": job,
        "job_title": job_title,
        "since": since,
        "due_at": due_at,
        "kind": kind,
        "notification_id": message,
        "state": state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!([1.0, 0.9999, 0.5, 0.0].map(percent), ["100 %", "99.9 %", "50.0 %", "0.0 %"]);
    }

    #[test]
    fn nobody_in_silence_is_the_first_thing_that_is_said() {
        let report = ledger::Report { at: DateTime::UNIX_EPOCH, total: Figures::default(), groups: Vec::new() };
        let mut out = Vec::new();
        Page { paint: Paint::none(), report: &report, in_silence: &[], more: false, retention: Retention::default() }
            .print(&mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("Nobody is in silence.\n"), "{text}");
    }

    #[test]
    fn what_is_past_its_retention_is_a_line_and_nothing_is_none() {
        let said = |retention: Retention| {
            let mut out = Vec::new();
            retention.print(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(said(Retention::default()), "");
        assert!(said(Retention { past: 3, kept: 1 }).starts_with("past their retention: 3 that a worker erases, 1 that are kept"));
    }

    #[test]
    fn whoever_waits_is_named_with_what_is_missing() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(30);
        let figures = Figures { applications: 3, active: 3, owed: 3, kept: 2, on_time: 2, open: 1, overdue: 1, ..Figures::default() };
        let job = "job_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap();
        let key = GroupKey::Job { id: job, title: "Nurse".to_owned() };
        let report = ledger::Report { at: now, total: figures, groups: vec![ReportGroup { key, figures }] };
        let id = "ntf_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap();
        let (kind, state) = (hearback_domain::notification::Kind::Received, hearback_domain::notification::State::Scheduled);
        let silent = Silent {
            application: "app_06dkv8y2t5w1r3n9q7c4h0m8zg".parse().unwrap(),
            job,
            job_title: "Nurse".to_owned(),
            since: now - TimeDelta::days(3),
            due_at: now - TimeDelta::hours(3),
            why: InSilence::Message { id, kind, state },
        };
        let mut out = Vec::new();
        Page { paint: Paint::none(), report: &report, in_silence: &[silent], more: false, retention: Retention::default() }
            .print(&mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("1 applicant waits for a word that should be there."), "{text}");
        assert!(text.contains("received is scheduled, due 3 h ago"), "{text}");
        assert!(text.contains("2 kept (66.6 % on time)"), "{text}");
    }
}
