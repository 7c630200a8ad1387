//! Looks at what was asked for, a part at a time, and erases what can be erased. A part is one transaction: a process that dies in it has
//! erased nothing of it, and the next one begins it anew.

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    erasure::{ErasureState, First, Next, NoFinalWord, WaitsFor, look},
    event::EventKind,
    ids::ApplicationId,
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{
    Erasure,
    anonymise::anonymise,
    ask::{Erase, records, step},
    read,
};
use crate::{
    Ledger, LedgerError,
    change::{ATTEMPTS, Lock, LockedAll, NewEvent, execute, insert_events, lock, write},
    periodic::Done,
    rows::{Cell, Column, Rows},
};

/// As many as one transaction erases: each may have files.
const AT_ONCE: usize = 20;

/// As many parts as are done before anything else gets its turn.
const PARTS: usize = 5;

const EVERY: TimeDelta = TimeDelta::seconds(5);

/// When it is looked at once more: answers to requests are kept for a day.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(25);

/// A mail to a person of the organisation is out by then.
const SOON: TimeDelta = TimeDelta::minutes(1);

/// What cannot be read or written now may be by then.
const LATER: TimeDelta = TimeDelta::hours(1);

const DUE: &str = "SELECT id FROM erasure WHERE state IN ('waiting', 'erased') AND wake_at <= $1 ORDER BY wake_at, id LIMIT $2";

const WAIT: &str = "UPDATE erasure SET wake_at = v.until, waits_for = v.what FROM v WHERE erasure.id = v.id";

const ERASED: &str = "UPDATE erasure SET state = 'erased', waits_for = NULL, wake_at = v.again, erased_at = v.at,
    exemption = COALESCE(erasure.exemption, v.exemption) FROM v WHERE erasure.id = v.id";

const SETTLED: &str = "UPDATE erasure SET state = 'settled' WHERE id IN (SELECT v.id FROM v)";

const FORGET: &str = "DELETE FROM erasure WHERE state = 'waiting' AND id IN (SELECT v.id FROM v)";

/// What is done with each of a part.
#[derive(Default)]
struct Part {
    erase: Vec<(Erasure, Option<NoFinalWord>)>,
    look_again: Vec<ApplicationId>,
    wait: Vec<(ApplicationId, Option<WaitsFor>, DateTime<Utc>)>,
    withdraw: Vec<Erasure>,
    forget: Vec<ApplicationId>,
}

impl Ledger {
    pub(crate) async fn erase_due(&self) -> Result<Done, LedgerError> {
        for _ in 0..PARTS {
            if self.erase_part(AT_ONCE).await? < AT_ONCE {
                return Ok(Done { progress: json!({}), again_in: EVERY });
            }
        }
        Ok(Done { progress: json!({}), again_in: TimeDelta::zero() })
    }

    /// Returns how many were due.
    pub(crate) async fn erase_part(&self, most: usize) -> Result<usize, LedgerError> {
        let (database, most) = (self.database(), i64::try_from(most).unwrap_or(i64::MAX));
        let statement = Statement::from_sql_and_values(database.backend(), DUE, [self.now().into(), most.into()]);
        let rows = database.reader().query_all_raw(statement).await?;
        let due: Vec<ApplicationId> =
            rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect::<Result<_, LedgerError>>()?;
        match self.look_at(&due).await {
            Err(LedgerError::Unavailable(error)) => return Err(LedgerError::Unavailable(error)),
            Ok(()) => {}
            // One that the database refuses must not keep the others.
            Err(error) => {
                tracing::error!(%error, "a part of what is to be erased was refused; going on one by one");
                for id in &due {
                    if let Err(error) = self.look_at(&[*id]).await {
                        tracing::error!(application = %id, %error, "an applicant's data cannot be erased; it is tried again in an hour");
                        let columns = [Column::Uuid("id"), Column::Text("what"), Column::Time("until")];
                        let row = [id.uuid().into(), Cell::Null, (self.now() + LATER).into()];
                        let statement = Rows::new(columns, [row]).statement(database.backend(), WAIT);
                        database.writer().execute_raw(statement).await?;
                    }
                }
            }
        }
        Ok(due.len())
    }

    async fn look_at(&self, ids: &[ApplicationId]) -> Result<(), LedgerError> {
        let mut attempt = 1;
        loop {
            match self.try_to_look_at(ids).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return other,
            }
        }
    }

    async fn try_to_look_at(&self, ids: &[ApplicationId]) -> Result<(), LedgerError> {
        if ids.is_empty() {
            return Ok(());
        }
        let transaction = self.database().begin().await?;
        let LockedAll { readable, unreadable } = lock(&transaction, ids, Lock::WithMessages).await?;
        let now = self.now();
        for (application, reason) in &unreadable {
            tracing::error!(%application, reason, "an applicant's data cannot be erased: the application cannot be read");
        }
        let records = records(&transaction, ids).await?;
        let mut part = Part { wait: unreadable.into_keys().map(|id| (id, None, now + LATER)).collect(), ..Part::default() };
        // Read under lock: whoever asks locks the application first.
        for erasure in read(&transaction, ids).await? {
            let id = erasure.application;
            let (Some(locked), Some(record)) = (readable.get(&id), records.get(&id)) else { continue };
            match erasure.state {
                ErasureState::Settled => continue,
                ErasureState::Erased => {
                    part.look_again.push(id);
                    continue;
                }
                ErasureState::Waiting => {}
            }
            let policy = self.policy_under(&locked.overriding);
            match look(erasure.basis, &locked.facts, record.last(locked), record.ended_at, &policy, now) {
                // This release does not know what they are, and they need the address.
                Next::Erase { .. } if !locked.opaque.is_empty() => part.wait.push((id, Some(WaitsFor::Person), now + LATER)),
                Next::Erase { .. } if record.is_being_told_of => part.wait.push((id, Some(WaitsFor::Message), now + SOON)),
                Next::Erase { exempt } => part.erase.push((erasure, exempt)),
                Next::Withdraw => part.withdraw.push(erasure),
                Next::Wait { what, until } => part.wait.push((id, Some(what), until)),
                Next::Forget => part.forget.push(id),
            }
        }
        let mut steps = Vec::with_capacity(part.withdraw.len());
        for Erasure { application, basis, exemption, actor, .. } in &part.withdraw {
            let (Some(locked), Some(record)) = (readable.get(application), records.get(application)) else { continue };
            let erase = Erase { basis: *basis, exemption: *exemption, actor };
            steps.push(step(locked, record, First::Withdraw, &erase, &self.policy_under(&locked.overriding), now)?);
            part.wait.push((*application, Some(WaitsFor::Message), now + SOON));
        }
        let something_due = write(self, &transaction, steps, now).await?;
        self.write_part(&transaction, &part, now).await?;
        transaction.commit().await?;
        if something_due {
            self.wake();
        }
        for (Erasure { application, basis, .. }, _) in &part.erase {
            tracing::info!(%application, %basis, "an applicant's data is erased");
        }
        Ok(())
    }

    async fn write_part(&self, transaction: &crate::database::Transaction, part: &Part, now: DateTime<Utc>) -> Result<(), LedgerError> {
        let Part { erase, look_again, wait, withdraw: _, forget } = part;
        let these: Vec<_> = erase.iter().map(|(erasure, exempt)| (erasure.application, *exempt)).collect();
        let again: Vec<_> = look_again.iter().map(|id| (*id, None)).collect();
        if !these.is_empty() || !again.is_empty() {
            anonymise(transaction, &[these, again].concat(), now).await?;
        }
        let event = |(erasure, _): &(Erasure, Option<NoFinalWord>)| {
            (self.ids().next(), erasure.application, NewEvent::of(EventKind::Erased, &erasure.actor, json!({ "basis": erasure.basis })))
        };
        insert_events(transaction, erase.iter().map(event).collect(), now).await?;
        let id = |id: &ApplicationId| -> [Cell; 1] { [id.uuid().into()] };
        let columns = [Column::Uuid("id"), Column::Time("again"), Column::Time("at"), Column::Text("exemption")];
        let rows = erase.iter().map(|(erasure, exempt)| {
            let exempt = exempt.map(|word| word.as_str().to_owned());
            [erasure.application.uuid().into(), (now + LOOK_AGAIN).into(), now.into(), exempt.into()]
        });
        execute(transaction, Rows::new(columns, rows), ERASED).await?;
        execute(transaction, Rows::new([Column::Uuid("id")], look_again.iter().map(id)), SETTLED).await?;
        execute(transaction, Rows::new([Column::Uuid("id")], forget.iter().map(id)), FORGET).await?;
        let columns = [Column::Uuid("id"), Column::Text("what"), Column::Time("until")];
        let rows =
            wait.iter().map(|(id, what, until)| [id.uuid().into(), what.map(|what| what.as_str().to_owned()).into(), (*until).into()]);
        execute(transaction, Rows::new(columns, rows), WAIT).await
    }
}
