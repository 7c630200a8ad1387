//! An intake that does what a test says.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
};

use hearback_inbound::lmtp::{Intake, Received, StoreError, Stored, Verdict};
use tokio::{sync::Semaphore, time::timeout};

use super::PATIENCE;

/// How a mail is stored. Without one, it is kept.
pub(super) enum Storing {
    Fails,
    FailsFor(Vec<usize>),
    Panics,
    /// Never comes to an end.
    Hangs,
    /// Kept after [`Fake::go_on`].
    Waits,
}

#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Inner>);

struct Inner {
    kept: Mutex<Vec<Received>>,
    next: Mutex<VecDeque<Storing>>,
    /// Grows with every call of `store`.
    begun: Semaphore,
    may_go_on: Semaphore,
}

impl Default for Inner {
    fn default() -> Self {
        Self { kept: Mutex::default(), next: Mutex::default(), begun: Semaphore::new(0), may_go_on: Semaphore::new(0) }
    }
}

impl Fake {
    pub(super) fn next(&self, storing: Storing) {
        self.0.next.lock().unwrap().push_back(storing);
    }

    pub(super) fn kept(&self) -> Vec<Received> {
        self.0.kept.lock().unwrap().clone()
    }

    /// The words of what was kept.
    pub(super) fn mails(&self) -> Vec<String> {
        self.kept().into_iter().map(|mail| String::from_utf8(mail.raw).unwrap()).collect()
    }

    pub(super) async fn has_begun(&self) {
        timeout(PATIENCE, self.0.begun.acquire()).await.expect("a mail is stored").unwrap().forget();
    }

    pub(super) fn go_on(&self) {
        self.0.may_go_on.add_permits(1);
    }

    fn keep(&self, received: Received) -> String {
        let mut kept = self.0.kept.lock().unwrap();
        kept.push(received);
        format!("mail-{}", kept.len())
    }
}

impl Intake for Fake {
    async fn accept_recipient(&self, _from: &str, recipient: &str) -> Verdict {
        match recipient {
            "later@jobs.example" => Verdict::Later,
            "never@jobs.example" => pending().await,
            _ => Verdict::of(recipient, |_| false),
        }
    }

    async fn store(&self, received: Received) -> Result<Stored, StoreError> {
        self.0.begun.add_permits(1);
        let next = self.0.next.lock().unwrap().pop_front();
        match next {
            None => Ok(Stored::for_all(self.keep(received))),
            Some(Storing::Fails) => Err(StoreError::new("the database is away")),
            Some(Storing::FailsFor(places)) => {
                let except = places.into_iter().map(|place| (place, StoreError::new("no room for this one"))).collect();
                Ok(Stored::for_some(self.keep(received), except))
            }
            Some(Storing::Panics) => panic!("a test's panic"),
            Some(Storing::Hangs) => pending().await,
            Some(Storing::Waits) => {
                self.0.may_go_on.acquire().await.unwrap().forget();
                Ok(Stored::for_all(self.keep(received)))
            }
        }
    }
}
