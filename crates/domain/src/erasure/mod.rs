//! When an applicant's data may go, and what is owed to them before it does.
//!
//! Two questions, each a pure function. [`asked`] is answered when somebody asks: may it begin, and does the application have to end for
//! it? [`look`] is answered whenever a worker looks at what was asked for: now, or what is it waiting for?

mod announcement;
mod ask;
mod look;

use chrono::{DateTime, NaiveDate, Utc};

pub use announcement::announcement;
pub use ask::{First, asked};
pub use look::{Next, look};

use crate::{closed_set::closed_set, law::Law, policy::Policy, promise::Facts};

closed_set! {
    /// Why an applicant's data is erased.
    Basis, "basis of an erasure" {
        /// The applicant asked for it.
        Requested = "requested",
        /// It was kept for as long as the policy says.
        Retention = "retention",
    }
}

closed_set! {
    /// Why no final message is owed to somebody whose data is erased. A word, and no free text: it stays on record.
    NoFinalWord, "reason for no final message" {
        /// The applicant asked not to be written to.
        AskedForNone = "asked_for_none",
        /// A person told them.
        ToldByPerson = "told_by_person",
        /// It is nobody's application: a test, or a machine's.
        NotAnApplicant = "not_an_applicant",
        /// Their address refused the message, or it came back, and nobody found another.
        Unreachable = "unreachable",
    }
}

closed_set! {
    /// What an erasure waits for.
    WaitsFor, "reason to wait" {
        /// A message to the applicant is on its way.
        Message = "message",
        /// A message to the applicant is held: a person lets it go or cancels it.
        Person = "person",
        /// A law wants what was told to be kept until a date.
        Law = "law",
    }
}

closed_set! {
    /// How far an erasure has come.
    ErasureState, "state of an erasure" {
        Waiting = "waiting",
        Erased = "erased",
        /// It was looked at once more, and nothing came after it.
        Settled = "settled",
    }
}

/// Why it cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error("{law} wants what the applicant was told to be kept until {until}; it can be erased from the day after")]
    Law { law: Law, until: NaiveDate },
    /// Only at the applicant's request is an active application ended for it.
    #[error("the application is active")]
    Active,
    /// It has not been kept for as long as the policy says, or the policy does not say.
    #[error("it is to be kept longer")]
    NotYet,
}

/// What became of the message that says how the application ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalWord {
    /// A relay accepted it, or a person told them.
    Told,
    /// There is a reason on record why there is none.
    Exempt,
    /// Its address refused it, or it came back.
    Unreachable,
    /// It is still to come, or is missing.
    Missing,
}

/// The last day for which a law wants what was told to be kept.
///
/// Whoever was told whether there is a decision counts, whether an interview is on record or not: an interview that nobody recorded was one
/// all the same, and evidence that is gone cannot be had again.
fn kept_by_law(facts: &Facts, policy: &Policy, now: DateTime<Utc>) -> Option<(Law, NaiveDate)> {
    let law = policy.law?;
    let told_at = facts.standing.decision_told_at?;
    let preset = law.preset();
    (!preset.allows_erasure(told_at, facts.job_zone, now)).then(|| (law, preset.keep_until(told_at, facts.job_zone)))
}

/// Whether it was kept for as long as the policy says.
fn is_past_retention(policy: &Policy, ended_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    policy.retention.is_some_and(|retention| ended_at + retention <= now)
}
