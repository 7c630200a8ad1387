//! "Sent from my phone": the last line of what a person wrote, written by their mail program.

use super::Fate;
use crate::{
    html::Line,
    phrases::{Phrases, phrases},
};

/// How such lines begin, in lower case.
static BEGINS: Phrases = phrases!("reply-devices");

/// Where the device stands first.
const ENDS: &[&str] =
    &["から送信", "から送信しました", "에서 보냄", "gönderildi", "gesendet", "を入手", "gönderilmiştir", "ile gönderildi", "lähetetty"];

const DEVICES: &[&str] = &[
    "iphone",
    "ipad",
    "android",
    "galaxy",
    "samsung",
    "handy",
    "smartphone",
    "mobil",
    "outlook",
    "blackberry",
    "huawei",
    "xiaomi",
    "telefon",
    "tablet",
    "mac",
    "windows",
    "gmx",
    "web.de",
    "mail",
    "proton",
    "nokia",
    "pixel",
    "手机",
    "スマートフォン",
    "携帯",
];

pub(super) fn mark(lines: &[Line], fates: &mut [Fate]) {
    for at in (0..lines.len()).rev() {
        if fates[at] == Fate::Words && is_last(lines, fates, at) && is_device(&lines[at].text) {
            fates[at] = Fate::Signature;
        }
    }
}

/// Nothing of the same hand comes after it.
fn is_last(lines: &[Line], fates: &[Fate], at: usize) -> bool {
    (at + 1..lines.len()).find(|&next| !lines[next].text.trim().is_empty()).is_none_or(|next| fates[next] != Fate::Words)
}

fn is_device(line: &str) -> bool {
    let line = line.trim().trim_matches(['*', '_', '<', '>', '[', ']', '-', '–', '—', ' ', '.', '。', '!', '\u{200f}', '\u{200e}']);
    // Links behind the words, as text parts show them: `Outlook<https://…>`, `[Proton Mail](https://…)`.
    let lower = line.to_lowercase().replace(['[', ']', '*', '_'], "");
    let lower = lower.as_str();
    let words = ["<http", "(http", "http"].iter().fold(lower, |words, link| words.split(link).next().unwrap_or_default()).trim();
    if words.is_empty() || words.chars().count() > 90 || words.contains(". ") || words.contains('?') {
        return false;
    }
    let begins = BEGINS.iter().any(|begin| lower.starts_with(begin));
    let ends = ENDS.iter().any(|end| words.ends_with(end));
    begins && (names_a_device(words) || words.chars().count() <= 40) || (ends && names_a_device(words))
}

fn names_a_device(words: &str) -> bool {
    DEVICES.iter().any(|device| words.contains(device))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_last_line_of_a_program_goes_and_a_persons_stays() {
        let left = crate::reply::strip;
        for line in [
            "Sent from my iPhone",
            "Get Outlook for iOS<https://aka.ms/o0ukef>",
            "Sent from Yahoo Mail on Android",
            "Von meinem iPhone gesendet",
            "Gesendet mit der GMX Mail App",
            "Diese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet.",
            "Envoyé de mon iPhone",
            "Enviado desde mi iPhone",
            "Enviado do meu iPhone",
            "Inviato da iPhone",
            "Verstuurd vanaf mijn iPhone",
            "Skickat från min iPhone",
            "Lähetetty iPhonesta",
            "Wysłane z iPhone'a",
            "Odesláno z iPhonu",
            "Отправлено с iPhone",
            "iPhoneから送信",
            "发自我的iPhone",
            "나의 iPhone에서 보냄",
            "iPhone'umdan gönderildi",
            "נשלח מה-iPhone שלי",
            "Sent with Proton Mail secure email.",
            "Sent from my Galaxy",
        ] {
            assert_eq!(left(&format!("Yes.\n\n{line}\n\n> quoted\n")), "Yes.", "{line}");
        }
        for words in [
            "Sent from my old address, which nobody reads any more? Use this one.",
            "I sent it from my phone",
            "Von meiner Seite passt der Termin am Montag, ich freue mich sehr auf das Gespräch mit Ihnen",
            "Yes.\nSent from my heart. And more.",
        ] {
            assert_eq!(left(words), words);
        }
    }
}
