//! The handle that everything in this crate hangs on.

use std::{
    pin::Pin,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    EmailAddress,
    clock::Clock,
    ids::{Ids, RequestId},
    policy::Policy,
    random::Random,
    status_link::LinkKeys,
};
use hearback_migrations::{MigratorTrait, Steps};
use tokio::sync::mpsc;

use crate::{
    OpenError, ReplyProbing,
    api_keys::KnownCallers,
    database::Database,
    inbound::{keep, record_bounce::CameBack, record_reply::Replied, together, understood::OnlyEnd},
    owed::{DueParts, settler},
    periodic,
    policies::Policies,
    signing_keys,
    staff::DigestHour,
    submit,
    wake::{self, Wake},
};

/// One open database. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Parts>);

/// A handle that keeps nothing open.
#[derive(Clone)]
pub(crate) struct WeakLedger(Weak<Parts>);

struct Parts {
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Ids,
    random: Arc<Random>,
    link_keys: RwLock<Arc<LinkKeys>>,
    settings: Settings,
    policies: Policies,
    submissions: mpsc::Sender<submit::Waiting>,
    known_jobs: submit::KnownJobs,
    settlements: mpsc::Sender<settler::Waiting>,
    arrivals: mpsc::Sender<keep::Waiting>,
    understandings: mpsc::Sender<together::Waiting<OnlyEnd>>,
    replies: mpsc::Sender<together::Waiting<Replied>>,
    bounces: mpsc::Sender<together::Waiting<CameBack>>,
    due: DueParts,
    callers: KnownCallers,
    wake: Wake,
}

/// What may differ between deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The most that this process holds (SQLite: and one that writes).
    pub connections: u32,
    pub policy: Policy,
    /// How long a worker has a message to itself before another may take it.
    pub lease: TimeDelta,
    /// Who is told what needs a person, if neither the job's owner nor its manager can be.
    pub fallback: Option<EmailAddress>,
    /// When each person is told, once a day, who waits for them; `None` for never.
    pub digest: Option<DigestHour>,
    /// For development: webhooks may go to this machine, also without TLS.
    pub webhooks_to_loopback: bool,
    /// Where mail comes in here: how often it is tried whether answers find their way back.
    pub reply_probe: Option<ReplyProbing>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 8,
            policy: Policy::default(),
            lease: TimeDelta::minutes(5),
            fallback: None,
            digest: Some(DigestHour { hour: 8, zone: None }),
            webhooks_to_loopback: false,
            reply_probe: None,
        }
    }
}

/// A part of a list, in the order of ids, which is the order in which things were put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<I> {
    /// The last id of the part before.
    pub after: Option<I>,
    pub limit: u64,
}

impl Ledger {
    /// Opens a database, and brings its tables up to date.
    ///
    /// Boxed, as everything that begins a whole part of the program is: an optimised build compiles the body of an `async fn` into every
    /// program that awaits it, and again into each test.
    pub fn open<'a>(
        url: &'a str,
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
    ) -> Pin<Box<dyn Future<Output = Result<Self, OpenError>> + Send + 'a>> {
        Box::pin(Self::opened(url, settings, clock, random))
    }

    async fn opened(url: &str, settings: Settings, clock: Arc<dyn Clock>, random: Arc<Random>) -> Result<Self, OpenError> {
        let database = Database::open(url, settings.connections).await?;
        Steps::up(database.writer().plain(), None).await.map_err(OpenError::Migrate)?;
        let link_keys = signing_keys::load(&database, &random, clock.now()).await.map_err(OpenError::SigningKeys)?;
        let link_keys = RwLock::new(Arc::new(link_keys));
        let ids = Ids::new(Arc::clone(&clock), Arc::clone(&random));
        let backend = database.backend();
        let (submissions, submitted) = mpsc::channel(submit::WAITING);
        let (settlements, settled) = mpsc::channel(settler::WAITING);
        let (arrivals, arrived) = mpsc::channel(keep::WAITING);
        let (understandings, understood) = mpsc::channel(together::WAITING);
        let (replies, replied) = mpsc::channel(together::WAITING);
        let (bounces, bounced) = mpsc::channel(together::WAITING);
        let policies = Policies::new(settings.policy.clone());
        let (due, callers, wake) = (DueParts::default(), KnownCallers::default(), Wake::new(url));
        let known_jobs = submit::KnownJobs::default();
        let parts = Parts {
            database,
            clock,
            ids,
            random,
            link_keys,
            settings,
            policies,
            submissions,
            known_jobs,
            settlements,
            arrivals,
            understandings,
            replies,
            bounces,
            due,
            callers,
            wake,
        };
        let ledger = Self(Arc::new(parts));
        periodic::prepare(&ledger).await.map_err(OpenError::Periodic)?;
        wake::connect(&ledger).await.map_err(OpenError::Periodic)?;
        tokio::spawn(submit::take(ledger.weak(), backend, submitted));
        tokio::spawn(settler::take(ledger.weak(), backend, settled));
        tokio::spawn(keep::take(ledger.weak(), backend, arrived));
        tokio::spawn(together::take(ledger.weak(), understood));
        tokio::spawn(together::take(ledger.weak(), replied));
        tokio::spawn(together::take(ledger.weak(), bounced));
        Ok(ledger)
    }

    /// What links to status pages and reply addresses are signed with, as far as this process knows.
    pub fn link_keys(&self) -> Arc<LinkKeys> {
        Arc::clone(&self.0.link_keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_link_keys(&self, keys: Arc<LinkKeys>) {
        *self.0.link_keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// The organisation's; boards and jobs may have others.
    pub fn policy(&self) -> &Policy {
        &self.0.settings.policy
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.0.policies
    }

    pub fn lease(&self) -> TimeDelta {
        self.0.settings.lease
    }

    pub(crate) fn fallback(&self) -> Option<&EmailAddress> {
        self.0.settings.fallback.as_ref()
    }

    pub(crate) fn reply_probing(&self) -> Option<ReplyProbing> {
        self.0.settings.reply_probe
    }

    pub(crate) fn digest_hour(&self) -> Option<DigestHour> {
        self.0.settings.digest
    }

    /// Whether webhooks may go to this machine.
    pub fn webhooks_to_loopback(&self) -> bool {
        self.0.settings.webhooks_to_loopback
    }

    /// By the clock that leases are measured with.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    /// A name for a request whose caller gave it none.
    pub fn new_request_id(&self) -> RequestId {
        self.ids().next()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }

    pub(crate) fn random(&self) -> &Random {
        &self.0.random
    }

    pub(crate) fn submissions(&self) -> &mpsc::Sender<submit::Waiting> {
        &self.0.submissions
    }

    pub(crate) fn settlements(&self) -> &mpsc::Sender<settler::Waiting> {
        &self.0.settlements
    }

    pub(crate) fn known_jobs(&self) -> &submit::KnownJobs {
        &self.0.known_jobs
    }

    pub(crate) fn arrivals(&self) -> &mpsc::Sender<keep::Waiting> {
        &self.0.arrivals
    }

    pub(crate) fn understandings(&self) -> &mpsc::Sender<together::Waiting<OnlyEnd>> {
        &self.0.understandings
    }

    pub(crate) fn replies(&self) -> &mpsc::Sender<together::Waiting<Replied>> {
        &self.0.replies
    }

    pub(crate) fn bounces(&self) -> &mpsc::Sender<together::Waiting<CameBack>> {
        &self.0.bounces
    }

    pub(crate) fn callers(&self) -> &KnownCallers {
        &self.0.callers
    }

    pub(crate) fn wakes(&self) -> &Wake {
        &self.0.wake
    }

    pub(crate) fn due_parts(&self) -> &DueParts {
        &self.0.due
    }

    pub(crate) fn weak(&self) -> WeakLedger {
        WeakLedger(Arc::downgrade(&self.0))
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.0.ids
    }
}

impl WeakLedger {
    /// Unless the last handle is gone.
    pub(crate) fn upgrade(&self) -> Option<Ledger> {
        self.0.upgrade().map(Ledger)
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("database", &self.database.backend()).finish_non_exhaustive()
    }
}
