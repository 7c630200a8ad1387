//! Where mail goes. The ledger is one; so is a folder, or the fake of a test.

use std::{error::Error, future::Future};

use hearback_domain::reply_token::{ReplyClaim, Way};

/// Both may be called by many connections at once, and dropped where they wait: when the process stops, or when
/// [`Limits::store`](super::Limits::store) is over. The mail server then comes again with the same mail.
pub trait Intake: Send + Sync + 'static {
    /// What to answer to RCPT. `from` is the envelope sender, empty for notices. Unless it is written otherwise, nobody is refused.
    fn accept_recipient(&self, from: &str, recipient: &str) -> impl Future<Output = Verdict> + Send {
        let _any = (from, recipient);
        async { Verdict::Accept }
    }

    /// Keeps a mail for all its recipients. `Ok` means durable: a crash of the machine does not lose it any more.
    fn store(&self, received: Received) -> impl Future<Output = Result<Stored, StoreError>> + Send;
}

/// What becomes of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 250.
    Accept,
    /// 550 5.1.1, for `bounce+` addresses that we never made. Nothing else is refused for good: what comes to the reply domain may be
    /// a person's.
    BadToken,
    /// 451 4.3.0: who is asked cannot say now.
    Later,
}

impl Verdict {
    pub const ALL: &'static [Self] = &[Self::Accept, Self::BadToken, Self::Later];

    /// The rule: a `bounce+` address has a token of ours, or is refused. `is_ours` is asked about tokens that can be read, as
    /// [`ReplyClaim::is_ours`] answers it. Everybody else is accepted, whatever they are.
    pub fn of(recipient: &str, is_ours: impl FnOnce(&ReplyClaim) -> bool) -> Self {
        let local_part = recipient.rsplit_once('@').map_or(recipient, |(local_part, _)| local_part);
        let is_bounce = local_part.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("bounce+"));
        if !is_bounce {
            return Self::Accept;
        }
        match ReplyClaim::read(local_part) {
            Some(claim) if claim.way == Way::Bounce && is_ours(&claim) => Self::Accept,
            Some(_) | None => Self::BadToken,
        }
    }
}

/// A mail, complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The envelope sender; empty for notices.
    pub from: String,
    /// Those that were accepted, in their order; at least one. As they were written, so quotes and case are still there.
    pub recipients: Vec<String>,
    /// Every byte between DATA and the dot, without the dots that were stuffed.
    pub raw: Vec<u8>,
}

/// Durable for all recipients, except those that are named.
#[derive(Debug)]
pub struct Stored {
    pub(super) id: String,
    pub(super) except: Vec<(usize, StoreError)>,
}

impl Stored {
    /// `id` is what the 250 says and the mail server logs, so that its line leads to the record. Letters, digits and `-` of it are
    /// shown, 64 at most.
    pub fn for_all(id: impl Into<String>) -> Self {
        Self { id: id.into(), except: Vec::new() }
    }

    /// `except` has the places in [`Received::recipients`] of those that got nothing.
    pub fn for_some(id: impl Into<String>, except: Vec<(usize, StoreError)>) -> Self {
        Self { id: id.into(), except }
    }
}

/// Not durable, and it may be another time: 451. There is no error for ever, since the mail may be a person's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearback_domain::{
        reply_token::ReplyAddresses,
        status_link::{LinkKey, LinkKeys},
    };

    #[test]
    fn only_a_bounce_address_that_we_never_made_is_refused() {
        let keys = |secret| LinkKeys::new(vec![LinkKey { id: 1, secret: [secret; 32] }]).unwrap();
        let address = |way| ReplyAddresses::new("jobs.example", keys(1)).unwrap().address(way, uuid::Uuid::from_u128(7).into()).to_string();
        let of = |recipient: &str, secret| Verdict::of(recipient, |claim| claim.is_ours(&keys(secret)));
        assert_eq!(of(&address(Way::Bounce), 1), Verdict::Accept);
        assert_eq!(of(&address(Way::Bounce).to_ascii_uppercase(), 1), Verdict::Accept);
        assert_eq!(of(&address(Way::Bounce), 2), Verdict::BadToken);
        assert_eq!(of(&address(Way::Reply), 2), Verdict::Accept, "a person may have written to it");
        let forged = address(Way::Reply).replace("reply+", "bounce+");
        assert_eq!(of(&forged, 1), Verdict::BadToken);
        for (recipient, verdict) in [
            ("bounce+@jobs.example", Verdict::BadToken),
            ("Bounce+x@jobs.example", Verdict::BadToken),
            ("bounce@jobs.example", Verdict::Accept),
            ("bounces+x@jobs.example", Verdict::Accept),
            ("reply+x@jobs.example", Verdict::Accept),
            ("postmaster", Verdict::Accept),
            ("bouncé+@jobs.example", Verdict::Accept),
            ("@", Verdict::Accept),
        ] {
            assert_eq!(of(recipient, 1), verdict, "{recipient}");
        }
    }
}
