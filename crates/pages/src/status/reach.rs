//! A link that writes to an address.

use std::fmt::Write;

use hearback_domain::EmailAddress;

/// RFC 6068, section 2: what has a meaning in a link is percent-encoded, the `@` between the two parts is not.
pub(super) fn mailto(address: &EmailAddress) -> String {
    let mut link = String::from("mailto:");
    for byte in address.local_part().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte) {
            link.push(char::from(byte));
        } else {
            write!(link, "%{byte:02X}").expect("a string takes all that is written to it");
        }
    }
    link.push('@');
    link.push_str(address.domain());
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_writes_to_the_address_and_does_nothing_else() {
        for (address, link) in [
            ("people+jobs@example.com", "mailto:people+jobs@example.com"),
            ("a&b=c@example.com", "mailto:a%26b%3Dc@example.com"),
            ("who?cc=x@example.com", "mailto:who%3Fcc%3Dx@example.com"),
        ] {
            assert_eq!(mailto(&address.parse().unwrap()), link);
        }
    }
}
