//! Whom of the organisation a decision tells about it.

use chrono::{DateTime, Utc};

use crate::closed_set::closed_set;

/// Somebody has to look at an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    pub to: AlertTo,
    pub why: AlertReason,
    /// The date that it is about.
    pub due_at: DateTime<Utc>,
}

closed_set! {
    /// Who it is. A job without a manager has the organisation's fallback address for one.
    AlertTo, "alerted person" {
        Owner = "owner",
        Manager = "manager",
    }
}

closed_set! {
    /// What it is about.
    AlertReason, "alert reason" {
        /// The time for a decision is running out.
        DecisionDue = "decision_due",
        /// The address refused a message, or the message came back: find another, or tell the applicant by other means.
        Undeliverable = "undeliverable",
        /// A message waits for a person to release it.
        Held = "held",
        /// The applicant wrote, and waits for an answer.
        ReplyWaiting = "reply_waiting",
        /// A promise to the applicant is past its date.
        Overdue = "overdue",
    }
}
