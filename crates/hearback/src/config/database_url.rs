//! Where the records are.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

/// `sqlite:` and a file, or `postgres:`. Its password is shown nowhere: not in logs, not by `config dump`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// With its password: for opening the database only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The file of an SQLite database.
    pub(crate) fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.0.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(PathBuf::from(path.split_once('?').map_or(path, |(path, _)| path)))
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite:hearback.db".to_owned())
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, &'static str> {
        if let Some(path) = given.strip_prefix("sqlite:") {
            return match path.contains(":memory:") || path.contains("mode=memory") || path.trim_start_matches('/').is_empty() {
                true => Err("needs a file, since what is promised must outlive the process: sqlite:hearback.db"),
                false => Ok(Self(given)),
            };
        }
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| given.starts_with(scheme));
        match is_postgres && Url::parse(&given).is_ok() {
            true => Ok(Self(given)),
            false => Err("must be a URL such as sqlite:hearback.db or postgres://user:password@127.0.0.1/hearback"),
        }
    }
}

impl From<DatabaseUrl> for String {
    fn from(url: DatabaseUrl) -> Self {
        url.to_string()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Url::parse(&self.0) {
            Ok(mut url) if self.sqlite_file().is_none() => {
                if url.password().is_some() {
                    url.set_password(Some("***")).expect("a URL with a password may have another");
                }
                let secret = |name: &str| matches!(name, "password" | "sslpassword");
                if url.query_pairs().any(|(name, _)| secret(&name)) {
                    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
                    let masked = pairs.iter().map(|(name, value)| (name, if secret(name) { "***" } else { value }));
                    url.query_pairs_mut().clear().extend_pairs(masked);
                }
                url.fmt(f)
            }
            Ok(_) | Err(_) => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
