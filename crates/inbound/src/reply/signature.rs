//! Signatures behind `-- ` (RFC 3676, section 4.3). Greetings and names without that mark are words.

use super::Fate;
use crate::html::Line;

/// Longer ones are text that somebody separated with two dashes.
const LONGEST: usize = 25;

pub(super) fn mark(lines: &[Line], fates: &mut [Fate]) {
    let mut at = 0;
    while at < lines.len() {
        if fates[at] == Fate::Words && is_mark(&lines[at].text) {
            let end = (at..lines.len()).find(|&next| fates[next] == Fate::Quote).unwrap_or(lines.len());
            let words = lines[at..end].iter().filter(|line| !line.text.trim().is_empty()).count();
            if words <= LONGEST {
                fates[at..end].fill(Fate::Signature);
                at = end;
                continue;
            }
        }
        at += 1;
    }
}

/// Many programs trim the space, some write a long dash.
fn is_mark(line: &str) -> bool {
    matches!(line.trim_end(), "--" | "—" | "-- *" | "--=20" | "–")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_signature_ends_at_the_quote_or_at_the_end() {
        let left = crate::reply::strip;
        assert_eq!(left("Yes.\n-- \nAda\n+43 1\n"), "Yes.");
        assert_eq!(left("Yes.\n--\nAda\n> quoted\nand more"), "Yes.\n\nand more");
        let long = format!("a\n--\n{}", "line\n".repeat(40));
        assert_eq!(left(&long).lines().count(), 42);
    }
}
