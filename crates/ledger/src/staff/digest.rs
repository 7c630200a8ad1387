//! One mail a day to each person, with everybody who waits for what they have to see to.
//!
//! Every person's digest of a day is one row, made in a transaction of its own: whoever looks again, or beside another, makes none a second
//! time. Its mail is owed as soon as no other is on its way to them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    notification::State,
    staff::{Digest, Person, StaffKind, TELL_AFTER, Waiting, Waits, digest_day, next_person, waits_as},
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use super::owe::NewMail;
use crate::{
    Ledger, LedgerError,
    periodic::Done,
    rows::{Column, Rows},
};

/// When people have their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestHour {
    /// From 0 to 23, by the organisation's clocks.
    pub hour: u32,
    /// Where the organisation is; without it, where its oldest board is.
    pub zone: Option<Tz>,
}

/// Other settings, or a clock that was put right, are noticed within this.
const EVERY: TimeDelta = TimeDelta::minutes(10);

/// As many rows as one read brings.
const AT_ONCE: i64 = 5_000;

/// What nobody could be sent for so long is old news: the next one says it better.
const STALE: TimeDelta = TimeDelta::hours(20);

/// How long they are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// An address that took no mail lately is one that nobody reads.
const LATELY: TimeDelta = TimeDelta::days(30);

/// The words that indexes are found by. A message that was refused or came back counts as long as nothing reached the applicant after it.
const WAITING: &str = "SELECT a.id AS application, a.job_id, COALESCE(a.told_at, a.received_at) AS since, m.message, m.state, m.send_after,
    m.due_at, m.tries FROM (
    SELECT n.application_id AS aid, n.id AS message, n.state, n.send_after, n.due_at, n.tries FROM notification n
        WHERE n.state IN ('scheduled', 'sending') AND (n.due_at <= $1 OR n.tries > 0 OR n.send_after <= $2)
    UNION ALL SELECT n.application_id, n.id, n.state, n.send_after, n.due_at, n.tries FROM notification n
        WHERE n.state NOT IN ('scheduled', 'sending') AND n.state = 'waiting' AND n.due_at <= $1
    UNION ALL SELECT n.application_id, n.id, n.state, n.send_after, n.due_at, n.tries FROM notification n
        WHERE n.state NOT IN ('scheduled', 'sending') AND n.state = 'held'
    UNION ALL SELECT n.application_id, n.id, n.state, n.send_after, n.due_at, n.tries
        FROM notification n JOIN application b ON b.id = n.application_id
        WHERE n.state IN ('undeliverable', 'bounced') AND (b.told_at IS NULL OR b.told_at <= n.settled_at)
    UNION ALL SELECT b.id, NULL, 'no_word', b.next_word_by, b.next_word_by, 0 FROM application b
        WHERE b.status = 'active' AND b.carried_by IS NULL AND b.next_word_by <= $1
        AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.application_id = b.id AND n.state IN ('scheduled', 'sending', 'held'))
    UNION ALL SELECT b.id, NULL, 'undecided', b.decide_from, b.decide_by, 0 FROM application b
        WHERE b.status = 'active' AND b.carried_by IS NULL AND b.decide_rung IN ('manager', 'applicant') AND b.decide_by IS NOT NULL
    ) m JOIN application a ON a.id = m.aid WHERE a.is_test = false AND a.id > $3 ORDER BY a.id, m.due_at LIMIT $4";

const JOBS: &str = "SELECT id, owner, manager, board_id FROM job";

/// Whoever took no mail the last time.
const UNREACHABLE: &str = "SELECT recipient FROM (
        SELECT recipient, state, row_number() OVER (PARTITION BY recipient ORDER BY settled_at DESC) AS place FROM staff_mail
        WHERE is_test = false AND settled_at >= $1 AND state IN ('sent', 'undeliverable')
    ) latest WHERE place = 1 AND state = 'undeliverable'";

const INSERT: &str = "INSERT INTO staff_digest (id, recipient, day, at, board_id, content)
    SELECT id, recipient, day, at, board_id, content FROM v WHERE true ON CONFLICT (recipient, day) DO NOTHING";

const UNSENT: &str = "SELECT id, recipient, board_id FROM staff_digest WHERE staff_mail_id IS NULL AND at > $1 ORDER BY id";

const SEND: &str =
    "UPDATE staff_digest SET staff_mail_id = v.mail FROM v WHERE staff_digest.id = v.id AND staff_digest.staff_mail_id IS NULL";

#[derive(FromQueryResult)]
struct WaitingRow {
    application: Uuid,
    job_id: Uuid,
    since: DateTime<Utc>,
    message: Option<Uuid>,
    state: String,
    send_after: DateTime<Utc>,
    due_at: DateTime<Utc>,
    tries: i32,
}

#[derive(FromQueryResult)]
struct JobRow {
    id: Uuid,
    owner: String,
    manager: Option<String>,
    board_id: Uuid,
}

/// Of one person, and whose sender tells it.
struct Theirs {
    board: Uuid,
    digest: Digest,
}

impl Ledger {
    /// Once a day, in the organisation's morning.
    pub(crate) async fn make_digests(&self, progress: &Value) -> Result<Done, LedgerError> {
        let Some(DigestHour { hour, zone }) = self.digest_hour() else {
            return Ok(Done { progress: json!({}), again_in: EVERY });
        };
        let now = self.now();
        let zone = match zone {
            Some(zone) => zone,
            None => self.zone_of_oldest_board().await?,
        };
        let (day, next) = digest_day(hour, zone, now);
        let again_in = (next - now).min(EVERY);
        let done: Option<NaiveDate> = progress["day"].as_str().and_then(|day| day.parse().ok());
        let Some(day) = day.filter(|day| done.is_none_or(|done| done < *day)) else {
            return Ok(Done { progress: progress.clone(), again_in });
        };
        for (recipient, theirs) in self.who_waits(now).await? {
            self.make_digest(&recipient, day, theirs).await?;
        }
        self.forget_digests(now - KEPT).await?;
        self.owe_digests().await?;
        Ok(Done { progress: json!({ "day": day }), again_in })
    }

    /// A mail for each digest whose person has none on its way.
    pub(super) async fn owe_digests(&self) -> Result<(), LedgerError> {
        let (database, now) = (self.database(), self.now());
        let unsent = Statement::from_sql_and_values(database.backend(), UNSENT, [(now - STALE).into()]);
        for row in database.reader().query_all_raw(unsent).await? {
            let (id, board): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "board_id")?);
            let recipient: String = row.try_get("", "recipient")?;
            let transaction = database.begin().await?;
            if self.has_open_mail(&transaction, &recipient).await? {
                transaction.rollback().await?;
                continue;
            }
            let new = NewMail { recipient: &recipient, is_test: false, board, kind: StaffKind::Digest, send_after: now };
            let mail = self.owe_mail(&transaction, new).await?;
            let rows = Rows::new([Column::Uuid("id"), Column::Uuid("mail")], [[id.into(), mail.into()]]);
            let sent = transaction.execute_raw(rows.statement(database.backend(), SEND)).await?.rows_affected();
            // Another process owed it since it was read.
            if sent == 1 {
                transaction.commit().await?
            } else {
                transaction.rollback().await?
            }
            self.wake();
        }
        Ok(())
    }

    async fn make_digest(&self, recipient: &str, day: NaiveDate, theirs: Theirs) -> Result<(), LedgerError> {
        let Theirs { board, digest } = theirs;
        let content = serde_json::to_string(&digest).map_err(|error| LedgerError::unreadable("staff_digest", error))?;
        let id: Uuid = self.ids().next();
        let columns = [
            Column::Uuid("id"),
            Column::Text("recipient"),
            Column::Text("day"),
            Column::Time("at"),
            Column::Uuid("board_id"),
            Column::Text("content"),
        ];
        let row = [id.into(), recipient.to_owned().into(), day.to_string().into(), self.now().into(), board.into(), content.into()];
        let database = self.database();
        database.writer().execute_raw(Rows::new(columns, [row]).statement(database.backend(), INSERT)).await?;
        Ok(())
    }

    /// Everybody who waits, by whoever has to see to it. Reads a part at a time, and keeps of each person as much as they are told.
    async fn who_waits(&self, now: DateTime<Utc>) -> Result<BTreeMap<String, Theirs>, LedgerError> {
        let whose = self.people_of_jobs(now).await?;
        let (mut digests, mut after) = (BTreeMap::<String, Theirs>::new(), Uuid::nil());
        loop {
            let rows = self.waiting_after(after, now).await?;
            let Some(last) = rows.last().map(|row| row.application) else { return Ok(digests) };
            let is_last_part = (rows.len() as i64) < AT_ONCE;
            // The last one's rows may go on behind this part.
            let whole = |row: &&WaitingRow| is_last_part || row.application != last;
            let mut worst: BTreeMap<Uuid, (Uuid, Waiting)> = BTreeMap::new();
            for row in rows.iter().filter(whole) {
                let Some(waiting) = row.waiting(now) else { continue };
                let (_, kept) = worst.entry(row.application).or_insert((row.job_id, waiting));
                if waiting.how < kept.how {
                    *kept = waiting;
                }
            }
            for (job, waiting) in worst.into_values() {
                if let Some((recipient, board)) = whose.get(&job) {
                    let board = *board;
                    digests.entry(recipient.clone()).or_insert_with(|| Theirs { board, digest: Digest::default() }).digest.add(waiting);
                }
            }
            let before_last = rows.iter().rev().map(|row| row.application).find(|application| *application != last);
            after = if is_last_part { last } else { before_last.unwrap_or(last) };
        }
    }

    async fn waiting_after(&self, after: Uuid, now: DateTime<Utc>) -> Result<Vec<WaitingRow>, LedgerError> {
        let database = self.database();
        let values = [now.into(), (now - TELL_AFTER).into(), after.into(), AT_ONCE.into()];
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), WAITING, values)).await?;
        Ok(rows.iter().map(|row| WaitingRow::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    /// The owner of each job who takes mail, else the manager, else the fallback; with the job's board.
    async fn people_of_jobs(&self, now: DateTime<Utc>) -> Result<HashMap<Uuid, (String, Uuid)>, LedgerError> {
        let database = self.database();
        let statement = Statement::from_sql_and_values(database.backend(), UNREACHABLE, [(now - LATELY).into()]);
        let mut unreachable: HashSet<String> = HashSet::new();
        for row in database.reader().query_all_raw(statement).await? {
            unreachable.insert(row.try_get("", "recipient")?);
        }
        let mut people = HashMap::new();
        for row in database.reader().query_all_raw(Statement::from_string(database.backend(), JOBS)).await? {
            let JobRow { id, owner, manager, board_id } = JobRow::from_query_result(&row, "")?;
            let address = |text: &str| text.parse::<EmailAddress>().ok();
            let (owner, manager) = (address(&owner), manager.as_deref().and_then(address));
            let of = |person| {
                let address = match person {
                    Person::Owner => owner.as_ref(),
                    Person::Manager => manager.as_ref(),
                    Person::Fallback => self.fallback(),
                };
                address.filter(|address| !unreachable.contains(&address.to_string()))
            };
            match next_person(Person::Owner, None, of) {
                Some((_, address)) => drop(people.insert(id, (address.to_string(), board_id))),
                None => tracing::warn!(job = %hearback_domain::ids::JobId::from(id), "nobody can be sent what waits for its people"),
            }
        }
        Ok(people)
    }

    async fn zone_of_oldest_board(&self) -> Result<Tz, LedgerError> {
        let database = self.database();
        let oldest = Statement::from_string(database.backend(), "SELECT time_zone FROM board ORDER BY id LIMIT 1");
        let zone: Option<String> = database.reader().query_one_raw(oldest).await?.map(|row| row.try_get("", "time_zone")).transpose()?;
        Ok(zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC))
    }

    async fn forget_digests(&self, before: DateTime<Utc>) -> Result<(), LedgerError> {
        let database = self.database();
        let forget = Statement::from_sql_and_values(database.backend(), "DELETE FROM staff_digest WHERE at < $1", [before.into()]);
        database.writer().execute_raw(forget).await?;
        Ok(())
    }
}

impl WaitingRow {
    fn waiting(&self, now: DateTime<Utc>) -> Option<Waiting> {
        let Self { application, job_id: _, since, message, state, send_after, due_at, tries } = self;
        let how = match state.as_str() {
            "no_word" => Waits::Overdue,
            "undecided" => Waits::Undecided,
            // A state that this release does not know is another's to tell.
            state => waits_as(state.parse::<State>().ok()?, *send_after, *due_at, u32::try_from(*tries).unwrap_or_default(), now)?,
        };
        Some(Waiting { application: (*application).into(), how, since: *since, due_at: *due_at, message: message.map(Into::into) })
    }
}

#[cfg(test)]
mod tests;
