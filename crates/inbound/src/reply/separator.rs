//! "-----Original Message-----", and what else programs write above a mail that they enclose as text.

use super::{Fate, header_block::is_drawn, next_words};
use crate::{
    html::Line,
    phrases::{Phrases, phrases},
};

static DRAWN: Phrases = phrases!("reply-separators");

/// Whole lines of their own, without anything drawn.
const PLAIN: &[&str] = &[
    "begin forwarded message:",
    "anfang der weitergeleiteten nachricht:",
    "début du message transféré :",
    "début du message réexpédié :",
    "inicio del mensaje reenviado:",
    "inizio messaggio inoltrato:",
    "início da mensagem encaminhada:",
    "início da mensagem reencaminhada:",
    "begin doorgestuurd bericht:",
    "vidarebefordrat brev:",
    "videresendt meddelelse:",
    "начало переадресованного сообщения:",
    "下面是被转发的邮件：",
    "転送されたメッセージ：",
    "전달된 메시지 시작:",
];

pub(super) fn begin(lines: &[Line], fates: &[Fate]) -> Option<usize> {
    (0..lines.len()).find(|&at| {
        let line = &lines[at].text;
        fates[at] == Fate::Words && (is_separator(line) || (is_long_rule(line) && rest_is_quote(lines, fates, at)))
    })
}

fn is_separator(line: &str) -> bool {
    let line = line.trim();
    if line.len() < 8 || line.len() > 200 {
        return false;
    }
    let lower = line.to_lowercase();
    if PLAIN.contains(&lower.as_str()) {
        return true;
    }
    let is_drawing = |c: char| matches!(c, '-' | '_' | '=' | '*' | '~' | '─' | '—' | '–' | ' ');
    let words = lower.trim_matches(is_drawing).trim_end_matches([':', '：', ' ']);
    let drawn = lower.len() - lower.trim_start_matches(is_drawing).len();
    // Apple's "> Begin …" is marked already; "Original Message" without dashes is how a person may begin.
    drawn >= 2
        && DRAWN.iter().any(|known| {
            words == known
                || (words.starts_with(known) && words.len() < known.len() + 80 && words[known.len()..].starts_with([' ', ',', ':', '-']))
        })
}

/// The rule that Outlook draws above its header.
fn is_long_rule(line: &str) -> bool {
    line.trim().len() >= 20 && is_drawn(line)
}

fn rest_is_quote(lines: &[Line], fates: &[Fate], at: usize) -> bool {
    next_words(lines, at + 1).is_none_or(|next| fates[next] == Fate::Quote)
}

#[cfg(test)]
mod tests {
    #[test]
    fn drawn_words_end_the_answer_and_bare_ones_do_not() {
        let left = crate::reply::strip;
        for line in [
            "-----Original Message-----",
            "-------- Ursprüngliche Nachricht --------",
            "---------- Forwarded message ---------",
            "Begin forwarded message:",
            "----- Message d'origine -----",
            "-------- 原始邮件 --------",
        ] {
            assert_eq!(left(&format!("Yes.\n\n{line}\nHello\n")), "Yes.", "{line}");
        }
        for words in ["Original message:\nI lost it", "a\n-----\nb", "a\n____________________________\nb"] {
            assert_eq!(left(words), words);
        }
    }
}
