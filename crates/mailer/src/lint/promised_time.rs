//! A time that a template promises in its own words. Nobody keeps it: what is kept is the stored date, which `promised_by` prints.

use hearback_domain::locale::Locale;

use super::words::{Token, find};

/// How long: `two weeks`, `3 working days`.
const fn numbers(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => {
            &["one", "two", "three", "four", "five", "six", "seven", "eight", "ten", "fourteen", "few", "couple", "several", "a", "an"]
        }
        Locale::De => &[
            "ein", "eine", "einem", "einer", "eines", "einen", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "zehn",
            "vierzehn", "wenige", "wenigen", "weniger", "paar", "einige", "einigen", "einiger",
        ],
        Locale::Fr => {
            &["un", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "dix", "quinze", "quelques", "plusieurs", "quinzaine"]
        }
        Locale::Es => &[
            "un", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "diez", "quince", "unos", "unas", "pocos", "pocas",
            "par",
        ],
    }
}

const fn units(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => &["hour", "hours", "day", "days", "week", "weeks", "month", "months", "fortnight"],
        Locale::De => &[
            "stunde",
            "stunden",
            "tag",
            "tage",
            "tagen",
            "werktage",
            "werktagen",
            "arbeitstage",
            "arbeitstagen",
            "woche",
            "wochen",
            "monat",
            "monate",
            "monaten",
        ],
        Locale::Fr => &["heure", "heures", "jour", "jours", "semaine", "semaines", "mois"],
        Locale::Es => &["hora", "horas", "día", "días", "semana", "semanas", "mes", "meses"],
    }
}

const fn months(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => {
            &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
        }
        Locale::De => &[
            "januar",
            "jänner",
            "februar",
            "märz",
            "april",
            "mai",
            "juni",
            "juli",
            "august",
            "september",
            "oktober",
            "november",
            "dezember",
        ],
        Locale::Fr => {
            &["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
        }
        Locale::Es => {
            &["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]
        }
    }
}

/// Without a number.
const fn phrases(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::En => &[
            "soon",
            "shortly",
            "in due course",
            "tomorrow",
            "next week",
            "next month",
            "this week",
            "coming days",
            "coming weeks",
            "next * days",
            "next * weeks",
            "within * hours",
            "within * days",
            "within * weeks",
            "by the end of",
            "by monday",
            "by tuesday",
            "by wednesday",
            "by thursday",
            "by friday",
            "right away",
            "immediately",
            "promptly",
        ],
        Locale::De => &[
            "bald",
            "in kürze",
            "in bälde",
            "demnächst",
            "zeitnah",
            "umgehend",
            "schnellstmöglich",
            "so schnell wie möglich",
            "so bald wie möglich",
            "sobald wie möglich",
            "nächste woche",
            "nächsten woche",
            "kommende woche",
            "kommenden woche",
            "nächsten * tagen",
            "nächsten * wochen",
            "kommenden tagen",
            "kommenden wochen",
            "bis ende",
            "bis montag",
            "bis freitag",
        ],
        Locale::Fr => &[
            "bientôt",
            "prochainement",
            "sous peu",
            "meilleurs délais",
            "plus brefs délais",
            "au plus vite",
            "dès que possible",
            "rapidement",
            "demain",
            "semaine prochaine",
            "mois prochain",
            "prochains jours",
            "prochaines semaines",
            "d ici la fin",
            "avant la fin",
        ],
        Locale::Es => &[
            "pronto",
            "en breve",
            "próximamente",
            "lo antes posible",
            "cuanto antes",
            "a la mayor brevedad",
            "inmediatamente",
            "próxima semana",
            "próximo mes",
            "próximos días",
            "próximas semanas",
            "semana que viene",
            "antes del fin",
            "antes de fin",
            "a finales de",
        ],
    }
}

pub(super) fn said(tokens: &[Token], locale: Locale) -> Vec<(usize, String)> {
    let mut said: Vec<(usize, String)> = phrases(locale).iter().filter_map(|phrase| find(tokens, phrase)).collect();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word { text: number, line } = token else { continue };
        let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits && !numbers(locale).contains(&number.as_str()) {
            continue;
        }
        // `two to three working days`, `7 de diciembre`, and `7. Dezember`, where the dot ends nothing.
        let following: Vec<&str> = tokens[at + 1..]
            .iter()
            .filter_map(|token| match token {
                Token::Word { text, .. } => Some(text.as_str()),
                Token::End => None,
            })
            .take(4)
            .collect();
        let unit = following.iter().take(if is_digits { 4 } else { 2 }).position(|word| units(locale).contains(word));
        let month = if is_digits { following.iter().take(2).position(|word| months(locale).contains(word)) } else { None };
        if let Some(last) = unit.or(month) {
            said.push((*line, format!("{number} {}", following[..=last].join(" "))));
        }
    }
    said
}
