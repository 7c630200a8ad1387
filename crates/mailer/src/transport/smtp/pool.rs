use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::session::Session;

/// Sessions that the relay left in a clean state. Bounded: what does not fit says goodbye.
pub(super) struct Pool {
    idle: Mutex<Vec<Idle>>,
    most: usize,
    keep_for: Duration,
}

struct Idle {
    session: Session,
    since: Instant,
}

impl Pool {
    pub(super) fn new(most: usize, keep_for: Duration) -> Self {
        Self { idle: Mutex::default(), most, keep_for }
    }

    /// The session used last, which is the likeliest to be alive; if it is too old, then all are.
    pub(super) fn take(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.pop() {
            Some(Idle { session, since }) if since.elapsed() < self.keep_for => Some(session),
            Some(Idle { session, .. }) => {
                idle.drain(..).map(|idle| idle.session).chain([session]).for_each(leave);
                None
            }
            None => None,
        }
    }

    pub(super) fn put(&self, session: Session) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.most {
            idle.push(Idle { session, since: Instant::now() });
        } else {
            leave(session);
        }
    }

    pub(super) fn drain(&self) -> Vec<Session> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).drain(..).map(|idle| idle.session).collect()
    }
}

/// On its own task: nobody waits for a goodbye.
fn leave(session: Session) {
    tokio::spawn(session.quit());
}
