//! The address that brings a person's answer back: it names the mail to them that they answer.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::ReplyAddresses;
use crate::{
    EmailAddress,
    ids::StaffMailId,
    status_link::{LinkKey, LinkKeys},
};

/// As long as that of the longest address of a message.
const PREFIX: &str = "answer+";

impl ReplyAddresses {
    /// `answer+<token>@…`: what a person of the organisation writes to it goes to the applicant of whom the mail told.
    pub fn answer(&self, mail: StaffMailId) -> EmailAddress {
        let key = self.keys.newest();
        let mut bytes = [0; 33];
        bytes[..16].copy_from_slice(mail.uuid().as_bytes());
        bytes[16] = key.id;
        bytes[17..].copy_from_slice(&mac(key, mail).finalize().into_bytes()[..16]);
        let token = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        format!("{PREFIX}{token}@{}", self.domain).parse().expect("an address of the same length was tried with this domain")
    }
}

/// What the local part of such an address says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerClaim {
    pub mail: StaffMailId,
    key: u8,
    mac: [u8; 16],
}

impl AnswerClaim {
    /// Whether somebody meant such an address, even if it is broken.
    pub fn is_meant(local_part: &str) -> bool {
        local_part.to_ascii_lowercase().starts_with(PREFIX)
    }

    /// Reads a local part. Case makes no difference: some relays and people change it.
    pub fn read(local_part: &str) -> Option<Self> {
        let token = local_part.to_ascii_uppercase().strip_prefix(&PREFIX.to_ascii_uppercase())?.to_owned();
        let bytes = BASE32_NOPAD.decode(token.as_bytes()).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (key, mac) = rest.split_first()?;
        Some(Self { mail: Uuid::from_bytes(*id).into(), key: *key, mac: mac.try_into().ok()? })
    }

    /// Whether we made the address, with one of these keys. Takes the same time for every wrong MAC.
    pub fn is_ours(&self, keys: &LinkKeys) -> bool {
        keys.get(self.key).is_some_and(|key| mac(key, self.mail).verify_truncated_left(&self.mac).is_ok())
    }
}

/// Signed for this purpose only: whoever knows an applicant's address of a conversation cannot make the other side's.
fn mac(key: &LinkKey, mail: StaffMailId) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret).expect("HMAC takes a key of any length");
    mac.update(b"hearback answer address v1\0");
    mac.update(&[key.id]);
    mac.update(mail.uuid().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply_token::{ReplyClaim, Way};

    fn keys(id: u8) -> LinkKeys {
        LinkKeys::new(vec![LinkKey { id, secret: [id; 32] }]).unwrap()
    }

    fn address(mail: u128) -> EmailAddress {
        ReplyAddresses::new("mail.example.com", keys(1)).unwrap().answer(Uuid::from_u128(mail).into())
    }

    #[test]
    fn an_answer_finds_the_mail_that_it_answers() {
        let address = address(7);
        assert!(address.local_part().len() <= 64, "{address}");
        for written in [address.local_part().to_owned(), address.local_part().to_uppercase()] {
            let claim = AnswerClaim::read(&written).unwrap();
            assert_eq!(claim.mail, Uuid::from_u128(7).into());
            assert!(claim.is_ours(&keys(1)) && !claim.is_ours(&keys(2)));
            assert!(!AnswerClaim { mail: Uuid::from_u128(8).into(), ..claim }.is_ours(&keys(1)));
        }
    }

    #[test]
    fn an_applicant_cannot_make_one_from_the_address_that_they_have() {
        let theirs = ReplyAddresses::new("mail.example.com", keys(1)).unwrap().address(Way::Reply, Uuid::from_u128(7).into());
        let forged = theirs.local_part().replace("reply+", PREFIX);
        assert!(!AnswerClaim::read(&forged).unwrap().is_ours(&keys(1)));
        let turned = address(7).local_part().replace(PREFIX, "reply+");
        assert!(!ReplyClaim::read(&turned).unwrap().is_ours(&keys(1)));
    }

    #[test]
    fn what_we_did_not_make_is_not_ours() {
        let whole = address(7).local_part().to_owned();
        for broken in [&whole[1..], &whole[..58], "answer+", "answer", "", "people", "answer+\u{e9}"] {
            assert!(AnswerClaim::read(broken).is_none_or(|claim| !claim.is_ours(&keys(1))), "{broken}");
        }
        assert!(AnswerClaim::is_meant("Answer+x") && !AnswerClaim::is_meant("answers") && !AnswerClaim::is_meant("reply+x"));
    }
}
