//! Derives what is owed again from the records, compares, repairs, and says so: whatever became of a row, nobody is left in silence for it.
//!
//! A tick looks at what happened since the last one. A sweep looks at every application, a part at a time, and is through within ten minutes.

mod find;
mod repair;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::ids::ApplicationId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Ledger, LedgerError, periodic::Done};

/// What was wrong with an application, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// An event owes a message that is not on record.
    MessageMissing,
    /// It never had an acknowledgement.
    AcknowledgementMissing,
    /// It ended, and no message says so.
    FinalMessageMissing,
    /// Messages wait behind none.
    ChainBroken,
}

/// An application that is whole again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    pub application: ApplicationId,
    pub damage: Vec<Damage>,
}

impl Damage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MessageMissing => "message_missing",
            Self::AcknowledgementMissing => "acknowledgement_missing",
            Self::FinalMessageMissing => "final_message_missing",
            Self::ChainBroken => "chain_broken",
        }
    }
}

/// One transaction's worth of repairs.
const AT_ONCE: usize = 500;

/// How often what is new is looked at.
const TICK: TimeDelta = TimeDelta::seconds(10);

/// Transactions that are still open may yet show events that are this old.
const LATECOMERS: TimeDelta = TimeDelta::seconds(5);

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
        let (mut repaired, mut after) = (Vec::new(), Uuid::nil());
        while let Some(part) = self.damaged_after(after, SMALLEST_PART).await? {
            repaired.extend(self.repair(&part.damaged).await?);
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
        self.repair(&damaged).await?;
        let (reached, again_in) = if damaged.len() == AT_ONCE { (from, TimeDelta::zero()) } else { (until, TICK) };
        Ok(Done { progress: json!({ "until": reached.to_string() }), again_in })
    }

    /// The next part of all applications.
    pub(crate) async fn sweep(&self, progress: &Value) -> Result<Done, LedgerError> {
        let number = |key: &str| progress[key].as_i64().unwrap_or_default();
        let after: Uuid = progress["after"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let (seen, all) = (number("seen"), number("all"));
        let part = (all / PARTS).clamp(SMALLEST_PART, LARGEST_PART);
        let Some(found) = self.damaged_after(after, part).await? else {
            return Ok(Done { progress: json!({ "all": seen }), again_in: NEXT_SWEEP });
        };
        self.repair(&found.damaged).await?;
        let seen = seen + found.seen;
        if found.seen < part {
            return Ok(Done { progress: json!({ "all": seen }), again_in: NEXT_SWEEP });
        }
        Ok(Done { progress: json!({ "after": found.last.to_string(), "seen": seen, "all": all }), again_in: NEXT_PART })
    }
}

/// Smaller than every id that is made at that time or later: ids begin with their time (RFC 9562, section 5.7).
fn first_id_at(time: DateTime<Utc>) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(time.timestamp_millis()).unwrap_or(0), &[0; 10]).into_uuid()
}
