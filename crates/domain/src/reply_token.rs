//! The addresses that answers and bounces come back to. Each names the message it belongs to, and cannot be guessed.

mod answer;

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

pub use answer::AnswerClaim;

use crate::{
    EmailAddress,
    email_address::InvalidEmailAddress,
    ids::NotificationId,
    status_link::{LinkKey, LinkKeys},
};

/// What comes back. The way is part of what is signed: who knows one address of a message does not know the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A person's answer: `reply+<token>@…`, in Reply-To.
    Reply,
    /// A delivery report: `bounce+<token>@…`, the envelope sender.
    Bounce,
}

impl Way {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Reply => "reply+",
            Self::Bounce => "bounce+",
        }
    }
}

/// Makes the addresses: the domain whose mail comes in here, and the keys.
#[derive(Clone)]
pub struct ReplyAddresses {
    domain: String,
    keys: LinkKeys,
}

impl ReplyAddresses {
    /// # Errors
    /// The domain is no mail domain, or so long that no address fits into it.
    pub fn new(domain: &str, keys: LinkKeys) -> Result<Self, InvalidEmailAddress> {
        // The longest of them all, so that no later one is refused.
        let longest = local_part(&keys, Way::Bounce, Uuid::nil().into());
        let tried: EmailAddress = format!("{longest}@{domain}").parse()?;
        Ok(Self { domain: tried.domain().to_owned(), keys })
    }

    pub fn address(&self, way: Way, notification: NotificationId) -> EmailAddress {
        let address = format!("{}@{}", local_part(&self.keys, way, notification), self.domain);
        address.parse().expect("an address of the same length was tried with this domain")
    }
}

impl fmt::Debug for ReplyAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyAddresses({})", self.domain)
    }
}

/// What the local part of an address says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyClaim {
    pub way: Way,
    pub notification: NotificationId,
    key: u8,
    mac: [u8; 16],
}

impl ReplyClaim {
    /// Reads a local part. Case makes no difference: some relays and people change it.
    pub fn read(local_part: &str) -> Option<Self> {
        let local_part = local_part.to_ascii_lowercase();
        let (way, token) = [Way::Reply, Way::Bounce].into_iter().find_map(|way| Some((way, local_part.strip_prefix(way.prefix())?)))?;
        let bytes = BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (key, mac) = rest.split_first()?;
        Some(Self { way, notification: Uuid::from_bytes(*id).into(), key: *key, mac: mac.try_into().ok()? })
    }

    /// Whether we made the address, with one of these keys. Takes the same time for every wrong MAC.
    pub fn is_ours(&self, keys: &LinkKeys) -> bool {
        keys.get(self.key).is_some_and(|key| mac(key, self.way, self.notification).verify_truncated_left(&self.mac).is_ok())
    }
}

/// The way, the message's id, the key's and a 128-bit MAC: 60 characters at most, of the 64 that RFC 5321, section 4.5.3.1.1 allows.
/// Lower-case base32, since a local part may lose its case on the way.
fn local_part(keys: &LinkKeys, way: Way, notification: NotificationId) -> String {
    let key = keys.newest();
    let mut bytes = [0; 33];
    bytes[..16].copy_from_slice(notification.uuid().as_bytes());
    bytes[16] = key.id;
    bytes[17..].copy_from_slice(&mac(key, way, notification).finalize().into_bytes()[..16]);
    let mut token = BASE32_NOPAD.encode(&bytes);
    token.make_ascii_lowercase();
    format!("{}{token}", way.prefix())
}

fn mac(key: &LinkKey, way: Way, notification: NotificationId) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).expect("HMAC takes a key of any length");
    mac.update(b"hearback reply address v1\0");
    mac.update(way.prefix().as_bytes());
    mac.update(&[key.id]);
    mac.update(notification.uuid().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(ids: &[u8]) -> LinkKeys {
        LinkKeys::new(ids.iter().map(|&id| LinkKey { id, secret: [id; 32] }).collect()).unwrap()
    }

    fn addresses(ids: &[u8]) -> ReplyAddresses {
        ReplyAddresses::new("mail.example.com", keys(ids)).unwrap()
    }

    fn notification() -> NotificationId {
        Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001).into()
    }

    fn claim(address: &EmailAddress) -> ReplyClaim {
        ReplyClaim::read(address.local_part()).unwrap()
    }

    #[test]
    fn an_answer_finds_its_own_message_and_no_other() {
        for way in [Way::Reply, Way::Bounce] {
            let address = addresses(&[1]).address(way, notification());
            let claim = claim(&address);
            assert_eq!((claim.way, claim.notification), (way, notification()));
            assert!(claim.is_ours(&keys(&[1])));
            assert!(!ReplyClaim { notification: Uuid::from_u128(2).into(), ..claim }.is_ours(&keys(&[1])));
        }
    }

    #[test]
    fn who_knows_the_reply_address_cannot_make_the_bounce_address() {
        let claim = claim(&addresses(&[1]).address(Way::Reply, notification()));
        assert!(!ReplyClaim { way: Way::Bounce, ..claim }.is_ours(&keys(&[1])));
    }

    #[test]
    fn addresses_outlive_the_rotation_of_keys_and_end_with_their_own() {
        let claim = claim(&addresses(&[1]).address(Way::Bounce, notification()));
        assert!(claim.is_ours(&keys(&[2, 1])));
        assert!(!claim.is_ours(&keys(&[2])));
    }

    #[test]
    fn addresses_are_the_same_each_time_fit_into_64_characters_and_survive_being_shouted() {
        for way in [Way::Reply, Way::Bounce] {
            let address = addresses(&[1]).address(way, notification());
            assert_eq!(address, addresses(&[1]).address(way, notification()));
            assert!(address.local_part().len() <= 64, "{}", address.local_part());
            let shouted = address.local_part().to_uppercase();
            assert!(ReplyClaim::read(&shouted).is_some_and(|claim| claim.is_ours(&keys(&[1]))));
        }
    }

    #[test]
    fn what_we_did_not_make_is_not_ours() {
        let address = addresses(&[1]).address(Way::Reply, notification());
        let whole = address.local_part();
        for broken in [&whole[1..], &whole[..58], "reply+", "reply", "", "reply+0000", "people", "reply+\u{e9}"] {
            assert!(ReplyClaim::read(broken).is_none_or(|claim| !claim.is_ours(&keys(&[1]))), "{broken}");
        }
    }

    #[test]
    fn a_domain_that_leaves_no_room_is_refused_when_it_is_configured() {
        let long = format!("{}example.com", "a23456789.".repeat(19));
        assert_eq!(ReplyAddresses::new(&long, keys(&[1])).err(), Some(InvalidEmailAddress::TooLong));
        assert_eq!(ReplyAddresses::new("localhost", keys(&[1])).err(), Some(InvalidEmailAddress::NoDot));
    }
}
