//! What comes back of the mail that went out: reports, answers of people, answers of machines. All of it comes twice, as some mail does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use hearback_domain::{
    ids::NotificationId,
    reply_token::{ReplyAddresses, Way},
};
use hearback_ledger::{Ledger, OwedMessage};

use crate::report::delivery_status;

/// How much of what a relay took comes back, as shares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Returns {
    pub(super) bounced: f64,
    pub(super) delayed: f64,
    pub(super) answered: f64,
    pub(super) on_vacation: f64,
}

/// What came back about one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// The address does not exist after all.
    Bounce,
    /// It takes longer than usual.
    Delay,
    Answer,
    Vacation,
}

/// The mail servers of others: what they have to deliver, they keep until it is taken.
#[derive(Clone)]
pub(super) struct Post {
    returns: Returns,
    addresses: ReplyAddresses,
    bags: Arc<Mutex<Bags>>,
}

#[derive(Default)]
struct Bags {
    returned: HashMap<NotificationId, Return>,
    on_the_way: Vec<Letter>,
}

#[derive(Clone)]
struct Letter {
    from: String,
    to: String,
    raw: String,
}

impl Post {
    pub(super) fn new(ledger: &Ledger, returns: Returns) -> anyhow::Result<Self> {
        let addresses = ReplyAddresses::new("replies.example.com", ledger.link_keys().as_ref().clone()).context("an example domain")?;
        Ok(Self { returns, addresses, bags: Arc::default() })
    }

    /// What becomes of a message that a relay took; a second copy of it has no other fate.
    pub(super) fn taken(&self, message: &OwedMessage, dice: f64) {
        let Returns { bounced, delayed, answered, on_vacation } = self.returns;
        let came_back = match () {
            () if dice < bounced => Return::Bounce,
            () if dice < bounced + delayed => Return::Delay,
            () if dice < bounced + delayed + answered => Return::Answer,
            () if dice < bounced + delayed + answered + on_vacation => Return::Vacation,
            () => return,
        };
        let id = message.claim.notification;
        let mut bags = self.bags();
        if bags.returned.insert(id, came_back).is_none() {
            bags.on_the_way.push(self.letter(came_back, id, message.to.as_str()));
        }
    }

    fn letter(&self, came_back: Return, id: NotificationId, person: &str) -> Letter {
        let to = match came_back {
            Return::Bounce | Return::Delay => self.addresses.address(Way::Bounce, id),
            Return::Answer | Return::Vacation => self.addresses.address(Way::Reply, id),
        }
        .to_string();
        let written = |head: &str, text: &str| {
            format!("From: {person}\r\nTo: {to}\r\n{head}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n")
        };
        let (from, raw) = match came_back {
            Return::Bounce => ("", delivery_status(&to, person, "failed", "5.1.1")),
            Return::Delay => ("", delivery_status(&to, person, "delayed", "4.4.7")),
            Return::Answer => {
                let head = format!("Message-ID: <answer-to-{id}@mail.example.net>\r\nSubject: Re: your message");
                (person, written(&head, "When will you know more?"))
            }
            Return::Vacation => (person, written("Auto-Submitted: auto-replied\r\nSubject: Away", "I am away until next week.")),
        };
        Letter { from: from.to_owned(), raw, to }
    }

    /// Twice each, since the answer to the first may have been lost. What was not taken is still on its way.
    pub(super) async fn deliver(&self, ledger: &Ledger) -> anyhow::Result<()> {
        loop {
            let Some(Letter { from, to, raw }) = self.bags().on_the_way.first().cloned() else { return Ok(()) };
            for _ in 0..2 {
                ledger.keep_inbound_mail(&from, std::slice::from_ref(&to), raw.as_bytes()).await?;
            }
            self.bags().on_the_way.remove(0);
        }
    }

    /// About which messages.
    pub(super) fn returned(&self) -> HashMap<NotificationId, Return> {
        self.bags().returned.clone()
    }

    fn bags(&self) -> MutexGuard<'_, Bags> {
        self.bags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
