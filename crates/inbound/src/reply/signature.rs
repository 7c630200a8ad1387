//! Signatures behind `-- ` (RFC 3676, section 4.3). Greetings and names without that mark are words.

use super::Fate;
use crate::html::Line;

/// Longer ones are text that somebody separated with two dashes.
const LONGEST: usize = 25;

pub(super) fn mark(lines: &[Line], fates: &mut [Fate]) {
    // From the end, so that the way to the next quote is counted once.
    let (mut end, mut words) = (lines.len(), 0);
    let mut signatures = Vec::new();
    for at in (0..lines.len()).rev() {
        if fates[at] == Fate::Quote {
            (end, words) = (at, 0);
            continue;
        }
        words += usize::from(!lines[at].text.trim().is_empty());
        if fates[at] == Fate::Words && is_mark(&lines[at].text) && words <= LONGEST {
            signatures.push(at..end);
        }
    }
    for signature in signatures {
        fates[signature].fill(Fate::Signature);
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
