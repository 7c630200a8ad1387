use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{relay::Relay, session::Session};

/// Sessions that the relay left in a clean state. Bounded: what does not fit, or has done its share, says goodbye.
pub(super) struct Pool {
    idle: Mutex<Vec<Idle>>,
    most: usize,
    keep_for: Duration,
    mails_per_session: u32,
}

struct Idle {
    session: Session,
    since: Instant,
}

impl Pool {
    pub(super) fn new(relay: &Relay) -> Self {
        let Relay { idle_sessions, idle_for, mails_per_session, .. } = relay;
        Self { idle: Mutex::default(), most: *idle_sessions, keep_for: *idle_for, mails_per_session: *mails_per_session }
    }

    /// The session used last, which is the likeliest to be alive; if it is too old, then all are.
    pub(super) fn take(&self) -> Option<Session> {
        let mut idle = self.idle();
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
        let mut idle = self.idle();
        if idle.len() < self.most && session.mails() < self.mails_per_session {
            idle.push(Idle { session, since: Instant::now() });
        } else {
            leave(session);
        }
    }

    /// Closes what has been idle for too long. The oldest come first.
    pub(super) fn reap(&self) {
        let mut idle = self.idle();
        let old = idle.partition_point(|idle| idle.since.elapsed() >= self.keep_for);
        idle.drain(..old).for_each(|idle| leave(idle.session));
    }

    pub(super) fn drain(&self) -> Vec<Session> {
        self.idle().drain(..).map(|idle| idle.session).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On its own task: nobody waits for a goodbye.
fn leave(session: Session) {
    tokio::spawn(session.quit());
}
