//! What status links and reply addresses are signed with. In the database, so that every process makes and knows the same ones.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hearback_domain::{
    random::Random,
    status_link::{LinkClaim, LinkKey, LinkKeys},
};
use sea_orm::{EntityTrait, QueryOrder, sea_query::OnConflict};

use crate::{Ledger, LedgerError, database::Database, entity::signing_key};

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
    keys(rows)
}

impl Ledger {
    /// Makes the key that signs from now on; a process that runs signs with it once it has met something signed with it, or is started anew.
    /// What older keys have signed stays valid. Returns its number.
    pub async fn rotate_signing_key(&self) -> Result<u8, LedgerError> {
        let newest = newest_first().one(self.database().reader()).await?.map_or(0, |key| key.id);
        let id = u8::try_from(newest + 1)
            .map_err(|_| LedgerError::unreadable("signing_key", "there are 255 keys, and no more can be told apart"))?;
        let key = signing_key::ActiveModel {
            id: sea_orm::Set(i32::from(id)),
            secret: sea_orm::Set(self.random().bytes::<32>().to_vec()),
            created_at: sea_orm::Set(self.now()),
        };
        signing_key::Entity::insert(key).exec_without_returning(self.database().writer()).await?;
        self.read_link_keys().await?;
        Ok(id)
    }

    /// The keys, read again if the link is signed with one that another process has made since.
    pub(crate) async fn link_keys_for(&self, claim: &LinkClaim) -> Result<Arc<LinkKeys>, LedgerError> {
        let keys = self.link_keys();
        if keys.know(claim) { Ok(keys) } else { self.read_link_keys().await }
    }

    pub(crate) async fn read_link_keys(&self) -> Result<Arc<LinkKeys>, LedgerError> {
        let keys = Arc::new(keys(newest_first().all(self.database().reader()).await?)?);
        self.set_link_keys(Arc::clone(&keys));
        Ok(keys)
    }
}

fn keys(rows: Vec<signing_key::Model>) -> Result<LinkKeys, LedgerError> {
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
    use crate::Settings;

    on_both_databases! {
        async fn what_an_older_key_signed_stays_valid_and_a_running_process_learns_of_a_newer_one(kind: DatabaseKind) {
            let kept = TestDatabase::create(kind);
            let open = || Ledger::open(kept.url(), Settings::default(), Arc::new(SystemClock), Arc::new(Random::from_system()));
            let (runs, rotates) = (open().await.unwrap(), open().await.unwrap());
            let application = ApplicationId::from(uuid::Uuid::from_u128(7));
            let before = LinkClaim::read(&runs.status_token(application, 0)).unwrap();
            assert_eq!(rotates.rotate_signing_key().await.unwrap(), 2);
            let after = LinkClaim::read(&rotates.status_token(application, 0)).unwrap();
            assert!(!runs.link_keys().know(&after));
            assert!(runs.link_keys_for(&after).await.unwrap().holds(&after, 0));
            for ledger in [&runs, &rotates, &open().await.unwrap()] {
                assert!([&before, &after].into_iter().all(|claim| ledger.link_keys().holds(claim, 0)));
            }
            assert_eq!(runs.status_token(application, 0), rotates.status_token(application, 0), "both sign with the newer one");
        }

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
