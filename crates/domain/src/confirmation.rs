//! A confirmation: whoever holds it has seen the dry run of one operation, for the people as they stood then.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::status_link::{LinkKey, LinkKeys};

/// For how long what was shown counts as seen.
pub const HOLDS_FOR: TimeDelta = TimeDelta::minutes(30);

/// What is confirmed, as two fingerprints: so that a refusal can say which of the two is another one now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Of the operation with all that was said about it.
    pub operation: [u8; 32],
    /// Of the people whom it reaches, as they stand.
    pub people: [u8; 32],
}

/// Why a confirmation does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    #[error("it is no confirmation of this server")]
    Unreadable,
    #[error("it was given for another operation: everything but the confirmation must be as it was in the dry run")]
    OtherOperation,
    #[error("it is older than 30 minutes")]
    Expired,
    #[error("who is reached, or how they stand, has changed since the dry run")]
    Changed,
}

const MAC: usize = 16;

impl LinkKeys {
    /// To be given back until [`HOLDS_FOR`] is over.
    pub fn confirmation(&self, shown: &Shown, now: DateTime<Utc>) -> String {
        let (key, until) = (self.newest(), (now + HOLDS_FOR).timestamp());
        let mut bytes = vec![key.id];
        bytes.extend(until.to_be_bytes());
        bytes.extend(&mac(key, "operation", until, &[&shown.operation]).finalize().into_bytes()[..MAC]);
        bytes.extend(&mac(key, "people", until, &[&shown.operation, &shown.people]).finalize().into_bytes()[..MAC]);
        let mut token = BASE32_NOPAD.encode(&bytes);
        token.make_ascii_lowercase();
        token
    }

    /// Whether this is the confirmation of what would be done now. Takes the same time for every wrong one.
    pub fn confirmed(&self, token: &str, shown: &Shown, now: DateTime<Utc>) -> Result<(), NotConfirmed> {
        let bytes = BASE32_NOPAD.decode(token.trim().to_ascii_uppercase().as_bytes()).map_err(|_| NotConfirmed::Unreadable)?;
        let (id, rest) = bytes.split_first().ok_or(NotConfirmed::Unreadable)?;
        let (until, rest) = rest.split_first_chunk::<8>().ok_or(NotConfirmed::Unreadable)?;
        let (operation, people) = rest.split_first_chunk::<MAC>().ok_or(NotConfirmed::Unreadable)?;
        let (key, until) = (self.get(*id).ok_or(NotConfirmed::Unreadable)?, i64::from_be_bytes(*until));
        mac(key, "operation", until, &[&shown.operation]).verify_truncated_left(operation).map_err(|_| NotConfirmed::OtherOperation)?;
        if now.timestamp() > until {
            return Err(NotConfirmed::Expired);
        }
        let people: [u8; MAC] = people.try_into().map_err(|_| NotConfirmed::Unreadable)?;
        mac(key, "people", until, &[&shown.operation, &shown.people]).verify_truncated_left(&people).map_err(|_| NotConfirmed::Changed)
    }
}

fn mac(key: &LinkKey, what: &str, until: i64, parts: &[&[u8; 32]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).expect("HMAC takes a key of any length");
    mac.update(b"hearback confirmation v1\0");
    mac.update(what.as_bytes());
    mac.update(&[0, key.id]);
    mac.update(&until.to_be_bytes());
    parts.iter().for_each(|part| mac.update(*part));
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> LinkKeys {
        LinkKeys::new(vec![LinkKey { id: 3, secret: [9; 32] }]).unwrap()
    }

    const SHOWN: Shown = Shown { operation: [1; 32], people: [2; 32] };

    #[test]
    fn it_holds_for_what_was_shown_and_says_what_is_different_otherwise() {
        let now = DateTime::from_timestamp(1_795_424_400, 0).unwrap();
        let token = keys().confirmation(&SHOWN, now);
        let confirmed = |token: &str, shown: &Shown, minutes: i64| keys().confirmed(token, shown, now + TimeDelta::minutes(minutes));
        assert_eq!(confirmed(&token, &SHOWN, 30), Ok(()));
        assert_eq!(confirmed(&token.to_uppercase(), &SHOWN, 0), Ok(()));
        assert_eq!(confirmed(&token, &SHOWN, 31), Err(NotConfirmed::Expired));
        assert_eq!(confirmed(&token, &Shown { people: [3; 32], ..SHOWN }, 0), Err(NotConfirmed::Changed));
        assert_eq!(confirmed(&token, &Shown { operation: [3; 32], ..SHOWN }, 0), Err(NotConfirmed::OtherOperation));
        let other = LinkKeys::new(vec![LinkKey { id: 3, secret: [8; 32] }]).unwrap();
        assert_eq!(other.confirmed(&token, &SHOWN, now), Err(NotConfirmed::OtherOperation));
        for broken in ["", "a", &token[1..], &token[..40], "é"] {
            assert!(confirmed(broken, &SHOWN, 0).is_err(), "{broken}");
        }
    }
}
