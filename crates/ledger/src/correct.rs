//! The organisation's own system says otherwise what an applicant is called, or where and how they are written to.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hearback_domain::{
    EmailAddress,
    actor::Actor,
    application::Status,
    event::EventKind,
    ids::{ApplicationId, CandidateId},
    locale::Locale,
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Application, ChangeRefused, Changed, Ledger, LedgerError,
    change::{ATTEMPTS, Lock, Locked, NewEvent, execute, insert_events, lock},
    database::Transaction,
    entity::application,
    rows::{Column, Rows},
    standing::read,
};

/// What an application says about its applicant.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicantDetails {
    pub name: String,
    pub email: EmailAddress,
    /// Without, the board's.
    pub locale: Option<Locale>,
    /// Without, the job's or the board's.
    pub time_zone: Option<Tz>,
}

const UPDATE: &str = "UPDATE application SET name = v.name, email = v.email, candidate_id = v.candidate_id, locale = v.locale,
    time_zone = v.time_zone, updated_at = v.at, version = application.version + 1 FROM v WHERE application.id = v.id";

const INSERT_CANDIDATE: &str = "INSERT INTO candidate (id, address, created_at) SELECT id, address, created_at FROM v WHERE true
    ON CONFLICT DO NOTHING";

const CANDIDATE: &str = "SELECT id FROM candidate WHERE address = $1";

const OTHER: &str = "SELECT id FROM application WHERE job_id = $1 AND candidate_id = $2 AND id <> $3 AND status = 'active'
    AND carried_by IS NULL";

impl Ledger {
    /// Messages that are not out yet go to the new address; what was tried already is not tried anew for it.
    pub async fn correct(&self, id: ApplicationId, to: &ApplicantDetails, actor: &Actor) -> Result<Changed, LedgerError> {
        let mut attempt = 1;
        loop {
            match self.correct_once(id, to, actor).await {
                Err(error) if error.is_lost_race() && attempt < ATTEMPTS => attempt += 1,
                other => return Ok(Changed { application: id, result: other? }),
            }
        }
    }

    async fn correct_once(
        &self,
        id: ApplicationId,
        to: &ApplicantDetails,
        actor: &Actor,
    ) -> Result<Result<(), ChangeRefused>, LedgerError> {
        let transaction = self.database().begin().await?;
        let mut all = lock(&transaction, &[id], Lock::Applications).await?;
        if let Some(reason) = all.unreadable.remove(&id) {
            return Ok(Err(ChangeRefused::Unreadable(reason)));
        }
        let Some(locked) = all.readable.remove(&id) else { return Ok(Err(ChangeRefused::NoSuchApplication)) };
        let row = application::Entity::find_by_id(id.uuid()).one(&transaction).await?;
        let row = row.ok_or_else(|| LedgerError::unreadable("application", "it was there a moment ago"))?;
        let old = Application::try_from(row)?;
        let now = self.clock().now();
        let locale = match to.locale {
            Some(locale) => locale,
            None => board_locale(&transaction, &old).await?,
        };
        let time_zone = to.time_zone.unwrap_or(locked.facts.job_zone);
        let fields: Vec<&str> = [
            ("name", old.name != to.name),
            ("email", old.email != to.email),
            ("locale", old.locale != locale),
            ("time_zone", old.time_zone != time_zone),
        ]
        .into_iter()
        .filter_map(|(field, changed)| changed.then_some(field))
        .collect();
        if fields.is_empty() {
            return Ok(Ok(()));
        }
        let candidate = match self.person(&transaction, &old, &locked, &to.email, now).await? {
            Ok(candidate) => candidate,
            Err(refused) => return Ok(Err(refused)),
        };
        let columns = [
            Column::Uuid("id"),
            Column::Text("name"),
            Column::Text("email"),
            Column::Uuid("candidate_id"),
            Column::Text("locale"),
            Column::Text("time_zone"),
            Column::Time("at"),
        ];
        let row = [
            id.uuid().into(),
            to.name.clone().into(),
            to.email.to_string().into(),
            candidate.uuid().into(),
            locale.as_str().to_owned().into(),
            time_zone.name().to_owned().into(),
            now.into(),
        ];
        execute(&transaction, Rows::new(columns, [row]), UPDATE).await?;
        // Which ones, and not what they were: what an applicant takes back must be gone.
        let event = NewEvent::of(EventKind::Corrected, actor, json!({ "fields": fields }));
        insert_events(&transaction, vec![(self.ids().next(), id, event)], now).await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }

    /// Whose application it is with that address. Of one person only one application for a job is active and carries its promises.
    async fn person(
        &self,
        transaction: &Transaction,
        old: &Application,
        locked: &Locked,
        email: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<Result<CandidateId, ChangeRefused>, LedgerError> {
        let address = email.identity();
        if address == old.email.identity() {
            return Ok(Ok(old.candidate));
        }
        if let Some(first) = old.carried_by {
            return Ok(Err(ChangeRefused::Refused(hearback_domain::promise::Refusal::CarriedBy(first))));
        }
        let columns = [Column::Uuid("id"), Column::Text("address"), Column::Time("created_at")];
        let row = [self.ids().next::<CandidateId>().uuid().into(), address.clone().into(), now.into()];
        execute(transaction, Rows::new(columns, [row]), INSERT_CANDIDATE).await?;
        let backend = transaction.get_database_backend();
        let lock = if backend == DbBackend::Sqlite { "" } else { " FOR NO KEY UPDATE" };
        let candidate = Statement::from_sql_and_values(backend, format!("{CANDIDATE}{lock}"), [address.into()]);
        let found = transaction.query_one_raw(candidate).await?;
        let candidate = found.ok_or_else(|| LedgerError::unreadable("candidate", "an address that was just written is missing"))?;
        let candidate: Uuid = candidate.try_get("", "id")?;
        if locked.facts.standing.status == Status::Active {
            let values = [old.job.uuid().into(), candidate.into(), old.id.uuid().into()];
            if let Some(other) = transaction.query_one_raw(Statement::from_sql_and_values(backend, OTHER, values)).await? {
                return Ok(Err(ChangeRefused::AppliedAgain(other.try_get::<Uuid>("", "id")?.into())));
            }
        }
        Ok(Ok(candidate.into()))
    }
}

async fn board_locale(transaction: &Transaction, application: &Application) -> Result<Locale, LedgerError> {
    const LOCALE: &str = "SELECT b.locale FROM board b JOIN job j ON j.board_id = b.id WHERE j.id = $1";
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), LOCALE, [application.job.uuid().into()]);
    let row = transaction.query_one_raw(statement).await?.ok_or_else(|| LedgerError::unreadable("job", "it has no board"))?;
    read(&row.try_get::<String>("", "locale")?)
}
