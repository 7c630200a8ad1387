//! The ledger, a clock that moves by the hour, a worker that can be cut off anywhere, and a relay with manners.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{
    actor::Actor,
    ids::ApplicationId,
    notification::{Outcome, State},
    random::Random,
};
use hearback_ledger::{ApplicationFilter, Ended, Ledger, OutboxFilter, OwedMessage, Page, SentMail, Settings, StaffEnded};
use hearback_queue::take_next_mail;
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    fake_clock::FakeClock,
};
use tokio::time::sleep;

use super::{
    post::{Post, Return, Returns},
    recruiter::Plan,
};
use crate::{outcome::Outcome as Account, tables::Tables};

/// Messages at once.
const CLAIMED: usize = 256;

/// A message that was put off so often is taken.
const PUT_OFF_AT_MOST: u32 = 2;

/// The dice of a message's recipient; those of its tries are numbered from 1.
const RECIPIENT: u32 = 0;

/// How the relay treats messages, as shares of all tries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    put_off: f64,
    in_doubt: f64,
    held: f64,
    refused: f64,
    /// Of a hundred domains, so many put everything off for as long as it takes.
    closed_domains: u32,
    /// Hours in which the work is cut off.
    crashes: f64,
    /// Whether a person lets go what is held.
    releases: bool,
    returns: Returns,
}

impl Manners {
    pub(super) const USUAL: Self = Self {
        put_off: 0.05,
        in_doubt: 0.01,
        held: 0.005,
        refused: 0.0,
        closed_domains: 0,
        crashes: 0.03,
        releases: true,
        returns: Returns { bounced: 0.005, delayed: 0.005, answered: 0.02, on_vacation: 0.02 },
    };
    pub(super) const TERRIBLE: Self = Self {
        put_off: 0.2,
        in_doubt: 0.1,
        held: 0.05,
        refused: 0.05,
        closed_domains: 33,
        crashes: 0.2,
        releases: false,
        returns: Returns { bounced: 0.1, delayed: 0.1, answered: 0.2, on_vacation: 0.1 },
    };
}

pub(super) struct World {
    url: String,
    tables: Tables,
    clock: Arc<FakeClock>,
    /// The ledger's own.
    random: Arc<Random>,
    /// When work is cut off: whatever the ledger draws moves none of it.
    fate: Random,
    seed: u64,
    ledger: Ledger,
    manners: Manners,
    pub(super) post: Post,
    repeats: Arc<AtomicUsize>,
    /// Mails that people of the organisation had.
    staff_mails: Arc<AtomicUsize>,
    pub(super) crashes: usize,
}

impl World {
    pub(super) async fn open(database: &TestDatabase, seed: u64, manners: Manners) -> anyhow::Result<Self> {
        let (clock, random) = (Arc::new(FakeClock::default()), Arc::new(Random::from_seed(seed)));
        let ledger = open(database.url(), &clock, &random).await?;
        let tables = Tables::new(database.kind(), database.url());
        let (url, fate) = (database.url().to_owned(), Random::from_seed(seed ^ 0xfa7e));
        let post = Post::new(&ledger, manners.returns)?;
        let (repeats, staff_mails) = Default::default();
        Ok(Self { url, tables, clock, random, fate, seed, ledger, manners, post, repeats, staff_mails, crashes: 0 })
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.ledger.now()
    }

    /// Messages that went out again because nobody knew.
    pub(super) fn repeats(&self) -> usize {
        self.repeats.load(Ordering::Relaxed)
    }

    pub(super) fn staff_mails(&self) -> usize {
        self.staff_mails.load(Ordering::Relaxed)
    }

    /// Of all that came back about messages: how much, and what there is no trace of.
    pub(super) async fn returned(&self, outcome: &mut Account) -> anyhow::Result<usize> {
        const TOLD: &str = "SELECT count(*) FROM message m JOIN staff_mail s ON s.id = m.staff_mail_id WHERE s.state = 'sent'";
        let returned = self.post.returned();
        let of = |wanted: Return| returned.values().filter(|came_back| **came_back == wanted).count();
        for (what, query, expected) in [
            ("mails are on record", "SELECT count(*) FROM inbound_mail", returned.len()),
            ("of them are done with", "SELECT count(*) FROM inbound_mail WHERE state = 'done'", returned.len()),
            ("answers of people are there to be read", "SELECT count(*) FROM message", of(Return::Answer)),
            ("answers of people had a mail to the owner", TOLD, of(Return::Answer)),
        ] {
            let counted = self.tables.number(query).await?;
            outcome.expect(usize::try_from(counted)? == expected, || format!("{counted} {what}, for {expected} that came"));
        }
        Ok(returned.len())
    }

    /// Whatever needs a person, and no mail to one was accepted about it.
    pub(super) async fn untold_causes(&self) -> anyhow::Result<i64> {
        const UNTOLD: &str = "SELECT count(*) FROM staff_cause c LEFT JOIN staff_mail m ON m.id = c.staff_mail_id AND m.state = 'sent'
            WHERE m.id IS NULL";
        Ok(self.tables.number(UNTOLD).await?)
    }

    /// One hour's work, and then the next hour. Returns whether it was cut off; then a new process does the rest a lease later.
    pub(super) async fn hour(&mut self, plan: &Plan, hour: usize) -> anyhow::Result<bool> {
        let cut_off = self.fate.fraction() < self.manners.crashes;
        if cut_off {
            self.crashes += 1;
            self.crash(plan, hour).await?;
            self.clock.advance(self.ledger.lease() + TimeDelta::minutes(1));
        }
        let ledger = self.ledger.clone();
        plan.act(&ledger, hour).await?;
        self.worker().work().await?;
        let into_the_hour = self.now() - FakeClock::START;
        self.clock.advance(TimeDelta::hours(1) - (into_the_hour - TimeDelta::hours(into_the_hour.num_hours())));
        self.worker().work().await?;
        Ok(cut_off)
    }

    /// The work is aborted wherever it is, and so is the process: nothing of it goes on.
    async fn crash(&mut self, plan: &Plan, hour: usize) -> anyhow::Result<()> {
        let (worker, ledger) = (self.worker(), self.ledger.clone());
        let after = Duration::from_micros((self.fate.fraction() * 15_000.0) as u64);
        let work = async {
            plan.act(&ledger, hour).await?;
            worker.work().await
        };
        tokio::select! {
            // Dropped in its middle, as its process would be.
            () = sleep(after) => {}
            ended = work => ended?,
        }
        drop(ledger);
        self.ledger = open(&self.url, &self.clock, &self.random).await?;
        Ok(())
    }

    /// A day more, undisturbed.
    pub(super) async fn rest(&mut self, _plan: &Plan) -> anyhow::Result<()> {
        self.manners.crashes = 0.0;
        for _ in 0..24 {
            self.clock.advance(TimeDelta::hours(1));
            self.worker().work().await?;
        }
        Ok(())
    }

    /// What a worker that is gone had is taken over.
    pub(super) async fn settle_down(&mut self) -> anyhow::Result<()> {
        self.clock.advance(self.ledger.lease() + TimeDelta::minutes(1));
        self.worker().work().await?;
        // What this sent has its answers, too.
        self.worker().work().await
    }

    /// Active applications whose next word is not to come, with nothing on its way.
    pub(super) async fn silent(&self) -> anyhow::Result<i64> {
        let now = match self.tables.kind() {
            DatabaseKind::Sqlite => format!("'{}'", self.now().to_rfc3339()),
            DatabaseKind::Postgres => format!("CAST('{}' AS timestamptz)", self.now().to_rfc3339()),
        };
        Ok(self
            .tables
            .number(&format!(
                "SELECT count(*) FROM application a WHERE status = 'active' AND carried_by IS NULL
                 AND (next_word_by IS NULL OR next_word_by <= {now}) AND NOT EXISTS (SELECT 1 FROM notification n
                    WHERE n.application_id = a.id AND n.state IN ('waiting', 'scheduled', 'sending'))"
            ))
            .await?)
    }

    pub(super) async fn audit(&self, hour: usize) -> anyhow::Result<usize> {
        let findings = self.ledger.audit().await?;
        for finding in findings.iter().take(5) {
            println!("  hour {hour}: {finding:?}");
        }
        Ok(findings.len())
    }

    pub(super) async fn applications(&self) -> anyhow::Result<Vec<ApplicationId>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.ledger.applications(&ApplicationFilter::default(), Page { after, limit: 500 }).await?;
            after = page.last().map(|application| application.id);
            all.extend(page.iter().map(|application| application.id));
            if page.len() < 500 {
                return Ok(all);
            }
        }
    }

    fn worker(&self) -> Worker {
        let (repeats, staff_mails) = (Arc::clone(&self.repeats), Arc::clone(&self.staff_mails));
        let (ledger, post) = (self.ledger.clone(), self.post.clone());
        Worker { ledger, seed: self.seed, manners: self.manners, post, repeats, staff_mails }
    }
}

async fn open(url: &str, clock: &Arc<FakeClock>, random: &Arc<Random>) -> anyhow::Result<Ledger> {
    let fallback = Some("people@example.com".parse().context("an address of an example domain")?);
    let settings = Settings { fallback, ..Settings::default() };
    Ok(Ledger::open(url, settings, Arc::<FakeClock>::clone(clock), Arc::clone(random)).await?)
}

/// Does what is due, until nothing is.
struct Worker {
    ledger: Ledger,
    seed: u64,
    manners: Manners,
    post: Post,
    repeats: Arc<AtomicUsize>,
    staff_mails: Arc<AtomicUsize>,
}

impl Worker {
    async fn work(&self) -> anyhow::Result<()> {
        for due in self.ledger.claim_periodic().await? {
            self.ledger.run_periodic(due).await?;
        }
        while let Some(due) = self.ledger.claim_operation().await? {
            while self.ledger.work_operation(&due).await? {}
        }
        if self.manners.releases {
            self.release().await?;
        }
        self.post.deliver(&self.ledger).await?;
        while take_next_mail(&self.ledger).await? {}
        for mail in self.ledger.claim_staff_mails(CLAIMED).await? {
            let outcome = Outcome::Accepted { reply: "250 2.0.0 taken".to_owned() };
            let ended = StaffEnded { claim: mail.claim, at: self.ledger.now(), outcome, mail: None, relay: "drill".to_owned() };
            self.ledger.settle_staff_mail(&ended).await?;
            self.staff_mails.fetch_add(1, Ordering::Relaxed);
        }
        loop {
            let claimed = self.ledger.claim(CLAIMED).await?;
            if claimed.is_empty() {
                return Ok(());
            }
            let ended: Vec<Ended> = claimed.iter().map(|message| self.send(message)).collect();
            self.ledger.settle(&ended).await?;
        }
    }

    /// A person looks at what is held, and lets it go.
    async fn release(&self) -> anyhow::Result<()> {
        let held = OutboxFilter { state: Some(State::Held), ..OutboxFilter::default() };
        let actor = Actor::system("operator");
        for item in self.ledger.outbox(&held, Page { after: None, limit: 100 }).await? {
            // Somebody else may have decided about it meanwhile.
            let _ = self.ledger.release_message(item.id, &actor).await;
        }
        Ok(())
    }

    /// The same for the same `what` of the same message, in whatever order they are drawn.
    fn dice(&self, message: &OwedMessage, what: u32) -> f64 {
        let mut hasher = std::hash::DefaultHasher::new();
        (self.seed, message.to.as_str(), message.kind.as_str(), message.send_after.timestamp() / 3_600, what).hash(&mut hasher);
        Random::from_seed(hasher.finish()).fraction()
    }

    fn send(&self, message: &OwedMessage) -> Ended {
        let Manners { put_off, in_doubt, held, refused, closed_domains, .. } = self.manners;
        let address = message.to.to_string();
        let is_closed = address.bytes().map(u32::from).sum::<u32>() % 100 < closed_domains;
        if message.stored.is_some() {
            self.repeats.fetch_add(1, Ordering::Relaxed);
        }
        let reason = |text: &str| text.to_owned();
        let dice = self.dice(message, message.tries);
        let (may_wait, others) = (message.tries <= PUT_OFF_AT_MOST, put_off + in_doubt + held);
        let outcome = match () {
            () if address.ends_with("@refuses.example.net") => Outcome::Undeliverable { reason: reason("550 5.1.1 no such person") },
            () if is_closed => Outcome::Retry { reason: reason("451 4.3.0 later") },
            () if may_wait && dice < put_off => Outcome::Retry { reason: reason("451 4.7.1 greylisted") },
            () if may_wait && dice < put_off + in_doubt => Outcome::MaybeSent { reason: reason("the connection was lost after the dot") },
            () if may_wait && dice < others => Outcome::Hold { reason: reason("550 5.7.1 policy") },
            () if (others..others + refused).contains(&dice) => Outcome::Undeliverable { reason: reason("550 5.1.1 no such person") },
            () => Outcome::Accepted { reply: reason("250 2.0.0 taken") },
        };
        if matches!(outcome, Outcome::Accepted { .. }) {
            self.post.taken(message, self.dice(message, RECIPIENT));
        }
        let mail = SentMail {
            subject: format!("About {}", message.kind),
            text: reason("Dear you"),
            template_version: reason("0123456789ab"),
            sha256: [7; 32],
            raw: b"Subject: hello\r\n\r\nDear you\r\n".to_vec(),
        };
        Ended { claim: message.claim, at: self.ledger.now(), outcome, mail: Some(mail), relay: reason("drill") }
    }
}
