//! A ledger of its own for each test.

use std::sync::Arc;

use hearback_domain::{clock::SystemClock, random::Random};
use hearback_testkit::database::{DatabaseKind, TestDatabase};

use crate::Ledger;

pub(crate) struct Opened {
    pub(crate) ledger: Ledger,
    pub(crate) database: TestDatabase,
}

pub(crate) async fn open(kind: DatabaseKind) -> Opened {
    let database = TestDatabase::create(kind);
    let ledger = Ledger::open(database.url(), 2, Arc::new(SystemClock), Arc::new(Random::from_seed(1))).await.unwrap();
    Opened { ledger, database }
}
