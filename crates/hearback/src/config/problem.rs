//! What is wrong with the settings, where, and what to change.

use std::fmt;

/// One thing to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The file, the environment variable, or the default that the value came from.
    pub place: String,
    /// As it stands in a file, sections before the dot; empty if it is about the whole place.
    pub key: String,
    pub words: String,
}

/// Everything that is wrong, so that one try is enough to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigProblems(pub Vec<ConfigProblem>);

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, words } = self;
        match key.as_str() {
            "" => write!(f, "{place}: {words}"),
            _ => write!(f, "{place}: {key} {words}"),
        }
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
