//! What people apply for.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    ids::{BoardId, JobId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::LockType,
};

use crate::{
    CreateError, Ledger, LedgerError, Page,
    entity::job,
    rows::{Column, Rows},
};

/// A job, as it was put on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub board: BoardId,
    pub details: JobDetails,
    pub status: JobStatus,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    /// Closed, and put away.
    pub archived_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    /// The caller's own id for it; unique on its board.
    pub external_id: Option<String>,
    pub title: String,
    /// Who is asked to act when an applicant waits for a person.
    pub owner: EmailAddress,
    /// Who is asked when the owner did not act.
    pub manager: Option<EmailAddress>,
    /// Where applicants for this job live, if not where the board says.
    pub time_zone: Option<Tz>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    Open,
    Closed,
}

impl JobStatus {
    pub const ALL: &'static [Self] = &[Self::Open, Self::Closed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

const UPDATE: &str = "UPDATE job SET external_id = v.external_id, title = v.title, owner = v.owner, manager = v.manager,
    time_zone = v.time_zone, updated_at = v.at, version = job.version + 1 FROM v WHERE job.id = v.id";

impl Ledger {
    pub async fn create_job(&self, board: BoardId, details: JobDetails) -> Result<Job, CreateError> {
        let now = self.clock().now();
        let (id, status) = (self.ids().next(), JobStatus::Open);
        let job = Job { id, board, details, status, created_at: now, updated_at: now, closed_at: None, archived_at: None };
        let row = job::Model::from(job.clone()).into_active_model();
        let transaction = self.database().begin().await?;
        row.insert(&transaction).await.map_err(CreateError::of)?;
        transaction.commit().await.map_err(LedgerError::from)?;
        Ok(job)
    }

    pub async fn job(&self, id: JobId) -> Result<Option<Job>, LedgerError> {
        job::Entity::find_by_id(id.uuid()).one(self.database().reader()).await?.map(Job::try_from).transpose()
    }

    pub async fn job_by_external_id(&self, board: BoardId, external_id: &str) -> Result<Option<Job>, LedgerError> {
        let of_board = job::Entity::find().filter(job::Column::BoardId.eq(board.uuid()));
        let found = of_board.filter(job::Column::ExternalId.eq(external_id)).one(self.database().reader()).await?;
        found.map(Job::try_from).transpose()
    }

    /// From now on it is like this; `None` if there is no such job.
    pub async fn set_job(&self, id: JobId, details: &JobDetails) -> Result<Option<Job>, CreateError> {
        let transaction = self.database().begin().await?;
        let found = job::Entity::find_by_id(id.uuid()).lock(LockType::NoKeyUpdate).one(&transaction).await.map_err(LedgerError::from)?;
        let Some(job) = found.map(Job::try_from).transpose()? else { return Ok(None) };
        if job.details == *details {
            return Ok(Some(job));
        }
        let job = Job { details: details.clone(), updated_at: self.clock().now(), ..job };
        let JobDetails { external_id, title, owner, manager, time_zone } = details.clone();
        let columns = [
            Column::Uuid("id"),
            Column::Text("external_id"),
            Column::Text("title"),
            Column::Text("owner"),
            Column::Text("manager"),
            Column::Text("time_zone"),
            Column::Time("at"),
        ];
        let row = [
            id.uuid().into(),
            external_id.into(),
            title.into(),
            owner.to_string().into(),
            manager.map(|manager| manager.to_string()).into(),
            time_zone.map(|zone| zone.name().to_owned()).into(),
            job.updated_at.into(),
        ];
        let statement = Rows::new(columns, [row]).statement(self.database().backend(), UPDATE);
        transaction.execute_raw(statement).await.map_err(CreateError::of)?;
        transaction.commit().await.map_err(LedgerError::from)?;
        Ok(Some(job))
    }

    /// The jobs of one board, or of all.
    pub async fn jobs(&self, board: Option<BoardId>, page: Page<JobId>) -> Result<Vec<Job>, LedgerError> {
        self.find_jobs(job::Entity::find(), board, page).await
    }

    /// Those with this id of the caller's own: at most one a board.
    pub async fn jobs_with_external_id(
        &self,
        external_id: &str,
        board: Option<BoardId>,
        page: Page<JobId>,
    ) -> Result<Vec<Job>, LedgerError> {
        self.find_jobs(job::Entity::find().filter(job::Column::ExternalId.eq(external_id)), board, page).await
    }

    async fn find_jobs(&self, query: Select<job::Entity>, board: Option<BoardId>, page: Page<JobId>) -> Result<Vec<Job>, LedgerError> {
        let mut query = query;
        if let Some(board) = board {
            query = query.filter(job::Column::BoardId.eq(board.uuid()));
        }
        if let Some(after) = page.after {
            query = query.filter(job::Column::Id.gt(after.uuid()));
        }
        let rows = query.order_by_asc(job::Column::Id).limit(page.limit).all(self.database().reader()).await?;
        rows.into_iter().map(Job::try_from).collect()
    }
}

impl From<Job> for job::Model {
    fn from(job: Job) -> Self {
        let Job { id, board, details, status, created_at, updated_at, closed_at, archived_at } = job;
        let JobDetails { external_id, title, owner, manager, time_zone } = details;
        Self {
            id: id.uuid(),
            board_id: board.uuid(),
            external_id,
            title,
            owner: owner.to_string(),
            manager: manager.map(|manager| manager.to_string()),
            time_zone: time_zone.map(|zone| zone.name().to_owned()),
            status: status.as_str().to_owned(),
            created_at,
            updated_at,
            closed_at,
            archived_at,
        }
    }
}

impl TryFrom<job::Model> for Job {
    type Error = LedgerError;

    fn try_from(row: job::Model) -> Result<Self, LedgerError> {
        let job::Model {
            id,
            board_id,
            external_id,
            title,
            owner,
            manager,
            time_zone,
            status,
            created_at,
            updated_at,
            closed_at,
            archived_at,
        } = row;
        let details = JobDetails {
            external_id,
            title,
            owner: owner.parse().map_err(|error| LedgerError::unreadable("job", error))?,
            manager: manager.map(|text| text.parse()).transpose().map_err(|error| LedgerError::unreadable("job", error))?,
            time_zone: time_zone.map(|text| text.parse()).transpose().map_err(|error| LedgerError::unreadable("job", error))?,
        };
        let known = JobStatus::ALL.iter().copied().find(|known| known.as_str() == status);
        let status = known.ok_or_else(|| LedgerError::unreadable("job", format!("unknown status `{status}`")))?;
        Ok(Self { id: id.into(), board: board_id.into(), details, status, created_at, updated_at, closed_at, archived_at })
    }
}
