use std::fmt;

/// What a relay answered: the code, and its lines joined by spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) text: String,
}

/// The first digit of the code (RFC 5321, section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Completion,
    Intermediate,
    Transient,
    Permanent,
    /// No relay may send it.
    Other,
}

impl Reply {
    pub(super) const fn class(&self) -> Class {
        match self.code {
            200..300 => Class::Completion,
            300..400 => Class::Intermediate,
            400..500 => Class::Transient,
            500..600 => Class::Permanent,
            _ => Class::Other,
        }
    }

    /// The subject and detail of the enhanced status code (RFC 3463), if the reply opens with one of its own class (RFC 2034,
    /// section 4).
    pub(super) fn enhanced(&self) -> Option<(u16, u16)> {
        let mut numbers = self.text.split(' ').next()?.split('.');
        let (class, subject, detail) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let own = numbers.next().is_none() && class.parse() == Ok(self.code / 100);
        own.then_some((subject.parse().ok()?, detail.parse().ok()?))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_code_counts_if_it_agrees_with_the_reply() {
        for (code, text, enhanced) in [
            (550, "5.1.1 no such user", Some((1, 1))),
            (550, "5.1.10 null MX", Some((1, 10))),
            (550, "4.1.1 no such user", None),
            (550, "no such user", None),
            (550, "5.1", None),
            (550, "5.1.1.1 x", None),
            (550, "5.x.1 x", None),
            (550, "", None),
        ] {
            assert_eq!(Reply { code, text: text.into() }.enhanced(), enhanced, "{code} {text}");
        }
    }
}
