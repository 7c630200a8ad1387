//! What status links are signed with. In the database, so that every process makes and knows the same links.

use chrono::{DateTime, Utc};
use hearback_domain::{
    random::Random,
    status_link::{LinkKey, LinkKeys},
};
use sea_orm::{EntityTrait, QueryOrder, sea_query::OnConflict};

use crate::{LedgerError, database::Database, entity::signing_key};

/// The keys, newest first; the first process on a new database makes the first key.
pub(crate) async fn load(database: &Database, random: &Random, now: DateTime<Utc>) -> Result<LinkKeys, LedgerError> {
    let write = database.begin().await?;
    let mut rows = newest_first().all(&write).await?;
    if rows.is_empty() {
        let first = signing_key::ActiveModel {
            id: sea_orm::Set(1),
            secret: sea_orm::Set(random.bytes::<32>().to_vec()),
            created_at: sea_orm::Set(now),
        };
        // Two processes may start on the same new database: the second takes the key that the first has made.
        let once = OnConflict::column(signing_key::Column::Id).do_nothing().to_owned();
        signing_key::Entity::insert(first).on_conflict(once).exec_without_returning(&write).await?;
        rows = newest_first().all(&write).await?;
    }
    write.commit().await?;
    let keys: Vec<LinkKey> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    LinkKeys::new(keys).ok_or_else(|| LedgerError::unreadable("signing_key", "there is no key"))
}

fn newest_first() -> sea_orm::Select<signing_key::Entity> {
    signing_key::Entity::find().order_by_desc(signing_key::Column::Id)
}

fn read(row: signing_key::Model) -> Result<LinkKey, LedgerError> {
    let signing_key::Model { id, secret, created_at: _ } = row;
    let id = u8::try_from(id).map_err(|_| LedgerError::unreadable("signing_key", format!("key {id} is not within 0-255")))?;
    let secret = secret.try_into().map_err(|_| LedgerError::unreadable("signing_key", format!("key {id} is not of 32 bytes")))?;
    Ok(LinkKey { id, secret })
}

#[cfg(test)]
mod tests {
    use hearback_domain::{
        clock::{Clock, SystemClock},
        ids::ApplicationId,
        status_link::LinkClaim,
    };
    use hearback_migrations::{MigratorTrait, Steps};
    use hearback_testkit::{
        database::{DatabaseKind, TestDatabase},
        on_both_databases,
    };

    use super::*;

    on_both_databases! {
        async fn processes_that_start_together_on_a_new_database_know_each_others_links(kind: DatabaseKind) {
            let kept = TestDatabase::create(kind);
            let database = Database::open(kept.url(), 4).await.unwrap();
            Steps::up(database.writer().plain(), None).await.unwrap();
            let [one, other] = [1, 2].map(Random::from_seed);
            let (one, other) = tokio::join!(load(&database, &one, SystemClock.now()), load(&database, &other, SystemClock.now()));
            let (one, other) = (one.unwrap(), other.unwrap());
            let application = ApplicationId::from(uuid::Uuid::from_u128(7));
            let claim = LinkClaim::read(&one.token(application, 0)).unwrap();
            assert!(other.holds(&claim, 0));
        }
    }
}
