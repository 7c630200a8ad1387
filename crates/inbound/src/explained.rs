//! What a mail is, as closed sets.

use hearback_domain::reply_token::Way;
use serde::{Serialize, Serializer};

/// A set of words. They are printed, stored and compared: a variant may be added, a word never changes.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    Kind {
        /// What became of a mail of ours, as a mail system says. Not always bad news: see the action of each recipient.
        Bounce = "bounce",
        /// Somebody pressed "this is spam" (RFC 5965).
        Complaint = "complaint",
        /// A machine answered in a person's name: absence notes, ticket systems, read receipts. Never to be answered.
        AutoReply = "auto_reply",
        /// A person's words.
        Reply = "reply",
        /// A machine holds our mail back until its sender proves to be a person.
        Challenge = "challenge",
        /// Nothing above. A person has to look.
        Unknown = "unknown",
    }
}

words! {
    /// What a mail system did (RFC 3464, section 2.3.3).
    Action {
        Failed = "failed",
        /// Not yet; it goes on trying.
        Delayed = "delayed",
        Delivered = "delivered",
        /// Handed to a system that does not report deliveries.
        Relayed = "relayed",
        /// Handed to the members of a list.
        Expanded = "expanded",
    }
}

words! {
    /// What the failure says about the address.
    Class {
        /// The address will not work tomorrow either.
        Hard = "hard",
        /// It may work tomorrow: full, away, slow.
        Soft = "soft",
        /// The address is not the trouble: the mail, its sender, or a rule of theirs is.
        Policy = "policy",
        Unknown = "unknown",
    }
}

/// One recipient of a report. The address is printed as the report gives it, which may be no address that we would send to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recipient {
    pub address: String,
    pub action: Option<Action>,
    /// The enhanced status code (RFC 3463), such as `5.1.1`.
    pub status: Option<String>,
    pub class: Class,
}

/// What stands behind the plus of an address of ours. Not verified here: that takes keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub way: Way,
    pub text: String,
}

impl Token {
    /// For `domain::reply_token::ReplyClaim::read`.
    pub fn local_part(&self) -> String {
        let way = match self.way {
            Way::Reply => "reply",
            Way::Bounce => "bounce",
        };
        format!("{way}+{}", self.text)
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// What is understood of one mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub kind: Kind,
    /// Whom a bounce or a complaint is about. Empty for everything else.
    pub recipients: Vec<Recipient>,
    /// The Message-ID, in its angle brackets, of the mail that this one is about.
    pub message_id: Option<String>,
    pub token: Option<Token>,
    /// The words without quotes and signatures. None for bounces and complaints. Empty only if nobody wrote a word.
    pub text: Option<String>,
}
