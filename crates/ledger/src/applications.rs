//! Applications as they stand on record.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    application::{RejectionReason, Stage, Status},
    ids::{ApplicationId, BoardId, CandidateId, JobId},
    locale::Locale,
    promise::Standing,
    status_link::LinkClaim,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::{
    Ledger, LedgerError, Page,
    entity::{application, candidate, job},
    standing::{StandingColumns, read},
};

/// One application of one person for one job.
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    pub id: ApplicationId,
    pub job: JobId,
    /// The caller's own id for it; unique for its job.
    pub external_id: Option<String>,
    pub candidate: CandidateId,
    /// As given with this application; a later one of the same person never changes it.
    pub name: String,
    pub email: EmailAddress,
    pub locale: Locale,
    pub time_zone: Tz,
    /// Came in by a test key: its mail goes to the capture transport.
    pub is_test: bool,
    pub received_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub standing: Standing,
    pub rejection_reason: Option<RejectionReason>,
    /// For the organisation's eyes only.
    pub internal_note: Option<String>,
    /// Why no final message is owed.
    pub exemption: Option<String>,
    /// The first active application of the same person for the same job, which carries the promises of this one.
    pub carried_by: Option<ApplicationId>,
    /// Raised to make every earlier status link useless.
    pub link_generation: i32,
    /// When the applicant's data was erased: name, address and texts are not there any more.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Debug output ends in logs, where names and notes must not.
impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application").field("id", &self.id).field("standing", &self.standing).finish_non_exhaustive()
    }
}

/// Which applications a list shows; each condition narrows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationFilter {
    pub board: Option<BoardId>,
    pub job: Option<JobId>,
    pub external_id: Option<String>,
    pub status: Option<Status>,
    pub stage: Option<Stage>,
    /// The mailbox, whatever the case of its letters.
    pub email: Option<EmailAddress>,
    pub is_test: Option<bool>,
    pub updated_after: Option<DateTime<Utc>>,
    /// Whether something that the applicant wrote waits for an answer.
    pub reply_waiting: Option<bool>,
}

impl Ledger {
    pub async fn application(&self, id: ApplicationId) -> Result<Option<Application>, LedgerError> {
        let row = application::Entity::find_by_id(id.uuid()).one(self.database().reader()).await?;
        row.map(Application::try_from).transpose()
    }

    pub async fn application_by_external_id(&self, job: JobId, external_id: &str) -> Result<Option<Application>, LedgerError> {
        let of_job = application::Entity::find().filter(application::Column::JobId.eq(job.uuid()));
        let found = of_job.filter(application::Column::ExternalId.eq(external_id)).one(self.database().reader()).await?;
        found.map(Application::try_from).transpose()
    }

    /// In the order in which they came in.
    pub async fn applications(&self, filter: &ApplicationFilter, page: Page<ApplicationId>) -> Result<Vec<Application>, LedgerError> {
        let ApplicationFilter { board, job, external_id, status, stage, email, is_test, updated_after, reply_waiting } = filter;
        let mut query = application::Entity::find();
        if let Some(board) = board {
            let jobs = job::Entity::find().select_only().column(job::Column::Id).filter(job::Column::BoardId.eq(board.uuid())).into_query();
            query = query.filter(application::Column::JobId.in_subquery(jobs));
        }
        if let Some(job) = job {
            query = query.filter(application::Column::JobId.eq(job.uuid()));
        }
        if let Some(external_id) = external_id {
            query = query.filter(application::Column::ExternalId.eq(external_id.as_str()));
        }
        if let Some(status) = status {
            query = query.filter(application::Column::Status.eq(status.as_str()));
        }
        if let Some(stage) = stage {
            query = query.filter(application::Column::Stage.eq(stage.as_str()));
        }
        if let Some(email) = email {
            query = query.filter(application::Column::CandidateId.in_subquery(candidate_with(&email.identity())));
        }
        if let Some(is_test) = is_test {
            query = query.filter(application::Column::IsTest.eq(*is_test));
        }
        if let Some(time) = updated_after {
            query = query.filter(application::Column::UpdatedAt.gt(*time));
        }
        if let Some(waiting) = reply_waiting {
            let by = application::Column::AnswerBy;
            query = query.filter(if *waiting { by.is_not_null() } else { by.is_null() });
        }
        if let Some(after) = page.after {
            query = query.filter(application::Column::Id.gt(after.uuid()));
        }
        let rows = query.order_by_asc(application::Column::Id).limit(page.limit).all(self.database().reader()).await?;
        // One that cannot be read must not take the list along.
        let readable = |row: application::Model| {
            let id = ApplicationId::from(row.id);
            Application::try_from(row).inspect_err(|error| tracing::error!(application = %id, %error, "left out of a list")).ok()
        };
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    /// What opens the applicant's own page.
    pub fn status_token(&self, id: ApplicationId, link_generation: i32) -> String {
        self.link_keys().token(id, link_generation)
    }

    /// The application whose applicant holds this token; nobody else's, and none whose data was erased.
    pub async fn application_of_token(&self, token: &str) -> Result<Option<Application>, LedgerError> {
        let Some(claim) = LinkClaim::read(token) else { return Ok(None) };
        let application = self.application(claim.application).await?;
        let keys = self.link_keys_for(&claim).await?;
        Ok(application.filter(|application| application.erased_at.is_none() && keys.holds(&claim, application.link_generation)))
    }
}

fn candidate_with(identity: &str) -> sea_orm::sea_query::SelectStatement {
    candidate::Entity::find().select_only().column(candidate::Column::Id).filter(candidate::Column::Address.eq(identity)).into_query()
}

impl TryFrom<application::Model> for Application {
    type Error = LedgerError;

    fn try_from(row: application::Model) -> Result<Self, LedgerError> {
        let application::Model {
            id,
            job_id,
            candidate_id,
            name,
            email,
            locale,
            time_zone,
            is_test,
            received_at,
            updated_at,
            stage,
            status,
            shown_stage,
            shown_status,
            rejection_reason,
            internal_note,
            exemption,
            carried_by,
            next_word_kind,
            next_word_by,
            next_word_at,
            told_at,
            promised_by,
            decide_from,
            decide_by,
            // Follows from the others.
            decide_alert_at: _,
            decide_rung,
            last_interview_at,
            decision_told_at,
            told_otherwise,
            answer_since,
            answer_by,
            answer_alarmed_at: _,
            link_generation,
            external_id,
            erased_at,
        } = row;
        let standing = Standing::try_from(StandingColumns {
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
        })?;
        Ok(Self {
            id: id.into(),
            job: job_id.into(),
            external_id,
            candidate: candidate_id.into(),
            name,
            email: read(&email)?,
            locale: read(&locale)?,
            time_zone: read(&time_zone)?,
            is_test,
            received_at,
            updated_at,
            standing,
            rejection_reason: rejection_reason.as_deref().map(read).transpose()?,
            internal_note,
            exemption,
            carried_by: carried_by.map(ApplicationId::from),
            link_generation,
            erased_at,
        })
    }
}
