//! "Sent from my phone": the last line of what a person wrote, written by their mail program.

use super::Fate;
use crate::html::Line;

/// How such lines begin, in lower case.
const BEGINS: &[&str] = &[
    "sent from my ",
    "sent from mail for windows",
    "sent from outlook",
    "sent from yahoo mail",
    "sent from samsung",
    "sent from proton",
    "sent from aol",
    "sent from mailbird",
    "sent from spark",
    "sent from gmail",
    "sent from a mobile",
    "sent from nine",
    "sent from workspace",
    "sent from android",
    "sent from iphone",
    "sent from blackberry",
    "sent from my",
    "sent via ",
    "sent with proton",
    "sent with spark",
    "sent with tuta",
    "sent with mailspring",
    "sent with shortwave",
    "sent using ",
    "sent on the go",
    "get outlook for ",
    "download outlook",
    "outlook for ios",
    "outlook for android",
    "secured with tuta",
    "yahoo mail: ",
    "von meinem ",
    "von meiner ",
    "von unterwegs gesendet",
    "gesendet von ",
    "gesendet mit ",
    "gesendet über ",
    "diese nachricht wurde von meinem android",
    "diese nachricht wurde mit der",
    "holen sie sich outlook",
    "outlook für ios",
    "outlook für android",
    "sicher gesendet mit",
    "envoyé de mon ",
    "envoyé depuis ",
    "envoyé à partir de ",
    "envoyé avec ",
    "envoyé via ",
    "télécharger outlook",
    "obtenir outlook",
    "obtenez outlook",
    "provenance : courrier",
    "enviado desde ",
    "enviado con ",
    "enviado mediante ",
    "obtener outlook",
    "descargar outlook",
    "enviado do meu ",
    "enviado a partir ",
    "enviado pelo ",
    "enviado com ",
    "enviado via ",
    "obter o outlook",
    "obtenha o outlook",
    "baixar o outlook",
    "inviato da",
    "inviato dal",
    "inviato con ",
    "ottieni outlook",
    "scarica outlook",
    "verstuurd vanaf ",
    "verzonden vanaf ",
    "verzonden met ",
    "verzonden via ",
    "verstuurd met ",
    "outlook voor ",
    "download outlook voor",
    "outlook downloaden",
    "skickat från ",
    "skickat med ",
    "hämta outlook",
    "skaffa outlook",
    "sendt fra ",
    "sendt med ",
    "hent outlook",
    "få outlook",
    "lähetetty ",
    "hanki outlook",
    "lataa outlook",
    "wysłane z ",
    "wysłano z ",
    "pobierz aplikację outlook",
    "pobierz outlook",
    "uzyskaj aplikację outlook",
    "odesláno z ",
    "odesláno pomocí",
    "získejte outlook",
    "stáhnout outlook",
    "odoslané z ",
    "elküldve ",
    "küldve ",
    "outlook beszerzése",
    "trimis de pe ",
    "trimis din ",
    "obțineți outlook",
    "отправлено с ",
    "отправлено из ",
    "отправлено от ",
    "получить outlook",
    "надіслано з ",
    "відправлено з ",
    "στάλθηκε από ",
    "αποκτήστε το outlook",
    "发自我的",
    "发送自",
    "来自我的",
    "從我的",
    "获取 outlook",
    "從 iphone",
    "寄件者：我的",
    "传送自",
    "傳送自",
    "取得 outlook",
    "outlook for ios を入手",
    "나의 iphone",
    "내 iphone",
    "내 갤럭시",
    "נשלח מ",
    "تم الإرسال من",
    "أُرسلت من",
    "احصل على outlook",
    "đã gửi từ ",
    "được gửi từ",
    "dikirim dari ",
    "outlook'u edinin",
];

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
