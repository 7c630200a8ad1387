//! Puts the rows of one chunk on record, each with what it owes, in one transaction.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    actor::Actor,
    application::Status,
    event::EventKind,
    ids::{ApplicationId, CandidateId, JobId},
    import::{JobNamed, Row},
    locale::Locale,
    notification::State,
    policy::Policy,
    promise::{
        Facts, Room, Standing,
        import::{Arrival, Gets, ToldThere, Unsaid, imported},
    },
};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use uuid::Uuid;

use super::{ImportRefused, Imported, Importing, Mode};
use crate::{
    Ledger, LedgerError,
    change::{CANCEL, NewEvent, NewNotification, execute, insert_events, insert_notifications},
    database::Transaction,
    policies::Overriding,
    rows::{Cell, Column, Rows, beside},
    standing::{self, read},
    submit::{Rooms, candidates, firsts},
    trace,
};

/// A job, and what its applications take over from it or its board.
struct Job {
    id: JobId,
    is_open: bool,
    locale: Locale,
    time_zone: Tz,
    policy: Arc<Policy>,
}

/// A row that is not here yet.
struct New<'a> {
    at: usize,
    id: ApplicationId,
    row: &'a Row,
    job: &'a Job,
    candidate: CandidateId,
    carried_by: Option<ApplicationId>,
    arrival: Arrival,
}

/// The results, in the order of the rows.
pub(super) async fn rows(
    ledger: &Ledger,
    rows: &[Row],
    importing: Importing<'_>,
    mode: Mode,
) -> Result<Vec<Result<Imported, ImportRefused>>, LedgerError> {
    let transaction = ledger.database().begin().await?;
    let now = ledger.clock().now();
    let jobs = jobs(ledger, &transaction, rows, importing).await?;
    let here = already_here(&transaction, rows, &jobs).await?;
    let mut results: Vec<Option<Result<Imported, ImportRefused>>> = rows.iter().map(|_| None).collect();
    let (mut fresh, mut seen) = (Vec::new(), HashSet::new());
    for (at, row) in rows.iter().enumerate() {
        let job = match jobs.get(&row.job) {
            None => Err(ImportRefused::NoSuchJob),
            Some(None) => Err(ImportRefused::AmbiguousJob),
            Some(Some(job)) => Ok(job),
        };
        results[at] = match job {
            Err(refused) => Some(Err(refused)),
            Ok(job) => match here.get(&(job.id.uuid(), row.external_id.clone())) {
                Some(application) => {
                    Some(Ok(Imported { application: *application, job: job.id, gets: Gets::Nothing(Unsaid::AlreadyHere) }))
                }
                None if !seen.insert((job.id, &row.external_id)) => Some(Err(ImportRefused::Repeated)),
                // Seen under lock: a closing that comes later reaches it.
                None if row.imported.status == Status::Active && !job.is_open => Some(Err(ImportRefused::JobClosed)),
                None => {
                    fresh.push((at, row, job));
                    None
                }
            },
        };
    }
    let new = arrivals(ledger, &transaction, fresh, importing, now).await?;
    write(ledger, &transaction, &new, importing, now).await?;
    for New { at, id, job, arrival, .. } in &new {
        results[*at] = Some(Ok(Imported { application: *id, job: job.id, gets: arrival.gets }));
    }
    match mode {
        Mode::Look => transaction.rollback().await?,
        Mode::Write => {
            transaction.commit().await?;
            ledger.wake();
        }
    }
    Ok(results.into_iter().map(|result| result.expect("every row is refused, here, or new")).collect())
}

/// By name; `None` where several boards have one of that name.
async fn jobs(
    ledger: &Ledger,
    transaction: &Transaction,
    rows: &[Row],
    importing: Importing<'_>,
) -> Result<BTreeMap<JobNamed, Option<Job>>, LedgerError> {
    const JOBS: &str = "SELECT v.number, j.id, j.board_id, j.status, b.locale, COALESCE(j.time_zone, b.time_zone) AS time_zone,
            b.policy AS board_policy, j.policy AS job_policy
        FROM v JOIN job j ON j.id = v.id OR j.external_id = v.external_id JOIN board b ON b.id = j.board_id ORDER BY j.id";
    let named: Vec<&JobNamed> = rows.iter().map(|row| &row.job).collect::<BTreeSet<_>>().into_iter().collect();
    let cells = named.iter().enumerate().map(|(number, job)| {
        let (id, external_id) = match job {
            JobNamed::Id(id) => (Some(id.uuid()), None),
            JobNamed::ExternalId(external_id) => (None, Some(external_id.clone())),
        };
        [Cell::Int(i64::try_from(number).expect("a chunk is small")), id.into(), external_id.into()]
    });
    let backend = transaction.get_database_backend();
    let statement = match backend {
        DbBackend::Sqlite => JOBS.to_owned(),
        _ => format!("{JOBS} FOR SHARE OF j"),
    };
    let columns = [Column::Int("number"), Column::Uuid("id"), Column::Text("external_id")];
    let mut jobs = BTreeMap::new();
    if named.is_empty() {
        return Ok(jobs);
    }
    for row in transaction.query_all_raw(Rows::new(columns, cells).statement(backend, &statement)).await? {
        let (number, board): (i64, Uuid) = (row.try_get("", "number")?, row.try_get("", "board_id")?);
        // A job on a board that is not the caller's does not exist for them.
        if importing.only_board.is_some_and(|only| only.uuid() != board) {
            continue;
        }
        let Some(name) = usize::try_from(number).ok().and_then(|at| named.get(at)) else { continue };
        let overriding = Overriding { board: row.try_get("", "board_policy")?, job: row.try_get("", "job_policy")? };
        let job = Job {
            id: row.try_get::<Uuid>("", "id")?.into(),
            is_open: row.try_get::<String>("", "status")? == "open",
            locale: read(&row.try_get::<String>("", "locale")?)?,
            time_zone: read(&row.try_get::<String>("", "time_zone")?)?,
            policy: ledger.policy_under(&overriding),
        };
        jobs.entry((*name).clone()).and_modify(|job| *job = None).or_insert(Some(job));
    }
    Ok(jobs)
}

async fn already_here(
    transaction: &Transaction,
    rows: &[Row],
    jobs: &BTreeMap<JobNamed, Option<Job>>,
) -> Result<HashMap<(Uuid, String), ApplicationId>, LedgerError> {
    const HERE: &str = "SELECT a.id, a.job_id, a.external_id FROM v
        JOIN application a ON a.job_id = v.job_id AND a.external_id = v.external_id";
    let named = rows.iter().filter_map(|row| {
        let job = jobs.get(&row.job)?.as_ref()?;
        Some([job.id.uuid().into(), row.external_id.clone().into()])
    });
    let rows = Rows::new([Column::Uuid("job_id"), Column::Text("external_id")], named);
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let found = transaction.query_all_raw(rows.statement(transaction.get_database_backend(), HERE)).await?;
    let here = |row: &sea_orm::QueryResult| {
        let name = (row.try_get::<Uuid>("", "job_id")?, row.try_get::<String>("", "external_id")?);
        Ok((name, ApplicationId::from(row.try_get::<Uuid>("", "id")?)))
    };
    found.iter().map(here).collect()
}

/// Decides what each owes. Whoever has an active application for the same job already is carried by it.
async fn arrivals<'a>(
    ledger: &Ledger,
    transaction: &Transaction,
    fresh: Vec<(usize, &'a Row, &'a Job)>,
    importing: Importing<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<New<'a>>, LedgerError> {
    let candidates = candidates(ledger, transaction, fresh.iter().map(|(_, row, _)| &row.email), now).await?;
    let candidate = |row: &Row| {
        let missing = || LedgerError::unreadable("candidate", "an address that was just written is missing");
        candidates.get(&row.email.identity()).copied().ok_or_else(missing)
    };
    let active = |row: &Row| row.imported.status == Status::Active;
    let mut pairs = BTreeSet::new();
    for (_, row, job) in fresh.iter().filter(|(_, row, _)| active(row)) {
        pairs.insert((job.id.uuid(), candidate(row)?.uuid()));
    }
    let mut firsts = firsts(transaction, pairs).await?;
    let mut rooms = Rooms::read(transaction, candidates.values().copied(), now).await?;
    let mut new = Vec::with_capacity(fresh.len());
    for (at, row, job) in fresh {
        let (id, candidate) = (ledger.ids().next(), candidate(row)?);
        let carried_by = match active(row) {
            true => firsts.get(&(job.id.uuid(), candidate.uuid())).copied(),
            false => None,
        };
        if active(row) && carried_by.is_none() {
            firsts.insert((job.id.uuid(), candidate.uuid()), id);
        }
        // Only an acknowledgement that goes out takes room, and those of test keys are captured.
        let is_acknowledged = active(row) && row.imported.told.is_none() && !importing.is_test;
        let room = if is_acknowledged { rooms.take(candidate, now) } else { Room::Now };
        let facts = Facts {
            standing: Standing::received(),
            carried_by,
            has_address: true,
            capped_until: match room {
                Room::Now | Room::Exhausted => None,
                Room::From(from) => Some(from),
            },
            zone: job.time_zone,
            job_zone: job.time_zone,
            messages: Vec::new(),
        };
        let arrival = imported(&facts, &row.imported, room, &job.policy, now);
        new.push(New { at, id, row, job, candidate, carried_by, arrival });
    }
    Ok(new)
}

async fn write(
    ledger: &Ledger,
    transaction: &Transaction,
    new: &[New<'_>],
    importing: Importing<'_>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    if new.is_empty() {
        return Ok(());
    }
    insert_applications(transaction, new, importing, now).await?;
    let (mut events, mut notifications, mut cancels) = (Vec::new(), Vec::new(), Vec::new());
    for one in new {
        let New { id, row, arrival, .. } = one;
        let Arrival { standing: _, acknowledgement, unsaid, last, gets: _ } = arrival;
        // One that is taken back is never the head of its chain: it waits until the next statement.
        let state = if unsaid.is_some() { State::Waiting } else { acknowledgement.first_state() };
        let acknowledgement =
            NewNotification { id: ledger.ids().next(), application: *id, owe: acknowledgement.clone(), state, trace: trace::current() };
        if let Some(reason) = unsaid {
            let words = row.exemption.clone();
            cancels.push([acknowledgement.id.uuid().into(), reason.as_str().to_owned().into(), words.into(), now.into()]);
        }
        let last = last.as_ref().map(|owe| NewNotification {
            id: ledger.ids().next(),
            application: *id,
            owe: owe.clone(),
            state: owe.first_state(),
            trace: trace::current(),
        });
        events.extend(told(one, &acknowledgement, last.as_ref(), importing.actor).map(|event| (ledger.ids().next(), *id, event)));
        notifications.push(acknowledgement);
        notifications.extend(last);
    }
    insert_events(transaction, events, now).await?;
    insert_notifications(transaction, notifications).await?;
    let columns = [Column::Uuid("id"), Column::Text("reason"), Column::Text("words"), Column::Time("at")];
    execute(transaction, Rows::new(columns, cancels), CANCEL).await
}

/// Its history: it came in, and this far; and what a person of the other system told. An event names the one message that it owes.
fn told(
    one: &New<'_>,
    acknowledgement: &NewNotification,
    last: Option<&NewNotification>,
    actor: &Actor,
) -> impl Iterator<Item = NewEvent> + use<> {
    let New { row, carried_by, arrival, .. } = one;
    let mut data = json!({ "imported": true });
    if let Some(first) = carried_by {
        data["carried_by"] = json!(first);
    }
    if let Some(reason) = arrival.unsaid {
        data["cancelled"] = json!([{ "id": acknowledgement.id, "reason": reason, "how": "at_once" }]);
    }
    let mut submitted = NewEvent::of(EventKind::Submitted, actor, data);
    submitted.owes = Some((acknowledgement.id, acknowledgement.owed()));
    let by_hand = row.imported.told.map(|ToldThere { said, channel, at }| {
        NewEvent::of(EventKind::ToldOtherwise, actor, json!({ "channel": channel, "said": said, "at": at, "imported": true }))
    });
    let data = json!({ "applied_at": row.applied_at, "stage": row.imported.stage, "status": row.imported.status });
    let mut this_far = NewEvent::of(EventKind::Imported, actor, data);
    this_far.owes = last.map(|last| (last.id, last.owed()));
    [Some(submitted), by_hand, Some(this_far)].into_iter().flatten()
}

/// Whoever applies or imports the same at this moment was quicker: a unique index says so, and all of it is looked at again.
async fn insert_applications(
    transaction: &Transaction,
    new: &[New<'_>],
    importing: Importing<'_>,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    const OWN: [Column; 14] = [
        Column::Uuid("id"),
        Column::Uuid("job_id"),
        Column::Uuid("candidate_id"),
        Column::Text("name"),
        Column::Text("email"),
        Column::Text("locale"),
        Column::Text("time_zone"),
        Column::Bool("is_test"),
        Column::Time("received_at"),
        Column::Time("updated_at"),
        Column::Uuid("carried_by"),
        Column::Text("external_id"),
        Column::Text("rejection_reason"),
        Column::Text("exemption"),
    ];
    let columns: [Column; 32] = beside(OWN, standing::COLUMNS);
    let rows = new.iter().map(|New { at: _, id, row, job, candidate, carried_by, arrival }| {
        let Row { external_id, job: _, name, email, locale, applied_at, imported, reason, exemption } = row;
        let reason = (imported.status == Status::Rejected).then(|| reason.as_str().to_owned());
        let own = [
            id.uuid().into(),
            job.id.uuid().into(),
            candidate.uuid().into(),
            name.clone().into(),
            email.to_string().into(),
            locale.unwrap_or(job.locale).as_str().to_owned().into(),
            job.time_zone.name().to_owned().into(),
            Cell::Bool(importing.is_test),
            (*applied_at).into(),
            now.into(),
            carried_by.map(ApplicationId::uuid).into(),
            external_id.clone().into(),
            reason.into(),
            exemption.clone().into(),
        ];
        beside(own, standing::cells(arrival.standing.clone()))
    });
    let names = columns.map(Column::name).join(", ");
    let insert = format!("INSERT INTO application ({names}, link_generation) SELECT {names}, 0 FROM v");
    execute(transaction, Rows::new(columns, rows), &insert).await
}
