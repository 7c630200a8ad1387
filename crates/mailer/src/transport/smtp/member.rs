//! One relay of the list: its sessions, and what is known of it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::{clock::Clock, notification::Outcome};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    super::Readiness,
    breaker::{Breaker, BreakerState, Cause, NotBefore, Trouble},
    classify::{After, Ending, Stage, Verdict, after, classify},
    history::History,
    pool::Pool,
    relay::Relay,
    reply::{Class, Reply},
    session::{Parcel, Session},
    tls::{InvalidRelay, Wire},
};

/// How long a mail waits of which nobody can say whether its address or our sender was refused. Shorter than a recipient that the relay
/// took counts for: what goes out meanwhile decides it.
const UNCLEAR_PAUSE: TimeDelta = TimeDelta::minutes(5);

/// How long a mail stands in line for a session. All of them are busy for that long only if the relay has become very slow; the next
/// relay is asked then, and after the last one the mail goes back to where it was claimed.
const IN_LINE: Duration = Duration::from_secs(30);
/// After which it may stand in line again.
const BUSY_PAUSE: TimeDelta = TimeDelta::seconds(10);

pub(super) struct Member {
    relay: Relay,
    wire: Wire,
    pool: Pool,
    /// As many as there may be at once, idle ones aside.
    sessions: Semaphore,
    known: Mutex<Known>,
    clock: Arc<dyn Clock>,
}

struct Known {
    breaker: Breaker,
    history: History,
}

/// How one relay stands: for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayHealth {
    /// Host and port.
    pub relay: String,
    pub state: BreakerState,
    /// Since when it takes mail, or does not.
    pub since: DateTime<Utc>,
    /// The last time that it took nothing, and why.
    pub last_trouble: Option<(DateTime<Utc>, Trouble)>,
    pub idle_sessions: usize,
}

/// What one relay made of a mail.
pub(super) enum Attempt {
    Settled(Outcome),
    /// Nobody's try. The content did not leave us, so another relay may be asked.
    NotTaken(NotBefore),
    /// Nobody's try, but the relay had the content before it refused: no other relay is asked for this try.
    TurnedAway(NotBefore),
}

impl Member {
    pub(super) fn new(relay: Relay, clock: Arc<dyn Clock>) -> Result<Self, InvalidRelay> {
        let breaker = Breaker::new(relay.away_pause, relay.longest_pause, clock.now());
        Ok(Self {
            wire: Wire::to(&relay)?,
            pool: Pool::new(&relay),
            sessions: Semaphore::new(relay.sessions),
            known: Mutex::new(Known { breaker, history: History::default() }),
            relay,
            clock,
        })
    }

    pub(super) async fn attempt(&self, parcel: &Parcel<'_>) -> Attempt {
        // Nobody stands in line for a relay that takes nothing.
        if let Some(not_before) = self.known().breaker.blocked(self.clock.now()) {
            return Attempt::NotTaken(not_before);
        }
        let _session = match self.free_session().await {
            Ok(session) => session,
            Err(not_before) => return Attempt::NotTaken(not_before),
        };
        if let Err(not_before) = self.known().breaker.admit(self.clock.now()) {
            return Attempt::NotTaken(not_before);
        }
        let unreported = Unreported(self);
        let (stage, ending, verdict) = self.deliver(parcel).await;
        std::mem::forget(unreported);
        self.conclude(parcel, stage, ending, verdict)
    }

    async fn free_session(&self) -> Result<SemaphorePermit<'_>, NotBefore> {
        if let Ok(session) = timeout(IN_LINE, self.sessions.acquire()).await {
            return Ok(session.expect("it is never closed"));
        }
        let reason = format!("all {} sessions with {} were busy for {IN_LINE:?}", self.relay.sessions, self.relay.name());
        Err(NotBefore { until: self.clock.now() + BUSY_PAUSE, trouble: Trouble { cause: Cause::Away, reason } })
    }

    /// How far the parcel got, and what the relay said there. At most one session is given the message's data.
    async fn deliver(&self, parcel: &Parcel<'_>) -> (Stage, Ending, Verdict) {
        if let Some(session) = self.pool.take() {
            let (stage, ending) = self.deliver_on(session, parcel).await;
            let verdict = self.classify(parcel, stage, &ending, true);
            if verdict != Verdict::Stale {
                return (stage, ending, verdict);
            }
            tracing::debug!(relay = %self.relay.name(), %ending, "pooled session was stale");
        }
        let (stage, ending) = match Session::open(&self.relay, &self.wire).await {
            Ok(session) => self.deliver_on(session, parcel).await,
            Err((stage, ending)) => (stage, ending),
        };
        let verdict = self.classify(parcel, stage, &ending, false);
        (stage, ending, verdict)
    }

    /// The session comes back to the pool if the relay left no doubt about its state, and is dropped in any other case,
    /// this future being dropped included.
    async fn deliver_on(&self, mut session: Session, parcel: &Parcel<'_>) -> (Stage, Ending) {
        let (stage, ending) = session.deliver(parcel).await;
        let clean = match after(stage, &ending) {
            After::Keep => true,
            After::Reset => session.reset().await,
            After::Drop => false,
        };
        if clean {
            self.pool.put(session);
        }
        (stage, ending)
    }

    fn classify(&self, parcel: &Parcel<'_>, stage: Stage, ending: &Ending, pooled: bool) -> Verdict {
        let recent = self.known().history.recent(parcel.sender, parcel.recipient, pooled, self.clock.now());
        classify(stage, ending, recent)
    }

    /// Remembers what the answer says about the relay, and says what it means for the mail.
    fn conclude(&self, parcel: &Parcel<'_>, stage: Stage, ending: Ending, verdict: Verdict) -> Attempt {
        let now = self.clock.now();
        let mut known = self.known();
        let Known { breaker, history } = &mut *known;
        if matches!(stage, Stage::Data | Stage::Content | Stage::Dot) {
            history.took(parcel.sender, parcel.recipient, now);
        }
        if matches!(stage, Stage::Mail | Stage::Rcpt | Stage::Dot) && ending.is(Class::Permanent) {
            history.refused(parcel.recipient, now);
        }
        let settled = |outcome: fn(String) -> Outcome| Attempt::Settled(outcome(ending.to_string()));
        let held = |why: &str| Attempt::Settled(Outcome::Hold { reason: format!("{why}: {ending}") });
        let attempt = match verdict {
            Verdict::Accepted => {
                history.accepted();
                settled(|reply| Outcome::Accepted { reply })
            }
            Verdict::Undeliverable => settled(|reason| Outcome::Undeliverable { reason }),
            Verdict::Hold(why) => held(why),
            Verdict::MaybeSent => Attempt::Settled(Outcome::MaybeSent { reason: format!("no answer to the final dot: {ending}") }),
            Verdict::Retry | Verdict::Stale => match &ending {
                Ending::Reply(_) => settled(|reason| Outcome::Retry { reason }),
                _ => Attempt::Settled(Outcome::Retry { reason: format!("{ending}, before the final dot, at {stage:?}") }),
            },
            Verdict::Unclear => {
                let reason = format!("the relay refuses the address or our sender, and does not say which: {ending}");
                breaker.abandoned(now);
                let trouble = Trouble { cause: Cause::Configuration, reason };
                return Attempt::NotTaken(NotBefore { until: now + UNCLEAR_PAUSE, trouble });
            }
            Verdict::RelayDown(why) => return self.failed(breaker, stage, Cause::Away, format!("{why}: {ending}"), now),
            Verdict::Configuration(why) => return self.failed(breaker, stage, Cause::Configuration, format!("{why}: {ending}"), now),
        };
        match &ending {
            Ending::Reply(Reply { code, .. }) if *code != 421 && verdict != Verdict::MaybeSent => {
                if breaker.state().0 != BreakerState::Closed {
                    tracing::info!(relay = %self.relay.name(), "the relay takes mail again");
                }
                breaker.succeeded(now);
            }
            Ending::Unsupported(_) => breaker.abandoned(now),
            Ending::Reply(_) | Ending::Lost(_) | Ending::TimedOut => breaker.broke(now, &ending.to_string()),
        }
        attempt
    }

    fn failed(&self, breaker: &mut Breaker, stage: Stage, cause: Cause, reason: String, now: DateTime<Utc>) -> Attempt {
        let was_closed = breaker.state().0 == BreakerState::Closed;
        let trouble = Trouble { cause, reason };
        breaker.failed(now, trouble.clone());
        let until = breaker.next_chance(now);
        if was_closed {
            let (relay, reason) = (self.relay.name(), &trouble.reason);
            match cause {
                Cause::Away => tracing::warn!(%relay, %reason, %until, "the relay takes no mail"),
                Cause::Configuration => {
                    tracing::error!(%relay, %reason, %until, "the relay refuses us: nothing goes to it until this is mended")
                }
            }
        }
        let not_before = NotBefore { until, trouble };
        match stage {
            Stage::Connect | Stage::Auth | Stage::Mail | Stage::Rcpt => Attempt::NotTaken(not_before),
            Stage::Data | Stage::Content | Stage::Dot => Attempt::TurnedAway(not_before),
        }
    }

    pub(super) fn readiness(&self, now: DateTime<Utc>) -> Readiness {
        self.known().breaker.readiness(now)
    }

    pub(super) fn next_chance(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.known().breaker.next_chance(now)
    }

    pub(super) fn health(&self) -> RelayHealth {
        let idle_sessions = self.pool.len();
        let known = self.known();
        let (state, since) = known.breaker.state();
        RelayHealth { relay: self.relay.name(), state, since, last_trouble: known.breaker.last().cloned(), idle_sessions }
    }

    pub(super) fn reap(&self) {
        self.pool.reap();
    }

    pub(super) async fn close(&self) {
        for session in self.pool.drain() {
            session.quit().await;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped with a try that was given up: the relay may still have to be tried out.
struct Unreported<'a>(&'a Member);

impl Drop for Unreported<'_> {
    fn drop(&mut self) {
        let Self(member) = self;
        member.known().breaker.abandoned(member.clock.now());
    }
}
