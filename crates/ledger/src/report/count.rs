//! Counts, a part of the applications at a time: each statement ends within milliseconds, however many there are.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use hearback_domain::{application::Status, ids::JobId, notification::State};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{Figures, FirstDecision, GroupKey, Report, ReportBy, ReportFilter, ReportGroup};
use crate::{Ledger, LedgerError};

/// Applications of one statement.
const PART: i64 = 10_000;

/// What is counted so far.
#[derive(Default)]
struct Counted {
    figures: Figures,
    /// In seconds.
    first_decisions: Vec<u32>,
}

/// Applications whose ids lie between these, the first not included.
#[derive(Clone, Copy)]
struct Range {
    after: Uuid,
    to: Uuid,
}

impl Ledger {
    pub async fn report(&self, filter: &ReportFilter, by: ReportBy) -> Result<Report, LedgerError> {
        let now = self.now();
        let groups = match by {
            ReportBy::Job => self.by_job(filter, now).await?,
            ReportBy::Month => self.by_month(filter, now).await?,
        };
        let mut total = Counted::default();
        let mut finished = Vec::with_capacity(groups.len());
        for (key, counted) in groups {
            total.add(&counted);
            finished.push(ReportGroup { key, figures: counted.finish() });
        }
        if by == ReportBy::Job {
            let worst = |group: &ReportGroup| {
                (group.figures.overdue + group.figures.undeliverable + group.figures.held, group.figures.applications)
            };
            finished.sort_by(|one, other| worst(other).cmp(&worst(one)).then_with(|| one.key.cmp(&other.key)));
        }
        Ok(Report { at: now, total: total.finish(), groups: finished })
    }

    async fn by_job(&self, filter: &ReportFilter, now: DateTime<Utc>) -> Result<Vec<(GroupKey, Counted)>, LedgerError> {
        let all = Range { after: before(filter.from), to: filter.until.map_or(Uuid::max(), |until| before(Some(until))) };
        let counted = self.count(filter, all, now).await?;
        let titles = self.titles().await?;
        let key = |id: JobId| GroupKey::Job { id, title: titles.get(&id).cloned().unwrap_or_default() };
        Ok(counted.into_iter().map(|(job, counted)| (key(job), counted)).collect())
    }

    async fn by_month(&self, filter: &ReportFilter, now: DateTime<Utc>) -> Result<Vec<(GroupKey, Counted)>, LedgerError> {
        let Some(first) = self.first_received(filter).await? else { return Ok(Vec::new()) };
        let soon = now + TimeDelta::seconds(1);
        let until = filter.until.map_or(soon, |until| until.min(soon));
        let mut from = filter.from.unwrap_or(first).max(first);
        let mut months = Vec::new();
        while from < until {
            let next = next_month(from).min(until);
            let range = Range { after: before(Some(from)), to: before(Some(next)) };
            let mut month = Counted::default();
            for counted in self.count(filter, range, now).await?.into_values() {
                month.add(&counted);
            }
            months.push((GroupKey::Month(from.format("%Y-%m").to_string()), month));
            from = next;
        }
        Ok(months)
    }

    async fn count(&self, filter: &ReportFilter, range: Range, now: DateTime<Utc>) -> Result<HashMap<JobId, Counted>, LedgerError> {
        let mut jobs: HashMap<JobId, Counted> = HashMap::new();
        let mut after = range.after;
        loop {
            let last = self.last_of_part(filter, Range { after, to: range.to }).await?;
            let part = Range { after, to: last.unwrap_or(range.to) };
            self.count_applications(filter, part, &mut jobs).await?;
            self.count_messages(filter, part, now, &mut jobs).await?;
            self.time_decisions(filter, part, &mut jobs).await?;
            match last {
                Some(last) => after = last,
                None => return Ok(jobs),
            }
        }
    }

    /// The last application of a full part; `None` if what is left is less.
    async fn last_of_part(&self, filter: &ReportFilter, range: Range) -> Result<Option<Uuid>, LedgerError> {
        let rest = format!("ORDER BY a.id LIMIT 1 OFFSET {}", PART - 1);
        let rows = self.select(filter, range, "SELECT a.id FROM application a", &rest, &[]).await?;
        Ok(rows.first().map(|row| row.try_get("", "id")).transpose()?)
    }

    async fn count_applications(&self, filter: &ReportFilter, part: Range, jobs: &mut HashMap<JobId, Counted>) -> Result<(), LedgerError> {
        const SELECT: &str = "SELECT a.job_id, a.status, count(*) AS applications, count(a.told_otherwise) AS in_person FROM application a";
        for row in self.select(filter, part, SELECT, "GROUP BY a.job_id, a.status", &[]).await? {
            let count = number(&row, "applications")?;
            let status: Status = word(&row, "status")?;
            let figures = &mut of_job(jobs, &row)?.figures;
            figures.applications += count;
            figures.told_in_person += number(&row, "in_person")?;
            match status {
                Status::Active => figures.active += count,
                Status::Rejected => figures.rejected += count,
                Status::Hired => figures.hired += count,
                Status::Withdrawn => figures.withdrawn += count,
            }
        }
        Ok(())
    }

    async fn count_messages(
        &self,
        filter: &ReportFilter,
        part: Range,
        now: DateTime<Utc>,
        jobs: &mut HashMap<JobId, Counted>,
    ) -> Result<(), LedgerError> {
        const SELECT: &str = "SELECT a.job_id, n.state, count(*) AS messages,
            sum(CASE WHEN n.settled_at <= n.due_at THEN 1 ELSE 0 END) AS in_time,
            sum(CASE WHEN n.due_at < $3 THEN 1 ELSE 0 END) AS past,
            sum(CASE WHEN n.due_at >= $3 AND (n.tries > 0 OR n.wake_at > n.due_at) THEN 1 ELSE 0 END) AS at_risk
            FROM application a JOIN notification n ON n.application_id = a.id";
        for row in self.select(filter, part, SELECT, "GROUP BY a.job_id, n.state", &[now.into()]).await? {
            let count = number(&row, "messages")?;
            let state: State = word(&row, "state")?;
            let (in_time, past, at_risk) = (number(&row, "in_time")?, number(&row, "past")?, number(&row, "at_risk")?);
            let figures = &mut of_job(jobs, &row)?.figures;
            match state {
                State::Cancelled => continue,
                State::Sent => {
                    figures.kept += count;
                    figures.on_time += in_time;
                }
                State::Waiting | State::Scheduled | State::Sending => {
                    figures.open += count;
                    figures.overdue += past;
                    figures.at_risk += at_risk;
                }
                State::Held => figures.held += count,
                State::Undeliverable | State::Bounced => figures.undeliverable += count,
            }
            figures.owed += count;
        }
        Ok(())
    }

    async fn time_decisions(&self, filter: &ReportFilter, part: Range, jobs: &mut HashMap<JobId, Counted>) -> Result<(), LedgerError> {
        const SELECT: &str = "SELECT a.job_id, a.received_at, (SELECT min(e.at) FROM event e WHERE e.application_id = a.id
            AND e.kind IN ('moved', 'rejected', 'hired') AND e.actor_kind IN ('api_key', 'operator')) AS first_at FROM application a";
        for row in self.select(filter, part, SELECT, "", &[]).await? {
            let (received, first): (DateTime<Utc>, Option<DateTime<Utc>>) = (row.try_get("", "received_at")?, row.try_get("", "first_at")?);
            let Some(first) = first else { continue };
            let seconds = u32::try_from((first - received).num_seconds().max(0)).unwrap_or(u32::MAX);
            of_job(jobs, &row)?.first_decisions.push(seconds);
        }
        Ok(())
    }

    async fn first_received(&self, filter: &ReportFilter) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let all = Range { after: before(filter.from), to: Uuid::max() };
        let rows = self.select(filter, all, "SELECT a.received_at FROM application a", "ORDER BY a.id LIMIT 1", &[]).await?;
        Ok(rows.first().map(|row| row.try_get("", "received_at")).transpose()?)
    }

    async fn titles(&self) -> Result<HashMap<JobId, String>, LedgerError> {
        let database = self.database();
        let rows = database.reader().query_all_raw(Statement::from_string(database.backend(), "SELECT id, title FROM job")).await?;
        rows.iter().map(|row| Ok((row.try_get::<Uuid>("", "id")?.into(), row.try_get("", "title")?))).collect()
    }

    /// `more` are the parameters from `$3` on.
    async fn select(
        &self,
        filter: &ReportFilter,
        range: Range,
        select: &str,
        rest: &str,
        more: &[Value],
    ) -> Result<Vec<QueryResult>, LedgerError> {
        let mut values: Vec<Value> = vec![range.after.into(), range.to.into()];
        values.extend_from_slice(more);
        let mut conditions = format!("a.id > $1 AND a.id <= $2 AND a.is_test = {}", filter.is_test);
        if let Some(job) = filter.job {
            values.push(job.uuid().into());
            conditions.push_str(&format!(" AND a.job_id = ${}", values.len()));
        }
        if let Some(board) = filter.board {
            values.push(board.uuid().into());
            conditions.push_str(&format!(" AND a.job_id IN (SELECT id FROM job WHERE board_id = ${})", values.len()));
        }
        let database = self.database();
        let sql = format!("{select} WHERE {conditions} {rest}");
        Ok(database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), sql, values)).await?)
    }
}

impl Counted {
    fn add(&mut self, other: &Self) {
        let Figures {
            applications,
            active,
            rejected,
            hired,
            withdrawn,
            owed,
            kept,
            on_time,
            open,
            at_risk,
            overdue,
            undeliverable,
            held,
            told_in_person,
            first_decision: _,
        } = other.figures;
        let sum = &mut self.figures;
        sum.applications += applications;
        sum.active += active;
        sum.rejected += rejected;
        sum.hired += hired;
        sum.withdrawn += withdrawn;
        sum.owed += owed;
        sum.kept += kept;
        sum.on_time += on_time;
        sum.open += open;
        sum.at_risk += at_risk;
        sum.overdue += overdue;
        sum.undeliverable += undeliverable;
        sum.held += held;
        sum.told_in_person += told_in_person;
        self.first_decisions.extend_from_slice(&other.first_decisions);
    }

    fn finish(mut self) -> Figures {
        self.first_decisions.sort_unstable();
        // The smallest that at least so many in a hundred do not exceed.
        let rank = |percent: usize| {
            let at = (self.first_decisions.len() * percent).div_ceil(100).saturating_sub(1);
            self.first_decisions.get(at).map(|seconds| TimeDelta::seconds((*seconds).into()))
        };
        let first_decision = rank(50).zip(rank(95));
        let decided = self.first_decisions.len() as u64;
        Figures { first_decision: first_decision.map(|(median, p95)| FirstDecision { decided, median, p95 }), ..self.figures }
    }
}

/// An application's id begins with the millisecond in which it was put on record (RFC 9562, section 5.7): no id before that time is
/// greater, and none since is smaller.
fn before(at: Option<DateTime<Utc>>) -> Uuid {
    let millis = at.map_or(0, |at| u128::try_from(at.timestamp_millis()).unwrap_or_default());
    Uuid::from_u128(millis << 80)
}

fn next_month(at: DateTime<Utc>) -> DateTime<Utc> {
    let first = NaiveDate::from_ymd_opt(at.year(), at.month(), 1).expect("every month has a first day");
    let next = first.checked_add_months(Months::new(1)).expect("no application is from the end of time");
    next.and_time(chrono::NaiveTime::MIN).and_utc()
}

fn of_job<'a>(jobs: &'a mut HashMap<JobId, Counted>, row: &QueryResult) -> Result<&'a mut Counted, LedgerError> {
    Ok(jobs.entry(row.try_get::<Uuid>("", "job_id")?.into()).or_default())
}

fn number(row: &QueryResult, name: &str) -> Result<u64, LedgerError> {
    Ok(u64::try_from(row.try_get::<i64>("", name)?).unwrap_or_default())
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(row: &QueryResult, name: &str) -> Result<T, LedgerError> {
    row.try_get::<String>("", name)?.parse().map_err(|error: T::Err| LedgerError::unreadable("notification", error))
}
