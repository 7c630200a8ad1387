//! A time zone as people call it: by the city that it is named after.

use chrono_tz::Tz;

use super::Locale;

/// `Berlin time` · `Ortszeit Berlin` · `heure de Berlin` · `hora de Berlín`; a zone that is named after no city goes by its own name.
pub fn zone_name(locale: Locale, zone: Tz) -> String {
    let Some(city) = city(locale, zone) else { return zone.name().to_owned() };
    match locale {
        Locale::En => format!("{city} time"),
        Locale::De => format!("Ortszeit {city}"),
        Locale::Fr => format!("heure {}", french_of(&city)),
        Locale::Es => format!("hora de {city}"),
    }
}

/// Areas of the IANA database whose zones bear the names of cities. The others (`Etc`, `US`, `CET`) do not.
const AREAS: [&str; 10] = ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

fn city(locale: Locale, zone: Tz) -> Option<String> {
    let (area, rest) = zone.name().split_once('/')?;
    if !AREAS.contains(&area) {
        return None;
    }
    let name = rest.rsplit('/').next().unwrap_or(rest);
    let known = CITIES.iter().find(|(known, ..)| *known == name);
    Some(known.map_or_else(
        || name.replace('_', " "),
        |(_, en, de, fr, es)| {
            match locale {
                Locale::En => *en,
                Locale::De => *de,
                Locale::Fr => *fr,
                Locale::Es => *es,
            }
            .to_owned()
        },
    ))
}

/// `d’Athènes`, `du Caire`, `des Canaries`, `de La Havane`.
fn french_of(city: &str) -> String {
    if let Some(rest) = city.strip_prefix("Le ") {
        return format!("du {rest}");
    }
    if let Some(rest) = city.strip_prefix("Les ") {
        return format!("des {rest}");
    }
    let is_elided = city.chars().next().is_some_and(|first| "AEIOUÉÈÊÎÔÂ".contains(first));
    // Helsinki and Honolulu have a mute h in French; Hong Kong, Hô-Chi-Minh and the like do not.
    if is_elided || city.starts_with("Helsinki") || city.starts_with("Honolulu") { format!("d’{city}") } else { format!("de {city}") }
}

/// Cities that one of the languages calls otherwise than the database does (CLDR's exemplar cities): its name, then en, de, fr, es.
const CITIES: &[(&str, &str, &str, &str, &str)] = &[
    ("Algiers", "Algiers", "Algier", "Alger", "Argel"),
    ("Athens", "Athens", "Athen", "Athènes", "Atenas"),
    ("Baghdad", "Baghdad", "Bagdad", "Bagdad", "Bagdad"),
    ("Beirut", "Beirut", "Beirut", "Beyrouth", "Beirut"),
    ("Belgrade", "Belgrade", "Belgrad", "Belgrade", "Belgrado"),
    ("Berlin", "Berlin", "Berlin", "Berlin", "Berlín"),
    ("Bogota", "Bogotá", "Bogotá", "Bogota", "Bogotá"),
    ("Brussels", "Brussels", "Brüssel", "Bruxelles", "Bruselas"),
    ("Bucharest", "Bucharest", "Bukarest", "Bucarest", "Bucarest"),
    ("Cairo", "Cairo", "Kairo", "Le Caire", "El Cairo"),
    ("Calcutta", "Kolkata", "Kalkutta", "Calcutta", "Calcuta"),
    ("Canary", "Canary Islands", "Kanarische Inseln", "Les Canaries", "Canarias"),
    ("Cayenne", "Cayenne", "Cayenne", "Cayenne", "Cayena"),
    ("Chisinau", "Chișinău", "Chișinău", "Chișinău", "Chisináu"),
    ("Copenhagen", "Copenhagen", "Kopenhagen", "Copenhague", "Copenhague"),
    ("Damascus", "Damascus", "Damaskus", "Damas", "Damasco"),
    ("Dubai", "Dubai", "Dubai", "Dubaï", "Dubái"),
    ("Dublin", "Dublin", "Dublin", "Dublin", "Dublín"),
    ("Havana", "Havana", "Havanna", "La Havane", "La Habana"),
    ("Ho_Chi_Minh", "Ho Chi Minh City", "Ho-Chi-Minh-Stadt", "Hô-Chi-Minh-Ville", "Ciudad Ho Chi Minh"),
    ("Hong_Kong", "Hong Kong", "Hongkong", "Hong Kong", "Hong Kong"),
    ("Istanbul", "Istanbul", "Istanbul", "Istanbul", "Estambul"),
    ("Jerusalem", "Jerusalem", "Jerusalem", "Jérusalem", "Jerusalén"),
    ("Johannesburg", "Johannesburg", "Johannesburg", "Johannesburg", "Johannesburgo"),
    ("Kathmandu", "Kathmandu", "Kathmandu", "Katmandou", "Katmandú"),
    ("Kiev", "Kyiv", "Kyjiw", "Kyiv", "Kiev"),
    ("Kolkata", "Kolkata", "Kolkata", "Kolkata", "Calcuta"),
    ("Kyiv", "Kyiv", "Kyjiw", "Kyiv", "Kiev"),
    ("Lisbon", "Lisbon", "Lissabon", "Lisbonne", "Lisboa"),
    ("Ljubljana", "Ljubljana", "Ljubljana", "Ljubljana", "Liubliana"),
    ("London", "London", "London", "Londres", "Londres"),
    ("Luxembourg", "Luxembourg", "Luxemburg", "Luxembourg", "Luxemburgo"),
    ("Mexico_City", "Mexico City", "Mexiko-Stadt", "Mexico", "Ciudad de México"),
    ("Montreal", "Montréal", "Montreal", "Montréal", "Montreal"),
    ("Moscow", "Moscow", "Moskau", "Moscou", "Moscú"),
    ("New_York", "New York", "New York", "New York", "Nueva York"),
    ("Nicosia", "Nicosia", "Nikosia", "Nicosie", "Nicosia"),
    ("Panama", "Panama", "Panama", "Panama", "Panamá"),
    ("Paris", "Paris", "Paris", "Paris", "París"),
    ("Prague", "Prague", "Prag", "Prague", "Praga"),
    ("Reunion", "Réunion", "Réunion", "La Réunion", "Reunión"),
    ("Reykjavik", "Reykjavik", "Reykjavík", "Reykjavik", "Reikiavik"),
    ("Riyadh", "Riyadh", "Riad", "Riyad", "Riad"),
    ("Rome", "Rome", "Rom", "Rome", "Roma"),
    ("Santo_Domingo", "Santo Domingo", "Santo Domingo", "Saint-Domingue", "Santo Domingo"),
    ("Sao_Paulo", "São Paulo", "São Paulo", "São Paulo", "São Paulo"),
    ("Seoul", "Seoul", "Seoul", "Séoul", "Seúl"),
    ("Shanghai", "Shanghai", "Shanghai", "Shanghai", "Shanghái"),
    ("Singapore", "Singapore", "Singapur", "Singapour", "Singapur"),
    ("Skopje", "Skopje", "Skopje", "Skopje", "Skopie"),
    ("Sofia", "Sofia", "Sofia", "Sofia", "Sofía"),
    ("Stockholm", "Stockholm", "Stockholm", "Stockholm", "Estocolmo"),
    ("Taipei", "Taipei", "Taipeh", "Taipei", "Taipéi"),
    ("Tallinn", "Tallinn", "Tallinn", "Tallinn", "Tallin"),
    ("Tbilisi", "Tbilisi", "Tiflis", "Tbilissi", "Tiflis"),
    ("Tehran", "Tehran", "Teheran", "Téhéran", "Teherán"),
    ("Tirane", "Tirana", "Tirana", "Tirana", "Tirana"),
    ("Tokyo", "Tokyo", "Tokio", "Tokyo", "Tokio"),
    ("Tripoli", "Tripoli", "Tripolis", "Tripoli", "Trípoli"),
    ("Vatican", "Vatican", "Vatikan", "Le Vatican", "El Vaticano"),
    ("Vienna", "Vienna", "Wien", "Vienne", "Viena"),
    ("Vilnius", "Vilnius", "Vilnius", "Vilnius", "Vilna"),
    ("Warsaw", "Warsaw", "Warschau", "Varsovie", "Varsovia"),
    ("Yerevan", "Yerevan", "Eriwan", "Erevan", "Ereván"),
    ("Zurich", "Zurich", "Zürich", "Zurich", "Zúrich"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_goes_by_its_city_in_every_language() {
        for (zone, expected) in [
            (Tz::Europe__Vienna, ["Vienna time", "Ortszeit Wien", "heure de Vienne", "hora de Viena"]),
            (Tz::Europe__Athens, ["Athens time", "Ortszeit Athen", "heure d’Athènes", "hora de Atenas"]),
            (Tz::Africa__Cairo, ["Cairo time", "Ortszeit Kairo", "heure du Caire", "hora de El Cairo"]),
            (Tz::America__Havana, ["Havana time", "Ortszeit Havanna", "heure de La Havane", "hora de La Habana"]),
            (Tz::Europe__Helsinki, ["Helsinki time", "Ortszeit Helsinki", "heure d’Helsinki", "hora de Helsinki"]),
            (Tz::America__Los_Angeles, ["Los Angeles time", "Ortszeit Los Angeles", "heure de Los Angeles", "hora de Los Angeles"]),
            (
                Tz::America__Argentina__Buenos_Aires,
                ["Buenos Aires time", "Ortszeit Buenos Aires", "heure de Buenos Aires", "hora de Buenos Aires"],
            ),
            (Tz::UTC, ["UTC"; 4]),
            (Tz::Etc__GMTPlus5, ["Etc/GMT+5"; 4]),
            (Tz::US__Eastern, ["US/Eastern"; 4]),
        ] {
            assert_eq!([0, 1, 2, 3].map(|at| zone_name(Locale::ALL[at], zone)), expected);
        }
    }

    #[test]
    fn no_zone_of_the_database_is_without_a_name_and_no_city_is_listed_twice() {
        for locale in Locale::ALL {
            assert!(chrono_tz::TZ_VARIANTS.iter().all(|zone| !zone_name(*locale, *zone).contains('_')));
        }
        for (at, (name, ..)) in CITIES.iter().enumerate() {
            assert!(CITIES[at + 1..].iter().all(|(other, ..)| other != name), "{name}");
            assert!(chrono_tz::TZ_VARIANTS.iter().any(|zone| zone.name().rsplit('/').next() == Some(*name)), "{name}");
        }
    }
}
