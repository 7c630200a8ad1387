//! What came of a drill, for people and for programs.

use std::time::Duration;

use hearback_testkit::database::DatabaseKind;
use serde_json::json;

use crate::drill::Drill;

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Requests that were answered with a success.
    pub(crate) answered: usize,
    /// Messages that an answered request owed, and that never were accepted.
    pub(crate) lost: usize,
    /// Messages that were accepted once too often, all with the Message-ID of the first.
    pub(crate) duplicates: usize,
    /// Of `hearback audit`.
    pub(crate) findings: usize,
    /// Whatever else had to hold and did not.
    pub(crate) broken: Vec<String>,
}

impl Outcome {
    /// Notes what did not hold.
    pub(crate) fn expect(&mut self, holds: bool, broken: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(broken());
        }
    }

    pub(crate) fn holds(&self) -> bool {
        self.lost == 0 && self.findings == 0 && self.broken.is_empty()
    }

    pub(crate) fn print(&self, drill: Drill, db: DatabaseKind, took: Duration) {
        let Self { answered, lost, duplicates, findings, broken } = self;
        println!("  answered {answered}, lost {lost}, duplicates {duplicates}, findings {findings}, after {:.1} s", took.as_secs_f64());
        for broken in broken {
            println!("  BROKEN: {broken}");
        }
        let (drill, db, ok) = (drill.to_string(), db.as_str(), self.holds());
        let findings_and_more = json!({
            "drill": drill, "db": db, "answered": answered, "lost": lost, "duplicates": duplicates, "findings": findings, "ok": ok,
        });
        println!("{findings_and_more}");
    }
}
