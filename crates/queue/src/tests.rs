//! The worker with a real ledger and a transport that does what the test wants.

mod answers;
mod inbound;
mod reach;
mod relays;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use hearback_domain::{
    actor::Actor,
    clock::{Clock, SystemClock},
    ids::{ApplicationId, JobId},
    notification::{Outcome, State},
    random::Random,
};
use hearback_ledger::{BoardDetails, JobDetails, Notification, Settings, Submission};
use hearback_mailer::Composed;
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    on_both_databases,
};
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// How often each mail was handed over.
#[derive(Default)]
struct Handed(Mutex<HashMap<String, usize>>);

impl Handed {
    fn note(&self, mail: &Composed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(mail.message_id.clone()).or_default() += 1;
    }

    fn counts(&self) -> Vec<usize> {
        self.0.lock().unwrap().values().copied().collect()
    }
}

fn accepted() -> Outcome {
    Outcome::Accepted { reply: "250 2.0.0 taken".to_owned() }
}

/// Hands over as the test says, and counts.
struct Scripted<F> {
    handed: Arc<Handed>,
    script: F,
}

#[async_trait]
impl<F, W> Transport for Scripted<F>
where
    F: Fn(&Composed) -> W + Send + Sync + 'static,
    W: Future<Output = Outcome> + Send,
{
    fn name(&self) -> &str {
        "scripted"
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        self.handed.note(mail);
        (self.script)(mail).await
    }
}

struct Office {
    ledger: Ledger,
    job: JobId,
    handed: Arc<Handed>,
    composer: Arc<Composer>,
    database: TestDatabase,
    lease: TimeDelta,
}

struct AtWork {
    stop: oneshot::Sender<()>,
    worker: JoinHandle<()>,
}

impl AtWork {
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.worker.await.unwrap();
    }
}

async fn opened(database: &TestDatabase, lease: TimeDelta, clock: Arc<dyn Clock>) -> Ledger {
    let settings = Settings { lease, ..Settings::default() };
    Ledger::open(database.url(), settings, clock, Arc::new(Random::from_system())).await.unwrap()
}

impl Office {
    async fn open(kind: DatabaseKind, lease: TimeDelta) -> Self {
        Self::open_at(kind, lease, Arc::new(SystemClock)).await
    }

    async fn open_at(kind: DatabaseKind, lease: TimeDelta, clock: Arc<dyn Clock>) -> Self {
        let database = TestDatabase::create(kind);
        let ledger = opened(&database, lease, clock).await;
        let board = BoardDetails {
            external_id: None,
            organisation: "Example Bakery".to_owned(),
            sender: "jobs@example.com".parse().unwrap(),
            sender_name: "Example Bakery".to_owned(),
            reply_to: "people@example.com".parse().unwrap(),
            locale: "en".parse().unwrap(),
            time_zone: "Europe/Lisbon".parse().unwrap(),
        };
        let board = ledger.create_board(board).await.unwrap().id;
        let owner = "owner@example.com".parse().unwrap();
        let job = JobDetails { external_id: None, title: "Baker".to_owned(), owner, manager: None, time_zone: None };
        let job = ledger.create_job(board, job).await.unwrap().id;
        Self { ledger, job, handed: Arc::default(), composer: Arc::new(Composer::new().unwrap()), database, lease }
    }

    async fn apply(&self, count: usize) -> Vec<ApplicationId> {
        self.apply_from("example.net", count, false).await
    }

    async fn apply_from(&self, domain: &str, count: usize, is_test: bool) -> Vec<ApplicationId> {
        let apply = |number: usize| {
            self.ledger.submit(Submission {
                job: self.job,
                only_board: None,
                name: "Robin Example".to_owned(),
                email: format!("robin{number}@{domain}").parse().unwrap(),
                locale: None,
                time_zone: None,
                is_test,
                suspected_spam: false,
                actor: Actor::system("test"),
                idempotency: None,
                attachments: Vec::new(),
                external_id: None,
            })
        };
        futures::future::join_all((0..count).map(apply)).await.into_iter().map(|submitted| submitted.unwrap().application).collect()
    }

    fn start<F, W>(&self, concurrency: usize, script: F) -> AtWork
    where
        F: Fn(&Composed) -> W + Send + Sync + 'static,
        W: Future<Output = Outcome> + Send + 'static,
    {
        self.start_on(self.ledger.clone(), concurrency, script)
    }

    fn start_on<F, W>(&self, ledger: Ledger, concurrency: usize, script: F) -> AtWork
    where
        F: Fn(&Composed) -> W + Send + Sync + 'static,
        W: Future<Output = Outcome> + Send + 'static,
    {
        let live: Arc<dyn Transport> = Arc::new(Scripted { handed: Arc::clone(&self.handed), script });
        self.start_with(ledger, concurrency, live, Reach::default())
    }

    fn start_with(&self, ledger: Ledger, concurrency: usize, live: Arc<dyn Transport>, reach: Reach) -> AtWork {
        let (public_url, composer) = ("https://jobs.example.com".to_owned(), Arc::clone(&self.composer));
        let config = Config { concurrency, slots_per_domain: Some(5), public_url, reach, test: Arc::clone(&live), live, composer };
        let queue = Queue::new(ledger, config);
        let (stop, stopped) = oneshot::channel::<()>();
        AtWork { stop, worker: tokio::spawn(queue.run(async { drop(stopped.await) })) }
    }

    async fn messages(&self, applications: &[ApplicationId]) -> Vec<Notification> {
        let mut messages = Vec::new();
        for application in applications {
            messages.extend(self.ledger.notifications(*application).await.unwrap());
        }
        messages
    }

    async fn until(&self, applications: &[ApplicationId], state: State, count: usize) {
        let began = Instant::now();
        loop {
            let messages = self.messages(applications).await;
            if messages.iter().filter(|message| message.state == state).count() >= count {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{messages:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

on_both_databases! {
    async fn everything_owed_is_sent_once(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let applications = office.apply(200).await;
        let work = office.start(8, |_| async { accepted() });
        office.until(&applications, State::Sent, 200).await;
        work.stop().await;
        assert_eq!(office.handed.counts(), [1; 200]);
        assert_eq!(office.ledger.audit().await.unwrap(), []);
    }

    async fn what_comes_in_is_sent_without_waiting_for_the_next_look(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let work = office.start(8, |_| async { accepted() });
        let first = office.apply(1).await;
        office.until(&first, State::Sent, 1).await;
        // The worker sleeps now. If it only looked every second, these would take ten seconds.
        let began = Instant::now();
        for number in 0..10 {
            let email = format!("later{number}@example.net").parse().unwrap();
            let submission = Submission {
                job: office.job, only_board: None, name: "Robin".to_owned(), email, locale: None, time_zone: None, is_test: false,
                suspected_spam: false, actor: Actor::system("test"), idempotency: None,
 attachments: Vec::new(),
 external_id: None,
            };
            let application = office.ledger.submit(submission).await.unwrap().application;
            office.until(&[application], State::Sent, 1).await;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        work.stop().await;
    }

    async fn at_the_end_what_was_begun_is_finished_and_the_rest_given_back(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let applications = office.apply(20).await;
        let slots = Arc::new(Semaphore::new(0));
        let script = {
            let slots = Arc::clone(&slots);
            move |_: &Composed| {
                let slots = Arc::clone(&slots);
                async move {
                    slots.acquire_owned().await.unwrap().forget();
                    accepted()
                }
            }
        };
        let work = office.start(2, script);
        let began = Instant::now();
        while office.handed.counts().len() < 2 {
            assert!(began.elapsed() < PATIENCE);
            sleep(Duration::from_millis(5)).await;
        }
        let ends = tokio::spawn(work.stop());
        sleep(Duration::from_millis(50)).await;
        assert!(!ends.is_finished(), "it waits for what it has begun");
        slots.add_permits(20);
        ends.await.unwrap();
        let messages = office.messages(&applications).await;
        let sent = messages.iter().filter(|message| message.state == State::Sent).count();
        assert_eq!(sent, office.handed.counts().len());
        assert!(sent < 6, "{sent} were sent after the end was asked for");
        let rest: Vec<_> = messages.iter().filter(|message| message.state != State::Sent).collect();
        assert!(rest.iter().all(|message| message.state == State::Scheduled && !message.maybe_sent && message.tries.is_empty()), "{rest:?}");
        assert_eq!(office.ledger.claim(64).await.unwrap().len(), rest.len(), "anybody may have them at once");
    }

    async fn a_try_that_outlasts_its_lease_is_nobody_elses(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::milliseconds(900)).await;
        let slow = |_: &Composed| async {
            sleep(Duration::from_secs(3)).await;
            accepted()
        };
        let applications = office.apply(4).await;
        let one = office.start(4, slow);
        let other = office.start_on(opened(&office.database, office.lease, Arc::new(SystemClock)).await, 4, slow);
        office.until(&applications, State::Sent, 4).await;
        one.stop().await;
        other.stop().await;
        assert_eq!(office.handed.counts(), [1; 4]);
    }

    async fn a_person_is_told_in_one_mail_of_what_addresses_refuse(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let applications = office.apply(3).await;
        // Before the worker starts, so that its first look finds all of it.
        let refused = Outcome::Undeliverable { reason: "550 5.1.1 no such user".to_owned() };
        for message in office.ledger.claim(8).await.unwrap() {
            let ended = hearback_ledger::Ended { claim: message.claim, at: office.ledger.now(), outcome: refused.clone(), mail: None, relay: "test".to_owned() };
            office.ledger.settle(&[ended]).await.unwrap();
        }
        office.until(&applications, State::Undeliverable, 3).await;
        let work = office.start(4, |_| async { accepted() });
        let began = Instant::now();
        while office.handed.counts().is_empty() {
            assert!(began.elapsed() < PATIENCE);
            sleep(Duration::from_millis(10)).await;
        }
        work.stop().await;
        let handed = office.handed.0.lock().unwrap().clone();
        assert!(handed.len() == 1 && handed.keys().all(|id| id.starts_with("<stf_")), "{handed:?}");
        assert!(office.ledger.claim_staff_mails(8).await.unwrap().is_empty(), "it is settled");
        assert_eq!(office.ledger.audit().await.unwrap(), []);
    }

    async fn a_panic_is_one_messages_affair(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let applications = office.apply(20).await;
        let work = office.start(4, |mail: &Composed| {
            let panics = mail.to.as_str() == "robin7@example.net";
            async move {
                assert!(!panics, "as the test wants it");
                accepted()
            }
        });
        office.until(&applications, State::Sent, 19).await;
        office.until(&applications[7..8], State::Scheduled, 1).await;
        work.stop().await;
        let [poison] = &office.messages(&applications[7..8]).await[..] else { panic!("one message") };
        assert_eq!((poison.maybe_sent, poison.tries.len(), poison.tries[0].outcome.as_str()), (true, 1, "maybe_sent"));
    }
}
