//! The header that Outlook and others put above the mail that is answered: From, Sent, To, Subject.

use super::Fate;
use crate::{
    html::Line,
    limits,
    phrases::{Phrases, phrases},
};

static LABELS: [Phrases; 4] =
    [phrases!("reply-label-from"), phrases!("reply-label-date"), phrases!("reply-label-to"), phrases!("reply-label-subject")];

/// Where the first such block begins, with the line that is drawn above it.
pub(super) fn begin(lines: &[Line], fates: &[Fate]) -> Option<usize> {
    let labels: Vec<Option<usize>> = lines.iter().map(|line| label(&line.text)).collect();
    let at = (0..lines.len()).find(|&at| fates[at] == Fate::Words && is_block(lines, &labels, at))?;
    let mut begin = at;
    while begin > 0 && is_above(&lines[begin - 1].text) {
        begin -= 1;
    }
    Some(begin)
}

/// Nothing, a rule, or words between dashes that no list knows.
fn is_above(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || is_drawn(line) || (line.starts_with("--") && line.ends_with("--"))
}

/// A line that is drawn: underscores, dashes.
pub(super) fn is_drawn(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 5 && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '*' | '─' | '—' | '–' | ' '))
}

/// Three of the four, the sender among them, close together: one alone is something that a person writes.
fn is_block(lines: &[Line], labels: &[Option<usize>], at: usize) -> bool {
    let Some(first) = labels[at] else { return false };
    let mut seen = [false; 4];
    seen[first] = true;
    let mut strangers = 0;
    for next in (at + 1..lines.len()).take(12) {
        match labels[next] {
            Some(known) => {
                seen[known] = true;
                strangers = 0;
            }
            None if lines[next].text.trim().is_empty() => {}
            // Long fields are wrapped.
            None => strangers += 1,
        }
        if strangers > 2 {
            break;
        }
    }
    seen[0] && seen.iter().filter(|seen| **seen).count() >= 3
}

fn label(line: &str) -> Option<usize> {
    let line = line.trim().trim_start_matches(['*', '_', '|', '\u{200f}', '\u{200e}', ' ']);
    // The longest label has 17 letters, of up to four bytes each.
    let colon = limits::cut(line, 80).find([':', '：'])?;
    let name = line[..colon].trim_end_matches(['*', '_', ' ', '\u{a0}']).to_lowercase();
    LABELS.iter().position(|labels| labels.contains(&name))
}

#[cfg(test)]
mod tests {
    #[test]
    fn blocks_of_three_labels_are_headers_and_single_ones_are_words() {
        let left = crate::reply::strip;
        for block in [
            "From: Jobs <jobs@x.example>\nSent: Tuesday, November 24, 2026 10:00 AM\nTo: Ada\nSubject: Your application",
            "________________________________\nVon: Jobs\nGesendet: Dienstag\nAn: Ada\nBetreff: Bewerbung",
            "*De :* Jobs\n*Envoyé :* mardi\n*À :* Ada\n*Objet :* x",
            "Gesendet: Dienstag\nVon: Jobs\nAn: Ada\nBetreff: x",
            "发件人：Jobs\n发送时间：2026\n收件人：Ada\n主题：x",
            "差出人: Jobs\n送信日時: 2026\n宛先: Ada\n件名: x",
        ] {
            assert_eq!(left(&format!("Yes.\n\n{block}\n\nHello Ada\n")), "Yes.", "{block}");
        }
        for words in ["To: be or not to be", "From: Monday\nI can start.", "Subject: maths\nDate: any"] {
            assert_eq!(left(words), words);
        }
    }
}
