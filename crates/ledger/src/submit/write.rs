//! Puts a batch of applications on record, each with the acknowledgement that it owes: in one statement where that is enough
//! (`at_once.rs`), and the rest in one transaction, which also knows repeats.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use hearback_domain::{
    EmailAddress,
    event::EventKind,
    ids::{ApplicationId, CandidateId},
    promise::{Decision, Facts, Happening, Room, Standing, decide},
};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use uuid::Uuid;

use super::{
    Submission, SubmitError, Submitted, at_once, cap, external_ids, idempotency,
    jobs::{self, OpenJob},
};
use crate::{
    Ledger, LedgerError, api_keys, attachments,
    change::{NewEvent, NewNotification, insert_events, insert_notifications},
    database::Transaction,
    rows::{Cell, Column, Rows, beside},
    standing,
};

/// A first application that ends while a repeat of it comes in leaves the repeat to stand on its own: so often is that looked at again.
const ROUNDS: usize = 4;

/// An application that no earlier request put on record.
#[derive(Clone, Copy)]
pub(super) struct Fresh<'a> {
    /// Its place in the batch.
    at: usize,
    pub(super) id: ApplicationId,
    pub(super) submission: &'a Submission,
    pub(super) trace: Option<&'a str>,
    pub(super) job: &'a OpenJob,
}

pub(super) struct Entry<'a> {
    pub(super) fresh: Fresh<'a>,
    pub(super) candidate: CandidateId,
    /// Of the applicant's mailbox.
    pub(super) room: Room,
    carried_by: Option<ApplicationId>,
}

/// The results, in the order of the submissions; `None` where another request with the same Idempotency-Key is being committed at this
/// moment.
pub(super) async fn write(
    ledger: &Ledger,
    submissions: &[&Submission],
    traces: &[Option<&str>],
) -> Result<Vec<Option<Result<Submitted, SubmitError>>>, LedgerError> {
    let now = ledger.clock().now();
    let written = match ledger.database().backend() {
        DbBackend::Postgres => at_once(ledger, submissions, traces, now).await?,
        _ => HashMap::new(),
    };
    let rest: Vec<&Submission> =
        submissions.iter().enumerate().filter(|(at, _)| !written.contains_key(at)).map(|(_, submission)| *submission).collect();
    let rest_traces: Vec<Option<&str>> =
        traces.iter().enumerate().filter(|(at, _)| !written.contains_key(at)).map(|(_, trace)| *trace).collect();
    let mut rest = match one_by_one(ledger, &rest, &rest_traces, now).await {
        Ok(results) => results.into_iter(),
        Err(error) if written.is_empty() => return Err(error),
        // What the statement wrote stays written and is answered, whatever becomes of the others.
        Err(error) => {
            tracing::debug!(%error, "a part of a batch is tried again");
            Vec::new().into_iter()
        }
    };
    let result = |at| written.get(&at).map_or_else(|| rest.next().flatten(), |id| Some(Ok(on_record(*id, now))));
    Ok((0..submissions.len()).map(result).collect())
}

const fn on_record(application: ApplicationId, received_at: DateTime<Utc>) -> Submitted {
    Submitted { application, received_at, link_generation: 0, replayed: false }
}

/// Writes those whose job is known to this process, unless the database knows better. Returns which, by their place in the batch.
async fn at_once(
    ledger: &Ledger,
    submissions: &[&Submission],
    traces: &[Option<&str>],
    now: DateTime<Utc>,
) -> Result<HashMap<usize, ApplicationId>, LedgerError> {
    let known = ledger.known_jobs().of(submissions);
    let known = submissions.iter().enumerate().filter_map(|(at, submission)| Some((at, submission, jobs::open(&known, submission).ok()?)));
    let fresh: Vec<_> =
        known.map(|(at, submission, job)| Fresh { at, id: ledger.ids().next(), submission, trace: traces[at], job }).collect();
    if fresh.is_empty() {
        return Ok(HashMap::new());
    }
    let written = at_once::insert(ledger, &fresh, now).await?;
    if !written.is_empty() {
        ledger.wake();
    }
    Ok(fresh.iter().filter(|fresh| written.contains(&fresh.id)).map(|fresh| (fresh.at, fresh.id)).collect())
}

/// Reads what there is to know of each, and writes those that may be written in one transaction.
async fn one_by_one(
    ledger: &Ledger,
    submissions: &[&Submission],
    traces: &[Option<&str>],
    now: DateTime<Utc>,
) -> Result<Vec<Option<Result<Submitted, SubmitError>>>, LedgerError> {
    let mut results: Vec<Option<Result<Submitted, SubmitError>>> = submissions.iter().map(|_| None).collect();
    if submissions.is_empty() {
        return Ok(results);
    }
    // None depends on the others, and each is a way to the database and back.
    let (replayed, open_jobs, ended, taken) = tokio::join!(
        idempotency::replay(ledger, submissions, &mut results),
        jobs::read(ledger, submissions),
        api_keys::ended(ledger, submissions),
        external_ids::taken(ledger, submissions)
    );
    replayed?;
    let (open_jobs, ended) = (open_jobs?, ended?);
    for at in taken? {
        results[at].get_or_insert(Err(SubmitError::ExternalIdTaken));
    }
    if !ended.is_empty() {
        let of_ended = submissions.iter().enumerate().filter(|(_, submission)| ended.contains(&submission.actor.id));
        of_ended.for_each(|(at, _)| results[at] = Some(Err(SubmitError::KeyEnded)));
    }
    let mut fresh = Vec::with_capacity(submissions.len());
    for (at, submission) in submissions.iter().enumerate().filter(|(at, _)| results[*at].is_none()).collect::<Vec<_>>() {
        match jobs::open(&open_jobs, submission) {
            Ok(job) => fresh.push(Fresh { at, id: ledger.ids().next(), submission, trace: traces[at], job }),
            Err(refused) => results[at] = Some(Err(refused)),
        }
    }
    if !fresh.is_empty() {
        let written = transaction(ledger, fresh, now).await?;
        written.iter().for_each(|written| results[written.at] = Some(Ok(on_record(written.id, now))));
    }
    Ok(results)
}

/// Returns those that are on record; the others have an Idempotency-Key that is being used at this moment.
async fn transaction<'a>(ledger: &Ledger, mut fresh: Vec<Fresh<'a>>, now: DateTime<Utc>) -> Result<Vec<Fresh<'a>>, LedgerError> {
    let transaction = ledger.database().begin().await?;
    let taken = idempotency::take(&transaction, fresh.iter().map(|fresh| (fresh.id, fresh.submission)), now).await?;
    fresh.retain(|fresh| fresh.submission.idempotency.is_none() || taken.contains(&fresh.id));
    let candidates = candidates(ledger, &transaction, fresh.iter().map(|fresh| &fresh.submission.email), now).await?;
    let entries = fresh.into_iter().map(|fresh| {
        let candidate = candidates.get(&fresh.submission.email.identity()).copied();
        let candidate = candidate.ok_or_else(|| LedgerError::unreadable("candidate", "an address that was just written is missing"))?;
        Ok(Entry { fresh, candidate, room: Room::Now, carried_by: None })
    });
    let mut entries = entries.collect::<Result<Vec<_>, LedgerError>>()?;
    cap::assign(&transaction, &mut entries, now).await?;
    let entries = applications(&transaction, entries, now).await?;
    external_ids::assign(&transaction, entries.iter().map(|entry| (entry.fresh.id, entry.fresh.submission))).await?;
    owe(ledger, &transaction, &entries, now).await?;
    let with_files = entries.iter().map(|entry| (entry.fresh.id, entry.fresh.submission.attachments.as_slice()));
    attachments::insert(ledger, &transaction, with_files, now).await?;
    if let Err(error) = transaction.commit().await {
        // Nobody knows whether it was written, but the ids were made before.
        if !are_written(ledger, &entries).await? {
            return Err(error.into());
        }
    }
    ledger.wake();
    Ok(entries.into_iter().map(|entry| entry.fresh).collect())
}

const INSERT_CANDIDATES: &str = "INSERT INTO candidate (id, address, created_at) SELECT id, address, created_at FROM v WHERE true
    ON CONFLICT DO NOTHING RETURNING id, address";

const SELECT_CANDIDATES: &str = "SELECT c.id, c.address FROM candidate c WHERE c.address IN (SELECT v.address FROM v) ORDER BY c.address";

/// The candidates of these addresses, by address, each locked. A submission never changes one that is there.
pub(crate) async fn candidates<'a>(
    ledger: &Ledger,
    transaction: &Transaction,
    emails: impl Iterator<Item = &'a EmailAddress>,
    now: DateTime<Utc>,
) -> Result<HashMap<String, CandidateId>, LedgerError> {
    // In the order of addresses: two batches with the same people must not wait for each other.
    let addresses: BTreeSet<String> = emails.map(EmailAddress::identity).collect();
    let id = || ledger.ids().next::<CandidateId>().uuid();
    let backend = transaction.get_database_backend();
    let mut known: HashMap<String, CandidateId> = HashMap::with_capacity(addresses.len());
    // One that is erased between the two statements is neither inserted nor found: it is a new one then.
    for _ in 0..ROUNDS {
        let unknown = || addresses.iter().filter(|address| !known.contains_key(*address));
        let columns = [Column::Uuid("id"), Column::Text("address"), Column::Time("created_at")];
        let rows = unknown().map(|address| [id().into(), address.clone().into(), now.into()]);
        let insert = Rows::new(columns, rows).statement(backend, INSERT_CANDIDATES);
        read_candidates(&mut known, transaction.query_all_raw(insert).await?)?;
        let rest: Vec<[Cell; 1]> =
            addresses.iter().filter(|address| !known.contains_key(*address)).map(|address| [address.clone().into()]).collect();
        if !rest.is_empty() {
            let statement = match backend {
                DbBackend::Sqlite => SELECT_CANDIDATES.to_owned(),
                _ => format!("{SELECT_CANDIDATES} FOR NO KEY UPDATE"),
            };
            let select = Rows::new([Column::Text("address")], rest).statement(backend, &statement);
            read_candidates(&mut known, transaction.query_all_raw(select).await?)?;
        }
        if known.len() == addresses.len() {
            break;
        }
    }
    Ok(known)
}

fn read_candidates(known: &mut HashMap<String, CandidateId>, rows: Vec<sea_orm::QueryResult>) -> Result<(), LedgerError> {
    for row in rows {
        known.insert(row.try_get::<String>("", "address")?, CandidateId::from(row.try_get::<Uuid>("", "id")?));
    }
    Ok(())
}

const INSERT_APPLICATIONS: &str = "INSERT INTO application (id, job_id, candidate_id, name, email, locale, time_zone, is_test,
    received_at, updated_at, stage, status, shown_stage, shown_status, carried_by, next_word_kind, next_word_by, next_word_at, decide_from,
    decide_by, decide_alert_at, decide_rung, link_generation)
    SELECT id, job_id, candidate_id, name, email, locale, time_zone, is_test, received_at, received_at, 'received', 'active', 'received',
    'active', carried_by, next_word_kind, next_word_by, next_word_at, decide_from, decide_by, decide_alert_at, decide_rung, 0
    FROM v WHERE true
    ON CONFLICT (job_id, candidate_id) WHERE status = 'active' AND carried_by IS NULL DO NOTHING RETURNING id";

/// Locked, so that the first cannot end before the repeat is on record.
const FIRSTS: &str =
    "SELECT a.id, a.job_id, a.candidate_id FROM application a JOIN v ON a.job_id = v.job_id AND a.candidate_id = v.candidate_id
    WHERE a.status = 'active' AND a.carried_by IS NULL ORDER BY a.id";

/// Inserts them; whoever has an active application for the same job already is carried by it.
async fn applications<'a>(transaction: &Transaction, entries: Vec<Entry<'a>>, now: DateTime<Utc>) -> Result<Vec<Entry<'a>>, LedgerError> {
    let mut done = Vec::with_capacity(entries.len());
    let mut left = entries;
    for _ in 0..ROUNDS {
        // In the order of the index that they may conflict in, for the same reason as the candidates.
        left.sort_by_key(|entry| (entry.fresh.job.id, entry.candidate, entry.fresh.id));
        let inserted = insert_applications(transaction, &left, now).await?;
        let (written, repeats): (Vec<_>, Vec<_>) = left.into_iter().partition(|entry| inserted.contains(&entry.fresh.id));
        done.extend(written);
        if repeats.is_empty() {
            return Ok(done);
        }
        left = carried(transaction, repeats).await?;
    }
    Err(LedgerError::unreadable("application", "the first application of a repeat comes and goes"))
}

async fn insert_applications(
    transaction: &Transaction,
    entries: &[Entry<'_>],
    now: DateTime<Utc>,
) -> Result<HashSet<ApplicationId>, LedgerError> {
    let columns = [
        Column::Uuid("id"),
        Column::Uuid("job_id"),
        Column::Uuid("candidate_id"),
        Column::Text("name"),
        Column::Text("email"),
        Column::Text("locale"),
        Column::Text("time_zone"),
        Column::Bool("is_test"),
        Column::Time("received_at"),
        Column::Uuid("carried_by"),
    ];
    let rows = entries.iter().map(|entry| {
        let Fresh { at: _, id, submission, trace: _, job } = entry.fresh;
        let Submission { name, email, locale, time_zone, is_test, .. } = submission;
        let standing = entry.fresh.decided(entry.room, entry.carried_by, now).standing;
        let own = [
            id.uuid().into(),
            job.id.uuid().into(),
            entry.candidate.uuid().into(),
            name.clone().into(),
            email.to_string().into(),
            locale.unwrap_or(job.locale).as_str().to_owned().into(),
            time_zone.unwrap_or(job.time_zone).name().to_owned().into(),
            Cell::Bool(*is_test),
            now.into(),
            entry.carried_by.map(ApplicationId::uuid).into(),
        ];
        beside(own, standing::dates(standing.next_word, standing.deadline))
    });
    let columns: [Column; 17] = beside(columns, standing::DATES);
    let statement = Rows::new(columns, rows).statement(transaction.get_database_backend(), INSERT_APPLICATIONS);
    let inserted = transaction.query_all_raw(statement).await?;
    inserted.iter().map(|row| Ok(ApplicationId::from(row.try_get::<Uuid>("", "id")?))).collect()
}

async fn carried<'a>(transaction: &Transaction, repeats: Vec<Entry<'a>>) -> Result<Vec<Entry<'a>>, LedgerError> {
    let pair = |entry: &Entry<'_>| (entry.fresh.job.id.uuid(), entry.candidate.uuid());
    let firsts = firsts(transaction, repeats.iter().map(pair).collect()).await?;
    Ok(repeats.into_iter().map(|entry| Entry { carried_by: firsts.get(&pair(&entry)).copied(), ..entry }).collect())
}

/// The active applications of these people for these jobs that carry their own promises, each locked.
pub(crate) async fn firsts(
    transaction: &Transaction,
    pairs: BTreeSet<(Uuid, Uuid)>,
) -> Result<BTreeMap<(Uuid, Uuid), ApplicationId>, LedgerError> {
    let rows = pairs.into_iter().map(|(job, candidate)| [Cell::Uuid(job), Cell::Uuid(candidate)]);
    let backend = transaction.get_database_backend();
    let statement = match backend {
        DbBackend::Sqlite => FIRSTS.to_owned(),
        _ => format!("{FIRSTS} FOR SHARE OF a"),
    };
    let columns = [Column::Uuid("job_id"), Column::Uuid("candidate_id")];
    let mut firsts = BTreeMap::new();
    for row in transaction.query_all_raw(Rows::new(columns, rows).statement(backend, &statement)).await? {
        let pair: (Uuid, Uuid) = (row.try_get("", "job_id")?, row.try_get("", "candidate_id")?);
        firsts.insert(pair, ApplicationId::from(row.try_get::<Uuid>("", "id")?));
    }
    Ok(firsts)
}

/// What is owed for each, and the event that says so.
async fn owe(ledger: &Ledger, transaction: &Transaction, entries: &[Entry<'_>], now: DateTime<Utc>) -> Result<(), LedgerError> {
    let (mut events, mut notifications) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
    for entry in entries {
        let mut data = entry.carried_by.map_or_else(|| json!({}), |first| json!({ "carried_by": first }));
        match entry.room {
            Room::Now => {}
            Room::From(_) => data["recipient_cap"] = json!("later"),
            Room::Exhausted => data["recipient_cap"] = json!("held"),
        }
        let trace = entry.fresh.trace.map(str::to_owned);
        let mut event = NewEvent { trace: trace.clone(), ..NewEvent::of(EventKind::Submitted, &entry.fresh.submission.actor, data) };
        for owe in entry.fresh.decided(entry.room, entry.carried_by, now).owe {
            let state = owe.first_state();
            let notification = NewNotification { id: ledger.ids().next(), application: entry.fresh.id, owe, state, trace: trace.clone() };
            event.owes = Some((notification.id, notification.owed()));
            notifications.push(notification);
        }
        events.push((ledger.ids().next(), entry.fresh.id, event));
    }
    insert_events(transaction, events, now).await?;
    insert_notifications(transaction, notifications).await
}

impl Fresh<'_> {
    pub(super) fn decided(&self, room: Room, carried_by: Option<ApplicationId>, now: DateTime<Utc>) -> Decision {
        let Submission { time_zone, suspected_spam, .. } = self.submission;
        let facts = Facts {
            standing: Standing::received(),
            carried_by,
            has_address: true,
            capped_until: match room {
                Room::Now | Room::Exhausted => None,
                Room::From(from) => Some(from),
            },
            zone: time_zone.unwrap_or(self.job.time_zone),
            job_zone: self.job.time_zone,
            messages: Vec::new(),
        };
        let happening = Happening::Submitted { suspected_spam: *suspected_spam, room };
        decide(&happening, &facts, &self.job.policy, now).expect("an application that comes in is never refused")
    }
}

/// A transaction is written whole or not at all, so one of its applications tells for all.
async fn are_written(ledger: &Ledger, entries: &[Entry<'_>]) -> Result<bool, LedgerError> {
    match entries.first() {
        Some(entry) => Ok(ledger.application(entry.fresh.id).await?.is_some()),
        None => Ok(true),
    }
}
