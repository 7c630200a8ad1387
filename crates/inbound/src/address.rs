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
        let Some(begin) = local_begin(text, floor, at) else { continue };
        let domain = limits::cut(&text[at + 1..], limits::ADDRESS);
        let length =
            domain.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') || is_foreign(c))).unwrap_or(domain.len());
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

fn local_begin(text: &str, floor: usize, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if at > floor && bytes[at - 1] == b'"' {
        // A quoted local part: "a b"@example.com.
        let open = bytes[floor..at - 1].iter().rposition(|&b| b == b'"' || b == b'\n')? + floor;
        return (bytes[open] == b'"' && at - open < 70).then_some(open);
    }
    let mut begin = at;
    for (index, letter) in text[floor..at].char_indices().rev() {
        if !is_local(letter) || at - (floor + index) > limits::ADDRESS {
            break;
        }
        begin = floor + index;
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

fn is_local(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter) || is_foreign(letter)
}

/// Letters of internationalised addresses. Not those of languages that are written without spaces: the sentence would become part of
/// the address.
fn is_foreign(letter: char) -> bool {
    !letter.is_ascii() && letter.is_alphanumeric() && u32::from(letter) < 0x2e80
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
        assert_eq!(addresses("发送给ada@one.example的邮件，收件人（bob@two.example）"), ["ada@one.example", "bob@two.example"]);
        assert_eq!(
            addresses("o=X;dda:SMTP=ada@one.example; on Fri, bounces+ada=one.example@us.example"),
            ["ada@one.example", "bounces+ada=one.example@us.example"]
        );
    }
}
