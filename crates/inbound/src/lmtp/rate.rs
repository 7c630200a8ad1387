//! How many mails an address may begin within a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::server::Peer;

/// So many addresses are no mail server in front of us.
const PEERS: usize = 10_000;
const WINDOW: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Rate {
    limit: u32,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    mails: HashMap<Peer, u32>,
}

impl Rate {
    pub(super) fn new(limit: u32, now: Instant) -> Self {
        Self { limit, window: Mutex::new(Window { began: now, mails: HashMap::new() }) }
    }

    pub(super) fn admits(&self, peer: Peer, now: Instant) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(window.began) >= WINDOW {
            *window = Window { began: now, mails: HashMap::new() };
        }
        if window.mails.len() >= PEERS && !window.mails.contains_key(&peer) {
            return false;
        }
        let mails = window.mails.entry(peer).or_default();
        let admits = *mails < self.limit;
        *mails += u32::from(admits);
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn an_address_has_its_mails_each_minute_and_no_more() {
        let now = Instant::now();
        let rate = Rate::new(2, now);
        let admitted = |peer, after| (0..5).filter(|_| rate.admits(peer, now + Duration::from_secs(after))).count();
        let other = Peer::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!((admitted(Peer::Unix, 0), admitted(other, 59)), (2, 2));
        assert_eq!((admitted(Peer::Unix, 59), admitted(Peer::Unix, 60)), (0, 2));
    }

    #[test]
    fn the_table_does_not_grow_without_end() {
        let now = Instant::now();
        let rate = Rate::new(2, now);
        let admitted = (0..20_000_u32).filter(|n| rate.admits(Peer::Ip(IpAddr::V4((*n).into())), now)).count();
        assert_eq!(admitted, PEERS);
        assert!(rate.admits(Peer::Ip(IpAddr::V4(0.into())), now), "who is known goes on");
    }
}
