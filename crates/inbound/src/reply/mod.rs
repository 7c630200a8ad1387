//! What a person wrote, without what their mail program added: the mail that is answered, signatures, "Sent from my phone".
//!
//! A person's words must not get lost: a part is only left out when a program marked it as its own, or it reads as programs write it.
//! When nothing would be left, everything is kept. Greetings and names at the end are words and stay.

mod attribution;
mod device;
mod header_block;
mod separator;
mod signature;
mod source;

use crate::{
    html::Line,
    limits,
    mime::{Part, body},
};

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Words,
    /// Of the mail that is answered or forwarded.
    Quote,
    Signature,
}

/// The words of a mail. Empty only if nobody wrote any.
pub fn text(mail: &Part<'_>) -> String {
    // A picture between two texts is a gap.
    let lines = body(mail).iter().map(source::lines).collect::<Vec<_>>().join(&Line::default());
    strip_lines(lines)
}

/// Only what is surely somebody's own: nothing is kept for want of words. For what is passed on in somebody else's name.
pub fn own_words(mail: &Part<'_>) -> String {
    let lines = body(mail).iter().map(source::lines).collect::<Vec<_>>().join(&Line::default());
    let (lines, fates) = judged(lines);
    write(&lines, &fates, &[Fate::Words])
}

/// The words of a plain text.
pub fn strip(text: &str) -> String {
    strip_lines(source::plain(text, false))
}

fn strip_lines(lines: Vec<Line>) -> String {
    let (lines, fates) = judged(lines);
    let with = |kept: &[Fate]| write(&lines, &fates, kept);
    [with(&[Fate::Words]), with(&[Fate::Words, Fate::Signature])]
        .into_iter()
        .find(|text| has_words(text))
        .unwrap_or_else(|| write_all(&lines))
}

fn judged(mut lines: Vec<Line>) -> (Vec<Line>, Vec<Fate>) {
    // One empty line says as much as many, and nothing that looks for the next words has to walk over thousands.
    lines.dedup_by(|next, last| next.text.trim().is_empty() && last.text.trim().is_empty());
    lines.truncate(limits::LINES);
    let mut fates: Vec<Fate> = lines.iter().map(told_by_markup).collect();
    attribution::mark(&lines, &mut fates);
    cut_after(&lines, &mut fates, |lines, fates| {
        [header_block::begin(lines, fates), separator::begin(lines, fates)].into_iter().flatten().min()
    });
    signature::mark(&lines, &mut fates);
    device::mark(&lines, &mut fates);
    (lines, fates)
}

fn told_by_markup(line: &Line) -> Fate {
    if line.depth > 0 || line.quoted {
        Fate::Quote
    } else if line.signature {
        Fate::Signature
    } else {
        Fate::Words
    }
}

/// From there to the end it is somebody else's mail, without a mark on each line.
fn cut_after(lines: &[Line], fates: &mut [Fate], begin: impl Fn(&[Line], &[Fate]) -> Option<usize>) {
    if let Some(begin) = begin(lines, fates) {
        fates[begin..].fill(Fate::Quote);
    }
}

fn has_words(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace())
}

/// The lines of these fates. Where something was left out, and where the writer left several lines empty, one stays empty.
fn write(lines: &[Line], fates: &[Fate], kept: &[Fate]) -> String {
    let mut text = String::new();
    let mut gap = false;
    for (line, fate) in lines.iter().zip(fates) {
        let words = line.text.trim_end();
        if !kept.contains(fate) || words.trim().is_empty() {
            gap = true;
            continue;
        }
        if !text.is_empty() {
            text.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        text.push_str(words);
    }
    // The first line may be indented as part of a list; spaces before everything say nothing.
    text.trim().to_owned()
}

fn write_all(lines: &[Line]) -> String {
    let marked: Vec<Line> =
        lines.iter().map(|line| Line { text: format!("{}{}", "> ".repeat(line.depth.min(5)), line.text), ..Line::default() }).collect();
    let bare: Vec<Fate> = lines.iter().map(|line| if line.text.trim().is_empty() { Fate::Quote } else { Fate::Words }).collect();
    write(&marked, &bare, &[Fate::Words])
}

/// The next line with words at or after `from`.
fn next_words(lines: &[Line], from: usize) -> Option<usize> {
    (from..lines.len()).find(|&at| !lines[at].text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "[a-zA-Z ,.!?:>-]{0,40}",
            Just("> quoted".to_owned()),
            Just("-- ".to_owned()),
            Just("On Tue, Nov 24, 2026 at 10:00 AM Jobs <jobs@x.example> wrote:".to_owned()),
            Just("-----Original Message-----".to_owned()),
            Just("From: Jobs <jobs@x.example>\nSent: Tuesday\nTo: Ada\nSubject: x".to_owned()),
            Just("Sent from my iPhone".to_owned()),
            Just("________________________________".to_owned()),
            Just(String::new()),
        ];
        proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn never_an_empty_text_where_something_is_written(text in pieces()) {
            let written = source::plain(&text, false).iter().any(|line| has_words(&line.text));
            prop_assert_eq!(has_words(&strip(&text)), written);
        }

        #[test]
        fn words_that_no_program_wrote_stay_as_they_are(words in "[a-z]{1,10}( [a-z]{1,10}){0,8}\\.") {
            prop_assert_eq!(strip(&words), words.clone());
            let answered = format!("{words}\n\nOn Tue, Nov 24, 2026 at 10:00 AM Jobs <jobs@x.example> wrote:\n> Hello\n");
            prop_assert_eq!(strip(&answered), words);
        }
    }
}
