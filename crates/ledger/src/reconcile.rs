//! Derives what is owed again from the records, compares, repairs, and says so: whatever became of a row, nobody is left in silence for it.
//!
//! A tick looks at what happened since the last one. A sweep looks at every application, a part at a time, and is through within ten minutes.

mod find;
mod orphans;
mod records;
mod repair;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::ids::ApplicationId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Ledger, LedgerError, audit::are_excused, periodic::Done};

/// What was wrong with an application, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Damage {
    /// It had no acknowledgement on record.
    AcknowledgementMissing,
    /// It ended, and no message on record said so.
    FinalMessageMissing,
    /// An event owes another message that was not on record.
    MessageMissing,
    /// It is active and had no next word.
    NextWordMissing,
    /// The date of its next word was over, and nothing was on its way.
    NextWordPast,
    /// Messages waited behind none, or the later before the earlier.
    ChainBroken,
    /// A worker that is gone had a message, and its lease kept every other from it.
    LeaseStuck,
    /// What the applicant wrote waited for an answer without a date.
    AnswerDateMissing,
    /// A person's words to the applicant had lost the message that brings them.
    MessageUnlinked,
    /// A message that no event owes, or whose application is gone.
    OrphanRow,
}

/// An application that is whole again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    pub application: ApplicationId,
    pub damage: Vec<Damage>,
}

impl Damage {
    pub const ALL: &'static [Self] = &[
        Self::AcknowledgementMissing,
        Self::FinalMessageMissing,
        Self::MessageMissing,
        Self::NextWordMissing,
        Self::NextWordPast,
        Self::ChainBroken,
        Self::LeaseStuck,
        Self::AnswerDateMissing,
        Self::MessageUnlinked,
        Self::OrphanRow,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcknowledgementMissing => "acknowledgement_missing",
            Self::FinalMessageMissing => "final_message_missing",
            Self::MessageMissing => "message_missing",
            Self::NextWordMissing => "next_word_missing",
            Self::NextWordPast => "next_word_past",
            Self::ChainBroken => "chain_broken",
            Self::LeaseStuck => "lease_stuck",
            Self::AnswerDateMissing => "answer_date_missing",
            Self::MessageUnlinked => "message_unlinked",
            Self::OrphanRow => "orphan_row",
        }
    }
}

/// Whether what is found is also written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Repair,
    Look,
}

/// One transaction's worth of repairs.
const AT_ONCE: usize = 500;

/// How often what is new is looked at.
const TICK: TimeDelta = TimeDelta::seconds(10);

/// Transactions that are still open may yet show events that are this old.
const LATECOMERS: TimeDelta = TimeDelta::seconds(5);

/// How long after its date a next word may still be on its way into the chain, and a message of a worker that is gone may wait for another.
const GRACE: TimeDelta = TimeDelta::minutes(15);

/// Between two parts of a sweep, and between two sweeps.
const NEXT_PART: TimeDelta = TimeDelta::seconds(1);
const NEXT_SWEEP: TimeDelta = TimeDelta::seconds(10);

/// Parts that a sweep may take: one a second for less than ten minutes.
const PARTS: i64 = 500;
const SMALLEST_PART: i64 = 2_000;
const LARGEST_PART: i64 = 50_000;

impl Ledger {
    /// Looks at everything on record at once, and repairs it. Returns what was repaired.
    pub async fn reconcile(&self) -> Result<Vec<Repaired>, LedgerError> {
        self.reconcile_all(Mode::Repair).await
    }

    /// What [`reconcile`](Self::reconcile) would repair now. Nothing is written.
    pub async fn reconcile_dry_run(&self) -> Result<Vec<Repaired>, LedgerError> {
        self.reconcile_all(Mode::Look).await
    }

    async fn reconcile_all(&self, mode: Mode) -> Result<Vec<Repaired>, LedgerError> {
        let mut repaired = self.repair_orphans(mode).await?;
        let mut after = Uuid::nil();
        while let Some(part) = self.damaged_after(after, SMALLEST_PART).await? {
            repaired.extend(self.repair(&part.damaged, mode).await?);
            after = part.last;
        }
        Ok(repaired)
    }

    /// Events of the time since the last tick whose message is missing.
    pub(crate) async fn reconcile_what_changed(&self, progress: &Value) -> Result<Done, LedgerError> {
        let now = self.clock().now();
        let until = first_id_at(now - LATECOMERS);
        // The first tick begins with what a crash may have left: the rest is the sweep's.
        let from = progress["until"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| first_id_at(now - TimeDelta::minutes(10)));
        let damaged = self.events_without_message(from, until, AT_ONCE).await?;
        self.repair(&damaged, Mode::Repair).await?;
        let (reached, again_in) = if damaged.len() == AT_ONCE { (from, TimeDelta::zero()) } else { (until, TICK) };
        Ok(Done { progress: json!({ "until": reached.to_string() }), again_in })
    }

    /// The next part of all applications.
    pub(crate) async fn sweep(&self, progress: &Value) -> Result<Done, LedgerError> {
        let number = |key: &str| progress[key].as_i64().unwrap_or_default();
        let after: Uuid = progress["after"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let (seen, all) = (number("seen"), number("all"));
        if after.is_nil() {
            self.repair_orphans(Mode::Repair).await?;
        }
        let part = (all / PARTS).clamp(SMALLEST_PART, LARGEST_PART);
        let Some(found) = self.damaged_after(after, part).await? else {
            return Ok(Done { progress: json!({ "all": seen }), again_in: NEXT_SWEEP });
        };
        self.repair(&found.damaged, Mode::Repair).await?;
        let seen = seen + found.seen;
        if found.seen < part {
            return Ok(Done { progress: json!({ "all": seen }), again_in: NEXT_SWEEP });
        }
        Ok(Done { progress: json!({ "after": found.last.to_string(), "seen": seen, "all": all }), again_in: NEXT_PART })
    }
}

impl Ledger {
    /// Leases that end outside of these were not renewed by anybody, or not by a clock that anybody else goes by. Processes may be set to
    /// other lengths than this one. While the outbox is paused, no worker may take over what another left.
    async fn believable_leases(&self, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>), LedgerError> {
        let pause = self.last_pause().await?;
        let earliest = if are_excused(pause.as_ref(), now) { DateTime::UNIX_EPOCH } else { now - GRACE };
        Ok((earliest, now + GRACE + self.lease() * 4))
    }
}

/// Smaller than every id that is made at that time or later: ids begin with their time (RFC 9562, section 5.7).
fn first_id_at(time: DateTime<Utc>) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(time.timestamp_millis()).unwrap_or(0), &[0; 10]).into_uuid()
}
