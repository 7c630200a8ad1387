//! Relays and recipient domains that take little, or nothing.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use hearback_mailer::transport::Readiness;

use super::*;

/// Is as ready as the test says.
struct Gate {
    readiness: Mutex<Readiness>,
    handed: AtomicUsize,
    /// How many had been handed over when the first of them was taken.
    on_trial: AtomicUsize,
}

impl Gate {
    fn set(&self, readiness: Readiness) {
        *self.readiness.lock().unwrap() = readiness;
    }

    fn closed_until(until: DateTime<Utc>) -> Arc<Self> {
        let readiness = Mutex::new(Readiness::NothingBefore(until));
        Arc::new(Self { readiness, handed: AtomicUsize::new(0), on_trial: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Transport for Gate {
    fn name(&self) -> &str {
        "gate"
    }

    fn readiness(&self) -> Readiness {
        *self.readiness.lock().unwrap()
    }

    async fn hand_over(&self, _mail: &Composed) -> Outcome {
        self.handed.fetch_add(1, Ordering::SeqCst);
        if self.readiness() == Readiness::OneMail {
            // Time in which others would be handed over too, if they were claimed.
            sleep(Duration::from_millis(20)).await;
            self.on_trial.fetch_max(self.handed.load(Ordering::SeqCst), Ordering::SeqCst);
            // What it was tried out for.
            self.set(Readiness::Everything);
        }
        accepted()
    }
}

on_both_databases! {
    async fn a_domain_that_takes_nothing_keeps_nobody_else_waiting(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        // They are older, and more than claims have room for.
        let slow = office.apply_from("slow.example", 500, false).await;
        let others = office.apply(40).await;
        let answers = Arc::new(Semaphore::new(0));
        let asked = Arc::new(AtomicUsize::new(0));
        let script = {
            let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
            move |mail: &Composed| {
                let is_slow = mail.to.domain() == "slow.example";
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
                async move {
                    if is_slow {
                        asked.fetch_add(1, Ordering::SeqCst);
                        answers.acquire().await.unwrap().forget();
                    }
                    accepted()
                }
            }
        };
        // No more slots in all than the slow domain may have, but for one.
        let work = office.start(6, script);
        office.until(&others, State::Sent, 40).await;
        assert_eq!(asked.load(Ordering::SeqCst), 5, "its slots, and not one more");
        let stopping = tokio::spawn(work.stop());
        answers.add_permits(500);
        stopping.await.unwrap();
        let messages = office.messages(&slow).await;
        let sent = messages.iter().filter(|message| message.state == State::Sent).count();
        assert_eq!(sent, asked.load(Ordering::SeqCst));
        let rest: Vec<_> = messages.iter().filter(|message| message.state != State::Sent).collect();
        assert!(rest.len() > 400, "{} were sent after the end was asked for", 500 - rest.len());
        for message in rest {
            assert_eq!((message.state, message.maybe_sent, message.tries.len()), (State::Scheduled, false, 0), "{message:?}");
        }
        assert_eq!(office.ledger.audit().await.unwrap(), []);
    }

    async fn a_slot_that_becomes_free_is_filled_at_once(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let applications = office.apply(300).await;
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let script = {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            move |_: &Composed| {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    sleep(Duration::from_millis(5)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    accepted()
                }
            }
        };
        let work = office.start(32, script);
        office.until(&applications, State::Sent, 300).await;
        work.stop().await;
        assert_eq!(most.load(Ordering::SeqCst), 5, "all of one domain");
        assert_eq!(office.handed.counts(), [1; 300]);
    }

    async fn nothing_is_claimed_while_no_relay_takes_mail_and_one_message_tries_it_out(kind: DatabaseKind) {
        let office = Office::open(kind, TimeDelta::minutes(5)).await;
        let gate = Gate::closed_until(office.ledger.now() + TimeDelta::hours(1));
        let applications = office.apply(30).await;
        let work = office.start_with(office.ledger.clone(), 8, gate.clone(), Reach::default());
        sleep(Duration::from_millis(300)).await;
        let messages = office.messages(&applications).await;
        assert!(messages.iter().all(|message| message.state == State::Scheduled), "{messages:?}");
        gate.set(Readiness::OneMail);
        office.until(&applications, State::Sent, 30).await;
        let on_trial = gate.on_trial.load(Ordering::SeqCst);
        assert!((1..4).contains(&on_trial), "{on_trial} tried it out");
        work.stop().await;
        assert!(office.messages(&applications).await.iter().all(|message| message.tries.is_empty()));
    }
}
