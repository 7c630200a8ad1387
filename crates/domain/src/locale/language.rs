//! From what people and browsers say about languages to one that we write.

use std::{cmp::Reverse, str::FromStr};

use super::Locale;

/// What is no language tag at all (RFC 5646, section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a language tag (BCP 47), such as de or de-AT")]
pub struct InvalidLanguage;

/// A language that somebody named, by a well-formed tag; we may not write it.
///
/// ```
/// use hearback_domain::locale::{Language, Locale};
///
/// assert_eq!("de-AT".parse::<Language>()?.locale(), Some(Locale::De));
/// assert_eq!("it".parse::<Language>()?.locale(), None);
/// # Ok::<(), hearback_domain::locale::InvalidLanguage>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language(Option<Locale>);

/// A browser names a handful; a longer list is nobody's.
const MOST_RANGES: usize = 32;

impl Language {
    pub const fn locale(self) -> Option<Locale> {
        self.0
    }

    /// The language that an `Accept-Language` header prefers among ours (RFC 9110, section 12.5.4), if it names any. `*` says nothing
    /// about what somebody reads. What cannot be read is passed over: browsers and their extensions send all sorts of things.
    pub fn accepted(header: &str) -> Option<Locale> {
        let mut ranges: Vec<(Locale, u16)> = header.split(',').take(MOST_RANGES).filter_map(range).collect();
        // Stable, so that among equals the first counts.
        ranges.sort_by_key(|(_, weight)| Reverse(*weight));
        ranges.first().map(|(locale, _)| *locale)
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    /// By lookup (RFC 4647, section 3.4): the most exact tag that we write, so region, script and the rest are cut off from the end.
    fn from_str(tag: &str) -> Result<Self, InvalidLanguage> {
        let tag = tag.trim();
        // The POSIX way, as in `de_AT`, is what some programs have at hand.
        let mut subtags = tag.split(['-', '_']);
        let primary = subtags.next().ok_or(InvalidLanguage)?.to_ascii_lowercase();
        // `x-…` is private, and `i-…` are a few names of the past: tags all the same.
        let is_primary = primary.bytes().all(|byte| byte.is_ascii_alphabetic()) && matches!(primary.len(), 1..=8);
        let is_subtag = |subtag: &str| matches!(subtag.len(), 1..=8) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_primary || !subtags.all(is_subtag) {
            return Err(InvalidLanguage);
        }
        // The three-letter codes of ISO 639-2 name the same languages, and are not what BCP 47 asks for; some programs send them.
        let two_letters = match primary.as_str() {
            "eng" => "en",
            "deu" | "ger" => "de",
            "fra" | "fre" => "fr",
            "spa" => "es",
            other => other,
        };
        Ok(Self(two_letters.parse().ok()))
    }
}

/// One of a list: a language of ours and its weight in thousandths. `q=0` is a language that is not wanted.
fn range(range: &str) -> Option<(Locale, u16)> {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let locale = tag.parse::<Language>().ok()?.locale()?;
    let weight = match parameters.trim().strip_prefix(['q', 'Q']).map(str::trim_start) {
        Some(weight) => thousandths(weight.strip_prefix('=')?.trim())?,
        None => 1_000,
    };
    (weight > 0).then_some((locale, weight))
}

/// RFC 9110, section 12.4.2: `0.8`, at most three digits behind the point.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if !matches!(whole, "0" | "1") || fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    let thousandths = if whole == "1" { 1_000 + fraction } else { fraction };
    (thousandths <= 1_000).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_means_the_most_exact_language_that_is_written_here() {
        for (tag, expected) in [
            ("de", Some(Locale::De)),
            ("de-AT", Some(Locale::De)),
            ("DE-ch-1996", Some(Locale::De)),
            ("de_CH", Some(Locale::De)),
            ("gsw-CH", None),
            ("fr-CA", Some(Locale::Fr)),
            ("fra", Some(Locale::Fr)),
            ("es-419", Some(Locale::Es)),
            ("es-Latn-MX", Some(Locale::Es)),
            ("en-GB-oxendict", Some(Locale::En)),
            (" en ", Some(Locale::En)),
            ("it", None),
            ("ca-ES", None),
            ("zh-Hant-TW", None),
            ("tlh", None),
            ("x-de", None),
        ] {
            assert_eq!(tag.parse::<Language>().map(Language::locale), Ok(expected), "{tag}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for wrong in ["", " ", "-", "de-", "de--AT", "d3", "deutschland", "de AT", "de;q=1", "de-toolongsubtag", "de\u{0}", "dé", "*"] {
            assert_eq!(wrong.parse::<Language>(), Err(InvalidLanguage), "{wrong:?}");
        }
    }

    #[test]
    fn of_an_accept_language_the_most_wanted_that_is_written_here_counts() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Locale::De)),
            ("it-IT, it;q=0.9, fr;q=0.5, en;q=0.3", Some(Locale::Fr)),
            ("en;q=0.5, es", Some(Locale::Es)),
            ("es;q=0.8, fr;q=0.8", Some(Locale::Es)),
            ("en;q=0.801, fr;q=0.81", Some(Locale::Fr)),
            ("en;q=0, de;q=0.001", Some(Locale::De)),
            ("en; Q = 0.2 , de ;q=0.4", Some(Locale::De)),
            ("*", None),
            ("*;q=0.9, en;q=0.1", Some(Locale::En)),
            ("it, pl;q=0.3", None),
            ("en;q=0", None),
            ("en;q=2, de;q=0.1", Some(Locale::De)),
            ("en;q=0.1234, de;q=0.1", Some(Locale::De)),
            ("en;level=1, de;q=0.5", Some(Locale::En)),
            ("", None),
            (",,;;q=,de", Some(Locale::De)),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
        assert_eq!(Language::accepted(&("it,".repeat(10_000) + "de")), None, "nobody reads that many");
    }
}
