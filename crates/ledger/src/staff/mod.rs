//! A person of the organisation is told what a machine alone cannot mend: messages that are late, held, or refused by their address, and
//! decisions that are due. And once a day, of everybody who waits.
//!
//! What needs a person is derived from the messages, not noted where it happens: whatever made a message late or held it, a relay, a
//! template, a row that cannot be read, a repair, no way there can forget to say so, and a lost row is found again. Three steps, each a
//! transaction of its own: causes are found (`find`), a mail is owed for each (`owe`), and the mail is sent like any due row (`claim`,
//! `settle`). A decision's alert is put on record by the change that decides it (`note`). A digest is made once a day for each person
//! (`digest`), and owed and sent in the same way.

mod claim;
mod conversation;
mod decisions;
mod digest;
mod find;
mod lines;
mod note;
mod owe;
pub(crate) mod reply;
mod settle;
#[cfg(test)]
mod tests;
mod unheard;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

pub use claim::{StaffClaim, StaffMail};
pub use conversation::{Guess, InThread, StaffConversation, Told, ToldMessage, ToldStray};
pub use digest::DigestHour;
pub use lines::{StaffDigest, StaffDigestLine, StaffLine, UndecidedLine};
pub(crate) use note::{DecisionCause, note_causes};
pub use settle::StaffEnded;

use crate::{Ledger, LedgerError, due::Table, periodic::Done};

/// A person hears of it this much later at most.
const EVERY: TimeDelta = TimeDelta::seconds(10);

/// How far back a tick looks for refusals: one that could not be written at once has the time at which it happened.
const LOOK_BACK: TimeDelta = TimeDelta::minutes(10);

/// How often all refusals are looked at, however old.
const LOOK_AT_ALL_EVERY: TimeDelta = TimeDelta::hours(1);

/// Only the kinds of this release, and none while the outbox is paused.
const STAFF_MAILS: Table = Table {
    name: "staff_mail",
    claimed: "sending",
    on_claim: ", maybe_sent = (maybe_sent OR state = 'sending')",
    claimable: "AND kind IN ('promise_at_risk', 'undeliverable', 'reply_waiting', 'digest')
        AND NOT EXISTS (SELECT 1 FROM outbox_pause WHERE resumed_at IS NULL)",
    returning: claim::RETURNING,
};

impl Ledger {
    /// Finds what needs a person, and owes the mails about it.
    pub(crate) async fn tell_staff(&self, progress: &Value) -> Result<Done, LedgerError> {
        let now = self.clock().now();
        let time = |key: &str| progress[key].as_str().and_then(|time| time.parse::<DateTime<Utc>>().ok());
        let (seen, all_seen) = (time("seen"), time("all_seen"));
        let looks_at_all = all_seen.is_none_or(|at| now >= at + LOOK_AT_ALL_EVERY);
        let since = if looks_at_all { None } else { seen.map(|seen| seen - LOOK_BACK) };
        let found = self.find_causes(since).await?;
        self.owe_staff_mails().await?;
        self.owe_digests().await?;
        self.tell_the_unheard().await?;
        if found.is_whole_part {
            // There is more: what was seen so far stays as it was until the rest is too.
            return Ok(Done { progress: progress.clone(), again_in: TimeDelta::zero() });
        }
        let all_seen = if looks_at_all { Some(now) } else { all_seen };
        Ok(Done { progress: json!({ "seen": now, "all_seen": all_seen }), again_in: EVERY })
    }
}
