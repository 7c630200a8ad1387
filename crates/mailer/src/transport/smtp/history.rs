//! What a relay did lately: enough to tell an address that is refused from a sender that is.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use hearback_domain::EmailAddress;

use super::classify::Recent;

/// For how long a recipient that was taken speaks for its sender.
const TAKEN_COUNTS_FOR: TimeDelta = TimeDelta::minutes(10);
/// For how long a refusal belongs to the same row as the next: a suspicion without new evidence ends.
const REFUSAL_COUNTS_FOR: TimeDelta = TimeDelta::hours(1);
/// Refusals in a row over so many domains are suspicious.
const SUSPICIOUS: usize = 3;
/// Senders are few, as boards are; this bounds what a mistake could make of them.
const MOST_SENDERS: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct History {
    taken: HashMap<String, Taken>,
    /// Since the last acceptance: the domains, each with its last refusal.
    refused: Vec<(String, DateTime<Utc>)>,
}

/// The two recipients of one sender that were taken last.
#[derive(Debug)]
struct Taken {
    last: (String, DateTime<Utc>),
    before: Option<(String, DateTime<Utc>)>,
}

impl History {
    /// What it says about a mail that is answered now.
    pub(super) fn recent(&self, from: &EmailAddress, to: &EmailAddress, pooled: bool, now: DateTime<Utc>) -> Recent {
        let other = |(recipient, at): &(String, DateTime<Utc>)| *recipient != to.identity() && now - *at < TAKEN_COUNTS_FOR;
        let took_another =
            self.taken.get(&sender(from)).is_some_and(|taken| other(&taken.last) || taken.before.as_ref().is_some_and(other));
        let others = self.refused.iter().filter(|(domain, at)| domain != to.domain() && now - *at < REFUSAL_COUNTS_FOR).count();
        Recent { pooled, took_another, third_in_a_row: others + 1 >= SUSPICIOUS }
    }

    /// RCPT was answered with 2yz.
    pub(super) fn took(&mut self, from: &EmailAddress, to: &EmailAddress, now: DateTime<Utc>) {
        let last = (to.identity(), now);
        if self.taken.len() >= MOST_SENDERS {
            self.taken.retain(|_, taken| now - taken.last.1 < TAKEN_COUNTS_FOR);
        }
        let taken = self.taken.entry(sender(from)).or_insert_with(|| Taken { last: last.clone(), before: None });
        if taken.last.0 != last.0 {
            taken.before = Some(std::mem::replace(&mut taken.last, last));
        } else {
            taken.last = last;
        }
    }

    pub(super) fn accepted(&mut self) {
        self.refused.clear();
    }

    /// A 5yz at MAIL, RCPT or the dot.
    pub(super) fn refused(&mut self, to: &EmailAddress, now: DateTime<Utc>) {
        self.refused.retain(|(domain, at)| domain != to.domain() && now - *at < REFUSAL_COUNTS_FOR);
        self.refused.push((to.domain().to_owned(), now));
        // Only the newest count, and no more of them than make a suspicion.
        let surplus = self.refused.len().saturating_sub(SUSPICIOUS);
        self.refused.drain(..surplus);
    }
}

/// The mailbox that checks of a sender look at: `bounce+<token>@` is another address for every mail, and the same sender.
fn sender(from: &EmailAddress) -> String {
    let mailbox = from.local_part().split('+').next().unwrap_or_default();
    format!("{}@{}", mailbox.to_lowercase(), from.domain())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    fn recent(history: &History, from: &str, to: &str, now: DateTime<Utc>) -> (bool, bool) {
        let recent = history.recent(&address(from), &address(to), false, now);
        (recent.took_another, recent.third_in_a_row)
    }

    #[test]
    fn another_recipient_speaks_for_its_sender_for_ten_minutes() {
        let mut history = History::default();
        history.took(&address("bounce+aaaa@board.example"), &address("ada@one.example"), NOW);
        let took_another = |from, to, minutes| recent(&history, from, to, NOW + TimeDelta::minutes(minutes)).0;
        assert!(took_another("bounce+bbbb@board.example", "bob@one.example", 9), "the token makes no other sender");
        assert!(!took_another("bounce+bbbb@board.example", "bob@one.example", 10));
        assert!(!took_another("bounce+aaaa@board.example", "ada@one.example", 1), "itself");
        assert!(!took_another("bounce+aaaa@other.example", "bob@one.example", 1), "another sender");
        history.took(&address("bounce+cccc@board.example"), &address("bob@one.example"), NOW);
        assert!(recent(&history, "bounce@board.example", "bob@one.example", NOW).0, "ada was taken before bob");
    }

    #[test]
    fn three_refusals_in_a_row_count_over_different_domains_within_an_hour_and_an_acceptance_ends_them() {
        let mut history = History::default();
        let third = |history: &History, to, minutes| recent(history, "board@board.example", to, NOW + TimeDelta::minutes(minutes)).1;
        for to in ["a@one.example", "b@one.example", "c@two.example"] {
            assert!(!third(&history, to, 0), "{to}");
            history.refused(&address(to), NOW);
        }
        assert!(third(&history, "d@three.example", 59));
        assert!(!third(&history, "d@two.example", 59));
        assert!(!third(&history, "d@three.example", 60));
        history.accepted();
        assert!(!third(&history, "d@three.example", 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut history = History::default();
        for number in 0..5_000 {
            let now = NOW + TimeDelta::seconds(number);
            history.took(&address(&format!("board{number}@board.example")), &address("a@one.example"), now);
            history.refused(&address(&format!("a@domain{number}.example")), now);
        }
        assert!(history.taken.len() <= MOST_SENDERS && history.refused.len() <= SUSPICIOUS);
    }
}
