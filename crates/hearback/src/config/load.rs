//! Where settings come from: defaults, then a file, then the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use config::{Environment, File, FileFormat, Source, Value, ValueKind};

use super::{Config, ConfigProblem, ConfigProblems, check::check, known};

/// Read from the working directory if nobody names another.
const DEFAULT_FILE: &str = "hearback.toml";

const PREFIX: &str = "HEARBACK_";

/// Belongs to the test kit, which runs programs with the developer's own environment.
const NOT_OURS: &str = "HEARBACK_TEST_";

/// What a variable's name ends with when it names a file that holds the value.
const FILE_SUFFIX: &str = "_FILE";

/// Settings, and where each of them was set.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Key by key: the file, or the variable. What is not in here has its default.
    pub(crate) places: BTreeMap<String, String>,
}

/// `file` must exist if it is given.
pub(crate) fn load(file: Option<&Path>, environment: impl IntoIterator<Item = (String, String)>) -> Result<Loaded, ConfigProblems> {
    let known = known::known_keys();
    let mut problems = Vec::new();
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.is_none() => String::new(),
        Err(error) => return Err(ConfigProblems(vec![problem(&path.display().to_string(), "", format!("cannot be read: {error}"))])),
    };
    let shown = path.display().to_string();
    let from_file = File::from_str(&text, FileFormat::Toml);
    let variables = variables(environment, &known, &mut problems);
    let values = variables.values().map(|(key, value)| (variable(key), value.clone()));
    // Values stay text until their setting says what they are: a password of digits keeps its leading zeros.
    let from_environment =
        Environment::with_prefix("HEARBACK").prefix_separator("_").separator("__").try_parsing(false).source(Some(values.collect()));

    let layer = from_file.collect().map_err(|error| ConfigProblems(vec![problem(&shown, "", reason(&error))]))?;
    let mut places: BTreeMap<String, String> = keys_of(layer).map(|key| (key, shown.clone())).collect();
    let unknown_in_file = places.keys().filter(|key| !known.contains(&known::of_one_relay(key)));
    problems.extend(unknown_in_file.map(|key| unknown(&shown, key, nearest(key, &known))));
    for (name, (key, _)) in &variables {
        if !known.contains(key) {
            problems.push(unknown(name, key, known::nearest(key, &known).map(variable)));
        }
        places.insert(key.clone(), name.clone());
    }
    if places.keys().any(|key| known::relay_of(key).is_some()) {
        let of_the_one = places.iter().filter(|(key, _)| key.starts_with("mail.smtp."));
        let words = "is of one relay, and [[mail.relay]] lists several; make it one of them";
        problems.extend(of_the_one.map(|(key, place)| problem(place, key, words.to_owned())));
    }
    if !problems.is_empty() {
        return Err(ConfigProblems(problems));
    }

    let place = |key: &str| match places.get(key) {
        Some(place) => place.as_str(),
        // Several relays can only stand in a file.
        None if known::relay_of(key).is_some() => shown.as_str(),
        None => "default",
    };
    let merged = config::Config::builder().add_source(from_file).add_source(from_environment).build();
    let merged = merged.map_err(|error| ConfigProblems(vec![problem(&shown, "", reason(&error))]))?;
    let config: Config = serde_path_to_error::deserialize(merged).map_err(|error| {
        let key = error.path().to_string();
        ConfigProblems(vec![problem(place(&key), &key, reason(error.inner()))])
    })?;
    let wrong: Vec<_> = check(&config).into_iter().map(|(key, words)| problem(place(&key), &key, words)).collect();
    if wrong.is_empty() { Ok(Loaded { config, places }) } else { Err(ConfigProblems(wrong)) }
}

/// In a file.
fn nearest(key: &str, known: &BTreeSet<String>) -> Option<String> {
    let meant = known::nearest(&known::of_one_relay(key), known)?;
    let of_relay = known::relay_of(key).zip(meant.strip_prefix("mail.smtp."));
    Some(of_relay.map_or_else(|| meant.to_owned(), |((relay, _), name)| format!("{relay}.{name}")))
}

fn unknown(place: &str, key: &str, meant: Option<String>) -> ConfigProblem {
    if known::is_misplaced_relay(key) {
        let words = "is read only from a file, under a heading in two brackets for each relay: [[mail.relay]]. One relay is [mail.smtp]";
        return problem(place, key, words.to_owned());
    }
    let meant = meant.map(|meant| format!("; did you mean {meant}?"));
    problem(place, key, format!("is not a setting{}", meant.unwrap_or_default()))
}

/// By the name of the variable: the key that it sets, and the value.
fn variables(
    environment: impl IntoIterator<Item = (String, String)>,
    known: &BTreeSet<String>,
    problems: &mut Vec<ConfigProblem>,
) -> BTreeMap<String, (String, String)> {
    let mut variables = BTreeMap::new();
    for (name, value) in environment {
        if !name.starts_with(PREFIX) || name.starts_with(NOT_OURS) {
            continue;
        }
        let named_file = name.strip_suffix(FILE_SUFFIX).map(key_of).filter(|key| known.contains(key));
        let Some(key) = named_file else {
            variables.insert(name.clone(), (key_of(&name), value));
            continue;
        };
        match fs::read_to_string(&value) {
            // Editors and `echo` end a file with a line break that nobody means.
            Ok(secret) => drop(variables.insert(name, (key, secret.trim_end_matches(['\r', '\n']).to_owned()))),
            Err(error) => problems.push(problem(&name, "", format!("{value} cannot be read: {error}"))),
        }
    }
    let twice = variables.keys().filter_map(|name| Some((name, name.strip_suffix(FILE_SUFFIX)?)));
    for (name, other) in twice.filter(|(name, other)| variables.contains_key(*other) && variables[*name].0 == variables[*other].0) {
        problems.push(problem(name, "", format!("sets the same as {other}; keep one of them")));
    }
    variables
}

fn key_of(variable: &str) -> String {
    variable.strip_prefix(PREFIX).unwrap_or(variable).to_lowercase().replace("__", ".")
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

fn keys_of(layer: config::Map<String, Value>) -> impl Iterator<Item = String> {
    let mut keys = Vec::new();
    let mut open: Vec<(String, Value)> = layer.into_iter().collect();
    while let Some((key, value)) = open.pop() {
        match value.kind {
            ValueKind::Table(table) => open.extend(table.into_iter().map(|(name, value)| (format!("{key}.{name}"), value))),
            ValueKind::Array(values) if values.iter().all(|value| matches!(value.kind, ValueKind::Table(_))) => {
                open.extend(values.into_iter().enumerate().map(|(at, value)| (format!("{key}[{at}]"), value)));
            }
            _ => keys.push(key),
        }
    }
    keys.into_iter()
}

fn problem(place: &str, key: &str, words: String) -> ConfigProblem {
    ConfigProblem { place: place.to_owned(), key: key.to_owned(), words }
}

/// Without the place and the key, which stand in front of it already.
fn reason(error: &config::ConfigError) -> String {
    match error {
        config::ConfigError::At { error, .. } => reason(error),
        config::ConfigError::Type { unexpected, expected, .. } => format!("must be {expected}, not {unexpected}"),
        config::ConfigError::FileParse { cause, .. } | config::ConfigError::Foreign(cause) => cause.to_string().trim_end().to_owned(),
        other => other.to_string(),
    }
}
