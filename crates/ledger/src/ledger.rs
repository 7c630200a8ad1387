//! The handle that everything in this crate hangs on.

use std::sync::Arc;

use hearback_domain::{clock::Clock, ids::Ids, random::Random, status_link::LinkKeys};
use hearback_migrations::{MigratorTrait, Steps};

use crate::{OpenError, database::Database, signing_keys};

/// One open database. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Parts>);

struct Parts {
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Ids,
    random: Arc<Random>,
    link_keys: LinkKeys,
}

/// A part of a list, in the order of ids, which is the order in which things were put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<I> {
    /// The last id of the part before.
    pub after: Option<I>,
    pub limit: u64,
}

impl Ledger {
    /// Opens a database, and brings its tables up to date. `connections` bounds those that this process holds (SQLite: and one that writes).
    pub async fn open(url: &str, connections: u32, clock: Arc<dyn Clock>, random: Arc<Random>) -> Result<Self, OpenError> {
        let database = Database::open(url, connections).await?;
        Steps::up(database.writer(), None).await.map_err(OpenError::Migrate)?;
        let link_keys = signing_keys::load(&database, &random, clock.now()).await.map_err(OpenError::SigningKeys)?;
        let ids = Ids::new(Arc::clone(&clock), Arc::clone(&random));
        Ok(Self(Arc::new(Parts { database, clock, ids, random, link_keys })))
    }

    /// What the links to status pages are signed with.
    pub fn link_keys(&self) -> &LinkKeys {
        &self.0.link_keys
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }

    pub(crate) fn random(&self) -> &Random {
        &self.0.random
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.0.ids
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("database", &self.database.backend()).finish_non_exhaustive()
    }
}
