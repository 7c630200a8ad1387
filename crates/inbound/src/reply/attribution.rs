//! "On Tuesday, Ada wrote:", in the languages of mail programs.

use super::{Fate, next_words};
use crate::{
    html::Line,
    limits,
    phrases::{Phrases, phrases},
};

/// Verbs. In lower case; found anywhere in the line, which ends with a colon.
static WROTE: Phrases = phrases!("reply-wrote");

/// How such a line begins, if not with a name or a number.
const BEGINS: &[&str] = &[
    "on ",
    "am ",
    "le ",
    "el ",
    "il ",
    "em ",
    "op ",
    "den ",
    "dnia ",
    "w dniu ",
    "dne ",
    "dňa ",
    "in data ",
    "în ",
    "στις ",
    "pada ",
    "vào ",
    "a las ",
    "den: ",
    "ב",
    "في ",
    "v ",
    "u ",
    "на ",
    "в ",
    // Days of the week, as Gmail writes them in languages where no preposition comes first.
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "mo.",
    "di.",
    "mi.",
    "do.",
    "fr.",
    "sa.",
    "so.",
    "lun",
    "mar",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "mié",
    "jue",
    "vie",
    "sáb",
    "dom",
    "seg",
    "ter",
    "qua",
    "qui",
    "sex",
    "ma ",
    "ti ",
    "ke ",
    "to ",
    "pe ",
    "la ",
    "su ",
    "pon",
    "wt.",
    "śr.",
    "czw",
    "pt.",
    "sob",
    "niedz",
    "po ",
    "út",
    "st ",
    "čt",
    "pá",
    "so ",
    "ne ",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "tis",
    "ons",
    "tors",
    "fre",
    "lör",
    "sön",
    "man",
    "tir",
    "tor",
    "lør",
    "søn",
    "maa",
    "wo ",
    "do ",
    "vr ",
    "za ",
    "zo ",
];

/// Marks such lines, and what they introduce if nothing marks it: everything after them.
pub(super) fn mark(lines: &[Line], fates: &mut [Fate]) {
    for end in 0..lines.len() {
        if fates[end] != Fate::Words {
            continue;
        }
        if introduces_in_line(&lines[end].text) {
            fates[end..].fill(Fate::Quote);
            return;
        }
        if !ends_as_such(&lines[end].text) {
            continue;
        }
        let next = next_words(lines, end + 1);
        let before_quote = next.is_some_and(|next| fates[next] == Fate::Quote);
        if let Some(begin) = begin(lines, fates, end, before_quote) {
            if before_quote || next.is_none() {
                fates[begin..=end].fill(Fate::Quote);
            } else {
                fates[begin..].fill(Fate::Quote);
                return;
            }
        }
    }
}

/// With a colon, or drawn as a rule: "---- On Tuesday Ada wrote ----".
fn ends_as_such(line: &str) -> bool {
    let line = line.trim();
    line.ends_with([':', '：']) || (line.starts_with("--") && line.ends_with("--"))
}

/// Yahoo's program for phones goes on with the quote in the same line.
fn introduces_in_line(line: &str) -> bool {
    let line = limits::cut(line, limits::LINE / 2);
    line.match_indices(": ").any(|(at, _)| {
        let lower = line[..=at].to_lowercase();
        let digits = lower.chars().filter(char::is_ascii_digit).count();
        let verb_last = WROTE.iter().any(|word| lower.trim_end_matches([':', ' ']).ends_with(word));
        verb_last && digits >= 6 && lower.contains('@') && begins_as_such(lower.trim_start())
    })
}

/// Where the line begins that ends here: programs wrap it.
fn begin(lines: &[Line], fates: &[Fate], end: usize, before_quote: bool) -> Option<usize> {
    let (mut weak, mut strong) = (None, None);
    for begin in (end.saturating_sub(3)..=end).rev() {
        if lines[begin].text.trim().is_empty() || fates[begin] != Fate::Words {
            break;
        }
        let joined = lines[begin..=end].iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ");
        if joined.len() > limits::LINE / 2 {
            break;
        }
        let lower = joined.to_lowercase();
        let begins = begins_as_such(&lower);
        if !is_attribution(&lower, begins, before_quote && begin == end) {
            continue;
        }
        // One that begins the right way is whole; one that does not may lack its first line.
        if begins {
            return Some(begin);
        }
        let best = if lower.contains('@') && lower.bytes().any(|b| b.is_ascii_digit()) { &mut strong } else { &mut weak };
        best.get_or_insert(begin);
    }
    strong.or(weak)
}

fn begins_as_such(lower: &str) -> bool {
    let lower = lower.trim_start_matches(['*', '-', '_', '"', '\u{200e}', '\u{200f}', ' ']);
    lower.starts_with(|c: char| c.is_ascii_digit()) || BEGINS.iter().any(|word| lower.starts_with(word))
}

fn is_attribution(lower: &str, begins: bool, before_quote: bool) -> bool {
    let wrote = WROTE.said_in(lower);
    let digits = lower.chars().filter(char::is_ascii_digit).count();
    let address = lower.contains('@');
    let closes = lower.trim_end_matches([':', '：', ' ']).ends_with('>');
    match (wrote, digits) {
        // "On 24.11.2026 10:00, Ada wrote:"
        (true, 3..) => begins || address || before_quote,
        (true, _) => before_quote || (begins && address),
        // "2026年11月24日(火) 10:00 Ada <ada@…>:" says no verb; six digits make a date.
        (false, 6..) => address && closes && (begins || before_quote),
        (false, _) => before_quote && address && closes,
    }
}

#[cfg(test)]
mod tests {
    fn left(text: &str) -> String {
        crate::reply::strip(text)
    }

    #[test]
    fn in_the_languages_of_mail_programs() {
        for line in [
            "On Tue, Nov 24, 2026 at 10:00 AM Jobs <jobs@x.example> wrote:",
            "Am Di., 24. Nov. 2026 um 10:00 Uhr schrieb Jobs <jobs@x.example>:",
            "Jobs <jobs@x.example> schrieb am Di., 24. Nov. 2026, 10:00:",
            "Le mar. 24 nov. 2026 à 10:00, Jobs <jobs@x.example> a écrit :",
            "El mar, 24 nov 2026 a las 10:00, Jobs (<jobs@x.example>) escribió:",
            "Il giorno mar 24 nov 2026 alle ore 10:00 Jobs <jobs@x.example> ha scritto:",
            "Em ter., 24 de nov. de 2026 às 10:00, Jobs <jobs@x.example> escreveu:",
            "Op di 24 nov 2026 om 10:00 schreef Jobs <jobs@x.example>:",
            "Den tis 24 nov. 2026 kl 10:00 skrev Jobs <jobs@x.example>:",
            "tir. 24. nov. 2026 kl. 10:00 skrev Jobs <jobs@x.example>:",
            "ti 24. marrask. 2026 klo 10.00 Jobs (jobs@x.example) kirjoitti:",
            "wt., 24 lis 2026 o 10:00 Jobs <jobs@x.example> napisał(a):",
            "út 24. 11. 2026 v 10:00 odesílatel Jobs <jobs@x.example> napsal:",
            "вт, 24 нояб. 2026 г. в 10:00, Jobs <jobs@x.example>:",
            "Jobs <jobs@x.example>, 24 Kas 2026 Sal, 10:00 tarihinde şunu yazdı:",
            "Jobs <jobs@x.example> 于2026年11月24日周二 10:00写道：",
            "2026年11月24日(火) 10:00 Jobs <jobs@x.example>:",
            "2026년 11월 24일 (화) 오전 10:00, Jobs <jobs@x.example>님이 작성:",
            "Jobs <jobs@x.example> ezt írta (időpont: 2026. nov. 24., K, 10:00):",
            "Στις Τρί 24 Νοε 2026 στις 10:00 π.μ., ο χρήστης Jobs <jobs@x.example> έγραψε:",
            "ב-יום ג׳, 24 בנוב׳ 2026 ב-10:00 מאת Jobs‏ <jobs@x.example‏>:",
        ] {
            for quote in ["> Hello\n> there", "\n> Hello"] {
                assert_eq!(left(&format!("Yes.\n\n{line}\n{quote}\n")), "Yes.", "{line}");
            }
        }
    }

    #[test]
    fn wrapped_lines_and_unmarked_quotes() {
        assert_eq!(left("Yes.\n\nOn Tue, Nov 24, 2026 at 10:00 AM Jobs\n<reply+2a3b4c@x.example> wrote:\n\n> Hello"), "Yes.");
        assert_eq!(left("Yes.\n\nOn Tue, Nov 24, 2026 at 10:00 AM Jobs <reply+2a3b4c@x.example>\nwrote:\n\nHello\nthere"), "Yes.");
    }

    #[test]
    fn people_write_that_somebody_wrote() {
        for words in ["My boss wrote:\nshe is good", "On page 3 I wrote about it:\nplease read it", "He wrote: come at 10:00."] {
            assert_eq!(left(words), words);
        }
    }
}
