//! What SPF and DMARC records say about our mail, as pure functions of the records.

use super::finding::{Area, Finding, Level};

const AREA: Area = Area::Names;

/// Of the domain of envelope senders (RFC 7208).
pub(super) fn spf(domain: &str, texts: &[String]) -> Finding {
    let is_spf = |text: &&String| {
        let text = text.to_ascii_lowercase();
        text == "v=spf1" || text.starts_with("v=spf1 ")
    };
    let records: Vec<&String> = texts.iter().filter(is_spf).collect();
    let finding = |level, what: &str, advice: &str| Finding::new(AREA, level, format!("{domain} {what}"), advice);
    let record = match records.as_slice() {
        [] => {
            return finding(
                Level::Warning,
                "has no SPF record: others cannot tell our mail from a forger's",
                "add a TXT record that names what sends for it, such as \"v=spf1 include:your-relay.example -all\"",
            );
        }
        [one] => one.to_ascii_lowercase(),
        // Section 4.5.
        _ => {
            return finding(
                Level::Error,
                "has several SPF records, which makes all of them invalid",
                "keep one, and merge the others into it",
            );
        }
    };
    let mut terms = record.split_whitespace().skip(1).peekable();
    if terms.clone().all(|term| matches!(term, "-all" | "~all" | "?all")) && terms.peek().is_some_and(|term| *term == "-all") {
        return finding(
            Level::Error,
            "says by SPF that it sends no mail at all: ours is refused",
            "name the relay in front of -all, such as include:your-relay.example",
        );
    }
    if terms.clone().any(|term| term == "+all" || term == "all") {
        return finding(Level::Warning, "lets the whole world send for it (SPF +all)", "end the record with -all or ~all");
    }
    // Section 4.6.4; nested ones count as well, so this is the least that there are.
    let lookups = ["include:", "a", "mx", "ptr", "exists:", "redirect="];
    let is_lookup = |term: &str| {
        let term = term.trim_start_matches(['+', '-', '~', '?']);
        lookups.iter().any(|lookup| match lookup.strip_suffix([':', '=']) {
            Some(_) => term.starts_with(lookup),
            None => term == *lookup || term.starts_with(&format!("{lookup}:")) || term.starts_with(&format!("{lookup}/")),
        })
    };
    if terms.filter(|term| is_lookup(term)).count() > 10 {
        return finding(
            Level::Error,
            "has an SPF record with more than ten lookups, which makes it invalid",
            "replace some by ip4: and ip6:",
        );
    }
    Finding::ok(AREA, format!("{domain} has an SPF record; see that it names the relay: {record}"))
}

/// Of the domain that applicants see as the sender (RFC 7489), found at `at`. `None` if there is none here.
pub(super) fn dmarc(from: &str, at: &str, envelope: &str, texts: &[String]) -> Option<Finding> {
    let records: Vec<&String> = texts.iter().filter(|text| text.trim_start().to_ascii_lowercase().starts_with("v=dmarc1")).collect();
    let record = match records.as_slice() {
        [] => return None,
        [one] => *one,
        _ => {
            let what = format!("{at} has several DMARC records, which counts as none");
            return Some(Finding::new(AREA, Level::Warning, what, format!("keep one at _dmarc.{at}")));
        }
    };
    let tag = |wanted: &str| {
        let tags = record.split(';').filter_map(|tag| tag.split_once('='));
        let found = tags.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.to_ascii_lowercase())
    };
    let policy = if from == at { tag("p") } else { tag("sp").or_else(|| tag("p")) };
    let Some(policy) = policy.filter(|policy| matches!(policy.as_str(), "none" | "quarantine" | "reject")) else {
        let what = format!("the DMARC record of {at} has no policy that can be read (p=none, quarantine or reject)");
        return Some(Finding::new(AREA, Level::Warning, what, format!("correct it at _dmarc.{at}")));
    };
    let is_strict = tag("aspf").as_deref() == Some("s");
    let is_aligned = is_aligned(from, envelope, at, is_strict);
    if policy != "none" && !is_aligned {
        let done = if policy == "reject" { "refuse" } else { "hide" };
        let what = format!(
            "{from} asks by DMARC to {done} mail that is not aligned (p={policy}), and our envelope sender is at {envelope}: it passes only if \
             the relay signs it with DKIM"
        );
        let advice = format!("see that the relay signs with DKIM as {from}, or take a mail.reply_domain below {from}");
        return Some(Finding::new(AREA, Level::Warning, what, advice));
    }
    let agrees = if is_aligned { "our envelope sender agrees with it" } else { "it refuses nothing" };
    Some(Finding::ok(AREA, format!("{from} has a DMARC policy (p={policy}), and {agrees}")))
}

/// RFC 7489, section 3.1.2. The organisation's own domain is where the record was found, as far as that shows.
fn is_aligned(from: &str, envelope: &str, at: &str, is_strict: bool) -> bool {
    let below = |domain: &str, above: &str| domain == above || domain.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'));
    if is_strict { from == envelope } else { below(envelope, at) || below(from, envelope) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(records: &[&str]) -> Level {
        let texts: Vec<String> = records.iter().map(|text| (*text).to_owned()).collect();
        spf("example.com", &texts).level
    }

    #[test]
    fn an_spf_record_is_judged_by_what_it_does_to_our_mail() {
        assert_eq!(level(&["v=spf1 include:relay.example -all", "google-site-verification=x"]), Level::Ok);
        assert_eq!(level(&["V=SPF1 ip4:192.0.2.1 ~ALL"]), Level::Ok);
        assert_eq!(level(&[]), Level::Warning);
        assert_eq!(level(&["v=spf10 -all", "spf2.0/pra -all"]), Level::Warning);
        assert_eq!(level(&["v=spf1 +all"]), Level::Warning);
        assert_eq!(level(&["v=spf1 -all"]), Level::Error);
        assert_eq!(level(&["v=spf1 a -all", "v=spf1 mx -all"]), Level::Error);
        let eleven = format!("v=spf1 {} -all", "include:x.example ".repeat(11));
        assert_eq!(level(&[&eleven]), Level::Error);
        assert_eq!(level(&["v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 a mx a:x.example mx/24 include:a exists:b redirect=c -all"]), Level::Ok);
    }

    #[test]
    fn a_dmarc_policy_is_held_against_our_envelope_sender() {
        let judged =
            |from: &str, at: &str, envelope: &str, record: &str| dmarc(from, at, envelope, &[record.to_owned()]).map(|found| found.level);
        let of = |envelope: &str, record: &str| judged("example.com", "example.com", envelope, record);
        assert_eq!(of("example.com", "v=DMARC1; p=reject"), Some(Level::Ok));
        assert_eq!(of("replies.example.com", "v=DMARC1;p=reject"), Some(Level::Ok));
        assert_eq!(of("replies.example.com", "v=DMARC1; p=reject; aspf=s"), Some(Level::Warning));
        assert_eq!(of("badexample.com", "v=DMARC1; p=quarantine"), Some(Level::Warning));
        assert_eq!(of("elsewhere.example", "v=DMARC1; p=none"), Some(Level::Ok));
        assert_eq!(of("example.com", "v=DMARC1; rua=mailto:x@example.com"), Some(Level::Warning));
        assert_eq!(of("example.com", "some other text"), None);
        assert_eq!(judged("mail.example.com", "example.com", "example.com", "v=DMARC1; p=reject; sp=none"), Some(Level::Ok));
        assert_eq!(judged("mail.example.com", "example.com", "replies.example.com", "v=DMARC1; p=reject"), Some(Level::Ok));
        let two = ["v=DMARC1; p=none".to_owned(), "v=DMARC1; p=reject".to_owned()];
        assert_eq!(dmarc("example.com", "example.com", "example.com", &two).unwrap().level, Level::Warning);
    }
}
