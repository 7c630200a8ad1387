//! Whose policy it is, and which applications are under it.

use hearback_domain::{
    ids::{ApplicationId, BoardId, JobId},
    policy::Policy,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::{Overriding, over};
use crate::{Ledger, LedgerError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhosePolicy {
    Organisation,
    Board(BoardId),
    Job(JobId),
}

/// A part of the applications under a policy.
pub(super) struct Part {
    /// Those for which something is still owed.
    pub(super) open: Vec<ApplicationId>,
    pub(super) examined: usize,
    /// The last that was looked at; `None` where there was none.
    pub(super) last: Option<ApplicationId>,
}

impl WhosePolicy {
    pub(super) fn ids(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Organisation => (None, None),
            Self::Board(board) => (Some(board.uuid()), None),
            Self::Job(job) => (None, Some(job.uuid())),
        }
    }

    pub(super) fn of(board: Option<Uuid>, job: Option<Uuid>) -> Self {
        match (board, job) {
            (_, Some(job)) => Self::Job(job.into()),
            (Some(board), None) => Self::Board(board.into()),
            (None, None) => Self::Organisation,
        }
    }

    /// The policy of an application under it if this policy were `text`, and the ones above and below it as they are.
    pub(super) fn with(self, text: &str, organisation: &Policy, now: &Overriding) -> Policy {
        let Overriding { board, job } = now;
        match self {
            Self::Organisation => over(&over(&over(organisation, Some(text)), board.as_deref()), job.as_deref()),
            Self::Board(_) => over(&over(organisation, Some(text)), job.as_deref()),
            Self::Job(_) => over(&over(organisation, board.as_deref()), Some(text)),
        }
    }

    /// The next `limit` applications under it, in the order of their ids.
    pub(super) async fn part(self, ledger: &Ledger, after: Option<ApplicationId>, limit: u64) -> Result<Part, LedgerError> {
        let mut values: Vec<Value> =
            vec![after.map_or(Uuid::nil(), ApplicationId::uuid).into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
        let under = match self {
            Self::Organisation => "",
            Self::Board(board) => {
                values.push(board.uuid().into());
                "AND job_id IN (SELECT id FROM job WHERE board_id = $3)"
            }
            Self::Job(job) => {
                values.push(job.uuid().into());
                "AND job_id = $3"
            }
        };
        let sql = format!(
            "SELECT a.id, (a.status = 'active' OR EXISTS (SELECT 1 FROM notification n WHERE n.application_id = a.id
                AND n.state IN ('waiting', 'scheduled', 'held'))) AS is_open
            FROM (SELECT id, status FROM application WHERE id > $1 {under} ORDER BY id LIMIT $2) a ORDER BY a.id"
        );
        let database = ledger.database();
        let rows = database.reader().query_all_raw(Statement::from_sql_and_values(database.backend(), sql, values)).await?;
        let mut part = Part { open: Vec::new(), examined: rows.len(), last: None };
        for row in rows {
            let id: ApplicationId = row.try_get::<Uuid>("", "id")?.into();
            if row.try_get::<bool>("", "is_open")? {
                part.open.push(id);
            }
            part.last = Some(id);
        }
        Ok(part)
    }
}
