//! When people have their daily digest, and by whose clocks.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// `08:00`, a whole hour; or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DigestTime(pub Option<u32>);

/// `Europe/Berlin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(pub Tz);

impl Default for DigestTime {
    fn default() -> Self {
        Self(Some(8))
    }
}

impl TryFrom<String> for DigestTime {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        if given == "off" {
            return Ok(Self(None));
        }
        let hour = given.strip_suffix(":00").filter(|hour| (1..=2).contains(&hour.len())).and_then(|hour| hour.parse::<u32>().ok());
        hour.filter(|hour| *hour < 24)
            .map(|hour| Self(Some(hour)))
            .ok_or_else(|| format!("`{given}` is no hour of the day; write 08:00, or off"))
    }
}

impl From<DigestTime> for String {
    fn from(DigestTime(hour): DigestTime) -> Self {
        hour.map_or_else(|| "off".to_owned(), |hour| format!("{hour:02}:00"))
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(given: String) -> Result<Self, String> {
        given.parse().map(Self).map_err(|_| format!("`{given}` is no time zone; write one of the IANA database such as Europe/Berlin"))
    }
}

impl From<Zone> for String {
    fn from(Zone(zone): Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_comes_at_a_whole_hour_or_not_at_all() {
        let read = |text: &str| DigestTime::try_from(text.to_owned()).map(|time| time.0);
        assert_eq!(read("08:00"), Ok(Some(8)));
        assert_eq!(read("7:00"), Ok(Some(7)));
        assert_eq!(read("23:00"), Ok(Some(23)));
        assert_eq!(read("off"), Ok(None));
        for wrong in ["", "8", "24:00", "08:30", "-1:00", "+8:00:00", "eight"] {
            assert!(read(wrong).unwrap_err().contains("08:00"), "{wrong}");
        }
        assert_eq!(String::from(DigestTime(Some(8))), "08:00");
        assert_eq!(String::from(DigestTime(None)), "off");
    }

    #[test]
    fn a_zone_is_one_of_the_database() {
        assert_eq!(Zone::try_from("Europe/Berlin".to_owned()).map(String::from), Ok("Europe/Berlin".to_owned()));
        assert!(Zone::try_from("Berlin".to_owned()).unwrap_err().contains("Europe/Berlin"));
    }
}
