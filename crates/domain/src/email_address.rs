//! A mail address, parsed once at the edge.

use std::{fmt, str::FromStr};

/// An address that a relay can be asked to deliver to: `local@domain`, the domain in its ASCII form (RFC 5890) and lower
/// case. The local part keeps its letters' case (RFC 5321, section 2.4).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmailAddress {
    #[error("must be at most 254 characters (RFC 5321, section 4.5.3.1)")]
    TooLong,
    #[error("must have the form name@example.com")]
    NoAt,
    #[error("has control, invisible or direction-changing characters; remove them")]
    HiddenCharacter,
    #[error("has a part before the @ that is empty, longer than 64 characters, or not plain text such as name.surname")]
    LocalPart,
    #[error("has an address literal after the @; give a domain name such as example.com")]
    Literal,
    #[error("has a domain without a dot; give the whole domain, such as example.com")]
    NoDot,
    #[error("has a domain that is not a valid domain name")]
    Domain,
}

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// Whether its very name says that nobody reads what is sent there (P7).
    pub fn is_read_by_nobody(&self) -> bool {
        let mailbox: String = self.local_part().chars().filter(char::is_ascii_alphanumeric).collect();
        ["noreply", "donotreply"].iter().any(|name| mailbox.eq_ignore_ascii_case(name))
    }

    /// The text that tells two mailboxes apart. No provider known to us tells `Ada@` from `ada@`.
    pub fn identity(&self) -> String {
        self.text.to_lowercase()
    }
}

/// Letters that are not seen, or change how their neighbours are seen (Unicode TR 36, section 2).
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(given: &str) -> Result<Self, InvalidEmailAddress> {
        let given = given.trim_matches(' ');
        if given.chars().any(is_hidden) {
            return Err(InvalidEmailAddress::HiddenCharacter);
        }
        if given.len() > 254 {
            return Err(InvalidEmailAddress::TooLong);
        }
        let (local, domain) = given.rsplit_once('@').ok_or(InvalidEmailAddress::NoAt)?;
        if domain.starts_with('[') {
            return Err(InvalidEmailAddress::Literal);
        }
        if local.is_empty() || local.len() > 64 || !local.split('.').all(is_atom) {
            return Err(InvalidEmailAddress::LocalPart);
        }
        // The strict profile: STD 3 letters, hyphens where they may stand, labels of 63 and names of 253 octets.
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmailAddress::Domain)?;
        if domain.is_empty() || domain.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(InvalidEmailAddress::Domain);
        }
        if !domain.contains('.') {
            return Err(InvalidEmailAddress::NoDot);
        }
        let text = format!("{local}@{domain}");
        if text.len() > 254 {
            return Err(InvalidEmailAddress::TooLong);
        }
        Ok(Self { at: local.len(), text })
    }
}

/// RFC 5322, section 3.2.3, with the letters of RFC 6531, section 3.3. Quoted local parts are refused: no form needs them.
fn is_atom(part: &str) -> bool {
    !part.is_empty()
        && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_whitespace()))
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Masked, since debug output ends in logs: `a…@example.com`.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.text.chars().next().unwrap_or('?');
        write!(f, "{first}…@{}", self.domain())
    }
}

impl serde::Serialize for EmailAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for EmailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_with_its_domain_in_ascii_and_lower_case() {
        for (given, kept) in [
            ("ada@example.com", "ada@example.com"),
            ("  Ada.Lovelace@Example.COM ", "Ada.Lovelace@example.com"),
            ("jürgen@exämple.de", "jürgen@xn--exmple-cua.de"),
            ("o'brien+jobs@example.co.uk", "o'brien+jobs@example.co.uk"),
            ("a@b.c", "a@b.c"),
        ] {
            assert_eq!(given.parse::<EmailAddress>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_no_relay_should_be_asked_is_refused_with_the_reason() {
        use InvalidEmailAddress as No;
        for (given, why) in [
            ("", No::NoAt),
            ("ada", No::NoAt),
            ("@example.com", No::LocalPart),
            ("a..b@example.com", No::LocalPart),
            (".a@example.com", No::LocalPart),
            ("a b@example.com", No::LocalPart),
            ("\"a b\"@example.com", No::LocalPart),
            ("a@b@example.com", No::LocalPart),
            ("ada@[127.0.0.1]", No::Literal),
            ("ada@127.0.0.1", No::Domain),
            ("ada@localhost", No::NoDot),
            ("ada@", No::Domain),
            ("ada@-example.com", No::Domain),
            ("ada@exa mple.com", No::Domain),
            ("ada@example..com", No::Domain),
            ("ada\r\nBcc: x@example.com", No::HiddenCharacter),
            ("ada\u{202e}@example.com", No::HiddenCharacter),
            ("ada\0@example.com", No::HiddenCharacter),
        ] {
            assert_eq!(given.parse::<EmailAddress>(), Err(why), "{given:?}");
        }
        assert_eq!(format!("{}@example.com", "a".repeat(65)).parse::<EmailAddress>(), Err(No::LocalPart));
        assert_eq!(format!("ada@{}.com", "a.".repeat(130)).parse::<EmailAddress>(), Err(No::TooLong));
    }

    #[test]
    fn debug_output_does_not_give_the_address_away() {
        let address: EmailAddress = "ada.lovelace@example.com".parse().unwrap();
        assert_eq!(format!("{address:?}"), "a…@example.com");
    }
}
