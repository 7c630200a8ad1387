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
