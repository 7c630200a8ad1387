//! One cluster for all tests of a process, or of a whole run.

use std::{env, sync::OnceLock};

use super::{Cluster, Options};

/// Set by `scripts/test`, which starts one cluster for all test programs: the URL of a database where schemas may be made.
const GIVEN: &str = "HEARBACK_TEST_POSTGRES_URL";

#[derive(Debug)]
pub enum SharedPostgres {
    Given(String),
    Private(Cluster),
}

impl SharedPostgres {
    /// A database in which every test has a schema of its own.
    pub fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Private(cluster) => cluster.url("postgres"),
        }
    }
}

/// The server of this run, started by the first test that asks. Not durable: see [`Options::fast`].
///
/// # Panics
/// When no server is given and none can be started; the message says what is missing.
pub fn shared_postgres() -> &'static SharedPostgres {
    static SHARED: OnceLock<SharedPostgres> = OnceLock::new();
    SHARED.get_or_init(|| match env::var(GIVEN) {
        Ok(url) => SharedPostgres::Given(url),
        Err(_) => {
            SharedPostgres::Private(Cluster::start(Options::fast()).unwrap_or_else(|error| panic!("no PostgreSQL to test on: {error}")))
        }
    })
}
