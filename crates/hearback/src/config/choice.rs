//! Settings with a closed set of values.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(given: &str) -> Result<Self, String> {
                match given {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("`{given}` is not a choice; expected {}", [$(concat!("\"", $word, "\"")),+].join(" or "))),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(given: String) -> Result<Self, String> {
                given.parse()
            }
        }

        impl From<$name> for String {
            fn from(choice: $name) -> Self {
                choice.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

choice! {
    /// Whether real applicants depend on this process.
    Mode {
        #[default]
        Development = "development",
        /// Refuses what would keep applicants from being told.
        Production = "production",
    }
}

choice! {
    /// What becomes of a mail.
    MailTransport {
        /// Kept in the database for `/dev/mailbox`; nothing is sent.
        #[default]
        Capture = "capture",
        /// Handed to a relay.
        Smtp = "smtp",
    }
}

choice! {
    /// Whether what is said to the relay can be read on the way.
    SmtpSecurity {
        /// Plain text, whatever the relay offers.
        None = "none",
        /// TLS if the relay offers STARTTLS, plain text otherwise.
        #[default]
        Opportunistic = "opportunistic",
        /// STARTTLS, or no mail.
        StartTls = "starttls",
        /// TLS from the first byte; usually port 465.
        Tls = "tls",
    }
}

choice! {
    /// Who vouches for the relay's certificate, if no file does.
    SmtpRoots {
        /// The operating system's authorities.
        #[default]
        System = "system",
        /// Mozilla's, compiled in: for images without any.
        Mozilla = "mozilla",
    }
}

choice! {
    LogFormat {
        #[default]
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}
