//! Figures, as they are shown.

use hearback_ledger::FirstDecision;
use serde::Serialize;
use utoipa::ToSchema;

/// Every message owed to an applicant is a promise.
#[derive(Serialize, ToSchema)]
#[schema(as = PromiseFigures)]
pub(crate) struct Figures {
    applications: u64,
    active: u64,
    rejected: u64,
    hired: u64,
    withdrawn: u64,
    /// Messages owed so far, without those that were taken back.
    owed: u64,
    /// Accepted by a relay, and not come back.
    kept: u64,
    /// Of these, by the date that was promised.
    on_time: u64,
    /// Neither sent nor given up on.
    open: u64,
    /// Of the open ones: tried in vain, or to be tried next when the promise is over.
    at_risk: u64,
    /// Of the open ones: past the promised date.
    overdue: u64,
    /// Refused for good, or come back: a person has to act.
    undeliverable: u64,
    /// Wait for a person to let them go.
    held: u64,
    /// Applicants whom a person told something by phone or face to face.
    told_in_person: u64,
    /// Of the promises whose date has come: kept by it, from 0 to 1. `null` as long as none has come.
    #[schema(required, minimum = 0, maximum = 1)]
    on_time_share: Option<f64>,
    /// From the application to the first move, rejection or hire by a person, rejected people included. `null` if nobody has decided anything.
    #[schema(required)]
    first_decision: Option<First>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FirstDecision)]
pub(crate) struct First {
    /// Applications that a person has decided about at all.
    decided: u64,
    /// In hours.
    median_hours: f64,
    /// In hours.
    p95_hours: f64,
}

impl From<hearback_ledger::Figures> for Figures {
    fn from(figures: hearback_ledger::Figures) -> Self {
        let on_time_share = figures.on_time_share();
        let hearback_ledger::Figures {
            applications,
            active,
            rejected,
            hired,
            withdrawn,
            owed,
            kept,
            on_time,
            open,
            at_risk,
            overdue,
            undeliverable,
            held,
            told_in_person,
            first_decision,
        } = figures;
        let hours = |length: chrono::TimeDelta| (length.num_seconds() as f64 / 36.0).round() / 100.0;
        let first = |FirstDecision { decided, median, p95 }| First { decided, median_hours: hours(median), p95_hours: hours(p95) };
        let first_decision = first_decision.map(first);
        Self {
            applications,
            active,
            rejected,
            hired,
            withdrawn,
            owed,
            kept,
            on_time,
            open,
            at_risk,
            overdue,
            undeliverable,
            held,
            told_in_person,
            on_time_share,
            first_decision,
        }
    }
}
