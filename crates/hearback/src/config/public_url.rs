//! What applicants' links begin with.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// `http:` or `https:`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The name or address behind the scheme, without a port.
    pub(crate) fn host(&self) -> String {
        let url = Url::parse(&self.0).expect("was parsed before");
        url.host_str().expect("an http URL has a host").to_owned()
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, &'static str> {
        const EXPECTED: &str = "must be a URL such as https://jobs.example.com, without user, query or fragment";
        let url = Url::parse(&given).map_err(|_| EXPECTED)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        match matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
            true => Ok(Self(url.as_str().trim_end_matches('/').to_owned())),
            false => Err(EXPECTED),
        }
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
