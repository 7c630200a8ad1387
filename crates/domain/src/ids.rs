//! Identifiers: UUIDv7 (RFC 9562, section 5.7) inside, a prefix and 26 characters of Crockford's base32 outside.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use data_encoding::{Encoding, Specification};
use uuid::Uuid;

use crate::{clock::Clock, random::Random};

/// Crockford's alphabet in lower case: sorts as the bytes do, and has no `i`, `l`, `o` or `u` to misread.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    specification.encoding().expect("32 distinct symbols make a base32 alphabet")
});

/// Makes ids that sort by the moment they were made, within a process also inside one millisecond.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    last: Arc<Mutex<(u64, u32)>>,
}

impl Ids {
    pub fn new(clock: Arc<dyn Clock>, random: Arc<Random>) -> Self {
        Self { clock, random, last: Arc::default() }
    }

    pub fn next<I: From<Uuid>>(&self) -> I {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let mut bytes = self.random.bytes::<10>();
        let (millis, counter) = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = match *last {
                // The clock may stand still or step back; ids do not. A fresh millisecond starts low to leave room.
                (millis, counter) if now <= millis => (millis, counter + 1),
                _ => (now, u32::from(bytes[0])),
            };
            *last
        };
        // RFC 9562, section 6.2, method 1: a counter right behind the timestamp. The version takes the upper four bits
        // of byte 0 and the variant the upper two of byte 2, so the counter's 24 bits go around them.
        bytes[0] = (counter >> 18) as u8 & 0x0f;
        bytes[1] = (counter >> 10) as u8;
        bytes[2] = (counter >> 4) as u8 & 0x3f;
        bytes[3] = (bytes[3] & 0x0f) | ((counter << 4) as u8);
        I::from(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

/// A text that is no id of the expected sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this sort: expected `{prefix}_` and 26 characters of 0-9 a-z without i, l, o, u")]
pub struct InvalidId {
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, BASE32.encode(self.0.as_bytes()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { prefix: $prefix };
                let body = text.strip_prefix($prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(invalid)?;
                let bytes = BASE32.decode(body.as_bytes()).map_err(|_| invalid)?;
                Uuid::from_slice(&bytes).map(Self).map_err(|_| invalid)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A careers page.
    BoardId = "brd";
    /// A job that people apply for.
    JobId = "job";
    /// A person, as far as one address tells.
    CandidateId = "cnd";
    /// One application of one person for one job.
    ApplicationId = "app";
    /// Something that happened to an application.
    EventId = "evt";
    /// One message owed. Its Message-ID is made from it.
    NotificationId = "ntf";
    /// One failed try to hand a message over.
    TryId = "try";
    /// A change of a policy.
    PolicyChangeId = "pch";
    /// One mail to a person of the organisation. Its Message-ID is made from it.
    StaffMailId = "stf";
    /// Something that a person is told of.
    StaffCauseId = "stc";
    /// An API key's public half; the secret follows it in the key's text.
    ApiKeyId = "key";
    /// A file that came with an application.
    AttachmentId = "att";
    /// A mail that came in.
    InboundMailId = "inm";
    /// One thing that an applicant or the organisation wrote.
    MessageId = "msg";
    /// One request, for those who look for it in the log.
    RequestId = "req";
    /// A mail that the capture transport kept.
    CapturedMailId = "cap";
    /// Where webhooks are sent.
    WebhookEndpointId = "whe";
    /// One webhook to one endpoint; its `webhook-id`, however often it is sent.
    WebhookDeliveryId = "whd";
    /// One try to hand a webhook over.
    WebhookTryId = "wht";
    /// Something done to many applications at once.
    OperationId = "opn";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn ids() -> Ids {
        Ids::new(Arc::new(SystemClock), Arc::new(Random::from_seed(7)))
    }

    #[test]
    fn an_id_reads_back_from_its_own_text() {
        let id: ApplicationId = ids().next();
        let text = id.to_string();
        assert!(text.starts_with("app_"));
        assert_eq!(text.len(), 30);
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_sort_is_refused() {
        let id: ApplicationId = ids().next();
        let text = id.to_string();
        for wrong in
            [text.replace("app_", "job_"), text.to_uppercase(), text[..29].to_owned(), format!("{text}0"), "app_".to_owned(), String::new()]
        {
            assert_eq!(wrong.parse::<ApplicationId>(), Err(InvalidId { prefix: "app" }), "{wrong}");
        }
    }

    #[test]
    fn ids_sort_in_the_order_they_were_made() {
        let ids = ids();
        let made: Vec<EventId> = (0..5_000).map(|_| ids.next()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        let shown: Vec<String> = made.iter().map(ToString::to_string).collect();
        assert!(shown.is_sorted());
        assert!(made.iter().all(|id| id.uuid().get_version_num() == 7 && id.uuid().get_variant() == uuid::Variant::RFC4122));
    }
}
