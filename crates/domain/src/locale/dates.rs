//! Dates as people write them out: weekday, day and month in words, in the reader's own time zone.

use chrono::{DateTime, Datelike, Month, Timelike, Utc, Weekday};
use chrono_tz::Tz;

use super::{Locale, zone_name};

/// `Monday, 7 December 2026` · `Montag, 7. Dezember 2026` · `lundi 7 décembre 2026` · `lunes 7 de diciembre de 2026`. Where a language
/// puts a word in front (`le`, `el`, `bis`), the sentence has it.
pub fn long_date(locale: Locale, moment: DateTime<Utc>, zone: Tz) -> String {
    let date = moment.with_timezone(&zone);
    let (weekday, day, year) = (weekday(locale, date.weekday()), date.day(), date.year());
    let month = month(locale, Month::try_from(date.month() as u8).expect("a date has one of twelve months"));
    match locale {
        Locale::En => format!("{weekday}, {day} {month} {year}"),
        Locale::De => format!("{weekday}, {day}. {month} {year}"),
        // The first is the only ordinal: le 1er décembre.
        Locale::Fr => format!("{weekday} {day}{} {month} {year}", if day == 1 { "er" } else { "" }),
        Locale::Es => format!("{weekday} {day} de {month} de {year}"),
    }
}

/// The same with the time, and whose time that is: `Monday, 7 December 2026 at 10:30 (Berlin time)`.
pub fn date_and_time(locale: Locale, moment: DateTime<Utc>, zone: Tz) -> String {
    let local = moment.with_timezone(&zone);
    let (date, zone, hour, minute) = (long_date(locale, moment, zone), zone_name(locale, zone), local.hour(), local.minute());
    match locale {
        Locale::En => format!("{date} at {hour:02}:{minute:02} ({zone})"),
        Locale::De => format!("{date}, {hour}:{minute:02} Uhr ({zone})"),
        Locale::Fr => format!("{date} à {hour}\u{a0}h\u{a0}{minute:02} ({zone})"),
        // One o'clock is singular.
        Locale::Es => format!("{date} a {} {hour}:{minute:02} ({zone})", if hour == 1 { "la" } else { "las" }),
    }
}

const fn weekday(locale: Locale, day: Weekday) -> &'static str {
    let names = match locale {
        Locale::En => ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        Locale::De => ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        Locale::Fr => ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        Locale::Es => ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    };
    names[day as usize]
}

const fn month(locale: Locale, month: Month) -> &'static str {
    let names = match locale {
        Locale::En => {
            ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
        }
        Locale::De => {
            ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
        }
        Locale::Fr => {
            ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
        }
        Locale::Es => {
            ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]
        }
    };
    names[month as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn a_date_is_the_readers_own_day_in_the_readers_own_words() {
        let just_before_midnight = at("2026-12-06T23:30:00Z");
        for (locale, in_berlin, in_toronto) in [
            (Locale::En, "Monday, 7 December 2026", "Sunday, 6 December 2026"),
            (Locale::De, "Montag, 7. Dezember 2026", "Sonntag, 6. Dezember 2026"),
            (Locale::Fr, "lundi 7 décembre 2026", "dimanche 6 décembre 2026"),
            (Locale::Es, "lunes 7 de diciembre de 2026", "domingo 6 de diciembre de 2026"),
        ] {
            assert_eq!(long_date(locale, just_before_midnight, Tz::Europe__Berlin), in_berlin);
            assert_eq!(long_date(locale, just_before_midnight, Tz::America__Toronto), in_toronto);
        }
    }

    #[test]
    fn the_first_of_a_month_is_an_ordinal_in_french() {
        assert_eq!(long_date(Locale::Fr, at("2026-03-01T12:00:00Z"), Tz::UTC), "dimanche 1er mars 2026");
        assert_eq!(long_date(Locale::Fr, at("2026-03-11T12:00:00Z"), Tz::UTC), "mercredi 11 mars 2026");
    }

    #[test]
    fn every_day_and_month_has_its_own_name() {
        for locale in Locale::ALL {
            let year: std::collections::BTreeSet<String> = (0..365)
                .map(|day| long_date(*locale, at("2026-01-01T12:00:00Z") + chrono::TimeDelta::days(day), Tz::UTC))
                .flat_map(|date| date.split([' ', ',']).map(str::to_owned).collect::<Vec<_>>())
                .filter(|word| word.len() > 2 && word.chars().all(char::is_alphabetic))
                .collect();
            assert_eq!(year.len(), 19, "{locale}: {year:?}");
        }
    }

    #[test]
    fn a_time_says_whose_it_is() {
        let half_past = at("2026-07-01T23:05:00Z");
        for (locale, expected) in [
            (Locale::En, "Thursday, 2 July 2026 at 01:05 (Berlin time)"),
            (Locale::De, "Donnerstag, 2. Juli 2026, 1:05 Uhr (Ortszeit Berlin)"),
            (Locale::Fr, "jeudi 2 juillet 2026 à 1\u{a0}h\u{a0}05 (heure de Berlin)"),
            (Locale::Es, "jueves 2 de julio de 2026 a la 1:05 (hora de Berlín)"),
        ] {
            assert_eq!(date_and_time(locale, half_past, Tz::Europe__Berlin), expected);
        }
        assert!(date_and_time(Locale::Es, half_past, Tz::UTC).ends_with("a las 23:05 (UTC)"));
    }
}
