//! Addresses in running text.

use crate::limits;

/// Where an address stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub address: String,
    pub begin: usize,
    pub end: usize,
}

/// All addresses of a text in their order, repetitions included.
pub(crate) fn find(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found: Vec<Found> = Vec::new();
    let mut floor = 0;
    for at in memchr::memchr_iter(b'@', bytes) {
        if at < floor || found.len() == limits::RECIPIENTS * 10 {
            continue;
        }
        let Some(begin) = local_begin(bytes, floor, at) else { continue };
        let domain = &bytes[at + 1..bytes.len().min(at + 1 + limits::ADDRESS)];
        let length = domain
            .iter()
            .position(|&b| !(b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_' || b >= 0x80))
            .unwrap_or(domain.len());
        // A full stop ends a sentence, and dashes a line.
        let mut end = at + 1 + length;
        while end > at + 1 && matches!(bytes[end - 1], b'.' | b'-' | b'_') {
            end -= 1;
        }
        let whole = text.get(begin..end).filter(|whole| whole.len() <= limits::ADDRESS);
        if let Some(whole) = whole.filter(|_| is_domain(&bytes[at + 1..end])) {
            found.push(Found { address: whole.to_owned(), begin, end });
            floor = end;
        }
    }
    found
}

fn local_begin(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    if at > floor && bytes[at - 1] == b'"' {
        // A quoted local part: "a b"@example.com.
        let open = bytes[floor..at - 1].iter().rposition(|&b| b == b'"' || b == b'\n')? + floor;
        return (bytes[open] == b'"' && at - open < 70).then_some(open);
    }
    let low = floor.max(at.saturating_sub(limits::ADDRESS));
    let mut begin = at;
    while begin > low && is_local(bytes[begin - 1]) {
        begin -= 1;
    }
    // `rfc822;ada@…`, `=ada@…` and `'ada@…'` begin after the sign; `.` and `-` begin no address.
    while begin < at && matches!(bytes[begin], b'.' | b'-' | b'=' | b'\'' | b'*' | b'/' | b'|' | b'`' | b'{' | b'}' | b'!' | b'#') {
        begin += 1;
    }
    // `dda:SMTP=ada@…`, as X.400 systems say it.
    if bytes[begin..at].get(..5).is_some_and(|typed| typed.eq_ignore_ascii_case(b"smtp=")) {
        begin += 5;
    }
    (begin < at).then_some(begin)
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte) || byte >= 0x80
}

/// With a dot: notices name hosts and list names without one, and we send to none.
fn is_domain(domain: &[u8]) -> bool {
    domain.contains(&b'.')
        && domain.split(|&b| b == b'.').all(|label| !label.is_empty())
        && domain.last().is_some_and(|b| !b.is_ascii_digit())
}

/// Two spellings of one mailbox. No provider known to us tells `Ada@` from `ada@`.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_their_sentence_goes_on() {
        let addresses = |text| find(text).into_iter().map(|found| found.address).collect::<Vec<_>>();
        assert_eq!(addresses("<ada@one.example>: unknown. Write to b.c+d@two.example."), ["ada@one.example", "b.c+d@two.example"]);
        assert_eq!(
            addresses("rfc822;ada@one.example, 'bob@two.example' (mailto:c@d.example)"),
            ["ada@one.example", "bob@two.example", "c@d.example"]
        );
        assert_eq!(addresses("\"a b\"@one.example @ a@ @b a@localhost a@1.2.3.4"), ["\"a b\"@one.example"]);
        assert_eq!(addresses("jürgen@exämple.example"), ["jürgen@exämple.example"]);
        assert_eq!(
            addresses("o=X;dda:SMTP=ada@one.example; on Fri, bounces+ada=one.example@us.example"),
            ["ada@one.example", "bounces+ada=one.example@us.example"]
        );
    }
}
