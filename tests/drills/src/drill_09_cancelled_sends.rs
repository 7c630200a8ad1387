//! Drill 9: a send is given up after its final dot, when the relay's answer is still to come, and the next message is put off by 451. The
//! late answer must never be taken for that message's: none may count as sent that the relay did not take.
//!
//! The program gives up no send, so this is the worker with a transport that does. Time stands still, so each message has one try.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::ensure;
use async_trait::async_trait;
use chrono::TimeDelta;
use futures::{StreamExt, TryStreamExt, stream};
use hearback_domain::{
    actor::Actor,
    ids::JobId,
    notification::{Outcome as Tried, State},
    policy::Policy,
    random::Random,
};
use hearback_ledger::{BoardDetails, JobDetails, Ledger, Notification, Settings, Submission};
use hearback_mailer::{
    Composed, Composer,
    transport::{
        Transport,
        smtp::{Relay, Relays, Security},
    },
};
use hearback_queue::{Config, Queue, Reach};
use hearback_testkit::{
    database::TestDatabase,
    fake_clock::FakeClock,
    smtp_sink::{Answer, Keep, Script, SmtpSink, Stage},
};
use tokio::{
    sync::{Notify, oneshot},
    time::{Duration, Instant, sleep},
};

use crate::{account, drill::Options, outcome::Outcome};

/// Long enough to be given up on, and late enough to meet the next message on the same connection, if that were used again.
const LATE: Duration = Duration::from_millis(2);

pub(crate) async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let pairs = options.count(100, 1_000);
    let database = TestDatabase::create(options.db);
    let clock = FakeClock::default();
    let random = Arc::new(Random::from_seed(options.seed));
    let settings = Settings { policy: Policy { quiet_hours: None, ..Policy::default() }, ..Settings::default() };
    let ledger = Ledger::open(database.url(), settings, Arc::new(clock.clone()), random).await?;
    let job = job(&ledger).await?;
    let applications: Vec<_> =
        stream::iter(0..2 * pairs).map(|number| ledger.submit(submission(job, number))).buffered(16).try_collect().await?;

    let moment = Arc::new(Moment::default());
    let sink = SmtpSink::start(relay(&moment), Keep::Everything).await?;
    let relay = Relay { security: Security::None, ..Relay::new(sink.address().ip().to_string(), sink.address().port(), "drill.example") };
    let transport = Arc::new(GivesUp { relays: Relays::new(vec![relay], Arc::new(clock.clone()))?, moment: Arc::clone(&moment) });
    let (stop, stopped) = oneshot::channel::<()>();
    let config = Config {
        // One after the other: what follows a send that was given up is the next message.
        concurrency: 1,
        slots_per_domain: None,
        public_url: "https://jobs.example.com".to_owned(),
        reach: Reach::default(),
        test: transport.clone(),
        live: transport,
        composer: Arc::new(Composer::new()?),
    };
    let working = tokio::spawn(Queue::new(ledger.clone(), config).run(async { drop(stopped.await) }));

    let messages = async || {
        let mut messages = Vec::new();
        for submitted in &applications {
            messages.extend(ledger.notifications(submitted.application).await?);
        }
        anyhow::Ok(messages)
    };
    let first = until(&messages, |message| !message.tries.is_empty()).await?;
    let (given_up, connections) = (moment.given_up.load(Ordering::SeqCst), sink.connections());
    let mails = sink.accepted();
    let taken = account::by_notification(&mails)?;
    let mut outcome = Outcome { answered: 2 * pairs, ..Outcome::default() };
    let false_sent = first.iter().filter(|message| message.state == State::Sent && !taken.contains_key(&message.id)).count();
    outcome.expect(false_sent == 0, || format!("{false_sent} messages count as sent that the relay put off"));
    let tried = |outcome: &str| first.iter().filter(|message| message.tries.iter().any(|tried| tried.outcome == outcome)).count();
    let (doubtful, put_off) = (tried("maybe_sent"), tried("retry"));
    outcome
        .expect((doubtful, put_off) == (pairs, pairs), || format!("{doubtful} are in doubt and {put_off} are put off, not {pairs} each"));

    // From here on the relay takes everything at once.
    moment.is_over.store(true, Ordering::SeqCst);
    clock.advance(TimeDelta::minutes(15));
    until(&messages, |message| message.state == State::Sent).await?;
    drop(stop);
    working.await?;
    let mails = sink.accepted();
    let copies = account::by_notification(&mails)?;
    outcome.lost = first.iter().filter(|message| !copies.contains_key(&message.id)).count();
    let again = copies.values().map(|copies| copies.len() - 1).sum();
    outcome.duplicates = again;
    outcome.findings = ledger.audit().await?.len();
    println!("  {pairs} sends given up after the dot, each followed by a 451, over {connections} connections; {false_sent} false `sent`");
    outcome.expect(given_up == pairs, || format!("{given_up} sends were given up, not {pairs}"));
    outcome.expect(again == pairs, || format!("what was given up was sent again {again} times, not {pairs}"));
    Ok(outcome)
}

/// What relay and transport have to know of each other.
#[derive(Default)]
struct Moment {
    /// The message under way is to be given up.
    gives_up: AtomicBool,
    dot: Notify,
    given_up: AtomicUsize,
    handed: AtomicUsize,
    is_over: AtomicBool,
}

/// Every other message is taken, and its answer is late; the others are put off.
fn relay(moment: &Arc<Moment>) -> Script {
    let moment = Arc::clone(moment);
    Script::from_fn(move |at| match at.stage {
        Stage::Dot if moment.is_over.load(Ordering::SeqCst) || account::is_internal_id(at.message_id) => Answer::Accept,
        Stage::Dot if moment.gives_up.load(Ordering::SeqCst) => {
            moment.dot.notify_one();
            Answer::AcceptAfter(LATE)
        }
        Stage::Dot => Answer::reply(451, "4.3.0 Later"),
        _ => Answer::Accept,
    })
}

struct GivesUp {
    relays: Relays,
    moment: Arc<Moment>,
}

#[async_trait]
impl Transport for GivesUp {
    fn name(&self) -> &str {
        "gives up"
    }

    async fn hand_over(&self, mail: &Composed) -> Tried {
        // What goes to staff, which has slots of its own.
        if account::is_internal_id(&mail.message_id) {
            return self.relays.hand_over(mail).await;
        }
        let Moment { gives_up, dot, given_up, handed, is_over } = self.moment.as_ref();
        let number = handed.fetch_add(1, Ordering::SeqCst);
        gives_up.store(number.is_multiple_of(2), Ordering::SeqCst);
        if is_over.load(Ordering::SeqCst) || !number.is_multiple_of(2) {
            return self.relays.hand_over(mail).await;
        }
        tokio::select! {
            outcome = self.relays.hand_over(mail) => outcome,
            () = dot.notified() => {
                given_up.fetch_add(1, Ordering::SeqCst);
                Tried::MaybeSent { reason: "given up after the dot".to_owned() }
            }
        }
    }
}

/// All messages, once each is as it should be.
async fn until(
    messages: &impl AsyncFn() -> anyhow::Result<Vec<Notification>>,
    all: impl Fn(&Notification) -> bool,
) -> anyhow::Result<Vec<Notification>> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let began = Instant::now();
    loop {
        let now = messages().await?;
        if now.iter().all(&all) {
            return Ok(now);
        }
        ensure!(began.elapsed() < PATIENCE, "{} of {} messages are not there yet", now.iter().filter(|one| !all(one)).count(), now.len());
        sleep(Duration::from_millis(200)).await;
    }
}

async fn job(ledger: &Ledger) -> anyhow::Result<JobId> {
    let board = BoardDetails {
        external_id: None,
        organisation: "Example Health".to_owned(),
        sender: "careers@example.com".parse()?,
        sender_name: "Example Health careers".to_owned(),
        reply_to: "people@example.com".parse()?,
        locale: "en".parse()?,
        time_zone: "Europe/Berlin".parse()?,
    };
    let board = ledger.create_board(board).await?.id;
    let owner = "owner@example.com".parse()?;
    let job = JobDetails { external_id: None, title: "Nurse".to_owned(), owner, manager: None, time_zone: None };
    Ok(ledger.create_job(board, job).await?.id)
}

fn submission(job: JobId, number: usize) -> Submission {
    Submission {
        job,
        only_board: None,
        name: format!("Ada Okafor {number}"),
        email: format!("ada-{number}@mail-{}.example.net", number % 50).parse().expect("an address of the example domain"),
        locale: None,
        time_zone: None,
        is_test: false,
        suspected_spam: false,
        actor: Actor::system("drill"),
        idempotency: None,
        attachments: Vec::new(),
        external_id: None,
    }
}
