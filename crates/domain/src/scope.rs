//! What a secret key may be used for.

use crate::{UnknownWord, closed_set::closed_set};

closed_set! {
    /// A sort of use. Whoever may write may read, and an administrator may do both.
    Scope, "scope" {
        /// Look at what is on record.
        Read = "read",
        /// Submit applications, decide about them, and put jobs on record.
        Write = "write",
        /// Boards, keys, webhooks and the outbox as a whole.
        Admin = "admin",
        /// Ask whether a person may be contacted, and nothing else.
        ContactCheck = "contact-check",
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// A key that nobody narrowed.
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether they allow this use, directly or because they allow more.
    pub fn allow(self, scope: Scope) -> bool {
        let enough: &[Scope] = match scope {
            Scope::Read => &[Scope::Read, Scope::Write, Scope::Admin],
            Scope::Write => &[Scope::Write, Scope::Admin],
            Scope::Admin => &[Scope::Admin],
            Scope::ContactCheck => &[Scope::ContactCheck],
        };
        enough.iter().any(|scope| self.has(*scope))
    }

    /// Whether these allow everything that the others do: nobody gives away more than they have.
    pub fn cover(self, others: Self) -> bool {
        others.words().all(|scope| self.allow(scope))
    }

    /// In the order of [`Scope::ALL`].
    pub fn words(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.has(*scope))
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | (1 << scope as u8)))
    }
}

/// As stored: words with a space between them (RFC 6749, section 3.3).
impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.words().map(Scope::as_str).collect();
        f.pad(&words.join(" "))
    }
}

impl std::str::FromStr for Scopes {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_allows_less_and_never_the_other_way_round() {
        let may = |given: &str, asked: Scope| given.parse::<Scopes>().unwrap().allow(asked);
        for (given, read, write, admin, check) in [
            ("read", true, false, false, false),
            ("write", true, true, false, false),
            ("admin", true, true, true, false),
            ("contact-check", false, false, false, true),
            ("read contact-check", true, false, false, true),
            ("", false, false, false, false),
        ] {
            let allowed = [may(given, Scope::Read), may(given, Scope::Write), may(given, Scope::Admin), may(given, Scope::ContactCheck)];
            assert_eq!(allowed, [read, write, admin, check], "{given}");
        }
        assert!(Scope::ALL.iter().all(|scope| Scopes::all().allow(*scope)));
    }

    #[test]
    fn nobody_gives_away_more_than_they_have() {
        let scopes = |text: &str| text.parse::<Scopes>().unwrap();
        assert!(scopes("admin").cover(scopes("read write")));
        assert!(!scopes("admin").cover(scopes("contact-check")));
        assert!(!scopes("write").cover(scopes("admin")));
    }

    #[test]
    fn they_are_read_as_they_are_written() {
        assert_eq!(Scopes::all().to_string(), "read write admin contact-check");
        assert_eq!("write,read".parse::<Scopes>().unwrap().to_string(), "read write");
        assert!("reed".parse::<Scopes>().is_err());
    }
}
