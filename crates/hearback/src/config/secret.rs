//! A value that is shown nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Written as `***` wherever it would be seen: in logs and by `config dump`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Secret(String);

impl Secret {
    /// For whoever has to prove to know it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl From<Secret> for String {
    fn from(_: Secret) -> Self {
        "***".to_owned()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
