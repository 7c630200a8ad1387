//! Which keys there are, and which of them somebody meant.

use std::collections::BTreeSet;

use super::Config;

/// Every key, sections before the dot. Read off the settings themselves, so none can be forgotten.
pub(super) fn known_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let all = serde_json::to_value(Config::default()).expect("settings are tables of plain values");
    collect("", &all, &mut keys);
    keys
}

fn collect(prefix: &str, value: &serde_json::Value, keys: &mut BTreeSet<String>) {
    let Some(table) = value.as_object() else {
        keys.insert(prefix.to_owned());
        return;
    };
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        collect(&key, value, keys);
    }
}

/// What several relays are headed by in a file, each in two brackets.
const RELAYS: &str = "mail.relay";

/// Each relay of several has the keys of the one: `mail.relay[1].host` is known as `mail.smtp.host` is.
pub(super) fn of_one_relay(key: &str) -> String {
    match relay_of(key) {
        Some((_, rest)) => format!("mail.smtp.{rest}"),
        None => key.to_owned(),
    }
}

/// The relay that the key belongs to, `mail.relay[1]`, and the rest of it.
pub(super) fn relay_of(key: &str) -> Option<(&str, &str)> {
    let at = key.strip_prefix(RELAYS)?.starts_with('[').then(|| key.find("]."))??;
    Some((&key[..=at], &key[at + 2..]))
}

/// One who means to set several relays, and not as a file has them.
pub(super) fn is_misplaced_relay(key: &str) -> bool {
    key == RELAYS || key.strip_prefix(RELAYS).is_some_and(|rest| rest.starts_with('.'))
}

/// The key that `given` was probably meant to be.
pub(super) fn nearest<'a>(given: &str, keys: &'a BTreeSet<String>) -> Option<&'a str> {
    // A key in the wrong section, or in none; a section where a key was expected.
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let moved = |key: &&String| last(key) == last(given) || key.starts_with(&format!("{given}."));
    if let Some(key) = keys.iter().find(moved) {
        return Some(key);
    }
    let likeness =
        |key: &&String| strsim::normalized_damerau_levenshtein(given, key).max(0.9 * strsim::jaro_winkler(&last(given), &last(key)));
    let scored = keys.iter().map(|key| (likeness(&key), key));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.65).map(|(_, key)| key.as_str())
}
