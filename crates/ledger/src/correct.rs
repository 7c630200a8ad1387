//! The organisation's own system says otherwise what an applicant is called, or how they are written to. Where to is `address.rs`.

use chrono_tz::Tz;
use hearback_domain::{actor::Actor, event::EventKind, ids::ApplicationId, locale::Locale};
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use serde_json::json;

use crate::{
    Application, ChangeRefused, Changed, Ledger, LedgerError,
    change::{ATTEMPTS, Lock, NewEvent, execute, insert_events, lock},
    database::Transaction,
    entity::application,
    rows::{Column, Rows},
    standing::read,
};

/// What an application says about its applicant, beside their address.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicantDetails {
    pub name: String,
    /// Without, the board's.
    pub locale: Option<Locale>,
    /// Without, the job's or the board's.
    pub time_zone: Option<Tz>,
}

const UPDATE: &str = "UPDATE application SET name = v.name, locale = v.locale, time_zone = v.time_zone, updated_at = v.at,
    version = application.version + 1 FROM v WHERE application.id = v.id";

impl Ledger {
    /// Messages that are not out yet are written by it. Saying again what is on record leaves no trace.
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
        if locked.is_erased {
            return Ok(Err(ChangeRefused::Erased));
        }
        let row = application::Entity::find_by_id(id.uuid()).one(&transaction).await?;
        let old = Application::try_from(row.ok_or_else(|| LedgerError::unreadable("application", "it was there a moment ago"))?)?;
        let now = self.clock().now();
        let locale = match to.locale {
            Some(locale) => locale,
            None => board_locale(&transaction, &old).await?,
        };
        let time_zone = to.time_zone.unwrap_or(locked.facts.job_zone);
        let changed = [("name", old.name != to.name), ("locale", old.locale != locale), ("time_zone", old.time_zone != time_zone)];
        let fields: Vec<&str> = changed.into_iter().filter_map(|(field, changed)| changed.then_some(field)).collect();
        if fields.is_empty() {
            transaction.rollback().await?;
            return Ok(Ok(()));
        }
        let columns = [Column::Uuid("id"), Column::Text("name"), Column::Text("locale"), Column::Text("time_zone"), Column::Time("at")];
        let row =
            [id.uuid().into(), to.name.clone().into(), locale.as_str().to_owned().into(), time_zone.name().to_owned().into(), now.into()];
        execute(&transaction, Rows::new(columns, [row]), UPDATE).await?;
        // Which ones, and not what they were: what an applicant takes back must be gone.
        let event = NewEvent::of(EventKind::Corrected, actor, json!({ "fields": fields }));
        insert_events(&transaction, vec![(self.ids().next(), id, event)], now).await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }
}

async fn board_locale(transaction: &Transaction, application: &Application) -> Result<Locale, LedgerError> {
    const LOCALE: &str = "SELECT b.locale FROM board b JOIN job j ON j.board_id = b.id WHERE j.id = $1";
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), LOCALE, [application.job.uuid().into()]);
    let row = transaction.query_one_raw(statement).await?.ok_or_else(|| LedgerError::unreadable("job", "it has no board"))?;
    read(&row.try_get::<String>("", "locale")?)
}
