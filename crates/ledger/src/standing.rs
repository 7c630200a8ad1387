//! How an application stands: as its columns have it, and as decisions do.

use chrono::{DateTime, Utc};
use hearback_domain::promise::{Deadline, NextWord, Standing, Unanswered};
use sea_orm::FromQueryResult;

use crate::{
    LedgerError,
    rows::{Cell, Column},
};

#[derive(FromQueryResult)]
pub(crate) struct StandingColumns {
    pub(crate) stage: String,
    pub(crate) status: String,
    pub(crate) shown_stage: String,
    pub(crate) shown_status: String,
    pub(crate) next_word_kind: Option<String>,
    pub(crate) next_word_by: Option<DateTime<Utc>>,
    pub(crate) next_word_at: Option<DateTime<Utc>>,
    pub(crate) told_at: Option<DateTime<Utc>>,
    pub(crate) promised_by: Option<DateTime<Utc>>,
    pub(crate) decide_from: Option<DateTime<Utc>>,
    pub(crate) decide_by: Option<DateTime<Utc>>,
    pub(crate) decide_rung: Option<String>,
    pub(crate) last_interview_at: Option<DateTime<Utc>>,
    pub(crate) decision_told_at: Option<DateTime<Utc>>,
    pub(crate) told_otherwise: Option<String>,
    pub(crate) answer_since: Option<DateTime<Utc>>,
    pub(crate) answer_by: Option<DateTime<Utc>>,
}

/// As a query reads them.
pub(crate) const READ: &str = "stage, status, shown_stage, shown_status, next_word_kind, next_word_by, next_word_at, told_at, promised_by,
    decide_from, decide_by, decide_rung, last_interview_at, decision_told_at, told_otherwise, answer_since, answer_by";

/// As a change writes them from `v`.
pub(crate) const WRITTEN: &str = "stage = v.stage, status = v.status, shown_stage = v.shown_stage, shown_status = v.shown_status,
    told_at = v.told_at, promised_by = v.promised_by, last_interview_at = v.last_interview_at, decision_told_at = v.decision_told_at,
    told_otherwise = v.told_otherwise, answer_since = v.answer_since, answer_by = v.answer_by, next_word_kind = v.next_word_kind, next_word_by = v.next_word_by, next_word_at = v.next_word_at,
    decide_from = v.decide_from, decide_by = v.decide_by, decide_alert_at = v.decide_alert_at, decide_rung = v.decide_rung";

/// The columns of a change, beside the row's own.
pub(crate) const COLUMNS: [Column; 18] = {
    let [kind, by, at, from, until, alert_at, rung] = DATES;
    [
        Column::Text("stage"),
        Column::Text("status"),
        Column::Text("shown_stage"),
        Column::Text("shown_status"),
        Column::Time("told_at"),
        Column::Time("promised_by"),
        Column::Time("last_interview_at"),
        Column::Time("decision_told_at"),
        Column::Text("told_otherwise"),
        Column::Time("answer_since"),
        Column::Time("answer_by"),
        kind,
        by,
        at,
        from,
        until,
        alert_at,
        rung,
    ]
};

/// Those that an application comes in with.
pub(crate) const DATES: [Column; 7] = [
    Column::Text("next_word_kind"),
    Column::Time("next_word_by"),
    Column::Time("next_word_at"),
    Column::Time("decide_from"),
    Column::Time("decide_by"),
    Column::Time("decide_alert_at"),
    Column::Text("decide_rung"),
];

/// In the order of [`COLUMNS`].
pub(crate) fn cells(standing: Standing) -> [Cell; 18] {
    let Standing {
        stage,
        status,
        shown_stage,
        shown_status,
        next_word,
        told_at,
        promised_by,
        deadline,
        last_interview,
        decision_told_at,
        told_otherwise,
        unanswered,
    } = standing;
    let [kind, by, at, from, until, alert_at, rung] = dates(next_word, deadline);
    [
        stage.as_str().to_owned().into(),
        status.as_str().to_owned().into(),
        shown_stage.as_str().to_owned().into(),
        shown_status.as_str().to_owned().into(),
        told_at.into(),
        promised_by.into(),
        last_interview.into(),
        decision_told_at.into(),
        told_otherwise.map(|channel| channel.as_str().to_owned()).into(),
        unanswered.map(|waiting| waiting.since).into(),
        unanswered.map(|waiting| waiting.by).into(),
        kind,
        by,
        at,
        from,
        until,
        alert_at,
        rung,
    ]
}

/// In the order of [`DATES`].
pub(crate) fn dates(next_word: Option<NextWord>, deadline: Option<Deadline>) -> [Cell; 7] {
    [
        next_word.map(|word| word.kind.as_str().to_owned()).into(),
        next_word.map(|word| word.by).into(),
        next_word.map(|word| word.at).into(),
        deadline.map(|deadline| deadline.from).into(),
        deadline.map(|deadline| deadline.by).into(),
        deadline.and_then(|deadline| deadline.alert_at()).into(),
        deadline.map(|deadline| deadline.next.as_str().to_owned()).into(),
    ]
}

impl TryFrom<StandingColumns> for Standing {
    type Error = LedgerError;

    fn try_from(columns: StandingColumns) -> Result<Self, LedgerError> {
        let StandingColumns {
            stage,
            status,
            shown_stage,
            shown_status,
            next_word_kind,
            next_word_by,
            next_word_at,
            told_at,
            promised_by,
            decide_from,
            decide_by,
            decide_rung,
            last_interview_at,
            decision_told_at,
            told_otherwise,
            answer_since,
            answer_by,
        } = columns;
        let half = |what: &str| LedgerError::unreadable("application", what);
        let next_word = match (next_word_kind, next_word_by) {
            // The previous release writes no time to act on.
            (Some(kind), Some(by)) => Some(NextWord { kind: read(&kind)?, by, at: next_word_at.map_or(by, |at| at.min(by)) }),
            (None, None) => None,
            _ => return Err(half("a next word without its date, or a date without its word")),
        };
        let deadline = match (decide_from, decide_by, decide_rung) {
            (Some(from), Some(by), Some(rung)) => Some(Deadline { from, by, next: read(&rung)? }),
            (None, None, None) => None,
            _ => return Err(half("a part of the time for a decision is missing")),
        };
        Ok(Self {
            stage: read(&stage)?,
            status: read(&status)?,
            shown_stage: read(&shown_stage)?,
            shown_status: read(&shown_status)?,
            next_word,
            told_at,
            promised_by,
            deadline,
            last_interview: last_interview_at,
            decision_told_at,
            told_otherwise: told_otherwise.as_deref().map(read).transpose()?,
            unanswered: answer_by.map(|by| Unanswered { since: answer_since.unwrap_or(by), by }),
        })
    }
}

pub(crate) fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, LedgerError> {
    text.parse().map_err(|error| LedgerError::unreadable("application", error))
}
