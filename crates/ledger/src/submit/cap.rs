//! How much room each applicant's mailbox has left. Their applications of the last day are the record of it: nothing else is counted, kept
//! or cleaned up.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    ids::CandidateId,
    promise::{Room, room},
};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::write::Entry;
use crate::{
    LedgerError,
    database::Transaction,
    rows::{Column, Rows},
};

/// An acknowledgement that waits for room is younger than its application by some hours at most.
const LOOK_BACK: TimeDelta = TimeDelta::days(2);

const EARLIER: &str = "SELECT a.candidate_id, n.send_after
    FROM v JOIN application a ON a.candidate_id = v.id JOIN notification n ON n.application_id = a.id
    WHERE a.received_at > v.since AND NOT a.is_test AND n.kind = 'received' AND n.state <> 'cancelled'";

/// The room of one applicant, for whatever else is to go to them.
pub(crate) async fn room_of(transaction: &Transaction, candidate: CandidateId, now: DateTime<Utc>) -> Result<Room, LedgerError> {
    let rows = Rows::new([Column::Uuid("id"), Column::Time("since")], [[candidate.uuid().into(), (now - LOOK_BACK).into()]]);
    let rows = transaction.query_all_raw(rows.statement(transaction.get_database_backend(), EARLIER)).await?;
    let earlier: Vec<DateTime<Utc>> = rows.iter().map(|row| row.try_get("", "send_after")).collect::<Result<_, _>>()?;
    Ok(room(&earlier, now))
}

/// What went to whom lately. The candidates are locked: two batches with the same people do not both find room.
pub(crate) struct Rooms(HashMap<CandidateId, Vec<DateTime<Utc>>>);

impl Rooms {
    pub(crate) async fn read(
        transaction: &Transaction,
        candidates: impl Iterator<Item = CandidateId>,
        now: DateTime<Utc>,
    ) -> Result<Self, LedgerError> {
        let candidates: HashSet<CandidateId> = candidates.collect();
        let columns = [Column::Uuid("id"), Column::Time("since")];
        let rows = Rows::new(columns, candidates.iter().map(|candidate| [candidate.uuid().into(), (now - LOOK_BACK).into()]));
        let mut earlier: HashMap<CandidateId, Vec<DateTime<Utc>>> = HashMap::new();
        for row in transaction.query_all_raw(rows.statement(transaction.get_database_backend(), EARLIER)).await? {
            let candidate = CandidateId::from(row.try_get::<Uuid>("", "candidate_id")?);
            earlier.entry(candidate).or_default().push(row.try_get("", "send_after")?);
        }
        Ok(Self(earlier))
    }

    /// The room that is left, and taken by this.
    pub(crate) fn take(&mut self, candidate: CandidateId, now: DateTime<Utc>) -> Room {
        let earlier = self.0.entry(candidate).or_default();
        let room = room(earlier, now);
        earlier.push(match room {
            Room::Now | Room::Exhausted => now,
            Room::From(from) => from,
        });
        room
    }
}

/// Gives each its room, in the order they came.
pub(super) async fn assign(transaction: &Transaction, entries: &mut [Entry<'_>], now: DateTime<Utc>) -> Result<(), LedgerError> {
    let mut rooms = Rooms::read(transaction, entries.iter().map(|entry| entry.candidate), now).await?;
    // Those of test keys are captured, so nobody's mailbox is filled with them.
    for entry in entries.iter_mut().filter(|entry| !entry.fresh.submission.is_test) {
        entry.room = rooms.take(entry.candidate, now);
    }
    Ok(())
}
